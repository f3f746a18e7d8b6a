/* SPDX-License-Identifier: Apache-2.0 */
/* KV answers: what they say of the keys, and whether all that was said of a key can be. */
#include "tests/sim/kv.h"

#include <stdio.h>
#include <string.h>

/* ---- Answers ----------------------------------------------------------------------------------------------------- */

static bool begins(const char *text, const char *head)
{
	return strncmp(text, head, strlen(head)) == 0;
}

static void note(struct kw_client *client, const struct kw_pending *pending, uint32_t part,
                 struct linear_answer answer)
{
	struct kw_partition *partition = &client->life->partitions[pending->partitions[part]];
	uint32_t index = pending->operations[part];
	struct linear_operation *operation = &partition->operations[index];
	int64_t offset_ns = kw_wall_offset_ns();
	operation->answer = answer;
	operation->end_ns = gatio_sim_now_ns();
	operation->wall_end_ms = kw_wall_ms(offset_ns);
	if (offset_ns != partition->offset_ns[index]) {
		operation->wall_start_ms = LINEAR_TIME_MIN;
		operation->wall_end_ms = LINEAR_TIME_MAX;
	}
}

/* It has done nothing. */
static void drop(struct kw_client *client, const struct kw_pending *pending, uint32_t part)
{
	struct kw_partition *partition = &client->life->partitions[pending->partitions[part]];
	partition->is_dropped[pending->operations[part]] = true;
}

static void drop_all(struct kw_client *client, const struct kw_pending *pending)
{
	for (uint32_t i = 0; i < pending->part_count; i++) {
		drop(client, pending, i);
	}
}

/* An error. Of some commands it says that nothing was done; of others nobody knows: they stay without an answer. */
static void take_error(struct kw_client *client, const struct kw_pending *pending,
                       const char *error)
{
	const struct kw_command *command = &kw_commands[pending->command];
	if (begins(error, "OOM ")) {
		client->has_seen_oom = true;
		if (pending->part_count == 1 && command->kind != LINEAR_MSETNX) {
			drop_all(client, pending);
		}
	} else if (begins(error, "ERR value is not an integer") && command->kind == LINEAR_INCR) {
		note(client, pending, 0, (struct linear_answer){.kind = LINEAR_NO_NUMBER});
	} else if (begins(error, "ERR no such key") && command->shape == KW_TIED_KEYS) {
		note(client, pending, 0, (struct linear_answer){.kind = LINEAR_NO_KEY});
	} else if (begins(error, "ERR max number of clients") ||
	           begins(error, "ERR maxmemory-clients")) {
		client->has_seen_oom = true;
	} else if (begins(error, "ERR a shard was lost")) {
		gatio_sim_check(command->shape >= KW_TIED_KEYS, "'%s' is the answer to %s", error,
		                command->name);
	} else {
		gatio_sim_violated("'%s' is the answer to %s", error, command->name);
	}
}

/* A sum over the keys tells of each of them if it is all or none. */
static void take_sum(struct kw_client *client, const struct kw_pending *pending, int64_t sum)
{
	int64_t count = pending->part_count;
	gatio_sim_check(sum >= 0 && sum <= count, "%s of %lld keys is %lld",
	                kw_commands[pending->command].name, (long long)count, (long long)sum);
	for (uint32_t i = 0; i < pending->part_count; i++) {
		bool is_known = sum == 0 || sum == count;
		note(client, pending, i,
		     (struct linear_answer){.kind = is_known ? LINEAR_INT : LINEAR_ANY,
		                            .number = is_known && sum > 0});
	}
}

static void take_parts(struct kw_client *client, const struct kw_pending *pending,
                       const struct kw_reply *reply)
{
	gatio_sim_check(reply->number == pending->part_count, "mget of %u keys has %lld values",
	                pending->part_count, (long long)reply->number);
	for (uint32_t i = 0; i < pending->part_count; i++) {
		if (reply->is_part_error[i]) {
			client->has_seen_oom = true;
			drop(client, pending, i);
		} else {
			note(client, pending, i, reply->parts[i]);
		}
	}
}

static void take_plain(struct kw_client *client, const struct kw_pending *pending,
                       const struct kw_reply *reply)
{
	struct linear_answer answer = {.kind = LINEAR_OK};
	if (reply->type == ':') {
		answer = (struct linear_answer){.kind = LINEAR_INT, .number = reply->number};
	} else if (reply->type == '$') {
		answer = (struct linear_answer){.kind = LINEAR_TEXT, .text = reply->text};
	} else if (reply->type == '_') {
		answer = (struct linear_answer){.kind = LINEAR_NIL};
	} else {
		gatio_sim_check(strcmp(reply->line, "OK") == 0, "'%s' is the answer to %s",
		                reply->line, kw_commands[pending->command].name);
	}
	for (uint32_t i = 0; i < pending->part_count; i++) {
		note(client, pending, i, answer);
	}
}

static void take_answer(struct kw_client *client, const struct kw_pending *pending,
                        const struct kw_reply *reply)
{
	const struct kw_command *command = &kw_commands[pending->command];
	char echo[24];
	if (reply->type == '-') {
		take_error(client, pending, reply->line);
		return;
	}
	bool is_array = reply->type == '*' || reply->type == '%';
	bool wants_array = command->shape == KW_HELLO || strcmp(command->name, "mget") == 0;
	gatio_sim_check(is_array == wants_array, "%c is the answer to %s", reply->type,
	                command->name);
	if (command->shape == KW_ECHO) {
		snprintf(echo, sizeof(echo), "%u", pending->echo);
		gatio_sim_check(strcmp(reply->line, echo) == 0, "echo says %s, not %s", reply->line,
		                echo);
	} else if (command->shape == KW_HELLO) {
		gatio_sim_check(reply->number >= 6, "hello tells %lld things",
		                (long long)reply->number);
	} else if (is_array) {
		take_parts(client, pending, reply);
	} else if (command->shape == KW_KEYS) {
		gatio_sim_check(reply->type == ':', "%c is the answer to %s", reply->type,
		                command->name);
		take_sum(client, pending, reply->number);
	} else {
		take_plain(client, pending, reply);
	}
}

void kw_command_answers(struct kw_client *client)
{
	struct kw_reply reply;
	for (uint32_t i = 0; i < client->pending_count && !client->is_cut; i++) {
		if (kw_client_read(client, &reply)) {
			take_answer(client, &client->pending[i], &reply);
			client->answer_count++;
		}
	}
	/* One that it could not take ends before the first answer. */
	bool may_end = client->has_seen_oom || client->answer_count == 0 ||
	               !gatio_sim_is_running(client->life->process);
	gatio_sim_check(!client->has_ended || may_end, "the end comes before the last answer");
	client->pending_count = 0;
}

/* Whom the server cannot take it tells so, though nothing was asked. */
static bool is_refusal(const struct kw_client *client, const struct kw_reply *reply)
{
	return client->answer_count == 0 && reply->type == '-' &&
	       begins(reply->line, "ERR max number of clients");
}

void kw_command_ends(struct kw_client *client)
{
	struct kw_reply reply;
	bool has_more = !client->is_cut && kw_client_read(client, &reply);
	if (has_more && is_refusal(client, &reply)) {
		client->answer_count++;
		has_more = kw_client_read(client, &reply);
	}
	gatio_sim_check(!has_more, "a reply that nobody asked for: %c %s", reply.type, reply.line);
}

/* ---- At the end of a life ---------------------------------------------------------------------------------------- */

static bool is_read(const struct linear_operation *operation)
{
	return operation->kind <= LINEAR_PEXPIRETIME;
}

/* False: there is no room for it. */
static bool add(struct linear_history *history, const struct linear_operation *operation)
{
	if (history->count == LINEAR_OPERATIONS_MAX) {
		return false;
	}
	history->operations[history->count++] = *operation;
	return true;
}

/* Of an MSETNX that was cut, or that has found no memory, any part may have been done, on its own. */
static bool add_parts(struct linear_history *history, struct linear_operation operation)
{
	operation.kind = LINEAR_SETNX;
	operation.key = 0;
	struct linear_operation other = operation;
	other.key = 1;
	other.text = operation.other;
	return add(history, &operation) && add(history, &other);
}

/* False: it has become too long. */
static bool gather(const struct kw_partition *partition, struct linear_history *history)
{
	bool fits = true;
	for (uint32_t i = 0; i < partition->count; i++) {
		struct linear_operation operation = partition->operations[i];
		bool is_known = operation.answer.kind > LINEAR_ANY;
		bool is_answered = operation.answer.kind != LINEAR_NO_ANSWER;
		if (partition->is_dropped[i] || (is_read(&operation) && !is_known)) {
			continue;
		}
		if (!is_answered && history->wall_jumps) {
			operation.wall_start_ms = LINEAR_TIME_MIN;
		}
		fits &= operation.kind == LINEAR_MSETNX && !is_answered
		                ? add_parts(history, operation)
		                : add(history, &operation);
	}
	return fits;
}

static void print_history(const struct kw_partition *partition,
                          const struct linear_history *history, const struct linear_report *report)
{
	char line[256];
	fprintf(stderr, "keys %s and %s; + has found its place:\n", partition->names[0],
	        partition->names[1]);
	for (uint32_t i = 0; i < history->count; i++) {
		linear_print(&history->operations[i], line, sizeof(line));
		fprintf(stderr, "%c %s\n", report->furthest >> i & 1 ? '+' : ' ', line);
	}
}

void kw_life_check(struct kw_life *life)
{
	bool wall_jumps = kw_wall_offset_ns() != life->offset_ns;
	for (uint32_t i = 0; i < life->partition_count; i++) {
		const struct kw_partition *partition = &life->partitions[i];
		struct linear_history history = {.wall_jumps = wall_jumps};
		struct linear_report report;
		bool fits = gather(partition, &history);
		gatio_sim_count("histories", 1);
		gatio_sim_count("too-long", !fits);
		if (!fits) {
			continue;
		}
		enum linear_verdict verdict = linear_check(&history, &report);
		gatio_sim_note("states", report.state_count);
		gatio_sim_count("undecided", verdict == LINEAR_UNDECIDED);
		if (verdict == LINEAR_BROKEN) {
			print_history(partition, &history, &report);
		}
		gatio_sim_check(verdict != LINEAR_BROKEN,
		                "what was said of the keys %s and %s cannot be",
		                partition->names[0], partition->names[1]);
	}
}

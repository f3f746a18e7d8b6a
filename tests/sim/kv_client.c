/* SPDX-License-Identifier: Apache-2.0 */
/* KV client: one connection of a script. */
#include "tests/sim/kv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BULK_MAX ((int64_t)8 << 20)

bool kw_client_connect(struct kw_client *client)
{
	client->in_at = 0;
	client->in_size = 0;
	client->out_size = 0;
	client->pending_count = 0;
	client->is_resp3 = false;
	client->has_ended = false;
	client->has_seen_oom = false;
	client->answer_count = 0;
	client->is_cut = gatio_sim_connect(&client->stream, KW_ADDRESS) != 0;
	client->reads_slowly = gatio_sim_random(4) == 0;
	return !client->is_cut;
}

void kw_client_close(struct kw_client *client, bool must_reset)
{
	if (must_reset) {
		gatio_sim_reset(client->stream);
	} else {
		gatio_sim_close(client->stream);
	}
	client->stream = NULL;
}

/* ---- Out --------------------------------------------------------------------------------------------------------- */

void kw_client_put(struct kw_client *client, const void *bytes, size_t size)
{
	if (client->out_size + size > client->out_capacity) {
		client->out_capacity = 2 * (client->out_size + size);
		client->out = realloc(client->out, client->out_capacity);
		gatio_sim_check(client->out, "the test has no memory");
	}
	if (size > 0) {
		memcpy(client->out + client->out_size, bytes, size);
	}
	client->out_size += size;
}

/* How many bytes go together: all, a few, or each alone. */
static size_t piece_max(const struct kw_client *client)
{
	switch (gatio_sim_random(8)) {
	case 0:
		return client->out_size < 400 ? 1 : client->out_size / 50;
	case 1:
	case 2:
		return client->out_size / 3 + 1;
	default:
		return client->out_size;
	}
}

void kw_client_send(struct kw_client *client)
{
	size_t at = 0;
	size_t max = piece_max(client);
	while (at < client->out_size && !client->is_cut) {
		size_t left = client->out_size - at;
		size_t size = max < left ? (size_t)gatio_sim_random(max) + 1 : left;
		client->is_cut = gatio_sim_send(client->stream, client->out + at, size) != 0;
		at += size;
		if (at < client->out_size && gatio_sim_random(2)) {
			gatio_sim_sleep(gatio_sim_random(GATIO_MS(1)));
		}
	}
	client->out_size = 0;
}

/* ---- In ---------------------------------------------------------------------------------------------------------- */

static bool fill(struct kw_client *client)
{
	size_t size = sizeof(client->in);
	if (client->reads_slowly) {
		size = (size_t)gatio_sim_random(size) + 1;
		gatio_sim_sleep(gatio_sim_random(GATIO_MS(2)));
	}
	int got = gatio_sim_receive(client->stream, client->in, size);
	client->is_cut = got <= 0;
	client->has_ended = got == 0;
	client->in_at = 0;
	client->in_size = got > 0 ? (size_t)got : 0;
	return got > 0;
}

static bool take(struct kw_client *client, char *out_bytes, size_t size)
{
	while (size > 0) {
		if (client->in_at == client->in_size && !fill(client)) {
			return false;
		}
		size_t there = client->in_size - client->in_at;
		size_t count = size < there ? size : there;
		memcpy(out_bytes, client->in + client->in_at, count);
		client->in_at += count;
		out_bytes += count;
		size -= count;
	}
	return true;
}

/* Up to CR LF, which must come. */
static bool take_line(struct kw_client *client, char *out_line, size_t size)
{
	size_t used = 0;
	char byte = 0;
	while (byte != '\n') {
		if (!take(client, &byte, 1)) {
			return false;
		}
		gatio_sim_check(used + 1 < size, "a line of a reply has an end");
		out_line[used++] = byte;
	}
	gatio_sim_check(used >= 2 && out_line[used - 2] == '\r', "a line ends with CR LF");
	out_line[used - 2] = '\0';
	return true;
}

static int64_t number_of(const char *line)
{
	char *end;
	long long number = strtoll(line, &end, 10);
	gatio_sim_check(end != line && *end == '\0', "'%s' is a number", line);
	return number;
}

static bool take_bulk(struct kw_client *client, struct kw_reply *reply, int64_t size)
{
	gatio_sim_check(size >= 0 && size <= BULK_MAX, "a value of %lld bytes", (long long)size);
	char *bytes = malloc((size_t)size + 2);
	gatio_sim_check(bytes, "the test has no memory");
	bool is_taken = take(client, bytes, (size_t)size + 2);
	if (is_taken) {
		gatio_sim_check(bytes[size] == '\r' && bytes[size + 1] == '\n',
		                "a value ends with CR LF");
		reply->text = linear_text(bytes, (size_t)size);
		snprintf(reply->line, sizeof(reply->line), "%.*s", (int)(size < 100 ? size : 100),
		         bytes);
	}
	free(bytes);
	return is_taken;
}

/* One reply, or the begin of an array. */
static bool take_one(struct kw_client *client, struct kw_reply *reply)
{
	char line[256];
	*reply = (struct kw_reply){.type = '?'};
	if (!take_line(client, line, sizeof(line))) {
		return false;
	}
	reply->type = line[0];
	switch (line[0]) {
	case '+':
	case '-':
		snprintf(reply->line, sizeof(reply->line), "%.*s", 120, line + 1);
		return true;
	case '_':
		return true;
	case ':':
	case '*':
	case '%':
		reply->number = number_of(line + 1);
		return true;
	case '$':
		if (strcmp(line, "$-1") == 0) {
			reply->type = '_';
			return true;
		}
		return take_bulk(client, reply, number_of(line + 1));
	default:
		gatio_sim_violated("a reply begins with '%.20s'", line);
	}
}

bool kw_client_read(struct kw_client *client, struct kw_reply *out_reply)
{
	if (!take_one(client, out_reply)) {
		return false;
	}
	if (out_reply->type != '*' && out_reply->type != '%') {
		return true;
	}
	int64_t left = out_reply->number * (out_reply->type == '%' ? 2 : 1);
	gatio_sim_check(left >= 0 && left < 100, "an array of %lld", (long long)left);
	for (int64_t i = 0; left > 0; left--, i++) {
		struct kw_reply part;
		if (!take_one(client, &part)) {
			return false;
		}
		if (part.type == '*' || part.type == '%') {
			left += part.number * (part.type == '%' ? 2 : 1);
		} else if (i < KW_REPLY_PARTS_MAX) {
			out_reply->is_part_error[i] = part.type == '-';
			out_reply->parts[i] = (struct linear_answer){
			        .kind = part.type == '_' ? LINEAR_NIL : LINEAR_TEXT,
			        .text = part.text};
		}
	}
	return true;
}

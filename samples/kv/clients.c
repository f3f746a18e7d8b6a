/* SPDX-License-Identifier: Apache-2.0 */
/* Clients: the connections of each driver, and CLIENT LIST over all of them. */
#include <inttypes.h>
#include <stdio.h>

#include "samples/kv/procedure.h"

/* Of this driver, in the order in which they came. */
static _Thread_local struct kv_connection *first;
static _Thread_local struct kv_connection *last;

void kv_clients_add(struct kv_connection *connection)
{
	connection->driver = (uint16_t)gatio_driver_index();
	connection->previous_client = last;
	connection->next_client = NULL;
	*(last ? &last->next_client : &first) = connection;
	last = connection;
	connection->is_listed = true;
}

void kv_clients_remove(struct kv_connection *connection)
{
	if (!connection->is_listed) {
		return;
	}
	struct kv_connection *previous = connection->previous_client;
	struct kv_connection *next = connection->next_client;
	*(previous ? &previous->next_client : &first) = next;
	*(next ? &next->previous_client : &last) = previous;
	connection->is_listed = false;
}

void kv_clients_retry(void)
{
	for (struct kv_connection *c = first; c; c = c->next_client) {
		if (c->needs_pulse) {
			/* Without memory for this either, the next pulse does it. */
			c->needs_pulse = gatio_send(c->self, kv_retry, .unused = 0) != 0;
		}
	}
}

/* ---- One line ---------------------------------------------------------------------------------------------------- */

static void put_text(struct kv_reply *line, const char *text)
{
	kv_reply_raw(line, text, text ? strlen(text) : 0);
}

/* "client|list": the command, and the subcommand it was. */
static void put_command(struct kv_reply *line, const struct kv_connection *c)
{
	put_text(line, c->last_command ? c->last_command->name : "NULL");
	if (c->last_command && c->last_command->flags & KV_HAS_SUBCOMMANDS && c->last_subcommand) {
		put_text(line, "|");
		put_text(line, c->last_subcommand);
	}
}

void kv_clients_put_line(struct kv_reply *line, const struct kv_connection *c)
{
	char text[512];
	const char *peer = c->addresses ? c->addresses : "";
	const char *local = c->addresses ? peer + strlen(peer) + 1 : "";
	uint64_t now = gatio_now_ns();
	snprintf(text, sizeof(text), "id=%" PRIu64 " addr=%s laddr=%s fd=0 name=", c->id, peer,
	         local);
	put_text(line, text);
	put_text(line, c->name);
	snprintf(text, sizeof(text),
	         " age=%" PRIu64 " idle=%" PRIu64
	         " flags=%c db=%u sub=0 psub=0 ssub=0 multi=-1 qbuf=%zu qbuf-free=%zu argv-mem=0 "
	         "multi-mem=0 rbs=%u rbp=%u obl=0 oll=0 omem=%zu tot-mem=%zu events=r cmd=",
	         (now - c->connected_ns) / 1000000000, (now - c->active_ns) / 1000000000,
	         c->is_unevictable ? 'e' : 'N', (unsigned)c->database, c->input.size,
	         c->input.capacity - c->input.size, kv_round_reply_room(c->reply_hint),
	         c->reply_hint, c->kept_size, sizeof(*c) + c->input.capacity + c->kept_size);
	put_text(line, text);
	put_command(line, c);
	snprintf(text, sizeof(text),
	         " user=default redir=-1 resp=%d lib-name=", c->is_resp3 ? 3 : 2);
	put_text(line, text);
	put_text(line, c->library);
	put_text(line, " lib-ver=");
	put_text(line, c->library_version);
	put_text(line, "\n");
}

/* ---- In a shard -------------------------------------------------------------------------------------------------- */

/* What KV_CLIENTS replies: '!', and of each client this and its line. */
struct record {
	uint64_t id;
	uint64_t size;
};

void kv_exec_clients(struct kv_exec *exec)
{
	struct kv_reply *reply = exec->reply;
	kv_reply_raw(reply, "!", 1);
	for (const struct kv_connection *c = first; c; c = c->next_client) {
		if (c->driver != gatio_driver_index()) {
			continue; /* drivers that are turned by one thread share the list */
		}
		struct record record = {.id = c->id};
		size_t at = reply->size;
		kv_reply_raw(reply, &record, sizeof(record));
		size_t begin = reply->size;
		kv_clients_put_line(reply, c);
		record.size = reply->size - begin;
		if (!reply->has_failed) {
			memcpy(reply->bytes + at, &record, sizeof(record));
		}
	}
}

/* ---- CLIENT LIST ------------------------------------------------------------------------------------------------- */

/* Add the lines of the clients with this id, or of all; out of what a shard has told. */
static void take_lines(struct kv_reply *text, struct kv_slice told, const uint64_t *id)
{
	const uint8_t *at = told.data + 1;
	const uint8_t *end = told.data + told.size;
	while (told.size > 0 && at < end) {
		struct record record;
		memcpy(&record, at, sizeof(record));
		at += sizeof(record);
		if (!id || *id == record.id) {
			kv_reply_raw(text, at, record.size);
		}
		at += record.size;
	}
}

static void take_all(struct kv_connection *connection, struct kv_reply *text, const uint64_t *id)
{
	for (uint32_t i = 0; i < kv_config.shard_count; i++) {
		take_lines(text, kv_procedure_reply(connection, i, 0), id);
	}
}

static void list(struct kv_connection *connection, struct kv_procedure *procedure)
{
	struct kv_reply *text = &procedure->result;
	if (procedure->argc == 2) {
		take_all(connection, text, NULL);
	} else if (kv_same_word(kv_procedure_argument(procedure, 2), "type")) {
		if (kv_same_word(kv_procedure_argument(procedure, 3), "normal")) {
			take_all(connection, text, NULL);
		}
	} else {
		struct kv_arguments arguments = {.at = procedure->raw, .left = procedure->argc};
		struct kv_slice word;
		int64_t id = 0;
		for (uint32_t i = 0; kv_arguments_next(&arguments, &word); i++) {
			if (i > 2 && kv_int_read(word, &id)) {
				take_all(connection, text, &(uint64_t){(uint64_t)id});
			}
		}
	}
}

bool kv_procedure_clients(struct kv_connection *connection, struct kv_procedure *procedure)
{
	if (procedure->phase++ == 0) {
		for (uint32_t i = 0; i < kv_config.shard_count; i++) {
			struct kv_procedure_item item = {.shard = i,
			                                 .command = kv_internal_index(KV_CLIENTS)};
			kv_procedure_add(connection, &item, NULL, 0);
		}
		return false;
	}
	list(connection, procedure);
	struct kv_reply *reply = kv_plan_literal(connection);
	const uint8_t *bytes =
	        procedure->result.bytes ? procedure->result.bytes : (const uint8_t *)"";
	reply->has_failed |= procedure->result.has_failed;
	kv_reply_verbatim(reply, (struct kv_slice){.data = bytes, .size = procedure->result.size});
	return true;
}

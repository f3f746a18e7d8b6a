/* SPDX-License-Identifier: Apache-2.0 */
/* Client: the CLIENT command. What it tells and changes is this connection. */
#include <inttypes.h>
#include <stdio.h>

#include "samples/kv/errors.h"
#include "samples/kv/local.h"
#include "samples/kv/procedure.h"

/* A copy as a text, or NULL. */
static char *copied(struct kv_slice text)
{
	char *copy = gatio_alloc(text.size + 1);
	if (copy) {
		memcpy(copy, text.data, text.size);
		copy[text.size] = '\0';
	}
	return copy;
}

static bool is_plain(struct kv_slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '!' || text.data[i] > '~') {
			return false;
		}
	}
	return true;
}

/* Put a copy of the value into a field; an empty one clears it. False: has replied. */
static bool put_field(const struct kv_call *call, char **field, struct kv_slice value)
{
	char *copy = value.size ? copied(value) : NULL;
	if (value.size && !copy) {
		kv_reply_error(call->reply, KV_ERROR_OOM);
		return false;
	}
	gatio_free(*field);
	*field = copy;
	return true;
}

bool kv_client_set_name(const struct kv_call *call, struct kv_slice name)
{
	if (!is_plain(name)) {
		kv_reply_error(call->reply, "ERR Client names cannot contain spaces, newlines or "
		                            "special characters.");
		return false;
	}
	return put_field(call, &call->connection->name, name);
}

static void client_setname(const struct kv_call *call)
{
	if (kv_client_set_name(call, call->argv[2])) {
		kv_reply_ok(call->reply);
	}
}

static void client_getname(const struct kv_call *call)
{
	if (call->connection->name) {
		kv_reply_text(call->reply, call->connection->name);
	} else {
		kv_reply_null(call->reply);
	}
}

static void client_setinfo(const struct kv_call *call)
{
	struct kv_slice what = call->argv[2];
	struct kv_slice value = call->argv[3];
	bool is_name = kv_same_word(what, "lib-name");
	if (!is_name && !kv_same_word(what, "lib-ver")) {
		kv_reply_errorf(call->reply, "ERR Unrecognized option '%.*s'", kv_shown(what),
		                (const char *)what.data);
		return;
	}
	if (!is_plain(value)) {
		kv_reply_errorf(call->reply,
		                "ERR %s cannot contain spaces, newlines or special characters.",
		                is_name ? "lib-name" : "lib-ver");
		return;
	}
	struct kv_connection *connection = call->connection;
	if (put_field(call, is_name ? &connection->library : &connection->library_version, value)) {
		kv_reply_ok(call->reply);
	}
}

static void client_id(const struct kv_call *call)
{
	kv_reply_int(call->reply, (int64_t)call->connection->id);
}

const char *kv_client_port(const struct kv_connection *connection)
{
	const char *peer = connection->addresses;
	const char *colon = peer ? strrchr(peer + strlen(peer) + 1, ':') : NULL;
	return colon ? colon + 1 : "0";
}

static void client_info(const struct kv_call *call)
{
	struct kv_reply line = {.bytes = NULL};
	kv_clients_put_line(&line, call->connection);
	call->reply->has_failed |= line.has_failed;
	kv_reply_verbatim(call->reply, (struct kv_slice){.data = line.bytes, .size = line.size});
	kv_reply_finish(&line);
}

/* TYPE and a type, ID and numbers, or nothing. False: has replied. */
static bool check_list(const struct kv_call *call)
{
	static const char *const types[] = {"normal", "master", "replica", "slave", "pubsub"};
	const struct kv_slice *argv = call->argv;
	uint32_t argc = call->argc;
	int64_t id = 0;
	if (argc == 4 && kv_same_word(argv[2], "type")) {
		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
			if (kv_same_word(argv[3], types[i])) {
				return true;
			}
		}
		kv_reply_errorf(call->reply, "ERR Unknown client type '%.*s'", kv_shown(argv[3]),
		                (const char *)argv[3].data);
		return false;
	}
	if (argc > 3 && kv_same_word(argv[2], "id")) {
		for (uint32_t i = 3; i < argc; i++) {
			if (!kv_int_read(argv[i], &id)) {
				kv_reply_error(call->reply, "ERR Invalid client ID");
				return false;
			}
		}
		return true;
	}
	if (argc > 2) {
		kv_reply_error(call->reply, "ERR syntax error");
	}
	return argc == 2;
}

/* The shards know the connections of their drivers. */
static void client_list(const struct kv_call *call)
{
	if (check_list(call)) {
		kv_procedure_begin(call->connection, call->request, call->command);
	}
}

/* ON or OFF. False: has replied. */
static bool read_switch(const struct kv_call *call, bool *out_is_on)
{
	struct kv_slice how = call->argv[2];
	*out_is_on = kv_same_word(how, "on");
	if (!*out_is_on && !kv_same_word(how, "off")) {
		kv_reply_error(call->reply, "ERR syntax error");
		return false;
	}
	kv_reply_ok(call->reply);
	return true;
}

static void client_no_evict(const struct kv_call *call)
{
	bool is_on;
	if (read_switch(call, &is_on)) {
		call->connection->is_unevictable = is_on;
	}
}

/* Nothing remembers here when a key was touched. */
static void client_no_touch(const struct kv_call *call)
{
	bool is_on;
	read_switch(call, &is_on);
}

static void client_help(const struct kv_call *call)
{
	static const char *const lines[] = {
	        "CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
	        "GETNAME",
	        "    Return the name of the current connection.",
	        "ID",
	        "    Return the ID of the current connection.",
	        "INFO",
	        "    Return information about the current client connection.",
	        "LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB) | ID <id> [<id> ...]]",
	        "    Return information about client connections.",
	        "SETINFO (LIB-NAME|LIB-VER) <value>",
	        "    Say which client library this is.",
	        "SETNAME <name>",
	        "    Assign the name <name> to the current connection.",
	        "NO-EVICT (ON|OFF)",
	        "NO-TOUCH (ON|OFF)",
	        "    Accepted: nothing is ever evicted here.",
	        "HELP",
	        "    Print this help.",
	        NULL,
	};
	kv_local_help(call, lines);
}

void kv_local_client(const struct kv_call *call)
{
	static const struct kv_subcommand subcommands[] = {
	        {"setname", 3, client_setname},   {"getname", 2, client_getname},
	        {"setinfo", 4, client_setinfo},   {"id", 2, client_id},
	        {"info", 2, client_info},         {"list", -2, client_list},
	        {"no-evict", 3, client_no_evict}, {"no-touch", 3, client_no_touch},
	        {"help", 2, client_help},         {NULL, 0, NULL},
	};
	kv_local_dispatch(call, subcommands);
}

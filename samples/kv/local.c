/* SPDX-License-Identifier: Apache-2.0 */
/* Local: PING, ECHO, HELLO, AUTH, SELECT, QUIT, RESET, TIME, CLUSTER. */
#include "samples/kv/local.h"

#include <ctype.h>
#include <limits.h>
#include <time.h>

static struct kv_slice argument(const struct kv_call *call, uint32_t index)
{
	return call->argv[index];
}

void kv_local_ping(const struct kv_call *call)
{
	if (call->argc > 2) {
		kv_reply_error(call->reply, "ERR wrong number of arguments for 'ping' command");
	} else if (call->argc == 2) {
		kv_reply_bulk(call->reply, argument(call, 1));
	} else {
		kv_reply_status(call->reply, "PONG");
	}
}

void kv_local_echo(const struct kv_call *call)
{
	kv_reply_bulk(call->reply, argument(call, 1));
}

void kv_local_quit(const struct kv_call *call)
{
	kv_reply_ok(call->reply);
	call->connection->is_closing = true;
}

void kv_local_time(const struct kv_call *call)
{
	struct timespec now;
	char text[KV_INT_SIZE];
	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t parts[2] = {(uint64_t)now.tv_sec, (uint64_t)now.tv_nsec / 1000};
	kv_reply_array(call->reply, 2);
	for (int i = 0; i < 2; i++) {
		size_t size = kv_unsigned_write(text, parts[i]);
		kv_reply_bulk(call->reply,
		              (struct kv_slice){.data = (uint8_t *)text, .size = size});
	}
}

static void cluster_any(const struct kv_call *call)
{
	kv_reply_error(call->reply, "ERR This instance has cluster support disabled");
}

void kv_local_cluster(const struct kv_call *call)
{
	static const struct kv_subcommand subcommands[] = {
	        {"addslots", -3, cluster_any},
	        {"addslotsrange", -4, cluster_any},
	        {"bumpepoch", 2, cluster_any},
	        {"count-failure-reports", 3, cluster_any},
	        {"countkeysinslot", 3, cluster_any},
	        {"delslots", -3, cluster_any},
	        {"delslotsrange", -4, cluster_any},
	        {"failover", -2, cluster_any},
	        {"flushslots", 2, cluster_any},
	        {"forget", 3, cluster_any},
	        {"getkeysinslot", 4, cluster_any},
	        {"help", 2, cluster_any},
	        {"info", 2, cluster_any},
	        {"keyslot", 3, cluster_any},
	        {"links", 2, cluster_any},
	        {"meet", -4, cluster_any},
	        {"myid", 2, cluster_any},
	        {"nodes", 2, cluster_any},
	        {"replicas", 3, cluster_any},
	        {"replicate", 3, cluster_any},
	        {"reset", -2, cluster_any},
	        {"saveconfig", 2, cluster_any},
	        {"set-config-epoch", 3, cluster_any},
	        {"setslot", -4, cluster_any},
	        {"shards", 2, cluster_any},
	        {"slaves", 3, cluster_any},
	        {"slots", 2, cluster_any},
	        {NULL, 0, NULL},
	};
	kv_local_dispatch(call, subcommands);
}

/* There are no functions: to remove them all is done. */
static void function_flush(const struct kv_call *call)
{
	struct kv_slice name = argument(call, 1);
	if (call->argc > 3) {
		kv_reply_errorf(call->reply,
		                "ERR unknown subcommand or wrong number of arguments for '%.*s'. "
		                "Try FUNCTION HELP.",
		                kv_shown(name), (const char *)name.data);
	} else if (call->argc == 3 && !kv_same_word(argument(call, 2), "sync") &&
	           !kv_same_word(argument(call, 2), "async")) {
		kv_reply_error(call->reply, "ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
	} else {
		kv_reply_ok(call->reply);
	}
}

void kv_local_function(const struct kv_call *call)
{
	static const struct kv_subcommand subcommands[] = {
	        {"flush", -2, function_flush},
	        {NULL, 0, NULL},
	};
	kv_local_dispatch(call, subcommands);
}

void kv_local_select(const struct kv_call *call)
{
	int64_t index = 0;
	if (!kv_int_read(argument(call, 1), &index)) {
		kv_reply_error(call->reply, "ERR value is not an integer or out of range");
	} else if (index < INT_MIN || index > INT_MAX) {
		kv_reply_errorf(call->reply,
		                "ERR value is out of range, value must between %d and %d", INT_MIN,
		                INT_MAX);
	} else if (index < 0 || (uint64_t)index >= kv_config.database_count) {
		kv_reply_error(call->reply, "ERR DB index is out of range");
	} else {
		call->connection->database = (uint8_t)index;
		kv_reply_ok(call->reply);
	}
}

static bool has_password(void)
{
	return kv_config.password && kv_config.password[0];
}

void kv_local_reset(const struct kv_call *call)
{
	struct kv_connection *connection = call->connection;
	gatio_free(connection->name);
	connection->name = NULL;
	connection->database = 0;
	connection->is_resp3 = false;
	connection->is_authenticated = !has_password();
	kv_reply_status(call->reply, "RESET");
}

/* ---- Passwords --------------------------------------------------------------------------------------------------- */

/* Takes as long for a wrong password as for the right one. */
static bool is_password(struct kv_slice given)
{
	size_t size = strlen(kv_config.password);
	unsigned differs = given.size == size ? 0 : 1;
	for (size_t i = 0; i < given.size; i++) {
		uint8_t expected = (uint8_t)kv_config.password[size ? i % size : 0];
		differs |= (unsigned)(given.data[i] ^ expected);
	}
	return differs == 0;
}

/* False: has replied. There is one user, "default"; without a password it takes any. */
static bool authenticate(const struct kv_call *call, struct kv_slice user, struct kv_slice password)
{
	bool is_default = kv_same(user, kv_text("default"));
	if (is_default && (!has_password() || is_password(password))) {
		call->connection->is_authenticated = true;
		return true;
	}
	kv_reply_error(call->reply,
	               "WRONGPASS invalid username-password pair or user is disabled.");
	return false;
}

void kv_local_auth(const struct kv_call *call)
{
	if (call->argc > 3) {
		kv_reply_error(call->reply, "ERR syntax error");
		return;
	}
	if (call->argc == 2 && !has_password()) {
		kv_reply_error(call->reply,
		               "ERR AUTH <password> called without any password configured for "
		               "the default user. Are you sure your configuration is correct?");
		return;
	}
	bool has_user = call->argc == 3;
	struct kv_slice user = has_user ? argument(call, 1) : kv_text("default");
	if (authenticate(call, user, argument(call, has_user ? 2 : 1))) {
		kv_reply_ok(call->reply);
	}
}

/* ---- HELLO ------------------------------------------------------------------------------------------------------- */

/* The options, each done as it comes: those before one that is refused are done. False: has replied. */
static bool do_hello_options(const struct kv_call *call)
{
	uint32_t argc = call->argc;
	for (uint32_t i = 2; i < argc; i++) {
		struct kv_slice word = argument(call, i);
		if (kv_same_word(word, "auth") && i + 2 < argc) {
			if (!authenticate(call, argument(call, i + 1), argument(call, i + 2))) {
				return false;
			}
			i += 2;
		} else if (kv_same_word(word, "setname") && i + 1 < argc) {
			if (!kv_client_set_name(call, argument(call, ++i))) {
				return false;
			}
		} else {
			kv_reply_errorf(call->reply, "ERR Syntax error in HELLO option '%.*s'",
			                kv_shown(word), (const char *)word.data);
			return false;
		}
	}
	return true;
}

/* False: has replied. */
static bool read_version(const struct kv_call *call, int64_t *version)
{
	uint32_t argc = call->argc;
	if (argc >= 2 && !kv_int_read(argument(call, 1), version)) {
		kv_reply_error(call->reply,
		               "ERR Protocol version is not an integer or out of range");
		return false;
	}
	if (*version < 2 || *version > 3) {
		kv_reply_error(call->reply, "NOPROTO unsupported protocol version");
		return false;
	}
	return true;
}

static void put_hello(const struct kv_call *call)
{
	struct kv_reply *reply = call->reply;
	reply->is_resp3 = call->connection->is_resp3;
	kv_reply_map(reply, 7);
	kv_reply_text(reply, "server");
	kv_reply_text(reply, "redis");
	kv_reply_text(reply, "version");
	kv_reply_text(reply, KV_REDIS_VERSION);
	kv_reply_text(reply, "proto");
	kv_reply_int(reply, reply->is_resp3 ? 3 : 2);
	kv_reply_text(reply, "id");
	kv_reply_int(reply, (int64_t)call->connection->id);
	kv_reply_text(reply, "mode");
	kv_reply_text(reply, "standalone");
	kv_reply_text(reply, "role");
	kv_reply_text(reply, "master");
	kv_reply_text(reply, "modules");
	kv_reply_array(reply, 0);
}

void kv_local_hello(const struct kv_call *call)
{
	struct kv_connection *connection = call->connection;
	int64_t version = connection->is_resp3 ? 3 : 2;
	if (!read_version(call, &version) || !do_hello_options(call)) {
		return;
	}
	if (!connection->is_authenticated) {
		kv_reply_error(call->reply,
		               "NOAUTH HELLO must be called with the client already authenticated, "
		               "otherwise the HELLO AUTH <user> <pass> option can be used "
		               "to authenticate the client and select the RESP protocol version at "
		               "the same time");
		return;
	}
	connection->is_resp3 = version == 3;
	put_hello(call);
}

/* ---- Subcommands ------------------------------------------------------------------------------------------------- */

void kv_local_dispatch(const struct kv_call *call, const struct kv_subcommand *subcommands)
{
	struct kv_slice name = argument(call, 1);
	for (; subcommands->name; subcommands++) {
		if (!kv_same_word(name, subcommands->name)) {
			continue;
		}
		uint32_t argc = call->argc;
		bool fits = subcommands->arity >= 0 ? argc == (uint32_t)subcommands->arity
		                                    : argc >= (uint32_t)-subcommands->arity;
		call->connection->last_subcommand = subcommands->name;
		if (!fits) {
			kv_reply_errorf(call->reply,
			                "ERR wrong number of arguments for '%s|%s' command",
			                call->command->name, subcommands->name);
		} else if (!call->connection->is_authenticated) {
			kv_reply_error(call->reply, "NOAUTH Authentication required.");
		} else {
			subcommands->run(call);
		}
		return;
	}
	call->connection->last_command = NULL;
	char upper[32] = "";
	for (size_t i = 0; call->command->name[i] && i + 1 < sizeof(upper); i++) {
		upper[i] = (char)toupper((unsigned char)call->command->name[i]);
	}
	kv_reply_errorf(call->reply, "ERR unknown subcommand '%.*s'. Try %s HELP.",
	                (int)strnlen((const char *)name.data, name.size < 128 ? name.size : 128),
	                (const char *)name.data, upper);
}

void kv_local_help(const struct kv_call *call, const char *const *lines)
{
	uint64_t count = 0;
	while (lines[count]) {
		count++;
	}
	kv_reply_array(call->reply, count);
	for (uint64_t i = 0; i < count; i++) {
		kv_reply_status(call->reply, lines[i]);
	}
}

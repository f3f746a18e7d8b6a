/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of what a client cannot do to the server: limits, memory, passwords, and how connections end. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/kv/world.h"
#include "tests/support/suite.h"

/* 200 values of 100 KB are asked for at once; the client reads slowly: the server holds a little, not 20 MB. */
static void slow_reader_holds_little_memory(void)
{
	world_start(1, 2, 0);
	struct gatio_address client = world_connect();
	struct world_text request = {.bytes = NULL};
	char *value = malloc(100001);
	memset(value, 'v', 100000);
	value[100000] = '\0';
	world_addf(&request, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$100000\r\n");
	world_add(&request, value, 100000);
	world_addf(&request, "\r\n");
	world_send(client, request.bytes, request.size);
	CU_ASSERT_STRING_EQUAL(fake_output(client), "+OK\r\n");
	fake_output_clear(client);
	world_drop(&request);
	for (int i = 0; i < 200; i++) {
		world_addf(&request, "GET a\r\n");
	}
	world_addf(&request, "PING\r\n");
	fake_stop_reading(client, SIZE_MAX - 1);
	world_send(client, request.bytes, request.size);
	size_t total = 0;
	unsigned reads = 0;
	while (world_output_size(client) > 0 && reads < 1000) {
		CU_ASSERT(world_output_size(client) <= KV_OUTPUT_HIGH + 2 * KV_REPLY_SIZE_HIGH);
		total += world_output_size(client);
		world_read(client);
		reads++;
	}
	CU_ASSERT_EQUAL(total, 200 * (100000 + 11) + 7);
	CU_ASSERT(reads > 10);
	free(value);
	world_drop(&request);
	world_stop();
}

/* A client that reads nothing until all that it has to ask is written: many libraries do. */
static void pipeline_written_first_is_answered(void)
{
	world_start(1, 2, 0);
	struct gatio_address client = world_connect();
	world_ask(client, "SET key 0123456789012345678901234567890123456789");
	fake_output_clear(client);
	fake_stop_reading(client, SIZE_MAX - 1);
	struct world_text request = {.bytes = NULL};
	struct world_text replies = {.bytes = NULL};
	for (int i = 0; i < 1000; i++) {
		world_addf(&request, "GET key\r\n");
	}
	for (int i = 0; i < 150; i++) {
		world_send(client, request.bytes, request.size);
		CU_ASSERT_FALSE(fake_is_paused(client));
	}
	CU_ASSERT(world_output_size(client) > KV_OUTPUT_HIGH);
	CU_ASSERT(world_output_size(client) <= kv_config.output_size_max + KV_OUTPUT_ROOM);
	size_t total = 0;
	for (int i = 0; i < 1000 && world_output_size(client) > 0; i++) {
		total += world_output_size(client);
		world_read(client);
	}
	CU_ASSERT_EQUAL(total, 150 * 1000 * (5 + 40 + 2));
	world_expect(client, "STRLEN key", ":40");
	world_drop(&request);
	world_drop(&replies);
	world_stop();
}

static unsigned warnings;
static char warning[256];

static void keep_warning(const char *text)
{
	warnings++;
	snprintf(warning, sizeof(warning), "%s", text);
}

/* Sends GETs of a long value until it is closed; reads nothing. Returns the bytes it has sent. */
static size_t flood(struct gatio_address client, size_t size_max)
{
	struct world_text request = {.bytes = NULL};
	size_t size = 0;
	for (int i = 0; i < 1000; i++) {
		world_addf(&request, "GET pad\r\n");
	}
	while (size < size_max && !fake_is_ended(client)) {
		world_send(client, request.bytes, request.size);
		size += request.size;
	}
	world_drop(&request);
	return size;
}

static bool ends_with(struct gatio_address client, const char *text)
{
	size_t size = world_output_size(client);
	size_t text_size = strlen(text);
	return size >= text_size && strcmp(fake_output(client) + size - text_size, text) == 0;
}

static void who_never_reads_is_told_and_closed(void)
{
	world_start(1, 2, 0);
	kv_config.query_size_max = 1 << 20;
	kv_config.output_size_max = 1 << 20;
	kv_config.log = keep_warning;
	warnings = 0;
	struct gatio_address client = world_connect();
	struct gatio_address other = world_connect();
	world_ask(client, "SET pad 0123456789012345678901234567890123456789");
	fake_stop_reading(client, SIZE_MAX - 1);
	size_t sent = flood(client, 8 << 20);
	CU_ASSERT(sent > 1 << 20);
	CU_ASSERT(sent < 2 << 20);
	CU_ASSERT(fake_is_ended(client));
	CU_ASSERT(world_output_size(client) >= kv_config.output_size_max);
	CU_ASSERT(world_output_size(client) <= kv_config.output_size_max + KV_OUTPUT_ROOM);
	CU_ASSERT(ends_with(client,
	                    "\r\n-ERR client-output-buffer-limit reached: read replies while "
	                    "you send\r\n"));
	CU_ASSERT_EQUAL(warnings, 1);
	CU_ASSERT_PTR_NOT_NULL(
	        strstr(warning, "client 127.0.0.1:1000 is closed: ERR client-output-"));
	world_expect(other, "STRLEN pad", ":40");
	world_stop();
}

/* Each is within its own limits, but together they are not: the one that goes beyond has to go. */
static void what_all_hold_has_a_limit(void)
{
	world_start(1, 2, 0);
	kv_config.held_size_max = 4 << 20;
	kv_config.output_size_max = 1 << 20;
	kv_config.log = keep_warning;
	struct gatio_address clients[3];
	struct gatio_address other = world_connect();
	world_ask(other, "SET pad 0123456789012345678901234567890123456789");
	warnings = 0;
	for (int i = 0; i < 3; i++) {
		clients[i] = world_connect();
		fake_stop_reading(clients[i], SIZE_MAX - 1);
		flood(clients[i], 600000);
	}
	CU_ASSERT_EQUAL(warnings, 1);
	CU_ASSERT_FALSE(fake_is_ended(clients[0]));
	CU_ASSERT_FALSE(fake_is_ended(clients[1]));
	CU_ASSERT(fake_is_ended(clients[2]));
	CU_ASSERT(ends_with(clients[2], "-ERR maxmemory-clients reached\r\n"));
	/* Who has gone holds nothing any more. */
	fake_close(clients[0]);
	fake_close(clients[1]);
	fake_run();
	clients[2] = world_connect();
	fake_stop_reading(clients[2], SIZE_MAX - 1);
	flood(clients[2], 600000);
	CU_ASSERT_FALSE(fake_is_ended(clients[2]));
	world_expect(other, "STRLEN pad", ":40");
	world_stop();
}

static void protocol_errors_close(void)
{
	static const char *const bad[] = {"*x\r\n", "*1\r\nfoo\r\n", "ECHO \"a\r\n",
	                                  "*1\r\n$999999999\r\n"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		world_start(1, 2, 0);
		struct gatio_address client = world_connect();
		fake_input(client, "SET a 1\r\nGET a\r\n");
		world_send(client, bad[i], strlen(bad[i]));
		const char *answer = fake_output(client);
		CU_ASSERT_PTR_EQUAL(strstr(answer, "+OK\r\n$1\r\n1\r\n-ERR Protocol error: "),
		                    answer);
		CU_ASSERT(fake_is_ended(client));
		world_stop();
	}
}

static void too_large_request_closes(void)
{
	world_start(1, 1, 0);
	kv_config.query_size_max = 1 << 20;
	struct gatio_address client = world_connect();
	char *part = calloc(1, 100000);
	fake_input(client, "*100\r\n$3\r\nSET\r\n$1\r\na\r\n$5000000\r\n");
	for (int i = 0; i < 12; i++) {
		world_send(client, part, 100000);
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(fake_output(client), "client-query-buffer-limit"));
	CU_ASSERT(fake_is_ended(client));
	free(part);
	world_stop();
}

/* A value that is too large for what clients may hold: an answer, not only an end. */
static void value_without_memory_is_answered(void)
{
	for (int i = 0; i < 2; i++) {
		world_start(1, 2, 0);
		struct gatio_address client = world_connect();
		struct gatio_address other = world_connect();
		if (i == 0) {
			kv_config.held_size_max = 1 << 20;
		}
		char *part = calloc(1, 100000);
		fake_input(client, "GET a\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$50000000\r\n");
		for (int k = 0; k < 30 && !fake_is_ended(client); k++) {
			if (i == 1 && k == 5) {
				fake_limit_memory(0);
			}
			world_send(client, part, 100000);
		}
		fake_limit_memory(SIZE_MAX);
		fake_advance(GATIO_SECONDS(2));
		CU_ASSERT(fake_is_ended(client));
		CU_ASSERT_STRING_EQUAL(
		        fake_output(client),
		        "$-1\r\n-OOM command not allowed when used memory > 'maxmemory'.\r\n");
		world_expect(other, "SET a b", "+OK");
		free(part);
		world_stop();
	}
}

static void password_is_asked_for(void)
{
	world_start(1, 2, 0);
	kv_config.password = "secret";
	struct gatio_address client = world_connect();
	world_expect(client, "GET a", "-NOAUTH Authentication required.");
	world_expect(client, "AUTH wrong",
	             "-WRONGPASS invalid username-password pair or user is disabled.");
	world_expect(client, "AUTH secre",
	             "-WRONGPASS invalid username-password pair or user is disabled.");
	CU_ASSERT_EQUAL(strncmp(world_ask(client, "HELLO 3"), "-NOAUTH HELLO must", 18), 0);
	world_expect(client, "AUTH secret", "+OK");
	world_expect(client, "GET a", "$-1");
	world_expect(client, "RESET", "+RESET");
	world_expect(client, "GET a", "-NOAUTH Authentication required.");
	CU_ASSERT_EQUAL(strncmp(world_ask(client, "HELLO 2 AUTH default secret"), "*14", 3), 0);
	world_expect(client, "GET a", "$-1");
	world_stop();
}

static void full_store_refuses_writes_only(void)
{
	world_start(1, 2, 0);
	kv_config.memory_max = 100000;
	kv_config.shard_memory_max = 50000;
	struct gatio_address client = world_connect();
	char line[256];
	bool is_full = false;
	int i = 0;
	for (; i < 2000 && !is_full; i++) {
		snprintf(line, sizeof(line), "SET k%d %0100d", i, i);
		is_full = world_ask(client, line)[0] == '-';
	}
	CU_ASSERT(is_full);
	CU_ASSERT_STRING_EQUAL(fake_output(client),
	                       "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
	CU_ASSERT_EQUAL(strncmp(world_ask(client, "GET k0"), "$100\r\n", 6), 0);
	world_expect(client, "DEL k0", ":1");
	world_expect(client, "FLUSHALL", "+OK");
	fake_advance(GATIO_SECONDS(1));
	world_expect(client, "SET a b", "+OK");
	world_stop();
}

/* Each allocation fails once: a client may lose its connection, but no reply is wrong and nothing leaks or hangs. */
static void no_memory_harms_nobody_else(void)
{
	struct world_text requests = {.bytes = NULL};
	struct world_text replies = {.bytes = NULL};
	world_stream(&requests, &replies);
	unsigned ended = 0;
	for (uint64_t seed = 1; seed <= 400; seed++) {
		world_start(seed, 2, 0);
		struct gatio_address victim = world_connect();
		struct gatio_address other = world_connect();
		fake_limit_memory(seed);
		fake_input_bytes(victim, requests.bytes, requests.size);
		/* The fake's own allocations must not fail. */
		fake_advance(GATIO_SECONDS(10));
		fake_limit_memory(SIZE_MAX);
		fake_advance(GATIO_SECONDS(10));
		ended += fake_is_ended(victim) ? 1 : 0;
		CU_ASSERT(fake_is_ended(victim) || world_output_size(victim) > 0);
		world_expect(other, "SET fine yes", "+OK");
		world_expect(other, "GET fine", "$3\r\nyes");
		world_stop();
	}
	CU_ASSERT(ended > 0);
	world_drop(&requests);
	world_drop(&replies);
}

static void draining_answers_what_is_in_flight(void)
{
	world_start(3, 2, 0);
	struct gatio_address busy = world_connect();
	struct gatio_address idle = world_connect();
	fake_input(busy, "SET a 1\r\nGET a\r\nMGET a b\r\n*2\r\n$3\r\nGE");
	fake_drain();
	fake_advance(GATIO_MS(50));
	CU_ASSERT(fake_is_ended(idle));
	CU_ASSERT(fake_is_ended(busy));
	CU_ASSERT(world_output_size(busy) == 0 ||
	          strcmp(fake_output(busy), "+OK\r\n$1\r\n1\r\n*2\r\n$1\r\n1\r\n$-1\r\n") == 0);
	world_stop();
}

static void half_closed_client_gets_its_replies(void)
{
	world_start(3, 2, 0);
	struct gatio_address client = world_connect();
	fake_input(client, "SET a 1\r\nGET a\r\n");
	fake_run();
	fake_output_clear(client);
	fake_input(client, "MGET a b\r\nQUIT\r\nPING\r\n");
	fake_advance(0);
	fake_half_close(client);
	fake_advance(GATIO_MS(50));
	CU_ASSERT_STRING_EQUAL(fake_output(client), "*2\r\n$1\r\n1\r\n$-1\r\n+OK\r\n");
	CU_ASSERT(fake_is_ended(client));
	world_stop();
}

static void idle_connection_holds_nothing(void)
{
	world_start(1, 2, 0);
	struct gatio_address client = world_connect();
	size_t blocks = fake_block_count(client);
	for (int i = 0; i < 50; i++) {
		world_ask(client, "MSET a 1 b 2 c 3");
		world_ask(client, "MGET a b c");
		world_ask(client, "INFO");
		world_ask(client, "KEYS *");
		world_ask(client, "PING");
	}
	CU_ASSERT_EQUAL(fake_block_count(client), blocks);
	CU_ASSERT(sizeof(struct kv_connection) <= 448);
	world_stop();
}

static void info_adds_up_the_shards(void)
{
	world_start(1, 3, 0);
	struct gatio_address client = world_connect();
	world_ask(client, "MSET a 1 b 2 c 3 d 4");
	world_ask(client, "SET e 5 EX 100");
	world_ask(client, "GET a");
	world_ask(client, "GET nope");
	const char *info = world_ask(client, "INFO");
	CU_ASSERT_PTR_NOT_NULL(strstr(info, "db0:keys=5,expires=1,avg_ttl="));
	CU_ASSERT_PTR_NOT_NULL(strstr(info, "keyspace_hits:1\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(info, "keyspace_misses:1\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(info, "connected_clients:6\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(info, "loading:0\r\n"));
	world_expect(client, "CONFIG RESETSTAT", "+OK");
	CU_ASSERT_PTR_NOT_NULL(strstr(world_ask(client, "INFO stats"), "keyspace_hits:0\r\n"));
	world_stop();
}

static void clients_of_all_drivers_are_listed(void)
{
	world_start(1, 2, 0);
	struct kv_connection state = {.id = 0};
	struct gatio_address here = world_connect();
	struct gatio_address there = fake_connect(1, &gatio_behavior_kv_connection, &state);
	fake_run();
	world_expect(here, "CLIENT SETNAME here", "+OK");
	world_expect(there, "CLIENT SETNAME there", "+OK");
	const char *list = world_ask(here, "CLIENT LIST");
	const char *mine = strstr(list, " name=here ");
	const char *other = strstr(list, " name=there ");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mine);
	CU_ASSERT_PTR_NOT_NULL_FATAL(other);
	CU_ASSERT_PTR_NULL(strstr(mine + 1, " name=here ")); /* each once */
	CU_ASSERT_PTR_NULL(strstr(other + 1, " name=there "));
	CU_ASSERT_PTR_NOT_NULL(strstr(list, " cmd=client|list "));
	CU_ASSERT_PTR_NOT_NULL(strstr(list, " cmd=client|setname "));
	fake_close(there);
	fake_run();
	CU_ASSERT_PTR_NULL(strstr(world_ask(here, "CLIENT LIST"), " name=there "));
	world_stop();
}

/* A line may be longer than what is read at once, and so may each of its words. */
static void word_above_64_kib_is_taken(void)
{
	world_start(1, 2, 0);
	struct gatio_address client = world_connect();
	struct world_text line = {.bytes = NULL};
	char *word = malloc(100000);
	memset(word, 'w', 100000);
	world_addf(&line, "SET a ");
	world_add(&line, word, 100000);
	world_addf(&line, "\r\nSTRLEN a\r\nPING\r\n");
	world_send(client, line.bytes, line.size);
	CU_ASSERT_STRING_EQUAL(fake_output(client), "+OK\r\n:100000\r\n+PONG\r\n");
	free(word);
	world_drop(&line);
	world_stop();
}

static const CU_TestInfo limits_tests[] = {
        {"slow reader holds little memory", slow_reader_holds_little_memory},
        {"pipeline written first is answered", pipeline_written_first_is_answered},
        {"who never reads is told and closed", who_never_reads_is_told_and_closed},
        {"what all hold has a limit", what_all_hold_has_a_limit},
        {"protocol errors close", protocol_errors_close},
        {"too large request closes", too_large_request_closes},
        {"value without memory is answered", value_without_memory_is_answered},
        {"password is asked for", password_is_asked_for},
        {"full store refuses writes only", full_store_refuses_writes_only},
        {"no memory harms nobody else", no_memory_harms_nobody_else},
        {"draining answers what is in flight", draining_answers_what_is_in_flight},
        {"half closed client gets its replies", half_closed_client_gets_its_replies},
        {"idle connection holds nothing", idle_connection_holds_nothing},
        {"clients of all drivers are listed", clients_of_all_drivers_are_listed},
        {"word above 64 KiB is taken", word_above_64_kib_is_taken},
        {"info adds up the shards", info_adds_up_the_shards},
        CU_TEST_INFO_NULL,
};

const struct suite limits_suite = {"limits", limits_tests};

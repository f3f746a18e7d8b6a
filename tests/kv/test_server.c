/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the whole server on the fake runtime: replies, their order, requests over several shards. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/kv/world.h"
#include "tests/support/suite.h"

static const char *const dialogue[][2] = {
        {"PING", "+PONG"},
        {"ping hi", "$2\r\nhi"},
        {"SET a 1", "+OK"},
        {"GET a", "$1\r\n1"},
        {"GET nothing", "$-1"},
        {"SET a 2 NX", "$-1"},
        {"SET a 2 XX GET", "$1\r\n1"},
        {"SET a 3 NX XX", "-ERR syntax error"},
        {"SET a 3 EX 0", "-ERR invalid expire time in 'set' command"},
        {"SET a 3 EX x", "-ERR value is not an integer or out of range"},
        {"SETEX a 0 x", "-ERR invalid expire time in 'setex' command"},
        {"INCR a", ":3"},
        {"INCRBY a 9223372036854775807", "-ERR increment or decrement would overflow"},
        {"DECRBY a -9223372036854775808", "-ERR decrement would overflow"},
        {"SET s text", "+OK"},
        {"INCR s", "-ERR value is not an integer or out of range"},
        {"INCRBYFLOAT a 0.1", "$3\r\n3.1"},
        {"INCRBYFLOAT s 1", "-ERR value is not a valid float"},
        {"INCRBYFLOAT a inf", "-ERR increment would produce NaN or Infinity"},
        {"APPEND s ual", ":7"},
        {"GETRANGE s 0 3", "$4\r\ntext"},
        {"SUBSTR s -3 -1", "$3\r\nual"},
        {"SETRANGE s 4 !", ":7"},
        {"SETRANGE s -1 !", "-ERR offset is out of range"},
        {"GETDEL s", "$7\r\ntext!al"},
        {"EXISTS s", ":0"},
        {"MSET x 1 y 2 z 3", "+OK"},
        {"MSET x 1 y", "-ERR wrong number of arguments for 'mset' command"},
        {"MGET x y nope z", "*4\r\n$1\r\n1\r\n$1\r\n2\r\n$-1\r\n$1\r\n3"},
        {"EXISTS x y x nope", ":3"},
        {"DEL x y nope", ":2"},
        {"EXPIRE z 100", ":1"},
        {"TTL z", ":100"},
        {"EXPIRE z 50 GT", ":0"},
        {"EXPIRE z 50 NX XX",
         "-ERR NX and XX, GT or LT options at the same time are not compatible"},
        {"EXPIRE z 50 foo", "-ERR Unsupported option foo"},
        {"PERSIST z", ":1"},
        {"TTL z", ":-1"},
        {"TTL nope", ":-2"},
        {"EXPIRE z -1", ":1"},
        {"TYPE z", "+none"},
        {"TYPE a", "+string"},
        {"RENAME nope a", "-ERR no such key"},
        {"SELECT 16", "-ERR DB index is out of range"},
        {"SELECT 1", "+OK"},
        {"DBSIZE", ":0"},
        {"SELECT 0", "+OK"},
        {"DBSIZE", ":1"},
        {"FLUSHALL nope", "-ERR syntax error"},
        {"FLUSHALL ASYNC", "+OK"},
        {"DBSIZE", ":0"},
        {"RANDOMKEY", "$-1"},
        {"KEYS *", "*0"},
        {"SCAN x", "-ERR invalid cursor"},
        {"get", "-ERR wrong number of arguments for 'get' command"},
        {"nope a b", "-ERR unknown command 'nope', with args beginning with: 'a' 'b' "},
        {"CLIENT nope", "-ERR unknown subcommand 'nope'. Try CLIENT HELP."},
        {"CLIENT ID x", "-ERR wrong number of arguments for 'client|id' command"},
        {"HELLO 4", "-NOPROTO unsupported protocol version"},
        {"AUTH x y", "-WRONGPASS invalid username-password pair or user is disabled."},
        {"RESET", "+RESET"},
};

static void commands_answer_as_redis(void)
{
	for (uint32_t shards = 1; shards <= 5; shards += 2) {
		world_start(shards, shards, 0);
		struct gatio_address client = world_connect();
		for (size_t i = 0; i < sizeof(dialogue) / sizeof(dialogue[0]); i++) {
			world_expect(client, dialogue[i][0], dialogue[i][1]);
		}
		world_stop();
	}
}

static void resp3_has_its_own_types(void)
{
	world_start(1, 2, 0);
	struct gatio_address client = world_connect();
	CU_ASSERT_EQUAL(strncmp(world_ask(client, "HELLO 3"), "%7\r\n", 4), 0);
	world_expect(client, "GET nothing", "_");
	world_expect(client, "SET a 1 XX", "_");
	world_expect(client, "CONFIG GET save", "%1\r\n$4\r\nsave\r\n$0\r\n");
	CU_ASSERT_EQUAL(strncmp(world_ask(client, "INFO server"), "=", 1), 0);
	world_expect(client, "RESET", "+RESET");
	world_expect(client, "GET nothing", "$-1");
	world_stop();
}

/* Whatever the pieces in which requests come and however messages overtake each other: the same replies. */
static void any_pieces_give_the_same_replies(void)
{
	struct world_text requests = {.bytes = NULL};
	struct world_text replies = {.bytes = NULL};
	world_stream(&requests, &replies);
	for (uint64_t seed = 1; seed <= 300; seed++) {
		uint32_t shards = 1 + (uint32_t)(seed % 4);
		world_start(seed, shards, seed % 3 == 0 ? 200 : 0);
		struct gatio_address client = world_connect();
		size_t piece_max = seed % 7 == 0 ? 1 : 1 + (size_t)(seed * 37 % 3000);
		for (size_t at = 0; at < requests.size;) {
			size_t piece = 1 + (size_t)(gatio_random() >> 33) % piece_max;
			piece = piece < requests.size - at ? piece : requests.size - at;
			fake_input_bytes(client, requests.bytes + at, piece);
			at += piece;
			if (gatio_random() % 3 == 0) {
				fake_run();
			}
		}
		fake_advance(GATIO_MS(500));
		if (!world_output_is(client, &replies)) {
			printf("\nseed %llu: %s\n", (unsigned long long)seed, fake_output(client));
			CU_FAIL("other replies");
			world_stop();
			break;
		}
		world_stop();
	}
	world_drop(&requests);
	world_drop(&replies);
}

static void each_split_gives_the_same_replies(void)
{
	static const char stream[] = "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$10\r\n0123\r\n6789\r\n"
	                             "GET key\r\n*2\r\n$4\r\nMGET\r\n$3\r\nkey\r\nECHO \"a b\"\r\n";
	static const char expected[] = "+OK\r\n$10\r\n0123\r\n6789\r\n*1\r\n$10\r\n0123\r\n6789\r\n"
	                               "$3\r\na b\r\n";
	for (size_t split = 1; split < sizeof(stream) - 1; split++) {
		world_start(split, 2, 0);
		struct gatio_address client = world_connect();
		world_send(client, stream, split);
		world_send(client, stream + split, sizeof(stream) - 1 - split);
		CU_ASSERT_STRING_EQUAL(fake_output(client), expected);
		world_stop();
	}
}

static void very_many_keys_go_in_rounds(void)
{
	struct world_text request = {.bytes = NULL};
	struct world_text expected = {.bytes = NULL};
	world_start(1, 3, 50);
	struct gatio_address client = world_connect();
	world_addf(&request, "*%d\r\n$4\r\nMSET\r\n", 2 * 5000 + 1);
	for (int i = 0; i < 5000; i++) {
		world_addf(&request, "$5\r\nk%04d\r\n$4\r\n%04d\r\n", i, i);
	}
	world_send(client, request.bytes, request.size);
	fake_advance(GATIO_MS(500));
	CU_ASSERT_STRING_EQUAL(fake_output(client), "+OK\r\n");
	world_expect(client, "DBSIZE", ":5000");

	world_drop(&request);
	world_addf(&request, "*%d\r\n$4\r\nMGET\r\n", 5001);
	world_addf(&expected, "*5000\r\n");
	for (int i = 0; i < 5000; i++) {
		world_addf(&request, "$5\r\nk%04d\r\n", i);
		world_addf(&expected, "$4\r\n%04d\r\n", i);
	}
	world_addf(&request, "PING\r\n");
	world_addf(&expected, "+PONG\r\n");
	fake_output_clear(client);
	world_send(client, request.bytes, request.size);
	fake_advance(GATIO_MS(500));
	CU_ASSERT(world_output_is(client, &expected));

	CU_ASSERT_EQUAL(strncmp(world_ask(client, "KEYS *"), "*5000\r\n", 7), 0);
	world_drop(&request);
	world_drop(&expected);
	world_stop();
}

/* Ask for a scan's next page. Returns the cursor; counts keys. */
static unsigned long long scan_once(struct gatio_address client, unsigned long long cursor,
                                    unsigned *count)
{
	char line[64];
	snprintf(line, sizeof(line), "SCAN %llu COUNT 50", cursor);
	const char *answer = world_ask(client, line);
	for (const char *at = strstr(answer, "\r\nk"); at; at = strstr(at + 2, "\r\nk")) {
		(*count)++;
	}
	const char *second = strstr(answer, "\r\n") + 2;
	return strtoull(strstr(second, "\r\n") + 2, NULL, 10);
}

static void scan_goes_through_all_shards(void)
{
	world_start(1, 4, 0);
	struct gatio_address client = world_connect();
	char line[64];
	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "SET k%d %d", i, i);
		world_ask(client, line);
	}
	unsigned count = 0;
	unsigned pages = 0;
	unsigned long long cursor = 0;
	do {
		cursor = scan_once(client, cursor, &count);
		pages++;
	} while (cursor != 0 && pages < 1000);
	CU_ASSERT_EQUAL(count, 1000);
	CU_ASSERT(pages > 10 && pages < 1000);
	world_stop();
}

/* Clients rename two keys back and forth over two shards: the value is in exactly one place at any time. */
static void rename_between_shards_is_atomic(void)
{
	for (uint64_t seed = 1; seed <= 100; seed++) {
		world_start(seed, 3, seed % 2 ? 100 : 0);
		char keys[2][24];
		char line[128];
		world_key_in(0, 1, keys[0]);
		world_key_in(2, 2, keys[1]);
		struct gatio_address clients[4];
		for (int i = 0; i < 4; i++) {
			clients[i] = world_connect();
		}
		snprintf(line, sizeof(line), "SET %s treasure EX 1000", keys[0]);
		world_expect(clients[0], line, "+OK");
		for (int step = 0; step < 20; step++) {
			int from = step % 2;
			snprintf(line, sizeof(line), "%s %s %s\r\n",
			         step % 3 ? "RENAME" : "RENAMENX", keys[from], keys[1 - from]);
			fake_input(clients[step % 4], line);
		}
		fake_advance(GATIO_SECONDS(1));
		snprintf(line, sizeof(line), "EXISTS %s %s", keys[0], keys[1]);
		world_expect(clients[0], line, ":1");
		snprintf(line, sizeof(line), "MGET %s %s", keys[0], keys[1]);
		CU_ASSERT_PTR_NOT_NULL(strstr(world_ask(clients[1], line), "treasure"));
		CU_ASSERT(gatio_address_equal(world_shard(0)->reserved_by, GATIO_NOBODY));
		CU_ASSERT(gatio_address_equal(world_shard(2)->reserved_by, GATIO_NOBODY));
		world_stop();
	}
}

/* Several clients want overlapping sets of new keys: one gets all of its own, never two a part each. */
static void msetnx_is_all_or_nothing(void)
{
	for (uint64_t seed = 1; seed <= 100; seed++) {
		world_start(seed, 4, seed % 2 ? 100 : 0);
		struct gatio_address clients[3];
		for (int i = 0; i < 3; i++) {
			clients[i] = world_connect();
		}
		fake_input(clients[0], "MSETNX a 0 b 0 c 0 d 0\r\n");
		fake_input(clients[1], "MSETNX d 1 e 1 f 1 a 1\r\n");
		fake_input(clients[2], "MSETNX f 2 c 2 g 2 b 2\r\n");
		fake_advance(GATIO_SECONDS(1));
		int won = 0;
		for (int i = 0; i < 3; i++) {
			won += strcmp(fake_output(clients[i]), ":1\r\n") == 0 ? 1 : 0;
		}
		CU_ASSERT_EQUAL(won, 1);
		world_expect(clients[0], "DBSIZE", ":4");
		world_stop();
	}
}

static void lost_client_frees_its_shards(void)
{
	for (uint64_t seed = 1; seed <= 50; seed++) {
		world_start(seed, 3, 0);
		struct gatio_address clients[2] = {world_connect(), world_connect()};
		char keys[2][24];
		char line[128];
		world_key_in(0, 1, keys[0]);
		world_key_in(1, 2, keys[1]);
		snprintf(line, sizeof(line), "SET %s v", keys[0]);
		world_expect(clients[0], line, "+OK");
		snprintf(line, sizeof(line), "RENAME %s %s\r\n", keys[0], keys[1]);
		fake_input(clients[0], line);
		fake_close(clients[0]);
		fake_advance(seed % 2 ? GATIO_MS(10) : GATIO_SECONDS(5));
		snprintf(line, sizeof(line), "EXISTS %s %s", keys[0], keys[1]);
		const char *answer = world_ask(clients[1], line);
		CU_ASSERT(strcmp(answer, ":1\r\n") == 0 || strcmp(answer, ":2\r\n") == 0);
		world_stop();
	}
}

/* Messages that the server makes for a line. */
static size_t created_for(struct gatio_address client, const char *line)
{
	size_t before = fake.messages_created;
	world_ask(client, line);
	return fake.messages_created - before;
}

/* A second message is only for replies that are much longer than those before. */
static void replies_come_back_in_their_batch(void)
{
	world_start(1, 2, 0);
	struct gatio_address client = world_connect();
	world_expect(client, "SETRANGE long 40000 x", ":40001");
	CU_ASSERT_EQUAL(created_for(client, "SET k 0123456789012345678901234567890123456789"), 1);
	world_ask(client, "MGET k k k k k k k k");
	CU_ASSERT_EQUAL(created_for(client, "MGET k k k k k k k k"), 1);
	CU_ASSERT_EQUAL(created_for(client, "GET long"), 2);
	CU_ASSERT_EQUAL(created_for(client, "GET long"), 2); /* nor is so much held ready */
	CU_ASSERT_EQUAL(created_for(client, "PING"), 0);
	world_stop();
}

/* Of the keys of one name in two databases each has its own. */
static void databases_have_keys_of_their_own(void)
{
	world_start(1, 2, 0);
	struct gatio_address client = world_connect();
	world_expect(client, "SET k zero", "+OK");
	world_expect(client, "SELECT 3", "+OK");
	world_expect(client, "GET k", "$-1");
	world_expect(client, "SET k three", "+OK");
	world_expect(client, "SELECT 0", "+OK");
	world_expect(client, "GET k", "$4\r\nzero");
	world_expect(client, "SELECT 3", "+OK");
	world_expect(client, "GET k", "$5\r\nthree");
	world_stop();
}

/* A request that does not fit what is left of a round comes again in the next; it is one command all the same. */
static void request_that_comes_again_counts_once(void)
{
	enum { REQUESTS = 8, KEYS = 400 };
	struct world_text requests = {.bytes = NULL};
	world_start(1, 2, 0);
	struct gatio_address client = world_connect();
	for (int i = 0; i < REQUESTS; i++) {
		world_addf(&requests, "MGET");
		for (int k = 0; k < KEYS; k++) {
			world_addf(&requests, " k%d", k);
		}
		world_addf(&requests, "\r\n");
	}
	world_expect(client, "CONFIG RESETSTAT", "+OK");
	world_send(client, requests.bytes, requests.size);
	world_drop(&requests);
	const char *line = strstr(world_ask(client, "INFO stats"), "total_commands_processed:");
	CU_ASSERT_PTR_NOT_NULL_FATAL(line);
	/* Behind the reset; INFO itself comes with what asks the shards. */
	CU_ASSERT_EQUAL(atoi(strchr(line, ':') + 1), REQUESTS + 1);
	world_stop();
}

static const CU_TestInfo server_tests[] = {
        {"commands answer as redis", commands_answer_as_redis},
        {"resp3 has its own types", resp3_has_its_own_types},
        {"any pieces give the same replies", any_pieces_give_the_same_replies},
        {"each split gives the same replies", each_split_gives_the_same_replies},
        {"very many keys go in rounds", very_many_keys_go_in_rounds},
        {"scan goes through all shards", scan_goes_through_all_shards},
        {"rename between shards is atomic", rename_between_shards_is_atomic},
        {"msetnx is all or nothing", msetnx_is_all_or_nothing},
        {"lost client frees its shards", lost_client_frees_its_shards},
        {"replies come back in their batch", replies_come_back_in_their_batch},
        {"databases have keys of their own", databases_have_keys_of_their_own},
        {"request that comes again counts once", request_that_comes_again_counts_once},
        CU_TEST_INFO_NULL,
};

const struct suite server_suite = {"server", server_tests};

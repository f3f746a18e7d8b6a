/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of batches that wait for a reserved shard, and whose replies are more than go out at once. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/kv/world.h"
#include "tests/support/suite.h"

/* Some of these go into one message of replies, but not all that one client asks for. */
enum { BIG_SIZE = 300000, BIG_COUNT = 20, WRITERS = 4, READERS = 3, SEEDS = 20 };

_Static_assert(BIG_SIZE<KV_REPLY_SIZE_HIGH && (size_t)BIG_SIZE * BIG_COUNT> KV_REPLY_SIZE_HIGH,
               "a batch of them is handed back");

static char big_key[24];            /* in shard 0 */
static char keys[2][24];            /* in shards 0 and 1 */
static char msetnx[100];            /* of both */
static struct world_text big;       /* the reply to one GET of it */
static struct world_text set;       /* the request that makes it */
static struct world_text gets;      /* the requests */
static struct world_text answers;   /* all replies */
static struct gatio_address holder; /* of let_wait() */
static struct gatio_address reader;

/* The texts are large, and the same in each of hundreds of worlds. */
static void make_texts_once(void)
{
	if (big.bytes) {
		return;
	}
	char *value = malloc(BIG_SIZE);
	memset(value, 'v', BIG_SIZE);
	world_addf(&big, "$%d\r\n", BIG_SIZE);
	world_add(&big, value, BIG_SIZE);
	world_addf(&big, "\r\n");
	free(value);
	for (int i = 0; i < BIG_COUNT; i++) {
		world_addf(&gets, "GET %s\r\n", big_key);
		world_add(&answers, big.bytes, big.size);
	}
	world_addf(&set, "*3\r\n$3\r\nSET\r\n$%zu\r\n%s\r\n", strlen(big_key), big_key);
	world_add(&set, big.bytes, big.size);
}

static void begin(uint64_t seed, uint32_t refuse_permille)
{
	world_start(seed, 2, refuse_permille);
	world_key_in(0, 1, big_key);
	world_key_in(0, 2, keys[0]);
	world_key_in(1, 3, keys[1]);
	snprintf(msetnx, sizeof(msetnx), "MSETNX %s 1 %s 2\r\n", keys[0], keys[1]);
	make_texts_once();
	struct gatio_address client = world_connect();
	fake_input_bytes(client, set.bytes, set.size);
	fake_advance(GATIO_MS(100));
	CU_ASSERT_STRING_EQUAL(fake_output(client), "+OK\r\n");
}

static void end(void)
{
	world_stop();
}

/*
 * A client that holds shard 0 and comes no further, as the way to shard 1 is full; and one that asks for much in shard 0
 * meanwhile, and waits.
 */
static void let_wait(const char *command)
{
	holder = world_connect();
	reader = world_connect();
	fake.refuse_permille = 1000;
	fake_input(holder, command);
	fake_run();
	CU_ASSERT_TRUE(gatio_address_equal(world_shard(0)->reserved_by, holder));
	fake_input_bytes(reader, gets.bytes, gets.size);
	fake_run();
	CU_ASSERT_PTR_NOT_NULL(world_shard(0)->waiting);
	CU_ASSERT_EQUAL(world_output_size(reader), 0);
	fake.refuse_permille = 0;
}

static void expect_all(void)
{
	CU_ASSERT_PTR_NULL(world_shard(0)->waiting);
	CU_ASSERT_TRUE(world_output_is(reader, &answers));
	world_expect(reader, "PING", "+PONG");
}

static void expect_handed_back_behind(const char *command, const char *reply)
{
	let_wait(command);
	fake_advance(GATIO_MS(50));
	CU_ASSERT_STRING_EQUAL(fake_output(holder), reply);
	expect_all();
}

static void batch_behind_msetnx_is_handed_back(void)
{
	begin(1, 0);
	expect_handed_back_behind(msetnx, ":1\r\n");
	end();
}

static void batch_behind_rename_is_handed_back(void)
{
	char command[100];
	begin(1, 0);
	struct gatio_address client = world_connect();
	snprintf(command, sizeof(command), "SET %s 1", keys[0]);
	world_expect(client, command, "+OK");
	snprintf(command, sizeof(command), "RENAME %s %s\r\n", keys[0], keys[1]);
	expect_handed_back_behind(command, "+OK\r\n");
	end();
}

/* Memory ends at each allocation in turn: the shards are free again, for others, when the client is gone. */
static void holder_without_memory_gives_shards_free(void)
{
	char line[100];
	for (uint64_t limit = 0; limit <= 40; limit++) {
		begin(1, 0);
		holder = world_connect();
		struct gatio_address other = world_connect();
		fake_input(holder, msetnx);
		fake_limit_memory(limit);
		fake_advance(GATIO_SECONDS(10));
		fake_limit_memory(SIZE_MAX);
		fake_advance(GATIO_SECONDS(2)); /* the shards' reserves are back */
		for (int i = 0; i < 2; i++) {
			snprintf(line, sizeof(line), "SET %s 3", keys[i]);
			world_expect(other, line, "+OK");
		}
		end();
	}
}

static void batch_behind_closed_holder_is_handed_back(void)
{
	begin(1, 0);
	let_wait(msetnx);
	fake_close(holder);
	fake_advance(GATIO_MS(50));
	CU_ASSERT_TRUE(fake_is_ended(holder));
	expect_all();
	end();
}

static void batch_behind_dead_holder_is_handed_back(void)
{
	begin(1, 0);
	let_wait(msetnx);
	struct kv_connection *connection = fake_state(holder);
	gatio_message_free(
	        connection->unsent); /* it dies without a word, and what it holds with it */
	connection->unsent = NULL;
	kv_clients_remove(connection);
	fake_kill(holder);
	fake_advance(GATIO_MS(1500));
	CU_ASSERT_EQUAL(world_output_size(reader), 0);
	fake_advance(GATIO_SECONDS(1));
	expect_all();
	end();
}

/* A command of several rounds is under way, and what comes behind it finds no memory: that is told behind its reply. */
static void lost_input_is_told_behind_a_procedure(void)
{
	char line[100];
	unsigned told = 0;
	for (int steps = 1; steps < 12; steps++) {
		begin(1, 0);
		struct gatio_address client = world_connect();
		snprintf(line, sizeof(line), "RENAME %s %s\r\n", keys[0], keys[1]);
		fake_input(client, line);
		for (int i = 0; i < steps && fake_has_messages(); i++) {
			fake_step();
		}
		const struct kv_connection *connection = fake_state(client);
		if (connection->procedure) {
			fake_limit_memory(0);
			fake_input(client, "PING\r\n");
			while (!connection->is_closing && fake_has_messages()) {
				fake_step();
			}
			told += connection->is_closing;
			fake_limit_memory(SIZE_MAX);
		}
		fake_run();
		bool is_cut = fake_is_ended(client) && world_output_size(client) == 0;
		CU_ASSERT_TRUE(is_cut ||
		               strncmp(fake_output(client), "-ERR no such key\r\n", 18) == 0);
		end();
	}
	CU_ASSERT_TRUE(told > 0);
}

/* Memory ends in the middle of it: who is told so can rely on it that nothing was done. */
static void rename_without_memory_is_not_done_or_not_answered(void)
{
	char line[100];
	for (int steps = 1; steps < 16; steps++) {
		begin(1, 0);
		struct gatio_address client = world_connect();
		struct gatio_address other = world_connect();
		snprintf(line, sizeof(line), "SET %s 1", keys[0]);
		world_expect(other, line, "+OK");
		snprintf(line, sizeof(line), "RENAME %s %s\r\n", keys[0], keys[1]);
		fake_input(client, line);
		for (int i = 0; i < steps && fake_has_messages(); i++) {
			fake_step();
		}
		fake_limit_memory(0);
		fake_run();
		fake_limit_memory(SIZE_MAX);
		fake_advance(GATIO_SECONDS(5));
		if (strncmp(fake_output(client), "-OOM", 4) == 0) {
			snprintf(line, sizeof(line), "GET %s", keys[0]);
			world_expect(other, line, "$1\r\n1");
		}
		end();
	}
}

/* Neither the replies nor the rest of a waiting batch find memory: its client is let go, the shard goes on. */
static void waiting_batch_without_memory_ends_its_client(void)
{
	unsigned ended = 0;
	for (size_t allocations = 0; allocations < 12; allocations++) {
		begin(1, 0);
		let_wait(msetnx);
		fake_limit_memory(allocations);
		fake_advance(GATIO_MS(50));
		fake_limit_memory(SIZE_MAX);
		fake_advance(GATIO_SECONDS(5));
		CU_ASSERT_TRUE(fake_is_ended(reader) || world_output_is(reader, &answers));
		ended += fake_is_ended(reader);
		CU_ASSERT_PTR_NULL(world_shard(0)->waiting);
		struct gatio_address other = world_connect();
		world_expect(other, "SET fine yes", "+OK");
		end();
	}
	CU_ASSERT_TRUE(ended > 0);
}

static unsigned count_lost(uint32_t shard)
{
	unsigned count = 0;
	for (const struct kv_batch *batch = world_shard(shard)->unsent; batch;
	     batch = batch->next) {
		count += batch->content == KV_LOST;
	}
	return count;
}

/* Memory ends, and the way to the client is full: it must not wait for ever. */
static void client_that_cannot_be_told_is_told_later(void)
{
	unsigned lost = 0;
	for (uint64_t seed = 1; seed <= 10 * (uint64_t)SEEDS; seed++) {
		begin(seed, 0);
		struct kv_connection state = {.id = 0};
		reader = fake_connect(1, &gatio_behavior_kv_connection, &state);
		fake_run();
		fake_input_bytes(reader, gets.bytes, gets.size);
		while (fake.queue_count > 0 && !fake_has_message(kv_config.shards[0])) {
			fake_step();
		}
		fake.refuse_permille = 1000;
		fake_limit_memory(seed % 4);
		fake_advance(GATIO_MS(50));
		lost += count_lost(0);
		fake.refuse_permille = 0;
		fake_limit_memory(SIZE_MAX);
		fake_advance(GATIO_SECONDS(5));
		CU_ASSERT_TRUE(fake_is_ended(reader) || world_output_is(reader, &answers));
		CU_ASSERT_PTR_NULL(world_shard(0)->unsent);
		end();
	}
	CU_ASSERT(lost > 0);
}

/* The same, of as many clients as there may be: each has its own batch to be told with. */
static void many_clients_that_cannot_be_told_are_told_later(void)
{
	static struct gatio_address clients[1000];
	const size_t count = sizeof(clients) / sizeof(clients[0]);
	struct kv_connection state = {.id = 0};
	begin(1, 0);
	let_wait(msetnx);
	for (size_t i = 0; i < count; i++) {
		clients[i] = fake_connect(1, &gatio_behavior_kv_connection, &state);
		fake_run();
		fake_input_bytes(clients[i], gets.bytes, gets.size);
		fake_run();
	}
	fake.refuse_permille = 1000;
	fake_limit_memory(0);
	fake_advance(GATIO_SECONDS(3)); /* the shard is not reserved any more */
	CU_ASSERT(count_lost(0) >= count);
	fake.refuse_permille = 0;
	fake_limit_memory(SIZE_MAX);
	fake_advance(GATIO_SECONDS(5));
	for (size_t i = 0; i < count; i++) {
		CU_ASSERT_TRUE(fake_is_ended(clients[i]) || world_output_is(clients[i], &answers));
	}
	CU_ASSERT_PTR_NULL(world_shard(0)->unsent);
	end();
}

/* Another driver's shard hands batches back on a way that is full at times: nothing is lost, nobody is let go. */
static void batch_is_handed_back_on_a_full_way(void)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		begin(seed, 0);
		struct kv_connection state = {.id = 0};
		reader = fake_connect(1, &gatio_behavior_kv_connection, &state);
		fake.refuse_permille = 500;
		fake_input_bytes(reader, gets.bytes, gets.size);
		fake_advance(GATIO_MS(500));
		CU_ASSERT_FALSE_FATAL(fake_is_ended(reader));
		expect_all();
		end();
	}
}

/* Replies find the way full, and no memory for a timer to try again: they leave with the next pulse. */
static void replies_without_a_timer_leave_later(void)
{
	unsigned late = 0;
	char line[100];
	for (uint64_t seed = 1; seed <= 10 * (uint64_t)SEEDS; seed++) {
		begin(seed, 0);
		struct gatio_address other = world_connect();
		snprintf(line, sizeof(line), "GET %s", keys[1]);
		world_expect(other, line, "$-1"); /* the shard has room for replies then */
		reader = world_connect();
		fake_input(reader, line);
		fake_input(reader, "\r\n");
		fake.refuse_permille = 500;
		fake_limit_memory(seed % 8);
		fake_advance(GATIO_MS(50));
		fake.refuse_permille = 0;
		fake_limit_memory(SIZE_MAX);
		late += world_shard(1)->unsent != NULL;
		fake_advance(GATIO_SECONDS(2));
		CU_ASSERT_PTR_NULL(world_shard(1)->unsent);
		CU_ASSERT(fake_is_ended(reader) || world_output_size(reader) > 0);
		world_expect(other, line, "$-1");
		end();
	}
	CU_ASSERT(late > 0);
}

/* Writers of several shards at once, among readers of large values, in whatever order. */
static void writers_and_large_readers_get_on(void)
{
	static const char *const writes = "MSET a 1 b 2 cc 3 d 4 e 5 f 6\r\n"
	                                  "MSETNX k1 1 k2 2 k3 3 k4 5\r\n"
	                                  "RENAME a zz\r\nRENAME zz a\r\n";
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct gatio_address writers[WRITERS];
		struct gatio_address readers[READERS];
		begin(seed, seed % 2 ? 100 : 0);
		for (int i = 0; i < WRITERS; i++) {
			writers[i] = world_connect();
			fake_input(writers[i], writes);
		}
		for (int i = 0; i < READERS; i++) {
			readers[i] = world_connect();
			fake_input_bytes(readers[i], gets.bytes, gets.size);
		}
		fake_advance(GATIO_SECONDS(1));
		unsigned won = 0;
		for (int i = 0; i < WRITERS; i++) {
			CU_ASSERT_EQUAL(strncmp(fake_output(writers[i]), "+OK\r\n:", 6), 0);
			CU_ASSERT_FALSE(fake_is_ended(writers[i]));
			won += fake_output(writers[i])[6] == '1';
		}
		CU_ASSERT_EQUAL(won, 1);
		for (int i = 0; i < READERS; i++) {
			CU_ASSERT_TRUE(world_output_is(readers[i], &answers));
		}
		end();
	}
}

static const CU_TestInfo waiting_tests[] = {
        {"batch behind MSETNX is handed back", batch_behind_msetnx_is_handed_back},
        {"batch behind RENAME is handed back", batch_behind_rename_is_handed_back},
        {"holder without memory gives shards free", holder_without_memory_gives_shards_free},
        {"batch behind closed holder is handed back", batch_behind_closed_holder_is_handed_back},
        {"batch behind dead holder is handed back", batch_behind_dead_holder_is_handed_back},
        {"lost input is told behind a procedure", lost_input_is_told_behind_a_procedure},
        {"RENAME without memory is not done or not answered",
         rename_without_memory_is_not_done_or_not_answered},
        {"waiting batch without memory ends its client",
         waiting_batch_without_memory_ends_its_client},
        {"client that cannot be told is told later", client_that_cannot_be_told_is_told_later},
        {"many clients that cannot be told are told later",
         many_clients_that_cannot_be_told_are_told_later},
        {"batch is handed back on a full way", batch_is_handed_back_on_a_full_way},
        {"replies without a timer leave later", replies_without_a_timer_leave_later},
        {"writers and large readers get on", writers_and_large_readers_get_on},
        CU_TEST_INFO_NULL,
};

const struct suite waiting_suite = {"waiting", waiting_tests};

/* SPDX-License-Identifier: Apache-2.0 */
/* World: the server's actors on the fake runtime. */
#include "tests/kv/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

/* Who allocates when no handler runs. */
struct world_owner {
	int unused;
};
GATIO_MESSAGE(world_nothing, { int unused; });

static void on_nothing(struct world_owner *owner, const struct world_nothing *nothing)
{
	(void)owner;
	(void)nothing;
}

GATIO_BEHAVIOR(world_owner, on(world_nothing, on_nothing));

/* What INFO asks the system for: the fake has none. */
struct gatio_system *gatio_current_system(void)
{
	return NULL;
}

uint32_t gatio_driver_count(void)
{
	return fake.driver_count;
}

int gatio_net_counters(const struct gatio_system *system, uint32_t driver_index,
                       struct gatio_net_counters *out_counters)
{
	(void)system;
	*out_counters = (struct gatio_net_counters){.open = driver_index + 1};
	return 0;
}

int gatio_system_counters(const struct gatio_system *system, uint32_t driver_index,
                          struct gatio_counters *out_counters)
{
	(void)system;
	*out_counters = (struct gatio_counters){.turns = driver_index + 1};
	return 0;
}

void world_start(uint64_t seed, uint32_t shard_count, uint32_t refuse_permille)
{
	fake_start(seed, shard_count, refuse_permille);
	kv_config = (struct kv_config){
	        .connection_max = 10000,
	        .database_count = KV_DATABASES,
	        .bulk_size_max = KV_BULK_SIZE_LIMIT,
	        .query_size_max = UINT64_C(32) << 20,
	        .output_size_max = UINT64_C(8) << 20,
	        .held_size_max = UINT64_C(64) << 20,
	        .shard_count = shard_count,
	        .hash_key = {.words = {1, 2}},
	};
	kv_commands_init();
	for (uint32_t i = 0; i < shard_count; i++) {
		struct kv_shard *state = calloc(1, sizeof(*state));
		state->index = i;
		kv_config.shards[i] = fake_spawn(i, &gatio_behavior_kv_shard, state);
		free(state);
	}
}

void world_stop(void)
{
	CU_ASSERT_EQUAL(fake_stop(), 0);
}

struct gatio_address world_connect(void)
{
	struct kv_connection state = {.id = 0};
	struct gatio_address client = fake_connect(0, &gatio_behavior_kv_connection, &state);
	fake_run();
	return client;
}

struct kv_shard *world_shard(uint32_t index)
{
	return fake_state(kv_config.shards[index]);
}

void world_send(struct gatio_address client, const void *bytes, size_t size)
{
	fake_input_bytes(client, bytes, size);
	fake_advance(GATIO_MS(20));
}

const char *world_ask(struct gatio_address client, const char *line)
{
	fake_output_clear(client);
	fake_input(client, line);
	world_send(client, "\r\n", 2);
	return fake_output(client);
}

void world_expect(struct gatio_address client, const char *line, const char *reply)
{
	const char *answer = world_ask(client, line);
	size_t size = strlen(answer);
	bool is_same = size == strlen(reply) + 2 && memcmp(answer, reply, size - 2) == 0 &&
	               strcmp(answer + size - 2, "\r\n") == 0;
	if (!is_same) {
		printf("\n\"%s\": \"%s\", not \"%s\"\n", line, answer, reply);
	}
	CU_ASSERT(is_same);
}

size_t world_output_size(struct gatio_address client)
{
	return fake_actor_of(client)->output_size;
}

void world_read(struct gatio_address client)
{
	fake_output_clear(client);
	struct gatio_writable *writable = fake_message(&gatio_message_gatio_writable, 0);
	writable->waiting = 0;
	fake_enqueue(writable, 1, client);
	fake_advance(GATIO_MS(20));
}

void world_key_in(uint32_t shard, uint32_t number, char *out_key)
{
	for (uint32_t i = number * 1000;; i++) {
		snprintf(out_key, 24, "key%u", i);
		if (kv_shard_of(kv_hash(kv_config.hash_key, kv_text(out_key))) == shard) {
			return;
		}
	}
}

void world_enter(void)
{
	struct world_owner state = {.unused = 0};
	struct gatio_address owner = fake_spawn(0, &gatio_behavior_world_owner, &state);
	fake.current = fake_actor_of(owner);
}

/* ---- Texts ---- */

void world_add(struct world_text *text, const void *bytes, size_t size)
{
	text->bytes = realloc(text->bytes, text->size + size + 1);
	memcpy(text->bytes + text->size, bytes, size);
	text->size += size;
	text->bytes[text->size] = '\0';
}

void world_addf(struct world_text *text, const char *format, ...)
{
	char line[512];
	va_list arguments;
	va_start(arguments, format);
	int size = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	world_add(text, line, (size_t)size);
}

void world_drop(struct world_text *text)
{
	free(text->bytes);
	*text = (struct world_text){.bytes = NULL};
}

bool world_output_is(struct gatio_address client, const struct world_text *expected)
{
	size_t size = world_output_size(client);
	return size == expected->size &&
	       memcmp(fake_output(client), expected->bytes, expected->size) == 0;
}

void world_stream(struct world_text *requests, struct world_text *replies)
{
	for (int i = 0; i < 40; i++) {
		world_addf(requests, "*3\r\n$3\r\nSET\r\n$%d\r\nkey%02d\r\n$1\r\n%d\r\n", 5, i,
		           i % 10);
		world_addf(replies, "+OK\r\n");
		world_addf(requests, "INCR key%02d\r\n", i);
		world_addf(replies, ":%d\r\n", i % 10 + 1);
		world_addf(requests, "*1\r\n$4\r\nPING\r\n");
		world_addf(replies, "+PONG\r\n");
		if (i > 0 && i % 5 == 0) {
			world_addf(requests, "MGET key%02d nope key%02d\r\n", i, i - 1);
			world_addf(replies, "*3\r\n$%d\r\n%d\r\n$-1\r\n$%d\r\n%d\r\n",
			           i % 10 == 9 ? 2 : 1, i % 10 + 1, (i - 1) % 10 == 9 ? 2 : 1,
			           (i - 1) % 10 + 1);
			world_addf(requests, "\r\n*0\r\nDBSIZE\r\n");
			world_addf(replies, ":%d\r\n", i + 1);
			world_addf(requests, "nonsense\r\n");
			world_addf(
			        replies,
			        "-ERR unknown command 'nonsense', with args beginning with: \r\n");
			world_addf(requests, "EXISTS key%02d key%02d nope\r\n", i, i - 1);
			world_addf(replies, ":2\r\n");
			world_addf(requests, "KEYS nope*\r\n");
			world_addf(replies, "*0\r\n");
		}
	}
	world_addf(requests, "RENAME key00 moved\r\nRENAME key01 moved\r\nGET moved\r\n");
	world_addf(replies, "+OK\r\n+OK\r\n$1\r\n2\r\n");
	world_addf(requests, "MSETNX n1 a n2 b n3 c\r\nMSETNX n3 x n4 y\r\nEXISTS n1 n2 n3 n4\r\n");
	world_addf(replies, ":1\r\n:0\r\n:3\r\n");
}

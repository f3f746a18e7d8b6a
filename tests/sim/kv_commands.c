/* SPDX-License-Identifier: Apache-2.0 */
/* KV commands: what clients ask, and what the answers say of the keys. */
#include "tests/sim/kv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_A_MS        INT64_C(1000000)
#define ARGUMENTS_MAX  10u
#define INLINE_MAX     64u
#define TTL_MAX_MS     2000u
#define LIFETIME_AT_MS 1500

const struct kw_command kw_commands[] = {
        {"get", KW_KEY, LINEAR_GET, 0, 12},
        {"strlen", KW_KEY, LINEAR_STRLEN, 0, 2},
        {"exists", KW_KEYS, LINEAR_EXISTS, 0, 3},
        {"touch", KW_KEYS, LINEAR_EXISTS, 0, 1},
        {"pttl", KW_KEY, LINEAR_PTTL, 0, 4},
        {"pexpiretime", KW_KEY, LINEAR_PEXPIRETIME, 0, 3},
        {"set", KW_KEY_OPTIONS, LINEAR_SET, 0, 14},
        {"setnx", KW_KEY_TEXT, LINEAR_SETNX, 0, 3},
        {"getset", KW_KEY_TEXT, LINEAR_GETSET, 0, 4},
        {"getdel", KW_KEY, LINEAR_GETDEL, 0, 3},
        {"del", KW_KEYS, LINEAR_DEL, 0, 5},
        {"unlink", KW_KEYS, LINEAR_DEL, 0, 1},
        {"incr", KW_KEY, LINEAR_INCR, 1, 12},
        {"decr", KW_KEY, LINEAR_INCR, -1, 3},
        {"incrby", KW_KEY_NUMBER, LINEAR_INCR, 1, 4},
        {"decrby", KW_KEY_NUMBER, LINEAR_INCR, -1, 2},
        {"append", KW_KEY_TEXT, LINEAR_APPEND, 0, 6},
        {"persist", KW_KEY, LINEAR_PERSIST, 0, 3},
        {"pexpire", KW_KEY_TIME, LINEAR_PEXPIRE, 1, 4},
        {"expire", KW_KEY_NUMBER, LINEAR_PEXPIRE, 1000, 2},
        {"pexpireat", KW_KEY_DATE, LINEAR_PEXPIREAT, 1, 3},
        {"mget", KW_KEYS, LINEAR_GET, 0, 6},
        {"mset", KW_PAIRS, LINEAR_SET, 0, 5},
        {"msetnx", KW_TIED_PAIRS, LINEAR_MSETNX, 0, 3},
        {"rename", KW_TIED_KEYS, LINEAR_RENAME, 0, 4},
        {"renamenx", KW_TIED_KEYS, LINEAR_RENAMENX, 0, 3},
        {"echo", KW_ECHO, LINEAR_GET, 0, 3},
        {"hello", KW_HELLO, LINEAR_GET, 0, 1},
};

#define COMMAND_COUNT (sizeof(kw_commands) / sizeof(kw_commands[0]))

int64_t kw_wall_offset_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 * NS_A_MS + now.tv_nsec - (int64_t)gatio_sim_now_ns();
}

int64_t kw_wall_ms(int64_t offset_ns)
{
	return ((int64_t)gatio_sim_now_ns() + offset_ns) / NS_A_MS;
}

/* ---- Arguments --------------------------------------------------------------------------------------------------- */

struct words {
	struct {
		const char *bytes;
		size_t size;
	} items[ARGUMENTS_MAX];
	uint32_t count;
	char name[24];
	char numbers[2][24];
	char *texts[KW_PARTS_MAX]; /* to be freed */
	uint32_t text_count;
	bool is_long;
};

static void add_word(struct words *words, const char *bytes, size_t size)
{
	words->items[words->count].bytes = bytes;
	words->items[words->count++].size = size;
	words->is_long |= size > INLINE_MAX;
}

static void add_text(struct words *words, const char *text)
{
	add_word(words, text, strlen(text));
}

static void add_number(struct words *words, uint32_t which, int64_t number)
{
	snprintf(words->numbers[which], sizeof(words->numbers[which]), "%lld", (long long)number);
	add_text(words, words->numbers[which]);
}

/* A value that no other command sets, or a number. */
static struct linear_text add_value(struct words *words, const struct kw_client *client,
                                    const struct kw_partition *partition, bool may_be_number)
{
	size_t size_max = partition->value_max;
	size_t size = 16 + (size_t)gatio_sim_random(size_max);
	char *text = malloc(size + 32);
	gatio_sim_check(text, "the test has no memory");
	words->texts[words->text_count] = text;
	if (may_be_number && gatio_sim_random(3) == 0) {
		snprintf(text, 32, "%d", (int)gatio_sim_random(2000) - 1000);
		size = strlen(text);
	} else {
		int head = snprintf(text, 32, "v%u.%u.%u.", client->number, client->order,
		                    words->text_count);
		size = size > (size_t)head ? size : (size_t)head;
		for (size_t i = (size_t)head; i < size; i++) {
			text[i] = (char)('a' + (i * 7 + client->order) % 26);
		}
	}
	words->text_count++;
	add_word(words, text, size);
	return linear_text(text, size);
}

static void put_words(struct kw_client *client, struct words *words)
{
	char head[64];
	bool is_inline = !words->is_long && gatio_sim_random(10) == 0;
	uint64_t capitals = gatio_sim_random(4) ? 0 : gatio_sim_random(UINT64_C(1) << 16);
	size_t name_size = words->items[0].size;
	for (size_t i = 0; i < name_size; i++) {
		int letter = (unsigned char)words->items[0].bytes[i];
		words->name[i] = (char)(capitals >> i & 1 ? toupper(letter) : letter);
	}
	words->items[0].bytes = words->name;
	if (!is_inline) {
		int size = snprintf(head, sizeof(head), "*%u\r\n", words->count);
		kw_client_put(client, head, (size_t)size);
	}
	for (uint32_t i = 0; i < words->count; i++) {
		if (!is_inline) {
			int size = snprintf(head, sizeof(head), "$%zu\r\n", words->items[i].size);
			kw_client_put(client, head, (size_t)size);
		}
		kw_client_put(client, words->items[i].bytes, words->items[i].size);
		bool is_last = i + 1 == words->count;
		kw_client_put(client, is_inline && !is_last ? " " : "\r\n",
		              is_inline && !is_last ? 1 : 2);
	}
	for (uint32_t i = 0; i < words->text_count; i++) {
		free(words->texts[i]);
	}
}

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

/* Note one operation of the command that is being made. */
static struct linear_operation *begin(struct kw_client *client, uint32_t partition_index,
                                      uint32_t key)
{
	struct kw_pending *pending = &client->pending[client->pending_count];
	struct kw_partition *partition = &client->life->partitions[partition_index];
	const struct kw_command *command = &kw_commands[pending->command];
	uint32_t index = partition->count++;
	pending->partitions[pending->part_count] = (uint8_t)partition_index;
	pending->operations[pending->part_count++] = (uint8_t)index;
	struct linear_operation *operation = &partition->operations[index];
	partition->offset_ns[index] = kw_wall_offset_ns();
	*operation = (struct linear_operation){
	        .kind = (uint8_t)command->kind,
	        .key = (uint8_t)key,
	        .client = client->number,
	        .order = client->order,
	        .start_ns = gatio_sim_now_ns(),
	        .end_ns = LINEAR_NEVER,
	        .wall_start_ms = kw_wall_ms(partition->offset_ns[index]),
	        .wall_end_ms = LINEAR_TIME_MAX,
	        .number = command->sign,
	};
	return operation;
}

static void add_options(struct words *words, const struct kw_partition *partition,
                        struct linear_operation *set)
{
	unsigned flags =
	        (unsigned)gatio_sim_random(4) == 0 ? (unsigned)gatio_sim_random(2 * LINEAR_OLD) : 0;
	flags &= flags & LINEAR_NX ? ~(unsigned)LINEAR_XX : UINT32_MAX;
	flags &= flags & LINEAR_KEEP ? ~(unsigned)LINEAR_TTL : UINT32_MAX;
	if (!partition->has_ends) {
		flags &= ~(unsigned)LINEAR_TTL;
	} else if (gatio_sim_random(3) == 0 && !(flags & LINEAR_KEEP)) {
		flags |= LINEAR_TTL;
	}
	set->flags = (uint8_t)flags;
	if (flags & LINEAR_TTL) {
		set->number = (int64_t)gatio_sim_random(TTL_MAX_MS) + 1;
		add_text(words, "px");
		add_number(words, 0, set->number);
	}
	if (flags & (LINEAR_NX | LINEAR_XX)) {
		add_text(words, flags & LINEAR_NX ? "nx" : "XX");
	}
	if (flags & LINEAR_KEEP) {
		add_text(words, "keepttl");
	}
	if (flags & LINEAR_OLD) {
		add_text(words, "Get");
	}
}

static void add_one(struct kw_client *client, struct words *words, enum kw_shape shape,
                    uint32_t partition_index)
{
	uint32_t key = (uint32_t)gatio_sim_random(LINEAR_KEYS_MAX);
	struct kw_partition *partition = &client->life->partitions[partition_index];
	struct linear_operation *operation = begin(client, partition_index, key);
	add_text(words, partition->names[key]);
	switch (shape) {
	case KW_KEY_TEXT:
		/* What is appended is no number, or it could become another one. */
		operation->text =
		        add_value(words, client, partition, operation->kind != LINEAR_APPEND);
		break;
	case KW_KEY_NUMBER:
		operation->number = (int64_t)gatio_sim_random(20) - 2;
		add_number(words, 0, operation->number);
		operation->number *=
		        kw_commands[client->pending[client->pending_count].command].sign;
		break;
	case KW_KEY_TIME:
		operation->number = (int64_t)gatio_sim_random(TTL_MAX_MS) - 50;
		add_number(words, 0, operation->number);
		break;
	case KW_KEY_DATE:
		operation->number =
		        operation->wall_start_ms - 50 + (int64_t)gatio_sim_random(LIFETIME_AT_MS);
		add_number(words, 0, operation->number);
		break;
	case KW_KEY_OPTIONS:
		operation->text = add_value(words, client, partition, true);
		add_options(words, partition, operation);
		break;
	default:
		break;
	}
}

/* Different keys: what is asked of one of them twice would have to be told apart. */
static void add_many(struct kw_client *client, struct words *words, enum kw_shape shape,
                     uint32_t partition_index)
{
	struct kw_life *life = client->life;
	uint32_t all = life->partition_count * LINEAR_KEYS_MAX;
	uint32_t at = partition_index * LINEAR_KEYS_MAX + (uint32_t)gatio_sim_random(2);
	uint32_t count = 1 + (uint32_t)gatio_sim_random(all < KW_PARTS_MAX ? all : KW_PARTS_MAX);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t which = (at + i) % all;
		struct kw_partition *partition = &life->partitions[which / LINEAR_KEYS_MAX];
		if (partition->count >= KW_OPERATIONS_MAX) {
			continue;
		}
		struct linear_operation *operation =
		        begin(client, which / LINEAR_KEYS_MAX, which % LINEAR_KEYS_MAX);
		add_text(words, partition->names[which % LINEAR_KEYS_MAX]);
		if (shape == KW_PAIRS) {
			operation->text = add_value(words, client, partition, true);
		}
	}
}

static void add_tied(struct kw_client *client, struct words *words, enum kw_shape shape,
                     uint32_t partition_index)
{
	struct kw_partition *partition = &client->life->partitions[partition_index];
	uint32_t key = shape == KW_TIED_PAIRS ? 0 : (uint32_t)gatio_sim_random(LINEAR_KEYS_MAX);
	struct linear_operation *operation = begin(client, partition_index, key);
	add_text(words, partition->names[key]);
	if (shape == KW_TIED_PAIRS) {
		operation->text = add_value(words, client, partition, true);
	}
	add_text(words, partition->names[1 - key]);
	if (shape == KW_TIED_PAIRS) {
		operation->other = add_value(words, client, partition, true);
	}
}

static void put_command(struct kw_client *client, uint32_t command_index, uint32_t partition)
{
	struct words words = {.count = 0};
	const struct kw_command *command = &kw_commands[command_index];
	struct kw_pending *pending = &client->pending[client->pending_count];
	*pending = (struct kw_pending){.command = (uint16_t)command_index};
	add_text(&words, command->name);
	switch (command->shape) {
	case KW_KEYS:
	case KW_PAIRS:
		add_many(client, &words, command->shape, partition);
		break;
	case KW_TIED_KEYS:
	case KW_TIED_PAIRS:
		add_tied(client, &words, command->shape, partition);
		break;
	case KW_ECHO:
		pending->echo = client->number * 100000 + client->order;
		add_number(&words, 0, pending->echo);
		break;
	case KW_HELLO:
		client->is_resp3 = gatio_sim_random(2);
		add_text(&words, client->is_resp3 ? "3" : "2");
		break;
	default:
		add_one(client, &words, command->shape, partition);
	}
	put_words(client, &words);
	client->order++;
	client->pending_count++;
}

static uint32_t draw_command(void)
{
	unsigned sum = 0;
	for (uint32_t i = 0; i < COMMAND_COUNT; i++) {
		sum += kw_commands[i].weight;
	}
	unsigned left = (unsigned)gatio_sim_random(sum);
	uint32_t index = 0;
	while (left >= kw_commands[index].weight) {
		left -= kw_commands[index++].weight;
	}
	return index;
}

static bool fits(const struct kw_partition *partition, const struct kw_command *command)
{
	bool sets_end = command->kind == LINEAR_PEXPIRE || command->kind == LINEAR_PEXPIREAT;
	bool is_tied = command->shape == KW_TIED_KEYS || command->shape == KW_TIED_PAIRS;
	return partition->count < KW_OPERATIONS_MAX && (partition->has_ends || !sets_end) &&
	       (partition->has_moves || !is_tied);
}

bool kw_command_draw(struct kw_client *client)
{
	const struct kw_life *life = client->life;
	for (int tries = 0; tries < 20; tries++) {
		uint32_t command = draw_command();
		uint32_t partition = (uint32_t)gatio_sim_random(life->partition_count);
		if (fits(&life->partitions[partition], &kw_commands[command])) {
			put_command(client, command, partition);
			return true;
		}
	}
	return false;
}

static uint32_t find_command(const char *name)
{
	uint32_t index = 0;
	while (strcmp(kw_commands[index].name, name) != 0) {
		index++;
	}
	return index;
}

void kw_command_look(struct kw_client *client, uint32_t partition)
{
	for (uint32_t key = 0; key < LINEAR_KEYS_MAX; key++) {
		struct words words = {.count = 0};
		struct kw_pending *pending = &client->pending[client->pending_count];
		*pending = (struct kw_pending){.command = (uint16_t)find_command("get")};
		(void)begin(client, partition, key);
		add_text(&words, "get");
		add_text(&words, client->life->partitions[partition].names[key]);
		put_words(client, &words);
		client->order++;
		client->pending_count++;
	}
}

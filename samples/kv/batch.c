/* SPDX-License-Identifier: Apache-2.0 */
/* Batch: packing items and taking them apart. */
#include "samples/kv/batch.h"

#define FIRST_CAPACITY 64

static _Thread_local struct kv_round this_round;

struct kv_round *kv_round(void)
{
	return &this_round;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* A batch that has room for `size` bytes more, or NULL. */
static struct kv_batch *batch_with_room(struct kv_round *round, uint32_t shard, uint32_t size)
{
	struct kv_batch *batch = round->batches[shard];
	if (batch && batch->capacity - batch->size >= size) {
		return batch;
	}
	uint32_t used = batch ? batch->size : 0;
	uint32_t share = round->size_hint * 2 / kv_config.shard_count + FIRST_CAPACITY;
	uint32_t capacity = larger(larger(used + size, round->reply_hint), larger(used * 2, share));
	struct kv_batch *larger_batch = gatio_message_new(kv_batch, capacity);
	if (!larger_batch && capacity > used + size) {
		capacity = used + size;
		larger_batch = gatio_message_new(kv_batch, capacity);
	}
	if (!larger_batch) {
		return NULL;
	}
	if (batch) {
		memcpy(larger_batch, batch, sizeof(*batch) + used);
		gatio_message_free(batch);
	} else {
		*larger_batch =
		        (struct kv_batch){.connection = gatio_self(), .shard = (uint16_t)shard};
		round->touched[round->touched_count++] = (uint16_t)shard;
	}
	larger_batch->capacity = capacity;
	round->batches[shard] = larger_batch;
	return larger_batch;
}

bool kv_round_add(struct kv_round *round, const struct kv_item_options *options,
                  const struct kv_slice *argv, uint32_t argc)
{
	size_t size = offsetof(struct kv_item, sizes) + argc * sizeof(uint32_t);
	for (uint32_t i = 0; i < argc; i++) {
		size += argv[i].size;
	}
	size = (size + 7) & ~(size_t)7;
	struct kv_batch *batch = size < UINT32_MAX / 2
	                                 ? batch_with_room(round, options->shard, (uint32_t)size)
	                                 : NULL;
	if (!batch) {
		round->has_failed = true;
		return false;
	}
	struct kv_item *item = (struct kv_item *)((uint8_t *)batch->items + batch->size);
	*item = (struct kv_item){
	        .hash = options->hash,
	        .size = (uint32_t)size,
	        .command = options->command,
	        .database = options->database,
	        .is_resp3 = options->is_resp3,
	        .argc = argc,
	};
	uint8_t *bytes = (uint8_t *)(item->sizes + argc);
	for (uint32_t i = 0; i < argc; i++) {
		item->sizes[i] = (uint32_t)argv[i].size;
		memcpy(bytes, argv[i].data, argv[i].size);
		bytes += argv[i].size;
	}
	batch->size += (uint32_t)size;
	batch->count++;
	round->size += (uint32_t)size;
	round->item_count++;
	return true;
}

void kv_round_drop(struct kv_round *round)
{
	for (uint32_t i = 0; i < round->touched_count; i++) {
		gatio_message_free(round->batches[round->touched[i]]);
		round->batches[round->touched[i]] = NULL;
	}
	round->touched_count = 0;
	round->item_count = 0;
	round->size = 0;
	round->reply_hint = 0;
	round->has_failed = false;
}

const struct kv_item *kv_batch_item(const struct kv_batch *batch, uint32_t offset)
{
	return (const struct kv_item *)((const uint8_t *)batch->items + offset);
}

void kv_item_arguments(const struct kv_item *item, struct kv_exec *exec)
{
	const uint8_t *bytes = (const uint8_t *)(item->sizes + item->argc);
	exec->argc = item->argc;
	for (uint32_t i = 0; i < item->argc; i++) {
		exec->argv[i] = (struct kv_slice){.data = bytes, .size = item->sizes[i]};
		bytes += item->sizes[i];
	}
}

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

uint32_t kv_round_reply_room(uint32_t reply_hint)
{
	return larger(reply_hint, FIRST_CAPACITY);
}

struct kv_batch *kv_round_make_room(struct kv_round *round, uint32_t shard, size_t size)
{
	struct kv_batch *batch = round->batches[shard];
	if (size >= UINT32_MAX / 2) {
		return NULL;
	}
	uint32_t used = batch ? batch->size : 0;
	uint32_t needed = used + (uint32_t)size;
	uint32_t share = round->size_hint * 2 / kv_config.shard_count + FIRST_CAPACITY;
	uint32_t capacity = larger(larger(needed, round->reply_hint), larger(used * 2, share));
	struct kv_batch *larger_batch = gatio_message_new(kv_batch, capacity);
	if (!larger_batch && capacity > needed) {
		capacity = needed;
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

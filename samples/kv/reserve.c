/* SPDX-License-Identifier: Apache-2.0 */
/* Reserve: a block of a shard that is there to be given back. */
#include "samples/kv/config.h"
#include "samples/kv/errors.h"
#include "samples/kv/shard.h"

/* The reserve: one block of this size, a part of the shard's share when that is small. */
#define RESERVE_MAX  ((uint64_t)4 << 20)
#define RESERVE_PART 16

void kv_reserve_take(struct kv_shard *shard)
{
	uint64_t size = kv_config.shard_memory_max / RESERVE_PART;
	shard->reserve = gatio_alloc(size != 0 && size < RESERVE_MAX ? size : RESERVE_MAX);
	shard->store.is_short = shard->reserve == NULL;
}

bool kv_reserve_give(struct kv_shard *shard)
{
	bool had = shard->reserve != NULL;
	gatio_free(shard->reserve);
	shard->reserve = NULL;
	shard->store.is_short = true;
	return had;
}

void kv_reserve_keep(struct kv_shard *shard)
{
	if (!shard->reserve) {
		kv_reserve_take(shard);
	} else if (shard->store.is_short) {
		kv_reserve_give(shard);
	}
}

void kv_reserve_shorten(struct kv_shard *shard, const struct kv_batch *batch, uint32_t count)
{
	static const char oom[] = "-" KV_ERROR_OOM "\r\n";
	const uint32_t oom_size = sizeof(oom) - 1;
	const uint8_t *from = shard->reply.bytes;
	uint8_t *to = shard->reply.bytes;
	uint32_t offset = batch->offset;
	for (uint32_t i = 0; i < count; i++) {
		const struct kv_item *item = kv_batch_item(batch, offset);
		uint32_t size = shard->sizes[i];
		if (kv_commands[item->command].flags & KV_READONLY && size > oom_size) {
			memcpy(to, oom, oom_size);
			shard->sizes[i] = oom_size;
			kv_errors_count(oom + 1);
		} else {
			memmove(to, from, size);
		}
		from += size;
		to += shard->sizes[i];
		offset += item->size;
	}
	shard->reply.size = (size_t)(to - shard->reply.bytes);
}

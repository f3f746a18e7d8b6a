/* SPDX-License-Identifier: Apache-2.0 */
/* Reserve: a block of a shard that is there to be given back. */
#include "samples/kv/config.h"
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

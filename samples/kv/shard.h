/* SPDX-License-Identifier: Apache-2.0 */
/* Shard: the actor that owns a part of the keys. One on each driver that runs tasks. */
#ifndef KV_SHARD_H
#define KV_SHARD_H

#include "samples/kv/batch.h"

struct kv_shard {
	uint32_t index;
	struct kv_store store;
	struct kv_reply reply; /* of the batch at hand; its memory is used again */
	uint32_t sizes[KV_ROUND_ITEM_MAX + 1];
	bool is_working; /* a timer for kv_store_work() runs */
	/* While reserved, batches of others wait in order. */
	struct gatio_address reserved_by;
	struct gatio_timer reservation;
	struct kv_batch *waiting;
	struct kv_batch **waiting_end;
	/* Replies and batches that found a mailbox full. */
	struct kv_batch *unsent;
	struct kv_batch **unsent_end;
	bool is_retrying;
	/* Memory that is given back when there is no other, so that what frees memory and what answers finds some. */
	void *reserve;
};

/*
 * The reserve is given back as soon as memory was short, and taken again when there is some: until then commands that need
 * memory are refused.
 */
void kv_reserve_take(struct kv_shard *shard);
/* True: there is some memory now that was not there before. */
bool kv_reserve_give(struct kv_shard *shard);
/* Now and then while memory is short. */
void kv_reserve_keep(struct kv_shard *shard);
/*
 * There is no memory for a message with the replies to these items of the batch, so they have to fit into the batch itself:
 * of what only reads, the long ones become errors.
 */
void kv_reserve_shorten(struct kv_shard *shard, const struct kv_batch *batch, uint32_t count);

/* Say that memory was at its limit on this driver: the shard, if one lives here, gives its reserve back. */
void kv_shard_note_shortage(void);

GATIO_DECLARE_SHARED_BEHAVIOR(kv_shard);

/*
 * A key that is on its way to a shard: if that shard lives on this driver, the key's memory is asked for now, and comes
 * while others have their turn. Only a hint. Thread: any driver.
 */
void kv_shard_expect(uint32_t shard_index, uint32_t database, uint64_t hash);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Post: see post.h. */
#include "drivers/epoll/post.h"

#include "base/assert.h"

#include <errno.h>
#include <stddef.h>

void gi_post_init(struct gi_post *post)
{
	post->head = 0;
	gi_store_relaxed(&post->tail, 0);
	gi_store_relaxed(&post->rung, 0);
	for (uint32_t i = 0; i < GI_POST_SLOTS; i++) {
		gi_store_relaxed(&post->slots[i].sequence, i);
	}
}

int gi_post_put(struct gi_post *post, uint64_t user_data, int32_t result)
{
	uint32_t tail = gi_load_relaxed(&post->tail);
	struct gi_post_slot *slot;
	for (;;) { /* ends: another sender has got one each time that this one has not */
		slot = &post->slots[tail % GI_POST_SLOTS];
		int32_t ahead = (int32_t)(gi_load_acquire(&slot->sequence) - tail); /* slot */
		if (ahead < 0) {
			return -EOVERFLOW;
		}
		if (ahead > 0) {
			tail = gi_load_relaxed(&post->tail);
		} else if (gi_compare_exchange_acq_rel(&post->tail, &tail, tail + 1)) {
			break;
		}
	}
	slot->user_data = user_data;
	slot->result = result;
	gi_store_release(&slot->sequence, tail + 1);             /* slot */
	return gi_exchange_acq_rel(&post->rung, 1) == 0 ? 1 : 0; /* rung */
}

void gi_post_heard(struct gi_post *post)
{
	(void)gi_exchange_acq_rel(&post->rung, 0); /* rung */
}

const struct gi_post_slot *gi_post_next(const struct gi_post *post)
{
	const struct gi_post_slot *slot = &post->slots[post->head % GI_POST_SLOTS];
	return gi_load_acquire(&slot->sequence) == post->head + 1 ? slot : NULL; /* slot */
}

void gi_post_drop(struct gi_post *post)
{
	struct gi_post_slot *slot = &post->slots[post->head % GI_POST_SLOTS];
	gi_assert(gi_load_relaxed(&slot->sequence) == post->head + 1);
	gi_store_release(&slot->sequence, post->head + GI_POST_SLOTS); /* slot */
	post->head++;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Messages as blocks. */
#include "actors/message.h"

_Static_assert(sizeof(struct gi_message) == GI_SPARE_SIZE, "a slot's content fits a spare");

/* Blocks are at least a slot, so that a small one can take a slot's content as it is. */
static size_t block_size(size_t payload_size)
{
	size_t size = offsetof(struct gi_message, payload) + payload_size;
	return size < sizeof(struct gi_message) ? sizeof(struct gi_message) : size;
}

struct gi_message *gi_message_block(struct gi_stage *stage, uint32_t type, size_t size)
{
	bool is_spare = size <= GI_MESSAGE_INLINE;
	struct gi_message *block = is_spare ? gi_spare_take(stage->spares) : NULL;
	if (!block) {
		block = gi_heap_alloc(stage->driver->heap, block_size(size));
	}
	if (block) {
		gi_message_prepare(block, type, size, 0, is_spare ? GI_MESSAGE_SPARE : 0);
	}
	return block;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Messages, boxed. */
#include "actors/message.h"

_Static_assert(sizeof(struct gi_message) == GI_SPARE_SIZE, "a slot's content fits a spare");

/* A block is at least a slot, so that it can take a slot's content as it is. */
static size_t boxed_size(size_t payload_size)
{
	size_t size = offsetof(struct gi_message, payload) + payload_size;
	return size < sizeof(struct gi_message) ? sizeof(struct gi_message) : size;
}

struct gi_message *gi_message_box(struct gi_scheduler *scheduler, uint32_t type, size_t size)
{
	bool is_spare = size <= GI_MESSAGE_INLINE;
	struct gi_message *boxed = is_spare ? gi_spare_take(scheduler->spares) : NULL;
	if (!boxed) {
		boxed = gi_heap_alloc(scheduler->driver->heap, boxed_size(size));
	}
	if (boxed) {
		gi_message_prepare(boxed, type, size, 0, is_spare ? GI_MESSAGE_SPARE : 0);
	}
	return boxed;
}

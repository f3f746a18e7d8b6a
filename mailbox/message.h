/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message: the envelope, one cache line in a ring's slot, or boxed: in a block of its own.
 *
 * The payload follows the header directly in both, so that a handler can look back from payload to header. Up to
 * GI_MESSAGE_INLINE bytes lie in the slot; a larger message is boxed, header and payload together, and its slot carries
 * only the pointer, whose ownership moves with it. The mailbox looks at neither: kind and flags belong to the rooms
 * above.
 */
#ifndef GI_MAILBOX_MESSAGE_H
#define GI_MAILBOX_MESSAGE_H

#include "base/atomic.h"
#include "base/container.h"

#include <stddef.h>
#include <stdint.h>

#define GI_MESSAGE_INLINE   32u
#define GI_MESSAGE_TYPE_MAX 0xffffu
#define GI_TOKEN_MASK       ((UINT64_C(1) << 48) - 1)

struct gi_message {
	union {
		uint64_t to;             /* in a slot: the receiver's address */
		struct gi_message *next; /* in a queue */
	};
	uint64_t from; /* the sender's address; 0: nobody */
	union {
		struct { /* to be read; to be written only where the word was written before */
			uint64_t token : 48; /* correlates an ask with its answer; 0: none */
			uint64_t
			        type : 16; /* index of the message type, or what the kind makes of it */
		};
		uint64_t tag; /* both */
	};
	uint32_t size; /* bytes of payload */
	uint8_t kind;
	uint8_t flags;
	uint16_t mark; /* guards against pointers that are no messages */
	_Alignas(16) unsigned char payload[GI_MESSAGE_INLINE];
};

/*
 * Both fields in one store. One by one they would be read first, and a slot's line is still in the core that has emptied
 * it: the sender would wait for it to come over.
 */
static inline void gi_message_set_tag(struct gi_message *message, uint32_t type, uint64_t token)
{
	message->tag = (uint64_t)type << 48 | (token & GI_TOKEN_MASK);
}

_Static_assert(sizeof(struct gi_message) == GI_CACHE_LINE, "a slot is one cache line");
_Static_assert(offsetof(struct gi_message, payload) == 32, "the payload fills the second half");

#endif

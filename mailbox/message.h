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

#include <stdbool.h>
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
	union {
		struct {
			uint8_t kind;
			uint8_t flags; /* in the low bits */
			uint16_t mark; /* guards against pointers that are no messages */
		};
		_Atomic uint32_t label; /* all three; in a ring with the slot's stamp */
	};
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

/* The two bits of flags that are a ring's: for which of its laps the slot was filled. What is passed has none. */
#define GI_MESSAGE_STAMPS 0xc000u /* in label */
#define GI_MESSAGE_FLAGS  0x3fu   /* the others, in flags */

static inline uint32_t gi_message_label(uint8_t kind, uint8_t flags, uint16_t mark)
{
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#	error "GI_MESSAGE_STAMPS says where flags lie in label: say it for this order of bytes"
#endif
	return kind | (uint32_t)flags << 8 | (uint32_t)mark << 16;
}

/* Has the message of a slot come, in the lap of this stamp? Then all of it is there. */
static inline bool gi_message_has_come(const struct gi_message *slot, uint32_t stamp)
{
	return (gi_load_acquire(&slot->label) & GI_MESSAGE_STAMPS) == stamp; /* filled */
}

_Static_assert(sizeof(struct gi_message) == GI_CACHE_LINE, "a slot is one cache line");
_Static_assert(offsetof(struct gi_message, payload) == 32, "the payload fills the second half");

#endif

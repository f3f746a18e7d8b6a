/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outbox: messages to one receiver that found the way to it full. They wait here, in order, and are tried again soon.
 * Nobody waits for them. Each step costs the same, however many wait.
 *
 * The owner's behaviour has on(chat_retry, ...) that calls chat_outbox_retry(), and its ended() calls
 * chat_outbox_clear().
 *
 * Thread: its actor.
 */
#ifndef CHAT_OUTBOX_H
#define CHAT_OUTBOX_H

#include <gatio/actor.h>

struct chat_outbox_item;

/* All zero but for the receiver is an empty outbox. */
struct chat_outbox {
	struct gatio_address to;
	struct chat_outbox_item *head;
	struct chat_outbox_item *tail;
	uint32_t count;
	bool has_timer;
	uint32_t lost; /* dropped since start: beyond the bound, or memory at its limit */
};

/*
 * Send a message now, or keep it for later. A NULL message counts as lost.
 *
 * Owner: moves, always.
 * Error: -ESRCH the receiver has ended (known only on this driver); -ENOBUFS more than CHAT_OUTBOX_MAX wait; -ENOMEM,
 *        -ESHUTDOWN.
 */
int chat_outbox_post(struct chat_outbox *outbox, void *message);

void chat_outbox_retry(struct chat_outbox *outbox);
void chat_outbox_clear(struct chat_outbox *outbox);

#endif

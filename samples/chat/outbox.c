/* SPDX-License-Identifier: Apache-2.0 */
/* Outbox: messages that found the way to their receiver full. */
#include "samples/chat/outbox.h"

#include <errno.h>

#include "samples/chat/message.h"

enum { ITEM_COUNT_MAX = 4096, BLOCKED_MAX = 16 };

#define RETRY_NS GATIO_MS(2)

struct chat_outbox_item {
	struct chat_outbox_item *next;
	struct gatio_address to;
	void *message;
};

static bool is_waited_for(const struct chat_outbox *outbox, struct gatio_address to)
{
	for (const struct chat_outbox_item *item = outbox->head; item; item = item->next) {
		if (gatio_address_equal(item->to, to)) {
			return true;
		}
	}
	return false;
}

/* Without memory for a timer the next post tries again. */
static void set_timer(struct chat_outbox *outbox)
{
	if (!outbox->has_timer) {
		outbox->has_timer = gatio_after(RETRY_NS, chat_retry).bits != 0;
	}
}

static int keep(struct chat_outbox *outbox, struct gatio_address to, void *message)
{
	struct chat_outbox_item *item = NULL;
	if (outbox->count < ITEM_COUNT_MAX) {
		item = gatio_alloc(sizeof(*item));
	}
	if (!item) {
		outbox->lost++;
		gatio_message_free(message);
		return -ENOBUFS;
	}
	*item = (struct chat_outbox_item){.to = to, .message = message};
	if (outbox->tail) {
		outbox->tail->next = item;
	} else {
		outbox->head = item;
	}
	outbox->tail = item;
	outbox->count++;
	set_timer(outbox);
	return 0;
}

int chat_outbox_post(struct chat_outbox *outbox, struct gatio_address to, void *message)
{
	if (!message) {
		outbox->lost++;
		return -ENOMEM;
	}
	if (outbox->head) {
		set_timer(outbox);
	}
	if (outbox->head && is_waited_for(outbox, to)) {
		return keep(outbox, to, message);
	}
	int err = gatio_post(to, message);
	if (err == -ENOBUFS) {
		return keep(outbox, to, message);
	}
	if (err < 0) {
		gatio_message_free(message);
	}
	return err;
}

/* Receivers whose way is full in this pass: what else is for them has to wait behind. */
struct blocked {
	struct gatio_address addresses[BLOCKED_MAX];
	unsigned count;
};

static bool is_blocked(const struct blocked *blocked, struct gatio_address to)
{
	for (unsigned i = 0; i < blocked->count; i++) {
		if (gatio_address_equal(blocked->addresses[i], to)) {
			return true;
		}
	}
	return false;
}

void chat_outbox_retry(struct chat_outbox *outbox)
{
	struct blocked blocked = {.count = 0};
	struct chat_outbox_item *waiting = outbox->head;
	outbox->head = outbox->tail = NULL;
	outbox->has_timer = false;
	while (waiting) {
		struct chat_outbox_item *item = waiting;
		waiting = item->next;
		item->next = NULL;
		bool must_wait = blocked.count == BLOCKED_MAX || is_blocked(&blocked, item->to);
		int err = must_wait ? -ENOBUFS : gatio_post(item->to, item->message);
		if (err != -ENOBUFS) {
			if (err < 0) {
				gatio_message_free(item->message);
			}
			gatio_free(item);
			outbox->count--;
			continue;
		}
		if (!must_wait) {
			blocked.addresses[blocked.count++] = item->to;
		}
		if (outbox->tail) {
			outbox->tail->next = item;
		} else {
			outbox->head = item;
		}
		outbox->tail = item;
	}
	if (outbox->head) {
		set_timer(outbox);
	}
}

void chat_outbox_clear(struct chat_outbox *outbox)
{
	while (outbox->head) {
		struct chat_outbox_item *item = outbox->head;
		outbox->head = item->next;
		gatio_message_free(item->message);
		gatio_free(item);
	}
	outbox->tail = NULL;
	outbox->count = 0;
}

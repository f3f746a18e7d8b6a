/* SPDX-License-Identifier: Apache-2.0 */
/* Outbox: messages to one receiver that found the way to it full. */
#include "samples/chat/outbox.h"

#include <errno.h>

#include "samples/chat/message.h"

#define RETRY_NS GATIO_MS(2)

struct chat_outbox_item {
	struct chat_outbox_item *next;
	void *message;
};

/* Without memory for a timer the next post tries again. */
static void set_timer(struct chat_outbox *outbox)
{
	if (!outbox->has_timer) {
		outbox->has_timer = gatio_after(RETRY_NS, chat_retry).bits != 0;
	}
}

static int keep(struct chat_outbox *outbox, void *message)
{
	struct chat_outbox_item *item = NULL;
	if (outbox->count < CHAT_OUTBOX_MAX) {
		item = gatio_alloc(sizeof(*item));
	}
	if (!item) {
		outbox->lost++;
		gatio_message_free(message);
		return -ENOBUFS;
	}
	*item = (struct chat_outbox_item){.message = message};
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

int chat_outbox_post(struct chat_outbox *outbox, void *message)
{
	if (!message) {
		outbox->lost++;
		return -ENOMEM;
	}
	int err = outbox->head ? -ENOBUFS : gatio_post(outbox->to, message);
	if (err == -ENOBUFS) {
		return keep(outbox, message);
	}
	if (err < 0) {
		outbox->lost++;
		gatio_message_free(message);
	}
	return err;
}

static void take_first(struct chat_outbox *outbox)
{
	struct chat_outbox_item *item = outbox->head;
	outbox->head = item->next;
	if (!outbox->head) {
		outbox->tail = NULL;
	}
	outbox->count--;
	gatio_free(item);
}

void chat_outbox_retry(struct chat_outbox *outbox)
{
	outbox->has_timer = false;
	while (outbox->head) {
		int err = gatio_post(outbox->to, outbox->head->message);
		if (err == -ENOBUFS) {
			set_timer(outbox);
			return;
		}
		if (err < 0) {
			outbox->lost++;
			gatio_message_free(outbox->head->message);
		}
		take_first(outbox);
	}
}

void chat_outbox_clear(struct chat_outbox *outbox)
{
	while (outbox->head) {
		gatio_message_free(outbox->head->message);
		take_first(outbox);
	}
}

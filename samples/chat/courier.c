/* SPDX-License-Identifier: Apache-2.0 */
/* Courier: hands what the hub says to the sessions of its driver. */
#include "samples/chat/courier.h"

#include <errno.h>

/* The hub may have been spawned after its couriers. */
static void post(struct chat_outbox *outbox, const struct chat_server *server, void *message)
{
	outbox->to = server->hub;
	(void)chat_outbox_post(outbox, message);
}

static void report_gone(struct chat_courier *self, struct gatio_address session)
{
	struct chat_gone *gone = gatio_message_new(chat_gone, 0);
	if (gone) {
		gone->session = session;
	}
	post(&self->outbox, self->server, gone);
}

/* To one of this driver: no way to it can be full. Without memory the line is lost. */
static void deliver(struct chat_courier *self, struct gatio_address session,
                    const struct chat_fan *fan)
{
	struct chat_text text = chat_fan_text(fan);
	struct chat_deliver *message = chat_deliver_new(&fan->head, &text);
	int err = message ? gatio_post(session, message) : -ENOMEM;
	if (err == -ESRCH) {
		report_gone(self, session);
	}
	if (err < 0) {
		gatio_message_free(message);
	}
}

static void on_fan(struct chat_courier *self, const struct chat_fan *fan)
{
	for (uint32_t i = 0; i < fan->address_count; i++) {
		deliver(self, (struct gatio_address){fan->words[i]}, fan);
	}
	if (fan->weight) {
		self->weight += fan->weight;
		(void)gatio_send(self->pacer, chat_handed, .weight = self->weight,
		                 .driver = gatio_driver_index());
	}
}

/* A session ended and found its way to the hub full: its good-bye waits here. */
static void on_farewell(struct chat_courier *self, const struct chat_request *farewell)
{
	post(&self->outbox, self->server, gatio_message_keep(farewell));
}

static void on_started(struct chat_courier *self)
{
	self->pacer = gatio_spawn(chat_pacer, .server = self->server);
}

static void on_retry(struct chat_courier *self, const struct chat_retry *retry)
{
	(void)retry;
	chat_outbox_retry(&self->outbox);
}

static void on_ended(struct chat_courier *self, int reason)
{
	(void)reason;
	chat_outbox_clear(&self->outbox);
}

GATIO_SHARED_BEHAVIOR(chat_courier, started(on_started), on(chat_fan, on_fan),
                      on(chat_request, on_farewell), on(chat_retry, on_retry), ended(on_ended),
                      priority(GATIO_URGENT));

/* ---- Pacer ------------------------------------------------------------------------------------------------------- */

static void on_handed(struct chat_pacer *self, const struct chat_handed *handed)
{
	post(&self->outbox, self->server, gatio_message_keep(handed));
}

static void on_pacer_retry(struct chat_pacer *self, const struct chat_retry *retry)
{
	(void)retry;
	chat_outbox_retry(&self->outbox);
}

static void on_pacer_ended(struct chat_pacer *self, int reason)
{
	(void)reason;
	chat_outbox_clear(&self->outbox);
}

GATIO_SHARED_BEHAVIOR(chat_pacer, on(chat_handed, on_handed), on(chat_retry, on_pacer_retry),
                      ended(on_pacer_ended));

/* SPDX-License-Identifier: Apache-2.0 */
/* Courier: hands what the hub says to the sessions of its driver. */
#include "samples/chat/courier.h"

#include <errno.h>
#include <string.h>

/* Served at once: what a session that is not among them waits for. */
enum { SERVED_SESSIONS = 16, SERVED_SIZE = 64 << 10 };

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

/* As chat_serve_fn. */
static void serve(void *context, struct gatio_address session, const struct chat_fan *line)
{
	struct chat_courier *self = context;
	deliver(self, session, line);
	self->weights[line->load] += line->weight;
}

/* ---- What waits -------------------------------------------------------------------------------------------------- */

static struct chat_grant *take_grant(struct chat_courier *self)
{
	struct chat_grant *grant = self->first_grant;
	if (grant) {
		self->first_grant = grant->next;
	}
	return grant;
}

/* false: nobody waits for one. */
static bool grant_next(struct chat_courier *self)
{
	struct chat_grant *grant = take_grant(self);
	if (grant && gatio_post(grant->session, grant) < 0) {
		gatio_message_free(grant); /* it has ended */
	}
	return grant != NULL;
}

/* One of each kind: neither waits for all of the other. Returns how many. */
static unsigned serve_next(struct chat_courier *self, size_t *size)
{
	bool has_served = chat_backlog_serve_next(&self->backlog, size);
	bool has_granted = grant_next(self);
	*size += has_granted ? CHAT_PAGE_SIZE : 0;
	return (unsigned)has_served + (unsigned)has_granted;
}

/* Without memory for a beat nobody is left to wait. */
static void serve_some(struct chat_courier *self)
{
	unsigned served;
	do {
		size_t size = 0;
		unsigned count = 1;
		served = 0;
		while (count && served + 1 < SERVED_SESSIONS && size < SERVED_SIZE) {
			count = serve_next(self, &size);
			served += count;
		}
		self->has_beat = served && chat_pacer_beat(self->pacer);
	} while (served && !self->has_beat);
}

/* What was served before the beat has been written since. */
static void report(struct chat_courier *self)
{
	uint64_t sum = self->weights[CHAT_SMALL] + self->weights[CHAT_LARGE];
	if (sum == self->reported) {
		return;
	}
	struct chat_handed *handed = gatio_message_new(chat_handed, 0);
	if (handed) {
		*handed = (struct chat_handed){.driver = gatio_driver_index()};
		memcpy(handed->weights, self->weights, sizeof(handed->weights));
		self->reported = sum;
	}
	post(&self->outbox, self->server, handed);
}

static void on_beat(struct chat_courier *self, const struct chat_beat *beat)
{
	(void)beat;
	report(self);
	serve_some(self);
}

static void on_fan(struct chat_courier *self, const struct chat_fan *fan)
{
	struct chat_fan *kept = fan->load == CHAT_LIGHT ? NULL : gatio_message_keep(fan);
	if (kept) {
		chat_backlog_add(&self->backlog, kept);
	} else {
		for (uint32_t i = 0; i < fan->address_count; i++) {
			struct gatio_address session = {fan->words[i]};
			chat_backlog_serve(&self->backlog, session);
			serve(self, session, fan);
		}
	}
	if (!self->has_beat) {
		serve_some(self);
	}
}

static void on_grant(struct chat_courier *self, const struct chat_grant *grant)
{
	struct chat_grant *kept = gatio_message_keep(grant); /* it was posted: never NULL */
	kept->next = NULL;
	if (self->first_grant) {
		self->last_grant->next = kept;
	} else {
		self->first_grant = kept;
	}
	self->last_grant = kept;
	if (!self->has_beat) {
		serve_some(self);
	}
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

/* A session ended and found its way to the hub full: its good-bye waits here. */
static void on_farewell(struct chat_courier *self, const struct chat_request *farewell)
{
	post(&self->outbox, self->server, gatio_message_keep(farewell));
}

static void on_started(struct chat_courier *self)
{
	self->backlog.serve = serve;
	self->backlog.context = self;
	self->pacer = gatio_spawn(chat_pacer);
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
	chat_backlog_clear(&self->backlog);
	for (struct chat_grant *grant = take_grant(self); grant; grant = take_grant(self)) {
		gatio_message_free(grant);
	}
}

GATIO_SHARED_BEHAVIOR(chat_courier, started(on_started), on(chat_fan, on_fan),
                      on(chat_beat, on_beat), on(chat_grant, on_grant),
                      on(chat_request, on_farewell), on(chat_retry, on_retry), ended(on_ended),
                      priority(GATIO_URGENT));

/* ---- Pacer ------------------------------------------------------------------------------------------------------- */

bool chat_pacer_beat(struct gatio_address pacer)
{
	struct chat_beat *beat = gatio_message_new(chat_beat, 0);
	if (!beat) {
		return false;
	}
	beat->from = gatio_self();
	if (gatio_post(pacer, beat) < 0) {
		gatio_message_free(beat);
		return false;
	}
	return true;
}

static void on_pacer_beat(struct chat_pacer *self, const struct chat_beat *beat)
{
	self->beat_count++;
	struct chat_beat *back = gatio_message_keep(beat); /* it was posted: needs no memory */
	if (gatio_post(beat->from, back) < 0) {
		gatio_message_free(back);
	}
}

GATIO_SHARED_BEHAVIOR(chat_pacer, on(chat_beat, on_pacer_beat));

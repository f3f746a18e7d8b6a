/* SPDX-License-Identifier: Apache-2.0 */
/* Mayfly: it lives for a while, or not even that long. And dust, which only comes and goes. */
#include "tests/sim/actors_messages.h"

#include <errno.h>

static void tell_parent(const struct mayfly *self)
{
	struct head head = head_of(self->number, self->parent_number);
	(void)ledger_sent_head(self->parent, gatio_send(self->parent, note, .head = head), head);
}

static void on_started(struct mayfly *self)
{
	self->is_started = true;
	tell_parent(self);
	if (self->life_ms == 0 ||
	    gatio_after(GATIO_MS(self->life_ms), finish, .round = 0).bits == 0) {
		self->life_ms = 0;
		gatio_exit(self->reason);
	}
}

static void hear(struct mayfly *self, struct head head)
{
	if (!self->is_started || self->life_ms == 0) {
		wrong("a message has come to %u before its start or after its end", self->number);
	}
	ledger_handled_head(self->number, head);
	if (self->messages_left-- == 0) {
		self->life_ms = 0;
		gatio_exit(self->reason);
	}
}

static void on_note(struct mayfly *self, const struct note *note)
{
	hear(self, note->head);
	tell_parent(self);
}

static void on_bulk(struct mayfly *self, const struct bulk *bulk)
{
	hear(self, bulk->head);
}

static void on_parcel(struct mayfly *self, const struct parcel *parcel)
{
	hear(self, parcel->head);
}

static void on_life_over(struct mayfly *self, const struct finish *finish)
{
	(void)finish;
	ledger.fired++;
	if (self->life_ms == 0) {
		wrong("a timer of %u has fired after its end", self->number);
	}
	self->life_ms = 0;
	gatio_exit(self->reason);
}

static void on_ended(struct mayfly *self, int reason)
{
	if (reason != (self->life_ms == 0 && self->is_started ? self->reason : -ESHUTDOWN)) {
		wrong("mayfly %u has ended with %d", self->number, reason);
	}
	tell_parent(self);
	ledger_ended(self->number);
}

GATIO_SHARED_BEHAVIOR(mayfly, started(on_started), ended(on_ended), on(note, on_note),
                      on(bulk, on_bulk), on(parcel, on_parcel), on(finish, on_life_over),
                      priority(GATIO_URGENT));

static void start_dust(struct dust *self)
{
	(void)self;
	gatio_exit(3);
}

static void end_dust(struct dust *self, int reason)
{
	(void)self;
	if (reason != 3 && reason != -ESHUTDOWN) {
		wrong("dust has ended with %d", reason);
	}
	ledger_ended(NOT_NUMBERED);
}

GATIO_SHARED_BEHAVIOR(dust, started(start_dust), ended(end_dust), priority(GATIO_BACKGROUND));

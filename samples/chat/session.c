/* SPDX-License-Identifier: Apache-2.0 */
/* Session: one client's connection: its beginning, its waiting, its end. What it sends: input.c. */
#include "samples/chat/session.h"

#include <errno.h>
#include <string.h>

#include <gatio/gatio.h>

/* ---- Beginning and end ------------------------------------------------------------------------------------------ */

static void on_connected(struct chat_session *self, const struct gatio_connected *connected)
{
	self->address = gatio_self();
	self->driver = gatio_driver_index();
	self->outbox.to = self->server->hub;
	chat_host_of_peer(self->host, connected->peer);
	struct gatio_timer due = gatio_after(self->server->registration_ns, chat_registration_due);
	struct gatio_timer ping = gatio_after(self->server->ping_ns, chat_ping_due);
	if (!due.bits || !ping.bits) { /* without them nobody would notice a silent peer */
		chat_session_end(self, "Server is out of memory");
	}
}

void chat_session_leave(struct chat_session *self, const char *reason)
{
	if (!self->is_leaving) {
		self->is_leaving = true;
		chat_session_farewell(self, reason);
	}
}

void chat_session_end(struct chat_session *self, const char *reason)
{
	if (self->is_leaving) {
		return;
	}
	chat_session_line(self, "ERROR :Closing Link: %s (%.*s)", self->host, CHAT_REASON_MAX,
	                  reason);
	chat_session_leave(self, reason);
	gatio_exit(0);
}

static void on_closed(struct chat_session *self, const struct gatio_closed *closed)
{
	switch (closed->reason) {
	case 0:
		chat_session_leave(self, "Remote host closed the connection");
		break;
	case -ETIME:
		chat_session_leave(self, "Write timeout");
		break;
	case -EMSGSIZE:
		chat_session_leave(self, "Excess Flood");
		break;
	default:
		chat_session_leave(self, strerrordesc_np(-closed->reason)
		                                 ? strerrordesc_np(-closed->reason)
		                                 : "Connection lost");
	}
}

/* Everybody goes: nobody needs to be told about anybody. */
static void on_draining(struct chat_session *self, const struct gatio_draining *draining)
{
	(void)draining;
	if (!self->is_leaving) {
		chat_session_line(self, "ERROR :Closing Link: %s (Server shutting down)",
		                  self->host);
		self->is_leaving = true;
		gatio_exit(0);
	}
}

static void on_ended(struct chat_session *self, int reason)
{
	(void)reason;
	if (self->address.bits) {
		chat_session_leave(self, "Connection lost");
	}
	gatio_message_free(self->ready);
	chat_outbox_clear(&self->outbox);
	chat_held_clear(&self->held);
}

/* ---- Timers ----------------------------------------------------------------------------------------------------- */

static void on_registration_due(struct chat_session *self, const struct chat_registration_due *due)
{
	(void)due;
	if (!self->is_registered) {
		chat_session_end(self, "Registration timed out");
	}
}

/* When memory was short, timers that would let this session go on may be missing. */
static void look_after(struct chat_session *self)
{
	chat_outbox_retry(&self->outbox);
	chat_session_check_answers(self);
	chat_session_go_on(self);
}

static void on_ping_due(struct chat_session *self, const struct chat_ping_due *due)
{
	(void)due;
	if (!self->is_leaving) {
		look_after(self);
	}
	if (self->is_leaving) {
		return;
	}
	/* What a held client sends cannot be seen: it is not silent. Its waiting has deadlines of its own. */
	if (self->is_pinged && !self->is_paused) {
		chat_session_end(self, "Ping timeout");
		return;
	}
	self->is_pinged = true;
	chat_session_line(self, "PING :%s", self->server->name);
	if (!self->is_leaving && !gatio_after(self->server->ping_ns, chat_ping_due).bits) {
		chat_session_end(self, "Server is out of memory");
	}
}

static void on_retry(struct chat_session *self, const struct chat_retry *retry)
{
	(void)retry;
	chat_outbox_retry(&self->outbox);
	chat_session_go_on(self);
}

static void on_writable(struct chat_session *self, const struct gatio_writable *writable)
{
	(void)writable;
	chat_session_page_more(self);
	chat_session_go_on(self);
}

static void on_check(struct chat_session *self, const struct chat_check *check)
{
	(void)self;
	(void)check;
	(void)gatio_reply(chat_alive);
}

GATIO_SHARED_BEHAVIOR(chat_session, on(gatio_connected, on_connected),
                      on(gatio_received, chat_session_on_received), on(gatio_writable, on_writable),
                      on(gatio_draining, on_draining), on(gatio_closed, on_closed),
                      on(gatio_peer_ended, chat_session_on_peer_ended),
                      on(chat_deliver, chat_session_on_deliver),
                      on(chat_answer_due, chat_session_on_answer_due),
                      on(chat_grant, chat_session_on_grant), on(chat_go_on, chat_session_on_go_on),
                      on(chat_registration_due, on_registration_due),
                      on(chat_ping_due, on_ping_due), on(chat_retry, on_retry),
                      on(chat_check, on_check), ended(on_ended));

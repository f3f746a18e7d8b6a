/* SPDX-License-Identifier: Apache-2.0 */
/* Session: one client's connection: its input, its waiting, its end. */
#include "samples/chat/session.h"

#include <errno.h>
#include <string.h>

#include <gatio/gatio.h>

/* ---- Waiting ---------------------------------------------------------------------------------------------------- */

void chat_session_park(struct chat_session *self, enum chat_park park)
{
	self->park = park;
	self->serial++;
	self->park_until_ns = gatio_now_ns() + self->server->answer_ns;
	self->park_timer =
	        gatio_after(self->server->answer_ns, chat_park_due, .serial = self->serial);
}

void chat_session_unpark(struct chat_session *self)
{
	gatio_timer_cancel(self->park_timer);
	self->park = CHAT_NOT_PARKED;
}

static void on_park_due(struct chat_session *self, const struct chat_park_due *due)
{
	if (self->park != CHAT_NOT_PARKED && due->serial == self->serial && !self->is_leaving) {
		chat_session_give_up(self);
		chat_session_go_on(self);
	}
}

/* Waits for nothing: no answer, no full way, no flood. */
static bool may_handle(const struct chat_session *self)
{
	return !self->is_leaving && !self->is_throttled && self->park == CHAT_NOT_PARKED &&
	       self->outbox.count == 0;
}

/*
 * A line costs flood_ns; up to flood_lines may be on credit. Beyond, the client waits, held by its TCP window; nobody
 * else does.
 */
static bool take_token(struct chat_session *self)
{
	uint64_t now = gatio_now_ns();
	uint64_t credit = self->server->flood_lines * self->server->flood_ns;
	if (credit == 0) {
		return true;
	}
	uint64_t due = self->flood_ns > now ? self->flood_ns : now;
	uint64_t after = due + self->server->flood_ns;
	if (after > now + credit) {
		self->is_throttled = gatio_after(after - now - credit, chat_go_on).bits != 0;
		return false;
	}
	self->flood_ns = after;
	return true;
}

static void on_go_on(struct chat_session *self, const struct chat_go_on *go_on)
{
	(void)go_on;
	self->is_throttled = false;
	chat_session_go_on(self);
}

/* ---- Input ------------------------------------------------------------------------------------------------------ */

/* Returns how many bytes are done with. */
static size_t handle_lines(struct chat_session *self, const uint8_t *data, size_t size)
{
	size_t done = 0;
	while (may_handle(self)) {
		struct chat_framer before = self->framer;
		struct chat_frame frame;
		size_t used = chat_frame_next(&self->framer, data + done, size - done, &frame);
		if (used == 0) {
			break;
		}
		if (frame.status != CHAT_FRAME_NONE && !take_token(self)) {
			self->framer = before;
			break;
		}
		done += used;
		if (frame.status == CHAT_FRAME_TOO_LONG) {
			chat_session_error(self, ERR_INPUTTOOLONG, "");
		} else if (frame.status == CHAT_FRAME_LINE) {
			chat_session_handle(self, frame.text);
		}
	}
	return done;
}

/* While its lines have to wait the peer is held; a part of a line holds nobody. */
static void pause_or_resume(struct chat_session *self)
{
	bool must_pause = !may_handle(self);
	if (must_pause == self->is_paused) {
		return;
	}
	self->is_paused = must_pause;
	if (must_pause) {
		gatio_pause();
	} else {
		gatio_resume(); /* what was left unread comes again */
	}
}

static void on_received(struct chat_session *self, const struct gatio_received *received)
{
	if (self->is_leaving) {
		return;
	}
	self->is_pinged = false;
	size_t done = handle_lines(self, received->data, received->size);
	if (self->is_leaving) {
		return;
	}
	self->has_unread = done < received->size;
	gatio_unread(received->size - done);
	chat_session_go_on(self);
}

void chat_session_go_on(struct chat_session *self)
{
	if (self->is_leaving) {
		return;
	}
	bool was_paused = self->is_paused;
	pause_or_resume(self);
	bool gets_more = was_paused && self->has_unread;
	if (self->has_peer_ended && may_handle(self) && !gets_more) {
		chat_session_end(self, "Remote host closed the connection");
	}
}

/* It sends no more: what it has sent is still done and answered. */
static void on_peer_ended(struct chat_session *self, const struct gatio_peer_ended *ended)
{
	(void)ended;
	self->has_peer_ended = true;
	chat_session_go_on(self);
}

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
	chat_outbox_clear(&self->outbox);
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
	if (self->park != CHAT_NOT_PARKED && gatio_now_ns() > self->park_until_ns) {
		chat_session_give_up(self);
	}
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
                      on(gatio_received, on_received), on(gatio_writable, on_writable),
                      on(gatio_draining, on_draining), on(gatio_closed, on_closed),
                      on(gatio_peer_ended, on_peer_ended),
                      on(chat_deliver, chat_session_on_deliver), on(chat_park_due, on_park_due),
                      on(chat_go_on, on_go_on), on(chat_registration_due, on_registration_due),
                      on(chat_ping_due, on_ping_due), on(chat_retry, on_retry),
                      on(chat_check, on_check), ended(on_ended));

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input: what a client sends, line by line, no faster than it may and than it is answered.
 *
 * What has to wait is held here, up to CHAT_HELD_MAX bytes; then the client stands before its TCP window. So the end of
 * one that has sent less is seen at once. Of one that has sent more it cannot be: it is written to now and then, to which
 * the kernel of one that is gone answers with a reset.
 */
#include <string.h>

#include "samples/chat/session.h"

enum {
	HELD_FIRST = 512,
	HELD_HIGH = CHAT_HELD_MAX / 2, /* bytes that wait at which receiving stops */
};

#define PROBE_NS GATIO_SECONDS(5)

/* Waits for nothing: no answer, no full way, no flood. */
static bool may_handle(const struct chat_session *self)
{
	return !self->is_leaving && !self->is_throttled && self->park == CHAT_NOT_PARKED &&
	       self->serial - self->answered < CHAT_UNDER_WAY_MAX && self->outbox.count == 0;
}

/*
 * A line costs flood_ns; up to flood_lines may be on credit. Beyond, the client waits; nobody else does.
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

/* What is said of it here must not come before what the hub says of lines before it: then it waits for all of that. */
static bool must_wait(struct chat_session *self, const struct chat_frame *frame,
                      const struct chat_command *command)
{
	bool follows = frame->status == CHAT_FRAME_LINE && chat_session_may_follow(command);
	if (frame->status == CHAT_FRAME_NONE || follows || !chat_session_is_waiting(self)) {
		return false;
	}
	self->park = CHAT_PARKED_ANSWER;
	return true;
}

static void handle_frame(struct chat_session *self, const struct chat_frame *frame,
                         struct chat_command *command)
{
	if (frame->status == CHAT_FRAME_TOO_LONG) {
		chat_session_error(self, ERR_INPUTTOOLONG, "");
	} else if (frame->status == CHAT_FRAME_ENDLESS) {
		chat_session_end(self, "Input line was too long");
	} else if (frame->status == CHAT_FRAME_LINE) {
		chat_session_handle(self, command);
	}
}

/* Returns how many bytes are done with. */
static size_t handle_lines(struct chat_session *self, const char *data, size_t size)
{
	size_t done = 0;
	while (may_handle(self)) {
		struct chat_framer before = self->framer;
		struct chat_command command;
		struct chat_frame frame;
		size_t used = chat_frame_next(&self->framer, (const uint8_t *)data + done,
		                              size - done, &frame);
		if (used == 0) {
			break;
		}
		if (frame.status == CHAT_FRAME_LINE) {
			chat_command_parse(frame.text, &command);
		}
		if (must_wait(self, &frame, &command) ||
		    (frame.status != CHAT_FRAME_NONE && !take_token(self))) {
			self->framer = before;
			break;
		}
		done += used;
		handle_frame(self, &frame, &command);
	}
	return done;
}

/* ---- What is held ------------------------------------------------------------------------------------------------ */

void chat_held_clear(struct chat_held *held)
{
	gatio_free(held->bytes);
	*held = (struct chat_held){.bytes = NULL};
}

static bool grow(struct chat_held *held, size_t size)
{
	uint32_t capacity = held->capacity ? held->capacity : HELD_FIRST;
	while (capacity < size && capacity < CHAT_HELD_MAX) {
		capacity = capacity < CHAT_HELD_MAX / 2 ? capacity * 2 : CHAT_HELD_MAX;
	}
	if (capacity == held->capacity) {
		return true;
	}
	char *bytes = gatio_realloc(held->bytes, capacity);
	if (bytes) {
		held->bytes = bytes;
		held->capacity = capacity;
	}
	return bytes != NULL;
}

/* Returns how many of the bytes are held now: as many as have room. */
static size_t hold(struct chat_held *held, const char *data, size_t size)
{
	if (!grow(held, held->size + size)) {
		return 0;
	}
	size_t room = held->capacity - held->size;
	size_t kept = size < room ? size : room;
	memcpy(held->bytes + held->size, data, kept);
	held->size += (uint32_t)kept;
	return kept;
}

static void handle_held(struct chat_session *self)
{
	struct chat_held *held = &self->held;
	size_t done = handle_lines(self, held->bytes, held->size);
	if (self->is_leaving || done == held->size) {
		chat_held_clear(held);
	} else if (done > 0) {
		held->size -= (uint32_t)done;
		memmove(held->bytes, held->bytes + done, held->size);
	}
}

/* ---- Receiving --------------------------------------------------------------------------------------------------- */

/* A part of a line holds nobody. */
static void pause_or_resume(struct chat_session *self)
{
	bool is_full = self->has_unread || self->held.size >= HELD_HIGH;
	bool must_pause = is_full && !may_handle(self);
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

void chat_session_on_received(struct chat_session *self, const struct gatio_received *received)
{
	if (self->is_leaving) {
		return;
	}
	const char *data = (const char *)received->data;
	size_t size = received->size;
	self->is_pinged = false;
	size_t done = self->held.size ? 0 : handle_lines(self, data, size);
	if (self->is_leaving) {
		return;
	}
	if (done < size && (self->held.size || !may_handle(self))) {
		done += hold(&self->held, data + done, size - done);
	}
	self->has_unread = done < size;
	gatio_unread(size - done);
	chat_session_go_on(self);
}

void chat_session_go_on(struct chat_session *self)
{
	if (self->held.size && may_handle(self)) {
		handle_held(self);
	}
	if (self->is_leaving) {
		return;
	}
	chat_session_asked(self);
	bool was_paused = self->is_paused;
	pause_or_resume(self);
	bool gets_more = was_paused && self->has_unread;
	/* The flood of one that is gone ends with it. */
	bool is_done = may_handle(self) && !gets_more && !chat_session_is_waiting(self);
	if (self->has_peer_ended && (self->is_throttled || is_done)) {
		chat_session_end(self, "Remote host closed the connection");
	}
}

/* It sends no more: what it has sent, and may send by now, is still done and answered. */
void chat_session_on_peer_ended(struct chat_session *self, const struct gatio_peer_ended *ended)
{
	(void)ended;
	self->has_peer_ended = true;
	chat_session_go_on(self);
}

/* Is there still somebody who sends faster than he may? */
static void probe(struct chat_session *self)
{
	uint64_t now = gatio_now_ns();
	if (self->is_paused && now - self->probed_ns > PROBE_NS) {
		self->probed_ns = now;
		chat_session_line(self, "PING :%s", self->server->name);
	}
}

void chat_session_on_go_on(struct chat_session *self, const struct chat_go_on *go_on)
{
	(void)go_on;
	self->is_throttled = false;
	if (!self->is_leaving) {
		probe(self);
	}
	chat_session_go_on(self);
}

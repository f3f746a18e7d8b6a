/* SPDX-License-Identifier: Apache-2.0 */
/* Ask: what a session asks of the hub, and what comes from it. */
#include <string.h>

#include "samples/chat/session.h"

/* ---- To the hub -------------------------------------------------------------------------------------------------- */

static struct chat_request *new_request(const struct chat_session *self, enum chat_verb verb,
                                        const struct chat_text *words)
{
	struct chat_request *request = chat_request_new(verb, words);
	if (request) {
		request->session = self->address;
		request->driver = self->driver;
		request->serial = self->serial;
		request->cursor = self->cursor;
	}
	return request;
}

/* Such a line never waits in the hub: what follows it cannot pass it there. */
static bool is_private(enum chat_verb verb, const struct chat_command *command)
{
	return (verb == CHAT_PRIVMSG || verb == CHAT_NOTICE) && command->param_count > 0 &&
	       strpbrk(command->params[0], "#&") == NULL;
}

bool chat_session_is_waiting(const struct chat_session *self)
{
	return self->serial != self->answered;
}

/* One timer does for all questions. Without memory for it, the next PING is when it is looked at. */
static void set_timer(struct chat_session *self, uint64_t delay_ns)
{
	if (!self->has_timer) {
		self->has_timer = gatio_after(delay_ns, chat_answer_due).bits != 0;
	}
}

/* The client is told, and goes on. */
static void give_up(struct chat_session *self)
{
	enum chat_park park = self->park;
	self->park = CHAT_NOT_PARKED;
	self->answered = self->serial;
	self->cursor = 0;
	if (park == CHAT_PARKED_REGISTER) {
		chat_session_end(self, "Server is out of memory");
	} else {
		chat_session_error(self, ERR_UNAVAILRESOURCE, "*");
	}
}

static void leave(struct chat_session *self, struct chat_request *request)
{
	if (chat_outbox_post(&self->outbox, request) < 0) {
		give_up(self);
	}
}

void chat_session_asked(struct chat_session *self)
{
	struct chat_request *request = self->ready;
	self->ready = NULL;
	if (request) {
		request->wants_answer = true;
		leave(self, request);
	}
}

static void wait_on(struct chat_session *self)
{
	self->answered_by_ns = gatio_now_ns() + self->server->answer_ns;
}

void chat_session_ask(struct chat_session *self, enum chat_verb verb,
                      const struct chat_command *command)
{
	char text[CHAT_LINE_MAX];
	struct chat_text words = {text, chat_words_put(text, command)};
	if (self->ready) { /* an answer to a later one says that it is done */
		leave(self, self->ready);
	}
	self->serial++;
	self->asked = verb;
	wait_on(self);
	set_timer(self, self->server->answer_ns);
	self->ready = new_request(self, verb, &words);
	if (!is_private(verb, command)) {
		self->park = verb == CHAT_REGISTER ? CHAT_PARKED_REGISTER : CHAT_PARKED_ANSWER;
	}
	if (!self->ready) {
		give_up(self);
	}
}

void chat_session_farewell(struct chat_session *self, const char *reason)
{
	struct chat_text text = {reason, strlen(reason) + 1};
	if (self->serial == 0) {
		return; /* it has never asked for a nick: the hub does not know it */
	}
	gatio_message_free(self->ready); /* what it asked for last ends with it */
	self->ready = NULL;
	chat_outbox_clear(&self->outbox);
	(void)chat_outbox_post(&self->outbox, new_request(self, CHAT_QUIT, &text));
	if (self->outbox.head) {
		/* The way is full, and this session cannot wait. */
		chat_outbox_clear(&self->outbox);
		self->outbox.to = self->server->couriers[self->driver];
		(void)chat_outbox_post(&self->outbox, new_request(self, CHAT_QUIT, &text));
	}
}

/* ---- From the hub ------------------------------------------------------------------------------------------------ */

static void ask_for_page(struct chat_session *self)
{
	struct chat_command again = {.name = ""};
	if (self->asked == CHAT_WHO) {
		again.params[again.param_count++] = self->mask;
	}
	chat_session_ask(self, self->asked, &again);
}

bool chat_session_has_unread_pages(const struct chat_session *self)
{
	return gatio_write_waiting() > self->server->sendq_size / 4;
}

/* No faster than the peer reads. */
static void on_page(struct chat_session *self, const struct chat_deliver *deliver)
{
	self->cursor = deliver->head.cursor;
	if (chat_session_has_unread_pages(self)) {
		self->park = CHAT_PARKED_PEER; /* no deadline here: the write deadline holds */
	} else if (!self->is_leaving) {
		ask_for_page(self);
	}
}

void chat_session_page_more(struct chat_session *self)
{
	if (self->park != CHAT_PARKED_PEER || self->is_leaving) {
		return;
	}
	if (self->motd) {
		chat_session_motd_more(self);
	} else {
		ask_for_page(self);
	}
}

/* It is of this server what the client has asked. */
static void on_located(struct chat_session *self, const struct chat_deliver *deliver)
{
	char text[CHAT_LINE_MAX];
	struct chat_command command;
	memcpy(text, deliver->text, deliver->head.text_size);
	chat_words_take(text, deliver->head.text_size, &command);
	command.name = command.params[0];
	memmove(command.params, command.params + 1,
	        --command.param_count * sizeof(command.params[0]));
	chat_session_run(self, &command);
}

static void on_answer(struct chat_session *self, const struct chat_deliver *deliver)
{
	uint32_t serial = deliver->head.serial;
	enum chat_park park = self->park;
	if (deliver->head.kind == CHAT_NAMED) {
		chat_copy(self->nick, sizeof(self->nick), deliver->text);
	}
	if (serial - self->answered - 1 >= self->serial - self->answered) {
		return; /* given up */
	}
	self->answered = serial;
	if (chat_session_is_waiting(self)) {
		chat_session_go_on(self);
		return;
	}
	self->park = CHAT_NOT_PARKED;
	self->cursor = 0;
	if (deliver->head.kind == CHAT_PAGE) {
		on_page(self, deliver);
	} else if (deliver->head.kind == CHAT_LOCATED) {
		on_located(self, deliver);
	} else if (park == CHAT_PARKED_REGISTER) {
		struct chat_text lusers = {deliver->text, deliver->head.text_size};
		chat_session_registered(self, &lusers);
	} else {
		chat_session_try_register(self);
	}
	chat_session_go_on(self);
}

void chat_session_on_deliver(struct chat_session *self, const struct chat_deliver *deliver)
{
	if (self->is_leaving) {
		return;
	}
	bool is_shown = deliver->head.kind != CHAT_NAMED && deliver->head.kind != CHAT_LOCATED &&
	                self->park != CHAT_PARKED_REGISTER;
	if (is_shown) {
		chat_session_write(self, deliver->text, deliver->head.text_size);
	}
	if (deliver->head.kind == CHAT_MORE) {
		wait_on(self);
	} else if (deliver->head.kind != CHAT_TEXT) {
		on_answer(self, deliver);
	}
}

void chat_session_check_answers(struct chat_session *self)
{
	uint64_t now = gatio_now_ns();
	if (!chat_session_is_waiting(self)) {
		return;
	}
	if (now < self->answered_by_ns) {
		set_timer(self, self->answered_by_ns - now);
	} else {
		give_up(self);
	}
}

void chat_session_on_answer_due(struct chat_session *self, const struct chat_answer_due *due)
{
	(void)due;
	self->has_timer = false;
	if (!self->is_leaving) {
		chat_session_check_answers(self);
		chat_session_go_on(self);
	}
}

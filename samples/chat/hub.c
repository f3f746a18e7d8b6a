/* SPDX-License-Identifier: Apache-2.0 */
/* Hub: takes lines in, lets what is heavy wait, and goes through them one by one. */
#include "samples/chat/hub.h"

#include <errno.h>
#include <string.h>

#include "samples/chat/room.h"

enum {
	SMALL_ROOM = 15,   /* others in it; what is told to no more is light */
	NEXT_PER_STEP = 1, /* heavy lines that are handled at once */
};

#define GONE_NS GATIO_SECONDS(1)

struct verb {
	chat_hub_fn run;
	bool is_open;  /* to those who have not registered; the others must */
	bool is_heavy; /* looks through many: waits in line whoever asks */
};

static const struct verb verbs[CHAT_VERB_COUNT] = {
        [CHAT_NICK] = {chat_hub_nick, true, false},
        [CHAT_REGISTER] = {chat_hub_register, true, false},
        [CHAT_QUIT] = {chat_hub_quit, true, false},
        [CHAT_JOIN] = {chat_hub_join, false, true},
        [CHAT_PART] = {chat_hub_part, false, false},
        [CHAT_TOPIC] = {chat_hub_topic, false, false},
        [CHAT_NAMES] = {chat_hub_names, false, true},
        [CHAT_KICK] = {chat_hub_kick, false, false},
        [CHAT_INVITE] = {chat_hub_invite, false, false},
        [CHAT_MODE] = {chat_hub_mode, false, false},
        [CHAT_PRIVMSG] = {chat_hub_privmsg, false, false},
        [CHAT_NOTICE] = {chat_hub_notice, false, false},
        [CHAT_WHO] = {chat_hub_who, false, true},
        [CHAT_WHOIS] = {chat_hub_whois, false, false},
        [CHAT_AWAY] = {chat_hub_away, false, false},
        [CHAT_LIST] = {chat_hub_list, false, true},
        [CHAT_LUSERS] = {chat_hub_lusers, false, false},
        [CHAT_ISON] = {chat_hub_ison, false, false},
        [CHAT_USERHOST] = {chat_hub_userhost, false, false},
};

/* ---- One line ---------------------------------------------------------------------------------------------------- */

/* The words are taken apart in place: in a copy. */
static void run(struct chat_hub *self, const struct chat_request *request)
{
	char text[CHAT_LINE_MAX];
	struct chat_command command = {.name = ""};
	memcpy(text, request->text, request->text_size);
	for (size_t at = 0; at < request->text_size && command.param_count < CHAT_PARAM_MAX;) {
		command.params[command.param_count++] = text + at;
		at += strlen(text + at) + 1;
	}
	verbs[request->verb].run(self, &command);
}

static void handle(struct chat_hub *self, const struct chat_request *request)
{
	const struct verb *verb = &verbs[request->verb];
	self->asker = request->session;
	self->asker_driver = request->driver;
	self->answer = (struct chat_head){
	        .kind = CHAT_ANSWER, .serial = request->serial, .cursor = request->cursor};
	self->by = chat_person_of(self, request->session);
	bool is_quit = request->verb == CHAT_QUIT;
	if (self->by && self->by->is_gone && !is_quit) {
		return; /* what a gone client has left undone ends with it */
	}
	if (self->by ? self->by->is_registered || verb->is_open : request->verb == CHAT_NICK) {
		run(self, request);
	}
	if (!is_quit) {
		chat_hub_answer(self);
	}
}

/* ---- What waits in line ------------------------------------------------------------------------------------------ */

static bool is_large(const struct chat_room *room)
{
	return room && room->member_count > SMALL_ROOM;
}

/* Does it tell or look through many? */
static bool is_heavy(struct chat_hub *self, const struct chat_request *request)
{
	if (verbs[request->verb].is_heavy) {
		return true;
	}
	if (request->verb == CHAT_NICK || request->verb == CHAT_QUIT) {
		const struct chat_person *by = chat_person_of(self, request->session);
		bool tells_many = false;
		for (uint32_t i = 0; by && i < by->room_count; i++) {
			tells_many |= is_large(by->rooms[i]);
		}
		return tells_many;
	}
	if (!chat_is_channel_name(request->text)) {
		return false;
	}
	return strchr(request->text, ',') || is_large(chat_room_named(self, request->text));
}

static bool put_in_line(struct chat_hub *self, const struct chat_request *request)
{
	struct chat_request *kept = gatio_message_keep(request);
	if (!kept) {
		return false;
	}
	kept->next = NULL;
	if (self->last) {
		self->last->next = kept;
	} else {
		self->first = kept;
	}
	self->last = kept;
	return true;
}

static void handle_first(struct chat_hub *self)
{
	struct chat_request *request = self->first;
	self->first = request->next;
	if (!self->first) {
		self->last = NULL;
	}
	handle(self, request);
	gatio_message_free(request);
}

/* A few at a time: what is light passes in between. */
static void go_on(struct chat_hub *self)
{
	for (unsigned i = 0; i < NEXT_PER_STEP && self->first && !chat_hub_is_busy(self); i++) {
		handle_first(self);
	}
	if (self->first && !self->has_next && !chat_hub_is_busy(self)) {
		self->has_next = gatio_send(gatio_self(), chat_next) == 0;
	}
}

static void on_next(struct chat_hub *self, const struct chat_next *next)
{
	(void)next;
	self->has_next = false;
	go_on(self);
}

static void on_handed(struct chat_hub *self, const struct chat_handed *handed)
{
	struct chat_lane *lane = &self->lanes[handed->driver];
	lane->weight_handed = handed->weight;
	lane->handed_ns = gatio_now_ns();
	go_on(self);
}

static void on_request(struct chat_hub *self, const struct chat_request *request)
{
	bool is_quit = request->verb == CHAT_QUIT;
	struct chat_person *person = is_quit ? chat_person_of(self, request->session) : NULL;
	if (is_quit && !person) {
		return; /* it had no name yet */
	}
	bool must_wait = is_heavy(self, request) && (self->first || chat_hub_is_busy(self));
	if (person) {
		person->is_gone = true;
	}
	if (!must_wait || !put_in_line(self, request)) {
		handle(self, request);
	}
	go_on(self);
}

/* ---- Ends -------------------------------------------------------------------------------------------------------- */

static void on_gone(struct chat_hub *self, const struct chat_gone *gone)
{
	struct chat_person *person = chat_person_of(self, gone->session);
	if (person && !person->is_gone && !person->is_doubted) {
		struct gatio_timer due =
		        gatio_after(GONE_NS, chat_gone_due, .session = gone->session);
		person->is_doubted = due.bits != 0; /* else the next line to it is the next try */
	}
}

static void on_gone_due(struct chat_hub *self, const struct chat_gone_due *due)
{
	struct chat_person *person = chat_person_of(self, due->session);
	if (person && !person->is_gone) {
		chat_person_quit(self, person, "Connection lost");
	}
}

static void on_retry(struct chat_hub *self, const struct chat_retry *retry)
{
	(void)retry;
	for (uint32_t i = 0; i < self->server->driver_count; i++) {
		chat_outbox_retry(&self->lanes[i].outbox);
	}
}

static void on_started(struct chat_hub *self)
{
	size_t size = self->server->driver_count * sizeof(self->lanes[0]);
	self->lanes = gatio_alloc(size);
	if (!self->lanes) {
		gatio_exit(-ENOMEM);
		return;
	}
	memset(self->lanes, 0, size);
}

static void on_ended(struct chat_hub *self, int reason)
{
	(void)reason;
	for (uint32_t i = 0; self->lanes && i < self->server->driver_count; i++) {
		chat_outbox_clear(&self->lanes[i].outbox);
	}
	while (self->first) {
		struct chat_request *request = self->first;
		self->first = request->next;
		gatio_message_free(request);
	}
}

/* Urgent: everybody waits for it, and nothing that it does takes long. */
GATIO_SHARED_BEHAVIOR(chat_hub, started(on_started), on(chat_request, on_request),
                      on(chat_next, on_next), on(chat_handed, on_handed), on(chat_gone, on_gone),
                      on(chat_gone_due, on_gone_due), on(chat_retry, on_retry), ended(on_ended),
                      priority(GATIO_URGENT));

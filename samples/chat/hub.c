/* SPDX-License-Identifier: Apache-2.0 */
/* Hub: takes lines in, lets what is large wait, and goes through them one by one. */
#include "samples/chat/hub.h"

#include <errno.h>
#include <string.h>

#include "samples/chat/courier.h"
#include "samples/chat/room.h"

enum {
	SMALL_MAX = 16,      /* members of all the rooms that a small line is about */
	SMALL_PER_STEP = 16, /* of those that have waited */
};

#define GONE_NS GATIO_SECONDS(1)

/* Whom a line is about, from which follows its load. */
enum about {
	NOBODY = 0, /* or one or two persons */
	OWN_ROOMS,  /* those that the asker is in */
	ROOMS, /* those in the list that is its first word; with none in there, all of the server's */
	ALL,
};

struct verb {
	chat_hub_fn run;
	bool is_open; /* to those who have not registered; the others must */
	enum about about;
};

static const struct verb verbs[CHAT_VERB_COUNT] = {
        [CHAT_NICK] = {chat_hub_nick, true, OWN_ROOMS},
        [CHAT_REGISTER] = {chat_hub_register, true, NOBODY},
        [CHAT_QUIT] = {chat_hub_quit, true, OWN_ROOMS},
        [CHAT_JOIN] = {chat_hub_join, false, ROOMS},
        [CHAT_PART] = {chat_hub_part, false, ROOMS},
        [CHAT_TOPIC] = {chat_hub_topic, false, ROOMS},
        [CHAT_NAMES] = {chat_hub_names, false, ROOMS},
        [CHAT_KICK] = {chat_hub_kick, false, ROOMS},
        [CHAT_INVITE] = {chat_hub_invite, false, NOBODY},
        [CHAT_MODE] = {chat_hub_mode, false, ROOMS},
        [CHAT_PRIVMSG] = {chat_hub_privmsg, false, ROOMS},
        [CHAT_NOTICE] = {chat_hub_notice, false, ROOMS},
        [CHAT_WHO] = {chat_hub_who, false, ROOMS},
        [CHAT_WHOIS] = {chat_hub_whois, false, NOBODY},
        [CHAT_AWAY] = {chat_hub_away, false, NOBODY},
        [CHAT_LIST] = {chat_hub_list, false, ALL},
        [CHAT_LUSERS] = {chat_hub_lusers, false, NOBODY},
        [CHAT_ISON] = {chat_hub_ison, false, NOBODY},
        [CHAT_USERHOST] = {chat_hub_userhost, false, NOBODY},
        [CHAT_LOCATE] = {chat_hub_locate, false, NOBODY},
};

/* ---- How much a line makes others do ----------------------------------------------------------------------------- */

static uint32_t members_of_own_rooms(struct chat_hub *self, const struct chat_request *request)
{
	const struct chat_person *by = chat_person_of(self, request->session);
	uint32_t count = 0;
	for (uint32_t i = 0; by && i < by->room_count; i++) {
		count += by->rooms[i]->member_count;
	}
	return count;
}

static uint32_t members_of_named_rooms(struct chat_hub *self, const char *list)
{
	char copy[CHAT_LINE_MAX];
	char *names = copy;
	uint32_t count = 0;
	chat_copy(copy, sizeof(copy), list);
	for (char *name = chat_list_next(&names); name; name = chat_list_next(&names)) {
		const struct chat_room *room = chat_room_named(self, name);
		count += room ? room->member_count : 0;
	}
	return count;
}

static uint32_t reach_of(struct chat_hub *self, const struct chat_request *request)
{
	enum about about = verbs[request->verb].about;
	const char *word = request->text_size ? request->text : "";
	bool is_mask = request->verb == CHAT_WHO && !chat_is_channel_name(word) &&
	               !chat_person_known(self, word);
	bool is_all = request->verb == CHAT_NAMES && chat_list_is_empty(word);
	bool leaves_all = request->verb == CHAT_JOIN && strcmp(word, "0") == 0;
	if (about == ALL || is_mask || is_all) {
		return UINT32_MAX;
	}
	if (about == OWN_ROOMS || leaves_all) {
		return members_of_own_rooms(self, request);
	}
	return about == ROOMS ? members_of_named_rooms(self, word) : 0;
}

static enum chat_load load_of(struct chat_hub *self, const struct chat_request *request)
{
	uint32_t reach = reach_of(self, request);
	if (reach > SMALL_MAX) {
		return CHAT_LARGE;
	}
	return reach ? CHAT_SMALL : CHAT_LIGHT;
}

/* ---- One line ---------------------------------------------------------------------------------------------------- */

/* The words are taken apart in a copy. */
static void take_apart(const struct chat_request *request, char text[CHAT_LINE_MAX],
                       struct chat_command *out_command)
{
	memcpy(text, request->text, request->text_size);
	chat_words_take(text, request->text_size, out_command);
}

/* Returns true when what is left of it is another step; it is not answered then. */
static bool handle(struct chat_hub *self, const struct chat_request *request,
                   struct chat_command *command)
{
	const struct verb *verb = &verbs[request->verb];
	bool is_quit = request->verb == CHAT_QUIT;
	self->asker = request->session;
	self->asker_driver = request->driver;
	self->answer = (struct chat_head){
	        .kind = CHAT_ANSWER, .serial = request->serial, .cursor = request->cursor};
	self->by = chat_person_of(self, request->session);
	self->answer_words = (struct chat_text){NULL, 0};
	self->is_unfinished = false;
	if (self->by && self->by->is_gone && !is_quit) {
		return false; /* what a gone client has left undone ends with it */
	}
	if (self->by ? self->by->is_registered || verb->is_open : request->verb == CHAT_NICK) {
		verb->run(self, command);
	}
	if (self->is_unfinished) {
		self->answer.kind = CHAT_MORE;
		chat_hub_answer(self);
	} else if (request->wants_answer || self->reply.size) {
		chat_hub_answer(self);
	}
	return self->is_unfinished;
}

/* ---- What waits in line ------------------------------------------------------------------------------------------ */

static void append(struct chat_waiting *waiting, struct chat_request *request)
{
	request->next = NULL;
	if (waiting->last) {
		waiting->last->next = request;
	} else {
		waiting->first = request;
	}
	waiting->last = request;
}

static void handle_first(struct chat_hub *self, enum chat_load load)
{
	char text[CHAT_LINE_MAX];
	struct chat_command command;
	struct chat_waiting *waiting = &self->waiting[load];
	struct chat_request *request = waiting->first;
	waiting->first = request->next;
	if (!waiting->first) {
		waiting->last = NULL;
	}
	self->load = load;
	take_apart(request, text, &command);
	if (handle(self, request, &command)) {
		request->text_size = (uint32_t)chat_words_put(request->text, &command); /* less */
		append(waiting, request); /* behind the others: each has its turn */
	} else {
		gatio_message_free(request);
	}
}

static bool may_go_on(const struct chat_hub *self, enum chat_load load)
{
	return self->waiting[load].first && !chat_hub_is_busy(self, load);
}

/* Of what is large one step for each beat, of what is small a few: other lines, and the sessions, come in between. */
static void go_on(struct chat_hub *self)
{
	for (unsigned i = 0; i < SMALL_PER_STEP && may_go_on(self, CHAT_SMALL); i++) {
		handle_first(self, CHAT_SMALL);
	}
	if (self->has_beat) {
		return;
	}
	bool has_stepped = may_go_on(self, CHAT_LARGE);
	if (has_stepped) {
		handle_first(self, CHAT_LARGE);
	}
	if (has_stepped || may_go_on(self, CHAT_SMALL)) {
		self->has_beat = chat_pacer_beat(self->pacer);
	}
}

static void on_beat(struct chat_hub *self, const struct chat_beat *beat)
{
	(void)beat;
	self->has_beat = false;
	go_on(self);
}

static void on_handed(struct chat_hub *self, const struct chat_handed *handed)
{
	struct chat_lane *lane = &self->lanes[handed->driver];
	memcpy(lane->handed, handed->weights, sizeof(lane->handed));
	lane->handed_ns = gatio_now_ns();
	go_on(self);
}

/* Without memory for its waiting a line is handled out of turn: as the last that its client has here, it may be. */
static void on_request(struct chat_hub *self, const struct chat_request *request)
{
	char text[CHAT_LINE_MAX];
	struct chat_command command;
	bool is_quit = request->verb == CHAT_QUIT;
	struct chat_person *person = is_quit ? chat_person_of(self, request->session) : NULL;
	if (is_quit && !person) {
		return; /* it had no name yet */
	}
	if (person) {
		person->is_gone = true;
	}
	enum chat_load load = load_of(self, request);
	bool must_wait =
	        load == CHAT_LARGE ||
	        (load == CHAT_SMALL && (self->waiting[load].first || chat_hub_is_busy(self, load)));
	struct chat_request *kept = must_wait ? gatio_message_keep(request) : NULL;
	if (kept) {
		append(&self->waiting[load], kept);
	} else {
		self->load = load;
		take_apart(request, text, &command);
		while (handle(self, request, &command)) {
		}
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
		self->load = CHAT_LARGE;
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
	self->pacer = gatio_spawn(chat_pacer);
}

static void on_ended(struct chat_hub *self, int reason)
{
	(void)reason;
	for (uint32_t i = 0; self->lanes && i < self->server->driver_count; i++) {
		chat_outbox_clear(&self->lanes[i].outbox);
	}
	for (int load = 0; load < CHAT_LOAD_COUNT; load++) {
		while (self->waiting[load].first) {
			struct chat_request *request = self->waiting[load].first;
			self->waiting[load].first = request->next;
			gatio_message_free(request);
		}
	}
}

/* Urgent: everybody waits for it, and nothing that it does takes long. */
GATIO_SHARED_BEHAVIOR(chat_hub, started(on_started), on(chat_request, on_request),
                      on(chat_beat, on_beat), on(chat_handed, on_handed), on(chat_gone, on_gone),
                      on(chat_gone_due, on_gone_due), on(chat_retry, on_retry), ended(on_ended),
                      priority(GATIO_URGENT));

/* SPDX-License-Identifier: Apache-2.0 */
/* Order: see order.h. */
#include "tests/sim/order.h"

#include "base/assert.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 4096 }; /* more than twice the events of one log that can be told from others */

/* The events of a log that can be told from others, by identity and room. */
struct index {
	uint32_t slots[SLOTS]; /* positions, from 1 */
};

/* Two clients. */
struct pair {
	struct order *order;
	const struct view *a;
	const struct view *b;
	const struct index *of_a;
	uint32_t common_line; /* of b: the last thing there that a was told too */
};

/* A place in a log, of what is in one room. */
struct place {
	const struct view *view;
	uint32_t at; /* event_count: behind the last */
};

__attribute__((format(printf, 2, 3))) static void fail(struct order *order, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	if (!order->fault[0]) {
		vsnprintf(order->fault, sizeof(order->fault), format, arguments);
	}
	va_end(arguments);
}

/* ---- Index ------------------------------------------------------------------------------------------------------- */

static uint32_t slot_of(const struct view_event *event)
{
	uint64_t hash =
	        (event->identity * (VIEW_ROOMS + 1) + event->room) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(hash >> 32) % SLOTS;
}

/* The event of the same identity and room, or NULL. */
static const struct view_event *look_up(const struct index *index, const struct view *view,
                                        const struct view_event *like)
{
	for (uint32_t slot = slot_of(like); index->slots[slot]; slot = (slot + 1) % SLOTS) {
		const struct view_event *event = &view->events[index->slots[slot] - 1];
		if (event->identity == like->identity && event->room == like->room) {
			return event;
		}
	}
	return NULL;
}

static void fill(struct index *index, const struct view *view)
{
	memset(index, 0, sizeof(*index));
	uint32_t count = 0;
	for (uint32_t i = 0; i < view->event_count; i++) {
		const struct view_event *event = &view->events[i];
		if (!event->identity || look_up(index, view, event)) {
			continue;
		}
		uint32_t slot = slot_of(event);
		while (index->slots[slot]) {
			slot = (slot + 1) % SLOTS;
		}
		index->slots[slot] = i + 1;
		gi_assert(++count < SLOTS / 2);
	}
}

/* ---- What both were told ----------------------------------------------------------------------------------------- */

/* In the same order; the last of it ends what must be complete for both. */
static void check_common(struct pair *pair)
{
	uint32_t line = 0;
	uint64_t last = 0;
	for (uint32_t i = 0; i < pair->b->event_count; i++) {
		const struct view_event *event = &pair->b->events[i];
		const struct view_event *same =
		        event->identity ? look_up(pair->of_a, pair->a, event) : NULL;
		if (!same) {
			continue;
		}
		bool is_new = event->identity != last;
		if (is_new && same->line < line) {
			fail(pair->order,
			     "u%" PRIu32 " and u%" PRIu32 " were told line %" PRIu32 " of u%" PRIu32
			     " and another one in different orders",
			     pair->a->user, pair->b->user, (uint32_t)event->identity, event->user);
		}
		line = same->line > line ? same->line : line;
		/* A line may go to several rooms: its first place. */
		pair->common_line = is_new ? event->line : pair->common_line;
		last = event->identity;
	}
}

/* ---- A room ------------------------------------------------------------------------------------------------------ */

/* Does it count for both? Of what one of them has said the other may have heard alone. */
static bool is_for_both(const struct pair *pair, const struct view_event *event, uint32_t room)
{
	bool is_one_sided = event->is_unechoed &&
	                    (event->user == pair->a->user || event->user == pair->b->user);
	return event->room == room && !is_one_sided;
}

/* NULL: there is none. */
static const struct view_event *step(const struct pair *pair, struct place *place, uint32_t room,
                                     bool is_back)
{
	const struct view *view = place->view;
	while (is_back ? place->at > 0 : place->at < view->event_count) {
		place->at += is_back ? UINT32_MAX : 1;
		if (place->at < view->event_count &&
		    is_for_both(pair, &view->events[place->at], room)) {
			return &view->events[place->at];
		}
	}
	return NULL;
}

static void check_same(const struct pair *pair, const struct view_event *a,
                       const struct view_event *b)
{
	if (a->key != b->key) {
		fail(pair->order,
		     "line %" PRIu32 " of what u%" PRIu32 " was told and line %" PRIu32
		     " of u%" PRIu32 " are not the same, of #%c, where both were",
		     a->line, pair->a->user, b->line, pair->b->user, (char)('a' + a->room));
	}
}

/* One has nothing more to say of the room, the other has: it has to be behind all that both know. */
static void check_rest(const struct pair *pair, struct place *a, struct place *b,
                       const struct view_event *more)
{
	bool is_of_a = more >= a->view->events && more < a->view->events + a->view->event_count;
	bool is_missed = !is_of_a && more->line < pair->common_line;
	bool are_settled = a->view->is_settled && b->view->is_settled;
	struct place *place = is_of_a ? a : b;
	while (more && are_settled && more->kind == VIEW_QUIT) { /* after one had settled */
		more = step(pair, place, more->room, false);
	}
	if (more && (is_missed || are_settled)) {
		fail(pair->order,
		     "u%" PRIu32 " was not told line %" PRIu32 " of what u%" PRIu32
		     " was told, of #%c, where both were",
		     is_of_a ? pair->b->user : pair->a->user, more->line,
		     is_of_a ? pair->a->user : pair->b->user, (char)('a' + more->room));
	}
}

/* From something that both were told, back to where the later one came in. */
static void check_back(const struct pair *pair, struct place a, struct place b)
{
	uint32_t room = a.view->events[a.at].room;
	const struct view_event *of_a = &a.view->events[a.at];
	const struct view_event *of_b = &b.view->events[b.at];
	while (of_a && of_b && !pair->order->fault[0]) {
		check_same(pair, of_a, of_b);
		if (of_a->kind == VIEW_CAME || of_b->kind == VIEW_CAME) {
			return;
		}
		of_a = step(pair, &a, room, true);
		of_b = step(pair, &b, room, true);
	}
	if (!of_a != !of_b) {
		fail(pair->order, "u%" PRIu32 " was told of #%c before it came in",
		     of_a ? pair->a->user : pair->b->user, (char)('a' + room));
	}
}

/* And on to where the first of them left. b: moves there. */
static void check_on(const struct pair *pair, struct place a, struct place *b)
{
	uint32_t room = a.view->events[a.at].room;
	const struct view_event *of_a = &a.view->events[a.at];
	const struct view_event *of_b = &b->view->events[b->at];
	while (of_a && of_b && !pair->order->fault[0]) {
		check_same(pair, of_a, of_b);
		if (of_a->kind == VIEW_LEFT || of_b->kind == VIEW_LEFT) {
			return;
		}
		of_a = step(pair, &a, room, false);
		of_b = step(pair, b, room, false);
	}
	if (!of_a != !of_b) {
		check_rest(pair, &a, b, of_a ? of_a : of_b);
	}
}

/* The only event with this key; NULL: there is none, or more than one. */
static const struct view_event *only_one(const struct view *view, uint64_t key)
{
	const struct view_event *found = NULL;
	for (uint32_t i = 0; i < view->event_count; i++) {
		if (view->events[i].key == key && found) {
			return NULL;
		}
		found = view->events[i].key == key ? &view->events[i] : found;
	}
	return found;
}

/* Where a was told the same thing; NULL: it was not, or it cannot be told from others. */
static const struct view_event *same_of_a(const struct pair *pair, const struct view_event *event)
{
	if (event->identity) {
		return look_up(pair->of_a, pair->a, event);
	}
	/* Who has all of its log knows whether it came in under this nick just once. */
	bool is_its_only =
	        event->kind == VIEW_CAME && pair->b->is_settled && only_one(pair->b, event->key);
	return is_its_only ? only_one(pair->a, event->key) : NULL;
}

/* Each time that both were there. */
static void check_room(const struct pair *pair, uint32_t room)
{
	struct place b = {pair->b, UINT32_MAX};
	for (b.at = 0; b.at < pair->b->event_count && !pair->order->fault[0]; b.at++) {
		const struct view_event *event = &pair->b->events[b.at];
		const struct view_event *same = NULL;
		if (is_for_both(pair, event, room)) {
			same = same_of_a(pair, event);
		}
		if (same) {
			struct place a = {pair->a, (uint32_t)(same - pair->a->events)};
			check_back(pair, a, b);
			check_on(pair, a, &b);
		}
	}
}

/* ---- Who is where ------------------------------------------------------------------------------------------------ */

static const struct view *owner_of(const struct order *order, const char *nick)
{
	for (uint32_t i = 0; i < order->count; i++) {
		const struct view *view = order->views[i];
		if (!view->has_ended && strcmp(view->nick, nick) == 0) {
			return view;
		}
	}
	return NULL;
}

/* Whom it knows to be in a room, that one is there; and who is there, it knows. */
static void check_members(struct order *order, const struct view *view, uint32_t room)
{
	const struct view_room *in = &view->rooms[room];
	for (uint32_t i = 0; in->is_in && i < in->member_count; i++) {
		const char *nick = in->members[i].nick;
		if (order->is_quiet && !owner_of(order, nick)) {
			fail(order, "u%" PRIu32 " knows %s in #%c, who is no more", view->user,
			     nick, (char)('a' + room));
		}
	}
	for (uint32_t i = 0; in->is_in && i < order->count; i++) {
		const struct view *other = order->views[i];
		if (!other->is_settled || view->gone[other->user]) {
			continue;
		}
		bool is_known = view_find(view, room, other->nick) != NULL;
		if (is_known != other->rooms[room].is_in) {
			fail(order,
			     "is %s (u%" PRIu32 ") in #%c? It says %s, u%" PRIu32 " does not",
			     other->nick, other->user, (char)('a' + room), is_known ? "no" : "yes",
			     view->user);
		}
	}
}

static void check_settled(struct order *order)
{
	uint32_t alive_count = 0;
	for (uint32_t i = 0; i < order->count; i++) {
		alive_count += !order->views[i]->has_ended;
	}
	for (uint32_t i = 0; i < order->count; i++) {
		const struct view *view = order->views[i];
		for (uint32_t room = 0; view->is_settled && room < VIEW_ROOMS; room++) {
			check_members(order, view, room);
		}
		if (view->is_settled && owner_of(order, view->nick) != view) {
			fail(order, "two are %s", view->nick);
		}
		if (view->is_settled && order->is_quiet && view->clients > alive_count) {
			fail(order, "%" PRIu32 " clients are counted, %" PRIu32 " are there",
			     view->clients, alive_count);
		}
	}
}

bool order_holds(struct order *order)
{
	struct index *index = malloc(sizeof(*index));
	gi_assert(index);
	for (uint32_t i = 0; i < order->count; i++) {
		fill(index, order->views[i]);
		for (uint32_t k = 0; k < order->count && !order->fault[0]; k++) {
			struct pair pair = {order, order->views[i], order->views[k], index, 0};
			if (k == i) {
				continue;
			}
			check_common(&pair);
			for (uint32_t room = 0; room < VIEW_ROOMS && !order->is_lossy; room++) {
				check_room(&pair, room);
			}
		}
	}
	if (!order->is_lossy) {
		check_settled(order);
	}
	free(index);
	return order->fault[0] == '\0';
}

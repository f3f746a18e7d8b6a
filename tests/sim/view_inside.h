/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a view share; in there only. */
#ifndef TESTS_SIM_VIEW_INSIDE_H
#define TESTS_SIM_VIEW_INSIDE_H

#include "tests/sim/view.h"

/* A line of a person, taken apart. */
struct view_act {
	char *nick;
	uint32_t user;
	char *verb;
	char *target; /* the first word behind the verb */
	char *rest;   /* behind it, without a colon */
};

/* ---- view.c: what is known, and the log ---------------------------------------------------------------------------- */

/* Else the line that is heard is its fault, if it has none yet. */
void view_check(struct view *view, bool holds, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

uint64_t view_hash(uint64_t hash, const char *text);
/* VIEW_NO_ROOM: it is none. */
uint32_t view_room_of(const char *name);
/* "u3": 3. VIEW_NO_USER: it is nobody's. */
uint32_t view_user_of(const char *name);
/* "u3.17": the number of the line, of this user; 0: it is something else. */
uint32_t view_number_of(const char *text, uint32_t user);
/* The next one, without a colon in front. */
char *view_word(char **rest);
char *view_without_colon(char *text);

/* NULL: not there. */
struct view_member *view_find_in(struct view_member *members, uint32_t count, const char *nick);
struct view_member *view_member(struct view *view, uint32_t room, const char *nick);
struct view_member *view_add(struct view_member *members, uint32_t *count, const char *nick);
void view_take(struct view *view, uint32_t room, const char *nick);
bool view_knows(struct view *view, const char *nick);
/* One nick is one user's, and a user has one nick, in all rooms that it is met in. */
void view_meet(struct view *view, const char *nick, uint32_t user);
void view_leave(struct view *view, uint32_t room, const char *nick);

void view_note_in_room(struct view *view, const struct view_act *act, uint32_t room,
                       enum view_kind kind);
/* A line of a user comes behind those that it has written before, and once at each target. */
void view_count_line(struct view *view, const struct view_act *act, uint32_t target);

/* ---- view_person.c ------------------------------------------------------------------------------------------------- */

/* nick!~u3@host VERB target rest */
void view_hear_person(struct view *view, char *line);

#endif

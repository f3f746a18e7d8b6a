/* SPDX-License-Identifier: Apache-2.0 */
/*
 * View: what one client of a chat server knows from the lines that it was told, and whether they can all be true.
 *
 * Nobody acts under a nick that it has not been told of, or in a room that he is not in; nobody is heard of after his QUIT;
 * no two have one nick; NAMES, WHO and TOPIC show what it knows already; what one client causes comes in the order in which
 * it was written, and once. It also keeps a log of what happened in its rooms, for a comparison with others (order.h).
 *
 * Clients write in a form that can be followed: a user name is "u" and a number that no other connection has; a text begins
 * with the user's name, a dot and the number of the line: "u3.17 -" or "u3.17 #a,#b". The list says to which rooms the line
 * went, where its sender is a target of it himself: what comes back to him stands in his log for what the rooms were told.
 * A nick that is only one's own has the number of its line too: "u3-17".
 * A ping's word is "u3.2.5": the second ping of u3, and five such lines are to have come back before it.
 */
#ifndef TESTS_SIM_VIEW_H
#define TESTS_SIM_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	VIEW_ROOMS = 3, /* #a, #b, #c */
	VIEW_USERS = 128,
	VIEW_MEMBERS = 64,
	VIEW_NICK = 32,
	VIEW_FAULT = 400,
};

#define VIEW_NO_USER UINT32_MAX
#define VIEW_NO_ROOM UINT32_MAX

enum view_kind {
	VIEW_SAID = 0, /* or done: whatever others may see too */
	VIEW_CAME,     /* this client came into the room */
	VIEW_LEFT,     /* this client left it, or was made to */
	VIEW_QUIT,     /* somebody is no more */
};

/* Something happened: in a room, or in private (VIEW_NO_ROOM). */
struct view_event {
	enum view_kind kind;
	uint32_t room;
	uint32_t line;     /* of the log: two events of one line are one */
	uint32_t user;     /* who did it */
	bool is_unechoed;  /* its sender does not see it */
	uint64_t key;      /* the same for whoever was told the same */
	uint64_t identity; /* of the line that caused it; 0: none that can be told from others */
};

struct view_member {
	char nick[VIEW_NICK];
	uint32_t user; /* VIEW_NO_USER: not known yet */
	bool is_op;
};

struct view_room {
	bool is_in;
	bool is_fresh;  /* it has come in, and NAMES is not at its end yet */
	uint64_t topic; /* hash; 0: none */
	uint32_t member_count;
	uint32_t listed_count;
	struct view_member members[VIEW_MEMBERS];
	struct view_member listed[VIEW_MEMBERS]; /* by NAMES or WHO, so far */
};

/* The newest line of a user. */
struct view_line {
	uint32_t number;
	uint32_t targets; /* at which it has come, a bit each */
};

struct view {
	uint32_t user;
	char nick[VIEW_NICK]; /* "": not registered yet */
	bool is_settled;      /* its last answer came when nobody did anything any more */
	bool has_ended;       /* its connection was gone before that */

	bool has_error;       /* the server has said good-bye */
	bool is_nick_refused; /* for whoever has asked to forget */
	uint32_t pinged;      /* pings of the server that are not answered yet */
	uint32_t ponged;      /* its own that have been */
	uint32_t echoed;      /* lines that have come back */
	uint32_t lacking;     /* answers that say that memory was at its limit */
	uint32_t clients;     /* that LUSERS has counted */

	uint32_t refused; /* rooms where it may not speak, by the last answers */
	uint32_t line_count;
	struct view_room rooms[VIEW_ROOMS];
	struct view_line lines[VIEW_USERS];
	bool gone[VIEW_USERS];

	struct view_event *events;
	uint32_t event_count;
	uint32_t event_capacity;
	char hearing[VIEW_FAULT / 2]; /* the beginning of the line that is heard */
	char fault[VIEW_FAULT];       /* the first line that cannot be true, and why; "": none */
};

void view_init(struct view *view, uint32_t user);
void view_finish(struct view *view);
/* A line without its end; it is taken apart in place. */
void view_hear(struct view *view, char *line);

/* NULL: not there. */
const struct view_member *view_find(const struct view *view, uint32_t room, const char *nick);

#endif

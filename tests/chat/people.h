/* SPDX-License-Identifier: Apache-2.0 */
/* People: ann, bob and cat in a world: they type one after the other, and one of them looks at what it is told then. */
#ifndef TESTS_CHAT_PEOPLE_H
#define TESTS_CHAT_PEOPLE_H

#include "tests/chat/world.h"

extern struct gatio_address ann;
extern struct gatio_address bob;
extern struct gatio_address cat;

/* A world with the first `count` of them. */
void people_begin(uint64_t seed, uint32_t driver_count, unsigned count);
/* What they were told is cleared away. */
void people_clear(void);

/* Who types what, and who is told what since then. */
struct step {
	struct gatio_address *who;
	const char *line;
	struct gatio_address *looks;
	const char *sees; /* NULL: does not matter */
};

/* Asserts for each step that it sees this and nothing else. */
#define PLAY(steps_) people_play((steps_), sizeof(steps_) / sizeof((steps_)[0]))
void people_play(const struct step *steps, size_t count);

/* Asserts for each step that this is among what it sees. */
#define PLAY_PARTS(steps_) people_play_parts((steps_), sizeof(steps_) / sizeof((steps_)[0]))
void people_play_parts(const struct step *steps, size_t count);

/* Does its output have these parts, one behind the other? Separated by '\n'. */
bool people_see_in_order(struct gatio_address client, const char *parts);

#endif

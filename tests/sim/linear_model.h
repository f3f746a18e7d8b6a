/* SPDX-License-Identifier: Apache-2.0 */
/* Linear model: what one operation after the other does to one or two keys. Inside of linear.c. */
#ifndef TESTS_SIM_LINEAR_MODEL_H
#define TESTS_SIM_LINEAR_MODEL_H

#include "tests/sim/linear.h"

struct linear_key {
	bool is_there;
	bool has_end;
	bool is_wild; /* nobody knows: whatever is said of it may be so */
	struct linear_text text;
	/* Its end is one of these. */
	int64_t end_min_ms;
	int64_t end_max_ms;
	/* No operation from now on sees an earlier wall clock. */
	int64_t seen_ms;
};

struct linear_state {
	struct linear_key keys[LINEAR_KEYS_MAX];
	bool wall_jumps;
};

/* What an operation may do besides. Each bit that it cannot do is refused. */
enum linear_choice {
	LINEAR_ENDED_0 = 1 << 0, /* the time of this key is over */
	LINEAR_ENDED_1 = 1 << 1,
	LINEAR_PAST =
	        1
	        << 2, /* PEXPIREAT: that time has been. RENAME without an answer: the source stays */
	LINEAR_LOST = 1 << 3, /* RENAME without an answer: what it moves is older than its turn */
};

/* Choices are below this. */
unsigned linear_choices(const struct linear_operation *operation);
/* False: it cannot have had this answer here. The state is to be thrown away then. */
bool linear_step(struct linear_state *state, const struct linear_operation *operation,
                 unsigned choice);
/* Whether it concerns this key. */
bool linear_touches(const struct linear_operation *operation, uint32_t key);

#endif

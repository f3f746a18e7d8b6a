/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order: whether what several clients of a chat server were told can have happened in one order of things.
 *
 * For each two of them: what both were told came to both in the same order, whatever it is about; and for as long as both
 * were in a room, both were told all that happened there, from the one's coming in to the other's leaving, or to where the
 * connection of one was cut. Those that are settled were told all there is to be told, agree on who is where, and nobody
 * else is there.
 */
#ifndef TESTS_SIM_ORDER_H
#define TESTS_SIM_ORDER_H

#include "tests/sim/view.h"

struct order {
	const struct view *views[VIEW_USERS];
	uint32_t count;
	bool is_quiet; /* all others that are in it had ended before the first of them settled */
	bool is_lossy; /* lines may have been lost */
	char fault[VIEW_FAULT]; /* "": none */
};

/* Compare all. Returns whether all of it can be. */
bool order_holds(struct order *order);

#endif

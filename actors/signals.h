/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals: SIGTERM and SIGINT stop every system of the process, whichever of their threads takes them.
 *
 * Thread: the system's own, the one that created it.
 */
#ifndef GI_ACTORS_SIGNALS_H
#define GI_ACTORS_SIGNALS_H

#include "actors/system.h"

/*
 * The system takes part: until leave both are blocked in this thread, and wait for whoever takes them.
 */
void gi_signals_join(struct gatio_system *system);
/*
 * The mask that a thread had before the first of its systems joined comes back when it lets one leave and has none left. What
 * waits for the descriptor of a system that ran is taken first: it does not end the process in its place. Thread: any.
 */
void gi_signals_leave(struct gatio_system *system);

/*
 * A descriptor that is readable while one waits; leave closes it if the system has it. Without one signals do what they
 * do elsewhere: it is logged.
 */
int gi_signals_open(const struct gatio_system *system);

/* Take what waits: for each, every system stops with status 0, has it counted and its call_fd raised. */
void gi_signals_take(int fd);

/* How many this system has been told of. */
uint32_t gi_signals_count(const struct gatio_system *system);

#endif

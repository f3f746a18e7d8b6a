/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outside: what threads that are no drivers hold of a system.
 *
 * Thread: the system's creator.
 */
#ifndef GI_ACTORS_OUTSIDE_H
#define GI_ACTORS_OUTSIDE_H

#include "actors/system.h"

/* The way in for threads outside; closing it waits for a send that is under way. Error: -ENOMEM. */
int gi_gate_open(struct gatio_system *system);
void gi_gate_close(struct gi_gate *gate);

#endif

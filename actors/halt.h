/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Halt: what asks for a stop and does not wait for it. The steps of the stop are in stop.h.
 *
 * Thread: any, but where said.
 */
#ifndef GI_ACTORS_HALT_H
#define GI_ACTORS_HALT_H

#include <stdint.h>

struct gatio_system;

/* If it was the system's root, a stop is asked for. Thread: the driver on which an actor ended. */
void gi_system_actor_ended(struct gatio_system *system, uint64_t address, int reason);

#endif

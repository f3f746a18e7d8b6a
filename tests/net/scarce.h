/* SPDX-License-Identifier: Apache-2.0 */
/* Scarce: a world in which descriptors have run out. */
#ifndef TESTS_NET_SCARCE_H
#define TESTS_NET_SCARCE_H

#include "tests/net/client.h"
#include "tests/net/world.h"

/*
 * Open a world with a port, so many clients that have connected, and so many descriptors left for its driver: at most 8
 * of both. The kernel takes the limit when an accept is prepared, so it is set before.
 */
void scarce_open(struct world *world, struct client *clients, uint32_t client_count,
                 uint32_t left_count);

/* Only so many more can be opened: below what is open there are no free numbers any more. */
void scarce_leave(uint32_t count);

/* There are enough again. */
void scarce_end(void);

#endif

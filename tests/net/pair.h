/* SPDX-License-Identifier: Apache-2.0 */
/* Pair: a world and the one client of its port, for suites about a single connection. */
#ifndef TESTS_NET_PAIR_H
#define TESTS_NET_PAIR_H

#include "tests/net/actors.h"
#include "tests/net/client.h"
#include "tests/net/world.h"

extern struct world world;
extern struct client client;

/* Opens both; the connection may still wait in the backlog then. */
void pair_open(const struct gatio_port_options *options);
/* Opens both, until the connection's actor knows that it is connected. */
void pair_connect(const struct gatio_port_options *options);
void pair_close(void);

/* Is the connection's end complete? */
bool pair_is_closed(void);

/* Has the server's end come to the client, as a FIN or as an error? Takes what has come before. */
bool pair_sees_end(void);

/* A poke to the connection's actor; it comes in a later turn. */
void pair_poke(int number);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Port: one address served by several drivers with one configuration.
 *
 * Thread: made by the system's creator under the lock of gi_net, and constant from then on, but for its atomic count.
 */
#ifndef GI_NET_PORT_H
#define GI_NET_PORT_H

#include "net/address.h"

#include "base/atomic.h"

#include <gatio/net.h>

struct gi_listener;

struct gi_port {
	struct gi_port *next;
	struct gatio_port_options options; /* its strings are copies; with defaults filled in */
	char *listen_text;                 /* as given */
	char bound_text[GI_ADDRESS_TEXT_SIZE];
	struct sockaddr_storage address; /* as bound */
	socklen_t address_size;
	struct gatio_behavior *behavior;
	void *state; /* a copy of behavior->state_size bytes */
	size_t refusal_size;
	struct gi_listener
	        *listeners; /* by driver; those that do not serve have fd -1 from the start */
	bool *serves;       /* by driver */
	int claim_fd;       /* holds the address while one listens; -1: nobody does */

	/* Shared. */
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint32_t open_count; /* on all drivers */
	_Atomic uint32_t listening_count;                         /* of drivers */
};

/* What a port is made of. */
struct gi_port_plan {
	const struct gatio_port_options *options; /* with defaults filled in */
	struct gatio_behavior *behavior;
	const void *state;
	struct sockaddr_storage address;
	socklen_t address_size;
};

/* Copies what the plan points to. listeners stays NULL: whoever listens makes them. NULL: no memory. */
struct gi_port *gi_port_create(const struct gi_port_plan *plan, uint32_t driver_count);
void gi_port_destroy(struct gi_port *port);

/* A place among its connection_max. Thread: any driver. */
bool gi_port_take_place(struct gi_port *port);
void gi_port_put_place(struct gi_port *port);

/* What differs between what a port has and what is wanted, in the same options and the same order; empty: nothing. */
struct gi_port_difference {
	char has[300];
	char wants[300];
};

/* true: the plan is for the configuration that the port has. */
bool gi_port_compare(const struct gi_port *port, const struct gi_port_plan *plan,
                     struct gi_port_difference *out_difference);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Echo port: a port of a system that sends back what comes. For rows that need connections. */
#ifndef BENCH_ROWS_ECHO_PORT_H
#define BENCH_ROWS_ECHO_PORT_H

#include <gatio/gatio.h>

/* State of an echo actor: what is not the framework's memory. */
struct bench_echo {
	uint64_t echoed_size;
};

/* Open on a free port of loopback. Error: as gatio_port_open; -EPROTO the port's address cannot be read. */
int bench_echo_port_open(struct gatio_system *system, uint32_t connection_max, uint16_t *out_port);

#endif

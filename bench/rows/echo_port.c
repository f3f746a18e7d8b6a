/* SPDX-License-Identifier: Apache-2.0 */
/* Echo port: a port of a system that sends back what comes. */
#include "bench/rows/echo_port.h"

#include "bench/support.h"

static void on_received(struct bench_echo *self, const struct gatio_received *received)
{
	int err = gatio_write(received->data, received->size);
	if (err) {
		gatio_abort(err);
		return;
	}
	self->echoed_size += received->size;
}

GATIO_BEHAVIOR(bench_echo, on(gatio_received, on_received));

int bench_echo_port_open(struct gatio_system *system, uint32_t connection_max, uint16_t *out_port)
{
	static const char listen[] = "127.0.0.1:0";
	char address[64];
	struct gatio_port_options options = {.listen = listen, .connection_max = connection_max};
	int err = gatio_port_open(system, &options, bench_echo, .echoed_size = 0);
	if (err == 0) {
		err = gatio_port_address(system, listen, address, sizeof(address));
	}
	return err ? err : bench_port_of(address, out_port);
}

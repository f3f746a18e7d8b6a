/* SPDX-License-Identifier: Apache-2.0 */
/* echo: each connection is an actor that sends back what comes. echo [ADDR:PORT] */
#include <gatio/gatio.h>
#include <signal.h>
#include <stdio.h>

struct echo {
	uint64_t size; /* bytes so far */
};

/* A peer that sends and does not read is held by its TCP window: receiving stops before gatio_write() refuses. */
static void on_received(struct echo *self, const struct gatio_received *received)
{
	self->size += received->size;
	int err = gatio_write(received->data, received->size);
	if (err) {
		gatio_abort(err);
	}
}

GATIO_BEHAVIOR(echo, on(gatio_received, on_received));

int main(int argc, char **argv)
{
	struct gatio_options options = {.log = gatio_log_stderr};
	struct gatio_port_options port = {.listen = argc > 1 ? argv[1] : "127.0.0.1:7777"};
	struct gatio_system *system;
	char address[64];
	signal(SIGPIPE, SIG_IGN); /* whoever reads the ready line may end first */
	if (gatio_system_create(&system, &options)) {
		return 1;
	}
	if (gatio_port_open(system, &port, echo) ||
	    gatio_port_address(system, port.listen, address, sizeof(address))) {
		gatio_system_destroy(system);
		return 1;
	}
	printf("ready %s\n", address);
	fflush(stdout);
	return gatio_system_run(system);
}

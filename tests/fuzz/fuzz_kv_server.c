/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz: what a client sends to a whole KV server of two shards on the fake runtime, in pieces. */
#include <stdlib.h>

#include "tests/kv/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2) {
		return 0;
	}
	world_start(data[0], 2, 0);
	size_t piece = 1 + data[1] % 64;
	struct gatio_address client = world_connect();
	for (size_t at = 2; at < size && !fake_is_ended(client); at += piece) {
		fake_input_bytes(client, data + at, piece < size - at ? piece : size - at);
		fake_run();
	}
	fake_advance(GATIO_MS(10));
	/* Whatever it was: the server is there for others. */
	struct gatio_address other = world_connect();
	fake_input(other, "PING\r\nSET fuzz 1\r\nGET fuzz\r\n");
	fake_advance(GATIO_MS(10));
	if (strcmp(fake_output(other), "+PONG\r\n+OK\r\n$1\r\n1\r\n") != 0) {
		abort();
	}
	if (fake_stop() != 0) {
		abort();
	}
	return 0;
}

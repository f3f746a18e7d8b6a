/* SPDX-License-Identifier: Apache-2.0 */
/* Pair: see pair.h. */
#include "tests/net/pair.h"

struct world world;
struct client client;

void pair_open(const struct gatio_port_options *options)
{
	world_open(&world, &(struct world_options){0});
	client_open(&client, world_listen(&world, options));
}

void pair_connect(const struct gatio_port_options *options)
{
	pair_open(options);
	WORLD_UNTIL(&world, seen.connected == 1);
}

void pair_close(void)
{
	client_close(&client);
	world_close(&world);
}

bool pair_is_closed(void)
{
	return world_counters(&world).closed == 1;
}

bool pair_sees_end(void)
{
	client_pump(&client);
	return client.has_ended || client.err;
}

void pair_poke(int number)
{
	world_be(&world, 0);
	CU_ASSERT(gatio_send(seen.selves[0], poke, .number = number) == 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several machines: an echo on each of two, which is killed and started again now and then, clients on a third, and links that
 * are cut and healed. Whatever comes back is what was sent, and once all is well everybody gets through.
 */
#include <gatio/sim.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVERS 2u
#define CLIENTS 4u
#define LIVES   4u

int machines_main(int argc, char **argv);

struct keeper {
	uint32_t machine;
	char address[32];
	bool must_end;
	bool has_ended;
};

/* One exchange with one of them. false: it was cut. */
static bool exchange(const char *address)
{
	char sent[2000];
	char got[2000];
	struct gatio_sim_stream *stream;
	if (gatio_sim_connect(&stream, address)) {
		return false;
	}
	size_t size = gatio_sim_random(sizeof(sent)) + 1;
	gatio_sim_random_bytes(sent, size);
	int err = gatio_sim_send(stream, sent, size);
	err = err ? err : gatio_sim_receive_all(stream, got, size);
	gatio_sim_check(err || memcmp(sent, got, size) == 0, "what comes back is what was sent");
	gatio_sim_close(stream);
	return !err;
}

static void run_client(void *argument)
{
	const struct keeper *keepers = argument;
	for (uint64_t left = gatio_sim_random(30) + 1; left > 0; left--) {
		gatio_sim_sleep(gatio_sim_random(GATIO_MS(500)));
		(void)exchange(keepers[gatio_sim_random(SERVERS)].address);
	}
}

/* A server's lives. */
static void keep(void *argument)
{
	struct keeper *keeper = argument;
	char *arguments[] = {"echo", keeper->address, NULL};
	for (unsigned life = 0; !keeper->must_end; life++) {
		struct gatio_sim_process *echo =
		        gatio_sim_start_on(keeper->machine, "echo", machines_main, arguments);
		while (gatio_sim_is_running(echo) && !keeper->must_end) {
			gatio_sim_sleep(gatio_sim_random(GATIO_SECONDS(2)));
			if (life < LIVES && !keeper->must_end) {
				(void)gatio_sim_maybe_kill(echo);
			}
		}
		gatio_sim_terminate(echo);
		int status = gatio_sim_wait(echo);
		gatio_sim_check(status == 0 || status == 137 || gatio_sim_said_why(echo),
		                "echo ends with status %d", status);
	}
	keeper->has_ended = true;
}

static void cut_and_heal(void *argument)
{
	(void)argument;
	for (uint64_t left = gatio_sim_random(4); left > 0; left--) {
		uint32_t other = (uint32_t)gatio_sim_random(SERVERS) + 1;
		gatio_sim_sleep(gatio_sim_random(GATIO_SECONDS(5)));
		gatio_sim_link_cut(0, other);
		gatio_sim_sleep(gatio_sim_random(GATIO_SECONDS(40)));
		gatio_sim_link_heal(0, other);
	}
}

static void get_through(void *argument)
{
	const struct keeper *keeper = argument;
	unsigned tries = 1;
	while (!exchange(keeper->address)) {
		gatio_sim_check(tries++ < 1000, "%s answers when all is well", keeper->address);
		gatio_sim_sleep(GATIO_SECONDS(1));
	}
}

static void world(void)
{
	struct keeper *keepers = calloc(SERVERS, sizeof(*keepers));
	for (uint32_t i = 0; i < SERVERS; i++) {
		keepers[i].machine = i + 1;
		snprintf(keepers[i].address, sizeof(keepers[i].address), "10.0.0.%u:7777", i + 2);
		gatio_sim_script("keeper", keep, &keepers[i]);
	}
	for (uint32_t i = 0; i < CLIENTS; i++) {
		/* Every other one on a machine of its own, whose links are never cut. */
		gatio_sim_script_on(i % 2 ? SERVERS + 1 : 0, "client", run_client, keepers);
	}
	gatio_sim_script("saboteur", cut_and_heal, NULL);
	gatio_sim_sleep(GATIO_SECONDS(400));
	for (uint32_t i = 0; i < SERVERS; i++) {
		get_through(&keepers[i]);
		keepers[i].must_end = true;
	}
	gatio_sim_join_all();
	free(keepers);
}

int main(int argc, char **argv)
{
	return gatio_sim_main(argc, argv,
	                      &(struct gatio_sim_options){.name = "machines", .world = world});
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The sample echo in a simulated machine: whatever comes back is what was sent, and it ends in order. */
#include <gatio/sim.h>

#include <string.h>

#define ADDRESS   "127.0.0.1:7777"
#define BYTES_MAX 3000
#define CLIENTS   8

int echo_main(int argc, char **argv);

/* Some exchanges on one connection, until the seed cuts it. */
static void client(void *argument)
{
	char sent[BYTES_MAX];
	char got[BYTES_MAX];
	struct gatio_sim_stream *stream;
	(void)argument;
	gatio_sim_sleep(gatio_sim_random(GATIO_MS(20)));
	if (gatio_sim_connect(&stream, ADDRESS)) {
		return;
	}
	for (uint64_t left = gatio_sim_random(60) + 1; left > 0; left--) {
		size_t size = gatio_sim_random(sizeof(sent)) + 1;
		gatio_sim_random_bytes(sent, size);
		if (gatio_sim_send(stream, sent, size) ||
		    gatio_sim_receive_all(stream, got, size)) {
			break;
		}
		gatio_sim_check(memcmp(sent, got, size) == 0, "what comes back is what was sent");
	}
	gatio_sim_close(stream);
}

static void world(void)
{
	char *arguments[] = {"echo", ADDRESS, NULL};
	struct gatio_sim_process *echo = gatio_sim_start("echo", echo_main, arguments);
	gatio_sim_sleep(GATIO_SECONDS(1));
	for (int i = 0; i < CLIENTS; i++) {
		gatio_sim_script("client", client, NULL);
	}
	gatio_sim_sleep(gatio_sim_random(GATIO_MS(30)));
	if (gatio_sim_random(3) > 0) { /* when all have gone; else in the middle */
		gatio_sim_join_all();
	}
	gatio_sim_terminate(echo);
	int status = gatio_sim_wait(echo);
	gatio_sim_check(status == 0 || gatio_sim_said_why(echo), "echo ends with status %d",
	                status);
	gatio_sim_join_all();
}

int main(int argc, char **argv)
{
	return gatio_sim_main(argc, argv,
	                      &(struct gatio_sim_options){.name = "echo", .world = world});
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A world that is wrong on purpose, for what a report says: where a connection is reset it loses count. */
#include <gatio/sim.h>

#include <errno.h>
#include <stdlib.h>

#define ADDRESS "127.0.0.1:7777"
#define ROUNDS  200u

int broken_main(int argc, char **argv);

static void client(void *argument)
{
	unsigned *sum = argument;
	struct gatio_sim_stream *stream;
	char byte = 'b';
	if (gatio_sim_connect(&stream, ADDRESS)) {
		*sum += ROUNDS;
		return;
	}
	for (unsigned i = 0; i < ROUNDS; i++) {
		int err = gatio_sim_send(stream, &byte, 1);
		err = err ? err : gatio_sim_receive_all(stream, &byte, 1);
		if (err == -ECONNRESET) { /* the mistake */
			break;
		}
		(*sum)++;
	}
	gatio_sim_close(stream);
}

static void world(void)
{
	char *arguments[] = {"echo", ADDRESS, NULL};
	unsigned *sum = calloc(1, sizeof(*sum));
	struct gatio_sim_process *echo = gatio_sim_start("echo", broken_main, arguments);
	gatio_sim_sleep(GATIO_SECONDS(1));
	gatio_sim_script("client", client, sum);
	gatio_sim_join_all();
	gatio_sim_terminate(echo);
	(void)gatio_sim_wait(echo);
	gatio_sim_count("sum", *sum);
	gatio_sim_check(*sum == ROUNDS, "the sum is %u", *sum);
	free(sum);
}

int main(int argc, char **argv)
{
	return gatio_sim_main(argc, argv,
	                      &(struct gatio_sim_options){.name = "broken", .world = world});
}

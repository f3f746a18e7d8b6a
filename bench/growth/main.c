/* SPDX-License-Identifier: Apache-2.0 */
/* gatio-growth: runs one workload of an exact size, and nothing else. See count.py. */
#include "bench/growth/growth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "bench/rows/echo_port.h"
#include "bench/support.h"

enum {
	EXIT_USAGE = 2,
	ARGUMENT_COUNT = 5,
	SLEEP_SECONDS = 3600, /* the safety net: it would add turns by time, not by messages */
	CONNECTION_MAX = 65536,
};

struct growth growth;

const struct growth_workload growth_workloads[] = {
        {.name = "local",
         .help = "a ball between two of COUNT actors of one driver",
         .first = &gatio_behavior_growth_local},
        {.name = "everyone",
         .help = "a ball to each of COUNT actors of one driver, and back",
         .first = &gatio_behavior_growth_everyone},
        {.name = "lives",
         .help = "MESSAGES actors that are spawned, get a message and end, beside COUNT that stay",
         .first = &gatio_behavior_growth_lives},
        {.name = "one-pair",
         .help = "batches from driver 0 to driver 1",
         .first = &gatio_behavior_growth_one_pair},
        {.name = "all-pairs",
         .help = "the same from each even driver to the next",
         .first = &gatio_behavior_growth_all_pairs},
        {.name = "chain",
         .help = "one batch round all drivers",
         .first = &gatio_behavior_growth_chain},
        {.name = "around",
         .help = "batches from each driver to four others",
         .first = &gatio_behavior_growth_around},
        {.name = "spread",
         .help = "batches from driver 0 to each other",
         .first = &gatio_behavior_growth_spread},
        {.name = "gather",
         .help = "batches from each driver to driver 0",
         .first = &gatio_behavior_growth_gather},
        {.name = "idle", .help = "print resident bytes of idle drivers", .run = growth_idle},
        {.name = "mesh",
         .help = "print bytes touched before and after COUNT pairs have talked",
         .run = growth_mesh,
         .small_pages = true},
        {.name = "echo",
         .help = "serve what comes back, until SIGTERM",
         .run = growth_echo,
         .serves = true},
        {.name = NULL},
};

void growth_finish(void)
{
	gatio_system_stop(gatio_current_system(), EXIT_SUCCESS);
}

void growth_fail(struct gatio_system *system, int err, const char *what)
{
	fprintf(stderr, "gatio-growth: %s: %s\n", what, strerrordesc_np(-err));
	gatio_system_stop(system, EXIT_FAILURE);
}

int growth_start(struct gatio_system *system, struct gatio_address actor, uint32_t round)
{
	struct gatio_outside *outside;
	int err = gatio_address_error(actor);
	if (err == 0) {
		err = gatio_outside_open(&outside, system);
	}
	if (err) {
		return err;
	}
	err = gatio_outside_send(outside, actor, growth_go, .round = round);
	gatio_outside_close(outside);
	return err;
}

int growth_echo(struct gatio_system *system)
{
	uint16_t port;
	int err = bench_echo_port_open(system, CONNECTION_MAX, &port);
	if (err == 0) {
		printf("ready 127.0.0.1:%u\n", port);
		fflush(stdout);
	}
	return err;
}

static int run(struct gatio_system *system, const struct growth_workload *workload)
{
	static const uint64_t zero_state[16];
	if (workload->run) {
		int err = workload->run(system);
		if (err == 0 && !workload->serves) {
			gatio_system_stop(system, EXIT_SUCCESS);
		}
		return err;
	}
	return growth_start(
	        system,
	        gatio_system_actor_spawn(system, GATIO_ON_DRIVER(0), workload->first, zero_state),
	        0);
}

static int usage(void)
{
	fprintf(stderr, "Usage: gatio-growth WORKLOAD DRIVERS COUNT MESSAGES\n\n");
	for (const struct growth_workload *w = growth_workloads; w->name; w++) {
		fprintf(stderr, "  %-10s %s\n", w->name, w->help);
	}
	return EXIT_USAGE;
}

static bool read_number(const char *text, uint64_t max, uint64_t *out_number)
{
	char *end;
	errno = 0;
	*out_number = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && end != text && *out_number <= max;
}

static const struct growth_workload *find(const char *name)
{
	const struct growth_workload *workload = growth_workloads;
	while (workload->name && strcmp(workload->name, name) != 0) {
		workload++;
	}
	return workload->name ? workload : NULL;
}

int main(int argument_count, char **arguments)
{
	uint64_t drivers;
	uint64_t count;
	if (argument_count != ARGUMENT_COUNT || !read_number(arguments[2], UINT16_MAX, &drivers) ||
	    !read_number(arguments[3], UINT32_MAX, &count) ||
	    !read_number(arguments[4], UINT64_MAX / 2, &growth.message_count)) {
		return usage();
	}
	const struct growth_workload *workload = find(arguments[1]);
	if (!workload) {
		return usage();
	}
	growth.driver_count = (uint32_t)drivers;
	growth.count = (uint32_t)count;
	bench_raise_descriptor_limit();
	if (workload->small_pages) {
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	}
	struct gatio_options options = {.driver_count = growth.driver_count,
	                                .no_spin = true,
	                                .sleep_ns = GATIO_SECONDS(SLEEP_SECONDS),
	                                .drain_ns = GATIO_MS(1),
	                                .log = gatio_log_stderr};
	struct gatio_system *system;
	if (gatio_system_create(&system, &options) != 0) {
		return EXIT_FAILURE;
	}
	int err = run(system, workload);
	if (err) {
		growth_fail(system, err, workload->name);
	}
	return gatio_system_run(system);
}

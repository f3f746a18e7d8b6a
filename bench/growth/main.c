/* SPDX-License-Identifier: Apache-2.0 */
/* gatio-growth: runs one workload of an exact size, and nothing else. See count.py. */
#include "bench/growth/growth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        {"local", "a ball between two of COUNT actors of one driver", &gatio_behavior_growth_local,
         NULL, false},
        {"everyone", "a ball to each of COUNT actors of one driver, and back",
         &gatio_behavior_growth_everyone, NULL, false},
        {"one-pair", "batches from driver 0 to driver 1", &gatio_behavior_growth_one_pair, NULL,
         false},
        {"all-pairs", "the same from each even driver to the next",
         &gatio_behavior_growth_all_pairs, NULL, false},
        {"chain", "one batch round all drivers", &gatio_behavior_growth_chain, NULL, false},
        {"around", "batches from each driver to four others", &gatio_behavior_growth_around, NULL,
         false},
        {"spread", "batches from driver 0 to each other", &gatio_behavior_growth_spread, NULL,
         false},
        {"gather", "batches from each driver to driver 0", &gatio_behavior_growth_gather, NULL,
         false},
        {"mesh", "print resident bytes, idle and when COUNT pairs have talked", NULL, growth_mesh,
         false},
        {"echo", "serve what comes back, until SIGTERM", NULL, growth_echo, true},
        {NULL, NULL, NULL, NULL, false},
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

/* SPDX-License-Identifier: Apache-2.0 */
/* Machine: a described machine and the plan that options make of it, for the suites of topology/. */
#ifndef TESTS_TOPOLOGY_MACHINE_H
#define TESTS_TOPOLOGY_MACHINE_H

#include "topology/plan.h"

struct machine {
	struct gi_topology *topology;
	struct gi_limits limits; /* none, until a test sets some */
	struct gi_plan plan;
	struct gi_plan_refusal refusal;
	char text[4096];
};

/* A failure to open is fatal. A name that ends in ".xml" is a file of tests/topology/data. */
void machine_open(struct machine *machine, const char *description);
void machine_close(struct machine *machine);

/* Returns what gi_plan_make() returns. */
int machine_plan(struct machine *machine, const struct gi_plan_options *options);

/*
 * The drivers of each TPC, by CPU and role: "0io 1tasks | 2both 2both*" is two TPCs; a star: it shares its PU. Lent
 * until the next call. A refused plan is its sentence.
 */
const char *machine_drivers(struct machine *machine, const struct gi_plan_options *options);

/* The drivers on a machine that is described for this once. */
const char *drivers_on(const char *description, const struct gi_plan_options *options);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bare: a run without a world, in the test's own process: the test steps it and draws nothing but what it says.
 *
 * Each bare_begin() leaves the run before it where it is: a run gives nothing back.
 */
#ifndef TESTS_SIM_BARE_H
#define TESTS_SIM_BARE_H

#include "sim/sim.h"

#include <stdbool.h>

/* No fault exists in it. */
void bare_begin(uint64_t seed);
/* Faults as the seed draws them. */
void bare_begin_with_faults(uint64_t seed);
/* From now on this kind strikes so often. */
void bare_set_rate(enum gi_fault fault, uint32_t per_million);
#define BARE_ALWAYS 1000000u

/* All that is to happen happens. */
void bare_finish(void);
/* What is to happen in so much time. */
void bare_go(uint64_t ns);

/* How often it has struck in this run; in all of this program's. */
uint64_t bare_strikes(enum gi_fault fault);
uint64_t bare_strikes_ever(enum gi_fault fault);

#endif

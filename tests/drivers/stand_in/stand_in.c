/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in: see stand_in.h. The machine is a described one, and looks at the clock are counted. */
#include "tests/drivers/stand_in/stand_in.h"

#define gi_kernel_machine      real_machine
#define gi_kernel_monotonic_ns real_monotonic_ns
#include "drivers/kernel_linux.c" /* NOLINT(bugprone-suspicious-include): a copy of its own */
#undef gi_kernel_machine
#undef gi_kernel_monotonic_ns

#include "base/atomic.h"

static _Atomic uint64_t look_count;

const char *gi_kernel_machine(void);
uint64_t gi_kernel_monotonic_ns(void);

const char *gi_kernel_machine(void)
{
	return "core:3 pu:1"; /* STAND_IN_DRIVERS */
}

uint64_t gi_kernel_monotonic_ns(void)
{
	gi_fetch_add_relaxed(&look_count, 1); /* a count */
	return real_monotonic_ns();
}

uint64_t stand_in_looks(void)
{
	return gi_load_relaxed(&look_count);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The real door with another clock: linked before the rooms, it keeps the archive's member out. */
#include "tests/support/manual_clock.h"

#define gi_kernel_monotonic_ns real_monotonic_ns
#include "drivers/kernel_linux.c" /* NOLINT(bugprone-suspicious-include): a copy of its own */
#undef gi_kernel_monotonic_ns

static uint64_t now_ns;

uint64_t gi_kernel_monotonic_ns(void);

uint64_t gi_kernel_monotonic_ns(void)
{
	if (now_ns == 0) {
		now_ns = real_monotonic_ns();
	}
	return now_ns;
}

void manual_clock_advance(uint64_t ns)
{
	now_ns = gi_kernel_monotonic_ns() + ns;
}

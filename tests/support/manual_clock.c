/* SPDX-License-Identifier: Apache-2.0 */
/* The real door with another clock: linked before the rooms, it keeps the archive's member out. */
#include "tests/support/manual_clock.h"

#define gi_kernel_monotonic_ns    real_monotonic_ns
#define gi_kernel_pause_ns        real_pause_ns
#define gi_kernel_socket_taken_ns real_socket_taken_ns
#include "drivers/kernel_linux.c" /* NOLINT(bugprone-suspicious-include): a copy of its own */
#undef gi_kernel_monotonic_ns
#undef gi_kernel_pause_ns
#undef gi_kernel_socket_taken_ns

static uint64_t now_ns;
static uint64_t taken_at_ns;

void gi_kernel_pause_ns(uint64_t ns);
uint64_t gi_kernel_socket_taken_ns(int fd);

uint64_t gi_kernel_monotonic_ns(void);

uint64_t gi_kernel_monotonic_ns(void)
{
	if (now_ns == 0) {
		now_ns = real_monotonic_ns();
	}
	return now_ns;
}

void (*manual_clock_on_pause)(void);

void gi_kernel_pause_ns(uint64_t ns)
{
	if (manual_clock_on_pause) {
		manual_clock_on_pause();
	}
	manual_clock_advance(ns);
}

uint64_t gi_kernel_socket_taken_ns(int fd)
{
	(void)fd;
	return taken_at_ns ? now_ns - taken_at_ns : UINT64_MAX;
}

void manual_clock_socket_takes(bool takes)
{
	taken_at_ns = takes ? gi_kernel_monotonic_ns() : 0;
}

void manual_clock_advance(uint64_t ns)
{
	now_ns = gi_kernel_monotonic_ns() + ns;
}

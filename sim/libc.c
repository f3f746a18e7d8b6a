/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program asks of the C library and what would differ from run to run: clocks, chance, sleep, its process id. These
 * stand in for the library's own while a simulation runs; outside of one they ask the kernel.
 */
#include "sim/process.h"
#include "sim/sim.h"
#include "sim/task.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS_A_SECOND INT64_C(1000000000)
#define READ_NS     25u

/* Who reads the clock again and again waits for it: it goes on. */
static int64_t virtual_ns(clockid_t clock)
{
	struct gi_sim *sim = gi_sim_here;
	if (gi_sim_next_ns() > sim->now_ns + READ_NS) {
		gi_sim_advance(sim->now_ns + READ_NS);
	}
	bool is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
	return (int64_t)sim->now_ns + (is_wall ? sim->wall_ns : 0);
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's names say less */

int clock_gettime(clockid_t clock, struct timespec *out_now)
{
	if (!gi_sim_here) {
		return (int)syscall(SYS_clock_gettime, clock, out_now);
	}
	int64_t now_ns = virtual_ns(clock);
	out_now->tv_sec = now_ns / NS_A_SECOND;
	out_now->tv_nsec = now_ns % NS_A_SECOND;
	return 0;
}

int gettimeofday(struct timeval *restrict out_now, void *restrict zone)
{
	struct timespec now;
	int err = clock_gettime(CLOCK_REALTIME, &now);
	(void)zone;
	out_now->tv_sec = now.tv_sec;
	out_now->tv_usec = now.tv_nsec / 1000;
	return err;
}

time_t time(time_t *out_now)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (out_now) {
		*out_now = now.tv_sec;
	}
	return now.tv_sec;
}

ssize_t getrandom(void *out_bytes, size_t size, unsigned flags)
{
	if (!gi_sim_here) {
		return syscall(SYS_getrandom, out_bytes, size, flags);
	}
	gi_random_fill(&gi_sim_here->entropy, out_bytes, size);
	return (ssize_t)size;
}

int getentropy(void *out_bytes, size_t size)
{
	return getrandom(out_bytes, size, 0) == (ssize_t)size ? 0 : -1;
}

pid_t getpid(void)
{
	const struct gi_process *process = gi_sim_here ? gi_process_current() : NULL;
	return process ? 1000 + (pid_t)process->number : (pid_t)syscall(SYS_getpid);
}

int nanosleep(const struct timespec *time, struct timespec *out_left)
{
	if (!gi_sim_here || !gi_task_current()) {
		return (int)syscall(SYS_nanosleep, time, out_left);
	}
	gi_task_spend((uint64_t)time->tv_sec * (uint64_t)NS_A_SECOND + (uint64_t)time->tv_nsec);
	return 0;
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

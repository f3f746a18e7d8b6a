/* SPDX-License-Identifier: Apache-2.0 */
/* Support: clocks, pinning and errors that all measurements share. */
#include "bench/support.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static uint64_t to_ns(struct timespec time)
{
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t bench_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return to_ns(now);
}

uint64_t bench_cpu_ns(pid_t process)
{
	clockid_t clock;
	struct timespec used;
	if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &used) != 0) {
		return 0;
	}
	return to_ns(used);
}

void bench_sleep_ms(uint32_t ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
	while (nanosleep(&left, &left) != 0 && errno == EINTR) {
	}
}

int bench_pin_to(const uint32_t *cpus, uint32_t count)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	for (uint32_t i = 0; i < count; i++) {
		if (cpus[i] >= CPU_SETSIZE) {
			return -EINVAL;
		}
		CPU_SET(cpus[i], &set);
	}
	return sched_setaffinity(0, sizeof(set), &set) == 0 ? 0 : -errno;
}

int bench_pin(uint32_t cpu)
{
	return bench_pin_to(&cpu, 1);
}

void bench_list_cpus(const struct bench_context *context, uint32_t driver_count,
                     char out_list[BENCH_CPU_LIST_SIZE])
{
	const uint32_t *cpus = context->cpus;
	int size = snprintf(out_list, BENCH_CPU_LIST_SIZE, "%u", cpus[0]);
	if (driver_count > 1 && cpus[0] != cpus[1]) {
		snprintf(out_list + size, BENCH_CPU_LIST_SIZE - (size_t)size, ",%u", cpus[1]);
	}
}

int bench_port_of(const char *address, uint16_t *out_port)
{
	const char *colon = strrchr(address, ':');
	unsigned long port = colon ? strtoul(colon + 1, NULL, 10) : 0;
	if (port == 0 || port > UINT16_MAX) {
		return -EPROTO;
	}
	*out_port = (uint16_t)port;
	return 0;
}

/* Not /proc/self/statm: in one run of four it was 64 KiB below, presumably what a CPU had yet to add. */
static uint64_t read_rollup(const char *format)
{
	char line[BENCH_NOTE_SIZE];
	unsigned long long kib = 0;
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	if (!file) {
		return 0;
	}
	bool is_found = false;
	while (!is_found && fgets(line, sizeof(line), file)) {
		is_found = sscanf(line, format, &kib) == 1;
	}
	fclose(file);
	return kib << 10;
}

uint64_t bench_resident_size(void)
{
	return read_rollup("Rss: %llu kB");
}

uint64_t bench_anonymous_size(void)
{
	return read_rollup("Anonymous: %llu kB");
}

uint64_t bench_raise_descriptor_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
		return 0;
	}
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur;
}

int bench_fail(struct bench_sample *sample, int err, const char *format, ...)
{
	char text[BENCH_NOTE_SIZE];
	va_list arguments;
	va_start(arguments, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is initialised one line up */
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (err == 0) {
		snprintf(sample->note, sizeof(sample->note), "%s", text);
		return -ENOENT;
	}
	snprintf(sample->note, sizeof(sample->note), "%.110s: %s", text, strerrordesc_np(-err));
	return err;
}

void bench_note(struct bench_sample *sample, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is initialised one line up */
	vsnprintf(sample->note, sizeof(sample->note), format, arguments);
	va_end(arguments);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Support: clocks, pinning and errors that all measurements share. */
#ifndef BENCH_SUPPORT_H
#define BENCH_SUPPORT_H

#include <stdint.h>
#include <sys/types.h>

#include "bench/bench.h"

/* Monotonic. */
uint64_t bench_now_ns(void);

/* CPU time that a process has used, user and system, all its threads. 0 if there is no such process. */
uint64_t bench_cpu_ns(pid_t process);

/* The main thread only. */
void bench_sleep_ms(uint32_t ms);

/* Pin the calling thread, and what it starts or becomes later. Error: -EINVAL no such CPU. */
int bench_pin(uint32_t cpu);

/* The same to any of so many CPUs. */
int bench_pin_to(const uint32_t *cpus, uint32_t count);

enum {
	BENCH_CPU_LIST_SIZE = 32,
};

/* Those of the context's CPUs that so many drivers have, 1 or 2, as gatio's options want them: "0" or "0,1". */
void bench_list_cpus(const struct bench_context *context, uint32_t driver_count,
                     char out_list[BENCH_CPU_LIST_SIZE]);

/* The port of "ADDRESS:PORT". Error: -EPROTO there is none. */
int bench_port_of(const char *address, uint16_t *out_port);

/* Resident memory of this process in bytes, exact; and that part of it which is no file's: no code read in meanwhile. */
uint64_t bench_resident_size(void);
uint64_t bench_anonymous_size(void);

/* Raise the number of descriptors that this process may have as far as it is allowed. Returns that number. */
uint64_t bench_raise_descriptor_limit(void);

/* Note why there is no sample, with the text of err behind it unless err is 0. Returns err, or -ENOENT for 0. */
__attribute__((format(printf, 3, 4))) int bench_fail(struct bench_sample *sample, int err,
                                                     const char *format, ...);

/* Note something about a good sample. */
__attribute__((format(printf, 2, 3))) void bench_note(struct bench_sample *sample,
                                                      const char *format, ...);

#endif

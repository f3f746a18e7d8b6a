/* SPDX-License-Identifier: Apache-2.0 */
/* CPU lists: sets of PU numbers and their text form, "0-3,8". */
#ifndef GI_TOPOLOGY_CPU_LIST_H
#define GI_TOPOLOGY_CPU_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel's own bound on x86 (CONFIG_NR_CPUS). */
#define GI_CPU_COUNT_MAX 8192u

struct gi_cpu_set {
	uint64_t words[GI_CPU_COUNT_MAX / 64];
};

/* Why a list was refused, as a clause to follow the option and its value: `CPU 3 is named twice`. */
struct gi_cpu_list_fault {
	char text[160];
	bool is_unknown;  /* the list is well formed but names a CPU beyond any that can be */
	char unknown[24]; /* that CPU, as written */
};

void gi_cpu_set_add(struct gi_cpu_set *set, uint32_t cpu);
bool gi_cpu_set_has(const struct gi_cpu_set *set, uint32_t cpu);
uint32_t gi_cpu_set_count(const struct gi_cpu_set *set);

/* The first CPU of the set that is not below `cpu`, or GI_CPU_COUNT_MAX. */
uint32_t gi_cpu_set_next(const struct gi_cpu_set *set, uint32_t cpu);

/*
 * Read `length` bytes of "0-3,8". Blanks around numbers are skipped.
 *
 * Error: -EINVAL empty, junk, a reversed range, a CPU named twice, a CPU of GI_CPU_COUNT_MAX or beyond; the fault says
 *        which. out_set is untouched then.
 */
int gi_cpu_list_parse(struct gi_cpu_set *out_set, const char *text, size_t length,
                      struct gi_cpu_list_fault *fault);

/* Write the set as "0-3,8" ("none" if it is empty); what does not fit ends in "...". Returns text. */
const char *gi_cpu_list_format(const struct gi_cpu_set *set, char *text, size_t size);

#endif

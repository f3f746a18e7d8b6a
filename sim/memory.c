/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that a simulated program asks the C library for: the linker leads its calls here (--wrap, CMakeLists.txt), those of
 * gatio and of the user, and no others: shared libraries call the C library's own, and so do the files of sim/, which name
 * __real_malloc() and the like where they write malloc().
 */
#include "sim/memory.h"
#include "sim/process.h"
#include "sim/sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* gatio asks some 25 times at its start; who knows how often the program does? */
#define REFUSED_MAX_LEAST 32u
#define REFUSED_DOUBLINGS 3u

static bool is_drawn(enum gi_fault fault)
{
	struct gi_sim *sim = gi_sim_here;
	return gi_random_chance(&sim->memory, sim->faults.per_million[fault]);
}

uint64_t gi_memory_draw_refused(void)
{
	struct gi_random *memory = &gi_sim_here->memory;
	uint64_t max = (uint64_t)REFUSED_MAX_LEAST << gi_random_below(memory, REFUSED_DOUBLINGS);
	uint64_t number = gi_random_below(memory, max) + 1;
	return is_drawn(GI_FAULT_MALLOC_FAILS_AT_START) ? number : 0;
}

static bool is_refused(void)
{
	struct gi_process *process = gi_sim_here ? gi_process_current() : NULL;
	if (!process) {
		return false; /* a script's, or nobody's */
	}
	process->malloc_count++;
	bool is_up = process->is_up;
	if (is_up ? !is_drawn(GI_FAULT_MALLOC_FAILS)
	          : process->malloc_count != process->malloc_refused) {
		return false;
	}
	enum gi_fault fault = is_up ? GI_FAULT_MALLOC_FAILS : GI_FAULT_MALLOC_FAILS_AT_START;
	gi_sim_here->trace->strikes[fault]++;
	gi_sim_trace(gi_fault_word(fault), process->malloc_count, 0);
	if (is_up) {
		process->lacked_memory = true;
	} else {
		gi_process_starve(process);
	}
	errno = ENOMEM;
	return true;
}

/* NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the linker gives the names */
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void **out_memory, size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);

void *__wrap_malloc(size_t size)
{
	return is_refused() ? NULL : malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return is_refused() ? NULL : calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	return is_refused() ? NULL : realloc(memory, size);
}

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
	return is_refused() ? NULL : reallocarray(memory, count, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return is_refused() ? NULL : aligned_alloc(alignment, size);
}

int __wrap_posix_memalign(void **out_memory, size_t alignment, size_t size)
{
	return is_refused() ? ENOMEM : posix_memalign(out_memory, alignment, size);
}

char *__wrap_strdup(const char *text)
{
	return is_refused() ? NULL : strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
	return is_refused() ? NULL : strndup(text, size);
}
/* NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming) */

/* SPDX-License-Identifier: Apache-2.0 */
/* Seed: see seed.h. */
#include "sim/seed.h"
#include "sim/coverage.h"
#include "sim/image.h"
#include "sim/process.h"
#include "sim/sim.h"
#include "sim/task.h"

#include "base/assert.h"
#include "drivers/kernel.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIME_LIMIT_NS UINT64_C(3600000000000)
#define EVENTS_MAX    UINT64_C(20000000)
#define REAL_SECONDS  120u
#define LINGER_NS     UINT64_C(1000000000)

static GI_SIM_KEPT struct gi_seed_result *shared;
static GI_SIM_KEPT const struct gi_seed_options *given;

/*
 * One function of each file of the door, and of the C library's that are replaced: the linker takes the files of an archive
 * by what is asked for before it, and libgatio.a has the same names.
 */
__attribute__((used)) static void *const doors[] = {
        (void *)gi_kernel_ring_open,   (void *)gi_kernel_ready_open,   (void *)gi_kernel_listen,
        (void *)gi_kernel_signal_open, (void *)gi_kernel_monotonic_ns, (void *)getentropy,
};

/* ---- What processes say ------------------------------------------------------------------------------------------ */

static ssize_t keep_words(void *cookie, const char *bytes, size_t size)
{
	(void)cookie;
	struct gi_process *process = gi_sim_here ? gi_process_current() : NULL;
	if (process) {
		process->has_spoken = true;
	}
	size_t kept = size < GI_SEED_WORDS / 2 ? size : GI_SEED_WORDS / 2;
	if (shared->words_size + kept > GI_SEED_WORDS) {
		uint32_t half = GI_SEED_WORDS / 2;
		uint32_t dropped = shared->words_size > half ? shared->words_size - half : 0;
		memmove(shared->words, shared->words + dropped, shared->words_size - dropped);
		shared->words_size -= dropped;
	}
	memcpy(shared->words + shared->words_size, bytes + (size - kept), kept);
	shared->words_size += (uint32_t)kept;
	if (given->is_traced) {
		(void)!write(1, bytes, size);
	}
	return (ssize_t)size;
}

static void hear_words(void)
{
	cookie_io_functions_t calls = {.write = keep_words};
	FILE *out = fopencookie(NULL, "w", calls);
	FILE *err = fopencookie(NULL, "w", calls);
	gi_assert(out && err);
	setvbuf(out, NULL, _IONBF, 0);
	setvbuf(err, NULL, _IONBF, 0);
	stdout = out;
	stderr = err;
}

/* ---- A run ------------------------------------------------------------------------------------------------------- */

static GI_SIM_KEPT bool world_has_returned;

static void *world_main(void *argument)
{
	const struct gatio_sim_options *world = argument;
	world->world();
	world_has_returned = true;
	return NULL;
}

/* Who waits, and for what. */
static void describe_waiters(char *out_text, size_t size)
{
	size_t used = 0;
	for (const struct gi_task *task = gi_sim_here->tasks; task && used < size;
	     task = task->next) {
		int count = snprintf(out_text + used, size - used, "%s%s waits for %s",
		                     used ? ", " : "", task->name, task->waits_for);
		used += count > 0 ? (size_t)count : 0;
	}
}

static void check_progress(uint64_t end_ns)
{
	char waiters[GI_TRACE_TEXT - 80] = "nobody is left";
	if (world_has_returned || gi_sim_here->is_over) {
		return;
	}
	describe_waiters(waiters, sizeof(waiters));
	if (gi_sim_here->trace->event_count >= EVENTS_MAX) {
		gi_sim_violated("no end after %llu events: %s", (unsigned long long)EVENTS_MAX,
		                waiters);
	} else if (gi_sim_here->now_ns >= end_ns) {
		gi_sim_violated("no end within the time limit: %s", waiters);
	} else {
		gi_sim_violated("nothing happens any more: %s", waiters);
	}
}

static void run(void)
{
	const struct gatio_sim_options *world = given->world;
	uint64_t limit_ns = world->time_limit_ns ? world->time_limit_ns : TIME_LIMIT_NS;
	uint64_t end_ns = gi_sim_here->now_ns + limit_ns;
	struct gi_trace *trace = gi_sim_here->trace;
	gi_assert(gi_task_start(NULL, "world", world_main, (void *)(uintptr_t)world));
	while (!world_has_returned && gi_sim_here->now_ns < end_ns &&
	       trace->event_count < EVENTS_MAX && gi_sim_step()) {
	}
	check_progress(end_ns);
	/* What is still on its way comes: nobody may stumble over it. */
	end_ns = gi_sim_here->now_ns + LINGER_NS;
	while (gi_sim_next_ns() < end_ns && gi_sim_step()) {
	}
	if (trace->end == GI_TRACE_RUNNING) {
		trace->end = GI_TRACE_HELD;
	}
}

__attribute__((noreturn)) static void child(void)
{
	struct rlimit no_core = {0};
	setrlimit(RLIMIT_CORE, &no_core);
	alarm(REAL_SECONDS);
	hear_words();
	gi_image_take();
	if (gi_sim_begin(&shared->trace, given->seed, given->without) == 0) {
		run();
	}
	gi_coverage_save();
	_exit(shared->trace.end == GI_TRACE_HELD ? 0 : 1);
}

pid_t gi_seed_start(struct gi_seed_result *result, const struct gi_seed_options *options)
{
	memset(result, 0, sizeof(*result));
	result->seed = options->seed;
	gi_trace_init(&result->trace, options->is_traced);
	shared = result;
	given = options;
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		child();
	}
	return pid < 0 ? -errno : pid;
}

void gi_seed_ended(struct gi_seed_result *result, int wait_status)
{
	struct gi_trace *trace = &result->trace;
	if (trace->end != GI_TRACE_RUNNING) {
		return;
	}
	trace->end = GI_TRACE_VIOLATED;
	if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGALRM) {
		snprintf(trace->violation, sizeof(trace->violation),
		         "it has run for %u s of real time: a loop that asks for nothing?",
		         REAL_SECONDS);
	} else if (WIFSIGNALED(wait_status)) {
		snprintf(trace->violation, sizeof(trace->violation),
		         "it was ended by signal %d (%s)", WTERMSIG(wait_status),
		         strsignal(WTERMSIG(wait_status)));
	} else {
		snprintf(trace->violation, sizeof(trace->violation),
		         "it has called exit(%d), which ends the whole simulation",
		         WEXITSTATUS(wait_status));
	}
}

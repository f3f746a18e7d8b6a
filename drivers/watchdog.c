/* SPDX-License-Identifier: Apache-2.0 */
/* The watchdog's thread, and the question it asks a stuck driver. */
#include "drivers/watchdog.h"

#include "base/assert.h"
#include "base/duration.h"
#include "drivers/kernel.h"
#include "drivers/thread.h"

#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define LOOKS_PER_LIMIT  4
#define ANSWER_LOOK_NS   UINT64_C(10000000)
#define ANSWER_LOOKS_MAX 20u

/* What the watchdog remembers of one driver. */
struct watched {
	uint64_t sequence;
	uint64_t since_ns;
	uint64_t report_at_ns; /* of running time */
};

struct gi_watchdog {
	struct gi_watchdog_options options;
	pthread_t thread;
	_Atomic uint32_t must_stop; /* stop releases it -> the thread acquires it */
	struct watched watched[];
};

/*
 * The answer of the driver that is being asked. One question at a time in a process; it stands open for one driver, and
 * whoever takes it, that driver to answer or the watchdog to give up, is alone with the frames: an answer that comes too
 * late finds it closed.
 *
 * Orderings   taken      a watchdog exchanges is_taken, and releases it at the end        one question at a time
 *             asked      the watchdog exchanges asked -> the handler exchanges it         one of them has the frames
 *             answered   the handler releases is_answered -> the watchdog acquires it     written before read
 */
static struct {
	_Atomic uint32_t is_taken;
	_Atomic uintptr_t asked; /* the driver; 0: no question is open */
	_Atomic int is_answered;
	int frame_count;
	void *frames[GI_WATCHDOG_FRAMES_MAX];
} question;

static void take_question(void)
{
	while (gi_exchange_acq_rel(&question.is_taken, 1)) { /* taken */
		gi_kernel_word_wait(&question.is_taken, 1, UINT64_MAX);
	}
}

static void put_question(void)
{
	gi_store_release(&question.is_taken, 0); /* taken */
	gi_kernel_word_wake(&question.is_taken);
}

static void on_question(int signal)
{
	(void)signal;
	uintptr_t self = (uintptr_t)gi_driver_current();
	if (self == 0 || !gi_compare_exchange_acq_rel(&question.asked, &self, 0)) { /* asked */
		return;
	}
	int saved_errno = errno;
	question.frame_count = backtrace(question.frames, GI_WATCHDOG_FRAMES_MAX);
	gi_store_release(&question.is_answered, 1); /* answered */
	errno = saved_errno;
}

static bool wait_for_answer(uint32_t look_count)
{
	for (uint32_t i = 0; i < look_count; i++) {
		if (gi_load_acquire(&question.is_answered)) { /* answered */
			return true;
		}
		gi_kernel_pause_ns(ANSWER_LOOK_NS);
	}
	return false;
}

/* Ask the driver's thread where it stands. It may be in the kernel for good: then there is no answer. */
static void ask(struct gi_driver *driver, struct gi_stuck *stuck)
{
	uintptr_t asked = (uintptr_t)driver;
	gi_store_relaxed(&question.is_answered, 0);  /* alone: it is taken, and not open */
	gi_exchange_acq_rel(&question.asked, asked); /* asked */
	gi_kernel_thread_ask(gi_driver_thread_id(driver), gi_watchdog_signal());
	bool is_answered = wait_for_answer(ANSWER_LOOKS_MAX);
	if (!is_answered && !gi_compare_exchange_acq_rel(&question.asked, &asked, 0)) { /* asked */
		is_answered = wait_for_answer(UINT32_MAX); /* it is just writing */
	}
	if (is_answered) {
		gi_assert(question.frame_count <= GI_WATCHDOG_FRAMES_MAX);
		stuck->frame_count = question.frame_count;
		stuck->frames = backtrace_symbols(question.frames, question.frame_count);
		if (!stuck->frames) {
			stuck->frame_count = 0;
		}
	}
}

static void report(struct gi_watchdog *watchdog, struct gi_driver *driver, const char *name,
                   uint64_t running_ns)
{
	struct gi_stuck stuck = {
	        .driver_index = driver->index,
	        .name = name,
	        .address = gi_load_relaxed(&driver->running.address), /* for the report only */
	        .running_ns = running_ns,
	};
	take_question();
	ask(driver, &stuck);
	watchdog->options.report(watchdog->options.context, &stuck);
	free(stuck.frames);
	put_question();
}

static void look_at(struct gi_watchdog *watchdog, struct gi_driver *driver)
{
	struct watched *watched = &watchdog->watched[driver->index];
	gi_assert(driver->index < watchdog->options.group->driver_count);
	/* Relaxed: the watchdog looks again; a stale value only delays its report. */
	uint64_t sequence = gi_load_relaxed(&driver->running.sequence);
	const char *name = gi_load_relaxed(&driver->running.name);
	uint64_t now_ns = gi_kernel_monotonic_ns();
	if (!name) {
		watched->since_ns = 0; /* what runs next begins after this look */
		return;
	}
	if (sequence != watched->sequence || watched->since_ns == 0) {
		watched->sequence = sequence;
		watched->since_ns = now_ns;
		watched->report_at_ns = watchdog->options.limit_ns;
		return;
	}
	uint64_t running_ns = now_ns - watched->since_ns;
	if (running_ns >= watched->report_at_ns) {
		watched->report_at_ns = gi_time_add_ns(running_ns, running_ns);
		report(watchdog, driver, name, running_ns);
	}
}

static void *watchdog_main(void *argument)
{
	struct gi_watchdog *watchdog = argument;
	const struct gi_driver_group *group = watchdog->options.group;
	uint64_t pause_ns = watchdog->options.limit_ns / LOOKS_PER_LIMIT;
	while (!gi_load_acquire(&watchdog->must_stop)) {
		gi_kernel_word_wait(&watchdog->must_stop, 0, pause_ns);
		for (uint32_t i = 0; i < group->driver_count; i++) {
			look_at(watchdog, group->drivers[i]);
		}
	}
	return NULL;
}

int gi_watchdog_start(struct gi_watchdog **out_watchdog, const struct gi_watchdog_options *options)
{
	gi_assert(options->limit_ns > 0);
	gi_assert(options->report);
	gi_assert(options->group->driver_count > 0);
	struct gi_watchdog *watchdog = calloc(
	        1, sizeof(*watchdog) + sizeof(struct watched) * options->group->driver_count);
	if (!watchdog) {
		return -ENOMEM;
	}
	watchdog->options = *options;
	gi_kernel_thread_prepare_ask(gi_watchdog_signal(), on_question);
	int err = gi_kernel_thread_start(&watchdog->thread, "gatio/watchdog", NULL, watchdog_main,
	                                 watchdog);
	if (err) {
		free(watchdog);
		return err;
	}
	*out_watchdog = watchdog;
	return 0;
}

void gi_watchdog_stop(struct gi_watchdog *watchdog)
{
	if (!watchdog) {
		return;
	}
	gi_assert(!gi_load_relaxed(&watchdog->must_stop)); /* ours alone to change */
	gi_store_release(&watchdog->must_stop, 1);
	gi_kernel_word_wake(&watchdog->must_stop);
	gi_kernel_thread_join(watchdog->thread);
	free(watchdog);
}

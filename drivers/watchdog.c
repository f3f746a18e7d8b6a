/* SPDX-License-Identifier: Apache-2.0 */
/* The watchdog's thread, and the question it asks a stuck driver. */
#include "drivers/watchdog.h"

#include "base/assert.h"
#include "base/duration.h"
#include "drivers/thread.h"

#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define LOOKS_PER_LIMIT  4
#define ANSWER_LOOK_NS   10000000L
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
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool must_stop;
	struct watched watched[];
};

/*
 * The answer of the driver that is being asked. One question at a time in a process; it stands open for one thread, and
 * whoever takes it, that thread to answer or the watchdog to give up, is alone with the frames: an answer that comes too
 * late finds it closed.
 *
 * Orderings   asked      the watchdog exchanges asked -> the handler exchanges it         one of them has the frames
 *             answered   the handler releases is_answered -> the watchdog acquires it     written before read
 */
static struct {
	pthread_mutex_t lock;    /* one question at a time */
	_Atomic uintptr_t asked; /* the thread; 0: no question is open */
	_Atomic int is_answered;
	int frame_count;
	void *frames[GI_WATCHDOG_FRAMES_MAX];
} question = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void on_question(int signal)
{
	(void)signal;
	uintptr_t self = (uintptr_t)pthread_self();
	if (!gi_compare_exchange_acq_rel(&question.asked, &self, 0)) { /* asked */
		return;
	}
	int saved_errno = errno;
	question.frame_count = backtrace(question.frames, GI_WATCHDOG_FRAMES_MAX);
	gi_store_release(&question.is_answered, 1); /* answered */
	errno = saved_errno;
}

static uint64_t monotonic_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static bool wait_for_answer(uint32_t look_count)
{
	struct timespec pause = {.tv_nsec = ANSWER_LOOK_NS};
	for (uint32_t i = 0; i < look_count; i++) {
		if (gi_load_acquire(&question.is_answered)) { /* answered */
			return true;
		}
		nanosleep(&pause, NULL);
	}
	return false;
}

/* Ask the driver's thread where it stands. It may be in the kernel for good: then there is no answer. */
static void ask(struct gi_driver *driver, struct gi_stuck *stuck)
{
	uintptr_t asked = (uintptr_t)gi_driver_thread_id(driver);
	gi_assert(asked != 0);
	gi_store_relaxed(&question.is_answered,
	                 0); /* alone: the lock is held, no question is open */
	gi_exchange_acq_rel(&question.asked, asked); /* asked */
	pthread_kill(gi_driver_thread_id(driver), gi_watchdog_signal());
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
	pthread_mutex_lock(&question.lock);
	ask(driver, &stuck);
	watchdog->options.report(watchdog->options.context, &stuck);
	free(stuck.frames);
	pthread_mutex_unlock(&question.lock);
}

static void look_at(struct gi_watchdog *watchdog, struct gi_driver *driver)
{
	struct watched *watched = &watchdog->watched[driver->index];
	gi_assert(driver->index < watchdog->options.group->driver_count);
	/* Relaxed: the watchdog looks again; a stale value only delays its report. */
	uint64_t sequence = gi_load_relaxed(&driver->running.sequence);
	const char *name = gi_load_relaxed(&driver->running.name);
	uint64_t now_ns = monotonic_ns();
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

static struct timespec next_look(const struct gi_watchdog *watchdog)
{
	uint64_t at_ns =
	        gi_time_add_ns(monotonic_ns(), watchdog->options.limit_ns / LOOKS_PER_LIMIT);
	return (struct timespec){.tv_sec = (time_t)(at_ns / 1000000000),
	                         .tv_nsec = (long)(at_ns % 1000000000)};
}

static void *watchdog_main(void *argument)
{
	struct gi_watchdog *watchdog = argument;
	struct gi_driver_group *group = watchdog->options.group;
	pthread_setname_np(pthread_self(), "gatio/watchdog");
	pthread_mutex_lock(&watchdog->lock);
	while (!watchdog->must_stop) {
		struct timespec until = next_look(watchdog);
		pthread_cond_timedwait(&watchdog->changed, &watchdog->lock, &until);
		pthread_mutex_unlock(&watchdog->lock);
		for (uint32_t i = 0; i < group->driver_count; i++) {
			look_at(watchdog, group->drivers[i]);
		}
		pthread_mutex_lock(&watchdog->lock);
	}
	pthread_mutex_unlock(&watchdog->lock);
	return NULL;
}

static void install_handler(void)
{
	/* The first backtrace loads a library, which a signal handler must not. */
	void *frame;
	backtrace(&frame, 1);
	struct sigaction action = {.sa_handler = on_question, .sa_flags = SA_RESTART};
	sigaction(gi_watchdog_signal(), &action, NULL);
}

static int create_thread(struct gi_watchdog *watchdog)
{
	sigset_t all;
	sigset_t before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	int err = -pthread_create(&watchdog->thread, NULL, watchdog_main, watchdog);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
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
	pthread_condattr_t clock;
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&watchdog->changed, &clock);
	pthread_condattr_destroy(&clock);
	pthread_mutex_init(&watchdog->lock, NULL);
	install_handler();
	int err = create_thread(watchdog);
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
	pthread_mutex_lock(&watchdog->lock);
	gi_assert(!watchdog->must_stop);
	watchdog->must_stop = true;
	pthread_cond_signal(&watchdog->changed);
	pthread_mutex_unlock(&watchdog->lock);
	pthread_join(watchdog->thread, NULL);
	pthread_cond_destroy(&watchdog->changed);
	pthread_mutex_destroy(&watchdog->lock);
	free(watchdog);
}

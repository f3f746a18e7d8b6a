/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of drivers/watchdog.c, which is about threads: a driver gets stuck, and the watchdog says where. */
#include "drivers/watchdog.h"

#include "tests/stress/crew.h"
#include "tests/support/suite.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define LIMIT_NS UINT64_C(20000000)

enum {
	REPORTS_MAX = 16,
	SHORT_HANDLERS = 40,
};

enum message_type {
	BE_STUCK = 1,
	BE_STUCK_AND_DEAF,
	BE_BUSY,
	STOP,
};

struct report {
	uint32_t driver_index;
	char name[32];
	uint64_t address;
	uint64_t running_ns;
	int frame_count;
	bool has_text;
};

static struct crew crew;
static struct report reports[REPORTS_MAX]; /* the watchdog's, until it has ended */
static _Atomic uint32_t report_count;
static uint32_t reports_wanted; /* set before the message that needs it */
static uint64_t stuck_ns;       /* the driver's, until it has ended */
static uint64_t longest_ns;     /* the same, of short handlers */

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static void on_report(void *context, const struct gi_stuck *stuck)
{
	CU_ASSERT_PTR_EQUAL(context, &crew);
	uint32_t count = gi_load_relaxed(&report_count); /* ours alone to change */
	if (count < REPORTS_MAX) {
		struct report *report = &reports[count];
		*report = (struct report){.driver_index = stuck->driver_index,
		                          .address = stuck->address,
		                          .running_ns = stuck->running_ns,
		                          .frame_count = stuck->frame_count};
		strncpy(report->name, stuck->name, sizeof(report->name) - 1);
		report->has_text = stuck->frame_count > 0 && stuck->frames[0][0] != '\0';
	}
	gi_store_release(&report_count, count + 1);
}

/* The handler that does not return, until it has been reported so often. */
__attribute__((noinline)) static void be_stuck(void)
{
	uint64_t begin_ns = now_ns();
	while (gi_load_acquire(&report_count) < reports_wanted) {
		gi_cpu_relax();
	}
	stuck_ns = now_ns() - begin_ns;
}

/* One that began after this has ended, or the next has begun. */
static void note_busy(uint64_t before_ns)
{
	uint64_t busy_ns = now_ns() - before_ns;
	longest_ns = busy_ns > longest_ns ? busy_ns : longest_ns;
}

static void be_busy(struct gi_driver *driver)
{
	uint64_t before_ns = now_ns();
	for (uint32_t i = 0; i < SHORT_HANDLERS; i++) {
		uint64_t begin_ns = now_ns();
		gi_running_begin(&driver->running, "busy", 7);
		note_busy(before_ns);
		before_ns = begin_ns;
		struct timespec pause = {.tv_nsec = (long)LIMIT_NS / 10};
		nanosleep(&pause, NULL);
		if (i % 4 == 3) { /* else the next begins at once */
			gi_running_end(&driver->running);
		}
	}
	note_busy(before_ns);
}

static void on_message(void *context, struct gi_message *message)
{
	struct gi_driver *driver = context;
	sigset_t deaf;
	sigemptyset(&deaf);
	sigaddset(&deaf, gi_watchdog_signal());
	switch ((enum message_type)message->type) {
	case BE_STUCK_AND_DEAF:
		pthread_sigmask(SIG_BLOCK, &deaf, NULL);
		/* fall through */
	case BE_STUCK:
		gi_running_begin(&driver->running, "tar pit", 4711);
		be_stuck();
		gi_running_end(&driver->running);
		pthread_sigmask(SIG_UNBLOCK, &deaf, NULL);
		break;
	case BE_BUSY:
		be_busy(driver);
		break;
	case STOP:
		gi_driver_stop(driver);
		break;
	}
}

/* Driver 1 of two does as the message says. Afterwards all threads have ended. */
static void run_with_watchdog(enum message_type type, uint32_t wanted)
{
	crew_alarm(120);
	memset(reports, 0, sizeof(reports));
	gi_store_relaxed(&report_count, 0); /* no thread yet */
	reports_wanted = wanted;
	struct crew_options options = {.driver_count = 2, .deliver = on_message};
	CU_ASSERT_EQUAL_FATAL(crew_start(&crew, &options), 0);
	struct gi_watchdog *watchdog = NULL;
	struct gi_watchdog_options watchdog_options = {
	        .group = &crew.group, .limit_ns = LIMIT_NS, .report = on_report, .context = &crew};
	CU_ASSERT_EQUAL_FATAL(gi_watchdog_start(&watchdog, &watchdog_options), 0);
	crew_send(&crew, 1, type, 0);
	while (gi_load_acquire(&report_count) < wanted) {
		struct timespec pause = {.tv_nsec = 1000000};
		nanosleep(&pause, NULL);
	}
	crew_send(&crew, 0, STOP, 0);
	crew_send(&crew, 1, STOP, 0);
	if (wanted == 0) { /* watched to the end */
		struct timespec pause = {.tv_nsec = (long)LIMIT_NS / 10 * (SHORT_HANDLERS + 10)};
		nanosleep(&pause, NULL);
	}
	gi_watchdog_stop(watchdog);
	crew_join(&crew);
	crew_destroy(&crew);
}

static void stuck_handler_is_named_and_located(void)
{
	run_with_watchdog(BE_STUCK, 1);
	CU_ASSERT_EQUAL(reports[0].driver_index, 1);
	CU_ASSERT_STRING_EQUAL(reports[0].name, "tar pit");
	CU_ASSERT_EQUAL(reports[0].address, 4711);
	CU_ASSERT_TRUE(reports[0].running_ns >= LIMIT_NS);
	CU_ASSERT_TRUE(reports[0].running_ns <= stuck_ns + LIMIT_NS); /* at least so long */
	CU_ASSERT_TRUE(reports[0].frame_count >= 3);
	CU_ASSERT_TRUE(reports[0].has_text);
}

static void it_is_reported_when_time_doubles(void)
{
	run_with_watchdog(BE_STUCK, 4);
	CU_ASSERT_EQUAL(gi_load_relaxed(&report_count), 4);
	for (uint32_t i = 1; i < 4; i++) {
		CU_ASSERT_TRUE(reports[i].running_ns >= 2 * reports[i - 1].running_ns);
	}
	CU_ASSERT_TRUE(reports[3].running_ns <= stuck_ns);
}

/* Where the machine gave one no time for so long, it was not short. */
static void short_handlers_are_not_reported(void)
{
	longest_ns = 0;
	run_with_watchdog(BE_BUSY, 0);
	CU_ASSERT_TRUE(longest_ns > 0);
	CU_ASSERT_TRUE(gi_load_relaxed(&report_count) == 0 || longest_ns >= LIMIT_NS);
}

/* No answer comes, and when it comes too late nobody minds. */
static void driver_that_cannot_answer_is_reported(void)
{
	run_with_watchdog(BE_STUCK_AND_DEAF, 2);
	CU_ASSERT_STRING_EQUAL(reports[0].name, "tar pit");
	CU_ASSERT_EQUAL(reports[0].frame_count, 0);
	CU_ASSERT_FALSE(reports[0].has_text);
	CU_ASSERT_EQUAL(reports[1].frame_count, 0);
}

static void stopping_nothing_is_accepted(void)
{
	gi_watchdog_stop(NULL);
}

static CU_TestInfo tests[] = {
        {"stuck handler is named and located", stuck_handler_is_named_and_located},
        {"it is reported when time doubles", it_is_reported_when_time_doubles},
        {"short handlers are not reported", short_handlers_are_not_reported},
        {"driver that cannot answer is reported", driver_that_cannot_answer_is_reported},
        {"stopping nothing is accepted", stopping_nothing_is_accepted},
        CU_TEST_INFO_NULL,
};

extern const struct suite watchdog_stress;
const struct suite watchdog_stress = {"watchdog", tests};

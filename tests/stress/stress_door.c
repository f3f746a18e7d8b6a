/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of drivers/kernel_threads_linux.c: threads, as the door makes and asks them, and words that are waited for. */
#include "drivers/kernel.h"

#include "base/atomic.h"
#include "tests/support/suite.h"

#include <execinfo.h>
#include <signal.h>

#define LONG_NS  UINT64_C(60000000000)
#define SHORT_NS UINT64_C(2000000)

enum { STAY_IN_A_LOOP = 0, GO = 1 };

/* Of a thread; main reads it after the join. */
struct seen {
	char name[32];
	sigset_t blocked;
};

static void *look_around(void *argument)
{
	struct seen *seen = argument;
	pthread_getname_np(pthread_self(), seen->name, sizeof(seen->name));
	pthread_sigmask(SIG_BLOCK, NULL, &seen->blocked);
	return NULL;
}

static void look_in_thread(struct seen *seen, const sigset_t *open)
{
	pthread_t thread;
	CU_ASSERT_EQUAL_FATAL(
	        gi_kernel_thread_start(&thread, "fifteen letters", open, look_around, seen), 0);
	gi_kernel_thread_join(thread);
}

static void thread_has_its_name_and_signals(void)
{
	struct seen seen = {0};
	sigset_t open;
	sigemptyset(&open);
	sigaddset(&open, SIGUSR1);
	look_in_thread(&seen, &open);
	CU_ASSERT_STRING_EQUAL(seen.name, "fifteen letters");
	CU_ASSERT_FALSE(sigismember(&seen.blocked, SIGUSR1));
	CU_ASSERT_TRUE(sigismember(&seen.blocked, SIGUSR2));
	CU_ASSERT_TRUE(sigismember(&seen.blocked, SIGTERM));
	CU_ASSERT_FALSE(sigismember(&seen.blocked, SIGSEGV));
	look_in_thread(&seen, NULL);
	CU_ASSERT_TRUE(sigismember(&seen.blocked, SIGUSR1));
}

/* Who starts it may have all blocked, and has them as before. */
static void thread_inherits_no_blocked_signal(void)
{
	struct seen seen = {0};
	sigset_t all;
	sigset_t open;
	sigset_t before;
	sigset_t after;
	sigfillset(&all);
	sigemptyset(&open);
	sigaddset(&open, SIGUSR1);
	gi_kernel_signals_mask(SIG_BLOCK, &all, &before);
	look_in_thread(&seen, &open);
	gi_kernel_signals_mask(SIG_SETMASK, &before, &after);
	CU_ASSERT_FALSE(sigismember(&seen.blocked, SIGUSR1));
	CU_ASSERT_FALSE(sigismember(&seen.blocked, SIGSEGV));
	CU_ASSERT_TRUE(sigismember(&after, SIGUSR1));
}

static _Atomic uint32_t loop;
static _Atomic int frame_count;

static void on_question(int signal)
{
	(void)signal;
	void *frames[8];
	gi_store_release(&frame_count, backtrace(frames, 8));
}

static void *run_in_a_loop(void *argument)
{
	while (gi_load_acquire(&loop) == STAY_IN_A_LOOP) {
		gi_cpu_relax();
	}
	return argument;
}

static void thread_is_asked_between_instructions(void)
{
	pthread_t thread;
	sigset_t open;
	sigemptyset(&open);
	sigaddset(&open, SIGUSR1);
	gi_kernel_thread_prepare_ask(SIGUSR1, on_question);
	CU_ASSERT_EQUAL_FATAL(gi_kernel_thread_start(&thread, "asked", &open, run_in_a_loop, NULL),
	                      0);
	gi_kernel_thread_ask(thread, SIGUSR1);
	while (gi_load_acquire(&frame_count) == 0) {
		gi_kernel_pause_ns(SHORT_NS / 10);
	}
	gi_store_release(&loop, GO);
	gi_kernel_thread_join(thread);
	CU_ASSERT(gi_load_acquire(&frame_count) >= 2);
}

static void wait_ends_in_time(void)
{
	_Atomic uint32_t word = 1;
	uint64_t begin_ns = gi_kernel_monotonic_ns();
	gi_kernel_word_wait(&word, 1, SHORT_NS);
	gi_kernel_word_wait(&word, 2, LONG_NS); /* it is another */
	CU_ASSERT_TRUE(gi_kernel_monotonic_ns() - begin_ns < LONG_NS);
}

static void *wake_late(void *argument)
{
	_Atomic uint32_t *word = argument;
	gi_kernel_pause_ns(SHORT_NS);
	gi_store_release(word, 1);
	gi_kernel_word_wake(word);
	return NULL;
}

static void wake_ends_a_wait(uint64_t limit_ns)
{
	_Atomic uint32_t word = 0;
	pthread_t thread;
	CU_ASSERT_EQUAL_FATAL(gi_kernel_thread_start(&thread, "waker", NULL, wake_late, &word), 0);
	while (gi_load_acquire(&word) == 0) {
		gi_kernel_word_wait(&word, 0, limit_ns);
	}
	gi_kernel_thread_join(thread);
}

static void waiters_are_woken(void)
{
	uint64_t begin_ns = gi_kernel_monotonic_ns();
	wake_ends_a_wait(LONG_NS);
	wake_ends_a_wait(UINT64_MAX);
	wake_ends_a_wait(UINT64_MAX - 1);
	CU_ASSERT_TRUE(gi_kernel_monotonic_ns() - begin_ns < LONG_NS);
}

static CU_TestInfo tests[] = {
        {"thread has its name and signals", thread_has_its_name_and_signals},
        {"thread inherits no blocked signal", thread_inherits_no_blocked_signal},
        {"thread is asked between instructions", thread_is_asked_between_instructions},
        {"wait ends in time", wait_ends_in_time},
        {"waiters are woken", waiters_are_woken},
        CU_TEST_INFO_NULL,
};

extern const struct suite door_stress;
const struct suite door_stress = {"door", tests};

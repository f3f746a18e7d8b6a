/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of drivers/sleep.c */
#include "drivers/sleep.h"

#include "drivers/buffers.h"
#include "drivers/ring.h"
#include "tests/drivers/machine.h"
#include "tests/support/kernel_double.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct kernel_ring *ring(void)
{
	return &kernel.rings[0];
}

static struct gi_driver *driver(void)
{
	return machine.drivers[0];
}

static void setup(const struct machine_options *options)
{
	kernel_reset();
	machine_start(options);
	for (uint32_t i = 0; i < machine.group.driver_count; i++) {
		machine_turn(i, false);
	}
	machine_on(0);
}

static void sleeper_waits_for_one_completion(void)
{
	setup(&(struct machine_options){.sleep_ns = 250000000});
	machine_turn(0, true);
	CU_ASSERT_EQUAL(ring()->wait_count, 1);
	CU_ASSERT_EQUAL(ring()->last_min_complete, 1);
	CU_ASSERT_EQUAL(ring()->last_timeout_ns, 250000000);
	CU_ASSERT_TRUE(ring()->last_flags & IORING_ENTER_GETEVENTS);
	CU_ASSERT_EQUAL(machine.logs[0].idle_count, 1);
	CU_ASSERT_EQUAL(gi_load_relaxed(&driver()->counters.sleeps), 1);
	machine_stop();
}

static void unbounded_sleep_has_no_timeout(void)
{
	setup(&(struct machine_options){0});
	machine_turn(0, true);
	CU_ASSERT_EQUAL(ring()->last_timeout_ns, UINT64_MAX);
	CU_ASSERT_EQUAL(ring()->waited_for_ever, 1);
	machine_stop();
}

static void on_fire(struct gi_timer *timer)
{
	(void)timer;
}

static void sleep_ends_with_the_next_timer(void)
{
	setup(&(struct machine_options){.sleep_ns = 500000000});
	struct gi_timer timer;
	gi_timer_init(&timer, on_fire);
	uint64_t now_ns = gi_driver_now_ns(driver());
	gi_timer_start(&driver()->timers, &timer, now_ns, 7 * GI_TIMER_TICK_NS);
	machine_turn(0, true);
	CU_ASSERT_TRUE(ring()->last_timeout_ns <= 8 * GI_TIMER_TICK_NS);
	CU_ASSERT_EQUAL(machine_turn(0, false), 1);
	CU_ASSERT_FALSE(gi_timer_is_running(&timer));
	machine_stop();
}

static void overslept_timer_fires_at_once(void)
{
	setup(&(struct machine_options){0});
	struct gi_timer timer;
	gi_timer_init(&timer, on_fire);
	gi_timer_start(&driver()->timers, &timer, gi_driver_now_ns(driver()), 0);
	machine_turn(0, true);
	CU_ASSERT_TRUE(ring()->last_timeout_ns <= GI_TIMER_TICK_NS);
	kernel.now_ns += 1000 * GI_TIMER_TICK_NS; /* as if the sleep had been much too long */
	CU_ASSERT_EQUAL(machine_turn(0, false), 1);
	CU_ASSERT_EQUAL(ring()->waited_for_ever, 0);
	machine_stop();
}

static uint64_t turn_ns;

static void note_time(uint32_t index)
{
	turn_ns = gi_driver_now_ns(machine.drivers[index]);
}

static void turn_has_the_time_of_the_sleeps_end(void)
{
	setup(&(struct machine_options){.sleep_ns = 250000000});
	machine_turn(0, true);
	uint64_t end_ns = kernel.now_ns;
	machine.logs[0].on_flush = note_time;
	machine_turn(0, false);
	CU_ASSERT_EQUAL(turn_ns, end_ns);
	CU_ASSERT_EQUAL(kernel.now_ns, end_ns); /* nobody has looked again */
	machine_turn(0, false);
	CU_ASSERT_TRUE(turn_ns > end_ns);
	machine_stop();
}

static bool on_run(struct gi_work *work, void *context)
{
	(void)work;
	(void)context;
	return true;
}

static void ready_work_keeps_awake(void)
{
	setup(&(struct machine_options){0});
	struct gi_work work = {.run = on_run, .class = GI_WORK_BACKGROUND};
	gi_work_push(&driver()->ready, &work);
	for (uint32_t i = 0; i < 5; i++) {
		CU_ASSERT_EQUAL(machine_turn(0, true), 1);
	}
	CU_ASSERT_EQUAL(ring()->wait_count, 0);
	machine_stop();
}

static void stopping_driver_does_not_sleep(void)
{
	setup(&(struct machine_options){0});
	gi_driver_stop(driver());
	machine_turn(0, true);
	CU_ASSERT_TRUE(driver()->must_stop);
	CU_ASSERT_EQUAL(ring()->wait_count, 0);
	machine_stop();
}

static struct gi_io idle_ios[12];

static void submit_many(uint32_t index)
{
	(void)index;
	for (uint32_t i = 0; i < 12; i++) {
		gi_io_init(&idle_ios[i], NULL);
		gi_io_prepare_nop(&idle_ios[i]);
		CU_ASSERT_EQUAL(gi_io_submit(driver(), &idle_ios[i]), 0);
	}
	machine.logs[0].on_idle = NULL;
}

/* What the last look before a sleep makes must be seen: operations beyond the queue slept along. */
static void what_idle_begins_keeps_awake(void)
{
	setup(&(struct machine_options){.entry_count = 8});
	machine.logs[0].on_idle = submit_many;
	machine_turn(0, true);
	CU_ASSERT_EQUAL(ring()->wait_count, 0);
	machine_turn(0, true);
	machine_turn(0, true);
	CU_ASSERT_EQUAL(kernel_submitted(ring(), IORING_OP_NOP), 12);
	machine_stop();
}

static void send_once(uint32_t index)
{
	machine.logs[index].on_idle = NULL;
	machine_send(0, 1, 1);
}

static void what_idle_sends_goes_out_first(void)
{
	setup(&(struct machine_options){.driver_count = 2});
	machine.logs[0].on_idle = send_once;
	machine_turn(0, true);
	CU_ASSERT_EQUAL(ring()->wait_count, 0);
	machine_turn(0, false);
	machine_turn(1, false);
	CU_ASSERT_TRUE(machine_got(1, 1, 1));
	machine_stop();
}

static void message_before_the_sleep_prevents_it(void)
{
	setup(&(struct machine_options){.driver_count = 2});
	machine_send(1, 0, 1);
	machine_turn(1, false);
	machine_on(0);
	gi_sleep(driver());
	CU_ASSERT_EQUAL(ring()->wait_count, 0);
	machine_stop();
}

/* ---- Spinning ---------------------------------------------------------------------------------------------------- */

static uint64_t spins_won(void)
{
	return gi_load_relaxed(&driver()->counters.spins_won);
}

static uint64_t spins_lost(void)
{
	return gi_load_relaxed(&driver()->counters.spins_lost);
}

static void spin_is_only_where_allowed(void)
{
	setup(&(struct machine_options){.sleep_ns = 1000000});
	uint64_t before_ns = kernel.now_ns;
	machine_turn(0, true);
	CU_ASSERT_TRUE(kernel.now_ns - before_ns < 1000000 + 20 * kernel.step_ns);
	CU_ASSERT_EQUAL(spins_lost(), 0);
	machine_stop();
}

static void lost_spins_shrink_to_none(void)
{
	setup(&(struct machine_options){.spin_allowed = true, .sleep_ns = 1000000});
	uint64_t budget_ns = driver()->spin_budget_ns;
	CU_ASSERT_EQUAL(budget_ns, 20000);
	uint64_t before_ns = kernel.now_ns;
	machine_turn(0, true);
	CU_ASSERT_TRUE(kernel.now_ns - before_ns >= 1000000 + budget_ns);
	CU_ASSERT_EQUAL(driver()->spin_budget_ns, budget_ns / 2);
	for (uint32_t i = 0; i < 8; i++) {
		machine_turn(0, true);
	}
	CU_ASSERT_EQUAL(driver()->spin_budget_ns, 0);
	CU_ASSERT_EQUAL(spins_lost(), 4); /* 20, 10, 5, 2.5 us; below 2 it does not pay */
	CU_ASSERT_EQUAL(ring()->wait_count, 9);
	machine_stop();
}

static void publish_for_0(void)
{
	machine_send(1, 0, 1);
	machine_turn(1, false);
	machine_on(0);
}

/* The first look at the clock is the spin's. */
static void message_in_spin(void)
{
	kernel.on_clock = NULL;
	publish_for_0();
}

static void won_spins_grow_to_the_limit(void)
{
	static const uint64_t budgets[] = {40000, 70000, 70000};
	setup(&(struct machine_options){.driver_count = 2, .spin_allowed = true, .spin_ns = 70000});
	for (uint32_t i = 0; i < GI_COUNT_OF(budgets); i++) {
		kernel.on_clock = message_in_spin;
		machine_turn(0, true);
		CU_ASSERT_EQUAL(driver()->spin_budget_ns, budgets[i]);
		CU_ASSERT_EQUAL(spins_won(), i + 1);
		machine_turn(0, false);
		CU_ASSERT_EQUAL(machine.logs[0].count, i + 1);
	}
	CU_ASSERT_EQUAL(ring()->wait_count, 0);
	machine_stop();
}

static void first_spin_is_within_its_limit(void)
{
	setup(&(struct machine_options){
	        .spin_allowed = true, .spin_ns = 5000, .sleep_ns = 1000000});
	CU_ASSERT_EQUAL(driver()->spin_budget_ns, 5000);
	machine_stop();
}

static uint64_t message_after_ns;

static void message_comes(struct kernel_ring *waiting)
{
	if (waiting == ring()) {
		kernel.now_ns += message_after_ns;
		publish_for_0();
	}
}

static void short_sleep_opens_the_spin(void)
{
	static const uint64_t after_ns[] = {30000, 300000};
	for (uint32_t i = 0; i < 2; i++) {
		setup(&(struct machine_options){.driver_count = 2, .spin_allowed = true});
		driver()->spin_budget_ns = 0;
		message_after_ns = after_ns[i];
		kernel.on_wait = message_comes;
		machine_turn(0, true);
		kernel.on_wait = NULL;
		CU_ASSERT_EQUAL(ring()->wait_count, 1);
		/* Woken by a message within what a spin would have lasted, or long after. */
		CU_ASSERT_EQUAL(driver()->spin_budget_ns, i == 0 ? 20000 : 0);
		machine_stop();
	}
}

/* A spin that was opened and closed again without a message is opened more and more rarely. */
static void opening_that_does_not_pay_gets_rare(void)
{
	setup(&(struct machine_options){
	        .driver_count = 2, .spin_allowed = true, .sleep_ns = 1000000});
	driver()->spin_budget_ns = 0;
	message_after_ns = 30000;
	uint32_t short_sleeps[4] = {0};
	for (uint32_t i = 0; i < 4; i++) {
		kernel.on_wait = message_comes;
		while (driver()->spin_budget_ns == 0) {
			machine_turn(0, true);
			machine_turn(0, false); /* takes the message */
			short_sleeps[i]++;
		}
		kernel.on_wait = NULL;
		while (driver()->spin_budget_ns > 0) {
			machine_turn(0, true);
		}
	}
	CU_ASSERT_EQUAL(short_sleeps[0], 1);
	CU_ASSERT_EQUAL(short_sleeps[1], 1);
	CU_ASSERT_EQUAL(short_sleeps[2], 3);
	CU_ASSERT_EQUAL(short_sleeps[3], 7);
	machine_stop();
}

static void completion_in_spin(void)
{
	kernel.on_clock = NULL;
	kernel_complete_deferred(ring(), GI_CQE_NONE, 0, 0);
}

static void spin_ends_with_a_completion(void)
{
	setup(&(struct machine_options){.spin_allowed = true});
	kernel.on_clock = completion_in_spin;
	machine_turn(0, true);
	CU_ASSERT_EQUAL(ring()->wait_count, 0);
	CU_ASSERT_EQUAL(driver()->spin_budget_ns, 10000); /* a sleep would have ended as well */
	machine_stop();
}

/* ---- Idle memory -------------------------------------------------------------------------------------------------- */

static void long_sleep_gives_memory_back(void)
{
	setup(&(struct machine_options){.sleep_ns = 100000000});
	void *blocks[2000];
	for (uint32_t i = 0; i < GI_COUNT_OF(blocks); i++) {
		blocks[i] = gi_heap_alloc(driver()->heap, 8192);
	}
	for (uint32_t i = 0; i < GI_COUNT_OF(blocks); i++) {
		gi_driver_free(driver(), blocks[i]);
	}
	uint64_t before = gi_arena_taken(machine.arena);
	machine_turn(0, true);
	CU_ASSERT_TRUE(gi_arena_taken(machine.arena) + (8 << 20) < before);
	machine_stop();
}

/* ---- What ends the process ----------------------------------------------------------------------------------------- */

/* In a child: true if the enter that fails so aborts it. */
static bool aborts(int err)
{
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		struct rlimit none = {0, 0};
		setrlimit(RLIMIT_CORE, &none);
		int nowhere = open("/dev/null", O_WRONLY);
		dup2(nowhere, STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		kernel_fail_enter(err);
		machine_turn(0, true);
		_exit(0);
	}
	int status = 0;
	CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void lost_completions_end_the_process(void)
{
	setup(&(struct machine_options){0});
	CU_ASSERT_TRUE(aborts(-EBADR));
	CU_ASSERT_TRUE(aborts(-EEXIST));
	CU_ASSERT_TRUE(aborts(-EBADF));
	CU_ASSERT_FALSE(aborts(-EBUSY));
	CU_ASSERT_FALSE(aborts(-EINTR));
	machine_stop();
}

static CU_TestInfo tests[] = {
        {"sleeper waits for one completion", sleeper_waits_for_one_completion},
        {"unbounded sleep has no timeout", unbounded_sleep_has_no_timeout},
        {"sleep ends with the next timer", sleep_ends_with_the_next_timer},
        {"overslept timer fires at once", overslept_timer_fires_at_once},
        {"turn has the time of the sleep's end", turn_has_the_time_of_the_sleeps_end},
        {"ready work keeps awake", ready_work_keeps_awake},
        {"stopping driver does not sleep", stopping_driver_does_not_sleep},
        {"what idle begins keeps awake", what_idle_begins_keeps_awake},
        {"what idle sends goes out first", what_idle_sends_goes_out_first},
        {"message before sleep prevents it", message_before_the_sleep_prevents_it},
        {"spin is only where allowed", spin_is_only_where_allowed},
        {"lost spins shrink to none", lost_spins_shrink_to_none},
        {"won spins grow to the limit", won_spins_grow_to_the_limit},
        {"first spin is within its limit", first_spin_is_within_its_limit},
        {"short sleep opens the spin", short_sleep_opens_the_spin},
        {"opening that does not pay gets rare", opening_that_does_not_pay_gets_rare},
        {"spin ends with a completion", spin_ends_with_a_completion},
        {"long sleep gives memory back", long_sleep_gives_memory_back},
        {"lost completions end the process", lost_completions_end_the_process},
        CU_TEST_INFO_NULL,
};

extern const struct suite sleep_suite;
const struct suite sleep_suite = {"sleep", tests};

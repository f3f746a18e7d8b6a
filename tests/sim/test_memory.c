/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of sim/memory.c; and of gatio, whose allocations fail one after the other. */
#include "sim/image.h"
#include "sim/process.h"

#include "drivers/kernel.h"
#include "tests/sim/bare.h"
#include "tests/support/suite.h"

#include <gatio/gatio.h>
#include <gatio/sim.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Whoever names it has the whole machine in the place of Linux. */
__attribute__((used)) static void *const machine = (void *)gatio_sim_main;

/* What a process has seen: it is no part of what a process finds anew. */
static GI_SIM_KEPT struct {
	uint64_t freed_count;
	uint64_t refused_count;
	uint64_t word_count;
	uint64_t empty_count;
	uint64_t left_count;
	bool is_right;
	int err;
} seen;

/* NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the linker gives the names */
void __wrap_free(void *memory);
void __real_free(void *memory);

void __wrap_free(void *memory)
{
	seen.freed_count += memory && gi_sim_here && gi_process_current();
	__real_free(memory);
}
/* NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming) */

static struct gi_process *begin(int (*main)(int argc, char **argv))
{
	static char *const arguments[] = {"process", NULL};
	static GI_SIM_KEPT bool has_image;
	if (!has_image) {
		gi_image_take();
		has_image = true;
	}
	struct gi_process *process = gi_process_start(0, "process", main, arguments);
	CU_ASSERT_PTR_NOT_NULL_FATAL(process);
	return process;
}

static struct gi_process *start(int (*main)(int argc, char **argv), uint64_t refused)
{
	memset(&seen, 0, sizeof(seen));
	bare_begin(1);
	struct gi_process *process = begin(main);
	CU_ASSERT_EQUAL(process->malloc_refused, 0); /* no fault exists */
	process->malloc_refused = refused;
	return process;
}

static void see(bool was_refused)
{
	seen.refused_count += was_refused;
	seen.is_right &= !was_refused || errno == ENOMEM;
	errno = 0;
}

#define FUNCTIONS 8u

static int each_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	void *memory[FUNCTIONS] = {NULL};
	seen.is_right = true;
	see(!(memory[0] = malloc(10)));
	see(!(memory[1] = calloc(10, 10)));
	see(!(memory[2] = realloc(NULL, 10)));
	see(!(memory[3] = reallocarray(NULL, 10, 10)));
	see(!(memory[4] = aligned_alloc(64, 64)));
	see(!(memory[5] = strdup("text")));
	see(!(memory[6] = strndup("text", 2)));
	seen.refused_count += posix_memalign(&memory[7], 64, 64) == ENOMEM && !memory[7];
	for (unsigned i = 0; i < FUNCTIONS; i++) {
		free(memory[i]);
	}
	return 0;
}

static void each_function_can_be_refused(void)
{
	for (uint64_t refused = 0; refused <= FUNCTIONS; refused++) {
		struct gi_process *process = start(each_main, refused);
		bare_finish();
		CU_ASSERT_EQUAL(process->malloc_count, FUNCTIONS);
		CU_ASSERT_EQUAL(seen.refused_count, refused > 0);
		CU_ASSERT_TRUE(seen.is_right);
		CU_ASSERT_EQUAL(process->was_starved, refused > 0);
		CU_ASSERT_EQUAL(bare_strikes(GI_FAULT_MALLOC_FAILS_AT_START), refused > 0);
	}
}

static int up_main(int argc, char **argv)
{
	struct gi_process *process = gi_process_current();
	(void)each_main(argc, argv);
	process->is_up = true;
	return each_main(argc, argv);
}

static void who_is_up_is_refused_by_chance(void)
{
	struct gi_process *process = start(up_main, 0);
	bare_set_rate(GI_FAULT_MALLOC_FAILS, BARE_ALWAYS);
	bare_finish();
	CU_ASSERT_EQUAL(seen.refused_count, FUNCTIONS);
	CU_ASSERT_TRUE(process->lacked_memory);
	CU_ASSERT_FALSE(process->was_starved);
	CU_ASSERT_EQUAL(bare_strikes(GI_FAULT_MALLOC_FAILS), FUNCTIONS);
}

static int open_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	seen.err = gi_kernel_signal_open();
	gi_kernel_close(seen.err);
	return 0;
}

static void *script_main(void *argument)
{
	*(void **)argument = malloc(10);
	return NULL;
}

static void others_are_not_counted(void)
{
	struct gi_process *process = start(open_main, 1);
	void *memory = NULL;
	bare_set_rate(GI_FAULT_MALLOC_FAILS, BARE_ALWAYS);
	(void)gi_task_start(NULL, "script", script_main, &memory);
	bare_finish();
	CU_ASSERT_TRUE(seen.err >= 0); /* the simulation's own memory */
	CU_ASSERT_PTR_NOT_NULL(memory);
	CU_ASSERT_EQUAL(process->malloc_count, 0);
	CU_ASSERT_FALSE(process->was_starved);
	free(memory);
}

static uint64_t refused_of(uint64_t seed)
{
	bare_begin_with_faults(seed);
	bare_set_rate(GI_FAULT_MALLOC_FAILS_AT_START, BARE_ALWAYS);
	return begin(each_main)->malloc_refused;
}

static void seed_draws_which_one(void)
{
	uint64_t early_count = 0;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		uint64_t refused = refused_of(seed);
		CU_ASSERT_EQUAL(refused_of(seed), refused);
		CU_ASSERT_TRUE(refused >= 1 && refused <= 128);
		early_count += refused <= 25;
	}
	CU_ASSERT_TRUE(early_count > 50 && early_count < 150);
}

/* ---- gatio ------------------------------------------------------------------------------------------------------------ */

struct nobody {
	int unused;
};

static void on_received(struct nobody *self, const struct gatio_received *received)
{
	(void)self;
	(void)received;
}

GATIO_BEHAVIOR(nobody, on(gatio_received, on_received));

static void hear(void *context, enum gatio_log_level level, const char *text)
{
	(void)context;
	seen.word_count += level == GATIO_LOG_ERROR;
	seen.empty_count += strlen(text) < 10;
}

/* A system, and all of gatio that asks for memory by itself. */
static void live(void)
{
	struct gatio_options options = {.log = hear, .tpcs = "one"};
	struct gatio_port_options port = {
	        .listen = "127.0.0.1:7777", .refusal = "full", .drivers = "0"};
	struct gatio_system *system = NULL;
	struct gatio_outside *outside = NULL;
	seen.err = gatio_system_create(&system, &options);
	seen.err = seen.err ? seen.err : gatio_port_open(system, &port, nobody, .unused = 0);
	port.drivers = NULL;
	seen.err = seen.err ? seen.err : gatio_port_open(system, &port, nobody, .unused = 0);
	if (!seen.err && gatio_outside_open(&outside, system) == -ENOMEM) {
		seen.word_count++; /* it has no log */
		seen.err = -ENOMEM;
	}
	gatio_outside_close(outside);
	gatio_system_destroy(system);
}

static int first_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	live();
	return 0;
}

/* Tables of what is declared are there: they stay as long as the process. */
static int second_main(int argc, char **argv)
{
	struct gi_process *process = gi_process_current();
	uint64_t refused = process->malloc_refused;
	process->malloc_refused = 0;
	(void)first_main(argc, argv);
	uint64_t before = process->malloc_count;
	seen.freed_count = 0;
	process->malloc_refused = refused ? before + refused : 0;
	live();
	seen.left_count = process->malloc_count - before - (refused > 0) - seen.freed_count;
	return 0;
}

/* Returns how often it has asked. */
static uint64_t run(int (*main)(int argc, char **argv), uint64_t refused)
{
	const struct gi_process *process = start(main, refused);
	bare_finish();
	CU_ASSERT_TRUE_FATAL(process->has_ended);
	CU_ASSERT_EQUAL(process->status, 0);
	CU_ASSERT_EQUAL(process->open_count, 0);
	CU_ASSERT_EQUAL(seen.left_count, 0);
	CU_ASSERT_EQUAL(seen.err, refused ? -ENOMEM : 0);
	CU_ASSERT_EQUAL(seen.word_count, refused > 0);
	CU_ASSERT_EQUAL(seen.empty_count, 0);
	return process->malloc_count;
}

static void gatio_says_what_it_lacks_and_leaves_nothing(void)
{
	uint64_t first_count = run(first_main, 0);
	uint64_t second_count = run(second_main, 0) - first_count;
	CU_ASSERT_TRUE(second_count > 20);
	CU_ASSERT_TRUE(first_count > second_count);
	for (uint64_t refused = 1; refused <= first_count; refused++) {
		(void)run(first_main, refused);
	}
	for (uint64_t refused = 1; refused <= second_count; refused++) {
		(void)run(second_main, refused);
	}
}

static CU_TestInfo memory_tests[] = {
        {"each function can be refused", each_function_can_be_refused},
        {"who is up is refused by chance", who_is_up_is_refused_by_chance},
        {"others are not counted", others_are_not_counted},
        {"the seed draws which one", seed_draws_which_one},
        {"gatio says what it lacks and leaves nothing",
         gatio_says_what_it_lacks_and_leaves_nothing},
        CU_TEST_INFO_NULL,
};

static const struct suite memory_suite = {"memory", memory_tests};

const struct suite *const suites[] = {&memory_suite, NULL};

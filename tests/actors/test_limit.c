/* SPDX-License-Identifier: Apache-2.0 */
/* A system into its memory limit and out of it again: who asks is refused, and nothing else breaks. */
#include "tests/actors/log.h"
#include "tests/support/gate.h"
#include "tests/support/suite.h"

#include "actors/calls.h"
#include "actors/message.h"
#include "actors/system.h"

#include <errno.h>
#include <string.h>

#define LIMIT ((uint64_t)16 << 20)

GATIO_MESSAGE(gorge, { size_t size; }); /* allocate until there is no more */
GATIO_MESSAGE(disgorge, {});            /* free all of it */
GATIO_MESSAGE(breed, {});               /* spawn until there is no more */
GATIO_MESSAGE(depart, {});
GATIO_MESSAGE(ball, { uint32_t left; });
GATIO_MESSAGE(partner, { struct gatio_address address; });

struct limit_report {
	struct gate *gate;
	_Atomic uint64_t block_count;
	_Atomic uint64_t child_count;
	_Atomic int spawn_error;
	_Atomic uint64_t ball_count;
};

struct hog {
	struct limit_report *report;
	void **first; /* of its blocks, linked */
};

static void on_gorge(struct hog *self, const struct gorge *gorge)
{
	void **block;
	while ((block = gatio_alloc(gorge->size))) {
		*block = self->first;
		self->first = block;
		gi_fetch_add_relaxed(&self->report->block_count, 1);
	}
	gate_open(self->report->gate);
}

static void on_disgorge(struct hog *self, const struct disgorge *disgorge)
{
	(void)disgorge;
	while (self->first) {
		void **block = self->first;
		self->first = *block;
		gatio_free(block);
	}
	gate_open(self->report->gate);
}

struct child {
	unsigned char weight[4000];
};
GATIO_DECLARE_BEHAVIOR(child);

static void on_breed(struct hog *self, const struct breed *breed)
{
	(void)breed;
	int err;
	for (;;) { /* until memory ends it */
		err = gatio_address_error(gatio_spawn(child, {0}));
		if (err) {
			break;
		}
		gi_fetch_add_relaxed(&self->report->child_count, 1);
	}
	gi_store_release(&self->report->spawn_error, err);
	gate_open(self->report->gate);
}

static void on_hog_depart(struct hog *self, const struct depart *depart)
{
	(void)self;
	(void)depart;
	gatio_exit(0);
}

static void on_hog_ended(struct hog *self, int reason)
{
	(void)reason;
	gate_open(self->report->gate);
}

static void on_child_depart(struct child *self, const struct depart *depart)
{
	(void)self;
	(void)depart;
	gatio_exit(0);
}

GATIO_BEHAVIOR(hog, on(gorge, on_gorge), on(disgorge, on_disgorge), on(breed, on_breed),
               on(depart, on_hog_depart), ended(on_hog_ended));
GATIO_BEHAVIOR(child, on(depart, on_child_depart));

struct player {
	struct limit_report *report;
	struct gatio_address other;
};

static void on_partner(struct player *self, const struct partner *partner)
{
	self->other = partner->address;
	gate_open(self->report->gate);
}

static void on_ball(struct player *self, const struct ball *ball)
{
	gi_fetch_add_relaxed(&self->report->ball_count, 1);
	if (ball->left == 0) {
		gate_open(self->report->gate);
		return;
	}
	gatio_send(self->other, ball, .left = ball->left - 1);
}

GATIO_BEHAVIOR(player, on(partner, on_partner), on(ball, on_ball));

static struct gatio_system *system_now;
static struct gatio_outside *outside;
static struct gatio_address hog_now;
static struct gatio_address players[2];
static struct limit_report report;

static void open_world(void)
{
	memset(&report, 0, sizeof(report));
	report.gate = gate_create();
	struct gatio_options options = {
	        .driver_count = 2, .tpcs = "one", .memory_limit = LIMIT, .log = log_keep};
	log_clear();
	CU_ASSERT_EQUAL_FATAL(gatio_system_create(&system_now, &options), 0);
	CU_ASSERT_EQUAL_FATAL(gatio_outside_open(&outside, system_now), 0);
	hog_now = gatio_system_spawn(system_now, GATIO_ON_DRIVER(0), hog, .report = &report);
	for (uint32_t i = 0; i < 2; i++) {
		players[i] = gatio_system_spawn(system_now, GATIO_ON_DRIVER(i), player,
		                                .report = &report);
	}
	for (uint32_t i = 0; i < 2; i++) {
		gatio_outside_send(outside, players[i], partner, .address = players[1 - i]);
	}
	/* A ball from one to the other could come before what the other is told from outside: no order binds these. */
	CU_ASSERT_TRUE_FATAL(gate_pass(report.gate, 2));
}

static void close_world(void)
{
	gatio_outside_close(outside);
	gatio_system_destroy(system_now);
	gate_destroy(report.gate);
}

/* The others go on, over both drivers. */
static void play(void)
{
	uint64_t before = gi_load_acquire(&report.ball_count);
	CU_ASSERT_EQUAL(gatio_outside_send(outside, players[0], ball, .left = 999), 0);
	CU_ASSERT_TRUE(gate_pass(report.gate, 1));
	CU_ASSERT_EQUAL(gi_load_acquire(&report.ball_count), before + 1000);
}

static void read_used(struct gi_scheduler *scheduler, void *argument, uint64_t value)
{
	(void)value;
	*(uint64_t *)argument = gi_heap_used(scheduler->driver->heap);
}

static uint64_t used(void)
{
	uint64_t bytes = 0;
	struct gi_call call = {.run = read_used, .argument = &bytes};
	CU_ASSERT_EQUAL(gi_system_submit(system_now, 0, &call), 0);
	return bytes;
}

static void allocations_end_at_the_limit(void)
{
	open_world();
	play();
	uint64_t used_before = used();
	static const size_t sizes[] = {100, 5000, 200000};
	for (uint32_t i = 0; i < 3; i++) {
		gi_store_release(&report.block_count, 0);
		CU_ASSERT_EQUAL(gatio_outside_send(outside, hog_now, gorge, .size = sizes[i]), 0);
		CU_ASSERT_TRUE(gate_pass(report.gate, 1));
		CU_ASSERT(gi_load_acquire(&report.block_count) * sizes[i] > LIMIT / 2);
		CU_ASSERT(gi_load_acquire(&report.block_count) * sizes[i] < LIMIT);
		play();
		CU_ASSERT_EQUAL(gatio_outside_send(outside, hog_now, disgorge), 0);
		CU_ASSERT_TRUE(gate_pass(report.gate, 1));
		play();
		CU_ASSERT_EQUAL(used(), used_before);
	}
	close_world();
}

static void memory_goes_with_the_hog(void)
{
	open_world();
	play();
	for (uint32_t i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(gatio_outside_send(outside, hog_now, gorge, .size = 3000), 0);
		CU_ASSERT_TRUE(gate_pass(report.gate, 1));
		/* No memory for another one, until it ends. */
		struct gatio_address refused =
		        gatio_system_spawn(system_now, GATIO_ON_DRIVER(0), child, {0});
		CU_ASSERT_EQUAL(gatio_address_error(refused), -ENOMEM);
		CU_ASSERT_EQUAL(gatio_outside_send(outside, hog_now, depart), 0);
		CU_ASSERT_TRUE(gate_pass(report.gate, 1));
		hog_now =
		        gatio_system_spawn(system_now, GATIO_ON_DRIVER(0), hog, .report = &report);
		CU_ASSERT_EQUAL(gatio_address_error(hog_now), 0);
		play();
	}
	close_world();
}

static void spawns_end_at_the_limit(void)
{
	open_world();
	play();
	CU_ASSERT_EQUAL(gatio_outside_send(outside, hog_now, breed), 0);
	CU_ASSERT_TRUE(gate_pass(report.gate, 1));
	CU_ASSERT_EQUAL(gi_load_acquire(&report.spawn_error), -ENOMEM);
	CU_ASSERT(gi_load_acquire(&report.child_count) > 1000);
	play();
	close_world(); /* all of them end */
}

static void stop_at_the_limit_needs_no_memory(void)
{
	open_world();
	CU_ASSERT_EQUAL(gatio_outside_send(outside, hog_now, gorge, .size = 3000), 0);
	CU_ASSERT_TRUE(gate_pass(report.gate, 1));
	CU_ASSERT_EQUAL(gatio_outside_send(outside, hog_now, gorge, .size = 16), 0);
	CU_ASSERT_TRUE(gate_pass(report.gate, 1));
	gatio_outside_close(outside);
	gatio_system_stop(system_now, 0);
	CU_ASSERT_EQUAL(gatio_system_run(system_now), 0);
	CU_ASSERT_TRUE(gate_pass(report.gate, 1)); /* the hog's end */
	gate_destroy(report.gate);
}

static const CU_TestInfo tests[] = {
        {"allocations end at the limit", allocations_end_at_the_limit},
        {"memory goes with the hog", memory_goes_with_the_hog},
        {"spawns end at the limit", spawns_end_at_the_limit},
        {"stop at the limit needs no memory", stop_at_the_limit_needs_no_memory},
        CU_TEST_INFO_NULL,
};

const struct suite limit_suite = {"limit", tests};

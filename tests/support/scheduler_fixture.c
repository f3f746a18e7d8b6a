/* SPDX-License-Identifier: Apache-2.0 */
/* Drivers and schedulers turned by hand. */
#include "tests/support/scheduler_fixture.h"

#include "actors/drain.h"
#include "tests/support/by_hand.h"

#include <errno.h>

#define QUIET_ROUNDS 4
#define ROUNDS_MAX   100000

/* A driver makes its table of handles with the first timer and keeps it: here it has been made. */
static void make_tables(struct gi_scheduler *scheduler)
{
	uint64_t handle;
	int err = gi_handle_take(&scheduler->alarms, scheduler->driver->heap, scheduler, &handle);
	by_hand_must(err == 0, "no table of timers");
	gi_handle_put(&scheduler->alarms, handle);
}

void scheduler_fixture_open(struct scheduler_fixture *fixture,
                            const struct scheduler_fixture_options *options)
{
	struct by_hand_options hand = {
	        .options = {.driver_count = options->driver_count,
	                    .memory_limit = options->memory_limit,
	                    .actor_count_max = options->actor_count_max,
	                    .mailbox_slots = options->mailbox_slots ? options->mailbox_slots : 16,
	                    .outbox_count_max =
	                            options->outbox_count_max ? options->outbox_count_max : 64,
	                    .io_count_max = 64,
	                    .budget = options->budget,
	                    .sleep_ns = UINT64_MAX},
	        .tuning = {.entry_count = 8, .completion_count = 16},
	        .drivers_per_tpc = options->drivers_per_tpc,
	        .drivers_per_l3 = options->drivers_per_l3,
	        .io_driver_count = options->io_driver_count,
	};
	*fixture = (struct scheduler_fixture){.system = by_hand_create(&hand)};
	for (uint32_t i = 0; i < fixture->system->plan->driver_count; i++) {
		make_tables(fixture->system->schedulers[i]);
		fixture->used_at_start[i] =
		        gi_heap_used(fixture->system->schedulers[i]->driver->heap);
	}
	scheduler_fixture_be(fixture, 0);
}

struct gi_scheduler *scheduler_fixture_scheduler(struct scheduler_fixture *fixture, uint32_t index)
{
	return fixture->system->schedulers[index];
}

struct gi_scheduler *scheduler_fixture_be(struct scheduler_fixture *fixture, uint32_t index)
{
	return by_hand_be(fixture->system, index);
}

uint32_t scheduler_fixture_turn(struct scheduler_fixture *fixture, uint32_t index)
{
	return gi_driver_turn(scheduler_fixture_be(fixture, index)->driver, false);
}

void scheduler_fixture_settle(struct scheduler_fixture *fixture)
{
	uint32_t quiet_rounds = 0;
	uint32_t rounds = 0;
	while (quiet_rounds < QUIET_ROUNDS) {
		uint32_t done_count = 0;
		for (uint32_t i = 0; i < fixture->system->plan->driver_count; i++) {
			done_count += scheduler_fixture_turn(fixture, i);
			done_count += fixture->system->schedulers[i]->driver->dirty != NULL;
		}
		quiet_rounds = done_count == 0 ? quiet_rounds + 1 : 0;
		by_hand_must(++rounds < ROUNDS_MAX, "the actors do not settle");
	}
	scheduler_fixture_be(fixture, 0);
}

void scheduler_fixture_close(struct scheduler_fixture *fixture)
{
	for (uint32_t i = 0; i < fixture->system->plan->driver_count; i++) {
		gi_scheduler_end_all(scheduler_fixture_be(fixture, i), -ESHUTDOWN);
	}
	scheduler_fixture_settle(fixture);
	by_hand_destroy(fixture->system);
}

/* The driver sends incomplete chains only before it sleeps, which it does not do here. */
static void send_home(struct scheduler_fixture *fixture)
{
	for (uint32_t i = 0; i < fixture->system->plan->driver_count; i++) {
		struct gi_heap *heap = fixture->system->schedulers[i]->driver->heap;
		struct gi_block_chain chain;
		while (gi_heap_take_chain(heap, 1, &chain)) {
			gi_heap_put_chain(
			        fixture->system->schedulers[chain.home_index]->driver->heap,
			        chain.first);
		}
	}
}

int64_t scheduler_fixture_used(struct scheduler_fixture *fixture, uint32_t index)
{
	send_home(fixture);
	uint64_t used = gi_heap_used(fixture->system->schedulers[index]->driver->heap);
	return (int64_t)used - (int64_t)fixture->used_at_start[index];
}

static void fill_with(struct scheduler_fixture *fixture, uint32_t index, size_t size)
{
	void **block;
	while ((block = gi_heap_alloc(fixture->system->schedulers[index]->driver->heap, size))) {
		*block = fixture->filling[index];
		fixture->filling[index] = block;
	}
}

void scheduler_fixture_fill(struct scheduler_fixture *fixture, uint32_t index)
{
	for (size_t size = (size_t)1 << 20; size > 1024; size /= 2) {
		fill_with(fixture, index, size);
	}
	for (size_t size = 1024; size > 0;
	     size -= 16) { /* what is left in the pages of each class */
		fill_with(fixture, index, size);
	}
}

void scheduler_fixture_unfill(struct scheduler_fixture *fixture, uint32_t index)
{
	while (fixture->filling[index]) {
		void **block = fixture->filling[index];
		fixture->filling[index] = *block;
		gi_heap_free(fixture->system->schedulers[index]->driver->heap, block);
	}
}

struct gatio_counters scheduler_fixture_counters(struct scheduler_fixture *fixture, uint32_t index)
{
	struct gatio_counters counters;
	by_hand_must(gatio_system_counters(fixture->system, index, &counters) == 0, "no counters");
	return counters;
}

uint64_t scheduler_fixture_dead_letters(struct scheduler_fixture *fixture)
{
	uint64_t count = 0;
	for (uint32_t i = 0; i < fixture->system->plan->driver_count; i++) {
		count += scheduler_fixture_counters(fixture, i).dead_letters;
	}
	return count;
}

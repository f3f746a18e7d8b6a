/* SPDX-License-Identifier: Apache-2.0 */
/* Mesh: what a system of many idle drivers weighs, and what is added when some pairs of them have talked. */
#include <errno.h>
#include <stdio.h>

#include "bench/growth/growth.h"
#include "bench/support.h"

enum {
	SETTLE_MS = 200,
	POLL_MS = 1,
	GOES = 8,   /* for each pair, one after the other has arrived */
	BATCH = 64, /* messages a go: together twice the ring, so that all of it has been touched */
};

GATIO_MESSAGE(growth_word, { uint64_t number; });

struct growth_listener {
	uint64_t word_count;
};

struct growth_talker {
	struct gatio_address listener;
};

static void on_word(struct growth_listener *self, const struct growth_word *word)
{
	(void)word;
	self->word_count++;
}

GATIO_BEHAVIOR(growth_listener, on(growth_word, on_word));

static void on_talker_go(struct growth_talker *self, const struct growth_go *go)
{
	for (uint32_t i = 0; i < BATCH; i++) {
		int err = gatio_send(self->listener, growth_word, .number = go->round);
		if (err) {
			growth_fail(gatio_current_system(), err, "saying a word");
			return;
		}
	}
}

GATIO_BEHAVIOR(growth_talker, on(growth_go, on_talker_go));

static uint64_t count_sent(struct gatio_system *system)
{
	uint64_t sent = 0;
	for (uint32_t i = 0; i < growth.driver_count; i++) {
		struct gatio_counters counters = {.messages_in = 0};
		if (gatio_system_counters(system, i, &counters) == 0) {
			sent += counters.messages_out;
		}
	}
	return sent;
}

/* All pairs differ: those at distance 1 first, then at distance 2, and so on round the drivers. */
static struct gatio_address spawn_pair(struct gatio_system *system, uint32_t index)
{
	uint32_t from = index % growth.driver_count;
	uint32_t to = (from + 1 + index / growth.driver_count) % growth.driver_count;
	struct gatio_address listener =
	        gatio_system_spawn(system, GATIO_ON_DRIVER(to), growth_listener, .word_count = 0);
	return gatio_system_spawn(system, GATIO_ON_DRIVER(from), growth_talker,
	                          .listener = listener);
}

static int let_talk(struct gatio_system *system, struct gatio_address talker)
{
	int err = 0;
	for (uint32_t go = 0; go < GOES && err == 0; go++) {
		uint64_t expected = count_sent(system) + BATCH;
		err = growth_start(system, talker, go);
		while (err == 0 && count_sent(system) < expected) {
			bench_sleep_ms(POLL_MS); /* whoever started this has a deadline */
		}
	}
	return err;
}

/* Pairs from `first` on. */
static int let_pairs_talk(struct gatio_system *system, uint32_t first, uint32_t count)
{
	int err = 0;
	for (uint32_t i = 0; i < count && err == 0; i++) {
		err = let_talk(system, spawn_pair(system, first + i));
	}
	bench_sleep_ms(SETTLE_MS);
	return err;
}

int growth_idle(struct gatio_system *system)
{
	(void)system;
	bench_sleep_ms(SETTLE_MS);
	printf("%llu\n", (unsigned long long)bench_resident_size());
	return 0;
}

/*
 * Prints two sizes: when each driver has talked with the next, so that what it makes on first use is there; and when
 * `count` pairs more have talked.
 */
int growth_mesh(struct gatio_system *system)
{
	uint64_t pair_max = (uint64_t)growth.driver_count * (growth.driver_count - 1);
	if (growth.count + growth.driver_count > pair_max) {
		return -EINVAL;
	}
	int err = let_pairs_talk(system, 0, growth.driver_count);
	uint64_t before = bench_anonymous_size();
	if (err == 0) {
		err = let_pairs_talk(system, growth.driver_count, growth.count);
	}
	printf("%llu %llu\n", (unsigned long long)before,
	       (unsigned long long)bench_anonymous_size());
	return err;
}

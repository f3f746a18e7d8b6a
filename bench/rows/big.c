/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Big: 120 actors on two drivers; each sends a ping to another one by chance, waits for the pong, and goes on. All pairs
 * talk, and no message waits for another.
 */
#include "bench/rows/harness.h"
#include "bench/rows/rows.h"

enum {
	ACTOR_COUNT = 120,
	PONGS_IN_TALLY = 256,
	TALLIES_BETWEEN_CLOCKS = 8,
};

GATIO_MESSAGE(bench_ping, { uint64_t number; });
GATIO_MESSAGE(bench_pong, { uint64_t number; });
GATIO_MESSAGE(bench_tally, { uint32_t pong_count; });
GATIO_MESSAGE(bench_party, { struct gatio_address actors[ACTOR_COUNT]; });

struct bench_guest {
	struct gatio_address host;
	uint64_t pong_count;
	struct gatio_address actors[ACTOR_COUNT];
};

struct bench_host {
	uint64_t tally_count;
};

static void ping_someone(const struct bench_guest *self)
{
	struct gatio_address someone = self->actors[gatio_random() % ACTOR_COUNT];
	int err = gatio_send(someone, bench_ping, .number = self->pong_count);
	if (err) {
		bench_harness_fail(err, "sending a ping");
	}
}

static void on_party(struct bench_guest *self, const struct bench_party *party)
{
	for (uint32_t i = 0; i < ACTOR_COUNT; i++) {
		self->actors[i] = party->actors[i];
	}
	ping_someone(self);
}

static void on_ping(struct bench_guest *self, const struct bench_ping *ping)
{
	(void)self;
	int err = gatio_reply(bench_pong, .number = ping->number);
	if (err) {
		bench_harness_fail(err, "sending a pong");
	}
}

static void on_pong(struct bench_guest *self, const struct bench_pong *pong)
{
	(void)pong;
	self->pong_count++;
	if (self->pong_count % PONGS_IN_TALLY == 0) {
		int err = gatio_send(self->host, bench_tally, .pong_count = PONGS_IN_TALLY);
		if (err) {
			bench_harness_fail(err, "sending a tally");
		}
	}
	ping_someone(self);
}

GATIO_BEHAVIOR(bench_guest, on(bench_party, on_party), on(bench_ping, on_ping),
               on(bench_pong, on_pong));

static void on_tally(struct bench_host *self, const struct bench_tally *tally)
{
	self->tally_count++;
	if (self->tally_count % TALLIES_BETWEEN_CLOCKS == 0) {
		bench_harness_count(self->tally_count * tally->pong_count);
	}
}

static int invite(const struct bench_party *party)
{
	for (uint32_t i = 0; i < ACTOR_COUNT; i++) {
		int err = gatio_actor_send(party->actors[i], &gatio_message_bench_party, party);
		if (err) {
			return err;
		}
	}
	return 0;
}

static void on_go(struct bench_host *self, const struct bench_go *go)
{
	struct bench_party party;
	(void)self;
	(void)go;
	for (uint32_t i = 0; i < ACTOR_COUNT; i++) {
		party.actors[i] =
		        gatio_spawn_at(GATIO_ON_DRIVER(i % 2), bench_guest, .host = gatio_self());
		int err = gatio_address_error(party.actors[i]);
		if (err) {
			bench_harness_fail(err, "spawning a guest");
			return;
		}
	}
	int err = invite(&party);
	if (err) {
		bench_harness_fail(err, "inviting the guests");
	}
}

GATIO_BEHAVIOR(bench_host, on(bench_tally, on_tally), on(bench_go, on_go));

/* Millions of pings, each with its pong, a second. */
static int run(const struct bench_context *context, struct bench_sample *out_sample)
{
	struct bench_host first = {.tally_count = 0};
	struct bench_scene scene = {.options = {.driver_count = 2},
	                            .behavior = &gatio_behavior_bench_host,
	                            .state = &first};
	return bench_harness_rate(context, &scene, out_sample);
}

const struct bench_measure bench_big = {.name = "big", .unit = "M/s", .run = run};

/* SPDX-License-Identifier: Apache-2.0 */
/* Ring of 503: as many actors on one driver, each knowing the next, and one token that goes round. */
#include "bench/rows/harness.h"
#include "bench/rows/rows.h"

enum {
	ACTOR_COUNT = 503,
	HOPS_BETWEEN_CLOCKS = 8 * ACTOR_COUNT,
};

GATIO_MESSAGE(bench_token, { uint64_t hop_count; });

GATIO_DECLARE_BEHAVIOR(bench_link);

struct bench_link {
	struct gatio_address next;
	bool is_first;
};

static void on_token(struct bench_link *self, const struct bench_token *token)
{
	if (self->is_first && token->hop_count % HOPS_BETWEEN_CLOCKS == 0 &&
	    bench_harness_count(token->hop_count)) {
		return;
	}
	int err = gatio_send(self->next, bench_token, .hop_count = token->hop_count + 1);
	if (err) {
		bench_harness_fail(err, "passing the token on");
	}
}

static void on_go(struct bench_link *self, const struct bench_go *go)
{
	(void)go;
	self->is_first = true;
	self->next = gatio_self();
	for (uint32_t i = 1; i < ACTOR_COUNT; i++) {
		self->next = gatio_spawn(bench_link, .next = self->next);
		int err = gatio_address_error(self->next);
		if (err) {
			bench_harness_fail(err, "spawning the ring");
			return;
		}
	}
	on_token(self, &(struct bench_token){.hop_count = 0});
}

GATIO_BEHAVIOR(bench_link, on(bench_token, on_token), on(bench_go, on_go));

static int run(const struct bench_context *context, struct bench_sample *out_sample)
{
	struct bench_link first = {.is_first = true};
	struct bench_scene scene = {.options = {.driver_count = 1},
	                            .behavior = &gatio_behavior_bench_link,
	                            .state = &first};
	return bench_harness_cost(context, &scene, out_sample);
}

const struct bench_measure bench_ring503_hop = {.name = "ring503_hop", .unit = "ns", .run = run};

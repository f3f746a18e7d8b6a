/* SPDX-License-Identifier: Apache-2.0 */
/* Context: what a handler asks about itself and where it runs. */
#include "actors/message.h"
#include "actors/system.h"

#include "base/misuse.h"
#include "drivers/kernel.h"

#include <unistd.h>

struct gatio_address gatio_self(void)
{
	struct gi_scheduler *scheduler = gi_scheduler_for("gatio_self");
	return (struct gatio_address){.bits = scheduler->actor ? scheduler->actor->address : 0};
}

struct gatio_address gatio_sender(void)
{
	struct gi_scheduler *scheduler = gi_scheduler_for("gatio_sender");
	return (struct gatio_address){.bits = scheduler->message ? scheduler->message->from : 0};
}

struct gatio_asker gatio_asker(void)
{
	struct gi_scheduler *scheduler = gi_scheduler_for("gatio_asker");
	gi_require(scheduler->message, "gatio_asker", "there is no message to answer",
	           "call it, or gatio_reply(), in the handler of one, or keep the asker");
	/* An answer's token is that of an ask of this actor: who answered did not ask. */
	bool is_ask = scheduler->message->kind == GI_KIND_USER;
	return (struct gatio_asker){.address = {.bits = scheduler->message->from},
	                            .token = is_ask ? scheduler->message->token : 0};
}

const struct gatio_message_type *gatio_current_type(void)
{
	struct gi_scheduler *scheduler = gi_scheduler_for("gatio_current_type");
	gi_require(scheduler->message, "gatio_current_type", "no message is being handled",
	           "call it in the handler of one");
	return gi_type_of_index(scheduler->message->type);
}

uint64_t gatio_tag(void)
{
	return gi_scheduler_for("gatio_tag")->tag;
}

void gatio_exit(int reason)
{
	struct gi_actor *actor = gi_scheduler_of_actor("gatio_exit")->actor;
	if (!actor->is_ending) {
		actor->is_ending = true;
		actor->exit_reason = reason;
	}
}

uint64_t gatio_now_ns(void)
{
	return gi_driver_now_ns(gi_scheduler_for("gatio_now_ns")->driver);
}

/* xoroshiro128+ (Blackman and Vigna, 2018). */
uint64_t gatio_random(void)
{
	uint64_t *state = gi_scheduler_for("gatio_random")->random_state;
	uint64_t a = state[0];
	uint64_t b = state[1];
	uint64_t result = a + b;
	b ^= a;
	state[0] = (a << 24 | a >> 40) ^ b ^ (b << 16);
	state[1] = b << 37 | b >> 27;
	return result;
}

uint32_t gatio_driver_index(void)
{
	return gi_scheduler_for("gatio_driver_index")->index;
}

uint32_t gatio_driver_count(void)
{
	return gi_scheduler_for("gatio_driver_count")->driver->group->driver_count;
}

uint32_t gatio_tpc_index(void)
{
	return gi_scheduler_for("gatio_tpc_index")->tpc_index;
}

uint32_t gatio_tpc_count(void)
{
	return gi_scheduler_for("gatio_tpc_count")->system->plan->tpc_count;
}

void gatio_child_prepare(void)
{
	gi_require(gi_scheduler_here, "gatio_child_prepare", "called outside of a handler's child",
	           "call it in a child that a handler has made by fork(2)");
	gi_require(getpid() == gettid(), "gatio_child_prepare",
	           "called in a handler itself, whose thread it would change",
	           "call it in a child that the handler has made by fork(2)");
	const struct gatio_system *system = gi_scheduler_here->system;
	if (system->cpus_size > 0) {
		(void)gi_kernel_affinity_set(system->cpus_before, (size_t)system->cpus_size);
	}
	gi_kernel_signals_mask(SIG_SETMASK, &system->mask_before, NULL);
}

struct gatio_system *gatio_current_system(void)
{
	return gi_scheduler_for("gatio_current_system")->system;
}

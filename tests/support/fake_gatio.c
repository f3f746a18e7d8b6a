/* SPDX-License-Identifier: Apache-2.0 */
/* Fake gatio: a double of the runtime in one thread: types, actors, timers, running. */
#include "tests/support/fake_gatio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/fake_inside.h"

struct fake fake;
#define TYPE_COUNT_MAX 256u
static const char *type_names[TYPE_COUNT_MAX]; /* by index, from 1 */
static uint32_t type_count;

/* ---- Registration ----------------------------------------------------------------------------------------------- */

void gatio_message_type_register(struct gatio_message_type *type)
{
	for (uint32_t i = 1; i <= type_count; i++) {
		if (strcmp(type_names[i], type->name) == 0) {
			type->index = i;
			return;
		}
	}
	type->index = ++type_count;
	if (type_count == TYPE_COUNT_MAX) {
		abort();
	}
	type_names[type_count] = type->name;
}

void gatio_message_type_unregister(struct gatio_message_type *type)
{
	(void)type;
}

void gatio_behavior_register(struct gatio_behavior *behavior)
{
	(void)behavior;
}

void gatio_behavior_unregister(struct gatio_behavior *behavior)
{
	(void)behavior;
}

/* ---- Addresses and actors --------------------------------------------------------------------------------------- */

struct fake_actor *fake_actor_of(struct gatio_address address)
{
	if (address.bits < FAKE_FIRST || address.bits - FAKE_FIRST >= fake.actor_count) {
		return NULL;
	}
	return fake.actors[address.bits - FAKE_FIRST];
}

struct gatio_address fake_address_of(const struct fake_actor *actor)
{
	return (struct gatio_address){actor->index + FAKE_FIRST};
}

int gatio_address_error(struct gatio_address address)
{
	return address.bits ? 0 : -ENOMEM;
}

bool gatio_address_equal(struct gatio_address a, struct gatio_address b)
{
	return a.bits == b.bits;
}

uint64_t gatio_random(void)
{
	fake.random ^= fake.random << 13;
	fake.random ^= fake.random >> 7;
	fake.random ^= fake.random << 17;
	return fake.random;
}

struct gatio_address fake_spawn(uint32_t driver, struct gatio_behavior *behavior, const void *state)
{
	struct fake_actor *actor = calloc(1, sizeof(*actor) + behavior->state_size);
	if (!actor || fake.actor_count == FAKE_ACTORS_MAX) {
		abort();
	}
	actor->behavior = behavior;
	actor->state = actor + 1;
	actor->driver = driver;
	actor->index = fake.actor_count;
	actor->output_size_max = SIZE_MAX;
	memcpy(actor->state, state, behavior->state_size);
	fake.actors[fake.actor_count++] = actor;
	return fake_address_of(actor);
}

struct gatio_address gatio_actor_spawn(struct gatio_place place, struct gatio_behavior *behavior,
                                       const void *state)
{
	if (!fake_may_allocate()) {
		return GATIO_NOBODY;
	}
	uint32_t driver = (uint32_t)(gatio_random() >> 33);
	if (place.kind == GATIO_PLACE_DRIVER) {
		driver = place.index;
	} else if (place.kind == GATIO_PLACE_HERE) {
		driver = fake.current->driver;
	}
	return fake_spawn(driver % fake.driver_count, behavior, state);
}

static void end_current(int reason)
{
	struct fake_actor *actor = fake.current;
	if (actor->behavior->ended) {
		actor->behavior->ended(actor->state, reason);
	}
	actor->is_ended = true;
	fake_free_blocks(actor);
}

void gatio_exit(int reason)
{
	fake.current->wants_end = true;
	fake.current->reason = reason;
}

void fake_kill(struct gatio_address address)
{
	struct fake_actor *actor = fake_actor_of(address);
	actor->is_ended = true;
	fake_free_blocks(actor);
}

struct gatio_address gatio_self(void)
{
	return fake_address_of(fake.current);
}

uint32_t gatio_driver_index(void)
{
	return fake.current->driver;
}

uint64_t gatio_now_ns(void)
{
	return fake.now_ns;
}

/* ---- Timers ----------------------------------------------------------------------------------------------------- */

struct gatio_timer gatio_timer_start(uint64_t delay_ns, uint64_t period_ns,
                                     const struct gatio_message_type *type, const void *message)
{
	if (fake.timer_count == FAKE_TIMERS_MAX || !fake_may_allocate()) {
		return (struct gatio_timer){0};
	}
	void *copy = fake_message(type, 0);
	memcpy(copy, message, type->size);
	fake.timers[fake.timer_count] = (struct fake_timer){.when_ns = fake.now_ns + delay_ns,
	                                                    .id = ++fake.timer_id,
	                                                    .period_ns = period_ns,
	                                                    .owner = fake.current,
	                                                    .message = copy};
	return (struct gatio_timer){fake.timers[fake.timer_count++].id};
}

struct gatio_timer gatio_timer_repeat(uint64_t period_ns, const struct gatio_message_type *type,
                                      const void *message)
{
	return gatio_timer_start(period_ns, period_ns, type, message);
}

static void drop_timer(size_t index)
{
	fake.timers[index] = fake.timers[--fake.timer_count];
}

void gatio_timer_cancel(struct gatio_timer timer)
{
	for (size_t i = 0; i < fake.timer_count; i++) {
		if (fake.timers[i].id == timer.bits) {
			fake_drop(fake_envelope(fake.timers[i].message));
			drop_timer(i);
			return;
		}
	}
}

/* The next timer that is due by then, or timer_count. */
static size_t next_timer(uint64_t end_ns)
{
	size_t best = fake.timer_count;
	for (size_t i = 0; i < fake.timer_count; i++) {
		if (fake.timers[i].when_ns <= end_ns &&
		    (best == fake.timer_count ||
		     fake.timers[i].when_ns < fake.timers[best].when_ns)) {
			best = i;
		}
	}
	return best;
}

/* ---- Running ---------------------------------------------------------------------------------------------------- */

/* Some pair's oldest envelope. */
static struct envelope *take_some(void)
{
	size_t some = (size_t)(gatio_random() >> 20) % fake.queue_count;
	const struct envelope *chosen = fake.queue[some];
	size_t at = 0;
	while (fake.queue[at]->from != chosen->from || fake.queue[at]->to != chosen->to) {
		at++;
	}
	struct envelope *envelope = fake.queue[at];
	fake.queue_count--;
	memmove(&fake.queue[at], &fake.queue[at + 1],
	        (fake.queue_count - at) * sizeof(fake.queue[0]));
	return envelope;
}

static void handle(struct fake_actor *actor, struct envelope *envelope)
{
	const struct gatio_behavior *behavior = actor->behavior;
	fake.current = actor;
	if (!actor->is_started) {
		actor->is_started = true;
		if (behavior->started) {
			behavior->started(actor->state);
		}
	}
	if (!fake_receive(actor, envelope)) {
		return;
	}
	fake_lend(envelope);
	for (size_t i = 0; i < behavior->handler_count && !actor->wants_end; i++) {
		if (behavior->handlers[i].type->index == fake.heard.type->index) {
			behavior->handlers[i].handle(actor->state, envelope + 1);
			break;
		}
	}
	fake_lend_end();
	fake_received(actor, &fake.heard);
	actor->wants_end |= actor->is_closed && fake.heard.type->index == fake_closed_index();
	if (actor->wants_end) {
		end_current(actor->reason);
	}
}

static void deliver(struct envelope *envelope)
{
	struct fake_actor *actor = fake_actor_of((struct gatio_address){envelope->to});
	fake.is_moved = false;
	if (envelope->answer) {
		fake_run_answer(envelope);
	} else if (actor && !actor->is_ended) {
		handle(actor, envelope);
	} else if (envelope->ask) {
		fake_answer_nobody(envelope);
	}
	if (!fake.is_moved) {
		fake_drop(envelope);
	}
}

size_t fake_run(void)
{
	size_t count = 0;
	while (fake.queue_count > 0) {
		deliver(take_some());
		if (++count > 10000000) {
			abort(); /* it runs in a circle */
		}
	}
	fake.current = NULL;
	return count;
}

void fake_step(void)
{
	deliver(take_some());
	fake.current = NULL;
}

size_t fake_timer_count(void)
{
	return fake.timer_count;
}

bool fake_has_messages(void)
{
	return fake.queue_count > 0;
}

bool fake_has_message(struct gatio_address to)
{
	for (size_t i = 0; i < fake.queue_count; i++) {
		if (fake.queue[i]->to == to.bits) {
			return true;
		}
	}
	return false;
}

void fake_advance(uint64_t ns)
{
	uint64_t end_ns = fake.now_ns + ns;
	fake_run();
	for (size_t at = next_timer(end_ns); at < fake.timer_count; at = next_timer(end_ns)) {
		struct fake_timer timer = fake.timers[at];
		void *message = timer.message;
		fake.now_ns = timer.when_ns > fake.now_ns ? timer.when_ns : fake.now_ns;
		if (timer.period_ns == 0 || timer.owner->is_ended) {
			drop_timer(at);
		} else {
			const struct gatio_message_type *type = fake_envelope(message)->type;
			message = fake_message(type, 0);
			memcpy(message, timer.message, type->size);
			fake.timers[at].when_ns += timer.period_ns;
		}
		fake_enqueue(message, 0, fake_address_of(timer.owner));
		fake_run();
	}
	fake.now_ns = end_ns;
}

/* ---- Beginning and end ------------------------------------------------------------------------------------------ */

void fake_start(uint64_t seed, uint32_t driver_count, uint32_t refuse_permille)
{
	memset(&fake, 0, sizeof(fake));
	fake.random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	fake.driver_count = driver_count;
	fake.refuse_permille = refuse_permille;
	fake.now_ns = GATIO_SECONDS(1000);
	fake.allocations_left = SIZE_MAX;
}

size_t fake_stop(void)
{
	fake.allocations_left = SIZE_MAX;
	for (size_t i = 0; i < fake.actor_count; i++) {
		fake.current = fake.actors[i];
		if (!fake.current->is_ended) {
			end_current(-ESHUTDOWN);
		}
	}
	while (fake.queue_count > 0) {
		fake_drop(fake.queue[--fake.queue_count]);
	}
	while (fake.timer_count > 0) {
		fake_drop(fake_envelope(fake.timers[--fake.timer_count].message));
	}
	for (size_t i = 0; i < fake.actor_count; i++) {
		free(fake.actors[i]->output);
		free(fake.actors[i]->held);
		free(fake.actors[i]);
	}
	return fake.messages_alive;
}

void fake_tell(struct gatio_address to, const struct gatio_message_type *type)
{
	fake_enqueue(fake_message(type, 0), 0, to);
}

bool fake_is_ended(struct gatio_address actor)
{
	return fake_actor_of(actor)->is_ended;
}

size_t fake_block_count(struct gatio_address actor)
{
	return fake_actor_of(actor)->block_count;
}

size_t fake_actor_count(const struct gatio_behavior *behavior)
{
	size_t count = 0;
	for (size_t i = 0; i < fake.actor_count; i++) {
		count += fake.actors[i]->behavior == behavior && !fake.actors[i]->is_ended;
	}
	return count;
}

void *fake_state(struct gatio_address actor)
{
	return fake_actor_of(actor)->state;
}

void fake_limit_memory(size_t allocation_count)
{
	fake.allocations_left = allocation_count;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Outside: spawns and sends from threads that are no drivers. */
#include "actors/outside.h"
#include "actors/calls.h"
#include "actors/message.h"
#include "actors/place.h"

#include "base/assert.h"
#include "base/misuse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * What outlives the system for threads that still hold a handle: it tells them that the system has gone.
 *
 * Orderings   lock   whoever changes or uses `system` holds it
 */
struct gi_gate {
	pthread_mutex_t lock;
	struct gatio_system *system; /* NULL: it has gone */
	uint32_t holder_count;       /* the system, and each handle */
};

struct gatio_outside {
	struct gi_gate *gate;
};

/* ---- Spawning ------------------------------------------------------------------------------------------------------- */

struct outside_spawn {
	struct gatio_place place;
	struct gatio_behavior *behavior;
	const void *state;
	struct gatio_address address;
};

static void run_spawn(struct gi_scheduler *scheduler, void *argument, uint64_t value)
{
	(void)value;
	struct outside_spawn *spawn = argument;
	(void)scheduler;
	spawn->address = gatio_actor_spawn(spawn->place, spawn->behavior, spawn->state);
}

struct gatio_address gatio_system_actor_spawn(struct gatio_system *system, struct gatio_place place,
                                              struct gatio_behavior *behavior, const void *state)
{
	gi_refuse_handlers("gatio_system_spawn", "called in a handler, which would wait for itself",
	                   "handlers have gatio_spawn_at()");
	/* Load may change on the way: chosen here, so that the actor is made where it is called. */
	uint32_t driver = 0;
	struct gi_spawner spawner = {.behavior = behavior};
	int err = gi_place_choose(system, &spawner, &place, &driver);
	if (err) {
		return gi_address_failed(err);
	}
	struct outside_spawn spawn = {
	        .place = GATIO_ON_DRIVER(driver), .behavior = behavior, .state = state};
	struct gi_call call = {.run = run_spawn, .argument = &spawn};
	err = gi_system_submit(system, driver, &call);
	return err ? gi_address_failed(err) : spawn.address;
}

/* ---- Sending -------------------------------------------------------------------------------------------------------- */

int gi_gate_open(struct gatio_system *system)
{
	struct gi_gate *gate = malloc(sizeof(*gate));
	if (!gate) {
		return -ENOMEM;
	}
	pthread_mutex_init(&gate->lock, NULL);
	gate->system = system;
	gate->holder_count = 1;
	system->gate = gate;
	return 0;
}

/* Locked. The last holder frees it. */
static void let_go(struct gi_gate *gate)
{
	gi_assert(gate->holder_count > 0);
	bool is_last = --gate->holder_count == 0;
	pthread_mutex_unlock(&gate->lock);
	if (is_last) {
		pthread_mutex_destroy(&gate->lock);
		free(gate);
	}
}

void gi_gate_close(struct gi_gate *gate)
{
	if (gate) {
		pthread_mutex_lock(&gate->lock);
		gate->system = NULL;
		let_go(gate);
	}
}

/* Under its lock other threads may be in the kernel: a driver would wait for them. */
static void refuse_handlers(const char *function)
{
	gi_refuse_handlers(function, "called in a handler: it is for threads that are no drivers",
	                   "handlers have gatio_send()");
}

int gatio_outside_open(struct gatio_outside **out_outside, struct gatio_system *system)
{
	refuse_handlers("gatio_outside_open");
	struct gatio_outside *outside = malloc(sizeof(*outside));
	if (!outside) {
		return -ENOMEM;
	}
	outside->gate = system->gate;
	pthread_mutex_lock(&outside->gate->lock);
	gi_assert(outside->gate->system == system);
	outside->gate->holder_count++;
	pthread_mutex_unlock(&outside->gate->lock);
	*out_outside = outside;
	return 0;
}

void gatio_outside_close(struct gatio_outside *outside)
{
	refuse_handlers("gatio_outside_close");
	if (outside) {
		pthread_mutex_lock(&outside->gate->lock);
		let_go(outside->gate);
		free(outside);
	}
}

/* Locked. The flags that the slot is to have, or a negative error. */
static int fill_slot(struct gi_outside *way, struct gi_message *slot,
                     const struct gatio_message_type *type, const void *message)
{
	slot->type = (uint16_t)type->index;
	slot->size = type->size;
	if (type->size <= GI_MESSAGE_INLINE) {
		memcpy(slot->payload, message, type->size);
		return 0;
	}
	struct gi_message *boxed =
	        gi_outside_alloc(way, offsetof(struct gi_message, payload) + type->size);
	if (!boxed) {
		return -ENOMEM;
	}
	gi_message_prepare(boxed, type->index, type->size, 0, 0);
	memcpy(boxed->payload, message, type->size);
	memcpy(slot->payload, &boxed, sizeof(boxed));
	return GI_MESSAGE_BOXED;
}

/* Locked. A look at is_stopping here is before the stop's own calls in the mailbox: what is sent is handled. */
static int send_locked(struct gatio_system *system, struct gatio_address to,
                       const struct gatio_message_type *type, const void *message)
{
	if (gi_load_acquire(&system->is_stopping)) {
		return -ESHUTDOWN;
	}
	struct gi_outside *way = system->group.outside;
	uint32_t receiver = gi_address_driver(to.bits);
	struct gi_message *slot = gi_outside_slot(way, receiver);
	int flags = slot ? fill_slot(way, slot, type, message) : -ENOBUFS;
	if (flags < 0) {
		return flags;
	}
	slot->to = to.bits;
	gi_outside_sent(way, receiver,
	                gi_message_label(GI_KIND_USER, (uint8_t)flags, GI_MESSAGE_MARK));
	return 0;
}

/* The gate is locked: the system stays. */
static int send_through(struct gatio_system *system, struct gatio_address to,
                        const struct gatio_message_type *type, const void *message)
{
	if (gi_address_system(to.bits) != system->id ||
	    gi_address_driver(to.bits) >= system->plan->driver_count) {
		return -ESRCH;
	}
	gi_outside_lock(system->group.outside);
	int err = send_locked(system, to, type, message);
	gi_outside_unlock(system->group.outside);
	return err;
}

int gatio_outside_actor_send(struct gatio_outside *outside, struct gatio_address to,
                             const struct gatio_message_type *type, const void *message)
{
	refuse_handlers("gatio_outside_send");
	struct gi_gate *gate = outside->gate;
	pthread_mutex_lock(&gate->lock);
	int err = gate->system ? send_through(gate->system, to, type, message) : -ESHUTDOWN;
	pthread_mutex_unlock(&gate->lock);
	return err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* From threads that are no drivers: sends, spawns, and calls that run on a driver. */
#include "actors/system.h"

#include "base/assert.h"
#include "drivers/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * What outlives the system for foreign threads that still hold a handle: it tells them that the system has gone.
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

/* ---- Calls ---------------------------------------------------------------------------------------------------------- */

/*
 * A call that somebody waits for. One at a time in a system, so that a call from before the stop has returned before
 * the first call of the stop goes out, and no call comes to a driver that does not turn any more.
 *
 * Orderings   returned   each driver subtracts itself -> the last one raises fd -> the caller reads it
 */
struct waited_call {
	struct gi_call call;
	int fd;
	_Atomic uint32_t left_count;
};

static void run_waited(struct gi_stage *stage, void *argument, uint64_t value)
{
	(void)value;
	struct waited_call *waited = argument;
	int fd = waited->fd; /* the call may be gone once it is counted */
	waited->call.run(stage, waited->call.argument, waited->call.value);
	if (gi_fetch_sub_acq_rel(&waited->left_count, 1) == 1) { /* returned */
		gi_kernel_signal_raise(fd);
	}
}

static void pause_for_room(void)
{
	struct timespec pause = {.tv_nsec = 200000};
	nanosleep(&pause, NULL);
}

static void send_call(struct gatio_system *system, uint32_t driver_index,
                      const struct gi_call *call)
{
	struct gi_outside *outside = system->group.outside;
	for (;;) { /* until the driver has made room */
		gi_outside_lock(outside);
		struct gi_message *slot = gi_outside_slot(outside, driver_index);
		if (slot) {
			slot->kind = GI_KIND_CALL;
			memcpy(slot->payload, call, sizeof(*call));
			gi_outside_sent(outside, driver_index);
		}
		gi_outside_unlock(outside);
		if (slot) {
			return;
		}
		pause_for_room();
	}
}

/* The lock is held. */
static void call_range(struct gatio_system *system, uint32_t first, uint32_t count,
                       const struct gi_call *call)
{
	gi_assert(!gi_stage_here); /* a driver that waits for itself waits for ever */
	struct waited_call waited = {.call = *call, .fd = system->call_fd, .left_count = count};
	struct gi_call through = {.run = run_waited, .argument = &waited};
	for (uint32_t i = 0; i < count; i++) {
		send_call(system, first + i, &through);
	}
	uint64_t value;
	while (read(waited.fd, &value, sizeof(value)) < 0 && errno == EINTR) {
	}
}

static int call_while_running(struct gatio_system *system, uint32_t first, uint32_t count,
                              const struct gi_call *call)
{
	pthread_mutex_lock(&system->call_lock);
	int err = gi_load_acquire(&system->is_stopping) ? -ESHUTDOWN : 0;
	if (!err) {
		call_range(system, first, count, call);
	}
	pthread_mutex_unlock(&system->call_lock);
	return err;
}

int gi_system_call(struct gatio_system *system, uint32_t driver_index, const struct gi_call *call)
{
	return call_while_running(system, driver_index, 1, call);
}

int gi_system_call_all(struct gatio_system *system, const struct gi_call *call)
{
	return call_while_running(system, 0, system->plan->driver_count, call);
}

void gi_system_call_stopping(struct gatio_system *system, const struct gi_call *call)
{
	gi_assert(gi_load_acquire(&system->is_stopping));
	pthread_mutex_lock(&system->call_lock);
	call_range(system, 0, system->plan->driver_count, call);
	pthread_mutex_unlock(&system->call_lock);
}

/* ---- Spawning ------------------------------------------------------------------------------------------------------- */

struct outside_spawn {
	struct gatio_place place;
	struct gatio_behavior *behavior;
	const void *state;
	struct gatio_address address;
};

static void run_spawn(struct gi_stage *stage, void *argument, uint64_t value)
{
	(void)value;
	struct outside_spawn *spawn = argument;
	(void)stage;
	spawn->address = gatio_actor_spawn(spawn->place, spawn->behavior, spawn->state);
}

struct gatio_address gatio_system_actor_spawn(struct gatio_system *system, struct gatio_place place,
                                              struct gatio_behavior *behavior, const void *state)
{
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
	err = gi_system_call(system, driver, &call);
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

int gatio_outside_open(struct gatio_outside **out_outside, struct gatio_system *system)
{
	struct gatio_outside *outside = malloc(sizeof(*outside));
	if (!outside) {
		return -ENOMEM;
	}
	outside->gate = system->gate;
	pthread_mutex_lock(&outside->gate->lock);
	outside->gate->holder_count++;
	pthread_mutex_unlock(&outside->gate->lock);
	*out_outside = outside;
	return 0;
}

void gatio_outside_close(struct gatio_outside *outside)
{
	if (outside) {
		pthread_mutex_lock(&outside->gate->lock);
		let_go(outside->gate);
		free(outside);
	}
}

/* Locked. */
static int fill_slot(struct gi_outside *world, struct gi_message *slot,
                     const struct gatio_message_type *type, const void *message)
{
	slot->type = (uint16_t)type->index;
	slot->size = type->size;
	slot->kind = GI_KIND_USER;
	slot->mark = GI_MESSAGE_MARK;
	if (type->size <= GI_MESSAGE_INLINE) {
		memcpy(slot->payload, message, type->size);
		return 0;
	}
	struct gi_message *block =
	        gi_outside_alloc(world, offsetof(struct gi_message, payload) + type->size);
	if (!block) {
		return -ENOMEM;
	}
	memcpy(block, slot, offsetof(struct gi_message, payload));
	memcpy(block->payload, message, type->size);
	slot->flags = GI_MESSAGE_BLOCK;
	memcpy(slot->payload, &block, sizeof(block));
	return 0;
}

/* Locked. A look at is_stopping here is before the stop's own calls in the mailbox: what is sent is handled. */
static int send_locked(struct gatio_system *system, struct gatio_address to,
                       const struct gatio_message_type *type, const void *message)
{
	if (gi_load_acquire(&system->is_stopping)) {
		return -ESHUTDOWN;
	}
	struct gi_outside *world = system->group.outside;
	uint32_t receiver = gi_address_driver(to.bits);
	struct gi_message *slot = gi_outside_slot(world, receiver);
	int err = slot ? fill_slot(world, slot, type, message) : -ENOBUFS;
	if (!err) {
		slot->to = to.bits;
		gi_outside_sent(world, receiver);
	}
	return err;
}

/* The gate is locked: the system stays. */
static int send_through(struct gatio_system *system, struct gatio_address to,
                        const struct gatio_message_type *type, const void *message)
{
	if (gi_address_generation(to.bits) == 0 ||
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
	struct gi_gate *gate = outside->gate;
	pthread_mutex_lock(&gate->lock);
	int err = gate->system ? send_through(gate->system, to, type, message) : -ESHUTDOWN;
	pthread_mutex_unlock(&gate->lock);
	return err;
}

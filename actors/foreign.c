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

struct gatio_outside {
	struct gatio_system *system;
};

/* ---- Calls ---------------------------------------------------------------------------------------------------------- */

/*
 * A call that somebody waits for.
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

static int call_range(struct gatio_system *system, uint32_t first, uint32_t count,
                      const struct gi_call *call)
{
	gi_assert(!gi_stage_here); /* a driver that waits for itself waits for ever */
	struct waited_call waited = {.call = *call, .left_count = count};
	waited.fd = gi_kernel_signal_open();
	if (waited.fd < 0) {
		return waited.fd;
	}
	struct gi_call through = {.run = run_waited, .argument = &waited};
	for (uint32_t i = 0; i < count; i++) {
		send_call(system, first + i, &through);
	}
	uint64_t value;
	while (read(waited.fd, &value, sizeof(value)) < 0 && errno == EINTR) {
	}
	gi_kernel_close(waited.fd);
	return 0;
}

int gi_system_call(struct gatio_system *system, uint32_t driver_index, const struct gi_call *call)
{
	return call_range(system, driver_index, 1, call);
}

int gi_system_call_all(struct gatio_system *system, const struct gi_call *call)
{
	return call_range(system, 0, system->plan->driver_count, call);
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
	int err = gi_place_choose(system, NULL, &place, &driver);
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

int gatio_outside_open(struct gatio_outside **out_outside, struct gatio_system *system)
{
	struct gatio_outside *outside = malloc(sizeof(*outside));
	if (!outside) {
		return -ENOMEM;
	}
	outside->system = system;
	*out_outside = outside;
	return 0;
}

void gatio_outside_close(struct gatio_outside *outside)
{
	free(outside);
}

/* Locked. */
static int fill_slot(struct gi_outside *world, struct gi_message *slot,
                     const struct gatio_message_type *type, const void *message)
{
	slot->type = type->index;
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

int gatio_outside_actor_send(struct gatio_outside *outside, struct gatio_address to,
                             const struct gatio_message_type *type, const void *message)
{
	struct gatio_system *system = outside->system;
	uint32_t receiver = gi_address_driver(to.bits);
	if (gi_address_generation(to.bits) == 0 || receiver >= system->plan->driver_count) {
		return -ESRCH;
	}
	if (gi_load_acquire(&system->is_stopping)) {
		return -ESHUTDOWN;
	}
	struct gi_outside *world = system->group.outside;
	gi_outside_lock(world);
	struct gi_message *slot = gi_outside_slot(world, receiver);
	int err = slot ? fill_slot(world, slot, type, message) : -ENOBUFS;
	if (!err) {
		slot->to = to.bits;
		gi_outside_sent(world, receiver);
	}
	gi_outside_unlock(world);
	return err;
}

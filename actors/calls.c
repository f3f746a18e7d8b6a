/* SPDX-License-Identifier: Apache-2.0 */
/* Calls from outside. */
#include "actors/calls.h"
#include "actors/executor.h"
#include "actors/message.h"

#include "base/assert.h"
#include "drivers/kernel.h"

#include <errno.h>
#include <string.h>

/* false: a mailbox among them is full, and none has it. Locked. */
static bool push(struct gi_outside *outside, uint32_t first, uint32_t count,
                 const struct gi_call *call)
{
	gi_assert(call->run);
	for (uint32_t i = 0; i < count; i++) {
		if (!gi_outside_slot(outside, first + i)) {
			return false;
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		struct gi_message *slot = gi_outside_slot(outside, first + i);
		gi_assert(slot); /* looked at above, and locked since */
		memcpy(slot->payload, call, sizeof(*call));
		gi_outside_sent(outside, first + i,
		                gi_message_label(GI_KIND_CALL, 0, GI_MESSAGE_MARK));
	}
	return true;
}

/* ---- Waited for ------------------------------------------------------------------------------------------------------ */

/*
 * Orderings   returned   each driver subtracts itself from left -> the caller acquires 0   what the call did is seen
 */
struct waited {
	struct gi_call call;
	_Atomic uint32_t left;
};

static void run_waited(struct gi_scheduler *scheduler, void *argument, uint64_t value)
{
	(void)value;
	struct waited *waited = argument;
	_Atomic uint32_t *left = &waited->left; /* it may be gone once it is counted */
	waited->call.run(scheduler, waited->call.argument, waited->call.value);
	if (gi_fetch_sub_acq_rel(left, 1) == 1) { /* returned */
		gi_kernel_word_wake(left);
	}
}

static void wait_for(struct gatio_system *system, struct waited *waited)
{
	uint32_t left;
	while ((left = gi_load_acquire(&waited->left)) > 0) { /* returned */
		system->executor->wait(system, &waited->left, left);
	}
}

/* Waits for room in all of them. To all or to none: a stop that comes between would leave some with half of a change. */
static int send_to(struct gatio_system *system, uint32_t first, uint32_t count,
                   const struct gi_call *call)
{
	struct gi_outside *outside = system->group.outside;
	for (;;) { /* until the drivers have made room, or are told to stop */
		gi_outside_lock(outside);
		int err = gi_load_acquire(&system->is_stopping) ? -ESHUTDOWN : 0;
		bool is_sent = !err && push(outside, first, count, call);
		gi_outside_unlock(outside);
		if (err || is_sent) {
			return err;
		}
		system->executor->pause(system);
	}
}

static int call_range(struct gatio_system *system, uint32_t first, uint32_t count,
                      const struct gi_call *call)
{
	gi_assert(!gi_scheduler_here); /* a driver that waits for itself waits for ever */
	gi_assert(first + count <= system->plan->driver_count);
	struct waited waited = {.call = *call, .left = count};
	struct gi_call through = {.run = run_waited, .argument = &waited};
	int err = send_to(system, first, count, &through);
	if (!err) {
		wait_for(system, &waited);
	}
	return err;
}

int gi_system_submit(struct gatio_system *system, uint32_t driver_index, const struct gi_call *call)
{
	return call_range(system, driver_index, 1, call);
}

int gi_system_submit_all(struct gatio_system *system, const struct gi_call *call)
{
	return call_range(system, 0, system->plan->driver_count, call);
}

/* ---- Of the stop ----------------------------------------------------------------------------------------------------- */

static void run_broadcast(struct gi_scheduler *scheduler, void *argument, uint64_t value)
{
	(void)value;
	struct gi_broadcast *broadcast = argument;
	int fd = broadcast->system->call_fd; /* the broadcast may be gone once it is counted */
	broadcast->call.run(scheduler, broadcast->call.argument, broadcast->call.value);
	if (gi_fetch_sub_acq_rel(&broadcast->left, 1) == 1) { /* returned */
		gi_kernel_signal_raise(fd);
	}
}

static void offer(struct gi_broadcast *broadcast)
{
	struct gatio_system *system = broadcast->system;
	struct gi_call through = {.run = run_broadcast, .argument = broadcast};
	gi_outside_lock(system->group.outside);
	for (uint32_t i = 0; i < system->plan->driver_count; i++) {
		uint64_t bit = UINT64_C(1) << (i % 64);
		if (!(broadcast->is_sent[i / 64] & bit) &&
		    push(system->group.outside, i, 1, &through)) {
			broadcast->is_sent[i / 64] |= bit;
			broadcast->sent_count++;
		}
	}
	gi_outside_unlock(system->group.outside);
}

void gi_broadcast_begin(struct gi_broadcast *broadcast, struct gatio_system *system,
                        const struct gi_call *call)
{
	gi_assert(gi_load_acquire(&system->is_stopping)); /* nobody else sends from outside */
	gi_assert(!gi_scheduler_here);
	gi_assert(gi_load_acquire(&broadcast->left) ==
	          0); /* the last one has returned everywhere */
	broadcast->call = *call;
	broadcast->system = system;
	broadcast->sent_count = 0;
	memset(broadcast->is_sent, 0, sizeof(broadcast->is_sent));
	gi_store_relaxed(&broadcast->left, system->plan->driver_count); /* not yet shared */
	offer(broadcast);
}

bool gi_broadcast_has_returned(struct gi_broadcast *broadcast)
{
	if (broadcast->sent_count < broadcast->system->plan->driver_count) {
		offer(broadcast);
	}
	gi_assert(broadcast->sent_count <= broadcast->system->plan->driver_count);
	return gi_load_acquire(&broadcast->left) == 0; /* returned */
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Readiness: eventfds, and sets of descriptors that are asked which are ready. None of the calls waits for long. */
#include "tests/sim/differential/sequence.h"

#include <stddef.h>

/* ---- Eventfds ----------------------------------------------------------------------------------------------------- */

static bool open_event(struct diff_world *world)
{
	if (diff_handle_of(world, DIFF_EVENT) && diff_chance(world, 80)) {
		return false;
	}
	int fd = gi_kernel_signal_open();
	const struct diff_handle *handle = fd >= 0 ? diff_handle_open(world, DIFF_EVENT, fd) : NULL;
	diff_say(world, " open %s", diff_name(handle));
	return true;
}

static bool raise_event(struct diff_world *world)
{
	struct diff_handle *handle = diff_handle_of(world, DIFF_EVENT);
	if (!handle) {
		return false;
	}
	diff_say(world, " raise %s:", diff_name(handle));
	diff_say_result(world, gi_kernel_signal_raise(handle->fd));
	handle->raised = handle->waiting[GI_DIRECTION_IN] ? 0 : handle->raised + 1;
	return true;
}

static bool take_event(struct diff_world *world)
{
	struct diff_handle *handle = diff_handle_of(world, DIFF_EVENT);
	if (!handle || handle->raised == 0) {
		return false;
	}
	diff_say(world, " take %s", diff_name(handle));
	gi_kernel_signal_take(handle->fd);
	handle->raised = 0;
	return true;
}

/* Where there is something, or it is no eventfd or connection: else it waits. */
static bool read_one(struct diff_world *world)
{
	char bytes[DIFF_BYTES_MAX];
	struct diff_handle *handle;
	if (!diff_handle_any(world, DIFF_EVENT, &handle)) {
		return false;
	}
	bool might_wait = handle && (handle->kind == DIFF_EVENT || handle->kind == DIFF_STREAM);
	if (might_wait && !diff_is_readable(handle->fd)) {
		return false;
	}
	size_t size = diff_chance(world, 10) ? 7 : 8;
	diff_say(world, " read %s up to %zu:", diff_name(handle), size);
	int got = gi_kernel_read(diff_fd(handle), bytes, size);
	diff_say_result(world, got);
	if (got > 0) {
		diff_say(world, "(%04x)", diff_sum(bytes, (size_t)got));
	}
	if (got > 0 && handle && handle->kind == DIFF_EVENT) {
		handle->raised = 0;
	}
	return true;
}

/* ---- Ready sets --------------------------------------------------------------------------------------------------- */

static bool open_set(struct diff_world *world)
{
	if (diff_handle_of(world, DIFF_SET)) {
		return false;
	}
	int fd = gi_kernel_ready_open();
	const struct diff_handle *handle = fd >= 0 ? diff_handle_open(world, DIFF_SET, fd) : NULL;
	diff_say(world, " open %s", diff_name(handle));
	return true;
}

static bool watch(struct diff_world *world)
{
	const struct diff_handle *set = diff_handle_of(world, DIFF_SET);
	struct diff_handle *handle;
	enum diff_kind kind = diff_chance(world, 60)   ? DIFF_STREAM
	                      : diff_chance(world, 50) ? DIFF_LISTENER
	                                               : DIFF_EVENT;
	if (!set || !diff_handle_any(world, kind, &handle) ||
	    (handle && handle->kind == DIFF_SET)) {
		return false;
	}
	unsigned before = diff_chance(world, 75) ? 0 : (unsigned)diff_draw(world, 3) + 1;
	unsigned bits = (unsigned)diff_draw(world, 4);
	diff_say(world, " %s watches %s for %u, before %u:", diff_name(set), diff_name(handle),
	         bits, before);
	diff_say_result(world, gi_kernel_ready_watch(set->fd, diff_fd(handle),
	                                             handle ? handle->number : 0, before, bits));
	return true;
}

static bool wait_set(struct diff_world *world)
{
	struct gi_kernel_ready ready[DIFF_HANDLES_MAX];
	const struct diff_handle *set = diff_handle_of(world, DIFF_SET);
	if (!set) {
		return false;
	}
	int got = gi_kernel_ready_wait(set->fd, ready, DIFF_HANDLES_MAX,
	                               diff_chance(world, 95) ? 0 : 100000);
	diff_say(world, " %s waits:", diff_name(set));
	diff_say_result(world, got);
	for (uint32_t tag = 0; tag <= world->names_last; tag++) {
		for (int i = 0; i < got; i++) {
			if (ready[i].tag == tag) {
				diff_say(world, " %u:%u", tag, ready[i].bits);
			}
		}
	}
	return true;
}

/* One descriptor, as a thread that is no driver asks. */
static bool poll_one(struct diff_world *world)
{
	struct diff_handle *handle;
	if (!diff_handle_any(world, diff_chance(world, 50) ? DIFF_STREAM : DIFF_EVENT, &handle) ||
	    !handle || handle->kind == DIFF_SET) {
		return false;
	}
	diff_say(world, " poll %s: %d", diff_name(handle), diff_is_readable(handle->fd));
	return true;
}

/* ---- One of them -------------------------------------------------------------------------------------------------- */

bool diff_readiness_step(struct diff_world *world)
{
	static const struct {
		bool (*call)(struct diff_world *world);
		uint32_t weight;
	} calls[] = {{open_event, 8}, {raise_event, 15}, {take_event, 3}, {read_one, 8},
	             {open_set, 12},  {watch, 24},       {wait_set, 24},  {poll_one, 6}};
	uint64_t at = diff_draw(world, 100);
	size_t i = 0;
	while (at >= calls[i].weight) {
		at -= calls[i++].weight;
	}
	return calls[i].call(world);
}

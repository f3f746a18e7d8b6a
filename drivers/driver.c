/* SPDX-License-Identifier: Apache-2.0 */
/* Driver: from created to destroyed. */
#include "drivers/driver.h"

#include "base/assert.h"
#include "drivers/outside.h"
#include "drivers/reap.h"
#include "drivers/ring.h"
#include "drivers/route.h"
#include "topology/arena.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SPIN_FIRST_NS UINT64_C(20000)

static _Thread_local struct gi_driver *current_driver;

struct gi_driver *gi_driver_current(void)
{
	return current_driver;
}

static size_t owed_size(const struct gi_driver_group *group)
{
	return (group->driver_count + 63) / 64 * sizeof(uint64_t);
}

static size_t routes_size(const struct gi_driver_group *group)
{
	return group->driver_count * sizeof(struct gi_route *);
}

static uint32_t segment_max(const struct gi_driver_options *options)
{
	uint32_t slot_count =
	        options->io_count_max < GI_IO_SLOT_MAX ? options->io_count_max : GI_IO_SLOT_MAX;
	return (slot_count + GI_IO_SEGMENT_COUNT - 1) / GI_IO_SEGMENT_COUNT;
}

static size_t segments_size(const struct gi_driver_options *options)
{
	return segment_max(options) * sizeof(struct gi_io_slot *);
}

/* The parts of a driver that are arrays; freed by free_parts() however many were made. */
static int allocate_parts(struct gi_driver *driver)
{
	struct gi_arena *arena = driver->options.arena;
	driver->routes = gi_arena_alloc(arena, routes_size(driver->group));
	driver->doorbells_owed = gi_arena_alloc(arena, owed_size(driver->group));
	driver->ring = gi_arena_alloc(arena, sizeof(*driver->ring));
	int err = -ENOMEM;
	if (driver->routes && driver->doorbells_owed && driver->ring) {
		err = gi_ring_open(driver->ring, &driver->options);
	}
	if (err) {
		gi_arena_free(arena, driver->ring, sizeof(*driver->ring));
		driver->ring = NULL;
		return err;
	}
	driver->ring->segments = gi_arena_alloc(arena, segments_size(&driver->options));
	driver->ring->segment_max = segment_max(&driver->options);
	if (!driver->ring->segments) {
		return -ENOMEM;
	}
	driver->outside_fd = gi_kernel_signal_open();
	if (driver->outside_fd < 0) {
		return driver->outside_fd;
	}
	return gi_heap_create(&driver->heap, arena, driver->index);
}

void gi_driver_free_routes(struct gi_driver *driver)
{
	for (uint32_t i = 0; driver->routes && i < driver->group->driver_count; i++) {
		struct gi_route *route = driver->routes[i];
		if (route) {
			struct gi_arena *arena = driver->group->drivers[i]->options.arena;
			gi_arena_free(arena, route->mailbox.slots,
			              sizeof(struct gi_message) * driver->options.mailbox_slots);
			gi_arena_free(arena, route, sizeof(*route));
		}
	}
	gi_arena_free(driver->options.arena, driver->routes, routes_size(driver->group));
	driver->routes = NULL;
}

static void free_parts(struct gi_driver *driver)
{
	struct gi_arena *arena = driver->options.arena;
	gi_buffers_close(driver);
	if (driver->outside_fd >= 0) {
		gi_kernel_close(driver->outside_fd);
	}
	if (driver->ring) {
		gi_ring_close(driver->ring);
		gi_arena_free(arena, driver->ring->segments, segments_size(&driver->options));
		gi_arena_free(arena, driver->ring, sizeof(*driver->ring));
	}
	gi_arena_free(arena, driver->routes, routes_size(driver->group));
	gi_arena_free(arena, driver->doorbells_owed, owed_size(driver->group));
	gi_heap_destroy(driver->heap);
}

static void on_outside_raised(struct gi_io *io, const struct gi_io_event *event)
{
	struct gi_driver *driver = gi_container_of(io, struct gi_driver, outside_io);
	gi_assert(event->is_last);
	if (driver->is_quiet) {
		return;
	}
	gi_io_prepare_read(io, driver->outside_fd, &driver->outside_value,
	                   sizeof(driver->outside_value));
	int err = gi_io_submit(driver, io);
	gi_assert(!err); /* its slot has just become free */
}

static uint64_t first_spin(const struct gi_driver_options *options)
{
	if (!options->spin_allowed) {
		return 0;
	}
	bool is_shorter = options->spin_ns > 0 && options->spin_ns < SPIN_FIRST_NS;
	return is_shorter ? options->spin_ns : SPIN_FIRST_NS;
}

int gi_driver_create(struct gi_driver **out_driver, const struct gi_driver_options *options,
                     const struct gi_driver_hooks *hooks)
{
	gi_assert(options->arena);
	gi_assert(options->index < options->group->driver_count);
	gi_assert(options->io_count_max > 0);
	gi_assert(gi_is_power_of_two(options->mailbox_slots));
	struct gi_driver *driver = gi_arena_alloc(options->arena, sizeof(*driver));
	if (!driver) {
		return -ENOMEM;
	}
	driver->options = *options;
	driver->hooks = *hooks;
	driver->group = options->group;
	driver->index = options->index;
	driver->outside_fd = -1;
	driver->spin_budget_ns = first_spin(options);
	gi_bell_init(&driver->bell);
	gi_inbound_init(&driver->inbound, &driver->bell);
	gi_work_queues_init(&driver->ready);
	driver->turn_number = 1; /* nothing has been read in it: now_turn is 0 */
	driver->clock.judged_ns = gi_kernel_monotonic_ns();
	gi_timer_wheel_init(&driver->timers, driver->clock.judged_ns);
	gi_io_init(&driver->outside_io, on_outside_raised);
	int err = allocate_parts(driver);
	if (err) {
		free_parts(driver);
		gi_arena_free(options->arena, driver, sizeof(*driver));
		return err;
	}
	options->group->drivers[options->index] = driver;
	*out_driver = driver;
	return 0;
}

/* For assertions. */
static __attribute__((unused)) bool has_routes(const struct gi_driver *driver)
{
	uint32_t i = 0;
	while (driver->routes && i < driver->group->driver_count && !driver->routes[i]) {
		i++;
	}
	return driver->routes && i < driver->group->driver_count;
}

void gi_driver_destroy(struct gi_driver *driver)
{
	if (!driver) {
		return;
	}
	gi_assert(!driver->is_entered);
	gi_assert(!driver->thread);
	gi_assert(current_driver != driver);
	gi_assert_slow(!has_routes(driver)); /* gi_driver_free_routes() has been called */
	struct gi_arena *arena = driver->options.arena;
	free_parts(driver);
	gi_arena_free(arena, driver, sizeof(*driver));
}

void gi_driver_become(struct gi_driver *driver)
{
	const struct gi_driver_hooks *hooks = driver           ? &driver->hooks
	                                      : current_driver ? &current_driver->hooks
	                                                       : NULL;
	current_driver = driver;
	if (hooks && hooks->become) {
		hooks->become(driver ? hooks->context : NULL);
	}
}

int gi_driver_enter_thread(struct gi_driver *driver)
{
	gi_assert(!driver->is_entered);
	gi_assert(!driver->is_quiet);
	if (driver->options.pin) {
		int err = gi_kernel_pin(driver->options.cpu);
		if (err) {
			return err;
		}
	}
	int err = gi_ring_enable(driver->ring);
	if (err) {
		return err;
	}
	gi_driver_become(driver);
	driver->is_entered = true;
	gi_io_prepare_read(&driver->outside_io, driver->outside_fd, &driver->outside_value,
	                   sizeof(driver->outside_value));
	err = gi_io_submit(driver, &driver->outside_io);
	if (err) {
		gi_driver_leave_thread(driver);
	}
	return err;
}

void gi_driver_leave_thread(struct gi_driver *driver)
{
	gi_assert(driver->is_entered);
	driver->is_entered = false;
	gi_ring_leave(driver->ring);
	if (current_driver == driver) {
		gi_driver_become(NULL);
	}
}

void gi_driver_raise(struct gi_driver *driver)
{
	gi_assert(driver->outside_fd >= 0);
	/* It can fail only when the counter is at its end, and then the driver has been told often enough. */
	(void)gi_kernel_signal_raise(driver->outside_fd);
}

void gi_driver_stop(struct gi_driver *driver)
{
	driver->must_stop = true;
	driver->must_not_sleep = true;
}

void gi_driver_describe(const struct gi_driver *driver, char *out_text, size_t size)
{
	const struct gi_ring *ring = driver->ring;
	snprintf(out_text, size,
	         "%s: ring of %u entries, %u completions; deferred task work %s; registered ring "
	         "%s; features 0x%x",
	         ring->door->name, ring->uring.sq.ring_entries, ring->uring.cq.ring_entries,
	         ring->setup_flags & IORING_SETUP_DEFER_TASKRUN ? "yes" : "no",
	         ring->is_registered ? "yes" : "no", ring->uring.features);
}

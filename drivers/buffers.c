/* SPDX-License-Identifier: Apache-2.0 */
/* The provided-buffer ring. */
#include "drivers/buffers.h"

#include "base/assert.h"
#include "base/container.h"
#include "drivers/driver.h"
#include "drivers/reap.h"
#include "drivers/ring.h"

#include <errno.h>
#include <string.h>

#define GROUP      0
#define COUNT_MAX  32768u
#define READY_MAX  32u   /* of those in line, called in one turn */
#define RING_ALIGN 4096u /* the kernel wants whole pages */

struct gi_buffers {
	struct io_uring_buf_ring *ring;
	void *memory; /* of the ring, as allocated */
	size_t memory_size;
	uint8_t *bytes;
	uint32_t count;
	uint32_t size;
	uint32_t held_count;
	uint32_t returned_count; /* in the ring, not yet visible */
	struct gi_list waiting;
};

static int register_ring(struct gi_driver *driver, struct gi_buffers *buffers)
{
	struct io_uring_buf_reg registration;
	memset(&registration, 0, sizeof(registration));
	registration.ring_addr = (uint64_t)(uintptr_t)buffers->ring;
	registration.ring_entries = buffers->count;
	registration.bgid = GROUP;
	struct gi_ring *ring = driver->ring;
	return ring->door->enlist(&ring->uring, IORING_REGISTER_PBUF_RING, &registration, 1);
}

static void add(struct gi_buffers *buffers, uint16_t index)
{
	gi_assert(buffers->returned_count < buffers->count - buffers->held_count);
	io_uring_buf_ring_add(buffers->ring, gi_buffers_at(buffers, index), buffers->size, index,
	                      io_uring_buf_ring_mask(buffers->count), (int)buffers->returned_count);
	buffers->returned_count++;
}

static void publish(struct gi_buffers *buffers)
{
	gi_assert_slow(buffers->returned_count + buffers->held_count <= buffers->count);
	/* Its store of the tail is a release: the entries are written before the kernel sees them. */
	io_uring_buf_ring_advance(buffers->ring, (int)buffers->returned_count);
	buffers->returned_count = 0;
}

static struct gi_buffers *allocate(struct gi_driver *driver, uint32_t count, uint32_t size)
{
	struct gi_arena *arena = driver->options.arena;
	struct gi_buffers *buffers = gi_arena_alloc(arena, sizeof(*buffers));
	if (!buffers) {
		return NULL;
	}
	size_t ring_size = gi_round_up(count * sizeof(struct io_uring_buf), RING_ALIGN);
	buffers->memory_size = ring_size + RING_ALIGN;
	buffers->memory = gi_arena_alloc(arena, buffers->memory_size);
	buffers->bytes = gi_arena_alloc(arena, (size_t)count * size);
	if (!buffers->memory || !buffers->bytes) {
		gi_arena_free(arena, buffers->bytes, (size_t)count * size);
		gi_arena_free(arena, buffers->memory, buffers->memory_size);
		gi_arena_free(arena, buffers, sizeof(*buffers));
		return NULL;
	}
	buffers->ring = (struct io_uring_buf_ring *)(void *)gi_round_up(
	        (uint64_t)(uintptr_t)buffers->memory, RING_ALIGN);
	buffers->count = count;
	buffers->size = size;
	gi_list_init(&buffers->waiting);
	return buffers;
}

static void free_buffers(struct gi_driver *driver, struct gi_buffers *buffers)
{
	struct gi_arena *arena = driver->options.arena;
	gi_assert(driver->buffers != buffers);
	gi_arena_free(arena, buffers->bytes, (size_t)buffers->count * buffers->size);
	gi_arena_free(arena, buffers->memory, buffers->memory_size);
	gi_arena_free(arena, buffers, sizeof(*buffers));
}

int gi_buffers_open(struct gi_driver *driver, uint32_t count, uint32_t size)
{
	gi_assert_on_driver(driver);
	gi_assert(gi_is_power_of_two(count));
	gi_assert(count <= COUNT_MAX);
	gi_assert(size > 0);
	gi_assert(!driver->buffers);
	struct gi_buffers *buffers = allocate(driver, count, size);
	if (!buffers) {
		return -ENOMEM;
	}
	int err = register_ring(driver, buffers);
	if (err < 0) {
		free_buffers(driver, buffers);
		return err;
	}
	io_uring_buf_ring_init(buffers->ring);
	for (uint32_t i = 0; i < count; i++) {
		add(buffers, (uint16_t)i);
	}
	publish(buffers);
	driver->buffers = buffers;
	return 0;
}

void gi_buffers_close(struct gi_driver *driver)
{
	if (!driver->buffers) {
		return;
	}
	struct io_uring_buf_reg registration;
	memset(&registration, 0, sizeof(registration));
	registration.bgid = GROUP;
	struct gi_ring *ring = driver->ring;
	ring->door->enlist(&ring->uring, IORING_UNREGISTER_PBUF_RING, &registration, 1);
	struct gi_buffers *buffers = driver->buffers;
	driver->buffers = NULL;
	free_buffers(driver, buffers);
}

struct gi_buffers *gi_driver_buffers(struct gi_driver *driver)
{
	return driver->buffers;
}

uint16_t gi_buffers_group(const struct gi_buffers *buffers)
{
	(void)buffers;
	return GROUP;
}

uint8_t *gi_buffers_at(struct gi_buffers *buffers, uint16_t index)
{
	gi_assert(index < buffers->count);
	return buffers->bytes + (size_t)index * buffers->size;
}

void gi_buffers_take(struct gi_buffers *buffers, uint16_t index)
{
	gi_assert(buffers);
	gi_assert(index < buffers->count);
	gi_assert(buffers->held_count < buffers->count);
	buffers->held_count++;
}

void gi_buffers_put(struct gi_buffers *buffers, uint16_t index)
{
	gi_assert(index < buffers->count);
	gi_assert(buffers->held_count > 0);
	buffers->held_count--;
	add(buffers, index);
}

void gi_buffers_wait(struct gi_buffers *buffers, struct gi_buffer_wait *wait)
{
	gi_assert(wait->ready);
	gi_assert(gi_list_is_empty(&wait->link)); /* not in line already */
	gi_list_insert(&buffers->waiting, &wait->link);
}

void gi_buffers_wait_cancel(struct gi_buffer_wait *wait)
{
	gi_assert(wait->ready); /* it has been in line, or is */
	gi_list_remove(&wait->link);
}

void gi_buffers_end_turn(struct gi_driver *driver)
{
	struct gi_buffers *buffers = driver->buffers;
	if (buffers->returned_count > 0) {
		publish(buffers);
	}
	gi_assert_slow(buffers->held_count <= buffers->count);
	/* More in line than buffers: the rest would find the ring empty again. */
	uint32_t free_count = buffers->count - buffers->held_count;
	for (uint32_t i = 0; i < READY_MAX && i < free_count; i++) {
		struct gi_list *link = gi_list_pop(&buffers->waiting);
		if (!link) {
			break;
		}
		struct gi_buffer_wait *wait = gi_container_of(link, struct gi_buffer_wait, link);
		wait->ready(wait);
	}
	/* Those called may turn out to need none: the rest must not wait for them. */
	if (free_count > 0 && !gi_list_is_empty(&buffers->waiting)) {
		driver->must_not_sleep = true;
	}
}

uint32_t gi_buffers_held(const struct gi_buffers *buffers)
{
	return buffers->held_count;
}

uint32_t gi_buffers_total(const struct gi_buffers *buffers)
{
	return buffers->count;
}

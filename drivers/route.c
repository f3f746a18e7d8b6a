/* SPDX-License-Identifier: Apache-2.0 */
/* Sending to other drivers: slots, outboxes, publication, doorbells. */
#include "drivers/route.h"

#include "base/assert.h"
#include "drivers/enter.h"
#include "drivers/ring.h"
#include "topology/arena.h"

#include <stdlib.h>
#include <string.h>

/*
 * Who sends more than this in one turn publishes it batch by batch, so that a receiver that does not look here begins
 * meanwhile: a flood published only at the end leaves one of the two drivers idle all the time.
 */
#define BATCH_COUNT 64u

/* The line of a slot so far ahead is fetched while one is filled: it comes while so many messages are sent. */
#define SLOTS_AHEAD 8u

/* A user's message that waits, boxed. `next` takes the place of `to`, which follows the payload. */
struct outbox_message {
	struct gi_message message;
	uint64_t to;
};

_Static_assert(offsetof(struct outbox_message, message) == 0, "it is its message");

/* What waits in an outbox: a pointer to the boxed message, and in the low bits how that is to be passed. */
#define PASS_MASK ((uintptr_t)7)
enum {
	PASS_USER = GI_PASS_COUNT
}; /* beside those of gi_driver_send_boxed(): in an outbox_message */

/*
 * Made on the first message: only pairs that talk cost memory, and it lies with the receiver, who polls it. Two pieces:
 * slots are a power of two and fill a size class exactly, in one piece with the route they would take the next larger.
 */
static struct gi_route *open_route(struct gi_driver *driver, uint32_t receiver)
{
	struct gi_driver *to = driver->group->drivers[receiver];
	gi_assert(to);
	gi_assert(to->index == receiver);
	gi_assert(!driver->routes[receiver]);
	size_t slots_size = sizeof(struct gi_message) * driver->options.mailbox_slots;
	struct gi_message *slots = gi_arena_alloc_reserved(to->options.arena, slots_size);
	struct gi_route *route = gi_arena_alloc_reserved(to->options.arena, sizeof(*route));
	if (!slots || !route) {
		gi_arena_free(to->options.arena, slots, slots_size);
		gi_arena_free(to->options.arena, route, sizeof(*route));
		return NULL;
	}
	struct gi_mailbox_options options = {
	        .slots = slots,
	        .slot_count = driver->options.mailbox_slots,
	        .sender_index = driver->index,
	        .receiver_index = receiver,
	        .bell = &to->bell,
	        .sender_bell = &driver->bell,
	};
	gi_mailbox_init(&route->mailbox, &options);
	route->receiver = receiver;
	driver->routes[receiver] = route;
	return route;
}

bool gi_route_open(struct gi_driver *driver, uint32_t receiver)
{
	gi_assert(receiver < driver->group->driver_count);
	return driver->routes[receiver] || open_route(driver, receiver);
}

/* The ring is full, or others wait already. */
static struct gi_message *outbox_message(struct gi_driver *driver, struct gi_route *route)
{
	gi_assert(!route->filling);
	gi_assert(route->outbox_user_count <= driver->options.outbox_count_max);
	struct outbox_message *boxed = NULL;
	if (route->outbox_user_count < driver->options.outbox_count_max) {
		boxed = gi_heap_alloc(driver->heap, sizeof(*boxed));
	}
	if (!boxed) {
		gi_count(&driver->counters.refused, 1);
		return NULL;
	}
	route->filling = &boxed->message;
	return &boxed->message;
}

/* The mailbox is told of what was filled since. */
static void count_batch(struct gi_route *route)
{
	gi_assert_slow(route->batch_counted <= route->batch_next);
	gi_assert_slow(route->batch_next <= route->batch_limit);
	gi_mailbox_passed(&route->mailbox, (uint64_t)(route->batch_next - route->batch_counted));
	route->batch_counted = route->batch_next;
}

/* Its turn is over, or a batch is full: the receiver may read it, and what lies behind. */
static void let_go_held(struct gi_route *route)
{
	if (route->phase < GI_ROUTE_HELD) {
		return;
	}
	gi_mailbox_pass(route->held, route->held_stamp, gi_load_relaxed(&route->held->label));
	route->next_stamp = route->batch_stamp;
	route->phase = GI_ROUTE_FIRST;
	route->batch_end = route->mailbox.slots;
}

/* true: the receiver sleeps, and its doorbell is to be rung. */
static inline bool publish(struct gi_driver *driver, struct gi_route *route)
{
	gi_assert_slow(!driver->is_quiet);
	gi_assert_slow(route->batch_counted == route->batch_next);
	uint64_t count = gi_mailbox_unpublished(&route->mailbox);
	if (count == 0) {
		return false;
	}
	let_go_held(route);
	gi_count(&driver->counters.messages_out, count);
	return gi_mailbox_publish(&route->mailbox);
}

/*
 * In the middle of a turn, whose end may be far: who sleeps is woken now, by a system call that each of its sleeps costs
 * once.
 */
static __attribute__((noinline)) void publish_now(struct gi_driver *driver, struct gi_route *route)
{
	if (driver->is_quiet || !publish(driver, route)) {
		return;
	}
	gi_doorbell_ring(driver, route->receiver);
	gi_enter_now(driver);
	if (driver->doorbells_owed_count > 0) { /* it found no room, but that enter has made some */
		gi_doorbells_retry(driver);
		gi_enter_now(driver);
	}
}

/* From boxed into a slot; the block is freed if it does not travel itself. Returns the slot's label. */
static uint32_t fill_slot(struct gi_driver *driver, struct gi_message *slot,
                          struct gi_message *boxed, uint32_t pass)
{
	uint32_t label = gi_message_label(boxed->kind, boxed->flags, boxed->mark);
	slot->tag = boxed->tag;
	slot->size = boxed->size;
	if (pass == PASS_USER) {
		slot->to = ((struct outbox_message *)(void *)boxed)->to;
		slot->from = boxed->from;
	} else {
		slot->to = boxed->from;
		slot->from = 0;
	}
	if (pass == GI_PASS_POINTER) {
		memcpy(slot->payload, &boxed, sizeof(boxed));
	} else {
		memcpy(slot->payload, boxed->payload, sizeof(slot->payload));
		gi_heap_free(driver->heap, boxed);
	}
	return label;
}

static void append(struct gi_route *route, struct gi_message *boxed, uint32_t pass)
{
	gi_assert(((uintptr_t)boxed & PASS_MASK) == 0);
	gi_assert(pass != 0);
	gi_assert(route->batch_next == route->batch_limit); /* nothing overtakes it */
	struct gi_message *waiting = (void *)((uintptr_t)boxed | pass);
	boxed->next = NULL;
	if (route->outbox_last) {
		gi_assert(!route->outbox_last->next);
		gi_assert(boxed != route->outbox_last);
		route->outbox_last->next = waiting;
	} else {
		gi_assert(!route->outbox_first);
		route->outbox_first = waiting;
	}
	route->outbox_last = boxed;
	route->outbox_count++;
}

/* From the outbox into the ring while it has room. */
static void move_outbox(struct gi_driver *driver, struct gi_route *route)
{
	gi_assert_slow(!driver->is_quiet);
	while (route->outbox_first) {
		struct gi_message *slot = gi_mailbox_slot(&route->mailbox);
		if (!slot) {
			return;
		}
		uint32_t pass = (uint32_t)((uintptr_t)route->outbox_first & PASS_MASK);
		struct gi_message *boxed = (void *)((uintptr_t)route->outbox_first & ~PASS_MASK);
		route->outbox_first = boxed->next;
		if (!route->outbox_first) {
			gi_assert(route->outbox_last == boxed);
			route->outbox_last = NULL;
		}
		gi_mailbox_fill(&route->mailbox, fill_slot(driver, slot, boxed, pass));
		gi_assert(route->outbox_count > 0);
		route->outbox_count--;
		if (pass == PASS_USER) {
			gi_assert(route->outbox_user_count > 0);
			route->outbox_user_count--;
		}
	}
	gi_assert_slow(route->outbox_user_count == 0);
	gi_assert_slow(route->outbox_count == 0);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * How many slots the next batch has; 0: the ring is full. And how far ahead of the one that is filled lies the one whose line
 * is fetched meanwhile, the same for the whole batch: so it ends where either of them comes to the ring's end, and each of
 * its slots has a free one so far ahead, or none is fetched.
 */
static uint64_t measure_batch(struct gi_mailbox *mailbox, int64_t *out_ahead)
{
	uint64_t room = gi_mailbox_room(mailbox, SLOTS_AHEAD);
	uint64_t until_end = gi_mailbox_until_end(mailbox);
	gi_assert_slow(until_end > 0);
	if (room <= SLOTS_AHEAD) {
		*out_ahead = 0; /* what lies there is the receiver's */
		return least(room, until_end);
	}
	uint64_t count = least(room - SLOTS_AHEAD, BATCH_COUNT);
	if (until_end <= SLOTS_AHEAD) {
		*out_ahead = SLOTS_AHEAD - (int64_t)mailbox->capacity; /* from the beginning on */
		return least(count, until_end);
	}
	*out_ahead = SLOTS_AHEAD;
	return least(count, until_end - SLOTS_AHEAD);
}

/* What waits goes if the receiver has made room since. true: nothing waits any more. */
static inline bool clear_outbox(struct gi_driver *driver, struct gi_route *route)
{
	if (gi_unlikely(route->outbox_first != NULL)) {
		move_outbox(driver, route);
		return !route->outbox_first;
	}
	return true;
}

/* The free slots that come next in the ring. false: there are none. */
static inline bool take_slots(struct gi_route *route)
{
	int64_t ahead;
	uint64_t count = measure_batch(&route->mailbox, &ahead);
	if (gi_unlikely(count == 0)) {
		return false;
	}
	route->batch_next = gi_mailbox_slot(&route->mailbox);
	gi_assert_slow(route->batch_next);
	route->batch_counted = route->batch_next;
	route->batch_limit = route->batch_next + count;
	if (route->phase == GI_ROUTE_OPEN) {
		route->batch_end = route->batch_limit;
	}
	route->batch_stamp = gi_mailbox_stamp(&route->mailbox, route->mailbox.filled);
	if (route->phase != GI_ROUTE_HELD) {
		route->next_stamp = route->batch_stamp;
	}
	route->batch_ahead = ahead * (ptrdiff_t)sizeof(struct gi_message);
	return true;
}

/* The last batch is used up: the next one. false: the ring is full, or others wait already. */
static bool begin_batch(struct gi_driver *driver, struct gi_route *route)
{
	gi_assert_slow(route->batch_next == route->batch_limit);
	count_batch(route);
	if (gi_unlikely(driver->is_quiet)) {
		return false; /* what is filled is seen */
	}
	bool is_clear = clear_outbox(driver, route);
	if (gi_unlikely(gi_mailbox_unpublished(&route->mailbox) >= BATCH_COUNT)) {
		publish_now(driver, route);
	}
	if (gi_likely(is_clear) && take_slots(route)) {
		return true;
	}
	publish_now(driver, route); /* the receiver cannot make room of what it does not see */
	return false;
}

/* false: the ring is full, or others wait already. */
static bool next_slot(struct gi_driver *driver, struct gi_route *route)
{
	if (!begin_batch(driver, route)) {
		gi_route_mark_dirty(driver, route);
		return false;
	}
	if (route->phase != GI_ROUTE_OPEN) {
		gi_route_step(driver, route);
	}
	return true;
}

struct gi_message *gi_route_other_slot(struct gi_driver *driver, uint32_t receiver)
{
	gi_assert(receiver < driver->group->driver_count);
	if (gi_unlikely(!driver->routes[receiver]) && !gi_route_open(driver, receiver)) {
		gi_count(&driver->counters.refused, 1);
		return NULL;
	}
	struct gi_route *route = driver->routes[receiver];
	return next_slot(driver, route) ? route->batch_next : outbox_message(driver, route);
}

void gi_route_append(struct gi_route *route, struct gi_message *message, uint32_t label)
{
	gi_assert(route->filling == message);
	gi_store_relaxed(&message->label, label); /* nobody else's yet */
	((struct outbox_message *)(void *)message)->to = message->to;
	route->filling = NULL;
	route->outbox_user_count++;
	append(route, message, PASS_USER);
}

/* Is there a slot in the ring, and nobody waiting before? The route is open. */
static bool has_room(struct gi_driver *driver, uint32_t receiver)
{
	struct gi_route *route = gi_route_ready(driver, receiver);
	if (!route) {
		route = driver->routes[receiver];
		gi_assert(route); /* see gi_route_open() */
		return next_slot(driver, route);
	}
	return true;
}

void gi_driver_send_boxed(struct gi_driver *driver, uint32_t receiver, struct gi_message *boxed,
                          uint64_t to, enum gi_pass pass)
{
	gi_assert_slow(pass != 0);
	gi_assert_slow(pass < GI_PASS_COUNT);
	boxed->from = to;
	if (has_room(driver, receiver)) {
		struct gi_route *route = driver->routes[receiver];
		struct gi_message *slot = route->batch_next;
		gi_route_filled(route, slot, fill_slot(driver, slot, boxed, pass));
	} else {
		append(driver->routes[receiver], boxed, pass);
	}
}

void gi_routes_close(struct gi_driver *driver)
{
	gi_assert(!driver->dirty);
	for (uint32_t i = 0; i < driver->group->driver_count; i++) {
		struct gi_route *route = driver->routes[i];
		if (route) {
			gi_assert(!route->outbox_first);
			route->batch_limit = route->batch_next;
		}
	}
}

void gi_routes_publish_dirty(struct gi_driver *driver)
{
	if (driver->is_quiet) {
		return;
	}
	struct gi_route *route = driver->dirty;
	driver->dirty = NULL;
	while (route) {
		struct gi_route *next = route->next_dirty;
		gi_assert_slow(!route->filling);
		count_batch(route);
		bool is_empty = clear_outbox(driver, route);
		if (publish(driver, route)) {
			gi_doorbell_ring(driver, route->receiver);
		}
		gi_assert_slow(route->phase == GI_ROUTE_FIRST);
		route->phase = GI_ROUTE_CLEAN;
		if (!is_empty) {
			gi_mailbox_promise(&route->mailbox, route->outbox_count);
			gi_route_mark_dirty(driver, route);
		}
		route = next;
	}
}

bool gi_routes_sleep(struct gi_driver *driver)
{
	bool may_sleep = true;
	for (struct gi_route *route = driver->dirty; route; route = route->next_dirty) {
		count_batch(route);
		if (gi_mailbox_unpublished(&route->mailbox) > 0 ||
		    !gi_mailbox_stall(&route->mailbox)) {
			may_sleep = false;
		}
	}
	return may_sleep;
}

/* ---- Doorbells ---------------------------------------------------------------------------------------------------- */

static bool send_doorbell(struct gi_driver *driver, uint32_t receiver)
{
	gi_assert_slow(receiver < driver->group->driver_count);
	gi_assert_slow(receiver != driver->index);
	struct io_uring_sqe *sqe = gi_ring_sqe(driver->ring);
	if (!sqe) {
		return false;
	}
	struct gi_driver *to = driver->group->drivers[receiver];
	sqe->opcode = IORING_OP_MSG_RING;
	sqe->fd = to->ring->uring.ring_fd;
	sqe->len = driver->index;
	sqe->off = GI_CQE_DOORBELL;
	sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
	sqe->user_data = GI_CQE_DOORBELL_SENT | (uint64_t)receiver << 8;
	gi_count(&driver->counters.doorbells, 1);
	return true;
}

static void owe_doorbell(struct gi_driver *driver, uint32_t receiver)
{
	uint64_t bit = UINT64_C(1) << (receiver % 64);
	if (!(driver->doorbells_owed[receiver / 64] & bit)) {
		driver->doorbells_owed[receiver / 64] |= bit;
		driver->doorbells_owed_count++;
		gi_assert(driver->doorbells_owed_count <= driver->group->driver_count);
	}
}

void gi_doorbell_ring(struct gi_driver *driver, uint32_t receiver)
{
	if (!send_doorbell(driver, receiver)) {
		owe_doorbell(driver, receiver);
	}
}

void gi_doorbell_failed(struct gi_driver *driver, uint32_t receiver, int err)
{
	(void)err;
	gi_count(&driver->counters.doorbell_errors, 1);
	if (receiver < driver->group->driver_count) {
		owe_doorbell(driver, receiver);
	}
}

void gi_doorbells_retry(struct gi_driver *driver)
{
	uint32_t word_count = (driver->group->driver_count + 63) / 64;
	for (uint32_t word = 0; word < word_count && driver->doorbells_owed_count > 0; word++) {
		uint64_t bits = driver->doorbells_owed[word];
		for (; bits; bits &= bits - 1) {
			uint32_t bit = (uint32_t)__builtin_ctzll(bits);
			if (!send_doorbell(driver, word * 64 + bit)) {
				return;
			}
			gi_assert(driver->doorbells_owed_count > 0);
			driver->doorbells_owed[word] &= ~(UINT64_C(1) << bit);
			driver->doorbells_owed_count--;
		}
	}
	gi_assert(driver->doorbells_owed_count == 0); /* a bit for each that is counted */
}

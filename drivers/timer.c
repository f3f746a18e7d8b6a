/* SPDX-License-Identifier: Apache-2.0 */
/* The timer wheel. */
#include "drivers/timer.h"

#include "base/assert.h"
#include "base/container.h"
#include "base/duration.h"

#include <stddef.h>

#define SLOT_BITS 6u
#define SLOT_MASK (GI_TIMER_SLOT_COUNT - 1)
/* The wheel sees so many ticks ahead. */
#define SPAN (UINT64_C(1) << (SLOT_BITS * GI_TIMER_LEVEL_COUNT))

_Static_assert(GI_TIMER_SLOT_COUNT == 1u << SLOT_BITS, "slot bits");

void gi_timer_wheel_init(struct gi_timer_wheel *wheel, uint64_t now_ns)
{
	wheel->now_tick = 0;
	wheel->start_ns = now_ns;
	wheel->count = 0;
	for (uint32_t level = 0; level < GI_TIMER_LEVEL_COUNT; level++) {
		wheel->occupied[level] = 0;
		for (uint32_t slot = 0; slot < GI_TIMER_SLOT_COUNT; slot++) {
			gi_list_init(&wheel->slots[level][slot]);
		}
	}
}

void gi_timer_init(struct gi_timer *timer, void (*fire)(struct gi_timer *timer))
{
	gi_assert(fire);
	gi_list_init(&timer->link);
	timer->expiry_tick = 0;
	timer->fire = fire;
}

/* The level of an expiry is that of the highest slot digit in which it differs from now. */
static void place(struct gi_timer_wheel *wheel, struct gi_timer *timer)
{
	gi_assert_slow(timer->expiry_tick != 0);
	gi_assert_slow(gi_list_is_empty(&timer->link));
	uint64_t expiry = timer->expiry_tick;
	if (expiry <= wheel->now_tick) {
		expiry = wheel->now_tick + 1;
	}
	if (expiry - wheel->now_tick >= SPAN) {
		expiry = wheel->now_tick + SPAN - 1;
	}
	uint64_t difference = expiry ^ wheel->now_tick;
	uint32_t level = (63u - (uint32_t)__builtin_clzll(difference)) / SLOT_BITS;
	if (level >= GI_TIMER_LEVEL_COUNT) {
		level = GI_TIMER_LEVEL_COUNT - 1; /* the digit above rolls over within the span */
	}
	uint32_t slot = (uint32_t)(expiry >> (SLOT_BITS * level)) & SLOT_MASK;
	gi_list_insert(&wheel->slots[level][slot], &timer->link);
	wheel->occupied[level] |= UINT64_C(1) << slot;
}

void gi_timer_start(struct gi_timer_wheel *wheel, struct gi_timer *timer, uint64_t now_ns,
                    uint64_t delay_ns)
{
	gi_assert_slow(now_ns >= wheel->start_ns);
	gi_timer_cancel(wheel, timer);
	uint64_t since_start = now_ns - wheel->start_ns;
	uint64_t due_ns = gi_time_add_ns(since_start, delay_ns);
	if (due_ns > GI_NEVER_NS - GI_TIMER_TICK_NS) {
		due_ns =
		        GI_NEVER_NS - GI_TIMER_TICK_NS; /* its tick has a number, and never comes */
	}
	/* Rounded up: never early. */
	timer->expiry_tick = due_ns / GI_TIMER_TICK_NS + 1;
	wheel->count++;
	place(wheel, timer);
}

void gi_timer_cancel(struct gi_timer_wheel *wheel, struct gi_timer *timer)
{
	if (timer->expiry_tick == 0) {
		return;
	}
	/* The slot's bit may stay set over an empty list: advance and wait find that out. */
	gi_list_remove(&timer->link);
	timer->expiry_tick = 0;
	gi_assert(wheel->count > 0);
	wheel->count--;
}

bool gi_timer_is_running(const struct gi_timer *timer)
{
	return timer->expiry_tick != 0;
}

/* The next tick at which a slot of this level comes round; it holds something. */
static uint64_t next_tick_of_level(const struct gi_timer_wheel *wheel, uint32_t level)
{
	uint64_t bits = wheel->occupied[level];
	uint32_t shift = SLOT_BITS * level;
	uint32_t now_slot = (uint32_t)(wheel->now_tick >> shift) & SLOT_MASK;
	/* Rotate so that the slot after now is bit 0; now's own slot is a whole round away. */
	uint32_t first = (now_slot + 1) & SLOT_MASK;
	uint64_t rotated = first == 0 ? bits : (bits >> first) | (bits << (64 - first));
	gi_assert_slow(bits != 0);
	uint64_t distance = (uint64_t)__builtin_ctzll(rotated) + 1;
	return ((wheel->now_tick >> shift) + distance) << shift;
}

/*
 * The next tick at which some slot must be looked at, 0 if there is none. It is the lowest level's that holds anything: below
 * the top, what a level holds has all higher digits of now, so it comes before any level above goes on by one.
 */
static uint64_t next_tick(const struct gi_timer_wheel *wheel)
{
	for (uint32_t level = 0; level < GI_TIMER_LEVEL_COUNT; level++) {
		if (wheel->occupied[level] != 0) {
			return next_tick_of_level(wheel, level);
		}
	}
	return 0;
}

static void take_slot(struct gi_timer_wheel *wheel, uint32_t level, struct gi_list *out_timers)
{
	uint32_t slot = (uint32_t)(wheel->now_tick >> (SLOT_BITS * level)) & SLOT_MASK;
	wheel->occupied[level] &= ~(UINT64_C(1) << slot);
	struct gi_list *link;
	while ((link = gi_list_pop(&wheel->slots[level][slot]))) {
		gi_list_insert(out_timers, link);
	}
}

/* Before any of them fires: what a fire() starts comes behind those that were there before. */
static void hand_down(struct gi_timer_wheel *wheel, struct gi_list *timers)
{
	struct gi_list *next;
	for (struct gi_list *link = timers->next; link != timers; link = next) {
		next = link->next;
		struct gi_timer *timer = gi_container_of(link, struct gi_timer, link);
		if (timer->expiry_tick > wheel->now_tick) {
			gi_list_remove(link);
			place(wheel, timer);
		}
	}
}

/* Now stands on a tick that needs a look: higher levels first hand down what they hold for it. */
static uint32_t visit_now(struct gi_timer_wheel *wheel)
{
	struct gi_list due;
	gi_list_init(&due);
	for (uint32_t level = GI_TIMER_LEVEL_COUNT; level-- > 0;) {
		if ((wheel->now_tick & ((UINT64_C(1) << (SLOT_BITS * level)) - 1)) == 0) {
			take_slot(wheel, level, &due);
		}
	}
	hand_down(wheel, &due);
	uint32_t fired_count = 0;
	struct gi_list *link;
	while ((link = gi_list_pop(&due))) {
		struct gi_timer *timer = gi_container_of(link, struct gi_timer, link);
		gi_assert(wheel->count > 0);
		gi_assert(timer->expiry_tick != 0);
		gi_assert(timer->expiry_tick <= wheel->now_tick); /* never early */
		timer->expiry_tick = 0;
		wheel->count--;
		fired_count++;
		timer->fire(timer);
	}
	return fired_count;
}

bool gi_timer_wheel_is_due(struct gi_timer_wheel *wheel, uint64_t now_ns)
{
	uint64_t target = (now_ns - wheel->start_ns) / GI_TIMER_TICK_NS;
	if (wheel->now_tick >= target) {
		return false;
	}
	uint64_t tick = next_tick(wheel);
	if (tick != 0 && tick <= target) {
		return true;
	}
	wheel->now_tick = target;
	return false;
}

uint64_t gi_timer_wheel_late_ns(const struct gi_timer_wheel *wheel, uint64_t now_ns)
{
	uint64_t tick = next_tick(wheel);
	uint64_t since_start = now_ns - wheel->start_ns;
	gi_assert(tick != 0);
	gi_assert(tick <= since_start / GI_TIMER_TICK_NS);
	return since_start - tick * GI_TIMER_TICK_NS;
}

/* For assertions. */
static __attribute__((unused)) uint64_t count_timers(const struct gi_timer_wheel *wheel)
{
	uint64_t count = 0;
	for (uint32_t i = 0; i < GI_TIMER_LEVEL_COUNT * GI_TIMER_SLOT_COUNT; i++) {
		const struct gi_list *slot =
		        &wheel->slots[i / GI_TIMER_SLOT_COUNT][i % GI_TIMER_SLOT_COUNT];
		for (const struct gi_list *link = slot->next; link != slot; link = link->next) {
			count++;
		}
	}
	return count;
}

uint32_t gi_timer_wheel_advance(struct gi_timer_wheel *wheel, uint64_t now_ns)
{
	gi_assert_slow(now_ns >= wheel->start_ns);
	gi_assert_slow(count_timers(wheel) == wheel->count);
	uint64_t target = (now_ns - wheel->start_ns) / GI_TIMER_TICK_NS;
	uint32_t fired_count = 0;
	while (wheel->now_tick < target) {
		uint64_t tick = next_tick(wheel);
		if (tick == 0 || tick > target) {
			wheel->now_tick = target;
			break;
		}
		gi_assert(tick > wheel->now_tick); /* the loop ends */
		wheel->now_tick = tick;
		fired_count += visit_now(wheel);
	}
	return fired_count;
}

uint64_t gi_timer_wheel_wait_ns(const struct gi_timer_wheel *wheel, uint64_t now_ns,
                                uint64_t max_ns)
{
	if (wheel->count == 0) {
		return max_ns;
	}
	uint64_t tick = next_tick(wheel);
	if (tick == 0) {
		return max_ns;
	}
	uint64_t since_start = now_ns - wheel->start_ns;
	if (tick >= UINT64_MAX / GI_TIMER_TICK_NS) {
		return max_ns;
	}
	uint64_t due_ns = tick * GI_TIMER_TICK_NS;
	if (due_ns <= since_start) {
		return 0;
	}
	return due_ns - since_start < max_ns ? due_ns - since_start : max_ns;
}

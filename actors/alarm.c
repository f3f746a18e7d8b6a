/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alarms: messages that an actor sends to itself later, once or every period.
 *
 * An alarm knows its message in the inbox until it is handled, so that a cancel takes it back. While it is there no
 * second one is put behind it: an actor that does not keep up gets fewer, not more and more.
 */
#include "actors/inbox.h"

#include "base/assert.h"

#include <string.h>

struct gi_alarm {
	struct gi_timer timer;
	struct gi_stage *stage;
	struct gi_actor *actor;
	struct gi_alarm *next;
	struct gi_alarm *previous;
	struct gi_message
	        *message; /* delivered itself when it comes once, copied when it comes again */
	struct gi_message *waiting; /* in the inbox */
	uint64_t due_ns;
	uint64_t period_ns; /* 0: once */
	uint64_t number;    /* tells a stale gatio_timer from this one */
};

/* Numbers alarms of one driver; a gatio_timer carries the number. */
static _Thread_local uint64_t last_number;

static void unlink_alarm(struct gi_alarm *alarm)
{
	if (alarm->previous) {
		alarm->previous->next = alarm->next;
	} else {
		alarm->actor->alarms = alarm->next;
	}
	if (alarm->next) {
		alarm->next->previous = alarm->previous;
	}
}

static void end_alarm(struct gi_alarm *alarm)
{
	struct gi_stage *stage = alarm->stage;
	gi_timer_cancel(&stage->driver->timers, &alarm->timer);
	unlink_alarm(alarm);
	if (alarm->waiting) {
		alarm->waiting->kind = GI_KIND_CANCELLED;
	}
	gi_heap_free(stage->driver->heap, alarm->message);
	gi_heap_free(stage->driver->heap, alarm);
}

static void enqueue(struct gi_alarm *alarm, struct gi_message *message)
{
	message->kind = GI_KIND_ALARM;
	message->from = (uint64_t)(uintptr_t)alarm;
	alarm->waiting = message;
	gi_actor_enqueue(alarm->stage, alarm->actor, message);
}

void gi_alarm_handled(struct gi_message *message)
{
	struct gi_alarm *alarm = (struct gi_alarm *)(uintptr_t)message->from;
	gi_assert(alarm->waiting == message);
	alarm->waiting = NULL;
	message->kind = GI_KIND_USER;
	message->from = 0;
	if (alarm->period_ns == 0) {
		end_alarm(alarm);
	}
}

static void copy_to_inbox(struct gi_alarm *alarm)
{
	struct gi_stage *stage = alarm->stage;
	struct gi_message *copy =
	        gi_message_block(stage, alarm->message->type, alarm->message->size);
	if (!copy) {
		gi_count(&stage->counters.dead_letters, 1); /* the next period tries again */
		return;
	}
	memcpy(copy->payload, alarm->message->payload, alarm->message->size);
	enqueue(alarm, copy);
}

/* Periods follow from the first, however late each one is seen; what was missed altogether is left out. */
static void start_again(struct gi_alarm *alarm)
{
	struct gi_driver *driver = alarm->stage->driver;
	uint64_t now_ns = gi_driver_now_ns(driver);
	uint64_t missed_count = (now_ns - alarm->due_ns) / alarm->period_ns;
	alarm->due_ns += (missed_count + 1) * alarm->period_ns;
	gi_timer_start(&driver->timers, &alarm->timer, now_ns, alarm->due_ns - now_ns);
}

static void on_time(struct gi_timer *timer)
{
	struct gi_alarm *alarm = gi_container_of(timer, struct gi_alarm, timer);
	if (alarm->stage->is_closed) {
		return; /* it would be sent */
	}
	if (alarm->period_ns == 0) {
		struct gi_message *message = alarm->message;
		alarm->message = NULL;
		enqueue(alarm, message);
		return;
	}
	if (!alarm->waiting) {
		copy_to_inbox(alarm);
	}
	start_again(alarm);
}

struct gatio_timer gatio_timer_start(uint64_t delay_ns, uint64_t period_ns,
                                     const struct gatio_message_type *type, const void *message)
{
	struct gi_stage *stage = gi_stage_current();
	struct gi_actor *actor = stage->actor;
	gi_assert(actor);
	struct gi_alarm *alarm = gi_heap_alloc(stage->driver->heap, sizeof(*alarm));
	struct gi_message *block = gi_message_block(stage, type->index, type->size);
	if (!alarm || !block) {
		gi_heap_free(stage->driver->heap, alarm);
		gi_heap_free(stage->driver->heap, block);
		return (struct gatio_timer){0};
	}
	memcpy(block->payload, message, type->size);
	uint64_t now_ns = gi_driver_fresh_ns(stage->driver);
	*alarm = (struct gi_alarm){
	        .stage = stage,
	        .actor = actor,
	        .next = actor->alarms,
	        .message = block,
	        .due_ns = now_ns + delay_ns,
	        .period_ns = period_ns,
	        .number = ++last_number,
	};
	if (actor->alarms) {
		actor->alarms->previous = alarm;
	}
	actor->alarms = alarm;
	gi_timer_init(&alarm->timer, on_time);
	gi_timer_start(&stage->driver->timers, &alarm->timer, now_ns, delay_ns);
	return (struct gatio_timer){.bits = alarm->number};
}

void gatio_timer_cancel(struct gatio_timer timer)
{
	struct gi_stage *stage = gi_stage_current();
	gi_assert(stage->actor);
	for (struct gi_alarm *alarm = stage->actor->alarms; alarm; alarm = alarm->next) {
		if (alarm->number == timer.bits) {
			end_alarm(alarm);
			return;
		}
	}
}

void gi_alarms_end(struct gi_actor *actor)
{
	while (actor->alarms) {
		end_alarm(actor->alarms);
	}
}

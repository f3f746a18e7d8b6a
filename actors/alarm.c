/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alarms: messages that an actor sends to itself later, once or every period.
 *
 * An alarm knows its message in the inbox until it is handled, so that a cancel takes it back. While it is there no
 * second one is put behind it: an actor that does not keep up gets fewer, not more and more.
 */
#include "actors/alarm.h"
#include "actors/inbox.h"
#include "actors/message.h"

#include "base/assert.h"
#include "base/duration.h"

#include <string.h>

struct gi_alarm {
	struct gi_timer timer;
	struct gi_scheduler *scheduler;
	struct gi_actor *actor;
	struct gi_alarm *next;
	struct gi_alarm *previous;
	struct gi_message *message; /* delivered itself if it comes once, else copied */
	struct gi_message *waiting; /* in the inbox */
	uint64_t due_ns;
	uint64_t period_ns; /* 0: once */
	uint64_t handle;    /* what its gatio_timer holds */
};

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
	struct gi_scheduler *scheduler = alarm->scheduler;
	gi_timer_cancel(&scheduler->driver->timers, &alarm->timer);
	unlink_alarm(alarm);
	gi_handle_put(&scheduler->alarms, alarm->handle);
	if (alarm->waiting) {
		gi_assert(alarm->waiting->kind == GI_KIND_ALARM);
		alarm->waiting->kind = GI_KIND_CANCELLED;
	}
	gi_heap_free(scheduler->driver->heap, alarm->message);
	gi_heap_free(scheduler->driver->heap, alarm);
}

static void enqueue(struct gi_alarm *alarm, struct gi_message *message)
{
	gi_assert(!alarm->waiting);
	message->kind = GI_KIND_ALARM;
	message->from = (uint64_t)(uintptr_t)alarm;
	alarm->waiting = message;
	gi_actor_enqueue(alarm->scheduler, alarm->actor, message);
}

void gi_alarm_handled(struct gi_message *message)
{
	gi_assert(message->kind == GI_KIND_ALARM);
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
	struct gi_scheduler *scheduler = alarm->scheduler;
	struct gi_message *copy =
	        gi_message_box(scheduler, alarm->message->type, alarm->message->size);
	if (!copy) {
		gi_count(&scheduler->counters.dead_letters, 1); /* the next period tries again */
		return;
	}
	memcpy(copy->payload, alarm->message->payload, alarm->message->size);
	enqueue(alarm, copy);
}

/* Periods follow from the first, however late each one is seen; what was missed altogether is left out. */
static void start_again(struct gi_alarm *alarm)
{
	struct gi_driver *driver = alarm->scheduler->driver;
	uint64_t now_ns = gi_driver_now_ns(driver);
	gi_assert(now_ns >= alarm->due_ns); /* a timer is never early */
	uint64_t missed_count = (now_ns - alarm->due_ns) / alarm->period_ns;
	alarm->due_ns = gi_time_add_ns(alarm->due_ns, (missed_count + 1) * alarm->period_ns);
	gi_timer_start(&driver->timers, &alarm->timer, now_ns, alarm->due_ns - now_ns);
}

static void on_time(struct gi_timer *timer)
{
	struct gi_alarm *alarm = gi_container_of(timer, struct gi_alarm, timer);
	if (alarm->scheduler->is_closed) {
		return; /* it would be sent */
	}
	if (alarm->period_ns == 0) {
		struct gi_message *message = alarm->message;
		gi_assert(message); /* it fires once */
		alarm->message = NULL;
		enqueue(alarm, message);
		return;
	}
	if (!alarm->waiting) {
		copy_to_inbox(alarm);
	}
	start_again(alarm);
}

/* Its memory and its handle. NULL: the limit. */
static struct gi_alarm *make_alarm(struct gi_scheduler *scheduler,
                                   const struct gatio_message_type *type)
{
	struct gi_heap *heap = scheduler->driver->heap;
	struct gi_alarm *alarm = gi_heap_alloc(heap, sizeof(*alarm));
	struct gi_message *boxed = gi_message_box(scheduler, type->index, type->size);
	uint64_t handle;
	if (!alarm || !boxed || gi_handle_take(&scheduler->alarms, heap, alarm, &handle)) {
		gi_heap_free(heap, alarm);
		gi_heap_free(heap, boxed);
		return NULL;
	}
	*alarm = (struct gi_alarm){.scheduler = scheduler,
	                           .actor = scheduler->actor,
	                           .message = boxed,
	                           .handle = handle};
	return alarm;
}

static void link_alarm(struct gi_alarm *alarm)
{
	struct gi_actor *actor = alarm->actor;
	alarm->next = actor->alarms;
	if (actor->alarms) {
		actor->alarms->previous = alarm;
	}
	actor->alarms = alarm;
}

struct gatio_timer gatio_timer_start(uint64_t delay_ns, uint64_t period_ns,
                                     const struct gatio_message_type *type, const void *message)
{
	struct gi_scheduler *scheduler = gi_scheduler_of_actor("gatio_after");
	struct gi_alarm *alarm = make_alarm(scheduler, type);
	if (!alarm) {
		return (struct gatio_timer){0};
	}
	memcpy(alarm->message->payload, message, type->size);
	uint64_t now_ns = gi_driver_fresh_ns(scheduler->driver);
	alarm->due_ns = gi_time_add_ns(now_ns, delay_ns);
	alarm->period_ns = period_ns;
	link_alarm(alarm);
	gi_timer_init(&alarm->timer, on_time);
	gi_timer_start(&scheduler->driver->timers, &alarm->timer, now_ns, delay_ns);
	return (struct gatio_timer){.bits = alarm->handle};
}

struct gatio_timer gatio_timer_repeat(uint64_t period_ns, const struct gatio_message_type *type,
                                      const void *message)
{
	(void)gi_scheduler_of_actor("gatio_every");
	if (period_ns == 0) {
		return (struct gatio_timer){0};
	}
	return gatio_timer_start(period_ns, period_ns, type, message);
}

void gatio_timer_cancel(struct gatio_timer timer)
{
	struct gi_scheduler *scheduler = gi_scheduler_of_actor("gatio_timer_cancel");
	struct gi_alarm *alarm = gi_handle_find(&scheduler->alarms, timer.bits);
	if (alarm && alarm->actor == scheduler->actor) {
		end_alarm(alarm);
	}
}

void gi_alarms_end(struct gi_actor *actor)
{
	while (actor->alarms) {
		gi_assert(actor->alarms->actor == actor);
		end_alarm(actor->alarms);
	}
}

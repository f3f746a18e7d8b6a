/* SPDX-License-Identifier: Apache-2.0 */
/* Alarms: messages that an actor sends to itself later, once or every period. */
#include "actors/stage.h"

#include "base/assert.h"

#include <string.h>

struct gi_alarm {
	struct gi_timer timer;
	struct gi_stage *stage;
	struct gi_actor *actor;
	struct gi_alarm *next;
	struct gi_alarm *previous;
	struct gi_message
	        *message;   /* delivered itself when it comes once, copied when it comes again */
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
	gi_heap_free(stage->driver->heap, alarm->message);
	gi_heap_free(stage->driver->heap, alarm);
}

static void fire_again(struct gi_alarm *alarm)
{
	struct gi_stage *stage = alarm->stage;
	struct gi_message *copy =
	        gi_message_block(stage, alarm->message->type, alarm->message->size);
	if (copy) {
		memcpy(copy->payload, alarm->message->payload, alarm->message->size);
		gi_actor_enqueue(stage, alarm->actor, copy);
	} else {
		gi_count(&stage->counters.dead_letters, 1); /* the next period tries again */
	}
	gi_timer_start(&stage->driver->timers, &alarm->timer, gi_driver_now_ns(stage->driver),
	               alarm->period_ns);
}

static void on_time(struct gi_timer *timer)
{
	struct gi_alarm *alarm = gi_container_of(timer, struct gi_alarm, timer);
	if (alarm->period_ns > 0) {
		fire_again(alarm);
		return;
	}
	struct gi_message *message = alarm->message;
	alarm->message = NULL;
	gi_actor_enqueue(alarm->stage, alarm->actor, message);
	end_alarm(alarm);
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
	*alarm = (struct gi_alarm){
	        .stage = stage,
	        .actor = actor,
	        .next = actor->alarms,
	        .message = block,
	        .period_ns = period_ns,
	        .number = ++last_number,
	};
	if (actor->alarms) {
		actor->alarms->previous = alarm;
	}
	actor->alarms = alarm;
	gi_timer_init(&alarm->timer, on_time);
	gi_timer_start(&stage->driver->timers, &alarm->timer, gi_driver_now_ns(stage->driver),
	               delay_ns);
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

void gi_alarms_end(struct gi_stage *stage, struct gi_actor *actor)
{
	(void)stage;
	while (actor->alarms) {
		end_alarm(actor->alarms);
	}
}

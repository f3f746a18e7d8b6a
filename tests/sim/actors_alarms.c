/* SPDX-License-Identifier: Apache-2.0 */
/* The timers of a worker: once, every, cancelled. */
#include "tests/sim/actors_messages.h"

#define DELAY_MAX_NS GATIO_MS(300)
#define PERIOD_MIN   GATIO_MS(1)
#define REPEATS_MAX  4u
/* When nothing else happens a timer is not later. */
#define LATE_NS GATIO_SECONDS(10)

static uint64_t draw_delay(void)
{
	uint64_t draw = gatio_random() % 16;
	if (draw == 0) {
		return UINT64_MAX;
	}
	uint64_t delay_ns = gatio_random() % DELAY_MAX_NS;
	return draw == 1 ? 0 : delay_ns >> gatio_random() % 16;
}

void worker_set_alarm(struct worker *self)
{
	uint32_t place = (uint32_t)(gatio_random() % TIMERS_MAX);
	struct alarm *alarm = &self->alarms[place];
	if (alarm->number) {
		return;
	}
	bool repeats = ledger.settings.repeats && gatio_random() % 3 == 0;
	*alarm = (struct alarm){.number = ++self->alarm_last,
	                        .repeats = repeats,
	                        .set_ns = clock_ns(),
	                        .delay_ns = draw_delay()};
	if (repeats) {
		alarm->delay_ns = PERIOD_MIN + alarm->delay_ns % DELAY_MAX_NS;
		alarm->timer =
		        gatio_every(alarm->delay_ns, due, .place = place, .number = alarm->number);
	} else {
		alarm->timer =
		        gatio_after(alarm->delay_ns, due, .place = place, .number = alarm->number);
	}
	if (alarm->timer.bits == 0) {
		ledger.is_short = true;
		alarm->number = 0;
	}
}

void worker_cancel_alarm(struct worker *self)
{
	struct alarm *alarm = &self->alarms[gatio_random() % TIMERS_MAX];
	gatio_timer_cancel(alarm->timer); /* stale sometimes */
	alarm->number = 0;
}

void worker_ring(struct worker *self, const struct due *due)
{
	struct alarm *alarm = due->place < TIMERS_MAX ? &self->alarms[due->place] : NULL;
	uint64_t since_ns = clock_ns() - (alarm ? alarm->set_ns : 0);
	ledger.fired++;
	if (!alarm || alarm->number != due->number || due->number == 0) {
		wrong("timer %u of %u has fired, and was cancelled or has fired before",
		      due->number, self->number);
	}
	alarm->fired_count++;
	if (since_ns / alarm->fired_count < alarm->delay_ns) {
		wrong("timer %u of %u has fired for the %u. time after %llu ns, not %llu",
		      due->number, self->number, alarm->fired_count, (unsigned long long)since_ns,
		      (unsigned long long)alarm->delay_ns);
	}
	if (!alarm->repeats) {
		alarm->number = 0;
	} else if (alarm->fired_count >= REPEATS_MAX) {
		gatio_timer_cancel(alarm->timer);
		alarm->number = 0;
	}
}

void worker_check_alarms(const struct worker *self)
{
	uint64_t now_ns = clock_ns();
	for (uint32_t i = 0; i < TIMERS_MAX; i++) {
		const struct alarm *alarm = &self->alarms[i];
		/* One that repeats ends with its last; without memory it may take longer. */
		if (alarm->number && alarm->delay_ns != UINT64_MAX &&
		    !(alarm->repeats && ledger.is_short) &&
		    now_ns - alarm->set_ns > alarm->delay_ns + LATE_NS) {
			wrong("timer %u of %u has not fired", alarm->number, self->number);
		}
	}
}

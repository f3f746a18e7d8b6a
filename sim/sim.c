/* SPDX-License-Identifier: Apache-2.0 */
/* Sim: see sim.h. */
#include "sim/sim.h"
#include "sim/task.h"

#include "base/assert.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first of January 2030, and some. */
#define WALL_START_NS INT64_C(1893456000000000000)

GI_SIM_KEPT struct gi_sim *gi_sim_here;

struct gi_sim_event {
	uint64_t at_ns;
	uint64_t tie; /* drawn: who is first is not who was asked first */
	gi_sim_fn run;
	void *context;
	uint64_t argument;
};

int gi_sim_begin(struct gi_trace *trace, uint64_t seed, uint64_t without)
{
	struct gi_sim *sim = calloc(1, sizeof(*sim));
	if (!sim) {
		return -ENOMEM;
	}
	sim->seed = seed;
	sim->trace = trace;
	gi_random_init(&sim->order, seed, "order");
	gi_random_init(&sim->time, seed, "time");
	gi_random_init(&sim->entropy, seed, "entropy");
	gi_random_init(&sim->user, seed, "user");
	gi_random_init(&sim->memory, seed, "memory");
	gi_faults_init(&sim->faults, seed, without);
	sim->now_ns = gi_random_spread(&sim->time, 1000000000, UINT64_C(1) << 50);
	sim->wall_ns = WALL_START_NS;
	sim->turn_ns = gi_random_spread(&sim->time, 1000, 50000);
	trace->began_ns = sim->now_ns;
	trace->now_ns = sim->now_ns;
	gi_sim_here = sim;
	return 0;
}

/* ---- The heap ---------------------------------------------------------------------------------------------------- */

static bool is_before(const struct gi_sim_event *a, const struct gi_sim_event *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->tie < b->tie;
}

static void swap(struct gi_sim_event *a, struct gi_sim_event *b)
{
	struct gi_sim_event kept = *a;
	*a = *b;
	*b = kept;
}

static void push(struct gi_sim *sim, const struct gi_sim_event *event)
{
	if (sim->event_count == sim->event_max) {
		sim->event_max = sim->event_max ? sim->event_max * 2 : 256;
		sim->events = realloc(sim->events, sim->event_max * sizeof(*sim->events));
		gi_assert(sim->events);
	}
	size_t at = sim->event_count++;
	sim->events[at] = *event;
	while (at > 0 && is_before(&sim->events[at], &sim->events[(at - 1) / 2])) {
		swap(&sim->events[at], &sim->events[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
}

static struct gi_sim_event pop(struct gi_sim *sim)
{
	gi_assert(sim->event_count > 0);
	struct gi_sim_event first = sim->events[0];
	sim->events[0] = sim->events[--sim->event_count];
	size_t at = 0;
	for (;;) { /* down to where it belongs */
		size_t least = at;
		for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++) {
			if (child < sim->event_count &&
			    is_before(&sim->events[child], &sim->events[least])) {
				least = child;
			}
		}
		if (least == at) {
			return first;
		}
		swap(&sim->events[at], &sim->events[least]);
		at = least;
	}
}

void gi_sim_at(uint64_t at_ns, gi_sim_fn run, void *context, uint64_t argument)
{
	struct gi_sim *sim = gi_sim_here;
	struct gi_sim_event event = {.at_ns = at_ns > sim->now_ns ? at_ns : sim->now_ns,
	                             .tie = (gi_random_next(&sim->order) << 32) |
	                                    (sim->event_number++ & UINT32_MAX),
	                             .run = run,
	                             .context = context,
	                             .argument = argument};
	push(sim, &event);
}

void gi_sim_in(uint64_t delay_ns, gi_sim_fn run, void *context, uint64_t argument)
{
	gi_sim_at(gi_sim_here->now_ns + delay_ns, run, context, argument);
}

uint64_t gi_sim_next_ns(void)
{
	return gi_sim_here->event_count > 0 ? gi_sim_here->events[0].at_ns : GI_SIM_NEVER;
}

bool gi_sim_step(void)
{
	struct gi_sim *sim = gi_sim_here;
	if (sim->is_over || sim->event_count == 0) {
		return false;
	}
	struct gi_sim_event event = pop(sim);
	if (event.at_ns > sim->now_ns) {
		gi_sim_advance(event.at_ns); /* a machine that stood still is behind */
	}
	event.run(event.context, event.argument);
	return true;
}

void gi_sim_advance(uint64_t until_ns)
{
	gi_assert(until_ns >= gi_sim_here->now_ns);
	gi_sim_here->now_ns = until_ns;
	gi_sim_here->trace->now_ns = until_ns;
}

bool gi_sim_strikes(enum gi_fault fault)
{
	if (!gi_fault_strikes(&gi_sim_here->faults, fault)) {
		return false;
	}
	gi_sim_here->trace->strikes[fault]++;
	gi_sim_trace(gi_fault_word(fault), 0, 0);
	return true;
}

void gi_sim_violated(const char *format, ...)
{
	struct gi_trace *trace = gi_sim_here->trace;
	gi_sim_here->is_over = true;
	if (trace->end == GI_TRACE_VIOLATED) {
		return; /* the first is what counts */
	}
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(trace->violation, sizeof(trace->violation), format, arguments);
	va_end(arguments);
	trace->end = GI_TRACE_VIOLATED;
}

void gi_sim_trace(const char *what, uint64_t a, int64_t b)
{
	const struct gi_task *task = gi_task_current();
	gi_trace_event(gi_sim_here->trace, task ? task->name : "world", what, a, b);
}

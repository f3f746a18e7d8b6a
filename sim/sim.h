/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sim: one run: its seed, its clock, what is to happen and when, and what has happened.
 *
 * There is one run in a process at a time, on one thread. Its memory is not given back: the process ends with it.
 */
#ifndef GI_SIM_SIM_H
#define GI_SIM_SIM_H

#include "sim/fault.h"
#include "sim/kept.h"
#include "sim/random.h"
#include "sim/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GI_SIM_NEVER UINT64_MAX

typedef void (*gi_sim_fn)(void *context, uint64_t argument);

struct gi_sim_event;
struct gi_task;
struct gi_process;
struct gi_datagram;

struct gi_sim {
	uint64_t seed;
	uint64_t now_ns;          /* monotonic */
	int64_t wall_ns;          /* of the wall clock, ahead of the monotonic one */
	uint64_t turn_ns;         /* what a turn takes at most, as a rule */
	struct gi_random order;   /* who is first of those that are due at once */
	struct gi_random time;    /* how long things take */
	struct gi_random entropy; /* what programs draw */
	struct gi_random user;    /* what scripts draw */
	struct gi_random memory;  /* which allocations fail */
	struct gi_faults faults;
	struct gi_trace *trace;

	struct gi_sim_event *events; /* a binary heap */
	size_t event_count;
	size_t event_max;
	uint64_t event_number;

	struct gi_task *tasks; /* all that have not ended */
	uint32_t task_number;
	struct gi_process *processes;
	uint64_t process_number;
	struct gi_datagram *datagrams; /* bound */
	struct gi_stream *kept_alive;  /* ends that ask after their peers */
	bool is_over;
};

extern struct gi_sim *gi_sim_here;

/* A run begins. Owner: lends `trace`. */
int gi_sim_begin(struct gi_trace *trace, uint64_t seed, uint64_t without);

/* At that time, or as soon as possible if it has passed. */
void gi_sim_at(uint64_t at_ns, gi_sim_fn run, void *context, uint64_t argument);
/* In so much time. */
void gi_sim_in(uint64_t delay_ns, gi_sim_fn run, void *context, uint64_t argument);

/* When the next thing happens; GI_SIM_NEVER: nothing does. */
uint64_t gi_sim_next_ns(void);
/* The next thing happens. false: there is none, or the run is over. */
bool gi_sim_step(void);

/* Time passes in which nothing happens; only up to gi_sim_next_ns(). */
void gi_sim_advance(uint64_t until_ns);

bool gi_sim_strikes(enum gi_fault fault);

/* An invariant does not hold: the run is over. */
void gi_sim_violated(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An event of the current task. */
void gi_sim_trace(const char *what, uint64_t a, int64_t b);

#endif

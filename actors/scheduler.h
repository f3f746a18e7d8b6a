/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scheduler: the actors of one driver: who is where, who runs now, which asks and timers wait, what is on its way here.
 *
 * Thread: its driver; the fields under "Shared" say otherwise.
 */
#ifndef GI_ACTORS_SCHEDULER_H
#define GI_ACTORS_SCHEDULER_H

#include "actors/actor.h"
#include "actors/address.h"
#include "actors/credit.h"
#include "actors/early.h"
#include "actors/handles.h"
#include "actors/slots.h"
#include "actors/types.h"
#include "base/assert.h"
#include "base/list.h"
#include "base/misuse.h"
#include "drivers/driver.h"
#include "drivers/watchdog.h"
#include "topology/spares.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gatio_system;

/* A token has 48 bits; with 28 of generation a place is used 268 million times before a token comes again. */
#define GI_ASK_INDEX_BITS        20u
#define GI_ASK_GENERATION_BITS   28u
#define GI_ALARM_INDEX_BITS      28u
#define GI_ALARM_GENERATION_BITS 32u

struct gi_scheduler_counters {
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint64_t messages_local; /* as of the last turn */
	_Atomic uint64_t dead_letters;
	_Atomic uint64_t spawned;
	_Atomic uint64_t ended;
	_Atomic uint64_t alive;
	_Atomic uint64_t loads[GI_WORK_CLASS_COUNT]; /* actors alive by class; for placement */
	_Atomic uint64_t stuck;
	_Atomic uint64_t memory_used;
	_Atomic uint64_t draining; /* actors alive that have been told to drain */
};

/* A count of a driver, and since when it has not changed. */
struct gi_stop_watch {
	uint64_t value;
	uint64_t since_ns; /* 0: not looked at yet */
};

/* What runs the work of an actor; context: its scheduler. */
typedef bool gi_scheduler_run_fn(struct gi_work *work, void *context);

/*
 * What each message reads or writes stands behind what is rare: a driver and its scheduler both begin a page, and lines at
 * equal offsets of pages are in each other's way in a cache of the first level.
 */
struct gi_scheduler {
	struct gatio_system *system;
	uint32_t index;
	uint32_t driver_count; /* of the system */
	uint32_t tpc_index;
	uint32_t budget;
	uint32_t actor_count_max;
	uint32_t system_id; /* in the addresses of its actors */
	bool is_cut;        /* no actor is made any more */
	/* Given by the system: who makes an actor is below those who run it. */
	gi_scheduler_run_fn *run;
	/* Of the room above: its part of this driver, and what it does at the end of a turn. */
	void *net;
	void (*net_flush)(struct gi_scheduler *scheduler);
	/* What the stopping thread has seen of this driver. */
	struct gi_stop_watch stop_handler; /* its running.sequence */
	struct gi_stop_watch stop_turn;    /* its counters.turns */

	/* Registry. */
	struct gi_early early; /* for actors whose spawn is still on its way from their creator */
	uint32_t alive_count;
	uint64_t random_state[2];
	struct gi_census census;
	struct gi_handles asks;
	struct gi_list asked; /* those of this turn; see gi_asks_leave() */
	struct gi_handles alarms;

	/* ---- Of each message ---- */

	_Alignas(GI_CACHE_LINE_PAIR) struct gi_driver *driver;
	struct gi_spares *spares; /* of the driver's heap */
	uint32_t open_system_id;  /* system_id; no system's once it is closed */
	/* Nothing is sent or spawned any more, no timer fires; what was sent is handled. */
	bool is_closed;
	/* Shared: the stopping thread puts it to 1: who runs ends with its handler. Then its driver, which cuts, to 0. */
	_Atomic uint32_t is_to_cut;
	/* What runs now; NULL between handlers. */
	struct gi_actor *actor;
	struct gi_message *message;
	/* The message, if it ends with its handler; NULL: it lies elsewhere, or has been kept. */
	struct gi_message *boxed;
	uint64_t tag;
	uint64_t sent_here_count; /* see counters.messages_local */
	struct gi_message kept;   /* what the message said, once it has been given away */

	struct gi_credit *credits; /* by driver; shared in part */
	/* Its end is shared. */
	struct gi_slots slots;
	/* Shared: actors by class on their way here; their creators add, its driver subtracts. For placement. */
	_Atomic uint32_t coming[GI_WORK_CLASS_COUNT];
	/* Shared: its driver releases it when it has cut -> the stopping thread acquires it, and knows that nothing is left. */
	_Atomic uint32_t has_cut;
	/* Shared: written here, read by anyone. */
	struct gi_scheduler_counters counters;
};

_Static_assert(offsetof(struct gi_scheduler, driver) > offsetof(struct gi_driver, timers) &&
                       offsetof(struct gi_scheduler, slots) < offsetof(struct gi_driver, clock),
               "it lies where a driver has its wheel of timers");

/* The scheduler of this thread, or NULL outside. */
extern _Thread_local struct gi_scheduler *gi_scheduler_here
        __attribute__((tls_model("initial-exec")));

/* The same for a public function, which is misused elsewhere: that is named. */
static inline struct gi_scheduler *gi_scheduler_for(const char *function)
{
	gi_require(gi_scheduler_here, function, "called on a thread that is no driver of a system",
	           "threads outside have gatio_outside_open()");
	return gi_scheduler_here;
}

/* For one that means the actor whose handler runs. */
static inline struct gi_scheduler *gi_scheduler_of_actor(const char *function)
{
	struct gi_scheduler *scheduler = gi_scheduler_for(function);
	gi_require(scheduler->actor, function, "no actor runs here", "call it in a handler");
	return scheduler;
}

/* For one that belongs to threads outside, or would make a driver wait. */
static inline void gi_refuse_handlers(const char *function, const char *what, const char *remedy)
{
	gi_require(!gi_scheduler_here || !gi_scheduler_here->actor, function, what, remedy);
}

/* The address of the actor that runs; 0 between handlers. */
static inline uint64_t gi_scheduler_self(const struct gi_scheduler *scheduler)
{
	/* Relaxed: this thread wrote it. */
	return gi_load_relaxed(&scheduler->driver->running.address);
}

/* The actor is current while its own code runs: there the API means it. */
static inline void gi_scheduler_enter(struct gi_scheduler *scheduler, struct gi_actor *actor)
{
	gi_assert(!scheduler->actor);
	scheduler->actor = actor;
	gi_running_begin(&scheduler->driver->running, actor->behavior->kept_name, actor->address);
}

static inline void gi_scheduler_leave(struct gi_scheduler *scheduler)
{
	gi_running_end(&scheduler->driver->running);
	scheduler->actor = NULL;
	scheduler->message = NULL;
}

/* Error: -ENOMEM. Thread: the system's creator. */
int gi_scheduler_create(struct gi_scheduler **out_scheduler, struct gi_driver *driver,
                        struct gatio_system *system, gi_scheduler_run_fn *run);
/* Nothing is sent or spawned here any more. Thread: its driver. */
void gi_scheduler_close(struct gi_scheduler *scheduler);
/* Memory only. Thread: whoever is alone with it. NULL is accepted. */
void gi_scheduler_destroy(struct gi_scheduler *scheduler);

#endif

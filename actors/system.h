/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System: plan, TPCs, drivers and schedulers of one running gatio, from start to drained stop.
 *
 * Thread: the one that created it, except where said.
 */
#ifndef GI_ACTORS_SYSTEM_H
#define GI_ACTORS_SYSTEM_H

#include "actors/scheduler.h"
#include "actors/unhandled.h"
#include "drivers/outside.h"
#include "drivers/watchdog.h"
#include "topology/arena.h"
#include "topology/plan.h"

#include <gatio/system.h>

#include <pthread.h>

/* What a room above takes part in: set once, before its first port opens. */
struct gi_system_hooks {
	/* Thread: each driver. Begin to drain; what is left at the deadline is cut. */
	void (*drain)(struct gi_scheduler *scheduler, uint64_t deadline_ns);
	/* Thread: each driver. Close at once whatever is open. */
	void (*cut)(struct gi_scheduler *scheduler);
	/*
	 * Thread: the system's. How much is still open on a driver. What is handed over is counted by its sender and
	 * subtracted by its receiver, so only the sum over drivers has meaning.
	 */
	uint64_t (*open_count)(const struct gatio_system *system, uint32_t driver_index);
	/* Thread: the system's, after all drivers have ended. */
	void (*destroy)(struct gatio_system *system);
};

/* What tests make tiny; users get the defaults, which are 0. */
struct gi_tuning {
	const struct gi_executor *executor; /* NULL: threads */
	const char *synthetic;              /* a machine as hwloc describes it; NULL: this one */
	uint32_t entry_count;               /* of each driver's submission queue */
	uint32_t completion_count;          /* of its completion queue: not less */
	uint32_t buffer_count;              /* provided buffers of each driver: a power of two */
	uint32_t buffer_size;
};

struct gi_executor;
struct gi_gate;

/* For 8192 CPUs, the most that Linux is built for. */
#define GI_CPU_MASK_SIZE 1024u

struct gatio_system {
	struct gatio_options options; /* with defaults filled in; its strings are not kept */
	struct gi_tuning tuning;
	uint32_t id; /* in the addresses of its actors; see system_id.h */
	const struct gi_executor *executor;
	struct gi_plan *plan;
	enum gi_backend backend;
	bool may_fall_back; /* nobody has named the backend: epoll will do as well */
	struct gi_topology *topology;
	struct gi_limits limits;
	struct gi_arena **arenas; /* by TPC */
	struct gi_driver_group group;
	struct gi_scheduler **schedulers; /* by driver */
	struct gi_watchdog *watchdog;
	struct gi_system_hooks hooks;
	struct gi_gate *gate; /* of threads outside */
	_Atomic(void *) net;  /* of net/; set once */
	uint32_t started_count;
	bool is_running; /* the drivers turn */
	/* Of the creating thread, for children that a handler starts. */
	sigset_t mask_before;
	unsigned char cpus_before[GI_CPU_MASK_SIZE];
	int cpus_size;             /* bytes; negative: forbidden here, then nobody is pinned */
	uint64_t joined_by;        /* the thread for which signals stop it; 0: they do not */
	int signals_fd;            /* since it runs, or negative: what it takes ends nothing else */
	struct gatio_system *next; /* of those that signals stop */
	int stop_fd;               /* raised when a stop is asked for */
	int call_fd;               /* raised when a call of the stop has returned, and by signals */

	/* Shared. */
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint32_t is_stopping;
	_Atomic int status;
	_Atomic uint32_t signal_count; /* that it has been told of */
	_Atomic uint64_t root;         /* its end stops the system; 0: none */
	struct gi_unhandled unhandled;
};

/* gatio_system_create() for tests of limits. */
int gi_system_create_tuned(struct gatio_system **out_system, const struct gatio_options *options,
                           const struct gi_tuning *tuning);

#endif

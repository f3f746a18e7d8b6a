/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watchdog: a thread that looks at what each driver runs, and reports one that has been in the same handler for too
 * long: the actor's behaviour and address, for how long, and where it stands.
 *
 * A driver pays three stores for each handler. Thread: the one that creates the system, except where said.
 */
#ifndef GI_DRIVERS_WATCHDOG_H
#define GI_DRIVERS_WATCHDOG_H

#include "drivers/driver.h"

#include <signal.h>

struct gi_watchdog;

#define GI_WATCHDOG_FRAMES_MAX 32

struct gi_stuck {
	uint32_t driver_index;
	const char *name;    /* of the behaviour */
	uint64_t address;    /* of the actor */
	uint64_t running_ns; /* at least */
	int frame_count;     /* 0: the driver could not be asked where it stands */
	char **frames;       /* as backtrace_symbols(3); lent */
};

struct gi_watchdog_options {
	struct gi_driver_group *group;
	uint64_t limit_ns;
	/* Thread: the watchdog's. Once for each stuck handler, again each time its time has doubled. */
	void (*report)(void *context, const struct gi_stuck *stuck);
	void *context;
};

/* The signal that asks a driver where it stands; the only one its thread does not block. */
static inline int gi_watchdog_signal(void)
{
	return SIGRTMIN + 3;
}

/* After the drivers have started. Error: -ENOMEM, -EAGAIN. */
int gi_watchdog_start(struct gi_watchdog **out_watchdog, const struct gi_watchdog_options *options);

/* Before the drivers are joined. NULL is accepted. */
void gi_watchdog_stop(struct gi_watchdog *watchdog);

/* The next handler of the same actor begins. Thread: the driver's. */
static inline void gi_running_next(struct gi_driver_running *running)
{
	gi_count(&running->sequence, 1);
}

/*
 * The first handler of an actor begins; what ran before need not have ended. name: keeps for good, since whoever has read it
 * may write it into the log when nothing of its behaviour is there any more. Thread: the driver's.
 */
static inline void gi_running_begin(struct gi_driver_running *running, const char *name,
                                    uint64_t address)
{
	gi_running_next(running);
	/* Relaxed: a report may mix two handlers' words. */
	gi_store_relaxed(&running->address, address);
	gi_store_relaxed(&running->name, name);
}

/* No handler runs. */
static inline void gi_running_end(struct gi_driver_running *running)
{
	gi_store_relaxed(&running->address, 0);
	gi_store_relaxed(&running->name, NULL);
}

#endif

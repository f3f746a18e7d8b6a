/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Executor: who turns the drivers of a system, and how its own thread waits for them.
 *
 * With threads each driver turns by itself. By hand the system's thread turns them: where it would wait for a driver,
 * each has a turn instead. Everything else is the same code, so what a test or a simulation sees is what runs.
 *
 * Thread: the system's own, and for wait and pause any that is no driver; by hand there is only one.
 */
#ifndef GI_ACTORS_EXECUTOR_H
#define GI_ACTORS_EXECUTOR_H

#include "actors/system.h"

#include <poll.h>

struct gi_executor {
	/* The drivers turn from now on. Error: logged; those that have started are in started_count. */
	int (*start)(struct gatio_system *system);
	/* They have been told to stop: returns when they have. */
	void (*join)(struct gatio_system *system);
	/* As gi_kernel_poll(), while drivers turn. */
	int (*poll)(struct gatio_system *system, struct pollfd *fds, unsigned count,
	            int timeout_ms);
	/* As gi_kernel_word_wait() without a limit, while drivers turn. */
	void (*wait)(struct gatio_system *system, _Atomic uint32_t *word, uint32_t value);
	/* Let them turn a little. */
	void (*pause)(struct gatio_system *system);
	bool has_threads;
};

extern const struct gi_executor gi_executor_threads;
extern const struct gi_executor gi_executor_hand;

#endif

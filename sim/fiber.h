/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fiber: a flow of control with its own stack on the one thread of a simulation. It runs until it gives the thread back.
 *
 * What is local to a thread (_Thread_local of the program) is a fiber's own where it stands for a thread: its values are put
 * in place when such a fiber runs, unless they are there already.
 *
 * Source: QEMU's coroutines: once on its own stack, a fiber goes on by _setjmp and _longjmp, which make no system call.
 */
#ifndef GI_SIM_FIBER_H
#define GI_SIM_FIBER_H

#include <stdbool.h>
#include <stddef.h>

struct gi_fiber;

/* Owner: gives; ends with gi_fiber_destroy(). NULL: no memory. */
struct gi_fiber *gi_fiber_create(void (*run)(void *argument), void *argument, bool is_thread);
/* It does not run. What is on its stack is gone. */
void gi_fiber_destroy(struct gi_fiber *fiber);

/* Run it until it gives back or returns. Called by what is no fiber. */
void gi_fiber_resume(struct gi_fiber *fiber);
/* Give the thread back to who has resumed this one; returns when it is resumed again. */
void gi_fiber_yield(void);

struct gi_fiber *gi_fiber_current(void);
bool gi_fiber_has_returned(const struct gi_fiber *fiber);

#endif

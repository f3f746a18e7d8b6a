/* SPDX-License-Identifier: Apache-2.0 */
/* Task: a thread of a simulated process, or a script: a fiber that waits for a time, or to be woken. */
#ifndef GI_SIM_TASK_H
#define GI_SIM_TASK_H

#include "sim/sim.h"

#include <stdbool.h>
#include <stdint.h>

#define GI_TASK_NAME 24u

struct gi_fiber;
struct gi_image;

struct gi_task {
	struct gi_task *next; /* of all */
	struct gi_fiber *fiber;
	struct gi_process *process; /* NULL: it is a script */
	struct gi_image *image;     /* of the process */
	uint32_t machine;           /* on which it runs */
	void *(*run)(void *argument);
	void *argument;
	uint32_t number;
	char name[GI_TASK_NAME];
	uint64_t wait_number; /* of its last wait: a wake of an earlier one comes too late */
	bool is_waiting;
	bool was_woken;
	bool has_ended;
	bool is_entered;        /* a driver's: it has been in its ring */
	struct gi_task *joiner; /* waits for its end */
	const void *word;       /* that it waits for */
	const char *waits_for;  /* for whoever asks what it stands at */
};

/* It runs soon, on the machine of the current task. Lives as long as the run. NULL: no memory. */
struct gi_task *gi_task_start(struct gi_process *process, const char *name,
                              void *(*run)(void *argument), void *argument);

/* NULL: the run itself. */
struct gi_task *gi_task_current(void);

/* Wait until then (GI_SIM_NEVER: for ever) or to be woken: true. */
bool gi_task_wait(uint64_t until_ns, const char *what);
void gi_task_wake(struct gi_task *task);
/* Let so much time pass: others run meanwhile. */
void gi_task_spend(uint64_t ns);

void gi_task_join(struct gi_task *task);
/* It runs no more, wherever it is; not the current one. */
void gi_task_drop(struct gi_task *task);
/* The current one ends here. */
__attribute__((noreturn)) void gi_task_end(void);

#endif

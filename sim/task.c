/* SPDX-License-Identifier: Apache-2.0 */
/* Task: see task.h. */
#include "sim/task.h"
#include "sim/fiber.h"
#include "sim/image.h"

#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static GI_SIM_KEPT struct gi_task *current;

static void unlink_task(struct gi_task *task)
{
	struct gi_task **link = &gi_sim_here->tasks;
	while (*link != task) {
		gi_assert(*link);
		link = &(*link)->next;
	}
	*link = task->next;
}

static void note_end(struct gi_task *task)
{
	gi_assert(!task->has_ended);
	task->has_ended = true;
	unlink_task(task);
	if (task->joiner) {
		gi_task_wake(task->joiner);
	}
}

static void task_main(void *argument)
{
	struct gi_task *task = argument;
	task->run(task->argument);
}

static void resume(void *context, uint64_t wait_number)
{
	struct gi_task *task = context;
	if (task->has_ended || task->wait_number != wait_number) {
		return;
	}
	task->is_waiting = false;
	task->wait_number++;
	current = task;
	if (task->image) {
		gi_image_use(task->image);
	}
	gi_fiber_resume(task->fiber);
	current = NULL;
	if (!task->has_ended && gi_fiber_has_returned(task->fiber)) {
		note_end(task);
	}
	if (task->has_ended) {
		gi_fiber_destroy(task->fiber);
		task->fiber = NULL;
	}
}

struct gi_task *gi_task_start(struct gi_process *process, const char *name,
                              void *(*run)(void *argument), void *argument)
{
	struct gi_task *task = calloc(1, sizeof(*task));
	if (!task) {
		return NULL;
	}
	task->fiber = gi_fiber_create(task_main, task, process != NULL);
	if (!task->fiber) {
		free(task);
		return NULL;
	}
	task->process = process;
	task->image = process && current ? current->image : NULL;
	task->machine = current ? current->machine : 0;
	task->run = run;
	task->argument = argument;
	task->number = ++gi_sim_here->task_number;
	snprintf(task->name, sizeof(task->name), "%s", name);
	task->next = gi_sim_here->tasks;
	task->waits_for = "its start";
	gi_sim_here->tasks = task;
	gi_sim_trace("start", task->number, 0);
	gi_sim_in(gi_random_below(&gi_sim_here->time, 20000), resume, task, task->wait_number);
	return task;
}

struct gi_task *gi_task_current(void)
{
	return current;
}

static void give_way(struct gi_task *task, const char *what)
{
	task->waits_for = what;
	gi_fiber_yield();
	gi_assert(current == task);
}

bool gi_task_wait(uint64_t until_ns, const char *what)
{
	struct gi_task *task = current;
	gi_assert(task);
	if (until_ns != GI_SIM_NEVER) {
		gi_sim_at(until_ns, resume, task, task->wait_number);
	}
	task->is_waiting = true;
	task->was_woken = false;
	give_way(task, what);
	return task->was_woken;
}

void gi_task_wake(struct gi_task *task)
{
	if (task->is_waiting && !task->was_woken && !task->has_ended) {
		task->was_woken = true;
		gi_sim_in(0, resume, task, task->wait_number);
	}
}

void gi_task_spend(uint64_t ns)
{
	struct gi_task *task = current;
	uint64_t until_ns = gi_sim_here->now_ns + ns;
	if (!task || gi_sim_next_ns() > until_ns) {
		gi_sim_advance(until_ns); /* nobody would run meanwhile */
		return;
	}
	gi_sim_at(until_ns, resume, task, task->wait_number);
	give_way(task, "its own work");
}

void gi_task_join(struct gi_task *task)
{
	if (!task->has_ended) {
		task->joiner = current;
		while (!task->has_ended) {
			(void)gi_task_wait(GI_SIM_NEVER, task->name);
		}
	}
}

void gi_task_drop(struct gi_task *task)
{
	gi_assert(task != current);
	if (task->fiber) {
		gi_fiber_destroy(task->fiber);
		task->fiber = NULL;
	}
	if (!task->has_ended) {
		note_end(task);
	}
}

void gi_task_end(void)
{
	gi_assert(current);
	note_end(current);
	gi_fiber_yield();
	abort(); /* nobody resumes it */
}

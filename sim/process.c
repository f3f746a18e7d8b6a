/* SPDX-License-Identifier: Apache-2.0 */
/* Process: see process.h. */
#include "sim/process.h"
#include "sim/image.h"
#include "sim/memory.h"

#include "base/assert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_DESCRIPTOR 3u
#define MAPS_MAX         40u
#define CALLS_MAX        60u

struct gi_process *gi_process_current(void)
{
	const struct gi_task *task = gi_task_current();
	return task ? task->process : NULL;
}

/* ---- Descriptors ------------------------------------------------------------------------------------------------- */

int gi_descriptor_open(struct gi_object *object)
{
	struct gi_process *process = gi_process_current();
	gi_assert(process);
	for (uint32_t fd = FIRST_DESCRIPTOR; fd < process->object_max; fd++) {
		if (!process->objects[fd]) {
			process->objects[fd] = object;
			process->open_count++;
			return (int)fd;
		}
	}
	gi_object_put(object);
	return -EMFILE;
}

struct gi_object *gi_descriptor_find(int fd)
{
	const struct gi_process *process = gi_process_current();
	gi_assert(process);
	return fd < 0 || (uint32_t)fd >= process->object_max ? NULL : process->objects[fd];
}

void *gi_descriptor_of(int fd, enum gi_object_kind kind)
{
	struct gi_object *object = gi_descriptor_find(fd);
	return object && object->kind == kind ? object : NULL;
}

static void close_descriptor(struct gi_process *process, uint32_t fd)
{
	struct gi_object *object = process->objects[fd];
	process->objects[fd] = NULL;
	process->open_count--;
	gi_object_put(object);
}

int gi_descriptor_close(int fd)
{
	if (!gi_descriptor_find(fd)) {
		return -EBADF;
	}
	close_descriptor(gi_process_current(), (uint32_t)fd);
	return 0;
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

/* What main leaves behind. A process that is killed, or that exits in the middle, may leave what it likes. */
static void check_left(const struct gi_process *process)
{
	static const char *const kinds[GI_OBJECT_KIND_COUNT] = {
	        "listening socket", "bound socket", "connection",     "eventfd", "signalfd", "ring",
	        "epoll set",        "file",         "datagram socket"};
	for (uint32_t fd = 0; fd < process->object_max; fd++) {
		if (process->objects[fd]) {
			gi_sim_violated(
			        "%s has returned from main and left a descriptor open: a %s",
			        process->name, kinds[process->objects[fd]->kind]);
		}
	}
	if (process->mapped_size > 0) {
		gi_sim_violated("%s has returned from main and left %llu bytes of memory mapped",
		                process->name, (unsigned long long)process->mapped_size);
	}
}

static void *process_main(void *argument)
{
	struct gi_process *process = argument;
	int status = process->main(process->argc, process->argv);
	check_left(process);
	gi_process_end(process, status);
	return NULL;
}

static uint32_t descriptor_max(void)
{
	struct gi_sim *sim = gi_sim_here;
	uint32_t few = (uint32_t)gi_random_spread(&sim->time, 40, 200);
	return gi_sim_strikes(GI_FAULT_DESCRIPTORS_FEW) ? few : 4096;
}

static bool copy_arguments(struct gi_process *process, char *const *arguments)
{
	while (arguments[process->argc]) {
		process->argc++;
	}
	process->argv = calloc((size_t)process->argc + 1, sizeof(char *));
	for (int i = 0; process->argv && i < process->argc; i++) {
		process->argv[i] = strdup(arguments[i]);
		if (!process->argv[i]) {
			return false;
		}
	}
	return process->argv;
}

/* Which of the first `max`; 0: none. */
static uint64_t draw_one_of(enum gi_fault fault, uint64_t max)
{
	uint64_t number = gi_random_below(&gi_sim_here->time, max) + 1;
	bool strikes = gi_random_chance(&gi_sim_here->time, gi_sim_here->faults.per_million[fault]);
	return strikes ? number : 0;
}

static void draw_refusals(struct gi_process *process)
{
	process->map_refused = draw_one_of(GI_FAULT_ALLOCATION_FAILS, MAPS_MAX);
	process->call_refused = draw_one_of(GI_FAULT_CALL_REFUSED, CALLS_MAX);
	process->malloc_refused = gi_memory_draw_refused();
	process->has_no_rings = gi_sim_strikes(GI_FAULT_RING_REFUSED);
}

/* What a start without memory leaves behind goes with the run. NOLINTBEGIN(clang-analyzer-unix.Malloc) */
struct gi_process *gi_process_start(uint32_t machine, const char *name,
                                    int (*main)(int argc, char **argv), char *const *arguments)
{
	struct gi_process *process = calloc(1, sizeof(*process));
	if (!process || !copy_arguments(process, arguments)) {
		return NULL;
	}
	snprintf(process->name, sizeof(process->name), "%s", name);
	process->number = (uint32_t)++gi_sim_here->process_number;
	process->main = main;
	process->object_max = descriptor_max();
	draw_refusals(process);
	process->objects = calloc(process->object_max, sizeof(*process->objects));
	process->image = gi_image_create();
	if (!process->objects || !process->image) {
		return NULL;
	}
	process->next = gi_sim_here->processes;
	gi_sim_here->processes = process;
	struct gi_task *task = gi_task_start(process, name, process_main, process);
	if (task) {
		task->image = process->image;
		task->machine = machine;
	}
	return task ? process : NULL;
}
/* NOLINTEND(clang-analyzer-unix.Malloc) */

void gi_process_starve(struct gi_process *process)
{
	process->has_spoken &= process->was_starved; /* since the first time */
	process->was_starved = true;
}

int gi_process_refusal(void)
{
	static const int refusals[] = {-EPERM, -EACCES, -ENOSYS, -ENOMEM};
	struct gi_process *process = gi_process_current();
	process->call_count++;
	if (process->is_up || process->call_count != process->call_refused) {
		return 0;
	}
	gi_process_starve(process);
	gi_sim_here->trace->strikes[GI_FAULT_CALL_REFUSED]++;
	gi_sim_trace(gi_fault_word(GI_FAULT_CALL_REFUSED), process->call_count, 0);
	return refusals[gi_random_below(&gi_sim_here->time,
	                                sizeof(refusals) / sizeof(refusals[0]))];
}

int gi_process_wait(struct gi_process *process)
{
	while (!process->has_ended) {
		process->waiter = gi_task_current();
		(void)gi_task_wait(GI_SIM_NEVER, process->name);
	}
	return process->status;
}

/* The first that is not the current one. */
static struct gi_task *other_task(const struct gi_process *process)
{
	struct gi_task *task = gi_sim_here->tasks;
	while (task && (task->process != process || task == gi_task_current())) {
		task = task->next;
	}
	return task;
}

void gi_process_end(struct gi_process *process, int status)
{
	if (process->has_ended) {
		return;
	}
	process->has_ended = true;
	process->status = status;
	gi_sim_trace("process-ends", process->number, status);
	/* First: who waits for them may watch them from its stack. */
	for (uint32_t fd = 0; fd < process->object_max; fd++) {
		if (process->objects[fd]) {
			close_descriptor(process, fd);
		}
	}
	struct gi_task *task;
	while ((task = other_task(process))) {
		gi_task_drop(task);
	}
	if (process->waiter) {
		gi_task_wake(process->waiter);
	}
	gi_image_drop(process->image);
	if (gi_process_current() == process) {
		gi_task_end();
	}
}

void gi_process_signal(struct gi_process *process, int signal)
{
	if (process->has_ended) {
		return;
	}
	gi_sim_trace("signal", process->number, signal);
	if (signal == SIGKILL || !(process->blocked >> signal & 1)) {
		gi_process_end(process, 128 + signal);
		return;
	}
	process->signals |= UINT64_C(1) << signal;
	if (process->signals_object) {
		gi_object_changed(process->signals_object);
	}
}

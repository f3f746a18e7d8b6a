/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Process: a program in the simulated machine: its threads, its descriptors, its memory.
 *
 * Its memory is this program's own: an image (image.h) of the program's variables, in place while one of its threads runs.
 */
#ifndef GI_SIM_PROCESS_H
#define GI_SIM_PROCESS_H

#include "sim/object.h"
#include "sim/task.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#define GI_DESCRIPTORS_MAX 65536u

struct gi_process {
	struct gi_process *next;
	char name[GI_TASK_NAME];
	uint32_t number;
	int (*main)(int argc, char **argv);
	int argc;
	char **argv;
	struct gi_image *image;
	struct gi_object **objects; /* by descriptor */
	uint32_t object_max;        /* descriptors that it may have */
	uint32_t open_count;
	uint64_t mapped_size; /* bytes */
	uint64_t map_count;
	uint64_t map_refused;    /* which of its first maps fails; 0: none */
	uint64_t malloc_count;   /* of malloc(3) and the like */
	uint64_t malloc_refused; /* which of its first ones fails; 0: none */
	uint64_t call_count;
	uint64_t call_refused; /* which of its first calls of the door is refused; 0: none */
	bool has_no_rings;     /* io_uring is refused, as in many containers */
	bool was_starved;      /* memory or a call was refused while it started */
	bool has_spoken;       /* since then, to a log or a stream */
	bool lacked_memory;    /* one was refused since it is up */
	bool is_up;            /* it has begun to wait for its end */
	uint64_t blocked;      /* signals, a bit each */
	uint64_t signals;      /* that wait */
	struct gi_object *signals_object;
	bool has_ended;
	int status; /* as main returned it; 128 + signal: it was killed */
	struct gi_task *waiter;
};

/* NULL: no memory. The arguments are copied. */
struct gi_process *gi_process_start(uint32_t machine, const char *name,
                                    int (*main)(int argc, char **argv), char *const *arguments);
/* Of the current task; NULL: it is a script, or there is none. */
struct gi_process *gi_process_current(void);

/* Returns the status, after it has ended. Thread: a script. */
int gi_process_wait(struct gi_process *process);
/* It ends where it stands, as by exit or a signal: its sockets close, its memory is gone. */
void gi_process_end(struct gi_process *process, int status);
/* A signal comes. */
void gi_process_signal(struct gi_process *process, int signal);

/* Something is refused to it while it starts: from here on it may give up, and says why. */
void gi_process_starve(struct gi_process *process);
/*
 * The current process makes a call that a kernel or a filter may refuse: 0, or the error. Only while it starts: then it may end
 * with a word.
 */
int gi_process_refusal(void);

/* ---- Descriptors of the current process -------------------------------------------------------------------------- */

/* The lowest free one. Owner: moves. Error: -EMFILE; the object is put. */
int gi_descriptor_open(struct gi_object *object);
/* NULL: there is none, or it is of another kind. */
struct gi_object *gi_descriptor_find(int fd);
void *gi_descriptor_of(int fd, enum gi_object_kind kind);
/* Error: -EBADF. */
int gi_descriptor_close(int fd);

#endif

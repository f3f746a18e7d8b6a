/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Child: a process that this one starts, with a pipe from it. It runs a function or becomes a program, and the kernel
 * kills it when its parent ends.
 *
 * Thread: the main thread, which lives as long as the process: the kernel watches the thread that forked.
 */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#include <stdint.h>
#include <sys/types.h>

struct bench_child {
	pid_t process;
	int output; /* the end of the pipe to be read; no program that is started inherits it */
};

/* Runs in the child, on its only thread; its result is the child's exit status. It writes to output. */
typedef int (*bench_child_fn)(int output, const void *context);

/*
 * Start a copy of this process that runs a function and ends.
 *
 * Owner: gives; ends with bench_child_wait or bench_child_kill. Lends the context: the child has a copy.
 * Error: of pipe2(2) and fork(2).
 */
int bench_child_fork(struct bench_child *out_child, bench_child_fn run, const void *context);

struct bench_program {
	const char *path;       /* or a name to be searched */
	char *const *arguments; /* the first is its name; ends with NULL */
	const uint32_t *cpus;   /* that it may run on */
	uint32_t cpu_count;     /* of them; 0: as this process */
};

/* Which of a program's outputs the pipe gets; nobody sees the others. */
enum bench_child_tells {
	BENCH_CHILD_NOTHING,
	BENCH_CHILD_STDOUT,
	BENCH_CHILD_STDOUT_AND_STDERR,
};

/*
 * Start a program, without input. It runs when this returns.
 *
 * Owner: gives; ends with bench_child_wait or bench_child_kill.
 * Error: -ENOENT no such program; -EACCES it may not be run; -EINVAL no such CPU; others of pipe2(2), fork(2) and
 *        execve(2).
 */
int bench_child_exec(struct bench_child *out_child, const struct bench_program *program,
                     enum bench_child_tells tells);

/* Wait for its end. Returns its status, which waitpid(2) explains. */
int bench_child_wait(struct bench_child *child);

/* SIGKILL, and wait for its end. Returns its status. */
int bench_child_kill(struct bench_child *child);

#endif

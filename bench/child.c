/* SPDX-License-Identifier: Apache-2.0 */
/* Child: a process that this one starts, with a pipe from it. */
#include "bench/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/support.h"

/* A parent that ended before the child asked would not be noticed. */
static bool is_killed_with(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

int bench_child_fork(struct bench_child *out_child, bench_child_fn run, const void *context)
{
	int ends[2];
	pid_t parent = getpid();
	if (pipe2(ends, O_CLOEXEC) != 0) {
		return -errno;
	}
	pid_t process = fork();
	if (process < 0) {
		int err = -errno;
		close(ends[0]);
		close(ends[1]);
		return err;
	}
	if (process == 0) {
		close(ends[0]);
		_exit(is_killed_with(parent) ? run(ends[1], context) : 1);
	}
	close(ends[1]);
	*out_child = (struct bench_child){.process = process, .output = ends[0]};
	return 0;
}

/* What a child needs to become a program. */
struct becoming {
	const struct bench_program *program;
	enum bench_child_tells tells;
	int failure; /* told here; closed by the kernel when the program runs */
};

static int redirect(enum bench_child_tells tells, int output)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0) {
		return -errno;
	}
	bool is_done =
	        dup2(null, STDIN_FILENO) >= 0 &&
	        dup2(tells >= BENCH_CHILD_STDOUT ? output : null, STDOUT_FILENO) >= 0 &&
	        dup2(tells >= BENCH_CHILD_STDOUT_AND_STDERR ? output : null, STDERR_FILENO) >= 0;
	return is_done ? 0 : -errno;
}

static int become_program(int output, const void *context)
{
	const struct becoming *becoming = context;
	const struct bench_program *program = becoming->program;
	int err = redirect(becoming->tells, output);
	if (err == 0 && program->cpu_count > 0) {
		err = bench_pin_to(program->cpus, program->cpu_count);
	}
	if (err == 0) {
		execvp(program->path, program->arguments);
		err = -errno;
	}
	ssize_t size = write(becoming->failure, &err, sizeof(err));
	return size == (ssize_t)sizeof(err) ? 1 : 2;
}

/* Returns 0 when the pipe ended without a word. */
static int read_failure(int fd)
{
	int err = 0;
	while (read(fd, &err, sizeof(err)) < 0 && errno == EINTR) {
	}
	return err;
}

int bench_child_exec(struct bench_child *out_child, const struct bench_program *program,
                     enum bench_child_tells tells)
{
	int ends[2];
	struct bench_child child = {.output = -1};
	if (pipe2(ends, O_CLOEXEC) != 0) {
		return -errno;
	}
	struct becoming becoming = {.program = program, .tells = tells, .failure = ends[1]};
	int err = bench_child_fork(&child, become_program, &becoming);
	close(ends[1]);
	if (err == 0) {
		err = read_failure(ends[0]);
		if (err) {
			bench_child_wait(&child);
		} else {
			*out_child = child;
		}
	}
	close(ends[0]);
	return err;
}

int bench_child_wait(struct bench_child *child)
{
	int status = 0;
	while (waitpid(child->process, &status, 0) < 0 && errno == EINTR) {
	}
	close(child->output);
	return status;
}

int bench_child_kill(struct bench_child *child)
{
	kill(child->process, SIGKILL);
	return bench_child_wait(child);
}

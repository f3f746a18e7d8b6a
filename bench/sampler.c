/* SPDX-License-Identifier: Apache-2.0 */
/* Sampler: takes one sample in a process of its own, with a deadline. */
#include "bench/sampler.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/support.h"

enum {
	TIME_LIMIT_MS = 45000,
};

struct report {
	int err;
	struct bench_sample sample;
};

/* The process of one sample. What it starts asks the kernel to be killed with it. */
static void take_in_child(const struct bench_measure *measure, const struct bench_context *context,
                          int report_fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	struct report report = {.err = 0};
	report.err = measure->run(context, &report.sample);
	if (write(report_fd, &report, sizeof(report)) != (ssize_t)sizeof(report)) {
		_exit(1);
	}
	_exit(0);
}

static int read_report(int report_fd, struct report *out_report)
{
	struct pollfd waiting = {.fd = report_fd, .events = POLLIN};
	int count;
	do {
		count = poll(&waiting, 1, TIME_LIMIT_MS);
	} while (count < 0 && errno == EINTR);
	if (count <= 0) {
		return -ETIMEDOUT;
	}
	ssize_t size = read(report_fd, out_report, sizeof(*out_report));
	return size == (ssize_t)sizeof(*out_report) ? 0 : -ECHILD;
}

/* Give the child's end a name: a signal is worth knowing. */
static void explain_end(int err, int status, struct bench_sample *sample)
{
	if (err == -ETIMEDOUT) {
		bench_note(sample, "no result in %d s", TIME_LIMIT_MS / 1000);
	} else if (WIFSIGNALED(status)) {
		bench_note(sample, "its process was killed by signal %d (%s)", WTERMSIG(status),
		           sigdescr_np(WTERMSIG(status)));
	} else {
		bench_note(sample, "its process ended without a result");
	}
}

int bench_sampler_take(const struct bench_measure *measure, const struct bench_context *context,
                       struct bench_sample *out_sample)
{
	int ends[2];
	fflush(NULL);
	if (pipe(ends) != 0) {
		return bench_fail(out_sample, -errno, "no pipe");
	}
	pid_t child = fork();
	if (child < 0) {
		int err = -errno;
		close(ends[0]);
		close(ends[1]);
		return bench_fail(out_sample, err, "no process");
	}
	if (child == 0) {
		close(ends[0]);
		take_in_child(measure, context, ends[1]);
	}
	close(ends[1]);
	struct report report = {.err = 0};
	int err = read_report(ends[0], &report);
	close(ends[0]);
	if (err == -ETIMEDOUT) {
		kill(child, SIGKILL);
	}
	int status = 0;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	if (err) {
		explain_end(err, status, out_sample);
		return err;
	}
	*out_sample = report.sample;
	return report.err;
}

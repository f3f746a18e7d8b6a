/* SPDX-License-Identifier: Apache-2.0 */
/* Sampler: takes one sample in a process of its own, with a deadline. */
#include "bench/sampler.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/child.h"
#include "bench/support.h"

enum {
	TIME_LIMIT_MS = 45000,
};

struct report {
	int err;
	struct bench_sample sample;
};

/* What a child is to take. */
struct order {
	const struct bench_measure *measure;
	const struct bench_context *context;
};

static int take_in_child(int report_fd, const void *context)
{
	const struct order *order = context;
	struct report report = {.err = 0};
	report.err = order->measure->run(order->context, &report.sample);
	return write(report_fd, &report, sizeof(report)) == (ssize_t)sizeof(report) ? 0 : 1;
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
	struct bench_child child;
	struct order order = {.measure = measure, .context = context};
	struct report report = {.err = 0};
	fflush(NULL);
	int err = bench_child_fork(&child, take_in_child, &order);
	if (err) {
		return bench_fail(out_sample, err, "no process");
	}
	err = read_report(child.output, &report);
	int status = err == -ETIMEDOUT ? bench_child_kill(&child) : bench_child_wait(&child);
	if (err) {
		explain_end(err, status, out_sample);
		return err;
	}
	*out_sample = report.sample;
	return report.err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Program: a peer's program that does one sample's work, prints one number and ends. */
#include "bench/peers/program.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/support.h"

enum {
	GRACE_MS = 10000, /* to start, and to be slower than it must */
	OUTPUT_MAX = 4096,
};

/* What a program has printed so far, on either of its outputs. */
struct output {
	size_t size;
	char text[OUTPUT_MAX + 1];
};

/* The number is a whole line; a warning may stand before it. */
static bool find_number(const struct output *output, double *out_value)
{
	const char *line = output->text;
	for (const char *end = strchr(line, '\n'); end; end = strchr(line, '\n')) {
		char *rest;
		double value = strtod(line, &rest);
		if (rest == end && rest != line) {
			*out_value = value;
			return true;
		}
		line = end + 1;
	}
	return false;
}

/* Until there is a number, or an end. */
static int read_number(int fd, uint64_t deadline_ns, struct output *output, double *out_value)
{
	while (!find_number(output, out_value)) {
		uint64_t now_ns = bench_now_ns();
		struct pollfd waiting = {.fd = fd, .events = POLLIN};
		if (now_ns >= deadline_ns) {
			return -ETIMEDOUT;
		}
		poll(&waiting, 1, (int)((deadline_ns - now_ns) / 1000000 + 1));
		if (waiting.revents == 0) {
			continue;
		}
		ssize_t size = read(fd, output->text + output->size, OUTPUT_MAX - output->size);
		if (size <= 0) {
			return -EPROTO;
		}
		output->size += (size_t)size;
		output->text[output->size] = '\0';
	}
	return 0;
}

static int explain(const struct bench_program *program, int err, struct output *output,
                   struct bench_sample *note)
{
	output->text[strcspn(output->text, "\n")] = '\0';
	if (output->text[0] != '\0') {
		bench_note(note, "%s: %.100s", program->arguments[0], output->text);
		return err;
	}
	return bench_fail(note, err, "%s printed no number", program->arguments[0]);
}

int bench_peer_program_run(const struct bench_context *context, const struct bench_program *program,
                           struct bench_sample *out_sample)
{
	struct bench_child child;
	struct output output = {.size = 0};
	uint64_t deadline_ns = bench_now_ns() + context->warmup_ns + context->duration_ns +
	                       (uint64_t)GRACE_MS * 1000000;
	int err = bench_child_exec(&child, program, BENCH_CHILD_STDOUT_AND_STDERR);
	if (err == -ENOENT) {
		return err;
	}
	if (err) {
		return bench_fail(out_sample, err, "%s cannot be run", program->arguments[0]);
	}
	err = read_number(child.output, deadline_ns, &output, &out_sample->value);
	bench_child_kill(&child); /* it has said what it had to say */
	return err ? explain(program, err, &output, out_sample) : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Program: a peer's program that does one sample's work, prints one number and ends. */
#include "bench/peers/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/support.h"

enum {
	GRACE_MS = 10000, /* to start, and to be slower than it must */
	EXIT_NO_PROGRAM = 127,
	OUTPUT_MAX = 4096,
};

/* What a program has printed so far, on either of its outputs. */
struct output {
	size_t size;
	char text[OUTPUT_MAX + 1];
};

static void become_program(const struct bench_context *context,
                           const struct bench_peer_program *program, int output)
{
	cpu_set_t cpus;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CPU_ZERO(&cpus);
	for (uint32_t i = 0; i < program->cpu_count; i++) {
		CPU_SET(context->cpus[i], &cpus);
	}
	sched_setaffinity(0, sizeof(cpus), &cpus);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	execvp(program->path, program->arguments);
	_exit(EXIT_NO_PROGRAM);
}

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

/* Whatever is still running has said what it had to say. Returns whether there was a program at all. */
static bool end_program(pid_t process, int err)
{
	int status = 0;
	if (err != -EPROTO) {
		kill(process, SIGKILL);
	}
	while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
	}
	return !WIFEXITED(status) || WEXITSTATUS(status) != EXIT_NO_PROGRAM;
}

static int explain(const struct bench_peer_program *program, int err, struct output *output,
                   struct bench_sample *note)
{
	output->text[strcspn(output->text, "\n")] = '\0';
	if (output->text[0] != '\0') {
		bench_note(note, "%s: %.100s", program->arguments[0], output->text);
		return err;
	}
	return bench_fail(note, err, "%s printed no number", program->arguments[0]);
}

int bench_peer_program_run(const struct bench_context *context,
                           const struct bench_peer_program *program,
                           struct bench_sample *out_sample)
{
	int ends[2];
	struct output output = {.size = 0};
	uint64_t deadline_ns = bench_now_ns() + context->warmup_ns + context->duration_ns +
	                       (uint64_t)GRACE_MS * 1000000;
	if (pipe2(ends, O_CLOEXEC) != 0) {
		return bench_fail(out_sample, -errno, "no pipe for the peer");
	}
	pid_t child = fork();
	if (child < 0) {
		int err = -errno;
		close(ends[0]);
		close(ends[1]);
		return bench_fail(out_sample, err, "no process for the peer");
	}
	if (child == 0) {
		become_program(context, program, ends[1]);
	}
	close(ends[1]);
	int err = read_number(ends[0], deadline_ns, &output, &out_sample->value);
	close(ends[0]);
	bool is_there = end_program(child, err);
	if (err == 0) {
		return 0;
	}
	return is_there ? explain(program, err, &output, out_sample) : -ENOENT;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of bench/child.c: what comes through the pipe, how children end, and what is left when one cannot start. */
#include "bench/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/suite.h"

enum {
	DEADLINE_MS = 10000,
	LIFE_MAX_S = 60, /* of a child that a broken parent leaves behind */
	OTHER_USER = 65534,
	DESCRIPTOR_MAX = 256,
};

/* Read until all who hold the other end have closed it. Returns whether they did. */
static bool read_all(int fd, char *out_text, size_t size)
{
	size_t used = 0;
	memset(out_text, 0, size);
	while (used + 1 < size) {
		struct pollfd waiting = {.fd = fd, .events = POLLIN};
		if (poll(&waiting, 1, DEADLINE_MS) <= 0) {
			return false;
		}
		ssize_t got = read(fd, out_text + used, size - 1 - used);
		if (got <= 0) {
			return got == 0;
		}
		used += (size_t)got;
	}
	return false;
}

/* Run a program to its end. Returns its exit status. */
static int run_program(const struct bench_program *program, enum bench_child_tells tells,
                       char out_text[256])
{
	struct bench_child child;
	CU_ASSERT_EQUAL_FATAL(bench_child_exec(&child, program, tells), 0);
	CU_ASSERT_TRUE(read_all(child.output, out_text, 256));
	int status = bench_child_wait(&child);
	CU_ASSERT_TRUE_FATAL(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int run_script(char *script, enum bench_child_tells tells, char out_text[256])
{
	char *arguments[] = {"sh", "-c", script, NULL};
	struct bench_program program = {.path = "sh", .arguments = arguments};
	return run_program(&program, tells, out_text);
}

static uint32_t count_descriptors(void)
{
	uint32_t count = 0;
	for (int fd = 0; fd < DESCRIPTOR_MAX; fd++) {
		count += fcntl(fd, F_GETFD) >= 0;
	}
	return count;
}

/* No child, and as many descriptors as before. */
static bool is_nothing_left(uint32_t descriptor_count)
{
	return count_descriptors() == descriptor_count && waitpid(-1, NULL, WNOHANG) < 0 &&
	       errno == ECHILD;
}

static int say_word(int output, const void *context)
{
	const char *word = context;
	return write(output, word, strlen(word)) == (ssize_t)strlen(word) ? 7 : 1;
}

/* Says so, and does not end by itself. */
static int live_on(int output, const void *context)
{
	(void)context;
	alarm(LIFE_MAX_S);
	return write(output, "on", 2) == 2 ? pause() : 1;
}

static void words_and_status_arrive(void)
{
	struct bench_child child;
	char text[256];
	uint32_t count = count_descriptors();
	CU_ASSERT_EQUAL_FATAL(bench_child_fork(&child, say_word, "ball"), 0);
	CU_ASSERT_TRUE(read_all(child.output, text, sizeof(text)));
	CU_ASSERT_STRING_EQUAL(text, "ball");
	int status = bench_child_wait(&child);
	CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	CU_ASSERT_TRUE(is_nothing_left(count));
}

static void killed_child_is_gone(void)
{
	struct bench_child child;
	uint32_t count = count_descriptors();
	CU_ASSERT_EQUAL_FATAL(bench_child_fork(&child, live_on, NULL), 0);
	int status = bench_child_kill(&child);
	CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CU_ASSERT_TRUE(is_nothing_left(count));
}

static int leave_child_behind(int output, const void *context)
{
	struct bench_child child;
	char text[2];
	(void)output;
	int err = bench_child_fork(&child, live_on, context);
	return err == 0 && read(child.output, text, sizeof(text)) == sizeof(text) ? 0 : 1;
}

/* The grandchild has a copy of the child's end of the pipe, which is closed when both are gone. */
static void child_ends_with_its_parent(void)
{
	struct bench_child child;
	char text[256];
	CU_ASSERT_EQUAL_FATAL(bench_child_fork(&child, leave_child_behind, NULL), 0);
	CU_ASSERT_TRUE(read_all(child.output, text, sizeof(text)));
	CU_ASSERT_EQUAL(bench_child_wait(&child), 0);
}

static void outputs_come_as_asked(void)
{
	char *script = "echo out; echo err >&2; exit 3";
	char text[256];
	CU_ASSERT_EQUAL(run_script(script, BENCH_CHILD_NOTHING, text), 3);
	CU_ASSERT_STRING_EQUAL(text, "");
	CU_ASSERT_EQUAL(run_script(script, BENCH_CHILD_STDOUT, text), 3);
	CU_ASSERT_STRING_EQUAL(text, "out\n");
	CU_ASSERT_EQUAL(run_script(script, BENCH_CHILD_STDOUT_AND_STDERR, text), 3);
	CU_ASSERT_STRING_EQUAL(text, "out\nerr\n");
}

static void program_has_no_input(void)
{
	char text[256];
	int own = dup(STDIN_FILENO);
	int endless = open("/dev/zero", O_RDONLY);
	CU_ASSERT_EQUAL_FATAL(dup2(endless, STDIN_FILENO), STDIN_FILENO);
	CU_ASSERT_EQUAL(run_script("readlink /proc/self/fd/0", BENCH_CHILD_STDOUT, text), 0);
	CU_ASSERT_STRING_EQUAL(text, "/dev/null\n");
	dup2(own, STDIN_FILENO);
	close(own);
	close(endless);
}

/* It stops itself and stays: who starts a program does not wait for its end. */
static void program_runs_on_by_itself(void)
{
	char *arguments[] = {"sh", "-c", "kill -STOP $$", NULL};
	struct bench_program program = {.path = "sh", .arguments = arguments};
	struct bench_child child;
	CU_ASSERT_EQUAL_FATAL(bench_child_exec(&child, &program, BENCH_CHILD_STDOUT), 0);
	int status = bench_child_kill(&child);
	CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void program_runs_on_its_cpus(void)
{
	cpu_set_t allowed;
	uint32_t cpu = 0;
	char text[256];
	char expected[256];
	CU_ASSERT_EQUAL_FATAL(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	while (!CPU_ISSET(cpu, &allowed)) {
		cpu++;
	}
	char *arguments[] = {"grep", "Cpus_allowed_list", "/proc/self/status", NULL};
	struct bench_program program = {
	        .path = "grep", .arguments = arguments, .cpus = &cpu, .cpu_count = 1};
	CU_ASSERT_EQUAL(run_program(&program, BENCH_CHILD_STDOUT, text), 0);
	snprintf(expected, sizeof(expected), "Cpus_allowed_list:\t%u\n", cpu);
	CU_ASSERT_STRING_EQUAL(text, expected);
}

static void program_inherits_no_other_pipe(void)
{
	struct bench_child other;
	char script[64];
	char text[256];
	CU_ASSERT_EQUAL_FATAL(bench_child_fork(&other, live_on, NULL), 0);
	snprintf(script, sizeof(script), "test ! -e /proc/$$/fd/%d", other.output);
	CU_ASSERT_EQUAL(run_script(script, BENCH_CHILD_NOTHING, text), 0);
	bench_child_kill(&other);
}

static int refusal_of(const char *path, uint32_t cpu)
{
	char *arguments[] = {"program", NULL};
	struct bench_program program = {
	        .path = path, .arguments = arguments, .cpus = &cpu, .cpu_count = 1};
	struct bench_child child = {.process = -1, .output = -2};
	uint32_t count = count_descriptors();
	int err = bench_child_exec(&child, &program, BENCH_CHILD_STDOUT);
	CU_ASSERT_TRUE(is_nothing_left(count));
	CU_ASSERT_TRUE(child.process == -1 && child.output == -2);
	return err;
}

static void what_cannot_run_is_refused(void)
{
	uint32_t cpu = (uint32_t)sched_getcpu();
	CU_ASSERT_EQUAL(refusal_of("no-such-program", cpu), -ENOENT);
	CU_ASSERT_EQUAL(refusal_of("/no/such/program", cpu), -ENOENT);
	CU_ASSERT_EQUAL(refusal_of("/dev/null", cpu), -EACCES);
	CU_ASSERT_EQUAL(refusal_of("true", CPU_SETSIZE - 1), -EINVAL);
	CU_ASSERT_EQUAL(refusal_of("true", CPU_SETSIZE), -EINVAL);
}

/* With room for so many descriptors more. */
static int start_with_room_for(int room)
{
	struct rlimit limit;
	struct bench_child child;
	uint32_t count = count_descriptors();
	int next_fd = dup(STDIN_FILENO);
	close(next_fd);
	char *arguments[] = {"true", NULL};
	struct bench_program program = {.path = "true", .arguments = arguments};
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
	struct rlimit little = {.rlim_cur = (rlim_t)(next_fd + room), .rlim_max = limit.rlim_max};
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &little), 0);
	int err = bench_child_exec(&child, &program, BENCH_CHILD_STDOUT);
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
	CU_ASSERT_TRUE(is_nothing_left(count));
	return err;
}

/* For either of the two pipes. */
static void without_descriptors_nothing_starts(void)
{
	CU_ASSERT_EQUAL(start_with_room_for(1), -EMFILE);
	CU_ASSERT_EQUAL(start_with_room_for(3), -EMFILE);
}

enum {
	COULD_NOT_TRY = 100,
};

/* Nobody is refused a process whom the limit does not bind. */
static int start_without_processes(int output, const void *context)
{
	struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
	struct bench_child child;
	(void)output;
	if (geteuid() == 0 && setresuid(OTHER_USER, OTHER_USER, OTHER_USER) != 0) {
		return COULD_NOT_TRY;
	}
	if (setrlimit(RLIMIT_NPROC, &none) != 0) {
		return COULD_NOT_TRY;
	}
	uint32_t count = count_descriptors();
	int err = bench_child_fork(&child, live_on, context);
	return err == -EAGAIN && is_nothing_left(count) ? 0 : 1;
}

static void without_processes_nothing_starts(void)
{
	struct bench_child child;
	CU_ASSERT_EQUAL_FATAL(bench_child_fork(&child, start_without_processes, NULL), 0);
	int status = bench_child_wait(&child);
	CU_ASSERT_TRUE_FATAL(WIFEXITED(status));
	if (WEXITSTATUS(status) == COULD_NOT_TRY) {
		suite_skip("cannot become another user here");
		return;
	}
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

static const CU_TestInfo child_tests[] = {
        {"words and status arrive", words_and_status_arrive},
        {"a killed child is gone", killed_child_is_gone},
        {"a child ends with its parent", child_ends_with_its_parent},
        {"outputs come as asked", outputs_come_as_asked},
        {"a program has no input", program_has_no_input},
        {"a program runs on by itself", program_runs_on_by_itself},
        {"a program runs on its CPUs", program_runs_on_its_cpus},
        {"a program inherits no other pipe", program_inherits_no_other_pipe},
        {"what cannot run is refused", what_cannot_run_is_refused},
        {"without descriptors nothing starts", without_descriptors_nothing_starts},
        {"without processes nothing starts", without_processes_nothing_starts},
        CU_TEST_INFO_NULL,
};

const struct suite child_suite = {"child", child_tests};

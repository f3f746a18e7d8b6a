/* SPDX-License-Identifier: Apache-2.0 */
/* Child: see child.h. */
#include "tests/support/child.h"
#include "tests/support/suite.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SILENCE_MS 60000

static void must(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		abort();
	}
}

_Noreturn static void be_child(void (*run)(void), int fd)
{
	struct rlimit no_core = {0};
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &no_core);
	must(dup2(fd, STDERR_FILENO), "dup2");
	run();
	fflush(NULL);
	_exit(0);
}

/* To its end, what fits is kept. */
static void read_all(int fd, pid_t child, char *out_text, size_t size)
{
	size_t length = 0;
	char rest[256];
	for (;;) { /* until it has ended, or says nothing any more */
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		if (poll(&wait, 1, SILENCE_MS) <= 0) {
			kill(child, SIGKILL);
			break;
		}
		size_t room = size - 1 - length;
		ssize_t got =
		        room > 0 ? read(fd, out_text + length, room) : read(fd, rest, sizeof(rest));
		if (got <= 0) {
			break;
		}
		length += room > 0 ? (size_t)got : 0;
	}
	out_text[length] = '\0';
}

int child_run(void (*run)(void), char *out_text, size_t size)
{
	int fds[2];
	must(pipe(fds), "pipe");
	fflush(NULL);
	pid_t child = fork();
	must(child, "fork");
	if (child == 0) {
		close(fds[0]);
		be_child(run, fds[1]);
	}
	close(fds[1]);
	read_all(fds[0], child, out_text, size);
	close(fds[0]);
	int status = 0;
	must(waitpid(child, &status, 0), "waitpid");
	return status;
}

/* In the child. */
static struct {
	void (*stage)(void (*deed)(void));
	void (*deed)(void);
} now;

static void run_now(void)
{
	now.stage(now.deed);
}

void child_assert_misuses(const struct child_misuse *misuses, size_t count,
                          void (*stage)(void (*deed)(void)))
{
	for (size_t i = 0; i < count; i++) {
		char text[4096];
		char function[128];
		now.stage = stage;
		now.deed = misuses[i].deed;
		int status = child_run(run_now, text, sizeof(text));
		snprintf(function, sizeof(function), "misuse of %s():", misuses[i].function);
		bool is_named = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT &&
		                strstr(text, function) && strstr(text, misuses[i].part);
		if (!is_named) {
			printf("%s '%s': status %d, said: %s\n", function, misuses[i].part, status,
			       text);
		}
		CU_ASSERT_TRUE(is_named);
	}
}

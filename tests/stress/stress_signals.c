/* SPDX-License-Identifier: Apache-2.0 */
/* Signals on a driver's thread, and what the children of a handler inherit. */
#include "tests/support/child.h"
#include "tests/support/suite.h"

#include "base/container.h"

#include <gatio/gatio.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const int own_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};

static volatile sig_atomic_t taken_count;

static void on_signal(int signal)
{
	(void)signal;
	taken_count++;
}

struct victim {
	int unused;
};

/* As an instruction would: to this very thread. */
static void on_victim_started(struct victim *self)
{
	(void)self;
	for (size_t i = 0; i < GI_COUNT_OF(own_signals); i++) {
		raise(own_signals[i]);
	}
	fprintf(stderr, "taken %d\n", (int)taken_count);
	gatio_exit(0);
}

GATIO_BEHAVIOR(victim, started(on_victim_started));

static void crash_on_a_driver(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	for (size_t i = 0; i < GI_COUNT_OF(own_signals); i++) {
		sigaction(own_signals[i], &action, NULL);
	}
	gatio_run(victim, 0);
}

static void crash_handler_runs_on_a_driver(void)
{
	char text[4096];
	CU_ASSERT_EQUAL(child_run(crash_on_a_driver, text, sizeof(text)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "taken 7"));
}

/* ---- Children ---------------------------------------------------------------------------------------------------------- */

static sigset_t mask_before;
static cpu_set_t cpus_before;

static bool is_as_before(void)
{
	sigset_t mask;
	cpu_set_t cpus;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	sched_getaffinity(0, sizeof(cpus), &cpus);
	bool is_same = CPU_EQUAL(&cpus, &cpus_before);
	for (int signal = 1; signal < SIGRTMIN; signal++) {
		is_same =
		        is_same && sigismember(&mask, signal) == sigismember(&mask_before, signal);
	}
	return is_same;
}

struct parent {
	int unused;
};

/* 0: it is as it should be. */
static int look_from_a_child(void)
{
	pid_t child = fork();
	if (child == 0) {
		bool was_as_before = is_as_before();
		gatio_child_prepare();
		_exit(was_as_before ? 3 : is_as_before() ? 0 : 4);
	}
	int status = 0;
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 5;
}

static void on_parent_started(struct parent *self)
{
	(void)self;
	gatio_exit(look_from_a_child());
}

GATIO_BEHAVIOR(parent, started(on_parent_started));

struct parent_that_stops {
	int unused;
};

static void on_parent_that_stops_started(struct parent_that_stops *self)
{
	(void)self;
	gatio_system_stop(gatio_current_system(), look_from_a_child());
}

GATIO_BEHAVIOR(parent_that_stops, started(on_parent_that_stops_started));

static void prepare_a_child(void)
{
	sigset_t mine;
	sigemptyset(&mine);
	sigaddset(&mine, SIGUSR2); /* the program's own: it stays */
	sigprocmask(SIG_BLOCK, &mine, NULL);
	sigprocmask(SIG_SETMASK, NULL, &mask_before);
	sched_getaffinity(0, sizeof(cpus_before), &cpus_before);
	_exit(gatio_run(parent, 0));
}

static void child_of_a_handler_is_as_before(void)
{
	char text[4096];
	int status = child_run(prepare_a_child, text, sizeof(text));
	CU_ASSERT_TRUE(WIFEXITED(status));
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

/* The second one finds signals blocked by the first. */
static void prepare_a_child_of_the_second(void)
{
	const struct gatio_options options = {.driver_count = 1, .log = gatio_log_stderr};
	struct gatio_system *first;
	struct gatio_system *second;
	sigprocmask(SIG_SETMASK, NULL, &mask_before);
	sched_getaffinity(0, sizeof(cpus_before), &cpus_before);
	if (gatio_system_create(&first, &options) || gatio_system_create(&second, &options)) {
		_exit(6);
	}
	gatio_system_spawn(second, GATIO_ANYWHERE, parent_that_stops, 0);
	int status = gatio_system_run(second);
	gatio_system_destroy(first);
	_exit(status ? status : is_as_before() ? 0 : 7); /* so is the thread itself */
}

static void child_of_the_second_system_is_as_before(void)
{
	char text[4096];
	int status = child_run(prepare_a_child_of_the_second, text, sizeof(text));
	CU_ASSERT_TRUE(WIFEXITED(status));
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

static void prepare_outside(void)
{
	gatio_child_prepare();
}

struct careless {
	int unused;
};

static void on_careless_started(struct careless *self)
{
	(void)self;
	gatio_child_prepare();
	gatio_exit(0);
}

GATIO_BEHAVIOR(careless, started(on_careless_started));

static void prepare_without_a_child(void)
{
	gatio_run(careless, 0);
}

static void prepare_elsewhere_is_refused(void)
{
	CHILD_ASSERT_MISUSE(prepare_outside, "gatio_child_prepare", "outside of a handler's child");
	CHILD_ASSERT_MISUSE(prepare_without_a_child, "gatio_child_prepare", "in a handler itself");
}

/* ---- Descriptors ------------------------------------------------------------------------------------------------------- */

/* Those above standard error that a program which is started now would have. */
static uint32_t inherited_count(void)
{
	uint32_t count = 0;
	for (int fd = STDERR_FILENO + 1; fd < 1024; fd++) {
		int flags = fcntl(fd, F_GETFD);
		count += flags >= 0 && !(flags & FD_CLOEXEC);
	}
	return count;
}

static uint32_t inherited_before;
static uint32_t inherited_now;

struct server {
	int unused;
};

static void on_server_connected(struct server *self, const struct gatio_connected *connected)
{
	(void)self;
	(void)connected;
	inherited_now = inherited_count();
	kill(getpid(), SIGTERM);
}

/* Its system runs: it listens no more, but it has what it takes signals by. */
static void on_server_draining(struct server *self, const struct gatio_draining *draining)
{
	(void)self;
	(void)draining;
	uint32_t count = inherited_count();
	inherited_now = count > inherited_now ? count : inherited_now;
	gatio_exit(0);
}

GATIO_BEHAVIOR(server, on(gatio_connected, on_server_connected),
               on(gatio_draining, on_server_draining));

static int connect_to(const char *address)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	to.sin_port = htons((uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10));
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return connect(fd, (struct sockaddr *)&to, sizeof(to));
}

static void serve_one(void)
{
	const struct gatio_options options = {.driver_count = 2, .log = gatio_log_stderr};
	const struct gatio_port_options port = {.listen = "127.0.0.1:0"};
	struct gatio_system *system;
	char address[64];
	inherited_before = inherited_count();
	inherited_now = UINT32_MAX;
	if (gatio_system_create(&system, &options) || gatio_port_open(system, &port, server, 0) ||
	    gatio_port_address(system, port.listen, address, sizeof(address)) ||
	    connect_to(address)) {
		_exit(2);
	}
	_exit(gatio_system_run(system) || inherited_now != inherited_before);
}

static void no_descriptor_survives_an_exec(void)
{
	char text[4096];
	int status = child_run(serve_one, text, sizeof(text));
	CU_ASSERT_TRUE(WIFEXITED(status));
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

/* ---- Whose mask comes back ---------------------------------------------------------------------------------------------- */

static bool is_blocked(int signal)
{
	sigset_t mask;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	return sigismember(&mask, signal);
}

/* It has a system of its own meanwhile, and looks at its mask after each step. */
static void *destroy_elsewhere(void *argument)
{
	static bool was_blocked[3];
	struct gatio_options options = {.driver_count = 1};
	struct gatio_system *own = NULL;
	if (gatio_system_create(&own, &options)) {
		return NULL;
	}
	was_blocked[0] = is_blocked(SIGTERM);
	gatio_system_destroy(argument);
	was_blocked[1] = is_blocked(SIGTERM);
	gatio_system_destroy(own);
	was_blocked[2] = is_blocked(SIGTERM);
	return was_blocked;
}

static void other_thread_may_destroy(void)
{
	CU_ASSERT_FALSE(is_blocked(SIGTERM));
	struct gatio_options options = {.driver_count = 1};
	struct gatio_system *first = NULL;
	struct gatio_system *second = NULL;
	CU_ASSERT_EQUAL_FATAL(gatio_system_create(&first, &options), 0);
	CU_ASSERT_EQUAL_FATAL(gatio_system_create(&second, &options), 0);
	pthread_t other;
	sigset_t none;
	sigset_t blocked;
	sigemptyset(&none);
	pthread_sigmask(SIG_SETMASK, &none, &blocked); /* that the other begins with */
	CU_ASSERT_EQUAL_FATAL(pthread_create(&other, NULL, destroy_elsewhere, first), 0);
	pthread_sigmask(SIG_SETMASK, &blocked, NULL);
	void *result = NULL;
	pthread_join(other, &result);
	const bool *was_blocked = result;
	CU_ASSERT_PTR_NOT_NULL_FATAL(was_blocked);
	CU_ASSERT_TRUE(was_blocked[0]);
	CU_ASSERT_TRUE(was_blocked[1]); /* its own system is still there */
	CU_ASSERT_FALSE(was_blocked[2]);
	CU_ASSERT_TRUE(is_blocked(SIGTERM)); /* so is our second */
	gatio_system_destroy(second);
	CU_ASSERT_FALSE(is_blocked(SIGTERM));
}

static const CU_TestInfo tests[] = {
        {"crash handler runs on a driver", crash_handler_runs_on_a_driver},
        {"child of a handler is as before", child_of_a_handler_is_as_before},
        {"child of the second system is as before", child_of_the_second_system_is_as_before},
        {"prepare elsewhere is refused", prepare_elsewhere_is_refused},
        {"no descriptor survives an exec", no_descriptor_survives_an_exec},
        {"other thread may destroy", other_thread_may_destroy},
        CU_TEST_INFO_NULL,
};

extern const struct suite signals_suite;
const struct suite signals_suite = {"signals", tests};

/* SPDX-License-Identifier: Apache-2.0 */
/* What create says where the kernel refuses a call, each in a child with a seccomp filter, as containers have them. */
#include "tests/actors/log.h"
#include "tests/support/refuse.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Calls that newer machines have not: there others stand in for them. */
#ifdef SYS_poll
#	define POLL_CALL SYS_poll
#else
#	define POLL_CALL SYS_ppoll
#endif
#ifdef SYS_eventfd
#	define EVENTFD_CALL SYS_eventfd
#else
#	define EVENTFD_CALL SYS_eventfd2
#endif
#ifdef SYS_epoll_wait
#	define EPOLL_WAIT_CALL SYS_epoll_wait
#else
#	define EPOLL_WAIT_CALL SYS_epoll_pwait
#endif

enum { CHILD_PASSED = 0, CHILD_FAILED, CHILD_SKIPPED };

/* What is refused, and what is to come of it. */
struct refusal {
	long calls[3];
	size_t call_count;
	int err;      /* of the calls */
	int expected; /* of create; 0: it works all the same */
	const char *said;
	bool no_pin;
	bool locks_nothing;  /* as a plain user; for root there is no limit */
	const char *backend; /* NULL: io_uring and nothing else */
};

static const char *line_with(const char *part)
{
	static char line[1024];
	const char *at = strstr(log_text(), part);
	if (!at) {
		return NULL;
	}
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
	return line;
}

/* A ball that is thrown to another driver and back until the system is to end. */
enum { THROWS = 1000, STATUS = 7 };

GATIO_MESSAGE(thrown, { uint32_t count; });

struct catcher {
	uint32_t caught;
};

static void on_thrown_far(struct catcher *self, const struct thrown *ball)
{
	self->caught++;
	(void)gatio_reply(thrown, .count = ball->count + 1);
}
GATIO_BEHAVIOR(catcher, on(thrown, on_thrown_far));

struct thrower {
	struct gatio_address far;
};

static void on_started(struct thrower *self)
{
	self->far = gatio_spawn_at(GATIO_ON_DRIVER(1), catcher, .caught = 0);
	(void)gatio_send(self->far, thrown, .count = 0);
}

static void on_thrown(struct thrower *self, const struct thrown *ball)
{
	if (ball->count == THROWS) {
		gatio_system_stop(gatio_current_system(), STATUS);
	} else {
		(void)gatio_send(self->far, thrown, .count = ball->count);
	}
}
GATIO_BEHAVIOR(thrower, started(on_started), on(thrown, on_thrown));

static bool works(struct gatio_system *system)
{
	struct gatio_address first =
	        gatio_system_spawn(system, GATIO_ON_DRIVER(0), thrower, .far = {0});
	return first.bits != 0 && gatio_system_run(system) == STATUS;
}

enum { PLAIN_USER = 65531 };

static bool become_one_who_locks_nothing(void)
{
	struct rlimit none = {0, 0};
	return setrlimit(RLIMIT_MEMLOCK, &none) == 0 && setgid(PLAIN_USER) == 0 &&
	       setuid(PLAIN_USER) == 0;
}

static int create_refused(const struct refusal *refusal)
{
	struct gatio_options options = {.driver_count = 2,
	                                .log = log_keep,
	                                .no_pin = refusal->no_pin,
	                                .backend =
	                                        refusal->backend ? refusal->backend : "io_uring"};
	struct gatio_system *system = NULL;
	log_clear();
	if (refusal->locks_nothing && !become_one_who_locks_nothing()) {
		return CHILD_SKIPPED;
	}
	if (!refuse_calls(refusal->calls, refusal->call_count, refusal->err)) {
		return CHILD_SKIPPED;
	}
	int err = gatio_system_create(&system, &options);
	if (!err && !works(system)) {
		fprintf(stderr, "the system was made, and does not work\n");
		return CHILD_FAILED;
	}
	/* A machine of several nodes says that memory may lie on any of them. */
	if (refusal->locks_nothing && !err && log_text()[0] == '\0') {
		return CHILD_SKIPPED; /* before Linux 6.14 rings are not counted */
	}
	bool is_said = refusal->said ? log_has(refusal->said)
	                             : log_text()[0] == '\0' || log_has("may lie on any node");
	if (is_said && err == refusal->expected) {
		const char *again = refusal->said ? line_with(refusal->said) : NULL;
		/* Once: the same is not said for each driver. */
		return again && strstr(strstr(log_text(), refusal->said) + 1, refusal->said)
		               ? CHILD_FAILED
		               : CHILD_PASSED;
	}
	fprintf(stderr, "create: %d, and the log says: %s\n", err, log_text());
	return CHILD_FAILED;
}

static void check(const struct refusal *refusal)
{
	fflush(NULL);
	pid_t child = fork();
	CU_ASSERT_TRUE_FATAL(child >= 0);
	if (child == 0) {
		_exit(create_refused(refusal));
	}
	int status = 0;
	CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
	CU_ASSERT_TRUE(WIFEXITED(status));
	if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_SKIPPED) {
		suite_skip(refusal->locks_nothing ? "no plain user here, or rings are not locked"
		                                  : "no seccomp here");
		return;
	}
	CU_ASSERT_EQUAL(status, CHILD_PASSED);
}

static void io_uring_forbidden_is_said(void)
{
	check(&(struct refusal){
	        .calls = {SYS_io_uring_setup, SYS_io_uring_register, SYS_io_uring_enter},
	        .call_count = 3,
	        .err = EPERM,
	        .expected = -EPERM,
	        .said = "driver 0 cannot be made: Operation not permitted: io_uring is forbidden "
	                "here by the container's seccomp profile: `docker run --security-opt "
	                "seccomp=share/gatio/seccomp.json`"});
}

static void io_uring_hidden_on_a_new_kernel_is_said(void)
{
	check(&(struct refusal){
	        .calls = {SYS_io_uring_setup, SYS_io_uring_register, SYS_io_uring_enter},
	        .call_count = 3,
	        .err = ENOSYS,
	        .expected = -ENOSYS,
	        .said = "has io_uring, but io_uring_setup(2) is answered as if it had not: the "
	                "container's seccomp profile hides it"});
}

static void refused_register_is_said(void)
{
	static const int errs[] = {EPERM, ENOSYS};
	for (uint32_t i = 0; i < 2; i++) {
		check(&(struct refusal){.calls = {SYS_io_uring_register},
		                        .call_count = 1,
		                        .err = errs[i],
		                        .expected = -errs[i],
		                        .said = "io_uring_register(2) is refused, though "
		                                "io_uring_setup(2) is not"});
	}
}

static void refused_enter_is_said(void)
{
	static const int errs[] = {EPERM, ENOSYS};
	for (uint32_t i = 0; i < 2; i++) {
		check(&(struct refusal){.calls = {SYS_io_uring_enter},
		                        .call_count = 1,
		                        .err = errs[i],
		                        .expected = -errs[i],
		                        .said = "io_uring_enter(2) is refused, though "
		                                "io_uring_setup(2) is not"});
	}
}

/* What nobody could be told of later. */
static void refused_memory_is_said(void)
{
#ifdef SANITIZED
	suite_skip("a sanitizer takes memory by these calls itself");
	return;
#endif
	check(&(struct refusal){
	        .calls = {SYS_mmap},
	        .call_count = 1,
	        .err = EPERM,
	        .expected = -EPERM,
	        .said = "no system can be made: Operation not permitted: mmap(2) is refused"});
	check(&(struct refusal){
	        .calls = {SYS_munmap},
	        .call_count = 1,
	        .err = EPERM,
	        .expected = -EPERM,
	        .said = "no system can be made: Operation not permitted: munmap(2) is refused"});
}

static void refused_poll_is_said(void)
{
	check(&(struct refusal){
	        .calls = {POLL_CALL, SYS_ppoll},
	        .call_count = 2,
	        .err = EPERM,
	        .expected = -EPERM,
	        .said = "no system can be made: Operation not permitted: poll(2) is refused"});
}

static void refused_random_numbers_are_said(void)
{
	check(&(struct refusal){.calls = {SYS_getrandom},
	                        .call_count = 1,
	                        .err = EPERM,
	                        .expected = -EPERM,
	                        .said = "getrandom(2) is refused"});
}

static void refused_eventfd_is_said(void)
{
	check(&(struct refusal){.calls = {SYS_eventfd2, EVENTFD_CALL},
	                        .call_count = 2,
	                        .err = EPERM,
	                        .expected = -EPERM,
	                        .said = "eventfd2(2) is refused"});
}

/* Where io_uring is asked for by name, and has not been tried yet. */
static void refused_eventfd_is_said_before_io_uring(void)
{
	check(&(struct refusal){.calls = {SYS_eventfd2, SYS_io_uring_setup},
	                        .call_count = 2,
	                        .err = EPERM,
	                        .expected = -EPERM,
	                        .said = "no descriptor to call drivers by: Operation not "
	                                "permitted: eventfd2(2) is refused"});
}

static void refused_threads_are_said(void)
{
	static const int errs[] = {EPERM, EAGAIN};
	static const char *const said[] = {
	        "clone3(2) or mprotect(2) is refused: the container's seccomp profile",
	        "no more can be made: raise `ulimit -u`"};
	for (uint32_t i = 0; i < 2; i++) {
		check(&(struct refusal){.calls = {SYS_clone3},
		                        .call_count = 1,
		                        .err = errs[i],
		                        .expected = -errs[i],
		                        .said = said[i]});
	}
}

static void refused_signals_are_one_warning(void)
{
	check(&(struct refusal){
	        .calls = {SYS_signalfd4},
	        .call_count = 1,
	        .err = EPERM,
	        .said = "SIGTERM and SIGINT will not drain: signalfd4(2) is refused"});
}

static void refused_pinning_is_one_warning(void)
{
	static const int errs[] = {EPERM, ENOSYS};
	for (uint32_t i = 0; i < 2; i++) {
		check(&(struct refusal){
		        .calls = {SYS_sched_setaffinity},
		        .call_count = 1,
		        .err = errs[i],
		        .said = "drivers run unpinned: sched_setaffinity(2) is refused"});
	}
}

static void no_pin_says_nothing(void)
{
	check(&(struct refusal){
	        .calls = {SYS_sched_setaffinity}, .call_count = 1, .err = EPERM, .no_pin = true});
}

/* hwloc would ask for ever. */
static void unknown_affinity_is_one_warning(void)
{
#ifdef SANITIZED
	suite_skip("a sanitizer's threads ask for their affinity themselves");
	return;
#endif
	check(&(struct refusal){.calls = {SYS_sched_getaffinity, SYS_sched_setaffinity},
	                        .call_count = 2,
	                        .err = EPERM,
	                        .said = "sched_getaffinity(2) is refused: one node is assumed"});
}

static void refused_binding_works_all_the_same(void)
{
	check(&(struct refusal){.calls = {SYS_mbind}, .call_count = 1, .err = EPERM});
}

/* With no backend named the system is made and runs, and one line says on what. */
static void without_io_uring_it_runs_on_epoll(void)
{
	static const struct {
		long calls[3];
		size_t count;
		int err;
		const char *said;
	} forbidden[] = {
	        {{SYS_io_uring_setup, SYS_io_uring_register, SYS_io_uring_enter},
	         3,
	         EPERM,
	         "drivers run on epoll, which takes two system calls more for each request: "
	         "Operation not permitted: io_uring is forbidden here"},
	        {{SYS_io_uring_register}, 1, EPERM, "io_uring_register(2) is refused"},
	        {{SYS_io_uring_enter}, 1, EPERM, "io_uring_enter(2) is refused"},
	        {{SYS_io_uring_setup, SYS_epoll_pwait2}, 2, EPERM, "io_uring is forbidden here"},
	        {{SYS_io_uring_setup, SYS_epoll_pwait2}, 2, EACCES, "io_uring is forbidden here"},
	        {{SYS_io_uring_setup, SYS_epoll_pwait2}, 2, ENOSYS, "has io_uring, but"},
	};
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		struct refusal refusal = {.call_count = forbidden[i].count,
		                          .err = forbidden[i].err,
		                          .said = forbidden[i].said,
		                          .backend = "auto"};
		memcpy(refusal.calls, forbidden[i].calls, sizeof(refusal.calls));
		check(&refusal);
	}
}

static void without_locked_memory_it_runs_on_epoll(void)
{
	check(&(struct refusal){.locks_nothing = true,
	                        .said = "drivers run on epoll, which takes two system calls more "
	                                "for each request: Cannot allocate memory: not enough "
	                                "memory that may be locked: raise `ulimit -l`",
	                        .backend = "auto"});
	check(&(struct refusal){.locks_nothing = true,
	                        .expected = -ENOMEM,
	                        .said = "driver 0 cannot be made: Cannot allocate memory: not "
	                                "enough memory that may be locked: raise `ulimit -l`"});
}

static void epoll_by_name_says_nothing(void)
{
	check(&(struct refusal){
	        .calls = {SYS_io_uring_setup, SYS_io_uring_register, SYS_io_uring_enter},
	        .call_count = 3,
	        .err = EPERM,
	        .backend = "epoll"});
}

static void refused_epoll_is_said(void)
{
	static const struct {
		long call;
		const char *said;
	} refused[] = {
	        {SYS_epoll_create1, "drivers cannot run on epoll: Operation not permitted: "
	                            "epoll_create1(2) is refused"},
	        {SYS_epoll_ctl, "Operation not permitted: epoll_ctl(2) is refused"},
	        {EPOLL_WAIT_CALL, "Operation not permitted: epoll_wait(2) is refused"},
	};
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		/* That random numbers are refused as well is not what keeps drivers from epoll. */
		for (size_t others = 0; others < 2; others++) {
			check(&(struct refusal){
			        .calls = {SYS_io_uring_setup, refused[i].call, SYS_getrandom},
			        .call_count = 2 + others,
			        .err = EPERM,
			        .expected = -EPERM,
			        .said = refused[i].said,
			        .backend = "auto"});
		}
	}
}

static void what_epoll_lacks_is_said(void)
{
	static const struct {
		long call;
		int err;
		const char *said;
	} lacks[] = {
	        {SYS_epoll_create1, ENOMEM,
	         "Cannot allocate memory: not enough memory for a driver"},
	        {SYS_epoll_create1, EMFILE, "Too many open files: too many open files: raise"},
	        {SYS_epoll_ctl, ENOSPC, "raise sysctl fs.epoll.max_user_watches"},
	        {SYS_epoll_ctl, EINVAL, "Invalid argument: see epoll_ctl(2)"},
	};
	for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++) {
		check(&(struct refusal){.calls = {lacks[i].call},
		                        .call_count = 1,
		                        .err = lacks[i].err,
		                        .expected = -lacks[i].err,
		                        .said = lacks[i].said,
		                        .backend = "epoll"});
	}
}

static CU_TestInfo tests[] = {
        {"io_uring forbidden is said", io_uring_forbidden_is_said},
        {"io_uring hidden on a new kernel is said", io_uring_hidden_on_a_new_kernel_is_said},
        {"refused io_uring_register is said", refused_register_is_said},
        {"refused io_uring_enter is said", refused_enter_is_said},
        {"without io_uring it runs on epoll", without_io_uring_it_runs_on_epoll},
        {"without locked memory it runs on epoll", without_locked_memory_it_runs_on_epoll},
        {"epoll by name says nothing", epoll_by_name_says_nothing},
        {"refused epoll is said", refused_epoll_is_said},
        {"what epoll lacks is said", what_epoll_lacks_is_said},
        {"refused memory is said", refused_memory_is_said},
        {"refused poll is said", refused_poll_is_said},
        {"refused random numbers are said", refused_random_numbers_are_said},
        {"refused eventfd is said", refused_eventfd_is_said},
        {"refused eventfd is said before io_uring", refused_eventfd_is_said_before_io_uring},
        {"refused threads are said", refused_threads_are_said},
        {"refused signals are one warning", refused_signals_are_one_warning},
        {"refused pinning is one warning", refused_pinning_is_one_warning},
        {"no_pin says nothing", no_pin_says_nothing},
        {"unknown affinity is one warning", unknown_affinity_is_one_warning},
        {"refused binding works all the same", refused_binding_works_all_the_same},
        CU_TEST_INFO_NULL,
};

static const struct suite refusals_suite = {"refusals", tests};

const struct suite *const suites[] = {&refusals_suite, NULL};

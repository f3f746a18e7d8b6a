/* SPDX-License-Identifier: Apache-2.0 */
/* Advice: see advice.h. */
#include "actors/advice.h"

#include "drivers/kernel.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
	TRIAL_ENTRIES = 4,
	LINUX_MAJOR_MIN = 6,
	LINUX_MINOR_MIN = 1,
};

static bool is_refusal(int err)
{
	return err == -EPERM || err == -EACCES || err == -ENOSYS;
}

/* ---- Trials: each gives 0 or the error of its call --------------------------------------------------------------- */

static int open_trial(struct io_uring *ring)
{
	struct io_uring_params params;
	memset(&params, 0, sizeof(params));
	params.flags = IORING_SETUP_R_DISABLED;
	return gi_kernel_ring_open(ring, TRIAL_ENTRIES, &params);
}

static int try_setup(void)
{
	struct io_uring ring;
	int err = open_trial(&ring);
	if (!err) {
		gi_kernel_ring_close(&ring);
	}
	return err;
}

static int try_register(void)
{
	struct io_uring ring;
	if (open_trial(&ring)) {
		return 0; /* then it is not this call */
	}
	int err = gi_kernel_ring_register(&ring, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
	gi_kernel_ring_close(&ring);
	return err;
}

static int try_enter(void)
{
	struct io_uring ring;
	struct io_uring_getevents_arg arg = {0};
	if (open_trial(&ring)) {
		return 0;
	}
	int err = gi_kernel_ring_register(&ring, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
	if (err >= 0) {
		err = gi_kernel_ring_enter(&ring, 0, 0, IORING_ENTER_GETEVENTS, &arg);
	}
	gi_kernel_ring_close(&ring);
	return err;
}

static int try_random(void)
{
	char byte;
	return gi_kernel_entropy(&byte, sizeof(byte));
}

static int try_poll(void)
{
	struct pollfd nothing = {.fd = -1};
	return gi_kernel_poll(&nothing, 1, 0);
}

static void close_trial(int fd)
{
	if (fd >= 0) {
		gi_kernel_close(fd);
	}
}

static int try_eventfd(void)
{
	int fd = gi_kernel_signal_open();
	close_trial(fd);
	return fd;
}

static int try_epoll_create(void)
{
	int ready_fd = gi_kernel_ready_open();
	close_trial(ready_fd);
	return ready_fd;
}

static int try_epoll_ctl(void)
{
	int ready_fd = gi_kernel_ready_open();
	int fd = gi_kernel_ready_open(); /* anything that can be watched */
	int err = 0;
	if (ready_fd >= 0 && fd >= 0) {
		err = gi_kernel_ready_watch(ready_fd, fd, 0, 0, GI_DIRECTION_BIT(GI_DIRECTION_IN));
	}
	close_trial(fd);
	close_trial(ready_fd);
	return err;
}

static int try_epoll_wait(void)
{
	struct gi_kernel_ready ready;
	int ready_fd = gi_kernel_ready_open();
	if (ready_fd < 0) {
		return 0;
	}
	int err = gi_kernel_ready_wait(ready_fd, &ready, 1, 0);
	gi_kernel_close(ready_fd);
	return err;
}

static void *do_nothing(void *argument)
{
	return argument;
}

static int try_thread(void)
{
	pthread_t thread;
	int err = gi_kernel_thread_start(&thread, "gatio/trial", NULL, do_nothing, NULL);
	if (!err) {
		gi_kernel_thread_join(thread);
	}
	return err;
}

/* ---- Sentences --------------------------------------------------------------------------------------------------- */

/* A profile for containers that allows io_uring: tools/seccomp.json, installed there. It must lie on the host. */
#define WITH_PROFILE                                                                               \
	"`docker run --security-opt seccomp=share/gatio/seccomp.json`, a file of gatio's,"

static const char *of_setup(char *text, size_t size, int err)
{
	unsigned major = 0;
	unsigned minor = 0;
	gi_kernel_release(&major, &minor);
	bool is_new =
	        major > LINUX_MAJOR_MIN || (major == LINUX_MAJOR_MIN && minor >= LINUX_MINOR_MIN);
	int disabled = gi_kernel_io_uring_disabled();
	if (err != -ENOSYS && disabled > 0) {
		snprintf(text, size,
		         "io_uring is forbidden here: sysctl kernel.io_uring_disabled is %d; "
		         "`sysctl -w kernel.io_uring_disabled=0` on the host allows it",
		         disabled);
	} else if (err != -ENOSYS) {
		return "io_uring is forbidden here by the container's seccomp "
		       "profile: " WITH_PROFILE " allows it";
	} else if (is_new) {
		snprintf(text, size,
		         "Linux %u.%u has io_uring, but io_uring_setup(2) is answered as if it had "
		         "not: the container's seccomp profile hides it, and " WITH_PROFILE
		         " shows it; or the kernel was built without it",
		         major, minor);
	} else {
		snprintf(text, size,
		         "Linux %u.%u has no usable io_uring: gatio needs Linux %d.%d or newer",
		         major, minor, LINUX_MAJOR_MIN, LINUX_MINOR_MIN);
	}
	return text;
}

/* A row of a table, in the order in which each needs the one before; the last is empty. */
struct call {
	int (*try)(void);
	const char *sentence; /* NULL: of_setup() */
};

/* Without these no system works, and whoever needs one later cannot tell that it is refused. */
static const struct call granted_calls[] = {
        {gi_kernel_memory_try_map,
         "mmap(2) is refused: the container's seccomp profile must allow it, as memory is taken by "
         "it"},
        {gi_kernel_memory_try_unmap,
         "munmap(2) is refused: the container's seccomp profile must allow it, as memory is given "
         "back by it"},
        {try_poll,
         "poll(2) is refused: the container's seccomp profile must allow it, as the system's end "
         "is waited for by it"},
        {NULL, NULL},
};

static const struct call io_uring_calls[] = {
        {try_setup, NULL},
        {try_register,
         "io_uring_register(2) is refused, though io_uring_setup(2) is not: the container's "
         "seccomp profile must allow all three calls of io_uring, as " WITH_PROFILE " does"},
        {try_enter,
         "io_uring_enter(2) is refused, though io_uring_setup(2) is not: the container's seccomp "
         "profile must allow all three calls of io_uring, as " WITH_PROFILE " does"},
        {NULL, NULL},
};

static const struct call epoll_calls[] = {
        {try_epoll_create,
         "epoll_create1(2) is refused: the container's seccomp profile must allow it where drivers "
         "do not run on io_uring"},
        {try_epoll_ctl,
         "epoll_ctl(2) is refused: the container's seccomp profile must allow it where drivers do "
         "not run on io_uring"},
        {try_epoll_wait,
         "epoll_wait(2) is refused: the container's seccomp profile must allow it where drivers do "
         "not run on io_uring"},
        {NULL, NULL},
};

/* Whoever needs one of these returns its error. */
static const struct call told_calls[] = {
        {try_random,
         "getrandom(2) is refused: the container's seccomp profile must allow it, or addresses "
         "and hashes could be guessed"},
        {try_eventfd,
         "eventfd2(2) is refused: the container's seccomp profile must allow it, as threads "
         "outside wake drivers by it"},
        {try_thread,
         "clone3(2) or mprotect(2) is refused: the container's seccomp profile must allow them, or "
         "answer clone3(2) with ENOSYS, as each driver is a thread"},
        {NULL, NULL},
};

static const struct call *const backend_calls[] = {
        [GI_BACKEND_IO_URING] = io_uring_calls,
        [GI_BACKEND_EPOLL] = epoll_calls,
};

static void tell(struct gi_advice *out_advice, int err, const char *sentence)
{
	snprintf(out_advice->text, sizeof(out_advice->text), "%s: %s", strerror(-err), sentence);
}

/* Error: of the first call that is refused, and it is told. What fails otherwise is for who makes the drivers. */
static int try_calls(struct gi_advice *out_advice, const struct call *calls)
{
	char text[384];
	for (const struct call *call = calls; call->try; call++) {
		int err = call->try();
		if (is_refusal(err)) {
			tell(out_advice, err,
			     call->sentence ? call->sentence : of_setup(text, sizeof(text), err));
			return err;
		}
	}
	return 0;
}

/* Where else it is told what may be done. */
static const char *manual_of(enum gi_backend backend)
{
	return backend == GI_BACKEND_EPOLL ? "see epoll_ctl(2)" : "see io_uring_setup(2)";
}

static const char *of_memory(enum gi_backend backend)
{
	return backend == GI_BACKEND_EPOLL
	               ? "not enough memory for a driver: raise `ulimit -v` or the limit of the "
	                 "control group, or use fewer drivers"
	               : "not enough memory that may be locked: raise `ulimit -l`, or use fewer "
	                 "drivers";
}

static const char too_many_files[] = "too many open files: raise `ulimit -n`";

/* Of an error for which no call is refused. */
static const char *of_error(enum gi_backend backend, int err)
{
	switch (-err) {
	case ENOMEM:
		return of_memory(backend);
	case EMFILE:
		return too_many_files;
	case ENOSPC:
		return "too many descriptors are watched: raise sysctl fs.epoll.max_user_watches";
	case EAGAIN:
		return "each driver is a thread, and no more can be made: raise `ulimit -u`, or "
		       "pids.max of the control group, or use fewer drivers";
	case ENOSYS: /* gi_ring_open: a feature is not there */
		return backend == GI_BACKEND_IO_URING ? "the io_uring of this kernel lacks what "
		                                        "gatio needs: Linux 6.1 or newer"
		                                      : manual_of(backend);
	default: /* or the refusal is over */
		return manual_of(backend);
	}
}

const char *gi_advice(struct gi_advice *out_advice, enum gi_backend backend, int err)
{
	bool is_told = is_refusal(err) && (try_calls(out_advice, backend_calls[backend]) ||
	                                   try_calls(out_advice, told_calls));
	if (!is_told) {
		tell(out_advice, err, of_error(backend, err));
	}
	return out_advice->text;
}

uint64_t gi_advice_no_room_count(const struct gatio_system *system)
{
	uint64_t count = 0;
	for (uint32_t i = 0; i < system->plan->tpc_count; i++) {
		count += gi_arena_no_room_count(system->arenas[i]);
	}
	return count;
}

const char *gi_advice_on_limit(struct gi_advice *out_advice, const struct gatio_system *system)
{
	const struct gi_plan *plan = system->plan;
	uint32_t index = 0;
	while (index + 1 < plan->tpc_count && gi_arena_no_room_count(system->arenas[index]) == 0) {
		index++;
	}
	snprintf(out_advice->text, sizeof(out_advice->text),
	         "%s: memory_limit, %llu MiB for TPC %u, has no room for what its drivers need: "
	         "raise it, or use fewer drivers",
	         strerror(ENOMEM), (unsigned long long)(plan->tpcs[index].memory_limit >> 20),
	         index);
	return out_advice->text;
}

const char *gi_advice_on_start(struct gi_advice *out_advice, const struct gatio_system *system,
                               int err)
{
	return err == -ENOMEM && gi_advice_no_room_count(system) > 0
	               ? gi_advice_on_limit(out_advice, system)
	               : gi_advice(out_advice, system->backend, err);
}

const char *gi_advice_on_descriptors(struct gi_advice *out_advice, int err)
{
	if (!is_refusal(err) || !try_calls(out_advice, told_calls)) {
		tell(out_advice, err, err == -EMFILE ? too_many_files : "see eventfd(2)");
	}
	return out_advice->text;
}

int gi_advice_try_backend(struct gi_advice *out_advice, enum gi_backend backend)
{
	return try_calls(out_advice, backend_calls[backend]);
}

int gi_advice_try_granted(struct gi_advice *out_advice)
{
	return try_calls(out_advice, granted_calls);
}

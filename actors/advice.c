/* SPDX-License-Identifier: Apache-2.0 */
/* Advice: see advice.h. */
#include "actors/advice.h"

#include "base/container.h"
#include "drivers/kernel.h"

#include <errno.h>
#include <pthread.h>
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

static int try_eventfd(void)
{
	int fd = gi_kernel_signal_open();
	if (fd >= 0) {
		gi_kernel_close(fd);
	}
	return fd;
}

static void *do_nothing(void *argument)
{
	return argument;
}

static int try_thread(void)
{
	pthread_t thread;
	int err = -pthread_create(&thread, NULL, do_nothing, NULL);
	if (!err) {
		pthread_join(thread, NULL);
	}
	return err;
}

/* ---- Sentences --------------------------------------------------------------------------------------------------- */

static const char *of_setup(char *text, size_t size, int err)
{
	unsigned major = 0;
	unsigned minor = 0;
	gi_kernel_release(&major, &minor);
	bool is_new =
	        major > LINUX_MAJOR_MIN || (major == LINUX_MAJOR_MIN && minor >= LINUX_MINOR_MIN);
	if (err != -ENOSYS) {
		return "io_uring is forbidden here: see sysctl kernel.io_uring_disabled, or the "
		       "container's seccomp profile";
	}
	if (is_new) {
		snprintf(text, size,
		         "Linux %u.%u has io_uring, but io_uring_setup(2) is answered as if it had "
		         "not: the container's seccomp profile hides it, or the kernel was built "
		         "without it",
		         major, minor);
	} else {
		snprintf(text, size,
		         "Linux %u.%u has no usable io_uring: gatio needs Linux %d.%d or newer",
		         major, minor, LINUX_MAJOR_MIN, LINUX_MINOR_MIN);
	}
	return text;
}

#define IO_URING_CALL_COUNT 3u

/* In the order in which each needs the one before; io_uring's three calls come first. */
static const struct {
	int (*try)(void);
	const char *sentence; /* NULL: of_setup() */
} calls[] = {
        {try_setup, NULL},
        {try_register,
         "io_uring_register(2) is refused, though io_uring_setup(2) is not: the container's "
         "seccomp profile must allow all three calls of io_uring"},
        {try_enter,
         "io_uring_enter(2) is refused, though io_uring_setup(2) is not: the container's seccomp "
         "profile must allow all three calls of io_uring"},
        {try_random,
         "getrandom(2) is refused: the container's seccomp profile must allow it, or addresses "
         "and hashes could be guessed"},
        {try_eventfd,
         "eventfd2(2) is refused: the container's seccomp profile must allow it, as threads "
         "outside wake drivers by it"},
        {try_thread,
         "clone3(2) or mprotect(2) is refused: the container's seccomp profile must allow them, or "
         "answer clone3(2) with ENOSYS, as each driver is a thread"},
};

static const char *of_refusal(char *text, size_t size, int err)
{
	for (size_t i = 0; i < GI_COUNT_OF(calls); i++) {
		if (is_refusal(calls[i].try())) {
			return calls[i].sentence ? calls[i].sentence : of_setup(text, size, err);
		}
	}
	/* All of them work: it was a feature that is not there (gi_ring_open says ENOSYS), or the refusal is over. */
	return err == -ENOSYS
	               ? "the io_uring of this kernel lacks what gatio needs: Linux 6.1 or newer"
	               : "see io_uring_setup(2)";
}

const char *gi_advice(struct gi_advice *out_advice, int err)
{
	char text[256] = "";
	const char *sentence = "see io_uring_setup(2)";
	if (is_refusal(err)) {
		sentence = of_refusal(text, sizeof(text), err);
	} else if (err == -ENOMEM) {
		sentence = "not enough memory that may be locked: raise `ulimit -l`, or use fewer "
		           "drivers";
	} else if (err == -EMFILE) {
		sentence = "too many open files: raise `ulimit -n`";
	} else if (err == -EAGAIN) {
		sentence = "each driver is a thread, and no more can be made: raise `ulimit -u`, "
		           "or pids.max "
		           "of the control group, or use fewer drivers";
	}
	snprintf(out_advice->text, sizeof(out_advice->text), "%s: %s", strerror(-err), sentence);
	return out_advice->text;
}

int gi_advice_try_io_uring(struct gi_advice *out_advice)
{
	int err = 0;
	for (size_t i = 0; i < IO_URING_CALL_COUNT && !is_refusal(err); i++) {
		err = calls[i].try();
	}
	if (!is_refusal(err)) {
		return 0; /* what else fails is for who makes the drivers */
	}
	(void)gi_advice(out_advice, err);
	return err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The door to the kernel, of threads: their CPUs, their signals, the words that they wait for. */
#include "drivers/kernel.h"

#include <errno.h>
#include <execinfo.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/container.h"
#include "topology/cpu_list.h"

/* ---- Where they run ---------------------------------------------------------------------------------------------- */

/* glibc's cpu_set_t ends at 1024 PUs; the kernel takes masks of any size, as words of bits like ours. */
union affinity_mask {
	struct gi_cpu_set cpus;
	cpu_set_t kernel;
};

int gi_kernel_pin(uint32_t cpu)
{
	union affinity_mask mask;
	if (cpu >= GI_CPU_COUNT_MAX) {
		return -EINVAL;
	}
	memset(&mask, 0, sizeof(mask));
	gi_cpu_set_add(&mask.cpus, cpu);
	return sched_setaffinity(0, sizeof(mask), &mask.kernel) != 0 ? -errno : 0;
}

int gi_kernel_affinity_get(unsigned char *out_mask, size_t size)
{
	long got = syscall(SYS_sched_getaffinity, 0, size, out_mask);
	return got < 0 ? -errno : (int)got;
}

int gi_kernel_affinity_set(const unsigned char *mask, size_t size)
{
	return syscall(SYS_sched_setaffinity, 0, size, mask) < 0 ? -errno : 0;
}

/* ---- From start to end ------------------------------------------------------------------------------------------- */

enum { NAME_SIZE = 16 };

/* Owner: the thread that starts. */
struct start {
	void *(*run)(void *argument);
	void *argument;
	sigset_t blocked;
	char name[NAME_SIZE];
};

static void *thread_main(void *argument)
{
	struct start start = *(const struct start *)argument;
	free(argument);
	pthread_setname_np(pthread_self(), start.name);
	pthread_sigmask(SIG_SETMASK, &start.blocked, NULL);
	return start.run(start.argument);
}

static sigset_t all_but(const sigset_t *open)
{
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
	sigset_t signals;
	sigfillset(&signals);
	for (size_t i = 0; i < GI_COUNT_OF(own); i++) {
		sigdelset(&signals, own[i]);
	}
	for (int signal = 1; open && signal <= SIGRTMAX; signal++) {
		if (sigismember(open, signal)) {
			sigdelset(&signals, signal);
		}
	}
	return signals;
}

int gi_kernel_thread_start(pthread_t *out_thread, const char *name, const sigset_t *open,
                           void *(*run)(void *), void *argument)
{
	gi_assert(strlen(name) < NAME_SIZE);
	struct start *start = malloc(sizeof(*start));
	if (!start) {
		return -ENOMEM;
	}
	*start = (struct start){.run = run, .argument = argument, .blocked = all_but(open)};
	snprintf(start->name, sizeof(start->name), "%s", name);
	sigset_t before;
	pthread_sigmask(SIG_BLOCK, &start->blocked, &before); /* it begins with ours */
	int err = -pthread_create(out_thread, NULL, thread_main, start);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err) {
		free(start);
	}
	return err;
}

void gi_kernel_thread_join(pthread_t thread)
{
	int err = pthread_join(thread, NULL);
	gi_assert(err == 0);
}

/* ---- Questions and signals --------------------------------------------------------------------------------------- */

void gi_kernel_thread_prepare_ask(int signal, void (*handler)(int))
{
	/* The first backtrace loads a library, which a signal handler must not. */
	void *frame;
	backtrace(&frame, 1);
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
	sigaction(signal, &action, NULL);
}

void gi_kernel_thread_ask(pthread_t thread, int signal)
{
	pthread_kill(thread, signal);
}

void gi_kernel_signals_mask(int how, const sigset_t *signals, sigset_t *out_before)
{
	pthread_sigmask(how, signals, out_before);
}

int gi_kernel_signals_open(const sigset_t *signals)
{
	int fd = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

bool gi_kernel_signals_take(int fd)
{
	struct signalfd_siginfo info;
	return read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info);
}

/* ---- Words ------------------------------------------------------------------------------------------------------- */

void gi_kernel_word_wait(_Atomic uint32_t *word, uint32_t value, uint64_t wait_ns)
{
	struct timespec limit = {.tv_sec = (time_t)(wait_ns / UINT64_C(1000000000)),
	                         .tv_nsec = (long)(wait_ns % UINT64_C(1000000000))};
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, wait_ns == UINT64_MAX ? NULL : &limit,
	        NULL, 0);
}

void gi_kernel_word_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

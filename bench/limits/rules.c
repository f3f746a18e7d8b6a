/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gatio-rules: figures for the places where drivers/ departs from common advice on io_uring (drivers/README.md). Each line
 * is the advice and what gatio does instead, on bare rings, the median of many rounds.
 *
 * It takes the CPU that it is started on (taskset), needs no second one, and never asserts.
 */
#include <errno.h>
#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/atomic.h"

enum {
	READS = 64,
	ROUNDS = 2001,
	REPEATS = 1000,
};

static const unsigned ring_flags = IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER |
                                   IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN |
                                   IORING_SETUP_TASKRUN_FLAG;

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static int compare(const void *left, const void *right)
{
	const uint64_t *a = left;
	const uint64_t *b = right;
	return (*a > *b) - (*a < *b);
}

static uint64_t median(uint64_t *values, uint32_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

static void must(int err, const char *what)
{
	if (err < 0) {
		fprintf(stderr, "gatio-rules: %s: %s\n", what, strerror(-err));
		exit(1);
	}
}

static void open_ring(struct io_uring *ring, unsigned entries, unsigned flags)
{
	struct io_uring_params params = {.flags = ring_flags | flags};
	must(io_uring_queue_init_params(entries, ring, &params), "io_uring_queue_init_params");
	for (uint32_t i = 0; i < *ring->sq.kring_entries; i++) {
		ring->sq.array[i] = i; /* once, so that publishing is one store */
	}
}

static int enter(struct io_uring *ring, unsigned submit_count, unsigned wait_count)
{
	struct __kernel_timespec second = {.tv_sec = 1};
	struct io_uring_getevents_arg arg = {.ts = (uint64_t)(uintptr_t)&second};
	return io_uring_enter2((unsigned)ring->ring_fd, submit_count, wait_count,
	                       IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, (sigset_t *)&arg,
	                       sizeof(arg));
}

static int submit(struct io_uring *ring, unsigned wait_count)
{
	io_uring_smp_store_release(ring->sq.ktail, ring->sq.sqe_tail);
	return enter(ring, ring->sq.sqe_tail - io_uring_smp_load_acquire(ring->sq.khead),
	             wait_count);
}

static bool has_task_work(const struct io_uring *ring)
{
	return IO_URING_READ_ONCE(*ring->sq.kflags) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW);
}

/* ---- Enter again while there is task work, or hand out what has come first ----------------------------------------- */

static int signals[READS];

static void make_ready(struct io_uring *ring, uint64_t *values)
{
	for (uint32_t i = 0; i < READS; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
		io_uring_prep_read(sqe, signals[i], &values[i], sizeof(values[i]), 0);
	}
	must(submit(ring, 0), "arming the reads");
	for (uint32_t i = 0; i < READS; i++) {
		uint64_t one = 1;
		must((int)write(signals[i], &one, sizeof(one)), "raising an eventfd");
	}
}

static void measure_task_work(void)
{
	static uint64_t first_ns[ROUNDS];
	static uint64_t all_ns[ROUNDS];
	static uint64_t enters[ROUNDS];
	uint64_t values[READS];
	struct io_uring ring;
	open_ring(&ring, READS, 0);
	for (uint32_t i = 0; i < READS; i++) {
		signals[i] = eventfd(0, EFD_CLOEXEC);
		must(signals[i], "eventfd");
	}
	for (uint32_t round = 0; round < ROUNDS; round++) {
		make_ready(&ring, values);
		uint64_t start = now_ns();
		must(enter(&ring, 0, 1), "entering");
		first_ns[round] = now_ns() - start;
		for (enters[round] = 1; has_task_work(&ring); enters[round]++) {
			must(enter(&ring, 0, 0), "entering");
		}
		all_ns[round] = now_ns() - start;
		io_uring_cq_advance(&ring, io_uring_cq_ready(&ring));
	}
	io_uring_queue_exit(&ring);
	printf("%d completions wait: the first after %.1f us by one enter, after %.1f us by a loop "
	       "of %llu\n",
	       READS, (double)median(first_ns, ROUNDS) / 1000,
	       (double)median(all_ns, ROUNDS) / 1000, (unsigned long long)median(enters, ROUNDS));
}

/* ---- A flag with a fence beside the published index, or one exchange of the index ---------------------------------- */

static _Atomic uint64_t published;
static _Atomic uint64_t is_asleep;
static volatile uint64_t steps_taken;

static uint64_t time_of(uint64_t (*step)(uint64_t), uint64_t *times)
{
	uint64_t sum = 0;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint64_t start = now_ns();
		for (uint32_t i = 0; i < REPEATS; i++) {
			sum += step(i);
		}
		times[round] = now_ns() - start;
	}
	steps_taken = sum; /* so that the steps are not optimised away */
	return median(times, ROUNDS);
}

/* As gcc makes a fence: a locked instruction on a line of its own. */
static uint64_t publish_with_fence(uint64_t index)
{
	static _Thread_local _Atomic uint64_t own;
	gi_store_release(&published, index);
	gi_fetch_add_acq_rel(&own, 0);
	return gi_load_relaxed(&is_asleep); /* only its time counts */
}

static uint64_t publish_by_exchange(uint64_t index)
{
	return gi_exchange_acq_rel(&published, index);
}

static void measure_publish(void)
{
	static uint64_t times[ROUNDS];
	double fence = (double)time_of(publish_with_fence, times) / REPEATS;
	double exchange = (double)time_of(publish_by_exchange, times) / REPEATS;
	printf("publishing a batch, the line at hand: %.1f ns with a flag and a fence, %.1f ns by "
	       "exchange\n",
	       fence, exchange);
}

/* ---- A timeout among the operations, or with the wait --------------------------------------------------------------- */

static uint64_t wait_with_argument(struct io_uring *ring)
{
	uint64_t start = now_ns();
	io_uring_prep_nop(io_uring_get_sqe(ring));
	must(submit(ring, 1), "waiting");
	io_uring_cq_advance(ring, io_uring_cq_ready(ring));
	return now_ns() - start;
}

static uint64_t wait_with_operation(struct io_uring *ring)
{
	struct __kernel_timespec second = {.tv_sec = 1};
	uint64_t start = now_ns();
	io_uring_prep_nop(io_uring_get_sqe(ring));
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	io_uring_prep_timeout(sqe, &second, 0, 0);
	sqe->user_data = 1;
	must(submit(ring, 1), "waiting");
	io_uring_prep_timeout_remove(io_uring_get_sqe(ring), 1, 0);
	must(submit(ring, 2), "taking the timeout back");
	io_uring_cq_advance(ring, io_uring_cq_ready(ring));
	return now_ns() - start;
}

static void measure_timeout(void)
{
	static uint64_t argument_ns[ROUNDS];
	static uint64_t operation_ns[ROUNDS];
	struct io_uring ring;
	open_ring(&ring, READS, 0);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		argument_ns[round] = wait_with_argument(&ring);
		operation_ns[round] = wait_with_operation(&ring);
	}
	io_uring_queue_exit(&ring);
	printf("a wait that a completion ends: %.2f us with a timeout among the operations, %.2f "
	       "us "
	       "with EXT_ARG\n",
	       (double)median(operation_ns, ROUNDS) / 1000,
	       (double)median(argument_ns, ROUNDS) / 1000);
}

/* ---- A trial of each operation at start ------------------------------------------------------------------------------ */

static void measure_trial(void)
{
	enum { TRIALS = 101 };
	static uint64_t times[TRIALS];
	for (uint32_t i = 0; i < TRIALS; i++) {
		struct io_uring ring;
		uint64_t start = now_ns();
		open_ring(&ring, 4, IORING_SETUP_R_DISABLED);
		must(io_uring_register((unsigned)ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL,
		                       0),
		     "enabling the ring");
		io_uring_prep_nop(io_uring_get_sqe(&ring));
		must(submit(&ring, 1), "a trial");
		io_uring_queue_exit(&ring);
		times[i] = now_ns() - start;
	}
	printf("a ring of 4 entries opened, tried with one operation and closed: %.0f us\n",
	       (double)median(times, TRIALS) / 1000);
}

int main(void)
{
	measure_task_work();
	measure_publish();
	measure_timeout();
	measure_trial();
	return 0;
}

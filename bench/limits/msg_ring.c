/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MSG_RING: how long it takes two threads to wake each other by an io_uring message and be woken back; and the same
 * when both look all the time instead of sleeping.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "bench/histogram.h"
#include "bench/limits/bare_ring.h"
#include "bench/limits/limits.h"
#include "bench/support.h"

enum {
	RING_ENTRIES = 8,
	TRIPS_BETWEEN_CLOCKS = 32,
	TAG_BALL = 1,
	TAG_OVER = 2,
	TAG_OWN = 3,
};

struct side {
	struct io_uring ring;
	uint32_t cpu;
	bool sleeps;
	int open_err;
	int end_err;
};

struct match {
	struct side sides[2];
	pthread_barrier_t is_open;
	bool is_timed; /* each trip by itself */
	uint64_t last_ns;
	struct bench_histogram latencies;
};

static void prepare_message(struct side *from, const struct side *to, uint64_t tag)
{
	struct io_uring_sqe *sqe = bench_bare_ring_entry(&from->ring);
	io_uring_prep_msg_ring(sqe, to->ring.ring_fd, 0, tag, 0);
	io_uring_sqe_set_data64(sqe, TAG_OWN);
	sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

/* Submit what is prepared and wait for one message. Returns its tag, or a negative errno. */
static int wait_message(struct side *side)
{
	for (;;) {
		struct io_uring_cqe *cqe;
		int err = bench_bare_ring_enter(&side->ring, side->sleeps ? 1 : 0);
		if (err < 0) {
			return err;
		}
		if (io_uring_peek_cqe(&side->ring, &cqe) != 0) {
			continue;
		}
		uint64_t tag = io_uring_cqe_get_data64(cqe);
		int result = cqe->res;
		io_uring_cqe_seen(&side->ring, cqe);
		if (tag != TAG_OWN) {
			return (int)tag;
		}
		if (result < 0) {
			return result; /* the message could not be sent */
		}
	}
}

static void *return_messages(void *argument)
{
	struct match *match = argument;
	struct side *own = &match->sides[1];
	bench_pin(own->cpu);
	own->open_err = bench_bare_ring_open(&own->ring, RING_ENTRIES);
	pthread_barrier_wait(&match->is_open);
	while (own->open_err == 0) {
		int tag = wait_message(own);
		if (tag != TAG_BALL) {
			own->end_err = tag < 0 ? tag : 0;
			break;
		}
		prepare_message(own, &match->sides[0], TAG_BALL);
	}
	return NULL;
}

static void time_trip(struct match *match)
{
	uint64_t now_ns = bench_now_ns();
	bench_histogram_add(&match->latencies, now_ns - match->last_ns);
	match->last_ns = now_ns;
}

/* Send and be answered, some times. */
static int exchange(struct match *match, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		prepare_message(&match->sides[0], &match->sides[1], TAG_BALL);
		int tag = wait_message(&match->sides[0]);
		if (tag < 0) {
			return tag;
		}
		if (match->is_timed) {
			time_trip(match);
		}
	}
	return 0;
}

static int play(struct match *match, uint64_t duration_ns, double *out_ns)
{
	uint64_t trips = 0;
	uint64_t start_ns = bench_now_ns();
	uint64_t now_ns = start_ns;
	match->last_ns = start_ns;
	memset(&match->latencies, 0, sizeof(match->latencies)); /* of the warm-up */
	while (now_ns - start_ns < duration_ns) {
		int err = exchange(match, TRIPS_BETWEEN_CLOCKS);
		if (err) {
			return err;
		}
		trips += TRIPS_BETWEEN_CLOCKS;
		now_ns = bench_now_ns();
	}
	*out_ns = (double)(now_ns - start_ns) / (double)trips;
	return 0;
}

static int run_match(const struct bench_context *context, struct match *match, double *out_ns)
{
	match->sides[0].cpu = context->cpus[0];
	match->sides[1].cpu = context->cpus[1];
	bench_pin(context->cpus[0]);
	pthread_barrier_init(&match->is_open, NULL, 2);
	int err = bench_bare_ring_open(&match->sides[0].ring, RING_ENTRIES);
	if (err) {
		return err;
	}
	pthread_t returner;
	err = -pthread_create(&returner, NULL, return_messages, match);
	if (err) {
		return err;
	}
	pthread_barrier_wait(&match->is_open);
	err = match->sides[1].open_err;
	if (err == 0) {
		err = play(match, context->warmup_ns, out_ns);
	}
	if (err == 0) {
		err = play(match, context->duration_ns, out_ns);
		prepare_message(&match->sides[0], &match->sides[1], TAG_OVER);
		bench_bare_ring_enter(&match->sides[0].ring, 0);
	}
	if (err == 0) { /* else the other thread may sleep on; it goes with this process */
		pthread_join(returner, NULL);
		err = match->sides[1].end_err;
	}
	return err;
}

static int run_asleep(const struct bench_context *context, struct bench_sample *out_sample)
{
	static struct match match = {.sides = {{.sleeps = true}, {.sleeps = true}}};
	double ns = 0;
	int err = run_match(context, &match, &ns);
	if (err) {
		return bench_fail(out_sample, err, "io_uring MSG_RING");
	}
	out_sample->value = ns / 1e3;
	return 0;
}

static int run_asleep_timed(const struct bench_context *context, struct bench_sample *out_sample)
{
	static struct match match = {.sides = {{.sleeps = true}, {.sleeps = true}},
	                             .is_timed = true};
	double ns = 0;
	int err = run_match(context, &match, &ns);
	if (err) {
		return bench_fail(out_sample, err, "io_uring MSG_RING");
	}
	bench_histogram_tell(&match.latencies, 1e3, out_sample);
	return 0;
}

static int run_awake(const struct bench_context *context, struct bench_sample *out_sample)
{
	static struct match match;
	int err = run_match(context, &match, &out_sample->value);
	return err ? bench_fail(out_sample, err, "io_uring MSG_RING") : 0;
}

static const struct bench_measure asleep_timed = {
        .name = "limit_msg_ring_latency", .unit = "us", .run = run_asleep_timed};
const struct bench_measure bench_limit_msg_ring_asleep = {.name = "limit_msg_ring_rtt_asleep",
                                                          .unit = "us",
                                                          .run = run_asleep,
                                                          .latency = &asleep_timed};
const struct bench_measure bench_limit_msg_ring_awake = {
        .name = "limit_msg_ring_rtt_awake", .unit = "ns", .run = run_awake};

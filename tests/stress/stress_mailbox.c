/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stress of mailbox/: threads that send, drain, fill their rings and sleep, delayed at random before each shared step.
 *
 * They sleep without a timeout, so that a lost wake-up is a hang; the main thread sees that nothing moves any more,
 * prints what everyone waits for, and aborts. Each message is checked for its order and its payload.
 *
 *     stress_mailbox [SECONDS [SEED]]
 */
#include "tests/stress/stress_mailbox.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
	HUNG_MS = 20000, /* nothing moved for so long: hung */
};

static const struct scenario scenarios[] = {
        {.name = "one to one",
         .driver_count = 2,
         .slot_count = 8,
         .sends = {[1] = {[0] = true}},
         .burst_max = 12,
         .silent_turns_max = 3},
        {.name = "three to one",
         .driver_count = 4,
         .slot_count = 8,
         .sends = {[1] = {[0] = true}, [2] = {[0] = true}, [3] = {[0] = true}},
         .burst_max = 12,
         .silent_turns_max = 2},
        {.name = "ping-pong",
         .driver_count = 2,
         .slot_count = 4,
         .sends = {[0] = {[1] = true}, [1] = {[0] = true}},
         .is_echo = true,
         .burst_max = 1,
         .silent_turns_max = 4},
        {.name = "echo over full rings",
         .driver_count = 3,
         .slot_count = 2,
         .sends = {[0] = {[1] = true, [2] = true}, [1] = {[0] = true}, [2] = {[0] = true}},
         .is_echo = true,
         .burst_max = 9,
         .silent_turns_max = 1},
        {.name = "full rings, all sleep",
         .driver_count = 3,
         .slot_count = 2,
         .sends = {[0] = {[1] = true, [2] = true},
                   [1] = {[0] = true, [2] = true},
                   [2] = {[0] = true, [1] = true}},
         .burst_max = 50,
         .silent_turns_max = 1},
};

const struct scenario *scenario;
struct driver drivers[DRIVERS_MAX];
struct lane lanes[DRIVERS_MAX][DRIVERS_MAX];
_Atomic bool is_over;

static void dump_lane(const struct lane *lane)
{
	const struct gi_mailbox *mailbox = &lane->mailbox;
	fprintf(stderr,
	        "  to %u: %p filled %" PRIu64 " published %" PRIu64 " state %" PRIu32
	        " head %" PRIu64 " popped %" PRIu64 " owed %" PRIu64 "\n",
	        mailbox->receiver_index, (const void *)mailbox, mailbox->filled, mailbox->published,
	        gi_load_relaxed(&mailbox->state), gi_load_relaxed(&mailbox->head), mailbox->popped,
	        lane->owed);
}

/* relaxed, and private fields of others: nothing moves any more. */
static void dump(void)
{
	for (unsigned d = 0; d < scenario->driver_count; d++) {
		const struct driver *driver = &drivers[d];
		fprintf(stderr,
		        "driver %u: %s%s, bell %p, asked %" PRIu64 " answered %" PRIu64 "\n", d,
		        gi_load_relaxed(&driver->is_asleep) ? "asleep" : "awake",
		        gi_load_relaxed(&driver->is_done) ? ", done" : "",
		        (void *)gi_load_relaxed(&driver->bell.head),
		        gi_load_relaxed(&driver->asked), gi_load_relaxed(&driver->answered));
		for (unsigned r = 0; r < scenario->driver_count; r++) {
			if (scenario->sends[d][r]) {
				dump_lane(&lanes[d][r]);
			}
		}
	}
}

static uint64_t now_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t movement(void)
{
	uint64_t sum = 0;
	for (unsigned d = 0; d < scenario->driver_count; d++) {
		sum += gi_load_relaxed(&drivers[d].moved) + gi_load_relaxed(&drivers[d].answered) +
		       gi_load_relaxed(&drivers[d].is_done);
	}
	return sum;
}

static void watch(void)
{
	static uint64_t moved;
	static uint64_t since_ms;
	uint64_t now = now_ms();
	if (movement() != moved || since_ms == 0) {
		moved = movement();
		since_ms = now;
	}
	if (now - since_ms > HUNG_MS) {
		dump();
		require(false, "nothing moves any more: a wake-up was lost");
	}
}

static void kick(struct driver *driver)
{
	gi_fetch_add_relaxed(&driver->asked, 1);
	if (gi_bell_kick(&driver->bell)) {
		ring(driver);
	}
}

/* The kick's news must be seen without any other help. */
static void kick_and_wait(struct driver *driver)
{
	kick(driver);
	while (gi_load_relaxed(&driver->answered) != gi_load_relaxed(&driver->asked) &&
	       !gi_load_acquire(&driver->is_done)) { /* done */
		sleep_ns(20000);
		watch();
	}
}

static void init_driver(unsigned index, uint64_t seed)
{
	struct driver *driver = &drivers[index];
	*driver = (struct driver){
	        .index = index,
	        .random = (seed + index + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1,
	        .doorbell = eventfd(0, EFD_CLOEXEC),
	};
	require(driver->doorbell >= 0, "eventfd");
	gi_bell_init(&driver->bell);
	gi_inbound_init(&driver->inbound, &driver->bell);
	driver->inbound.silent_turns_max = scenario->silent_turns_max;
}

static void init_lane(unsigned sender, unsigned receiver)
{
	struct lane *lane = &lanes[sender][receiver];
	*lane = (struct lane){0};
	gi_mailbox_init(&lane->mailbox, &(struct gi_mailbox_options){
	                                        .slots = lane->slots,
	                                        .slot_count = scenario->slot_count,
	                                        .sender_index = sender,
	                                        .receiver_index = receiver,
	                                        .bell = &drivers[receiver].bell,
	                                        .sender_bell = &drivers[sender].bell,
	                                });
}

static void start(uint64_t seed)
{
	gi_store_relaxed(&is_over, false);
	for (unsigned d = 0; d < scenario->driver_count; d++) {
		init_driver(d, seed);
		for (unsigned r = 0; r < scenario->driver_count; r++) {
			init_lane(d, r);
		}
	}
	for (unsigned d = 0; d < scenario->driver_count; d++) {
		int err = pthread_create(&drivers[d].thread, NULL, run_driver, &drivers[d]);
		require(err == 0, "pthread_create");
	}
}

/* Kicks with a question, and doorbells out of the blue as I/O makes them. */
static void disturb(uint64_t until_ms)
{
	while (now_ms() < until_ms) {
		struct driver *driver = &drivers[next_random() % scenario->driver_count];
		if (is_chance(3)) {
			write_doorbell(driver);
		} else {
			kick_and_wait(driver);
		}
		sleep_ns((long)(next_random() % 1000000));
		watch();
	}
}

static void finish(void)
{
	gi_store_relaxed(&is_over, true);
	kick(&drivers[0]); /* the others hear of it in messages, or have not slept for long */
	for (unsigned d = 0; d < scenario->driver_count; d++) {
		while (!gi_load_acquire(&drivers[d].is_done)) { /* done */
			sleep_ns(100000);
			watch();
		}
		require(pthread_join(drivers[d].thread, NULL) == 0, "pthread_join");
	}
}

static void report(void)
{
	uint64_t messages = 0;
	uint64_t sleeps = 0;
	uint64_t told = 0;
	uint64_t stalls = 0;
	for (unsigned d = 0; d < scenario->driver_count; d++) {
		for (unsigned r = 0; r < scenario->driver_count; r++) {
			require(lanes[d][r].sent == lanes[d][r].received, "sent is not received");
			messages += lanes[d][r].received;
		}
		require(drivers[d].told <= drivers[d].sleeps,
		        "two were told to ring for one sleep");
		sleeps += drivers[d].sleeps;
		told += drivers[d].told;
		stalls += drivers[d].stalls;
		(void)close(drivers[d].doorbell);
	}
	printf("%-22s %9" PRIu64 " messages, %8" PRIu64 " sleeps, %8" PRIu64 " doorbells, %8" PRIu64
	       " stalls\n",
	       scenario->name, messages, sleeps, told, stalls);
	require(messages > 0, "nothing was sent");
	require(sleeps > 0, "nobody slept");
}

static bool read_number(const char *text, uint64_t *out_number)
{
	char *end = NULL;
	errno = 0;
	*out_number = strtoull(text, &end, 0);
	return errno == 0 && end != text && *end == '\0';
}

int main(int argc, char **argv)
{
	uint64_t seconds = 5;
	uint64_t seed = now_ms() ^ ((uint64_t)getpid() << 32);
	if (argc > 3 || (argc > 1 && !read_number(argv[1], &seconds)) ||
	    (argc > 2 && !read_number(argv[2], &seed))) {
		fprintf(stderr, "usage: stress_mailbox [SECONDS [SEED]]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IONBF, 0);
	printf("stress_mailbox %" PRIu64 " %" PRIu64 "\n", seconds, seed);
	uint64_t random = seed * 2 + 1;
	thread_random = &random;
	for (size_t s = 0; s < GI_COUNT_OF(scenarios); s++) {
		scenario = &scenarios[s];
		start(seed);
		disturb(now_ms() + seconds * 1000 / GI_COUNT_OF(scenarios));
		finish();
		report();
	}
	return report_steps();
}

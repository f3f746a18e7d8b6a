/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stress of mailbox/: threads that send, drain, fill their rings and sleep, delayed at random before each shared step.
 *
 * They sleep without a timeout, so that a lost wake-up is a hang; the main thread sees that nothing moves any more,
 * prints what everyone waits for, and aborts. Each message is checked for its order and its payload.
 *
 *     stress_mailbox [SECONDS [SEED]]
 */
#include "mailbox/bell.h"
#include "mailbox/step.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
	DRIVERS_MAX = 4,
	SLOTS_MAX = 64,
	STALL_MS = 20000, /* nothing moved for so long: hung */
	LAST = 1,         /* message type: the sender sends no more on this lane */
};

/* Who sends to whom, how much, and who answers. */
struct scenario {
	const char *name;
	unsigned driver_count;
	unsigned slot_count;
	bool sends[DRIVERS_MAX][DRIVERS_MAX];
	bool is_echo; /* drivers but the first answer each message; the first sends as many as it gets */
	unsigned burst_max; /* messages that a source sends between two pauses */
	unsigned silent_turns_max;
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

/* From one driver to one other. */
struct lane {
	struct gi_mailbox mailbox;
	struct gi_message slots[SLOTS_MAX];
	/* Sender's own. */
	_Alignas(GI_CACHE_LINE_PAIR) uint64_t owed; /* waits beyond the ring */
	uint64_t sent;
	bool is_closing; /* when nothing is owed any more, LAST is sent */
	bool is_closed;
	/* Receiver's own. */
	_Alignas(GI_CACHE_LINE_PAIR) uint64_t received;
	bool is_ended;
};

struct driver {
	struct gi_bell bell;
	struct gi_inbound inbound;
	unsigned index;
	int doorbell;
	uint64_t random;
	pthread_t thread;
	uint64_t blocks;
	_Atomic uint64_t moved; /* changes while it makes progress */
	_Atomic uint64_t sleeps;
	_Atomic uint64_t told; /* how often somebody had to ring for it */
	_Atomic bool is_done;
	_Atomic bool is_asleep;                              /* for the dump */
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint64_t asked; /* what a kick is about */
	_Atomic uint64_t answered;
};

static const struct scenario *scenario;
static struct driver drivers[DRIVERS_MAX];
static struct lane lanes[DRIVERS_MAX][DRIVERS_MAX]; /* [sender][receiver] */
static _Atomic bool is_over;                        /* sources stop */

static _Thread_local uint64_t *thread_random;

/* ---- Delays ------------------------------------------------------------------------------------------------------ */

static const char *const step_names[] = {"publish", "push",  "kick",       "take",    "sleep",
                                         "wake",    "block", "look_again", "release", "retire"};
static _Atomic uint64_t step_counts[GI_COUNT_OF(step_names)];

static void require(bool condition, const char *what)
{
	if (!condition) {
		fprintf(stderr, "FAILED: %s: %s\n", scenario->name, what);
		abort();
	}
}

/* xorshift64* */
static uint64_t next_random(void)
{
	uint64_t x = *thread_random;
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*thread_random = x;
	return (x * UINT64_C(2685821657736338717)) >> 16;
}

static bool is_chance(unsigned one_in)
{
	return next_random() % one_in == 0;
}

static void sleep_ns(long ns)
{
	struct timespec time = {.tv_nsec = ns};
	(void)nanosleep(&time, NULL);
}

/* Mostly nothing, often a moment, at times another thread, seldom long enough for the others to fall asleep. */
static void delay(void)
{
	if (is_chance(2)) {
		return;
	}
	if (is_chance(300)) {
		sleep_ns((long)(next_random() % 100000));
	} else if (is_chance(12)) {
		(void)sched_yield();
	} else {
		for (uint64_t i = next_random() % 200; i > 0; i--) {
			gi_cpu_relax();
		}
	}
}

void gi_mailbox_step(const char *name)
{
	for (size_t i = 0; i < GI_COUNT_OF(step_names); i++) {
		if (strcmp(step_names[i], name) == 0) {
			gi_fetch_add_relaxed(&step_counts[i], 1);
			delay();
			return;
		}
	}
	require(false, name);
}

/* ---- Drivers ----------------------------------------------------------------------------------------------------- */

static void write_doorbell(struct driver *driver)
{
	uint64_t one = 1;
	require(write(driver->doorbell, &one, sizeof(one)) == (ssize_t)sizeof(one),
	        "doorbell write");
}

static void ring(struct driver *driver)
{
	gi_fetch_add_relaxed(&driver->told, 1);
	delay();
	write_doorbell(driver);
}

static void fill(struct gi_message *slot, const struct driver *driver, const struct lane *lane)
{
	slot->from = driver->index;
	slot->token = (uint32_t)lane->sent;
	slot->type = lane->owed ? 0 : LAST;
	memset(slot->payload, (int)((lane->sent * 7 + driver->index) & 0xff),
	       sizeof(slot->payload));
}

static void check(const struct gi_message *message, const struct lane *lane, unsigned sender)
{
	unsigned char pattern = (unsigned char)((lane->received * 7 + sender) & 0xff);
	require(message->from == sender, "message on the wrong lane");
	require(message->token == (uint32_t)lane->received, "message lost, twice or out of order");
	for (size_t i = 0; i < sizeof(message->payload); i++) {
		require(message->payload[i] == pattern, "payload overwritten");
	}
}

static bool has_more(const struct lane *lane)
{
	return lane->owed || (lane->is_closing && !lane->is_closed);
}

static void take_message(struct driver *driver, struct lane *lane, const struct gi_message *message)
{
	unsigned sender = lane->mailbox.sender_index;
	check(message, lane, sender);
	lane->received++;
	struct lane *back = &lanes[driver->index][sender];
	if (message->type == LAST) {
		lane->is_ended = true;
		if (scenario->is_echo && driver->index != 0) {
			back->is_closing = true;
		}
	} else if (scenario->is_echo && (driver->index != 0 || !back->is_closing)) {
		back->owed++;
	}
}

static bool drain(struct driver *driver, struct gi_mailbox *mailbox)
{
	struct lane *lane = gi_container_of(mailbox, struct lane, mailbox);
	uint64_t budget = 1 + next_random() % 8;
	bool has_popped = false;
	for (; budget > 0; budget--) {
		delay();
		struct gi_message *message = gi_mailbox_peek(mailbox);
		if (!message) {
			break;
		}
		take_message(driver, lane, message);
		gi_mailbox_pop(mailbox);
		has_popped = true;
	}
	if (gi_mailbox_release(mailbox)) {
		ring(&drivers[mailbox->sender_index]);
	}
	return has_popped;
}

static bool drain_all(struct driver *driver)
{
	bool has_popped = false;
	gi_inbound_collect(&driver->inbound);
	for (struct gi_mailbox *mailbox = driver->inbound.active; mailbox;
	     mailbox = mailbox->next_active) {
		has_popped |= drain(driver, mailbox);
	}
	gi_inbound_retire(&driver->inbound);
	return has_popped;
}

/* Sources that are no echo make a new burst now and then. The first driver of an echo only starts it. */
static void produce(struct driver *driver, struct lane *lane)
{
	if (gi_load_relaxed(&is_over)) {
		if (!scenario->is_echo || driver->index == 0) {
			lane->is_closing = true;
		}
		return;
	}
	bool is_source = !scenario->is_echo || (driver->index == 0 && lane->sent == 0);
	if (is_source && !lane->owed) {
		lane->owed = 1 + next_random() % scenario->burst_max;
	}
}

static bool send_lane(struct driver *driver, struct lane *lane)
{
	produce(driver, lane);
	while (has_more(lane)) {
		delay();
		struct gi_message *slot = gi_mailbox_slot(&lane->mailbox);
		if (!slot) {
			break;
		}
		fill(slot, driver, lane);
		gi_mailbox_fill(&lane->mailbox);
		lane->sent++;
		if (lane->owed) {
			lane->owed--;
		} else {
			lane->is_closed = true;
		}
		if (is_chance(8)) {
			break; /* publish what there is */
		}
	}
	bool has_sent = gi_mailbox_has_unpublished(&lane->mailbox);
	if (gi_mailbox_publish(&lane->mailbox)) {
		ring(&drivers[lane->mailbox.receiver_index]);
	}
	return has_sent;
}

static bool send_all(struct driver *driver)
{
	bool has_sent = false;
	for (unsigned r = 0; r < scenario->driver_count; r++) {
		if (scenario->sends[driver->index][r]) {
			has_sent |= send_lane(driver, &lanes[driver->index][r]);
		}
	}
	return has_sent;
}

/* Ask for room in each full lane. False: there is some, so there is something to do. */
static bool block_all(struct driver *driver)
{
	for (unsigned r = 0; r < scenario->driver_count; r++) {
		struct lane *lane = &lanes[driver->index][r];
		if (scenario->sends[driver->index][r] && has_more(lane)) {
			if (!gi_mailbox_block(&lane->mailbox)) {
				return false;
			}
			driver->blocks++;
		}
	}
	return true;
}

/* A source with nothing owed makes more by itself: it has no reason to sleep until the end. */
static bool may_sleep(const struct driver *driver)
{
	if (scenario->is_echo) {
		/* The end of the run is told by a kick. */
		return driver->index != 0 || !gi_load_relaxed(&is_over) || lanes[0][1].is_closing;
	}
	for (unsigned r = 0; r < scenario->driver_count; r++) {
		const struct lane *lane = &lanes[driver->index][r];
		if (scenario->sends[driver->index][r] && !has_more(lane) && !lane->is_closed) {
			return false;
		}
	}
	return true;
}

static bool announce_sleep(struct driver *driver)
{
	if (is_chance(2)) {
		return block_all(driver) && gi_inbound_sleep(&driver->inbound);
	}
	if (!gi_inbound_sleep(&driver->inbound)) {
		return false;
	}
	gi_fetch_add_relaxed(&driver->sleeps, 1);
	if (block_all(driver)) {
		gi_fetch_sub_acq_rel(&driver->sleeps, 1); /* sleep_until_rung() counts it */
		return true;
	}
	gi_inbound_wake(&driver->inbound);
	return false;
}

static void sleep_until_rung(struct driver *driver)
{
	uint64_t rung = 0;
	gi_fetch_add_relaxed(&driver->sleeps, 1);
	gi_store_relaxed(&driver->is_asleep, true);
	ssize_t size = read(driver->doorbell, &rung, sizeof(rung)); /* without a timeout */
	require(size == (ssize_t)sizeof(rung), "doorbell read");
	gi_store_relaxed(&driver->is_asleep, false);
	gi_inbound_wake(&driver->inbound);
}

static bool is_finished(const struct driver *driver)
{
	for (unsigned other = 0; other < scenario->driver_count; other++) {
		if (scenario->sends[driver->index][other] &&
		    !lanes[driver->index][other].is_closed) {
			return false;
		}
		if (scenario->sends[other][driver->index] &&
		    !lanes[other][driver->index].is_ended) {
			return false;
		}
	}
	return true;
}

static void *run_driver(void *context)
{
	struct driver *driver = context;
	thread_random = &driver->random;
	while (!is_finished(driver)) {
		bool has_worked = drain_all(driver);
		has_worked |= send_all(driver);
		/* relaxed: the kick orders it, which is what is tested. */
		gi_store_relaxed(&driver->answered, gi_load_relaxed(&driver->asked));
		if (has_worked) {
			gi_count(&driver->moved, 1);
		} else if (may_sleep(driver) && announce_sleep(driver)) {
			sleep_until_rung(driver);
		}
	}
	gi_store_release(&driver->is_done, true); /* done */
	return NULL;
}

/* ---- The main thread --------------------------------------------------------------------------------------------- */

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
			const struct gi_mailbox *mailbox = &lanes[d][r].mailbox;
			if (scenario->sends[d][r]) {
				fprintf(stderr,
				        "  to %u: %p filled %" PRIu64 " tail %" PRIx64
				        " head %" PRIu64 " word seen %" PRIx64 " owed %" PRIu64
				        "\n",
				        r, (const void *)mailbox, mailbox->filled,
				        gi_load_relaxed(&mailbox->tail),
				        gi_load_relaxed(&mailbox->head), mailbox->word_seen,
				        lanes[d][r].owed);
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
	if (now - since_ms > STALL_MS) {
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

static void start(uint64_t seed)
{
	gi_store_relaxed(&is_over, false);
	memset(drivers, 0, sizeof(drivers));
	memset(lanes, 0, sizeof(lanes));
	for (unsigned d = 0; d < scenario->driver_count; d++) {
		struct driver *driver = &drivers[d];
		driver->index = d;
		driver->random = (seed + d + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
		driver->doorbell = eventfd(0, EFD_CLOEXEC);
		require(driver->doorbell >= 0, "eventfd");
		gi_bell_init(&driver->bell);
		gi_inbound_init(&driver->inbound, &driver->bell);
		driver->inbound.silent_turns_max = scenario->silent_turns_max;
	}
	for (unsigned s = 0; s < scenario->driver_count; s++) {
		for (unsigned r = 0; r < scenario->driver_count; r++) {
			gi_mailbox_init(
			        &lanes[s][r].mailbox,
			        &(struct gi_mailbox_options){.slots = lanes[s][r].slots,
			                                     .slot_count = scenario->slot_count,
			                                     .sender_index = s,
			                                     .receiver_index = r,
			                                     .bell = &drivers[r].bell,
			                                     .sender_bell = &drivers[s].bell});
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
	uint64_t blocks = 0;
	for (unsigned d = 0; d < scenario->driver_count; d++) {
		for (unsigned r = 0; r < scenario->driver_count; r++) {
			require(lanes[d][r].sent == lanes[d][r].received, "sent is not received");
			messages += lanes[d][r].received;
		}
		require(drivers[d].told <= drivers[d].sleeps,
		        "two were told to ring for one sleep");
		sleeps += drivers[d].sleeps;
		told += drivers[d].told;
		blocks += drivers[d].blocks;
		(void)close(drivers[d].doorbell);
	}
	printf("%-22s %9" PRIu64 " messages, %8" PRIu64 " sleeps, %8" PRIu64 " doorbells, %8" PRIu64
	       " blocks\n",
	       scenario->name, messages, sleeps, told, blocks);
	require(messages > 0, "nothing was sent");
	require(sleeps > 0, "nobody slept");
}

/* A step that no run has come by was not tested. */
static int report_steps(void)
{
	int status = EXIT_SUCCESS;
	printf("steps:");
	for (size_t i = 0; i < GI_COUNT_OF(step_names); i++) {
		uint64_t count = gi_load_relaxed(&step_counts[i]);
		printf(" %s %" PRIu64, step_names[i], count);
		if (count == 0) {
			status = EXIT_FAILURE;
		}
	}
	printf("\n");
	return status;
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

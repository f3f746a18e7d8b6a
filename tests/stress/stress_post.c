/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stress: threads post to a ring of epoll that sleeps again and again; nothing is lost, doubled, or out of a thread's own
 * order, and no wake-up is missing: the receiver waits without a time limit.
 */
#include "drivers/epoll/post.h"

#include "tests/support/suite.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { SENDERS = 3, EACH = 60000 };

static struct gi_post post;
static int bell;
static _Atomic uint64_t refused_count;

static void *sender_main(void *argument)
{
	uint64_t sender = (uint64_t)(uintptr_t)argument;
	for (int32_t i = 0; i < EACH;) {
		int put = gi_post_put(&post, sender, i);
		if (put == -EOVERFLOW) {
			(void)gi_fetch_add_relaxed(&refused_count, 1);
			sched_yield();
			continue;
		}
		if (put == 1) {
			uint64_t one = 1;
			CU_ASSERT_EQUAL(write(bell, &one, sizeof(one)), sizeof(one));
		}
		i++;
	}
	return NULL;
}

static void wait_for_bell(void)
{
	struct pollfd fd = {.fd = bell, .events = POLLIN};
	uint64_t value;
	CU_ASSERT_EQUAL_FATAL(poll(&fd, 1, 60000), 1); /* a lost wake-up ends here */
	CU_ASSERT_EQUAL(read(bell, &value, sizeof(value)), sizeof(value));
	gi_post_heard(&post);
}

static void many_senders_wake_one(void)
{
	pthread_t threads[SENDERS];
	int32_t next[SENDERS] = {0};
	uint64_t got = 0;
	bell = eventfd(0, EFD_CLOEXEC);
	gi_post_init(&post);
	for (uintptr_t i = 0; i < SENDERS; i++) {
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, sender_main, (void *)i), 0);
	}
	while (got < (uint64_t)SENDERS * EACH) {
		wait_for_bell();
		const struct gi_post_slot *slot;
		while ((slot = gi_post_next(&post))) {
			CU_ASSERT_FATAL(slot->user_data < SENDERS);
			CU_ASSERT_EQUAL_FATAL(slot->result, next[slot->user_data]);
			next[slot->user_data]++;
			gi_post_drop(&post);
			got++;
		}
	}
	for (uint32_t i = 0; i < SENDERS; i++) {
		pthread_join(threads[i], NULL);
		CU_ASSERT_EQUAL(next[i], EACH);
	}
	CU_ASSERT_PTR_NULL(gi_post_next(&post));
	close(bell);
}

static void full_post_refuses_and_goes_on(void)
{
	gi_post_init(&post);
	for (uint32_t round = 0; round < 3; round++) {
		for (int32_t i = 0; i < (int32_t)GI_POST_SLOTS; i++) {
			CU_ASSERT_EQUAL(gi_post_put(&post, round, i), round == 0 && i == 0);
		}
		CU_ASSERT_EQUAL(gi_post_put(&post, round, 0), -EOVERFLOW);
		for (int32_t i = 0; i < (int32_t)GI_POST_SLOTS; i++) {
			const struct gi_post_slot *slot = gi_post_next(&post);
			CU_ASSERT_PTR_NOT_NULL_FATAL(slot);
			CU_ASSERT_EQUAL(slot->user_data, round);
			CU_ASSERT_EQUAL(slot->result, i);
			gi_post_drop(&post);
		}
		CU_ASSERT_PTR_NULL(gi_post_next(&post));
	}
}

static CU_TestInfo tests[] = {
        {"full post refuses and goes on", full_post_refuses_and_goes_on},
        {"many senders wake one", many_senders_wake_one},
        CU_TEST_INFO_NULL,
};

static const struct suite post_suite = {"post", tests};

const struct suite *const suites[] = {&post_suite, NULL};

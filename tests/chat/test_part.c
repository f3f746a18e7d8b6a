/* SPDX-License-Identifier: Apache-2.0 */
/* samples/chat/index.c and outbox.c, in an actor of the test's own. */
#include <errno.h>
#include <string.h>

#include "samples/chat/index.h"
#include "samples/chat/message.h"
#include "samples/chat/outbox.h"
#include "tests/support/fake_gatio.h"
#include "tests/support/suite.h"

/* Runs a test inside of an actor, which memory and sending need. */
struct host {
	void (*run)(void);
	struct chat_outbox *outbox;
	unsigned received;
};

static void on_check(struct host *self, const struct chat_check *check)
{
	(void)check;
	self->received++;
	if (self->run) {
		self->run();
	}
}

static void on_retry(struct host *self, const struct chat_retry *retry)
{
	(void)retry;
	chat_outbox_retry(self->outbox);
}

GATIO_BEHAVIOR(host, on(chat_check, on_check), on(chat_retry, on_retry));

static struct chat_outbox outbox;
static struct gatio_address receiver;

static void run_inside(uint32_t refuse_permille, void (*run)(void))
{
	fake_start(5, 2, refuse_permille);
	memset(&outbox, 0, sizeof(outbox));
	struct host other = {.run = NULL};
	struct host host = {.run = run, .outbox = &outbox};
	receiver = fake_spawn(1, &gatio_behavior_host, &other);
	outbox.to = receiver;
	struct gatio_address first = fake_spawn(0, &gatio_behavior_host, &host);
	fake_tell(first, &gatio_message_chat_check);
	fake_run();
}

static void index_inside(void)
{
	struct chat_index index = {.slots = NULL};
	uint32_t cursor = 0;
	uint32_t position = 0;
	CU_ASSERT_FALSE(chat_index_next(&index, 0, &cursor, &position));
	for (uint32_t i = 0; i < 1000; i++) { /* ten hashes, so that runs are long */
		CU_ASSERT_EQUAL(chat_index_put(&index, i % 10, i), 0);
	}
	for (uint32_t i = 0; i < 1000; i += 2) {
		chat_index_remove(&index, i % 10, i);
	}
	chat_index_move(&index, 1, 1, 5000);
	for (uint32_t hash = 0; hash < 10; hash++) {
		uint32_t count = 0;
		bool has_moved = false;
		for (cursor = 0; chat_index_next(&index, hash, &cursor, &position); count++) {
			has_moved |= position == 5000;
		}
		CU_ASSERT_EQUAL(count, hash % 2 ? 100 : 0);
		CU_ASSERT_EQUAL(has_moved, hash == 1);
	}
	CU_ASSERT_EQUAL(index.count, 500);
	fake_limit_memory(0);
	int err = 0;
	for (uint32_t i = 0; i < 5000 && err == 0; i++) {
		err = chat_index_put(&index, i, i);
	}
	CU_ASSERT_EQUAL(err, -ENOMEM);
	fake_limit_memory(SIZE_MAX);
}

static void index_finds_what_was_put(void)
{
	run_inside(0, index_inside);
	CU_ASSERT_EQUAL(fake_stop(), 0);
}

static void post_inside(void)
{
	for (int i = 0; i < 100; i++) {
		CU_ASSERT_EQUAL(chat_outbox_post(&outbox, gatio_message_new(chat_check, 0)), 0);
	}
}

static void refused_messages_arrive_later(void)
{
	run_inside(700, post_inside);
	CU_ASSERT_TRUE(outbox.count > 0);
	fake_advance(GATIO_SECONDS(10));
	CU_ASSERT_EQUAL(((struct host *)fake_state(receiver))->received, 100);
	CU_ASSERT_EQUAL(outbox.count, 0);
	CU_ASSERT_EQUAL(outbox.lost, 0);
	CU_ASSERT_EQUAL(fake_stop(), 0);
}

static void overflow_inside(void)
{
	for (int i = 0; i < CHAT_OUTBOX_MAX; i++) {
		CU_ASSERT_EQUAL(chat_outbox_post(&outbox, gatio_message_new(chat_check, 0)), 0);
	}
	CU_ASSERT_EQUAL(chat_outbox_post(&outbox, gatio_message_new(chat_check, 0)), -ENOBUFS);
	CU_ASSERT_EQUAL(chat_outbox_post(&outbox, NULL), -ENOMEM);
	CU_ASSERT_EQUAL(outbox.lost, 2);
	chat_outbox_clear(&outbox);
	CU_ASSERT_EQUAL(outbox.count, 0);
}

static void full_outbox_says_so(void)
{
	run_inside(1000, overflow_inside);
	CU_ASSERT_EQUAL(fake_stop(), 0);
}

static void nobody_inside(void)
{
	outbox.to = GATIO_NOBODY;
	CU_ASSERT_EQUAL(chat_outbox_post(&outbox, gatio_message_new(chat_check, 0)), -ESRCH);
	CU_ASSERT_EQUAL(outbox.count, 0);
}

static void post_to_nobody_fails(void)
{
	run_inside(0, nobody_inside);
	CU_ASSERT_EQUAL(fake_stop(), 0);
}

static const CU_TestInfo tests[] = {
        {"index finds what was put", index_finds_what_was_put},
        {"refused messages arrive later", refused_messages_arrive_later},
        {"full outbox says so", full_outbox_says_so},
        {"post to nobody fails", post_to_nobody_fails},
        CU_TEST_INFO_NULL,
};

const struct suite part_suite = {"part", tests};

/* SPDX-License-Identifier: Apache-2.0 */
/* samples/chat/: a long message of the day is shown page by page, a few sessions at a time. */
#include <stdio.h>
#include <string.h>

#include "samples/chat/session.h"
#include "tests/chat/people.h"
#include "tests/support/suite.h"

enum { CROWD = 24, LINES = 800 };

static struct gatio_address crowd[CROWD];
static char motd[CHAT_MOTD_MAX + 1];

/* Numbered lines, 80 bytes each. */
static void begin(uint32_t driver_count)
{
	char nick[20];
	size_t size = 0;
	people_begin(1, driver_count, 2);
	for (int i = 0; i < LINES; i++) {
		size += (size_t)snprintf(motd + size, sizeof(motd) - size, "%03d%076d\n", i, 0);
	}
	for (int i = 0; i < CROWD; i++) {
		snprintf(nick, sizeof(nick), "p%d", i);
		crowd[i] = world_person(nick);
	}
	world_server.motd = motd;
}

static bool sees_all_lines(struct gatio_address client)
{
	char line[20];
	const char *at = strstr(fake_output(client), " 375 ");
	for (int i = 0; i < LINES && at; i++) {
		snprintf(line, sizeof(line), " :- %03d0", i);
		at = strstr(at, line);
	}
	return at && strstr(at, " 376 ") != NULL;
}

static unsigned count_with_message(void)
{
	unsigned count = 0;
	for (int i = 0; i < CROWD; i++) {
		count += fake_has_message(crowd[i]);
	}
	return count;
}

static void crowd_is_shown_it_a_few_at_a_time(void)
{
	size_t before[CROWD] = {0};
	unsigned most = 0;
	begin(1);
	for (int i = 0; i < CROWD; i++) {
		world_type_only(crowd[i], "MOTD\nPING end");
	}
	while (fake_has_messages()) {
		unsigned waiting = count_with_message();
		fake_step();
		unsigned granted = count_with_message();
		granted = granted > waiting ? granted - waiting : 0;
		most = granted > most ? granted : most;
		for (int i = 0; i < CROWD; i++) {
			size_t size = strlen(fake_output(crowd[i]));
			CU_ASSERT_TRUE(size - before[i] <= CHAT_PAGE_SIZE + 2 * CHAT_LINE_MAX);
			before[i] = size;
		}
	}
	CU_ASSERT_TRUE(most > 1 && most <= 16);
	for (int i = 0; i < CROWD; i++) {
		CU_ASSERT_TRUE(sees_all_lines(crowd[i]));
		CU_ASSERT_EQUAL(world_count(crowd[i], " 376 "), 1);
		CU_ASSERT_TRUE(people_see_in_order(crowd[i], " 376 \n PONG chat.test :end"));
	}
	world_stop();
}

/* No more of it waits for a client than a quarter of what may, and a page; and none is ended for it. */
static void page_waits_for_a_peer_that_does_not_read(void)
{
	begin(2);
	world_server.sendq_size = 16 << 10;
	fake_stop_reading(ann, world_server.sendq_size);
	world_clear(ann);
	world_type(ann, "MOTD");
	CU_ASSERT_FALSE(fake_is_ended(ann));
	CU_ASSERT_TRUE(strlen(fake_output(ann)) > world_server.sendq_size / 4);
	CU_ASSERT_TRUE(strlen(fake_output(ann)) <=
	               world_server.sendq_size / 4 + CHAT_PAGE_SIZE + CHAT_LINE_MAX);
	fake_stop_reading(ann, SIZE_MAX);
	fake_tell(ann, &gatio_message_gatio_writable);
	fake_run();
	CU_ASSERT_TRUE(sees_all_lines(ann));
	CU_ASSERT_FALSE(fake_is_ended(ann));
	world_stop();
}

/* What it was to be shown ends with a client, and the next is shown all. */
static void gone_client_is_passed_over(void)
{
	begin(1);
	for (int i = 0; i < CROWD; i++) {
		world_type_only(crowd[i], "MOTD");
	}
	while (!world_count(crowd[CROWD - 1], " 375 ")) {
		fake_step();
	}
	for (int i = 0; i < CROWD; i += 2) {
		fake_close(crowd[i]);
	}
	fake_run();
	for (int i = 1; i < CROWD; i += 2) {
		CU_ASSERT_TRUE(sees_all_lines(crowd[i]));
	}
	world_stop();
}

/* A courier that has no memory for its beat leaves nobody waiting, whenever that is. */
static void short_memory_leaves_nobody_waiting(void)
{
	for (unsigned after = 0; after < 200; after += 10) {
		begin(1);
		for (int i = 0; i < CROWD; i++) {
			world_type_only(crowd[i], "MOTD");
		}
		for (unsigned i = 0; i < after; i++) {
			fake_step();
		}
		fake_limit_memory(0);
		fake_run();
		fake_limit_memory(SIZE_MAX);
		for (int i = 0; i < CROWD; i++) {
			CU_ASSERT_TRUE(sees_all_lines(crowd[i]));
		}
		world_stop();
	}
}

static const CU_TestInfo tests[] = {
        {"crowd is shown it a few at a time", crowd_is_shown_it_a_few_at_a_time},
        {"page waits for a peer that does not read", page_waits_for_a_peer_that_does_not_read},
        {"gone client is passed over", gone_client_is_passed_over},
        {"short memory leaves nobody waiting", short_memory_leaves_nobody_waiting},
        CU_TEST_INFO_NULL,
};

const struct suite motd_suite = {"motd", tests};

/* SPDX-License-Identifier: Apache-2.0 */
/* World: a whole chat server on the fake runtime, and clients that type and look. */
#include "tests/chat/world.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "samples/chat/courier.h"
#include "samples/chat/hub.h"
#include "samples/chat/session.h"

enum { DRIVERS_MAX = 8 };

struct chat_server world_server;
static struct gatio_address couriers[DRIVERS_MAX];
static uint32_t next_driver;

void world_start(uint64_t seed, uint32_t driver_count, uint32_t refuse_permille)
{
	fake_start(seed, driver_count, refuse_permille);
	world_server = (struct chat_server){
	        .name = "chat.test",
	        .network = "Test",
	        .created = "today",
	        .seed = {{seed, 2}},
	        .room_count_max = 20,
	        .member_count_max = 1000,
	        .sendq_size = 1 << 18,
	        .ping_ns = GATIO_SECONDS(120),
	        .registration_ns = GATIO_SECONDS(30),
	        .answer_ns = GATIO_SECONDS(5),
	        .under_way_max = 1024,
	        .driver_count = driver_count,
	        .couriers = couriers,
	};
	for (uint32_t i = 0; i < driver_count; i++) {
		struct chat_courier courier = {.server = &world_server};
		couriers[i] = fake_spawn(i, &gatio_behavior_chat_courier, &courier);
	}
	struct chat_hub hub = {.server = &world_server};
	world_server.hub = fake_spawn(0, &gatio_behavior_chat_hub, &hub);
	next_driver = 0;
}

void world_stop(void)
{
	CU_ASSERT_EQUAL(fake_stop(), 0);
}

struct chat_hub *world_hub(void)
{
	return fake_state(world_server.hub);
}

struct gatio_address world_connect(void)
{
	struct chat_session session = {.server = &world_server};
	return fake_connect(next_driver++ % world_server.driver_count, &gatio_behavior_chat_session,
	                    &session);
}

/* Run, and let what was refused be tried again. */
static void settle(void)
{
	fake_run();
	fake_advance(GATIO_MS(50));
}

struct gatio_address world_person(const char *nick)
{
	char text[200];
	struct gatio_address client = world_connect();
	snprintf(text, sizeof(text), "NICK %s\nUSER %s 0 * :Some %s", nick, nick, nick);
	world_type(client, text);
	snprintf(text, sizeof(text), ":chat.test 001 %s :Welcome", nick);
	CU_ASSERT_TRUE(world_sees(client, text));
	world_clear(client);
	return client;
}

void world_type_only(struct gatio_address client, const char *lines)
{
	char line[20000];
	while (*lines) {
		size_t size = strcspn(lines, "\n");
		snprintf(line, sizeof(line), "%.*s\r\n", (int)size, lines);
		fake_input(client, line);
		lines += size + (lines[size] == '\n');
	}
}

void world_type(struct gatio_address client, const char *lines)
{
	world_type_only(client, lines);
	settle();
}

bool world_sees(struct gatio_address client, const char *text)
{
	bool sees = strstr(fake_output(client), text) != NULL;
	if (!sees) {
		printf("\n  not seen: '%s' in\n%s", text, fake_output(client));
	}
	return sees;
}

unsigned world_count(struct gatio_address client, const char *text)
{
	unsigned count = 0;
	for (const char *at = strstr(fake_output(client), text); at; at = strstr(at + 1, text)) {
		count++;
	}
	return count;
}

void world_clear(struct gatio_address client)
{
	fake_output_clear(client);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Receiving: pauses, and messages in pieces. What several connections do with few buffers: test_buffers.c. */
#include "tests/net/pair.h"
#include "tests/support/suite.h"

#include <errno.h>

static const struct gi_tuning four_buffers = {.buffer_count = 4, .buffer_size = 64};

static void open_with(const struct gi_tuning *tuning, const struct gatio_port_options *options)
{
	world_open(&world, &(struct world_options){.tuning = *tuning});
	script.peer_ended = script_exit;
	client_open(&client, world_listen(&world, options));
	WORLD_UNTIL(&world, seen.connected == 1);
}

static uint32_t unread_size(void)
{
	const struct gi_unread *unread = world_connection(&world, 0)->unread;
	return unread ? unread->size : 0;
}

/* ---- Pauses ------------------------------------------------------------------------------------------------------------ */

static void pause_holds_the_peer_not_the_memory(void)
{
	open_with(&(struct gi_tuning){0},
	          &(struct gatio_port_options){.receive_buffer_size = 4096});
	script.poked = script_pause_or_resume;
	pair_poke(1);
	world_settle(&world);
	CU_ASSERT(world_counters(&world).pauses == 1);
	struct gi_heap *heap = world.system->group.drivers[0]->heap;
	uint64_t used_before = gi_heap_used(heap);
	size_t sent = 0;
	for (int i = 0; i < 200; i++) {
		sent += client_send_pattern(&client, sent, 65536);
		world_turns(&world, 20);
	}
	/* Both sockets are full; nothing of it is here. */
	CU_ASSERT(client_send_pattern(&client, sent, 1) == 0);
	CU_ASSERT(gi_heap_used(heap) == used_before);
	CU_ASSERT(world_buffers_held(&world) == 0);
	CU_ASSERT(seen.received == 0);
	pair_poke(0);
	WORLD_UNTIL(&world, seen.size == sent);
	CU_ASSERT(client_is_pattern(seen.bytes, seen.size));
	pair_close();
}

static void pause_and_resume_lose_nothing(void)
{
	open_with(&four_buffers, &(struct gatio_port_options){0});
	script.poked = script_pause_or_resume;
	size_t sent = 0;
	for (int i = 0; i < 400; i++) {
		sent += client_send_pattern(&client, sent, 300);
		pair_poke(i % 3 != 0);
		world_turns(&world, (uint32_t)i % 4);
	}
	pair_poke(0);
	WORLD_UNTIL(&world, seen.size == sent);
	CU_ASSERT(client_is_pattern(seen.bytes, seen.size));
	CU_ASSERT(world_counters(&world).pauses > 50);
	pair_close();
}

static void pause_then_resume_at_once(int number)
{
	for (int i = 0; i < number; i++) {
		gatio_pause();
		gatio_resume();
	}
}

static void resume_overtakes_the_cancel(void)
{
	open_with(&(struct gi_tuning){0}, &(struct gatio_port_options){0});
	script.poked = pause_then_resume_at_once;
	for (int i = 0; i < 20; i++) {
		pair_poke(3);
		CU_ASSERT(client_send_pattern(&client, (size_t)i * 1000, 1000) == 1000);
		world_turn(&world);
	}
	WORLD_UNTIL(&world, seen.size == 20000);
	CU_ASSERT(client_is_pattern(seen.bytes, seen.size));
	pair_close();
}

static void keep_and_pause(const struct gatio_received *received)
{
	script_keep(received->data, received->size);
	gatio_pause();
}

static void paused_in_the_handler_it_waits(void)
{
	open_with(&four_buffers, &(struct gatio_port_options){0});
	script.received = keep_and_pause;
	script.poked = script_pause_or_resume;
	CU_ASSERT(client_send_pattern(&client, 0, 2000) == 2000);
	WORLD_UNTIL(&world, seen.received == 1);
	world_settle(&world);
	CU_ASSERT(seen.received == 1);
	CU_ASSERT(world_buffers_held(&world) == 0); /* others need them */
	uint32_t before = 0;
	while (seen.size < 2000 && before != seen.received) {
		before = seen.received;
		pair_poke(0);
		WORLD_UNTIL(&world, seen.received > before);
	}
	CU_ASSERT(seen.size == 2000);
	CU_ASSERT(client_is_pattern(seen.bytes, seen.size));
	pair_close();
}

static void pause_resume_and_keep(const struct gatio_received *received)
{
	gatio_pause();
	gatio_resume();
	gatio_unread(received->size);
}

/* The handler has seen all there is: it is not told the same bytes again and again. */
static void resumed_in_the_handler_is_not_told_again(void)
{
	open_with(&four_buffers, &(struct gatio_port_options){0});
	script.received = pause_resume_and_keep;
	for (uint32_t i = 0; i < 3; i++) {
		CU_ASSERT(client_send_pattern(&client, i * 10, 10) == 10);
		WORLD_UNTIL(&world, seen.received >= i + 1);
		world_turns(&world, 50);
		CU_ASSERT(seen.received == i + 1);
	}
	pair_close();
}

static void end_is_not_told_before_the_bytes(void)
{
	open_with(&four_buffers, &(struct gatio_port_options){0});
	script.received = keep_and_pause;
	script.poked = script_pause_or_resume;
	CU_ASSERT(client_send_pattern(&client, 0, 200) == 200);
	client_end(&client);
	WORLD_UNTIL(&world, seen.received == 1);
	world_settle(&world);
	CU_ASSERT(seen.peer_ended == 0);
	while (seen.size < 200) {
		uint32_t before = seen.received;
		pair_poke(0);
		WORLD_UNTIL(&world, seen.received > before);
	}
	pair_poke(0);
	WORLD_UNTIL(&world, seen.peer_ended == 1);
	CU_ASSERT(client_is_pattern(seen.bytes, 200));
	pair_close();
}

/* ---- Messages in pieces ---------------------------------------------------------------------------------------------- */

#define WANTED 10000u

static uint32_t looks;

static void take_whole_ones(const struct gatio_received *received)
{
	looks++;
	size_t whole = received->size / WANTED * WANTED;
	script_keep(received->data, whole);
	gatio_unread(received->size - whole);
}

static void large_messages_come_in_one_piece(void)
{
	open_with(&four_buffers, &(struct gatio_port_options){0});
	script.received = take_whole_ones;
	looks = 0;
	size_t sent = 0;
	while (sent < 10 * WANTED) {
		sent += client_send_pattern(&client, sent, 777);
		world_turn(&world);
	}
	WORLD_UNTIL(&world, seen.size >= 10 * WANTED);
	CU_ASSERT(client_is_pattern(seen.bytes, 10 * WANTED));
	CU_ASSERT(looks > 10);
	pair_close();
}

static void take_one_byte(const struct gatio_received *received)
{
	script_keep(received->data, 1);
	gatio_unread(received->size - 1);
}

static void unread_bytes_come_first_again(void)
{
	open_with(&(struct gi_tuning){0}, &(struct gatio_port_options){0});
	script.received = take_one_byte;
	for (size_t i = 0; i < 50; i++) {
		unsigned char byte = client_pattern(i);
		CU_ASSERT(client_send(&client, &byte, 1) == 1);
		WORLD_UNTIL(&world, seen.received == i + 1);
	}
	CU_ASSERT(seen.size == 50);
	CU_ASSERT(client_is_pattern(seen.bytes, 50));
	/* Three at once: one is taken, two are kept and come with the next. */
	CU_ASSERT(client_send_pattern(&client, 50, 3) == 3);
	WORLD_UNTIL(&world, seen.size == 51);
	CU_ASSERT(client_send_pattern(&client, 53, 1) == 1);
	WORLD_UNTIL(&world, seen.size == 52);
	CU_ASSERT(client_is_pattern(seen.bytes, 52));
	CU_ASSERT(unread_size() == 2);
	pair_close();
}

static void unread_all_and_pause(const struct gatio_received *received)
{
	if (seen.received == 1) {
		gatio_unread(received->size);
		gatio_pause();
	} else {
		script_keep(received->data, received->size);
	}
}

static void resume_brings_the_unread_back(void)
{
	open_with(&(struct gi_tuning){0}, &(struct gatio_port_options){0});
	script.received = unread_all_and_pause;
	script.poked = script_pause_or_resume;
	CU_ASSERT(client_send_pattern(&client, 0, 500) == 500);
	WORLD_UNTIL(&world, seen.received == 1);
	world_settle(&world);
	CU_ASSERT(seen.size == 0);
	pair_poke(0);
	WORLD_UNTIL(&world, seen.size == 500); /* though nothing more has come */
	CU_ASSERT(client_is_pattern(seen.bytes, 500));
	pair_close();
}

static void unread_all(const struct gatio_received *received)
{
	gatio_unread(received->size);
}

static void too_much_unread_is_closed(void)
{
	open_with(&four_buffers, &(struct gatio_port_options){.input_size_max = 1000});
	script.received = unread_all;
	CU_ASSERT(client_send_pattern(&client, 0, 1000) == 1000);
	WORLD_UNTIL(&world, unread_size() == 1000);
	world_settle(&world);
	CU_ASSERT(seen.closed == 0);
	CU_ASSERT(client_send_pattern(&client, 1000, 1) == 1);
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(seen.closed_reason == -EMSGSIZE);
	pair_close();
}

static void too_much_in_the_first_piece_is_closed(void)
{
	open_with(&(struct gi_tuning){0}, &(struct gatio_port_options){.input_size_max = 10});
	script.received = unread_all;
	CU_ASSERT(client_send_pattern(&client, 0, 11) == 11);
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(seen.closed_reason == -EMSGSIZE);
	pair_close();
}

static const CU_TestInfo tests[] = {
        {"pause holds the peer not the memory", pause_holds_the_peer_not_the_memory},
        {"pause and resume lose nothing", pause_and_resume_lose_nothing},
        {"resume overtakes the cancel", resume_overtakes_the_cancel},
        {"paused in the handler it waits", paused_in_the_handler_it_waits},
        {"resumed in the handler is not told again", resumed_in_the_handler_is_not_told_again},
        {"end is not told before the bytes", end_is_not_told_before_the_bytes},
        {"large messages come in one piece", large_messages_come_in_one_piece},
        {"unread bytes come first again", unread_bytes_come_first_again},
        {"resume brings the unread back", resume_brings_the_unread_back},
        {"too much unread is closed", too_much_unread_is_closed},
        {"too much in the first piece is closed", too_much_in_the_first_piece_is_closed},
        CU_TEST_INFO_NULL,
};

const struct suite input_suite = {.name = "input", .tests = tests};

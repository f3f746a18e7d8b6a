/* SPDX-License-Identifier: Apache-2.0 */
/* An actor that takes one line, leaves the rest unread and pauses, against a client that pipelines megabytes. */
#include "tests/net/pair.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <string.h>

#define BUFFERS     16u
#define BUFFER_SIZE 512u
#define LINE_MAX    4000u
#define TOTAL       (4u << 20)
/* What may be here beyond the line that is looked at: the buffers that were full when the receive was cancelled. */
#define HERE_MAX (BUFFERS * BUFFER_SIZE)

static unsigned char pipeline[TOTAL];
static size_t taken;         /* bytes of lines that the actor has taken */
static uint32_t line_count;  /* of them */
static uint32_t block_count; /* times that what is told did not begin where the last line ended */
static const uint8_t *next;  /* where that was */
static bool is_in_order;

/* Lines of 64 to 4,000 bytes, which end in a newline, and nothing else does. */
static uint32_t make_lines(void)
{
	uint32_t count = 0;
	size_t at = 0;
	while (at < TOTAL) {
		size_t size = 64 + (size_t)count * 397 % (LINE_MAX - 63);
		size = size < TOTAL - at ? size : TOTAL - at;
		for (size_t i = 0; i < size; i++) {
			unsigned char byte = client_pattern(at + i);
			pipeline[at + i] = byte == '\n' ? '-' : byte;
		}
		at += size;
		pipeline[at - 1] = '\n';
		count++;
	}
	return count;
}

static void take_line(const struct gatio_received *received)
{
	const uint8_t *end = memchr(received->data, '\n', received->size);
	if (!end) {
		gatio_unread(received->size);
		next = NULL;
		return;
	}
	size_t size = (size_t)(end + 1 - received->data);
	is_in_order = is_in_order && size <= TOTAL - taken &&
	              memcmp(received->data, pipeline + taken, size) == 0;
	taken += size;
	line_count++;
	block_count += received->data != next;
	next = received->data + size;
	gatio_unread(received->size - size);
	gatio_pause();
	gatio_send(gatio_self(), poke, .number = 0); /* the answer to it comes later */
}

static void open_lines(const struct gi_tuning *tuning, const struct gatio_port_options *options)
{
	world_open(&world, &(struct world_options){.tuning = *tuning});
	script.received = take_line;
	script.poked = script_pause_or_resume;
	script.peer_ended = script_exit;
	taken = 0;
	line_count = 0;
	block_count = 0;
	next = NULL;
	is_in_order = true;
	client_open(&client, world_listen(&world, options));
	WORLD_UNTIL(&world, seen.connected == 1);
}

static size_t send_more(size_t sent)
{
	long got = sent < TOTAL ? client_send(&client, pipeline + sent, TOTAL - sent) : 0;
	CU_ASSERT(got >= 0);
	return sent + (got > 0 ? (size_t)got : 0);
}

/* All lines are taken, in order; no more than this is here beyond the line that is looked at. */
static void take_all(const struct gatio_port_options *options, uint64_t held_max)
{
	uint32_t count = make_lines();
	open_lines(&(struct gi_tuning){.buffer_count = BUFFERS, .buffer_size = BUFFER_SIZE},
	           options);
	struct gi_heap *heap = world.system->group.drivers[0]->heap;
	uint64_t used_before = gi_heap_used(heap);
	uint64_t used_max = 0;
	uint64_t here_max = 0;
	size_t sent = 0;
	while (taken < TOTAL && seen.closed == 0 && !world_is_late(false)) {
		sent = send_more(sent);
		world_turn(&world);
		uint64_t used = gi_heap_used(heap) - used_before;
		uint64_t here = world_counters(&world).received_bytes - taken;
		used_max = used > used_max ? used : used_max;
		here_max = here > here_max ? here : here_max;
	}
	(void)world_is_late(true);
	CU_ASSERT(seen.closed == 0);
	CU_ASSERT(taken == TOTAL);
	CU_ASSERT(line_count == count);
	CU_ASSERT(is_in_order);
	CU_ASSERT(here_max <= held_max + LINE_MAX);
	CU_ASSERT(used_max <= 4 * (held_max + LINE_MAX));
	pair_close();
}

/* No message is longer than LINE_MAX, so that much may be unread. */
static void pipelined_lines_cost_what_is_held(void)
{
	take_all(&(struct gatio_port_options){.input_size_max = LINE_MAX}, HERE_MAX);
}

static void received_singly_they_cost_a_buffer(void)
{
	take_all(&(struct gatio_port_options){.input_size_max = LINE_MAX, .receive_singly = true},
	         BUFFER_SIZE);
}

/* With buffers as users have them: a block of bytes is told again and again where it lies, not moved for each line. */
static void unread_bytes_stay_where_they_are(void)
{
	uint32_t count = make_lines();
	open_lines(&(struct gi_tuning){0}, &(struct gatio_port_options){0});
	size_t sent = 0;
	while (taken < TOTAL && seen.closed == 0 && !world_is_late(false)) {
		sent = send_more(sent);
		world_turn(&world);
	}
	(void)world_is_late(true);
	CU_ASSERT(line_count == count);
	CU_ASSERT(is_in_order);
	CU_ASSERT(block_count < count / 4);
	pair_close();
}

static void take_nothing(const struct gatio_received *received)
{
	gatio_unread(received->size);
	gatio_pause();
}

/* However often it goes on and pauses again: nothing more comes before it has taken something. */
static void paused_takes_in_no_more(void)
{
	make_lines();
	open_lines(&(struct gi_tuning){.buffer_count = BUFFERS, .buffer_size = BUFFER_SIZE},
	           &(struct gatio_port_options){.input_size_max = LINE_MAX});
	script.received = take_nothing;
	size_t sent = send_more(0);
	WORLD_UNTIL(&world, seen.received == 1);
	world_settle(&world);
	uint64_t received_bytes = world_counters(&world).received_bytes;
	CU_ASSERT(received_bytes <= HERE_MAX);
	for (uint32_t i = 1; i <= 50; i++) {
		sent = send_more(sent);
		pair_poke(0);
		WORLD_UNTIL(&world, seen.received == i + 1);
		world_turns(&world, 5);
	}
	CU_ASSERT(world_counters(&world).received_bytes == received_bytes);
	CU_ASSERT(world_buffers_held(&world) == 0);
	CU_ASSERT(seen.closed == 0);
	pair_close();
}

/* A block that was large is not kept for a few bytes. */
static void little_unread_keeps_no_large_block(void)
{
	make_lines();
	open_lines(&(struct gi_tuning){0}, &(struct gatio_port_options){0});
	size_t sent = send_more(0);
	CU_ASSERT(sent > 100000);
	WORLD_UNTIL(&world, world_connection(&world, 0)->unread != NULL);
	size_t size_max = 0;
	bool is_kept = false;
	while (taken < sent && !world_is_late(false)) {
		world_turn(&world);
		const struct gi_unread *unread = world_connection(&world, 0)->unread;
		size_t size = unread ? gi_heap_block_size(unread) : 0;
		size_max = size > size_max ? size : size_max;
		is_kept |= unread && size > 16384 && unread->size < size / 8;
		if (unread && unread->size < LINE_MAX &&
		    !memchr(unread->bytes + unread->begin, '\n', unread->size)) {
			break; /* the piece of a line that the sockets had no room for */
		}
	}
	(void)world_is_late(true);
	CU_ASSERT(size_max > 16384);
	CU_ASSERT(!is_kept);
	pair_close();
}

static void end_is_told_after_the_unread(void)
{
	make_lines();
	open_lines(&(struct gi_tuning){0}, &(struct gatio_port_options){0});
	script.poked = NULL; /* it stays paused */
	static const char lines[] = "one\ntwo\nthree\n";
	memcpy(pipeline, lines, sizeof(lines));
	client_say(&client, lines);
	client_end(&client);
	WORLD_UNTIL(&world, line_count == 1);
	world_settle(&world);
	CU_ASSERT(seen.peer_ended == 0);
	script.poked = script_pause_or_resume;
	pair_poke(0);
	WORLD_UNTIL(&world, seen.peer_ended == 1);
	CU_ASSERT(line_count == 3);
	CU_ASSERT(is_in_order);
	pair_close();
}

/* Who does not pause waits for the rest of a message, and that has a limit, also behind whole lines. */
static void long_line_behind_others_is_closed(void)
{
	make_lines();
	open_lines(&(struct gi_tuning){.buffer_count = BUFFERS, .buffer_size = BUFFER_SIZE},
	           &(struct gatio_port_options){.input_size_max = LINE_MAX});
	static unsigned char endless[3 * LINE_MAX];
	memset(endless, 'x', sizeof(endless));
	memcpy(pipeline, "first\n", sizeof("first\n"));
	client_say(&client, "first\n");
	size_t sent = 0;
	while (sent < sizeof(endless) && seen.closed == 0) {
		long got = client_send(&client, endless + sent, sizeof(endless) - sent);
		sent += got > 0 ? (size_t)got : 0;
		world_turn(&world);
	}
	WORLD_UNTIL(&world, pair_is_closed());
	CU_ASSERT(line_count == 1);
	CU_ASSERT(seen.closed_reason == -EMSGSIZE);
	pair_close();
}

static const CU_TestInfo tests[] = {
        {"pipelined lines cost what is held", pipelined_lines_cost_what_is_held},
        {"received singly they cost a buffer", received_singly_they_cost_a_buffer},
        {"unread bytes stay where they are", unread_bytes_stay_where_they_are},
        {"paused takes in no more", paused_takes_in_no_more},
        {"little unread keeps no large block", little_unread_keeps_no_large_block},
        {"end is told after the unread", end_is_told_after_the_unread},
        {"long line behind others is closed", long_line_behind_others_is_closed},
        CU_TEST_INFO_NULL,
};

const struct suite back_pressure_suite = {.name = "back_pressure", .tests = tests};

/* SPDX-License-Identifier: Apache-2.0 */
/* samples/chat/line.c */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "samples/chat/line.h"
#include "tests/support/suite.h"

static struct chat_frame frame;

static size_t next(struct chat_framer *framer, const char *text)
{
	return chat_frame_next(framer, (const uint8_t *)text, strlen(text), &frame);
}

static void line_ends_with_crlf_or_lf(void)
{
	struct chat_framer framer = {false};
	CU_ASSERT_EQUAL(next(&framer, "PING a\r\nPING b"), 8);
	CU_ASSERT_EQUAL(frame.status, CHAT_FRAME_LINE);
	CU_ASSERT_STRING_EQUAL(frame.text, "PING a");
	CU_ASSERT_EQUAL(next(&framer, "PING b\n"), 7);
	CU_ASSERT_STRING_EQUAL(frame.text, "PING b");
	CU_ASSERT_EQUAL(next(&framer, "\r\n"), 2);
	CU_ASSERT_STRING_EQUAL(frame.text, "");
}

static void part_of_a_line_waits(void)
{
	struct chat_framer framer = {false};
	CU_ASSERT_EQUAL(next(&framer, "PING"), 0);
	CU_ASSERT_EQUAL(frame.status, CHAT_FRAME_NONE);
	CU_ASSERT_EQUAL(next(&framer, ""), 0);
}

static void carriage_returns_and_zeros_vanish(void)
{
	struct chat_framer framer = {false};
	static const char data[] = "PRIVMSG a :x\rQUIT\0y\r\n";
	CU_ASSERT_EQUAL(chat_frame_next(&framer, (const uint8_t *)data, sizeof(data) - 1, &frame),
	                sizeof(data) - 1);
	CU_ASSERT_STRING_EQUAL(frame.text, "PRIVMSG a :xQUITy");
}

static void longest_line_passes(void)
{
	struct chat_framer framer = {false};
	char text[CHAT_LINE_MAX + 2];
	memset(text, 'x', sizeof(text));
	memcpy(text + CHAT_LINE_MAX - 2, "\r\n", 3);
	CU_ASSERT_EQUAL(next(&framer, text), CHAT_LINE_MAX);
	CU_ASSERT_EQUAL(frame.status, CHAT_FRAME_LINE);
	CU_ASSERT_EQUAL(strlen(frame.text), CHAT_LINE_MAX - 2);
	memset(text, 'x', sizeof(text)); /* without its CR it may have one letter more */
	memcpy(text + CHAT_LINE_MAX - 1, "\n", 2);
	CU_ASSERT_EQUAL(next(&framer, text), CHAT_LINE_MAX);
	CU_ASSERT_EQUAL(strlen(frame.text), CHAT_LINE_MAX - 1);
}

static void longer_line_is_told_once(void)
{
	struct chat_framer framer = {false};
	char text[3 * CHAT_LINE_MAX];
	memset(text, 'x', sizeof(text));
	text[CHAT_LINE_MAX + 1] = '\0';
	CU_ASSERT_EQUAL(next(&framer, text), CHAT_LINE_MAX + 1);
	CU_ASSERT_EQUAL(frame.status, CHAT_FRAME_TOO_LONG);
	CU_ASSERT_EQUAL(next(&framer, "more"), 4);
	CU_ASSERT_EQUAL(frame.status, CHAT_FRAME_NONE);
	CU_ASSERT_EQUAL(next(&framer, "end\nPING\n"), 4);
	CU_ASSERT_EQUAL(frame.status, CHAT_FRAME_NONE);
	CU_ASSERT_EQUAL(next(&framer, "PING\n"), 5);
	CU_ASSERT_EQUAL(frame.status, CHAT_FRAME_LINE);
	memset(text, 'x', sizeof(text)); /* in one piece */
	text[600] = '\n';
	text[601] = '\0';
	CU_ASSERT_EQUAL(next(&framer, text), 601);
	CU_ASSERT_EQUAL(frame.status, CHAT_FRAME_TOO_LONG);
	CU_ASSERT_EQUAL(next(&framer, "PING\n"), 5);
	CU_ASSERT_EQUAL(frame.status, CHAT_FRAME_LINE);
}

static void tags_are_ignored_up_to_bound(void)
{
	struct chat_framer framer = {false};
	static char text[CHAT_TAGS_MAX + 100];
	CU_ASSERT_TRUE(next(&framer, "@a=b;c PING x\r\n") > 0);
	CU_ASSERT_STRING_EQUAL(frame.text, "PING x");
	memset(text, 't', sizeof(text));
	text[0] = '@';
	text[CHAT_TAGS_MAX - 1] = ' ';
	memcpy(text + CHAT_TAGS_MAX, "PING\r\n", 7);
	CU_ASSERT_EQUAL(next(&framer, text), CHAT_TAGS_MAX + 6);
	CU_ASSERT_STRING_EQUAL(frame.text, "PING");
	text[CHAT_TAGS_MAX - 1] = 't';
	text[CHAT_TAGS_MAX] = ' ';
	memcpy(text + CHAT_TAGS_MAX + 1, "PING\r\n", 7);
	CU_ASSERT_EQUAL(next(&framer, text), CHAT_TAGS_MAX + 7);
	CU_ASSERT_EQUAL(frame.status, CHAT_FRAME_TOO_LONG);
	CU_ASSERT_TRUE(next(&framer, "@only-tags\r\n") > 0);
	CU_ASSERT_STRING_EQUAL(frame.text, "");
}

static void endless_tags_are_given_up(void)
{
	struct chat_framer framer = {false};
	static char text[CHAT_TAGS_MAX + CHAT_LINE_MAX + 10];
	memset(text, 't', sizeof(text) - 1);
	text[0] = '@';
	CU_ASSERT_TRUE(next(&framer, text) > 0);
	CU_ASSERT_EQUAL(frame.status, CHAT_FRAME_TOO_LONG);
	CU_ASSERT_TRUE(framer.is_skipping);
}

static struct chat_command parse(char *line)
{
	struct chat_command command;
	chat_command_parse(line, &command);
	return command;
}

static void words_and_last_are_taken_apart(void)
{
	char line[] = ":ann!x@h  PRIVMSG   #a :hello :there  you";
	struct chat_command command = parse(line);
	CU_ASSERT_STRING_EQUAL(command.name, "PRIVMSG");
	CU_ASSERT_EQUAL(command.param_count, 2);
	CU_ASSERT_STRING_EQUAL(command.params[0], "#a");
	CU_ASSERT_STRING_EQUAL(command.params[1], "hello :there  you");
}

static void odd_lines_are_taken_apart(void)
{
	char empty[] = "";
	CU_ASSERT_STRING_EQUAL(parse(empty).name, "");
	char spaces[] = "    ";
	CU_ASSERT_STRING_EQUAL(parse(spaces).name, "");
	char prefix[] = ":prefix";
	CU_ASSERT_STRING_EQUAL(parse(prefix).name, "");
	CU_ASSERT_EQUAL(parse(prefix).param_count, 0);
	char colon[] = "TOPIC #a :";
	struct chat_command command = parse(colon);
	CU_ASSERT_EQUAL(command.param_count, 2);
	CU_ASSERT_STRING_EQUAL(command.params[1], "");
	char trailing[] = "JOIN #a   ";
	CU_ASSERT_EQUAL(parse(trailing).param_count, 1);
}

static void fifteenth_parameter_takes_the_rest(void)
{
	char line[] = "X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 :17";
	struct chat_command command = parse(line);
	CU_ASSERT_EQUAL(command.param_count, CHAT_PARAM_MAX);
	CU_ASSERT_STRING_EQUAL(command.params[13], "14");
	CU_ASSERT_STRING_EQUAL(command.params[14], "15 16 :17");
}

static void line_is_cut_between_characters(void)
{
	char text[600];
	chat_line line;
	CU_ASSERT_EQUAL(chat_line_make(line, "a %s", "b"), 5);
	CU_ASSERT_STRING_EQUAL(line, "a b\r\n");
	memset(text, 'x', sizeof(text));
	text[599] = '\0';
	memcpy(text + 509, "\xc3\xa4", 2); /* bytes 510 and 511 of the line: only one would fit */
	CU_ASSERT_EQUAL(chat_line_make(line, "%s", text), 509 + 2);
	CU_ASSERT_STRING_EQUAL(line + 508, "x\r\n");
	memcpy(text + 508, "\xc3\xa4x", 3);
	CU_ASSERT_EQUAL(chat_line_make(line, "%s", text), CHAT_LINE_MAX);
}

/* ---- The same, at random ---------------------------------------------------------------------------------------- */

static uint64_t state;

static unsigned random_below(unsigned bound)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % bound;
}

static size_t random_stream(uint8_t *out, size_t size)
{
	static const char *const pieces[] = {"\r\n", "\n", "\r", "@", " ", ":", "#a", "NICK ", ","};
	size_t used = 0;
	while (used < size) {
		unsigned kind = random_below(20);
		if (kind < 9) {
			size_t length = strlen(pieces[kind]);
			length = length < size - used ? length : size - used;
			memcpy(out + used, pieces[kind], length);
			used += length;
		} else if (kind == 9) {
			size_t run = random_below(700);
			run = run < size - used ? run : size - used;
			memset(out + used, 'y', run);
			used += run;
		} else {
			out[used++] = (uint8_t)random_below(256);
		}
	}
	return used;
}

/* Feed a stream in pieces; a sum over what comes out. */
static uint64_t digest(const uint8_t *data, size_t size, unsigned piece_max)
{
	struct chat_framer framer = {false};
	uint64_t sum = 0;
	size_t start = 0;
	size_t end = 0;
	while (end < size) {
		end += 1 + random_below(piece_max);
		end = end < size ? end : size;
		size_t used = 0;
		do {
			used = chat_frame_next(&framer, data + start, end - start, &frame);
			start += used;
			if (frame.status != CHAT_FRAME_LINE) {
				continue;
			}
			sum = sum * 31 + 1;
			CU_ASSERT_TRUE(strlen(frame.text) < CHAT_LINE_MAX);
			CU_ASSERT_PTR_NULL(strpbrk(frame.text, "\r\n"));
			for (const char *at = frame.text; *at; at++) {
				sum = (sum ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
			}
			struct chat_command command = parse(frame.text);
			CU_ASSERT_TRUE(command.param_count <= CHAT_PARAM_MAX);
		} while (used > 0);
		CU_ASSERT_TRUE(end - start <= CHAT_TAGS_MAX + CHAT_LINE_MAX);
	}
	return sum;
}

static void random_streams_stay_in_bounds(void)
{
	static uint8_t data[30000];
	const char *given = getenv("SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 20260601;
	printf("seed %" PRIu64 " ", seed);
	state = seed | 1;
	for (int i = 0; i < 300; i++) {
		size_t size = random_stream(data, 1 + random_below(sizeof(data)));
		(void)digest(data, size, 1 + random_below(3000));
	}
}

static void pieces_do_not_matter_to_lines(void)
{
	static uint8_t data[20000];
	state = 42;
	for (int i = 0; i < 100; i++) {
		unsigned line_max = 1 + random_below(CHAT_LINE_MAX - 2); /* none too long */
		size_t at = 0;
		while (at + line_max + 2 < sizeof(data)) {
			size_t length = random_below(line_max);
			for (size_t k = 0; k < length; k++) {
				data[at++] = (uint8_t)('a' + random_below(26));
			}
			data[at++] = '\n';
		}
		CU_ASSERT_EQUAL(digest(data, at, 1), digest(data, at, 5000));
	}
}

static const CU_TestInfo tests[] = {
        {"line ends with crlf or lf", line_ends_with_crlf_or_lf},
        {"part of a line waits", part_of_a_line_waits},
        {"carriage returns and zeros vanish", carriage_returns_and_zeros_vanish},
        {"longest line passes", longest_line_passes},
        {"longer line is told once", longer_line_is_told_once},
        {"tags are ignored up to bound", tags_are_ignored_up_to_bound},
        {"endless tags are given up", endless_tags_are_given_up},
        {"words and last are taken apart", words_and_last_are_taken_apart},
        {"odd lines are taken apart", odd_lines_are_taken_apart},
        {"fifteenth parameter takes the rest", fifteenth_parameter_takes_the_rest},
        {"line is cut between characters", line_is_cut_between_characters},
        {"random streams stay in bounds", random_streams_stay_in_bounds},
        {"pieces do not matter to lines", pieces_do_not_matter_to_lines},
        CU_TEST_INFO_NULL,
};

const struct suite line_suite = {"line", tests};

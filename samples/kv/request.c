/* SPDX-License-Identifier: Apache-2.0 */
/* Request: the parser of RESP requests. What it accepts and how it refuses is what Redis 7.0 does. */
#include "samples/kv/request.h"

#include <stdio.h>

enum length {
	LENGTH_OK,
	LENGTH_MORE,
	LENGTH_INVALID,
	LENGTH_TOO_LONG, /* no end of line where one must have come */
};

/* A length line: "*3\r\n", "$16\r\n". */
struct length_line {
	int64_t value;
	size_t next; /* offset of what follows */
};

static enum kv_parsed refuse(struct kv_request *request, const char *error)
{
	snprintf(request->error, sizeof(request->error), "Protocol error: %s", error);
	return KV_PARSED_ERROR;
}

/* The usual line: digits, then \r and one more byte. False: it is another, or not complete. */
static inline bool read_plain_length(struct kv_slice bytes, size_t offset, struct length_line *line)
{
	const uint8_t *at = bytes.data + offset + 1;
	const uint8_t *end = bytes.data + bytes.size;
	int64_t value = 0;
	size_t digit_count = 0;
	while (at < end && digit_count < 10 && (unsigned)*at - '0' <= 9) {
		value = value * 10 + (*at++ - '0');
		digit_count++;
	}
	if (digit_count == 0 || end - at < 2 || *at != '\r' ||
	    (digit_count > 1 && bytes.data[offset + 1] == '0')) {
		return false;
	}
	line->value = value;
	line->next = (size_t)(at - bytes.data) + 2;
	return true;
}

static enum length read_length(struct kv_parser *parser, struct kv_slice bytes, size_t offset,
                               struct length_line *line)
{
	if (offset < bytes.size && read_plain_length(bytes, offset, line)) {
		return LENGTH_OK;
	}
	size_t from = parser->scanned > offset ? parser->scanned : offset;
	const uint8_t *end = memchr(bytes.data + from, '\r', bytes.size - from);
	if (!end) {
		parser->scanned = bytes.size;
		return bytes.size - offset > KV_LINE_SIZE_MAX ? LENGTH_TOO_LONG : LENGTH_MORE;
	}
	if (end + 1 == bytes.data + bytes.size) {
		parser->scanned = bytes.size - 1;
		return LENGTH_MORE;
	}
	size_t end_offset = (size_t)(end - bytes.data);
	if (end_offset == offset) {
		return LENGTH_INVALID; /* an empty line: not even the first character */
	}
	struct kv_slice text = {.data = bytes.data + offset + 1, .size = end_offset - offset - 1};
	line->next = end_offset + 2;
	return kv_int_read(text, &line->value) ? LENGTH_OK : LENGTH_INVALID;
}

/* "*N". */
static enum kv_parsed parse_count(struct kv_parser *parser, const struct kv_parser_limits *limits,
                                  struct kv_slice bytes, struct kv_request *request)
{
	struct length_line line = {.value = 0};
	enum length length = read_length(parser, bytes, 0, &line);
	if (length == LENGTH_MORE) {
		return KV_PARSED_MORE;
	}
	if (length == LENGTH_TOO_LONG) {
		return refuse(request, "too big mbulk count string");
	}
	if (length == LENGTH_INVALID || line.value > KV_ARGUMENT_COUNT_MAX) {
		return refuse(request, "invalid multibulk length");
	}
	if (limits->is_stranger && line.value > KV_STRANGER_COUNT_MAX) {
		return refuse(request, "unauthenticated multibulk length");
	}
	if (line.value <= 0) {
		request->size = line.next;
		return KV_PARSED_NOTHING;
	}
	parser->offset = line.next;
	parser->argc = (uint32_t)line.value;
	parser->left = parser->argc;
	return KV_PARSED_REQUEST;
}

/* One "$N" with its bytes at parser->offset. KV_PARSED_REQUEST: it is there, and the parser behind it. */
static inline enum kv_parsed parse_bulk(struct kv_parser *parser,
                                        const struct kv_parser_limits *limits,
                                        struct kv_slice bytes, struct kv_request *request)
{
	struct length_line line = {.value = 0};
	enum length length = read_length(parser, bytes, parser->offset, &line);
	if (length == LENGTH_MORE) {
		return KV_PARSED_MORE;
	}
	if (length == LENGTH_TOO_LONG) {
		return refuse(request, "too big bulk count string");
	}
	uint8_t first = bytes.data[parser->offset];
	if (first != '$') {
		refuse(request, "expected '$', got ' '");
		request->error[strlen(request->error) - 2] = (char)first;
		return KV_PARSED_ERROR;
	}
	if (length == LENGTH_INVALID || line.value < 0 ||
	    (uint64_t)line.value > limits->bulk_size_max) {
		return refuse(request, "invalid bulk length");
	}
	if (limits->is_stranger && line.value > KV_STRANGER_BULK_MAX) {
		return refuse(request, "unauthenticated bulk length");
	}
	size_t size = (size_t)line.value;
	if (bytes.size - line.next < size + 2) {
		parser->announced = line.next + size + 2;
		return KV_PARSED_MORE;
	}
	uint32_t index = parser->argc - parser->left;
	if (index < KV_ARGUMENT_MAX) {
		request->argv[index] =
		        (struct kv_slice){.data = bytes.data + line.next, .size = size};
	}
	parser->left--;
	parser->offset = line.next + size + 2;
	return KV_PARSED_REQUEST;
}

static enum kv_parsed parse_inline(struct kv_parser *parser, struct kv_slice bytes,
                                   struct kv_request *request)
{
	const uint8_t *end =
	        memchr(bytes.data + parser->scanned, '\n', bytes.size - parser->scanned);
	if (!end) {
		parser->scanned = bytes.size;
		return bytes.size > KV_LINE_SIZE_MAX ? refuse(request, "too big inline request")
		                                     : KV_PARSED_MORE;
	}
	size_t size = (size_t)(end - bytes.data);
	request->size = size + 1;
	if (size > 0 && bytes.data[size - 1] == '\r') {
		size--;
	}
	request->raw = (struct kv_slice){.data = bytes.data, .size = size};
	return KV_PARSED_INLINE;
}

/* The arguments that an earlier call had passed already. */
static void fill_arguments(struct kv_request *request)
{
	struct kv_arguments arguments = kv_arguments_of(request);
	for (uint32_t i = 0; i < KV_ARGUMENT_MAX; i++) {
		if (!kv_arguments_next(&arguments, &request->argv[i])) {
			return;
		}
	}
}

/* "$0\r\n" and its end: where a length begins, so much must be there. No length line is read beyond it. */
#define PLAIN_ROOM 6

/* The lowest byte becomes the highest. */
static inline uint32_t turned(uint32_t word)
{
	return word >> 8 | word << 24;
}

/*
 * A length of one to three digits as clients write it, at `offset`, from which on PLAIN_ROOM bytes are there. False: it is
 * another.
 *
 * Its first four bytes are loaded as a word, the type lowest. From that such a word with zeros for digits is taken away: what
 * is left are the values of the digits in the upper bytes, and nothing in the lowest if the type is the expected one. With
 * that byte turned to the top, any other type makes the number too large. A byte that is no digit is too large as well: what
 * it may have borrowed from those above does not matter then.
 */
static inline bool pass_length(struct kv_slice bytes, size_t offset, char type,
                               struct length_line *line)
{
	uint32_t word = kv_load_4(bytes.data + offset);
	uint32_t digit = turned(word - kv_word(type, '0', '\r', '\n'));
	if (digit <= 9) {
		line->value = digit;
		line->next = offset + 4;
		return true;
	}
	uint32_t digits = turned(word - kv_word(type, '0', '0', '0'));
	uint32_t first = digits & 0xff;
	uint32_t second = digits >> 8 & 0xff;
	uint32_t third = digits >> 16;
	if (first - 1 > 8 || second > 9) {
		return false;
	}
	line->value = first * 10 + second;
	line->next = offset + 5;
	if (third == (uint8_t)('\r' - '0')) {
		return true;
	}
	line->value = line->value * 10 + third;
	line->next = offset + 6;
	return third <= 9 && bytes.data[offset + 4] == '\r';
}

bool kv_request_parse_plain(struct kv_slice bytes, struct kv_request *out_request)
{
	struct length_line line = {.value = 0};
	if (bytes.size < 2 * PLAIN_ROOM || !pass_length(bytes, 0, '*', &line) ||
	    (uint64_t)line.value - 1 >= KV_ARGUMENT_MAX) {
		return false;
	}
	struct kv_slice *argument = out_request->argv;
	const struct kv_slice *end = argument + line.value;
	size_t room_end = bytes.size - PLAIN_ROOM;
	size_t at = line.next;
	out_request->argc = (uint32_t)line.value;
	out_request->raw.data = bytes.data + at;
	do {
		if (at > room_end || !pass_length(bytes, at, '$', &line)) {
			return false;
		}
		size_t size = (size_t)line.value;
		*argument++ = (struct kv_slice){.data = bytes.data + line.next, .size = size};
		at = line.next + size + 2;
	} while (argument != end);
	out_request->size = at;
	out_request->raw.size = at - (size_t)(out_request->raw.data - bytes.data);
	return at <= bytes.size;
}

/* Any request that begins with '*'. */
static enum kv_parsed parse_bulks(struct kv_parser *parser, const struct kv_parser_limits *limits,
                                  struct kv_slice bytes, struct kv_request *request)
{
	if (parser->argc == 0) {
		enum kv_parsed parsed = parse_count(parser, limits, bytes, request);
		if (parsed != KV_PARSED_REQUEST) {
			return parsed;
		}
	}
	bool is_resumed = parser->left != parser->argc;
	while (parser->left > 0) {
		enum kv_parsed parsed = parse_bulk(parser, limits, bytes, request);
		if (parsed != KV_PARSED_REQUEST) {
			return parsed;
		}
	}
	/* The count line is not kept: what follows its first \n is the first '$'. */
	const uint8_t *first = (const uint8_t *)memchr(bytes.data, '\r', parser->offset) + 2;
	size_t head = (size_t)(first - bytes.data);
	request->argc = parser->argc;
	request->size = parser->offset;
	request->raw = (struct kv_slice){.data = first, .size = parser->offset - head};
	if (is_resumed) {
		fill_arguments(request);
	}
	return KV_PARSED_REQUEST;
}

enum kv_parsed kv_request_parse_any(struct kv_parser *parser, const struct kv_parser_limits *limits,
                                    struct kv_slice bytes, struct kv_request *out_request)
{
	if (bytes.size == 0) {
		return KV_PARSED_MORE;
	}
	return bytes.data[0] == '*' ? parse_bulks(parser, limits, bytes, out_request)
	                            : parse_inline(parser, bytes, out_request);
}

struct kv_arguments kv_arguments_of(const struct kv_request *request)
{
	return (struct kv_arguments){.at = request->raw.data, .left = request->argc};
}

/* The bytes have been through the parser: they are complete. But "+3" or "$" with zeros do not come here. */
bool kv_arguments_next(struct kv_arguments *arguments, struct kv_slice *out_argument)
{
	if (arguments->left == 0) {
		return false;
	}
	const uint8_t *at = arguments->at + 1;
	size_t size = 0;
	for (; *at != '\r'; at++) {
		size = size * 10 + (size_t)(*at - '0');
	}
	*out_argument = (struct kv_slice){.data = at + 2, .size = size};
	arguments->at = at + 2 + size + 2;
	arguments->left--;
	return true;
}

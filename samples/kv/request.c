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

/* A length line below 100000 as clients write it. Returns what is behind it; NULL: it is another, or not complete. */
static inline const uint8_t *pass_length(const uint8_t *at, const uint8_t *end, uint8_t type,
                                         uint32_t *out_value)
{
	if (end - at < 4 || at[0] != type || at[1] < '0' || at[1] > '9') {
		return NULL;
	}
	uint32_t value = at[1] - (uint32_t)'0';
	if (at[2] == '\r') {
		*out_value = value;
		return at + 4;
	}
	for (at += 2; end - at > 2 && *at != '\r'; at++) {
		uint32_t digit = *at - (uint32_t)'0';
		if (digit > 9 || value == 0 || value > 9999) {
			return NULL;
		}
		value = value * 10 + digit;
	}
	*out_value = value;
	return *at == '\r' ? at + 2 : NULL;
}

/* The usual request: short, and all there. False: look closer. Whatever is taken here the long way takes as well. */
static bool parse_plain(const struct kv_parser_limits *limits, struct kv_slice bytes,
                        struct kv_request *request)
{
	const uint8_t *end = bytes.data + bytes.size;
	uint32_t argc = 0;
	const uint8_t *at = pass_length(bytes.data, end, '*', &argc);
	if (!at || argc == 0 || argc > KV_ARGUMENT_MAX) {
		return false;
	}
	const uint8_t *first = at;
	for (uint32_t i = 0; i < argc; i++) {
		uint32_t size = 0;
		at = pass_length(at, end, '$', &size);
		if (!at || (size_t)(end - at) < (size_t)size + 2 || size > limits->bulk_size_max) {
			return false;
		}
		request->argv[i] = (struct kv_slice){.data = at, .size = size};
		at += size + 2;
	}
	request->argc = argc;
	request->size = (size_t)(at - bytes.data);
	request->raw = (struct kv_slice){.data = first, .size = (size_t)(at - first)};
	return true;
}

enum kv_parsed kv_request_parse(struct kv_parser *parser, const struct kv_parser_limits *limits,
                                struct kv_slice bytes, struct kv_request *out_request)
{
	if (bytes.size == 0) {
		return KV_PARSED_MORE;
	}
	if (bytes.data[0] != '*') {
		return parse_inline(parser, bytes, out_request);
	}
	if (parser->argc == 0 && !limits->is_stranger && parse_plain(limits, bytes, out_request)) {
		return KV_PARSED_REQUEST;
	}
	if (parser->argc == 0) {
		enum kv_parsed parsed = parse_count(parser, limits, bytes, out_request);
		if (parsed != KV_PARSED_REQUEST) {
			return parsed;
		}
	}
	bool is_resumed = parser->left != parser->argc;
	while (parser->left > 0) {
		enum kv_parsed parsed = parse_bulk(parser, limits, bytes, out_request);
		if (parsed != KV_PARSED_REQUEST) {
			return parsed;
		}
	}
	/* The count line is not kept: what follows its first \n is the first '$'. */
	const uint8_t *first = (const uint8_t *)memchr(bytes.data, '\r', parser->offset) + 2;
	size_t head = (size_t)(first - bytes.data);
	out_request->argc = parser->argc;
	out_request->size = parser->offset;
	out_request->raw = (struct kv_slice){.data = first, .size = parser->offset - head};
	if (is_resumed) {
		fill_arguments(out_request);
	}
	return KV_PARSED_REQUEST;
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

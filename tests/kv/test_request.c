/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the request parser. */
#include <stdio.h>
#include <stdlib.h>

#include "samples/kv/request.h"
#include "tests/support/suite.h"

static const struct kv_parser_limits limits = {.bulk_size_max = 1 << 20};

static enum kv_parsed parse(const char *text, struct kv_request *request)
{
	struct kv_parser parser = {.offset = 0};
	return kv_request_parse(&parser, &limits, kv_text(text), request);
}

static void request_is_taken_apart(void)
{
	struct kv_request request;
	CU_ASSERT_EQUAL(parse("*3\r\n$3\r\nSET\r\n$0\r\n\r\n$2\r\n\r\n\r\nrest", &request),
	                KV_PARSED_REQUEST);
	CU_ASSERT_EQUAL(request.argc, 3);
	CU_ASSERT_EQUAL(request.size, 27);
	CU_ASSERT(kv_same(request.argv[0], kv_text("SET")));
	CU_ASSERT(kv_same(request.argv[1], kv_text("")));
	CU_ASSERT(kv_same(request.argv[2], kv_text("\r\n")));
}

static void bad_input_is_named(void)
{
	static const struct {
		const char *text;
		const char *error;
	} cases[] = {
	        {"*x\r\n", "Protocol error: invalid multibulk length"},
	        {"*2147483648\r\n", "Protocol error: invalid multibulk length"},
	        {"*99999999999999999999\r\n", "Protocol error: invalid multibulk length"},
	        {"*1\r\nPING\r\n", "Protocol error: expected '$', got 'P'"},
	        {"*1\r\n$-1\r\n", "Protocol error: invalid bulk length"},
	        {"*1\r\n$1048577\r\n", "Protocol error: invalid bulk length"},
	        {"*1\r\n$99999999999999999999\r\n", "Protocol error: invalid bulk length"},
	        {"*1\r\n$01\r\n", "Protocol error: invalid bulk length"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kv_request request;
		CU_ASSERT_EQUAL(parse(cases[i].text, &request), KV_PARSED_ERROR);
		CU_ASSERT_STRING_EQUAL(request.error, cases[i].error);
	}
}

static void long_lines_are_refused(void)
{
	static const struct {
		const char *begin;
		const char *error;
	} cases[] = {
	        {"*1", "Protocol error: too big mbulk count string"},
	        {"*1\r\n$1", "Protocol error: too big bulk count string"},
	        {"PING ", "Protocol error: too big inline request"},
	};
	size_t size = KV_LINE_SIZE_MAX + 100;
	uint8_t *bytes = malloc(size);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kv_parser parser = {.offset = 0};
		struct kv_request request;
		memset(bytes, '1', size);
		memcpy(bytes, cases[i].begin, strlen(cases[i].begin));
		struct kv_slice part = {.data = bytes, .size = KV_LINE_SIZE_MAX};
		CU_ASSERT_EQUAL(kv_request_parse(&parser, &limits, part, &request), KV_PARSED_MORE);
		part.size = size;
		CU_ASSERT_EQUAL(kv_request_parse(&parser, &limits, part, &request),
		                KV_PARSED_ERROR);
		CU_ASSERT_STRING_EQUAL(request.error, cases[i].error);
	}
	free(bytes);
}

static void strangers_have_tight_limits(void)
{
	struct kv_parser_limits strange = {.bulk_size_max = 1 << 20, .is_stranger = true};
	struct kv_parser parser = {.offset = 0};
	struct kv_request request;
	CU_ASSERT_EQUAL(kv_request_parse(&parser, &strange, kv_text("*11\r\n"), &request),
	                KV_PARSED_ERROR);
	CU_ASSERT_STRING_EQUAL(request.error, "Protocol error: unauthenticated multibulk length");
	parser = (struct kv_parser){.offset = 0};
	CU_ASSERT_EQUAL(kv_request_parse(&parser, &strange, kv_text("*1\r\n$16385\r\n"), &request),
	                KV_PARSED_ERROR);
	CU_ASSERT_STRING_EQUAL(request.error, "Protocol error: unauthenticated bulk length");
}

static void empty_requests_are_skipped(void)
{
	struct kv_request request;
	CU_ASSERT_EQUAL(parse("*0\r\nPING\r\n", &request), KV_PARSED_NOTHING);
	CU_ASSERT_EQUAL(request.size, 4);
	CU_ASSERT_EQUAL(parse("*-1\r\nPING\r\n", &request), KV_PARSED_NOTHING);
	CU_ASSERT_EQUAL(request.size, 5);
}

/* A request of 100 arguments of different sizes. Returns its size. */
static size_t make_long_request(uint8_t *out_bytes)
{
	size_t size = (size_t)snprintf((char *)out_bytes, 16, "*100\r\n");
	for (int i = 0; i < 100; i++) {
		size += (size_t)snprintf((char *)out_bytes + size, 16, "$%d\r\n", i * 3);
		memset(out_bytes + size, 'a' + i % 26, (size_t)i * 3);
		size += (size_t)i * 3;
		size += (size_t)snprintf((char *)out_bytes + size, 16, "\r\n");
	}
	return size;
}

static void check_long_request(const struct kv_request *request)
{
	struct kv_arguments all = kv_arguments_of(request);
	struct kv_slice argument;
	size_t count = 0;
	CU_ASSERT_EQUAL(request->argc, 100);
	CU_ASSERT_EQUAL(request->argv[31].size, 93);
	while (kv_arguments_next(&all, &argument)) {
		CU_ASSERT_EQUAL(argument.size, count * 3);
		count++;
	}
	CU_ASSERT_EQUAL(count, 100);
}

/* Give the parser the first `size` bytes, in a block of their own: what is read beyond them is found. */
static enum kv_parsed parse_part(struct kv_parser *parser, const uint8_t *bytes, size_t size)
{
	struct kv_request request;
	uint8_t *part = malloc(size);
	memcpy(part, bytes, size);
	struct kv_slice slice = {.data = part, .size = size};
	enum kv_parsed parsed = kv_request_parse(parser, &limits, slice, &request);
	if (parsed == KV_PARSED_REQUEST) {
		check_long_request(&request);
	}
	free(part);
	return parsed;
}

static void request_comes_in_any_pieces(void)
{
	uint8_t *bytes = malloc(32768);
	size_t size = make_long_request(bytes);
	for (size_t step = 1; step < 400; step += 7) {
		struct kv_parser parser = {.offset = 0};
		enum kv_parsed parsed = KV_PARSED_MORE;
		for (size_t end = step; parsed == KV_PARSED_MORE; end += step) {
			size_t part_size = end < size ? end : size;
			parsed = parse_part(&parser, bytes, part_size);
			CU_ASSERT(parsed == KV_PARSED_MORE || part_size == size);
		}
		CU_ASSERT_EQUAL(parsed, KV_PARSED_REQUEST);
	}
	free(bytes);
}

static uint64_t random_state = 12345;

static uint32_t some(uint32_t bound)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(random_state >> 33) % bound;
}

/* Few different bytes, so that much of it nearly makes sense. */
static void garbage_never_reads_beyond(void)
{
	static const char letters[] = "*$0123-\r\n\"'\\x aPIN";
	for (int round = 0; round < 20000; round++) {
		size_t size = some(64);
		uint8_t *bytes = malloc(size + 1);
		for (size_t i = 0; i < size; i++) {
			bytes[i] = (uint8_t)letters[some(sizeof(letters) - 1)];
		}
		if (size > 3 && round % 2) {
			static const uint8_t count_line[4] = {'*', '2', '\r', '\n'};
			memcpy(bytes, count_line, sizeof(count_line));
		}
		uint8_t *exact = realloc(bytes, size ? size : 1);
		struct kv_parser parser = {.offset = 0};
		struct kv_request request;
		struct kv_slice slice = {.data = exact, .size = size};
		enum kv_parsed parsed = kv_request_parse(&parser, &limits, slice, &request);
		if (parsed == KV_PARSED_INLINE) {
			uint8_t *out = malloc(kv_inline_size_max(request.raw.size));
			CU_ASSERT(kv_inline_convert(request.raw, out) <=
			          (long)kv_inline_size_max(request.raw.size));
			free(out);
		}
		CU_ASSERT(parsed == KV_PARSED_MORE || parsed == KV_PARSED_ERROR ||
		          (request.size > 0 && request.size <= size));
		free(exact);
	}
}

static bool is_same_request(const struct kv_request *a, const struct kv_request *b)
{
	bool is_same = a->argc == b->argc && a->size == b->size && kv_same(a->raw, b->raw);
	for (uint32_t i = 0; is_same && i < a->argc && i < KV_ARGUMENT_MAX; i++) {
		is_same = a->argv[i].data == b->argv[i].data && a->argv[i].size == b->argv[i].size;
	}
	return is_same;
}

/* What comes at once may go a shorter way through the parser than what comes byte by byte. */
static void short_way_takes_what_long_way_takes(void)
{
	static const char *texts[] = {
	        "*1\r\n$4\r\nPING\r\n",
	        "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$10\r\n0123456789\r\n",
	        "*2\r\n$3\r\nGET\r\n$01\r\nk\r\n",
	        "*2\r\n$3\r\nGET\r\n$00\r\n\r\n",
	        "*02\r\n$3\r\nGET\r\n$1\r\nk\r\n",
	        "*2\r\n$3\r\nGET\r\n$x\r\nk\r\n",
	        "*2\r\n$3\r\nGET\r\n$\r\nk\r\n",
	        "*2\r\n$3\r\nGET\r\n:1\r\nk\r\n",
	        "*2\r\n$3\r\nGET\r\n$1\n\nk\r\n",
	        "*2\r\n$3\r\nGET\r\n$123456\r\nk\r\n",
	        "*2\r\n$3\r\nGET\r\n$99999999999\r\nk\r\n",
	        "*2\r\n$3\r\nGET\r\n$2000000\r\n",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct kv_slice whole = kv_text(texts[i]);
		struct kv_request at_once = {.argc = 0};
		struct kv_request by_byte = {.argc = 0};
		struct kv_parser parser = {.offset = 0};
		enum kv_parsed parsed = KV_PARSED_MORE;
		for (size_t size = 1; parsed == KV_PARSED_MORE && size <= whole.size; size++) {
			struct kv_slice part = {.data = whole.data, .size = size};
			parsed = kv_request_parse(&parser, &limits, part, &by_byte);
		}
		CU_ASSERT_EQUAL(parse(texts[i], &at_once), parsed);
		CU_ASSERT(parsed != KV_PARSED_REQUEST || is_same_request(&at_once, &by_byte));
	}
}

#define MADE_SIZE_MAX ((size_t)64 * 1024)

/* A name and at most 39 arguments, as clients write them; most are short. Returns the size. */
static size_t make_request(uint8_t *out_bytes)
{
	static const uint32_t sizes[] = {4, 12, 70, 110, 1010};
	uint32_t argc = 1 + some(some(4) ? 4 : 40);
	size_t size = (size_t)snprintf((char *)out_bytes, 16, "*%u\r\n", argc);
	for (uint32_t i = 0; i < argc; i++) {
		uint32_t bulk_size = (i == 0 ? 3 : 0) + some(sizes[some(5)]);
		size += (size_t)snprintf((char *)out_bytes + size, 16, "$%u\r\n", bulk_size);
		memset(out_bytes + size, '0' + (int)some(10), bulk_size);
		kv_put_line_end(out_bytes + size + bulk_size);
		size += bulk_size + 2;
	}
	return size;
}

/* Both ways on a copy that ends where the memory ends. Returns whether the short way took it. */
static bool both_ways_agree(const uint8_t *bytes, size_t size)
{
	struct kv_request plain = {.argc = 0};
	struct kv_request any = {.argc = 0};
	struct kv_parser parser = {.offset = 0};
	uint8_t *exact = malloc(size ? size : 1);
	memcpy(exact, bytes, size);
	struct kv_slice slice = {.data = exact, .size = size};
	bool is_plain = kv_request_parse_plain(slice, &plain);
	enum kv_parsed parsed = kv_request_parse_any(&parser, &limits, slice, &any);
	CU_ASSERT(!is_plain || (parsed == KV_PARSED_REQUEST && is_same_request(&plain, &any)));
	free(exact);
	return is_plain;
}

static bool is_short(const uint8_t *bytes, size_t size)
{
	struct kv_slice slice = {.data = bytes, .size = size};
	struct kv_request request;
	struct kv_parser parser = {.offset = 0};
	CU_ASSERT_EQUAL(kv_request_parse_any(&parser, &limits, slice, &request), KV_PARSED_REQUEST);
	CU_ASSERT_EQUAL(request.size, size);
	bool is_short = request.argc <= KV_ARGUMENT_MAX;
	struct kv_arguments arguments = kv_arguments_of(&request);
	struct kv_slice argument;
	while (kv_arguments_next(&arguments, &argument)) {
		is_short = is_short && argument.size <= KV_PLAIN_SIZE_MAX;
	}
	return is_short;
}

static void short_way_takes_short_requests(void)
{
	static const uint8_t next[] = {'*', '2', '\r', '\n', '$', '3'};
	uint8_t *bytes = malloc(MADE_SIZE_MAX);
	for (int round = 0; round < 20000; round++) {
		size_t size = make_request(bytes);
		CU_ASSERT_EQUAL(both_ways_agree(bytes, size), is_short(bytes, size));
		/* Part of it, and with the next one behind it. */
		CU_ASSERT_FALSE(both_ways_agree(bytes, some((uint32_t)size)));
		memcpy(bytes + size, next, sizeof(next));
		CU_ASSERT_EQUAL(both_ways_agree(bytes, size + sizeof(next)), is_short(bytes, size));
	}
	free(bytes);
}

/* A byte or three of the first lines are others; more has come, or not all. */
static void short_way_refuses_what_long_way_refuses(void)
{
	static const char letters[] = "*$0123456789\r\n:-/ \xff";
	uint8_t *bytes = malloc(MADE_SIZE_MAX);
	unsigned taken = 0;
	for (int round = 0; round < 200000; round++) {
		size_t size = make_request(bytes);
		size_t near = size < 30 ? size : 30;
		for (uint32_t i = 0; i <= some(3); i++) {
			bytes[some((uint32_t)near)] = (uint8_t)letters[some(sizeof(letters) - 1)];
		}
		memset(bytes + size, '0', 20);
		taken += both_ways_agree(bytes, some((uint32_t)size + 20)) ? 1 : 0;
	}
	CU_ASSERT(taken > 5000);
	free(bytes);
}

static void bulks_beyond_the_limit_are_refused_at_once(void)
{
	static const struct kv_parser_limits tight = {.bulk_size_max = 4};
	struct kv_parser parser = {.offset = 0};
	struct kv_request request;
	CU_ASSERT_EQUAL(
	        kv_request_parse(&parser, &tight, kv_text("*1\r\n$5\r\nPINGS\r\n"), &request),
	        KV_PARSED_ERROR);
}

static void inline_words_become_bulks(void)
{
	static const struct {
		const char *line;
		const char *resp; /* NULL: not balanced */
	} cases[] = {
	        {"PING", "*1\r\n$4\r\nPING\r\n"},
	        {"  SET  a\t b ", "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n"},
	        {"a \"b c\" 'd e'", "*3\r\n$1\r\na\r\n$3\r\nb c\r\n$3\r\nd e\r\n"},
	        {"\"\\x41\\n\\\"\\q\"", "*1\r\n$4\r\nA\n\"q\r\n"},
	        {"'\\'' \"\"", "*2\r\n$1\r\n'\r\n$0\r\n\r\n"},
	        {"", ""},
	        {"   ", ""},
	        {"\"a", NULL},
	        {"'a", NULL},
	        {"\"a\"b", NULL},
	        {"'a'b", NULL},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t room = kv_inline_size_max(strlen(cases[i].line));
		uint8_t *out = malloc(room);
		long size = kv_inline_convert(kv_text(cases[i].line), out);
		if (!cases[i].resp) {
			CU_ASSERT_EQUAL(size, -1);
		} else {
			CU_ASSERT_EQUAL(size, (long)strlen(cases[i].resp));
			CU_ASSERT(size == (long)strlen(cases[i].resp) &&
			          memcmp(out, cases[i].resp, (size_t)size) == 0);
		}
		free(out);
	}
}

static const CU_TestInfo request_tests[] = {
        {"request is taken apart", request_is_taken_apart},
        {"bad input is named", bad_input_is_named},
        {"long lines are refused", long_lines_are_refused},
        {"strangers have tight limits", strangers_have_tight_limits},
        {"empty requests are skipped", empty_requests_are_skipped},
        {"request comes in any pieces", request_comes_in_any_pieces},
        {"garbage never reads beyond", garbage_never_reads_beyond},
        {"short way takes what long way takes", short_way_takes_what_long_way_takes},
        {"short way takes short requests", short_way_takes_short_requests},
        {"short way refuses what long way refuses", short_way_refuses_what_long_way_refuses},
        {"bulks beyond the limit are refused at once", bulks_beyond_the_limit_are_refused_at_once},
        {"inline words become bulks", inline_words_become_bulks},
        CU_TEST_INFO_NULL,
};

const struct suite request_suite = {"request", request_tests};

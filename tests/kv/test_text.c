/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of numbers, patterns, hashes and names. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "samples/common/nearest.h"
#include "samples/kv/command.h"
#include "samples/kv/glob.h"
#include "samples/kv/hash.h"
#include "tests/support/suite.h"

static void numbers_read_as_redis_does(void)
{
	static const struct {
		const char *text;
		bool is_number;
		int64_t value;
	} cases[] = {
	        {"0", true, 0},
	        {"-1", true, -1},
	        {"9223372036854775807", true, INT64_MAX},
	        {"-9223372036854775808", true, INT64_MIN},
	        {"9223372036854775808", false, 0},
	        {"-9223372036854775809", false, 0},
	        {"18446744073709551616", false, 0},
	        {"", false, 0},
	        {"-", false, 0},
	        {"-0", false, 0},
	        {"01", false, 0},
	        {"+1", false, 0},
	        {" 1", false, 0},
	        {"1 ", false, 0},
	        {"1a", false, 0},
	        {"111111111111111111111", false, 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t value = 0;
		bool is_number = kv_int_read(kv_text(cases[i].text), &value);
		CU_ASSERT_EQUAL(is_number, cases[i].is_number);
		CU_ASSERT_EQUAL(value, cases[i].value);
	}
}

static void numbers_survive_writing(void)
{
	static const int64_t values[] = {0, 1, -1, 9, 10, 99, 100, -100, INT64_MAX, INT64_MIN};
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char text[KV_INT_SIZE + 1];
		char expected[32];
		text[kv_int_write(text, values[i])] = '\0';
		snprintf(expected, sizeof(expected), "%lld", (long long)values[i]);
		CU_ASSERT_STRING_EQUAL(text, expected);
	}
}

static void cursors_read_as_redis_does(void)
{
	uint64_t value = 1;
	CU_ASSERT(kv_cursor_read(kv_text(""), &value));
	CU_ASSERT_EQUAL(value, 0);
	CU_ASSERT(kv_cursor_read(kv_text("0017"), &value));
	CU_ASSERT_EQUAL(value, 17);
	CU_ASSERT(kv_cursor_read(kv_text("18446744073709551615"), &value));
	CU_ASSERT_EQUAL(value, UINT64_MAX);
	CU_ASSERT(kv_cursor_read(kv_text("-1"), &value));
	CU_ASSERT_EQUAL(value, UINT64_MAX);
	CU_ASSERT_FALSE(kv_cursor_read(kv_text("18446744073709551616"), &value));
	CU_ASSERT_FALSE(kv_cursor_read(kv_text("1x"), &value));
	CU_ASSERT_FALSE(kv_cursor_read(kv_text(" 1"), &value));
}

static void floats_are_written_without_zeros(void)
{
	static const struct {
		const char *text;
		const char *written;
	} cases[] = {
	        {"3.0", "3"},
	        {"5.0e3", "5000"},
	        {"-0.0", "0"},
	        {"0.1", "0.1"},
	        {"1e-17", "0.00000000000000001"},
	        {"1e-18", "0"},
	        {"-2.50", "-2.5"},
	        {"1e20", "100000000000000000000"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[KV_FLOAT_SIZE];
		long double value = 0;
		CU_ASSERT(kv_float_read(kv_text(cases[i].text), &value));
		text[kv_float_write(text, value)] = '\0';
		CU_ASSERT_STRING_EQUAL(text, cases[i].written);
	}
}

static void bad_floats_are_refused(void)
{
	static const char *const bad[] = {"", " 1", "1 ", "1x", "nan", "1e5000", "abc", "1e"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		long double value = 0;
		CU_ASSERT_FALSE(kv_float_read(kv_text(bad[i]), &value));
	}
}

static void patterns_match_as_globs(void)
{
	static const struct {
		const char *pattern;
		const char *text;
		bool matches;
	} cases[] = {
	        {"*", "", true},          {"*", "abc", true},         {"a*c", "abbbc", true},
	        {"a*c", "abbbd", false},  {"a?c", "abc", true},       {"a?c", "ac", false},
	        {"[a-c]x", "bx", true},   {"[a-c]x", "dx", false},    {"[^a-c]x", "dx", true},
	        {"[^a-c]x", "bx", false}, {"[c-a]x", "bx", true},     {"\\*", "*", true},
	        {"\\*", "a", false},      {"a*b*c", "aXbYbZc", true}, {"a*b*c", "acb", false},
	        {"[\\]]", "]", true},     {"[abc", "c", true},        {"", "", true},
	        {"", "a", false},         {"a", "", false},           {"*a", "ba", true},
	        {"h[a-", "ha", true},     {"x\\", "x\\", true},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool matches =
		        kv_glob_match(kv_text(cases[i].pattern), kv_text(cases[i].text), false);
		if (matches != cases[i].matches) {
			printf("\n\"%s\" and \"%s\"\n", cases[i].pattern, cases[i].text);
		}
		CU_ASSERT_EQUAL(matches, cases[i].matches);
	}
	CU_ASSERT(kv_glob_match(kv_text("MAX*"), kv_text("maxmemory"), true));
	CU_ASSERT_FALSE(kv_glob_match(kv_text("MAX*"), kv_text("maxmemory"), false));
}

static void hopeless_pattern_ends_in_time(void)
{
	char pattern[2001];
	char text[50001];
	for (int i = 0; i < 2000; i += 2) {
		pattern[i] = '*';
		pattern[i + 1] = 'a';
	}
	memset(text, 'a', 50000);
	pattern[1999] = 'b';
	pattern[2000] = '\0';
	text[50000] = '\0';
	CU_ASSERT_FALSE(kv_glob_match(kv_text(pattern), kv_text(text), false));
}

/* What CPython 3.11 hashes bytes to with PYTHONHASHSEED=0: the same function with a key of zeros. */
static void hash_is_siphash_1_3(void)
{
	static const struct {
		size_t size;
		uint64_t hash;
	} cases[] = {
	        {1, UINT64_C(0x49bc192c478bfc2e)},  {2, UINT64_C(0x748af13ac9ed7bec)},
	        {3, UINT64_C(0x27007a47f534b10c)},  {4, UINT64_C(0xe2614298a482dc84)},
	        {5, UINT64_C(0xe2c4ef0f59d25695)},  {6, UINT64_C(0xb95fd06b7c3d68ab)},
	        {7, UINT64_C(0x810aaf7acf670379)},  {8, UINT64_C(0xda3dcedf84ea6cc6)},
	        {9, UINT64_C(0xb79d8581f8552753)},  {10, UINT64_C(0x52b62a4184e1c734)},
	        {11, UINT64_C(0x7188f6617526617b)}, {12, UINT64_C(0x58ad1e5ac2bf1033)},
	        {13, UINT64_C(0x6c5a77666b0b9ac0)}, {14, UINT64_C(0x5aa577192a3435c6)},
	        {15, UINT64_C(0x26f4d862282d8fcb)}, {16, UINT64_C(0x1d42b30f7e060c24)},
	        {17, UINT64_C(0x3323a4f8b8d9776b)}, {23, UINT64_C(0x46e0015da1c17452)},
	        {24, UINT64_C(0x45c64a2e660b09da)}, {31, UINT64_C(0xad7f6f5d9f61f23d)},
	        {36, UINT64_C(0x80028cf7ca2dbe8f)},
	};
	struct kv_hash_key zeros = {.words = {0, 0}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* A block of its own: what is read beyond it is found. */
		uint8_t *text = malloc(cases[i].size);
		memcpy(text, "0123456789abcdefghijklmnopqrstuvwxyz", cases[i].size);
		struct kv_slice slice = {.data = text, .size = cases[i].size};
		CU_ASSERT_EQUAL(kv_hash(zeros, slice), cases[i].hash);
		free(text);
	}
}

static void hash_depends_on_each_byte(void)
{
	uint8_t text[40] = {0};
	struct kv_hash_key key = {.words = {1, 2}};
	struct kv_hash_key other = {.words = {1, 3}};
	for (size_t size = 0; size < sizeof(text); size++) {
		struct kv_slice slice = {.data = text, .size = size};
		uint64_t hash = kv_hash(key, slice);
		CU_ASSERT_NOT_EQUAL(hash, kv_hash(other, slice));
		for (size_t i = 0; i < size; i++) {
			text[i] ^= 1;
			CU_ASSERT_NOT_EQUAL(hash, kv_hash(key, slice));
			text[i] ^= 1;
		}
		struct kv_slice longer = {.data = text, .size = size + 1};
		CU_ASSERT(size + 1 >= sizeof(text) || hash != kv_hash(key, longer));
	}
}

static void every_command_is_found(void)
{
	kv_commands_init();
	for (uint32_t i = 0; i < kv_command_count; i++) {
		char upper[32];
		snprintf(upper, sizeof(upper), "%s", kv_commands[i].name);
		for (char *c = upper; *c; c++) {
			*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
		}
		CU_ASSERT_PTR_EQUAL(kv_command_find(kv_text(kv_commands[i].name)), &kv_commands[i]);
		CU_ASSERT_PTR_EQUAL(kv_command_find(kv_text(upper)), &kv_commands[i]);
	}
	CU_ASSERT_PTR_NULL(kv_command_find(kv_text("(dump)")));
	CU_ASSERT_PTR_NULL(kv_command_find(kv_text("ge")));
	CU_ASSERT_PTR_NULL(kv_command_find(kv_text("gets")));
	CU_ASSERT_PTR_NULL(kv_command_find(kv_text("")));
	CU_ASSERT_PTR_NULL(kv_command_find(kv_text("averyveryverylongname")));
	CU_ASSERT_PTR_NULL(kv_command_find((struct kv_slice){(const uint8_t *)"get\0", 4}));
	CU_ASSERT_PTR_NULL(kv_command_find((struct kv_slice){(const uint8_t *)"\xc7\x45\x54", 3}));
}

/* What the index relies on: two to sixteen small letters. A name with one other byte is no name, or another one. */
static void names_differ_by_a_byte(void)
{
	kv_commands_init();
	for (uint32_t i = 0; i < kv_command_count; i++) {
		const char *name = kv_commands[i].name;
		size_t size = strlen(name);
		CU_ASSERT(size >= 2 && size <= 16);
		/* A block of its own: what is read beyond it is found. */
		uint8_t *text = malloc(size);
		memcpy(text, kv_text(name).data, size);
		struct kv_slice slice = {.data = text, .size = size};
		for (size_t at = 0; at < size; at++) {
			CU_ASSERT(name[at] >= 'a' && name[at] <= 'z');
			for (int byte = 0; byte < 256; byte++) {
				text[at] = (uint8_t)byte;
				const struct kv_command *found = kv_command_find(slice);
				CU_ASSERT(!found || kv_same_word(slice, found->name));
				CU_ASSERT(found || byte != name[at]);
			}
			text[at] = (uint8_t)name[at];
		}
		free(text);
	}
}

static void slips_get_a_suggestion(void)
{
	static const char *const names[] = {"listen", "drivers", "maxclients", "maxmemory", NULL};
	CU_ASSERT_STRING_EQUAL(app_nearest("lisen", names), "listen");
	CU_ASSERT_STRING_EQUAL(app_nearest("divers", names), "drivers");
	CU_ASSERT_STRING_EQUAL(app_nearest("MAX_CLIENTS", names), "maxclients");
	CU_ASSERT_STRING_EQUAL(app_nearest("maxmemroy", names), "maxmemory");
	CU_ASSERT_PTR_NULL(app_nearest("something-else", names));
}

static const CU_TestInfo text_tests[] = {
        {"numbers read as redis does", numbers_read_as_redis_does},
        {"numbers survive writing", numbers_survive_writing},
        {"cursors read as redis does", cursors_read_as_redis_does},
        {"floats are written without zeros", floats_are_written_without_zeros},
        {"bad floats are refused", bad_floats_are_refused},
        {"patterns match as globs", patterns_match_as_globs},
        {"hopeless pattern ends in time", hopeless_pattern_ends_in_time},
        {"hash is siphash 1-3", hash_is_siphash_1_3},
        {"hash depends on each byte", hash_depends_on_each_byte},
        {"every command is found", every_command_is_found},
        {"names differ by a byte", names_differ_by_a_byte},
        {"slips get a suggestion", slips_get_a_suggestion},
        CU_TEST_INFO_NULL,
};

const struct suite text_suite = {"text", text_tests};

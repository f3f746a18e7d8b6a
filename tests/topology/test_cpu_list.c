/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of topology/cpu_list.c: reading and writing lists of CPUs. */
#include <errno.h>
#include <string.h>

#include "tests/support/suite.h"
#include "topology/cpu_list.h"

static char text[256];

/* A list read and written again, or the fault. */
static const char *again(const char *list)
{
	struct gi_cpu_set set;
	struct gi_cpu_list_fault fault;
	if (gi_cpu_list_parse(&set, list, strlen(list), &fault)) {
		strncpy(text, fault.text, sizeof(text) - 1);
		return text;
	}
	return gi_cpu_list_format(&set, text, sizeof(text));
}

static void numbers_and_ranges_are_read(void)
{
	CU_ASSERT_STRING_EQUAL(again("0"), "0");
	CU_ASSERT_STRING_EQUAL(again("0-3,8"), "0-3,8");
	CU_ASSERT_STRING_EQUAL(again("8,0-3"), "0-3,8");
	CU_ASSERT_STRING_EQUAL(again("5,4,7,6"), "4-7");
	CU_ASSERT_STRING_EQUAL(again("3-3"), "3");
	CU_ASSERT_STRING_EQUAL(again("0007"), "7");
	CU_ASSERT_STRING_EQUAL(again("0-8191"), "0-8191");
	CU_ASSERT_STRING_EQUAL(again("63,64,127-128"), "63-64,127-128");
}

static void blanks_around_numbers_are_skipped(void)
{
	CU_ASSERT_STRING_EQUAL(again(" 0 - 3 , 8\t\n"), "0-3,8");
}

static void only_given_length_is_read(void)
{
	struct gi_cpu_set set;
	struct gi_cpu_list_fault fault;
	CU_ASSERT_EQUAL(gi_cpu_list_parse(&set, "12;34", 2, &fault), 0);
	CU_ASSERT_STRING_EQUAL(gi_cpu_list_format(&set, text, sizeof(text)), "12");
	CU_ASSERT_EQUAL(gi_cpu_list_parse(&set, "12", 1, &fault), 0);
	CU_ASSERT_STRING_EQUAL(gi_cpu_list_format(&set, text, sizeof(text)), "1");
}

static void junk_is_refused_by_name(void)
{
	const char *how_to = "write numbers and ranges, such as 0-3,8";
	const char *lists[] = {"x", "1,x", "1-x", "-1", "+1", "0x10", "1.5", "1;2", "1 2", "1-2-3"};
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		CU_ASSERT_PTR_NOT_NULL(strstr(again(lists[i]), "is not a CPU"));
		CU_ASSERT_PTR_NOT_NULL(strstr(text, how_to));
	}
	CU_ASSERT_STRING_EQUAL(again("1,two"),
	                       "\"two\" is not a CPU; write numbers and ranges, such as 0-3,8");
}

static void empty_list_is_refused(void)
{
	CU_ASSERT_PTR_NOT_NULL(strstr(again(""), "names no CPU"));
	CU_ASSERT_PTR_NOT_NULL(strstr(again("  "), "names no CPU"));
	CU_ASSERT_PTR_NOT_NULL(strstr(again("1,"), "a CPU number is missing"));
	CU_ASSERT_PTR_NOT_NULL(strstr(again(",1"), "a CPU number is missing"));
	CU_ASSERT_PTR_NOT_NULL(strstr(again("1,,2"), "a CPU number is missing"));
	CU_ASSERT_PTR_NOT_NULL(strstr(again("1-"), "a CPU number is missing"));
}

static void reversed_range_is_refused(void)
{
	CU_ASSERT_STRING_EQUAL(again("7-3"), "the range 7-3 is reversed; write 3-7");
}

static void cpu_named_twice_is_refused(void)
{
	CU_ASSERT_STRING_EQUAL(again("3,3"), "CPU 3 is named twice; name each CPU once");
	CU_ASSERT_STRING_EQUAL(again("0-4,2"), "CPU 2 is named twice; name each CPU once");
	CU_ASSERT_STRING_EQUAL(again("2,0-4"), "CPU 2 is named twice; name each CPU once");
}

static void numbers_beyond_all_are_unknown(void)
{
	struct gi_cpu_set set;
	struct gi_cpu_list_fault fault;
	const char *lists[] = {"8192", "4294967296", "18446744073709551616", "0-99999999"};
	const char *unknown[] = {"8192", "4294967296", "1844674407370955...", "99999999"};
	for (size_t i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(gi_cpu_list_parse(&set, lists[i], strlen(lists[i]), &fault),
		                -EINVAL);
		CU_ASSERT_TRUE(fault.is_unknown);
		CU_ASSERT_STRING_EQUAL(fault.unknown, unknown[i]);
		CU_ASSERT_PTR_NOT_NULL(strstr(fault.text, "there is no CPU"));
	}
}

static void refused_list_leaves_set_untouched(void)
{
	struct gi_cpu_set set = {.words = {0}};
	struct gi_cpu_list_fault fault;
	gi_cpu_set_add(&set, 5);
	CU_ASSERT_EQUAL(gi_cpu_list_parse(&set, "1,2,x", 5, &fault), -EINVAL);
	CU_ASSERT_EQUAL(gi_cpu_set_count(&set), 1);
	CU_ASSERT_TRUE(gi_cpu_set_has(&set, 5));
}

static void long_list_ends_in_dots(void)
{
	struct gi_cpu_set set = {.words = {0}};
	char small[16];
	CU_ASSERT_STRING_EQUAL(gi_cpu_list_format(&set, small, sizeof(small)), "none");
	for (uint32_t cpu = 0; cpu < 100; cpu += 2) {
		gi_cpu_set_add(&set, cpu);
	}
	CU_ASSERT_STRING_EQUAL(gi_cpu_list_format(&set, small, sizeof(small)), "0,2,4,6,8,...");
	CU_ASSERT_STRING_EQUAL(gi_cpu_list_format(&set, small, 5), "...");
}

static void set_finds_next_cpu(void)
{
	struct gi_cpu_set set = {.words = {0}};
	CU_ASSERT_EQUAL(gi_cpu_set_next(&set, 0), GI_CPU_COUNT_MAX);
	gi_cpu_set_add(&set, 0);
	gi_cpu_set_add(&set, 64);
	gi_cpu_set_add(&set, 8191);
	CU_ASSERT_EQUAL(gi_cpu_set_next(&set, 0), 0);
	CU_ASSERT_EQUAL(gi_cpu_set_next(&set, 1), 64);
	CU_ASSERT_EQUAL(gi_cpu_set_next(&set, 65), 8191);
	CU_ASSERT_EQUAL(gi_cpu_set_next(&set, 8192), GI_CPU_COUNT_MAX);
	CU_ASSERT_FALSE(gi_cpu_set_has(&set, 8192));
}

static const CU_TestInfo cpu_list_tests[] = {
        {"numbers and ranges are read", numbers_and_ranges_are_read},
        {"blanks around numbers are skipped", blanks_around_numbers_are_skipped},
        {"only the given length is read", only_given_length_is_read},
        {"junk is refused by name", junk_is_refused_by_name},
        {"an empty list is refused", empty_list_is_refused},
        {"a reversed range is refused", reversed_range_is_refused},
        {"a CPU named twice is refused", cpu_named_twice_is_refused},
        {"numbers beyond all CPUs are unknown", numbers_beyond_all_are_unknown},
        {"a refused list changes nothing", refused_list_leaves_set_untouched},
        {"a long list ends in dots", long_list_ends_in_dots},
        {"a set finds its next CPU", set_finds_next_cpu},
        CU_TEST_INFO_NULL,
};

const struct suite cpu_list_suite = {"cpu_list", cpu_list_tests};

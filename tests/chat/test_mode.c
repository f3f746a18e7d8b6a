/* SPDX-License-Identifier: Apache-2.0 */
/* samples/chat/mode.c, samples/chat/numeric.c */
#include "samples/chat/mode.h"

#include <string.h>

#include "samples/chat/numeric.h"
#include "tests/support/suite.h"

static struct chat_mode_change changes[CHAT_MODE_CHANGES_MAX];

static unsigned parse(const char *letters, const char *const *parameters, unsigned count)
{
	struct chat_mode_words words = {letters, parameters, count};
	return chat_mode_parse(&words, changes);
}

static void signs_hold_until_the_next(void)
{
	CU_ASSERT_EQUAL(parse("nt-i+m", NULL, 0), 4);
	CU_ASSERT_TRUE(changes[0].is_set && changes[0].value == CHAT_NO_OUTSIDE);
	CU_ASSERT_TRUE(changes[1].is_set && changes[1].value == CHAT_TOPIC_BY_OPS);
	CU_ASSERT_TRUE(!changes[2].is_set && changes[2].value == CHAT_INVITE_ONLY);
	CU_ASSERT_TRUE(changes[3].is_set && changes[3].value == CHAT_MODERATED);
}

static void parameters_go_to_those_that_take_them(void)
{
	const char *const parameters[] = {"ann", "secret", "5"};
	CU_ASSERT_EQUAL(parse("+onkl", parameters, 3), 4);
	CU_ASSERT_EQUAL(changes[0].kind, CHAT_MODE_STANDING);
	CU_ASSERT_STRING_EQUAL(changes[0].parameter, "ann");
	CU_ASSERT_PTR_NULL(changes[1].parameter);
	CU_ASSERT_STRING_EQUAL(changes[2].parameter, "secret");
	CU_ASSERT_STRING_EQUAL(changes[3].parameter, "5");
}

static void limit_is_taken_off_without_parameter(void)
{
	const char *const parameters[] = {"ann"};
	CU_ASSERT_EQUAL(parse("-lo", parameters, 1), 2);
	CU_ASSERT_PTR_NULL(changes[0].parameter);
	CU_ASSERT_STRING_EQUAL(changes[1].parameter, "ann");
}

static void missing_parameters_are_said(void)
{
	CU_ASSERT_EQUAL(parse("+ovlk", NULL, 0), 4);
	for (unsigned i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(changes[i].kind, CHAT_MODE_MISSING);
	}
	CU_ASSERT_EQUAL(parse("b-k", NULL, 0), 2); /* the list of bans; a key needs no name to go */
	CU_ASSERT_EQUAL(changes[0].kind, CHAT_MODE_BAN);
	CU_ASSERT_EQUAL(changes[1].kind, CHAT_MODE_KEY);
}

static void unknown_letters_are_said(void)
{
	CU_ASSERT_EQUAL(parse("+Zn", NULL, 0), 2);
	CU_ASSERT_EQUAL(changes[0].kind, CHAT_MODE_UNKNOWN);
	CU_ASSERT_EQUAL(changes[0].letter, 'Z');
}

static void changes_are_bounded(void)
{
	const char *const parameters[] = {"a", "b", "c", "d", "e", "f"};
	char letters[600];
	memset(letters, 'n', sizeof(letters));
	letters[599] = '\0';
	CU_ASSERT_EQUAL(parse(letters, NULL, 0), CHAT_MODE_CHANGES_MAX);
	CU_ASSERT_EQUAL(parse("+oooooon", parameters, 6), CHAT_MODES_MAX + 1);
	CU_ASSERT_EQUAL(changes[CHAT_MODES_MAX].value, CHAT_NO_OUTSIDE);
	CU_ASSERT_EQUAL(parse("", NULL, 0), 0);
	CU_ASSERT_EQUAL(parse("+-+-", NULL, 0), 0);
}

static void flags_have_a_text(void)
{
	char text[12];
	chat_channel_flags_text(CHAT_NO_OUTSIDE | CHAT_TOPIC_BY_OPS, false, false, text);
	CU_ASSERT_STRING_EQUAL(text, "+nt");
	chat_channel_flags_text(~0u, true, true, text);
	CU_ASSERT_STRING_EQUAL(text, "+imnpstkl");
	chat_channel_flags_text(0, false, false, text);
	CU_ASSERT_STRING_EQUAL(text, "+");
}

static void person_flags_change(void)
{
	uint32_t flags = 0;
	char text[4];
	CU_ASSERT_TRUE(chat_user_mode_apply("+iw", &flags));
	CU_ASSERT_EQUAL(flags, CHAT_INVISIBLE | CHAT_WALLOPS);
	CU_ASSERT_TRUE(chat_user_mode_apply("-w", &flags));
	chat_user_flags_text(flags, text);
	CU_ASSERT_STRING_EQUAL(text, "+i");
	CU_ASSERT_FALSE(
	        chat_user_mode_apply("+ow-i", &flags)); /* nobody makes himself an operator */
	CU_ASSERT_EQUAL(flags, CHAT_WALLOPS);
}

static void limits_are_numbers_in_bounds(void)
{
	CU_ASSERT_EQUAL(chat_limit_parse("1"), 1);
	CU_ASSERT_EQUAL(chat_limit_parse("1000000"), 1000000);
	CU_ASSERT_EQUAL(chat_limit_parse("1000001"), 0);
	CU_ASSERT_EQUAL(chat_limit_parse("0"), 0);
	CU_ASSERT_EQUAL(chat_limit_parse("-1"), 0);
	CU_ASSERT_EQUAL(chat_limit_parse("1x"), 0);
	CU_ASSERT_EQUAL(chat_limit_parse(""), 0);
	CU_ASSERT_EQUAL(chat_limit_parse("99999999999999999999"), 0);
}

static void errors_have_texts(void)
{
	CU_ASSERT_STRING_EQUAL(chat_numeric_text(ERR_NOSUCHNICK), "No such nick/channel");
	CU_ASSERT_STRING_EQUAL(chat_numeric_text(ERR_CHANOPRIVSNEEDED),
	                       "You're not channel operator");
	CU_ASSERT_STRING_EQUAL(chat_numeric_text((enum chat_numeric)999), "Unknown error");
}

static const CU_TestInfo tests[] = {
        {"signs hold until the next", signs_hold_until_the_next},
        {"parameters go to those that take them", parameters_go_to_those_that_take_them},
        {"limit is taken off without parameter", limit_is_taken_off_without_parameter},
        {"missing parameters are said", missing_parameters_are_said},
        {"unknown letters are said", unknown_letters_are_said},
        {"changes are bounded", changes_are_bounded},
        {"flags have a text", flags_have_a_text},
        {"person flags change", person_flags_change},
        {"limits are numbers in bounds", limits_are_numbers_in_bounds},
        {"errors have texts", errors_have_texts},
        CU_TEST_INFO_NULL,
};

const struct suite mode_suite = {"mode", tests};

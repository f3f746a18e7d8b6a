/* SPDX-License-Identifier: Apache-2.0 */
/* samples/chat/text.c */
#include <stdio.h>
#include <string.h>

#include "samples/chat/text.h"
#include "tests/support/suite.h"

static void folding_follows_rfc1459(void)
{
	CU_ASSERT_EQUAL(chat_fold('A'), 'a');
	CU_ASSERT_EQUAL(chat_fold('Z'), 'z');
	CU_ASSERT_EQUAL(chat_fold('['), '{');
	CU_ASSERT_EQUAL(chat_fold(']'), '}');
	CU_ASSERT_EQUAL(chat_fold('\\'), '|');
	CU_ASSERT_EQUAL(chat_fold('^'), '~');
	CU_ASSERT_EQUAL(chat_fold('@'), '@');
	CU_ASSERT_EQUAL(chat_fold('\xc4'), '\xc4');
	CU_ASSERT_TRUE(chat_same_name("Nick[x]~", "nICK{X}^"));
	CU_ASSERT_FALSE(chat_same_name("nick", "nickk"));
	CU_ASSERT_FALSE(chat_same_name("nickk", "nick"));
	CU_ASSERT_TRUE(chat_same_name("", ""));
}

static void same_name_has_same_hash(void)
{
	struct chat_seed seed = {{1, 2}};
	struct chat_seed other = {{1, 3}};
	CU_ASSERT_EQUAL(chat_name_hash(&seed, "Nick[x]"), chat_name_hash(&seed, "nick{X}"));
	CU_ASSERT_NOT_EQUAL(chat_name_hash(&seed, "nick"), chat_name_hash(&seed, "nicl"));
	CU_ASSERT_NOT_EQUAL(chat_name_hash(&seed, "nick"), chat_name_hash(&other, "nick"));
	CU_ASSERT_NOT_EQUAL(chat_name_hash(&seed, ""), chat_name_hash(&seed, "a"));
	CU_ASSERT_NOT_EQUAL(chat_name_hash(&seed, "12345678"), chat_name_hash(&seed, "1234567"));
}

static void hashes_fill_all_shares(void)
{
	struct chat_seed seed = {{7, 9}};
	unsigned shares[4] = {0};
	char name[20];
	for (int i = 0; i < 4000; i++) {
		snprintf(name, sizeof(name), "#room%d", i);
		shares[(chat_name_hash(&seed, name) >> 32) % 4]++;
	}
	for (int i = 0; i < 4; i++) {
		CU_ASSERT_TRUE(shares[i] > 850 && shares[i] < 1150);
	}
}

static void nicks_are_judged(void)
{
	static const char *const good[] = {"a",    "ann", "[x]`_^{|}\\~",
	                                   "a1-2", "~a",  "abcdefghijklmnopqrstuvwxyz1234"};
	static const char *const bad[] = {"",
	                                  "1a",
	                                  "-a",
	                                  "a b",
	                                  "a!b",
	                                  "a@b",
	                                  "#a",
	                                  "a.b",
	                                  "a:b",
	                                  "\xc3\xa4",
	                                  "a\x01",
	                                  "a,b",
	                                  "abcdefghijklmnopqrstuvwxyz12345"};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CU_ASSERT_TRUE(chat_nick_is_valid(good[i]));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CU_ASSERT_FALSE(chat_nick_is_valid(bad[i]));
	}
}

static void channels_are_judged(void)
{
	char longest[CHAT_CHANNEL_MAX + 2] = "#";
	CU_ASSERT_TRUE(chat_channel_is_valid("#a"));
	CU_ASSERT_TRUE(chat_channel_is_valid("&local"));
	CU_ASSERT_TRUE(chat_channel_is_valid("##x:y"));
	CU_ASSERT_TRUE(chat_channel_is_valid("#gr\xc3\xbc\xc3\x9f"));
	CU_ASSERT_FALSE(chat_channel_is_valid("#"));
	CU_ASSERT_FALSE(chat_channel_is_valid(""));
	CU_ASSERT_FALSE(chat_channel_is_valid("a"));
	CU_ASSERT_FALSE(chat_channel_is_valid("#a b"));
	CU_ASSERT_FALSE(chat_channel_is_valid("#a,b"));
	CU_ASSERT_FALSE(chat_channel_is_valid("#a\x07"));
	CU_ASSERT_FALSE(chat_channel_is_valid("#a\x7f"));
	memset(longest + 1, 'x', CHAT_CHANNEL_MAX - 1);
	CU_ASSERT_TRUE(chat_channel_is_valid(longest));
	longest[CHAT_CHANNEL_MAX] = 'x';
	CU_ASSERT_FALSE(chat_channel_is_valid(longest));
}

static void keys_are_judged(void)
{
	CU_ASSERT_TRUE(chat_key_is_valid("secret"));
	CU_ASSERT_FALSE(chat_key_is_valid(""));
	CU_ASSERT_FALSE(chat_key_is_valid(":x"));
	CU_ASSERT_FALSE(chat_key_is_valid("a,b"));
	CU_ASSERT_FALSE(chat_key_is_valid("123456789012345678901234"));
}

static void ban_masks_are_judged(void)
{
	CU_ASSERT_TRUE(chat_mask_is_valid("*!*@*"));
	CU_ASSERT_TRUE(chat_mask_is_valid("gr\xc3\xbc\xc3\x9f:e"));
	CU_ASSERT_FALSE(chat_mask_is_valid(""));
	CU_ASSERT_FALSE(chat_mask_is_valid(":x"));
	CU_ASSERT_FALSE(chat_mask_is_valid("x y!z@w"));
	CU_ASSERT_FALSE(chat_mask_is_valid("x\ty"));
	CU_ASSERT_FALSE(chat_mask_is_valid("x\x7f"));
}

static void words_can_stand_in_the_middle_of_a_line(void)
{
	static const char *const cases[][2] = {{"word", "word"}, {"a b", "a"}, {"", "*"},
	                                       {" b", "*"},      {":a", "*"},  {"a:", "a:"}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char word[20];
		chat_word(word, sizeof(word), cases[i][0]);
		CU_ASSERT_STRING_EQUAL(word, cases[i][1]);
	}
}

static void masks_match_by_glob(void)
{
	CU_ASSERT_TRUE(chat_mask_matches("*!*@*", "a!b@c"));
	CU_ASSERT_TRUE(chat_mask_matches("A?n!*@127.*", "ann!~x@127.0.0.1"));
	CU_ASSERT_TRUE(chat_mask_matches("*b*b*", "abcb"));
	CU_ASSERT_TRUE(chat_mask_matches("", ""));
	CU_ASSERT_TRUE(chat_mask_matches("***", ""));
	CU_ASSERT_FALSE(chat_mask_matches("?", ""));
	CU_ASSERT_FALSE(chat_mask_matches("a", "ab"));
	CU_ASSERT_FALSE(chat_mask_matches("*a", "ab"));
	CU_ASSERT_FALSE(chat_mask_matches("ab", "a"));
}

static void evil_mask_ends_in_bounds(void)
{
	char mask[CHAT_MASK_MAX + 1];
	char text[CHAT_MASK_MAX + 1];
	for (size_t i = 0; i < CHAT_MASK_MAX; i++) {
		mask[i] = i & 1 ? 'a' : '*';
		text[i] = 'a';
	}
	mask[CHAT_MASK_MAX - 1] = 'b';
	mask[CHAT_MASK_MAX] = text[CHAT_MASK_MAX] = '\0';
	CU_ASSERT_FALSE(
	        chat_mask_matches(mask, text)); /* exponential if it went back over each star */
}

static void mask_is_completed(void)
{
	static const struct {
		const char *given;
		const char *full;
	} cases[] = {
	        {"joe", "joe!*@*"}, {"joe!x", "joe!x@*"},  {"joe!x@h", "joe!x@h"},
	        {"x@h", "*!x@h"},   {"*@h", "*!*@h"},      {"!x@", "*!x@*"},
	        {"@h", "*!*@h"},    {"joe!@h", "joe!*@h"}, {"joe!*@*", "joe!*@*"},
	};
	char mask[CHAT_MASK_MAX + 1];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		chat_mask_complete(mask, cases[i].given);
		CU_ASSERT_STRING_EQUAL(mask, cases[i].full);
	}
	char big[600];
	memset(big, 'x', sizeof(big));
	big[200] = '!';
	big[400] = '@';
	big[599] = '\0';
	chat_mask_complete(mask, big);
	CU_ASSERT_EQUAL(strlen(mask), CHAT_MASK_MAX);
}

static void copy_keeps_utf8_whole(void)
{
	char out[5];
	chat_copy(out, sizeof(out), "abc\xc3\xa4z");
	CU_ASSERT_STRING_EQUAL(out, "abc");
	chat_copy(out, sizeof(out), "ab\xc3\xa4z");
	CU_ASSERT_STRING_EQUAL(out, "ab\xc3\xa4");
	chat_copy(out, sizeof(out), "abcd");
	CU_ASSERT_STRING_EQUAL(out, "abcd");
	chat_copy(out, sizeof(out), "");
	CU_ASSERT_STRING_EQUAL(out, "");
	chat_copy(out, sizeof(out), "\x80\x80\x80\x80\x80\x80");
	CU_ASSERT_STRING_EQUAL(out, "");
}

static void user_name_is_cleaned(void)
{
	char user[CHAT_USER_MAX + 1];
	chat_user_clean(user, "joe");
	CU_ASSERT_STRING_EQUAL(user, "~joe");
	chat_user_clean(user, "j!o@e\x01 averylongname");
	CU_ASSERT_STRING_EQUAL(user, "~joeaveryl");
	chat_user_clean(user, "!@");
	CU_ASSERT_STRING_EQUAL(user, "~x");
}

static void host_comes_from_peer(void)
{
	char host[CHAT_HOST_MAX + 1];
	chat_host_of_peer(host, "127.0.0.1:40312");
	CU_ASSERT_STRING_EQUAL(host, "127.0.0.1");
	chat_host_of_peer(host, "[::1]:40312");
	CU_ASSERT_STRING_EQUAL(host, "0::1"); /* a word of a line must not begin with ':' */
	chat_host_of_peer(host, "[2001:db8::2]:1");
	CU_ASSERT_STRING_EQUAL(host, "2001:db8::2");
	chat_host_of_peer(host, "");
	CU_ASSERT_STRING_EQUAL(host, "local");
}

static void list_gives_items(void)
{
	char text[] = ",a,,bc,";
	char *rest = text;
	CU_ASSERT_STRING_EQUAL(chat_list_next(&rest), "a");
	CU_ASSERT_STRING_EQUAL(chat_list_next(&rest), "bc");
	CU_ASSERT_PTR_NULL(chat_list_next(&rest));
	CU_ASSERT_PTR_NULL(chat_list_next(&rest));
	char one[] = "x";
	rest = one;
	CU_ASSERT_STRING_EQUAL(chat_list_next(&rest), "x");
	CU_ASSERT_PTR_NULL(chat_list_next(&rest));
}

static const CU_TestInfo tests[] = {
        {"folding follows rfc1459", folding_follows_rfc1459},
        {"same name has same hash", same_name_has_same_hash},
        {"hashes fill all shares", hashes_fill_all_shares},
        {"nicks are judged", nicks_are_judged},
        {"channels are judged", channels_are_judged},
        {"keys are judged", keys_are_judged},
        {"ban masks are judged", ban_masks_are_judged},
        {"words can stand in the middle of a line", words_can_stand_in_the_middle_of_a_line},
        {"masks match by glob", masks_match_by_glob},
        {"evil mask ends in bounds", evil_mask_ends_in_bounds},
        {"mask is completed", mask_is_completed},
        {"copy keeps utf8 whole", copy_keeps_utf8_whole},
        {"user name is cleaned", user_name_is_cleaned},
        {"host comes from peer", host_comes_from_peer},
        {"list gives items", list_gives_items},
        CU_TEST_INFO_NULL,
};

const struct suite text_suite = {"text", tests};

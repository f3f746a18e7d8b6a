/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the reply writer. */
#include <stdio.h>
#include <stdlib.h>

#include "samples/kv/reply.h"
#include "tests/kv/world.h"
#include "tests/support/suite.h"

static void begin(void)
{
	fake_start(1, 1, 0);
	world_enter();
}

static void end(struct kv_reply *reply)
{
	kv_reply_finish(reply);
	CU_ASSERT_EQUAL(fake.current->block_count, 0);
	CU_ASSERT_EQUAL(fake_stop(), 0);
}

static void expect(const struct kv_reply *reply, size_t from, const char *text)
{
	CU_ASSERT_EQUAL(reply->size - from, strlen(text));
	CU_ASSERT(reply->size - from == strlen(text) &&
	          memcmp(reply->bytes + from, text, strlen(text)) == 0);
}

/* Bulks of all sizes, each in a block of its own: what is read beyond it is found. */
static void bulks_of_all_sizes_are_whole(void)
{
	begin();
	struct kv_reply reply = {.bytes = NULL};
	for (size_t size = 0; size < 1200; size++) {
		char expected[1300];
		char *value = malloc(size + 1);
		memset(value, 'a' + (int)(size % 26), size);
		value[size] = '\0';
		snprintf(expected, sizeof(expected), "$%zu\r\n%s\r\n", size, value);
		uint8_t *exact = malloc(size ? size : 1);
		memcpy(exact, value, size);
		size_t from = reply.size;
		kv_reply_bulk(&reply, (struct kv_slice){.data = exact, .size = size});
		expect(&reply, from, expected);
		free(exact);
		free(value);
	}
	end(&reply);
}

/* With every number of bytes before it in the first block: it stays within that, or grows. */
static void bulks_fit_at_any_place(void)
{
	for (size_t before = 0; before < 256; before++) {
		begin();
		struct kv_reply reply = {.bytes = NULL};
		for (size_t i = 0; i < before; i++) {
			kv_reply_raw(&reply, "x", 1);
		}
		kv_reply_text(&reply, "twelve bytes");
		kv_reply_text(&reply, "short");
		expect(&reply, before, "$12\r\ntwelve bytes\r\n$5\r\nshort\r\n");
		CU_ASSERT(reply.size <= reply.capacity);
		end(&reply);
	}
}

static void heads_and_words_follow_the_protocol(void)
{
	begin();
	struct kv_reply reply = {.bytes = NULL};
	kv_reply_array(&reply, 3);
	kv_reply_map(&reply, 60);
	kv_reply_set(&reply, 1000);
	kv_reply_null(&reply);
	kv_reply_int(&reply, INT64_MIN);
	kv_reply_verbatim(&reply, kv_text("text"));
	expect(&reply, 0, "*3\r\n*120\r\n*1000\r\n$-1\r\n:-9223372036854775808\r\n$4\r\ntext\r\n");
	reply.size = 0;
	reply.is_resp3 = true;
	kv_reply_array(&reply, 10);
	kv_reply_map(&reply, 60);
	kv_reply_set(&reply, UINT64_MAX);
	kv_reply_null(&reply);
	kv_reply_int(&reply, 42);
	kv_reply_verbatim(&reply, kv_text("text"));
	kv_reply_ok(&reply);
	expect(&reply, 0,
	       "*10\r\n%60\r\n~18446744073709551615\r\n_\r\n:42\r\n=8\r\ntxt:text\r\n+OK\r\n");
	end(&reply);
}

static void no_memory_is_marked(void)
{
	begin();
	struct kv_reply reply = {.bytes = NULL};
	fake_limit_memory(0);
	kv_reply_text(&reply, "short");
	CU_ASSERT(reply.has_failed);
	CU_ASSERT_EQUAL(reply.size, 0);
	/* The rest of it is not written either, and looks for no memory. */
	fake_limit_memory(SIZE_MAX);
	kv_reply_text(&reply, "another");
	CU_ASSERT_EQUAL(reply.size, 0);
	CU_ASSERT_PTR_NULL(reply.bytes);
	end(&reply);
}

static const CU_TestInfo reply_tests[] = {
        {"bulks of all sizes are whole", bulks_of_all_sizes_are_whole},
        {"bulks fit at any place", bulks_fit_at_any_place},
        {"heads and words follow the protocol", heads_and_words_follow_the_protocol},
        {"no memory is marked", no_memory_is_marked},
        CU_TEST_INFO_NULL,
};

const struct suite reply_suite = {"reply", reply_tests};

/* SPDX-License-Identifier: Apache-2.0 */
/* Child: what would end a test's process runs in one of its own. */
#ifndef TESTS_SUPPORT_CHILD_H
#define TESTS_SUPPORT_CHILD_H

#include <stddef.h>

/*
 * Run a function in a child, whose standard error is read to its end. Before the test has made any thread. Returns the
 * status of waitpid(2); the child's is 0 when the function returns. A child that says nothing for a minute is killed.
 */
int child_run(void (*run)(void), char *out_text, size_t size);

/* What a header forbids, and what is said of it: the public function, and a part of the sentence. */
struct child_misuse {
	void (*deed)(void);
	const char *function;
	const char *part;
};

/* Each in a child, where `stage` brings about that its deed is done. */
void child_assert_misuses(const struct child_misuse *misuses, size_t count,
                          void (*stage)(void (*deed)(void)));

/* It was aborted, and what it said names this public function and holds this part. */
#define CHILD_ASSERT_MISUSE(run, function, part)                                                   \
	do {                                                                                       \
		char child_text_[4096];                                                            \
		int child_status_ = child_run((run), child_text_, sizeof(child_text_));            \
		CU_ASSERT_TRUE(WIFSIGNALED(child_status_));                                        \
		CU_ASSERT_EQUAL(WTERMSIG(child_status_), SIGABRT);                                 \
		CU_ASSERT_PTR_NOT_NULL(strstr(child_text_, "misuse of " function "():"));          \
		CU_ASSERT_PTR_NOT_NULL(strstr(child_text_, (part)));                               \
	} while (0)

#endif

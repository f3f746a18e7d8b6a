/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the double itself: it must stop where the real runtime stops, or its suites miss what stops a server. */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/kv/world.h"
#include "tests/support/suite.h"

enum act {
	KEEP_ONCE,
	KEEP_TWICE,
	KEEP_ANOTHER,
	KEEP_AT_START,
	FREE_LENT,
	POST_LENT,
	FREE_TWICE,
	ASK_WHO_AT_END,
	ASK_WHO_AFTER_KEEPING,
};

struct double_actor {
	enum act act;
	uint32_t heard;
};
GATIO_MESSAGE(double_word, { uint32_t number; });

static void on_started(struct double_actor *self)
{
	if (self->act == KEEP_AT_START) {
		(void)gatio_message_keep(gatio_message_new(double_word, 0));
	}
}

static void on_word(struct double_actor *self, const struct double_word *word)
{
	struct double_word *kept;
	self->heard++;
	switch (self->act) {
	case KEEP_ONCE:
		gatio_message_free(gatio_message_keep(word));
		break;
	case KEEP_TWICE:
		kept = gatio_message_keep(word);
		gatio_message_free(gatio_message_keep(word));
		gatio_message_free(kept);
		break;
	case KEEP_ANOTHER:
		(void)gatio_message_keep(gatio_message_new(double_word, 0));
		break;
	case FREE_LENT:
		gatio_message_free((void *)(uintptr_t)word);
		break;
	case POST_LENT:
		(void)gatio_post(gatio_self(), (void *)(uintptr_t)word);
		break;
	case FREE_TWICE:
		kept = gatio_message_new(double_word, 0);
		fake_envelope(kept)->mark = 0; /* as a free leaves it, where it can still be read */
		gatio_message_free(kept);
		break;
	case ASK_WHO_AFTER_KEEPING:
		gatio_message_free(gatio_message_keep(word));
		self->heard += gatio_asker().address.bits == 0;
		break;
	case ASK_WHO_AT_END:
		gatio_exit(0);
		break;
	case KEEP_AT_START:
		break;
	}
}

static void on_ended(struct double_actor *self, int reason)
{
	(void)reason;
	if (self->act == ASK_WHO_AT_END) {
		(void)gatio_asker();
	}
}

GATIO_BEHAVIOR(double_actor, started(on_started), on(double_word, on_word), ended(on_ended));

/* How often an actor that does this has heard a word. */
static uint32_t hear(uint64_t seed, enum act act)
{
	fake_start(seed, 1, 0);
	struct double_actor state = {.act = act};
	struct gatio_address actor = fake_spawn(0, &gatio_behavior_double_actor, &state);
	fake_tell(actor, &gatio_message_double_word);
	fake_run();
	uint32_t heard = ((struct double_actor *)fake_state(actor))->heard;
	CU_ASSERT_EQUAL(fake_stop(), 0);
	return heard;
}

/* In a process of its own, silently: is it stopped by an assertion? */
static bool stops(uint64_t seed, enum act act)
{
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		(void)setrlimit(RLIMIT_CORE, &(struct rlimit){.rlim_cur = 0});
		(void)close(STDERR_FILENO);
		(void)close(STDOUT_FILENO);
		(void)signal(SIGABRT, SIG_DFL);
		(void)hear(seed, act);
		_exit(0);
	}
	int status = 0;
	CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void misused_message_stops_the_process(void)
{
	static const enum act misuses[] = {KEEP_TWICE, KEEP_ANOTHER, KEEP_AT_START, FREE_LENT,
	                                   POST_LENT,  FREE_TWICE,   ASK_WHO_AT_END};
	for (size_t i = 0; i < sizeof(misuses) / sizeof(misuses[0]); i++) {
		for (uint64_t seed = 1; seed < 5; seed++) { /* keeps by moving and by copying */
			CU_ASSERT_TRUE(stops(seed, misuses[i]));
		}
	}
}

static void kept_message_may_be_freed(void)
{
	for (uint64_t seed = 1; seed < 20; seed++) {
		CU_ASSERT_EQUAL(hear(seed, KEEP_ONCE), 1);
	}
}

static void asker_is_known_after_keeping(void)
{
	for (uint64_t seed = 1; seed < 20; seed++) {
		CU_ASSERT_EQUAL(hear(seed, ASK_WHO_AFTER_KEEPING), 2); /* from nobody */
	}
}

static const CU_TestInfo double_tests[] = {
        {"misused message stops the process", misused_message_stops_the_process},
        {"kept message may be freed", kept_message_may_be_freed},
        {"asker is known after keeping", asker_is_known_after_keeping},
        CU_TEST_INFO_NULL,
};

const struct suite double_suite = {"double", double_tests};

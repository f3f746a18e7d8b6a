/* SPDX-License-Identifier: Apache-2.0 */
/* The cast of these tests: an actor that writes down what happens to it, and one that asks. */
#ifndef TESTS_ACTORS_CAST_H
#define TESTS_ACTORS_CAST_H

#include <gatio/gatio.h>

#define DIARY_LENGTH 4096u

/* Shared between a test and its actors: all of them run on the test's thread. */
struct diary {
	uint64_t numbers[DIARY_LENGTH];  /* of the messages handled */
	struct gatio_address senders[8]; /* of the first */
	uint32_t count;
	uint32_t started_count;
	uint32_t count_at_start; /* of `count` when it started */
	uint32_t ended_count;
	int reason;
	uint32_t driver_index; /* where it started */
	struct gatio_address sender;
	uint64_t tag;
	int err; /* of the last answer */
	uint32_t answer_count;
};

GATIO_MESSAGE(note, { uint64_t number; });
GATIO_MESSAGE(wide_note, {
	uint64_t number;
	unsigned char filler[100];
});
GATIO_MESSAGE(leave, { int reason; });
/* Reply with value, number + 1. */
GATIO_MESSAGE(question, { uint64_t number; });
/* Reply with a note, which is no value. */
GATIO_MESSAGE(odd_question, { uint64_t number; });
/* Keep who asks, and answer when told to. */
GATIO_MESSAGE(slow_question, { uint64_t number; });
GATIO_MESSAGE(answer_now, { uint64_t number; });
/* Pass the next one on. */
GATIO_MESSAGE(passed_question, { uint64_t number; });
GATIO_MESSAGE(unhandled, { uint64_t number; });
GATIO_MESSAGE(wide_unhandled, {
	uint64_t number;
	unsigned char filler[100];
});
GATIO_MESSAGE(value, { uint64_t number; });

struct probe {
	struct diary *diary;
	struct gatio_address next; /* for passed_question */
	struct gatio_asker asker;  /* of slow_question */
};
GATIO_DECLARE_SHARED_BEHAVIOR(probe);

/* What an asker does when it is told to. */
GATIO_MESSAGE(do_ask, {
	struct gatio_address to;
	uint64_t deadline_ns;
	uint64_t number;
	enum ask_kind {
		ASK_QUESTION = 0,
		ASK_ODD,
		ASK_SLOW,
		ASK_PASSED,
		ASK_UNHANDLED,
		ASK_WIDE, /* not handled, either, and too large for a slot */
	} kind;
});

struct asker {
	struct diary *diary;
	int ask_result; /* of the last ask */
	bool replies;   /* to each answer, which is a mistake that must do no harm */
};
GATIO_DECLARE_SHARED_BEHAVIOR(asker);

/* The actor's state, for a look from outside while it does not run. */
void *cast_state(struct gatio_address address);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Linear: the search, and words for people. */
#include "tests/sim/linear.h"
#include "tests/sim/linear_model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATES_MAX 200000u

static uint64_t bit(uint32_t index)
{
	return UINT64_C(1) << index;
}

/* ---- What has been tried ----------------------------------------------------------------------------------------- */

/* 128 bits of what a state is: two that differ are not taken for one. */
struct print {
	uint64_t a;
	uint64_t b;
};

struct tried {
	struct print *prints; /* open addressing; both 0: free */
	uint32_t capacity;
	uint32_t count;
};

static void mix(struct print *print, uint64_t value)
{
	print->a = (print->a ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	print->a ^= print->a >> 29;
	print->b = (print->b + value) * UINT64_C(0xd6e8feb86659fd93);
	print->b ^= print->b >> 32;
}

static struct print print_of(uint64_t done, const struct linear_state *state)
{
	struct print print = {.a = 1, .b = 2};
	mix(&print, done);
	for (uint32_t i = 0; i < LINEAR_KEYS_MAX; i++) {
		const struct linear_key *key = &state->keys[i];
		mix(&print, (uint64_t)key->is_there | (uint64_t)key->has_end << 1 |
		                    (uint64_t)key->is_wild << 2);
		mix(&print, key->is_there ? key->text.hash : 0);
		mix(&print, key->is_there ? key->text.size : 0);
		mix(&print, key->is_there && key->has_end ? (uint64_t)key->end_min_ms : 0);
		mix(&print, key->is_there && key->has_end ? (uint64_t)key->end_max_ms : 0);
	}
	print.a |= 1;
	return print;
}

/* The place of a print, or where it belongs. */
static struct print *find(const struct tried *tried, struct print print)
{
	uint32_t at = (uint32_t)(print.b >> 7) & (tried->capacity - 1);
	while (tried->prints[at].a != 0 &&
	       (tried->prints[at].a != print.a || tried->prints[at].b != print.b)) {
		at = (at + 1) & (tried->capacity - 1);
	}
	return &tried->prints[at];
}

static bool grow(struct tried *tried)
{
	struct tried larger = {.capacity = tried->capacity ? tried->capacity * 4 : 256};
	larger.prints = calloc(larger.capacity, sizeof(*larger.prints));
	if (!larger.prints) {
		return false;
	}
	larger.count = tried->count;
	for (uint32_t i = 0; i < tried->capacity; i++) {
		if (tried->prints[i].a != 0) {
			*find(&larger, tried->prints[i]) = tried->prints[i];
		}
	}
	free(tried->prints);
	*tried = larger;
	return true;
}

/* False: it was there. */
static bool note(struct tried *tried, struct print print)
{
	if (tried->count >= tried->capacity / 2 && !grow(tried)) {
		return false;
	}
	struct print *place = find(tried, print);
	if (place->a != 0) {
		return false;
	}
	*place = print;
	tried->count++;
	return true;
}

/* ---- The search -------------------------------------------------------------------------------------------------- */

/* After some operations: the next one to be tried, and how. */
struct frame {
	uint64_t done;
	struct linear_state state;
	uint32_t next; /* in the search's order */
	unsigned choice;
	uint64_t
	        until_ns; /* the first answer among what is not done: what starts later comes later */
};

struct search {
	const struct linear_history *history;
	uint64_t answered;
	uint32_t order[LINEAR_OPERATIONS_MAX]; /* indices, as they are tried */
	/* Of the same client, on the same key. */
	uint64_t before[LINEAR_OPERATIONS_MAX];
	uint64_t after[LINEAR_OPERATIONS_MAX];
	struct frame frames[LINEAR_OPERATIONS_MAX + 1];
	uint32_t depth;
	struct tried tried;
};

static bool is_answered(const struct linear_operation *operation)
{
	return operation->answer.kind != LINEAR_NO_ANSWER;
}

static bool share_a_key(const struct linear_operation *a, const struct linear_operation *b)
{
	return (linear_touches(a, 0) && linear_touches(b, 0)) ||
	       (linear_touches(a, 1) && linear_touches(b, 1));
}

/*
 * What is tried first matters where there are too many ways. As they were asked: one without an answer is taken for done when
 * it could be. As they were answered: only when nothing else explains an answer. Few histories are too hard for both.
 */
enum order { AS_ANSWERED, AS_ASKED, ORDER_COUNT };

static void put_in_order(struct search *search, enum order order)
{
	const struct linear_operation *operations = search->history->operations;
	for (uint32_t i = 0; i < search->history->count; i++) {
		uint32_t at = i;
		while (at > 0 && order == AS_ANSWERED &&
		       operations[search->order[at - 1]].end_ns > operations[i].end_ns) {
			search->order[at] = search->order[at - 1];
			at--;
		}
		search->order[at] = i;
	}
}

static void prepare(struct search *search)
{
	const struct linear_operation *operations = search->history->operations;
	for (uint32_t i = 0; i < search->history->count; i++) {
		const struct linear_operation *one = &operations[i];
		search->answered |= is_answered(one) ? bit(i) : 0;
		for (uint32_t j = 0; j < search->history->count; j++) {
			const struct linear_operation *other = &operations[j];
			if (other->client != one->client || !share_a_key(one, other)) {
				continue;
			}
			search->before[i] |= other->order < one->order ? bit(j) : 0;
			search->after[i] |= other->order > one->order ? bit(j) : 0;
		}
	}
}

static bool may_be_next(const struct search *search, const struct frame *frame, uint32_t index)
{
	uint64_t missing = search->before[index] & search->answered & ~frame->done;
	return !(frame->done & bit(index)) && missing == 0 &&
	       (search->after[index] & frame->done) == 0 &&
	       search->history->operations[index].start_ns <= frame->until_ns;
}

/* False: such a one has been tried. */
static bool push(struct search *search, uint64_t done, const struct linear_state *state)
{
	if (!note(&search->tried, print_of(done, state))) {
		return false;
	}
	struct frame *frame = &search->frames[search->depth++];
	*frame = (struct frame){.done = done, .state = *state, .until_ns = UINT64_MAX};
	uint64_t left = search->answered & ~done;
	for (uint32_t i = 0; i < search->history->count; i++) {
		uint64_t end_ns = search->history->operations[i].end_ns;
		if (left & bit(i) && end_ns < frame->until_ns) {
			frame->until_ns = end_ns;
		}
	}
	return true;
}

/* Try the next way on from the last frame. False: there is none left, and it is gone. */
static bool go_on(struct search *search)
{
	struct frame *frame = &search->frames[search->depth - 1];
	while (frame->next < search->history->count) {
		uint32_t index = search->order[frame->next];
		const struct linear_operation *operation = &search->history->operations[index];
		if (frame->choice >= linear_choices(operation) ||
		    !may_be_next(search, frame, index)) {
			frame->next++;
			frame->choice = 0;
			continue;
		}
		struct linear_state state = frame->state;
		if (linear_step(&state, operation, frame->choice++) &&
		    push(search, frame->done | bit(index), &state)) {
			return true;
		}
	}
	search->depth--;
	return false;
}

static enum linear_verdict run(struct search *search, struct linear_report *report)
{
	while (search->depth > 0) {
		uint64_t done = search->frames[search->depth - 1].done;
		if ((search->answered & ~done) == 0) {
			return LINEAR_HOLDS;
		}
		if (__builtin_popcountll(done & search->answered) >
		    __builtin_popcountll(report->furthest & search->answered)) {
			report->furthest = done;
		}
		if (search->tried.count >= STATES_MAX) {
			return LINEAR_UNDECIDED;
		}
		(void)go_on(search);
	}
	return LINEAR_BROKEN;
}

static enum linear_verdict check_in(enum order order, const struct linear_history *history,
                                    struct linear_report *report)
{
	struct search *search = calloc(1, sizeof(*search));
	if (!search) {
		return LINEAR_UNDECIDED;
	}
	search->history = history;
	put_in_order(search, order);
	prepare(search);
	struct linear_state state = {.wall_jumps = history->wall_jumps};
	for (uint32_t i = 0; i < LINEAR_KEYS_MAX; i++) {
		state.keys[i].seen_ms = LINEAR_TIME_MIN;
	}
	(void)push(search, 0, &state);
	enum linear_verdict verdict = run(search, report);
	report->state_count += search->tried.count;
	free(search->tried.prints);
	free(search);
	return verdict;
}

enum linear_verdict linear_check(const struct linear_history *history,
                                 struct linear_report *out_report)
{
	enum linear_verdict verdict = LINEAR_UNDECIDED;
	*out_report = (struct linear_report){.state_count = 0};
	for (int i = 0; i < ORDER_COUNT && verdict == LINEAR_UNDECIDED; i++) {
		verdict = check_in((enum order)i, history, out_report);
	}
	return verdict;
}

/* ---- Words ------------------------------------------------------------------------------------------------------- */

static void print_answer(const struct linear_answer *answer, char *out_text, size_t size)
{
	static const char *const words[] = {"no answer", "done", "OK",        "nil",
	                                    "",          "",     "no number", "no key"};
	if (answer->kind == LINEAR_INT) {
		snprintf(out_text, size, "%" PRId64, answer->number);
	} else if (answer->kind == LINEAR_TEXT && answer->text.is_number) {
		snprintf(out_text, size, "\"%" PRId64 "\"", answer->text.number);
	} else if (answer->kind == LINEAR_TEXT) {
		snprintf(out_text, size, "%06" PRIx64 "/%u", answer->text.hash & 0xffffff,
		         answer->text.size);
	} else {
		snprintf(out_text, size, "%s", words[answer->kind]);
	}
}

int linear_print(const struct linear_operation *operation, char *out_text, size_t size)
{
	static const char *const names[LINEAR_KIND_COUNT] = {
	        "get",     "strlen",  "exists",    "pttl",   "pexpiretime", "set",
	        "setnx",   "getset",  "getdel",    "del",    "incr",        "append",
	        "persist", "pexpire", "pexpireat", "msetnx", "rename",      "renamenx"};
	char answer[64];
	print_answer(&operation->answer, answer, sizeof(answer));
	return snprintf(out_text, size,
	                "%12.6f .. %12.6f  client %u.%u  %s %c flags %x number %" PRId64
	                " text %06" PRIx64 "/%u: %s",
	                (double)operation->start_ns / 1e6,
	                operation->end_ns == LINEAR_NEVER ? 0 : (double)operation->end_ns / 1e6,
	                operation->client, operation->order, names[operation->kind],
	                'a' + operation->key, operation->flags, operation->number,
	                operation->text.hash & 0xffffff, operation->text.size, answer);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linear: whether the answers that several clients got from a store of strings can have come from one that does one
 * operation after the other, each somewhere between its question and its answer (linearizability: Herlihy and Wing, 1990).
 *
 * The search is that of Wing and Gong (Testing and Verifying Concurrent Objects, 1993) with Lowe's memory of what has been
 * tried (Testing for Linearizability, 2017, as in Knossos and Porcupine): a set of operations that have been done, and the
 * state they lead to. Operations on different keys do not concern each other (Herlihy and Wing's locality), so a history is
 * that of one key, or of two that operations on both tie together: few operations, and a search of milliseconds.
 *
 * An operation without an answer may have been done at any time after its question, or never. A key with a time to live is
 * there before its end and is not from then on; when that is, is known to the width of the operation that has set it.
 *
 * Pure functions: what they are given is all they know.
 */
#ifndef TESTS_SIM_LINEAR_H
#define TESTS_SIM_LINEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINEAR_OPERATIONS_MAX 64u
#define LINEAR_KEYS_MAX       2u
/* Of an operation without an answer. */
#define LINEAR_NEVER UINT64_MAX
/* A time of the wall that nobody knows is between these. */
#define LINEAR_TIME_MIN (-(INT64_C(1) << 60))
#define LINEAR_TIME_MAX (INT64_C(1) << 60)

enum linear_kind {
	LINEAR_GET,
	LINEAR_STRLEN,
	LINEAR_EXISTS,
	LINEAR_PTTL,
	LINEAR_PEXPIRETIME,
	LINEAR_SET, /* flags; number: the time to live in ms, if LINEAR_TTL */
	LINEAR_SETNX,
	LINEAR_GETSET,
	LINEAR_GETDEL,
	LINEAR_DEL,
	LINEAR_INCR, /* by `number` */
	LINEAR_APPEND,
	LINEAR_PERSIST,
	LINEAR_PEXPIRE,   /* in `number` ms */
	LINEAR_PEXPIREAT, /* at `number` ms */
	/* Of two keys at once. */
	LINEAR_MSETNX,   /* text and other */
	LINEAR_RENAME,   /* from key to 1 - key */
	LINEAR_RENAMENX, /* the same */
	LINEAR_KIND_COUNT,
};

enum linear_flag {
	LINEAR_TTL = 1 << 0, /* PX */
	LINEAR_NX = 1 << 1,
	LINEAR_XX = 1 << 2,
	LINEAR_KEEP = 1 << 3, /* KEEPTTL */
	LINEAR_OLD = 1 << 4,  /* GET: the answer is what was there */
};

/* What is known of a value: enough to tell two apart, and to append. */
struct linear_text {
	uint64_t hash;
	uint32_t size;
	bool is_number;
	int64_t number;
};

struct linear_text linear_text(const void *bytes, size_t size);
struct linear_text linear_number(int64_t number);
/* No number, whatever stands in it. */
struct linear_text linear_append(struct linear_text text, struct linear_text more);
bool linear_same(struct linear_text a, struct linear_text b);

enum linear_answer_kind {
	LINEAR_NO_ANSWER,
	LINEAR_ANY, /* it has been done, and what it said is not known */
	LINEAR_OK,
	LINEAR_NIL,
	LINEAR_INT,
	LINEAR_TEXT,
	LINEAR_NO_NUMBER, /* the value is none */
	LINEAR_NO_KEY,
};

struct linear_answer {
	enum linear_answer_kind kind;
	int64_t number;
	struct linear_text text;
};

struct linear_operation {
	uint8_t kind;
	uint8_t key; /* 0 or 1 */
	uint8_t flags;
	uint32_t client; /* those of one client on one key are done in the order of `order` */
	uint32_t order;
	uint64_t start_ns;
	uint64_t end_ns;
	/* What a wall clock may have shown meanwhile. */
	int64_t wall_start_ms;
	int64_t wall_end_ms;
	int64_t number;
	struct linear_text text;
	struct linear_text other;
	struct linear_answer answer;
};

struct linear_history {
	struct linear_operation operations[LINEAR_OPERATIONS_MAX];
	uint32_t count;
	bool wall_jumps; /* a wall clock was set: a key may have ended earlier than it shows now */
};

enum linear_verdict {
	LINEAR_HOLDS,
	LINEAR_BROKEN,
	LINEAR_UNDECIDED, /* too many ways */
};

struct linear_report {
	uint32_t state_count; /* looked at */
	/* The most operations that could be put in an order, a bit each: what is answered and is not in it does not fit. */
	uint64_t furthest;
};

enum linear_verdict linear_check(const struct linear_history *history,
                                 struct linear_report *out_report);

/* A line for people. Returns what snprintf does. */
int linear_print(const struct linear_operation *operation, char *out_text, size_t size);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Linear model: see linear_model.h. */
#include "tests/sim/linear_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a polynomial modulo 2^61 - 1: what is appended needs no look at what was there. */
#define HASH_PRIME UINT64_C(0x1fffffffffffffff)
#define HASH_BASE  UINT64_C(0x0b4c8ae6f35d1237)

/* ---- Texts ------------------------------------------------------------------------------------------------------- */

static uint64_t multiply(uint64_t a, uint64_t b)
{
	return (uint64_t)((unsigned __int128)a * b % HASH_PRIME);
}

static bool read_number(const char *text, size_t size, int64_t *out_number)
{
	char copy[24];
	char again[24];
	if (size == 0 || size >= sizeof(copy)) {
		return false;
	}
	memcpy(copy, text, size);
	copy[size] = '\0';
	*out_number = strtoll(copy, NULL, 10);
	snprintf(again, sizeof(again), "%lld", (long long)*out_number);
	return strlen(copy) == size && strcmp(copy, again) == 0;
}

struct linear_text linear_text(const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	struct linear_text text = {.size = (uint32_t)size};
	for (size_t i = 0; i < size; i++) {
		text.hash = (multiply(text.hash, HASH_BASE) + at[i] + 1) % HASH_PRIME;
	}
	text.is_number = read_number(bytes, size, &text.number);
	return text;
}

struct linear_text linear_number(int64_t number)
{
	char text[24];
	int size = snprintf(text, sizeof(text), "%lld", (long long)number);
	return linear_text(text, (size_t)size);
}

struct linear_text linear_append(struct linear_text text, struct linear_text more)
{
	uint64_t power = 1;
	uint64_t factor = HASH_BASE;
	for (uint32_t left = more.size; left > 0; left /= 2) {
		power = left % 2 ? multiply(power, factor) : power;
		factor = multiply(factor, factor);
	}
	return (struct linear_text){
	        .hash = (multiply(text.hash, power) + more.hash) % HASH_PRIME,
	        .size = text.size + more.size,
	};
}

bool linear_same(struct linear_text a, struct linear_text b)
{
	return a.hash == b.hash && a.size == b.size;
}

/* ---- Answers ----------------------------------------------------------------------------------------------------- */

static struct linear_answer say(enum linear_answer_kind kind)
{
	return (struct linear_answer){.kind = kind};
}

static struct linear_answer say_int(int64_t number)
{
	return (struct linear_answer){.kind = LINEAR_INT, .number = number};
}

static struct linear_answer say_text(const struct linear_key *key)
{
	return key->is_there ? (struct linear_answer){.kind = LINEAR_TEXT, .text = key->text}
	                     : say(LINEAR_NIL);
}

static bool is_said(const struct linear_operation *operation, struct linear_answer answer)
{
	const struct linear_answer *said = &operation->answer;
	if (said->kind == LINEAR_NO_ANSWER || said->kind == LINEAR_ANY) {
		return true;
	}
	return said->kind == answer.kind && said->number == answer.number &&
	       linear_same(said->text, answer.text);
}

/* ---- Ends -------------------------------------------------------------------------------------------------------- */

static void clear(struct linear_key *key)
{
	*key = (struct linear_key){.seen_ms = key->seen_ms};
}

static void put(struct linear_key *key, struct linear_text text)
{
	key->text = text;
	key->is_there = true;
	key->is_wild = false;
}

static void set_end(struct linear_key *key, int64_t min_ms, int64_t max_ms)
{
	key->has_end = true;
	key->end_min_ms = min_ms;
	key->end_max_ms = max_ms;
}

/* False: it cannot end then. */
static bool narrow_end(struct linear_key *key, int64_t min_ms, int64_t max_ms)
{
	key->end_min_ms = min_ms > key->end_min_ms ? min_ms : key->end_min_ms;
	key->end_max_ms = max_ms < key->end_max_ms ? max_ms : key->end_max_ms;
	return key->end_min_ms <= key->end_max_ms;
}

/* Can this time of the wall have been when the operation was done, or before where the clock was set back? */
static bool can_have_been(const struct linear_state *state,
                          const struct linear_operation *operation, int64_t time_ms)
{
	return state->wall_jumps || time_ms <= operation->wall_end_ms;
}

/* The time of the key is over, or is not. */
static bool look(struct linear_state *state, const struct linear_operation *operation,
                 uint32_t index, bool is_over)
{
	struct linear_key *key = &state->keys[index];
	if (state->wall_jumps || operation->wall_start_ms > key->seen_ms) {
		key->seen_ms = operation->wall_start_ms;
	}
	if (!key->is_there || !key->has_end) {
		return !is_over;
	}
	if (!is_over) {
		return narrow_end(key, key->seen_ms + 1, LINEAR_TIME_MAX * 2);
	}
	bool can = can_have_been(state, operation, key->end_min_ms);
	clear(key);
	return can;
}

/* ---- Operations -------------------------------------------------------------------------------------------------- */

/* PTTL: width is 1; PEXPIRETIME: 0. */
static bool tell_end(struct linear_key *key, const struct linear_operation *operation,
                     int64_t width)
{
	if (!key->is_there || !key->has_end) {
		return is_said(operation, say_int(key->is_there ? -1 : -2));
	}
	if (operation->answer.kind != LINEAR_INT) {
		return operation->answer.kind <= LINEAR_ANY;
	}
	int64_t told = operation->answer.number;
	return told > 0 &&
	       narrow_end(key, width * key->seen_ms + told, width * operation->wall_end_ms + told);
}

static struct linear_answer set(struct linear_key *key, const struct linear_operation *operation)
{
	struct linear_answer old = say_text(key);
	bool has_old = operation->flags & LINEAR_OLD;
	bool is_refused = (operation->flags & LINEAR_NX && key->is_there) ||
	                  (operation->flags & LINEAR_XX && !key->is_there);
	if (is_refused) {
		return has_old ? old : say(LINEAR_NIL);
	}
	key->has_end = key->is_there && key->has_end && operation->flags & LINEAR_KEEP;
	put(key, operation->text);
	if (operation->flags & LINEAR_TTL) {
		set_end(key, key->seen_ms + operation->number,
		        operation->wall_end_ms + operation->number);
	}
	return has_old ? old : say(LINEAR_OK);
}

static struct linear_answer add(struct linear_key *key, const struct linear_operation *operation)
{
	if (key->is_there && !key->text.is_number) {
		return say(LINEAR_NO_NUMBER);
	}
	int64_t sum = (key->is_there ? key->text.number : 0) + operation->number;
	put(key, linear_number(sum));
	return say_int(sum);
}

static struct linear_answer set_new(struct linear_key *key,
                                    const struct linear_operation *operation)
{
	bool is_new = !key->is_there;
	if (is_new) {
		put(key, operation->text);
	}
	return say_int(is_new);
}

static struct linear_answer append(struct linear_key *key, const struct linear_operation *operation)
{
	put(key, key->is_there ? linear_append(key->text, operation->text) : operation->text);
	return say_int(key->text.size);
}

static struct linear_answer persist(struct linear_key *key)
{
	bool had = key->is_there && key->has_end;
	key->has_end = false;
	return say_int(had);
}

static struct linear_answer expire(struct linear_key *key, const struct linear_operation *operation)
{
	if (!key->is_there) {
		return say_int(0);
	}
	if (operation->number <= 0) {
		clear(key);
	} else {
		set_end(key, key->seen_ms + operation->number,
		        operation->wall_end_ms + operation->number);
	}
	return say_int(1);
}

static bool expire_at(struct linear_state *state, const struct linear_operation *operation,
                      bool is_past)
{
	struct linear_key *key = &state->keys[operation->key];
	if (!key->is_there) {
		return !is_past && is_said(operation, say_int(0));
	}
	if (is_past) {
		clear(key);
		return can_have_been(state, operation, operation->number) &&
		       is_said(operation, say_int(1));
	}
	set_end(key, operation->number, operation->number);
	return operation->number > key->seen_ms && is_said(operation, say_int(1));
}

static bool step_one(struct linear_state *state, const struct linear_operation *operation,
                     unsigned choice)
{
	struct linear_key *key = &state->keys[operation->key];
	struct linear_answer old = say_text(key);
	switch ((enum linear_kind)operation->kind) {
	case LINEAR_GET:
		return is_said(operation, old);
	case LINEAR_STRLEN:
		return is_said(operation, say_int(key->is_there ? key->text.size : 0));
	case LINEAR_EXISTS:
		return is_said(operation, say_int(key->is_there));
	case LINEAR_PTTL:
		return tell_end(key, operation, 1);
	case LINEAR_PEXPIRETIME:
		return tell_end(key, operation, 0);
	case LINEAR_SET:
		return is_said(operation, set(key, operation));
	case LINEAR_SETNX:
		return is_said(operation, set_new(key, operation));
	case LINEAR_GETSET:
		clear(key);
		put(key, operation->text);
		return is_said(operation, old);
	case LINEAR_GETDEL:
		clear(key);
		return is_said(operation, old);
	case LINEAR_DEL:
		clear(key);
		return is_said(operation, say_int(old.kind == LINEAR_TEXT));
	case LINEAR_INCR:
		return is_said(operation, add(key, operation));
	case LINEAR_APPEND:
		return is_said(operation, append(key, operation));
	case LINEAR_PERSIST:
		return is_said(operation, persist(key));
	case LINEAR_PEXPIRE:
		return is_said(operation, expire(key, operation));
	case LINEAR_PEXPIREAT:
		return expire_at(state, operation, choice & LINEAR_PAST);
	default:
		return false;
	}
}

/* Nobody knows what was there: all answers are right, and some tell what is there now. */
static bool step_wild(struct linear_key *key, const struct linear_operation *operation)
{
	switch ((enum linear_kind)operation->kind) {
	case LINEAR_SET:
		if (!(operation->flags & (LINEAR_NX | LINEAR_XX | LINEAR_KEEP))) {
			clear(key);
			(void)set(key, operation);
		}
		return true;
	case LINEAR_GETSET:
		clear(key);
		put(key, operation->text);
		return true;
	case LINEAR_GETDEL:
	case LINEAR_DEL:
		clear(key);
		return true;
	default:
		return true;
	}
}

static void become(struct linear_key *to, const struct linear_key *from)
{
	int64_t seen_ms = to->seen_ms;
	*to = *from;
	to->seen_ms = seen_ms;
}

static void become_wild(struct linear_key *key)
{
	clear(key);
	key->is_wild = true;
}

static bool move(struct linear_state *state, const struct linear_operation *operation,
                 unsigned choice)
{
	struct linear_key *from = &state->keys[operation->key];
	struct linear_key *to = &state->keys[1 - operation->key];
	bool only_new = operation->kind == LINEAR_RENAMENX;
	if (!from->is_there && !(choice & LINEAR_LOST)) {
		return !(choice & LINEAR_PAST) && is_said(operation, say(LINEAR_NO_KEY));
	}
	if (only_new && to->is_there && !(choice & LINEAR_LOST)) {
		return !(choice & LINEAR_PAST) && is_said(operation, say_int(0));
	}
	if (choice & LINEAR_LOST) {
		become_wild(to);
	} else {
		become(to, from);
	}
	if (!(choice & LINEAR_PAST)) {
		clear(from);
	}
	return is_said(operation, only_new ? say_int(1) : say(LINEAR_OK));
}

static bool step_two(struct linear_state *state, const struct linear_operation *operation,
                     unsigned choice)
{
	struct linear_key *keys = state->keys;
	if (keys[0].is_wild || keys[1].is_wild) {
		become_wild(&keys[0]);
		become_wild(&keys[1]);
		return (choice & (LINEAR_PAST | LINEAR_LOST)) == 0;
	}
	if (operation->kind != LINEAR_MSETNX) {
		return move(state, operation, choice);
	}
	bool is_new = !keys[0].is_there && !keys[1].is_there;
	if (is_new) {
		put(&keys[0], operation->text);
		put(&keys[1], operation->other);
	}
	return is_said(operation, say_int(is_new));
}

/* ---- The door ---------------------------------------------------------------------------------------------------- */

static bool has_two(const struct linear_operation *operation)
{
	return operation->kind >= LINEAR_MSETNX;
}

bool linear_touches(const struct linear_operation *operation, uint32_t key)
{
	return has_two(operation) || operation->key == key;
}

unsigned linear_choices(const struct linear_operation *operation)
{
	bool is_move = operation->kind == LINEAR_RENAME || operation->kind == LINEAR_RENAMENX;
	if (is_move && operation->answer.kind == LINEAR_NO_ANSWER) {
		return 2 * LINEAR_LOST;
	}
	return operation->kind == LINEAR_PEXPIREAT ? LINEAR_LOST : LINEAR_PAST;
}

bool linear_step(struct linear_state *state, const struct linear_operation *operation,
                 unsigned choice)
{
	for (uint32_t i = 0; i < LINEAR_KEYS_MAX; i++) {
		bool is_over = choice & ((unsigned)LINEAR_ENDED_0 << i);
		if (!linear_touches(operation, i)) {
			if (is_over) {
				return false;
			}
		} else if (!look(state, operation, i, is_over)) {
			return false;
		}
	}
	if (has_two(operation)) {
		return step_two(state, operation, choice);
	}
	struct linear_key *key = &state->keys[operation->key];
	if (key->is_wild) {
		return choice == 0 && step_wild(key, operation);
	}
	return step_one(state, operation, choice);
}

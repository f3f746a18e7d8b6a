/* SPDX-License-Identifier: Apache-2.0 */
/* Number commands: INCR and its relatives. */
#include <math.h>

#include "samples/kv/command.h"

/* Replace the value by a text, keeping its expiry. False: has replied. */
static bool put_text(struct kv_exec *exec, struct kv_place place, struct kv_slice text)
{
	int64_t expires_ms = place.bucket ? kv_place_entry(place)->expires_ms : 0;
	return kv_exec_set(exec, place, text, expires_ms);
}

static void add(struct kv_exec *exec, int64_t amount)
{
	struct kv_place place = kv_exec_find(exec);
	int64_t value = 0;
	if (place.bucket && !kv_int_read(kv_entry_value(kv_place_entry(place)), &value)) {
		kv_reply_error(exec->reply, "ERR value is not an integer or out of range");
		return;
	}
	if (__builtin_add_overflow(value, amount, &value)) {
		kv_reply_error(exec->reply, "ERR increment or decrement would overflow");
		return;
	}
	char text[KV_INT_SIZE];
	size_t size = kv_int_write(text, value);
	if (put_text(exec, place, (struct kv_slice){.data = (uint8_t *)text, .size = size})) {
		kv_reply_int(exec->reply, value);
	}
}

void kv_exec_incr(struct kv_exec *exec)
{
	add(exec, 1);
}

void kv_exec_decr(struct kv_exec *exec)
{
	add(exec, -1);
}

void kv_exec_incrby(struct kv_exec *exec)
{
	int64_t amount = 0;
	if (kv_exec_int(exec, 1, &amount)) {
		add(exec, amount);
	}
}

void kv_exec_decrby(struct kv_exec *exec)
{
	int64_t amount = 0;
	if (!kv_exec_int(exec, 1, &amount)) {
		return;
	}
	if (amount == INT64_MIN) {
		kv_reply_error(exec->reply, "ERR decrement would overflow");
		return;
	}
	add(exec, -amount);
}

void kv_exec_incrbyfloat(struct kv_exec *exec)
{
	struct kv_place place = kv_exec_find(exec);
	long double value = 0;
	long double amount = 0;
	bool is_number =
	        !place.bucket || kv_float_read(kv_entry_value(kv_place_entry(place)), &value);
	if (!is_number || !kv_float_read(exec->argv[1], &amount)) {
		kv_reply_error(exec->reply, "ERR value is not a valid float");
		return;
	}
	value += amount;
	if (isnan(value) || isinf(value)) {
		kv_reply_error(exec->reply, "ERR increment would produce NaN or Infinity");
		return;
	}
	char text[KV_FLOAT_SIZE];
	struct kv_slice slice = {.data = (uint8_t *)text, .size = kv_float_write(text, value)};
	if (put_text(exec, place, slice)) {
		kv_reply_bulk(exec->reply, slice);
	}
}

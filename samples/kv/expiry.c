/* SPDX-License-Identifier: Apache-2.0 */
/* Expiry commands: the EXPIRE family, the TTL family, PERSIST. */
#include "samples/kv/command.h"

enum expire_flags {
	EXPIRE_NX = 1 << 0,
	EXPIRE_XX = 1 << 1,
	EXPIRE_GT = 1 << 2,
	EXPIRE_LT = 1 << 3,
};

static unsigned flag_of(struct kv_slice word)
{
	static const char *const words[] = {"nx", "xx", "gt", "lt"};
	for (unsigned i = 0; i < 4; i++) {
		if (kv_same_word(word, words[i])) {
			return 1u << i;
		}
	}
	return 0;
}

/* The options from argv[2] on. False: has replied. */
static bool read_flags(struct kv_exec *exec, unsigned *out_flags)
{
	unsigned flags = 0;
	for (uint32_t i = 2; i < exec->argc; i++) {
		unsigned flag = flag_of(exec->argv[i]);
		if (flag == 0) {
			kv_reply_errorf(exec->reply, "ERR Unsupported option %.*s",
			                kv_shown(exec->argv[i]), (const char *)exec->argv[i].data);
			return false;
		}
		flags |= flag;
	}
	if (flags & EXPIRE_NX && flags & ~(unsigned)EXPIRE_NX) {
		kv_reply_error(exec->reply, "ERR NX and XX, GT or LT options at the same time "
		                            "are not compatible");
		return false;
	}
	if (flags & EXPIRE_GT && flags & EXPIRE_LT) {
		kv_reply_error(exec->reply,
		               "ERR GT and LT options at the same time are not compatible");
		return false;
	}
	*out_flags = flags;
	return true;
}

/* Whether the options let an expiry of `when` replace the present one. */
static bool allows(unsigned flags, int64_t present, int64_t when)
{
	bool has = present != 0;
	bool refused = (flags & EXPIRE_NX && has) || (flags & EXPIRE_XX && !has) ||
	               (flags & EXPIRE_GT && (!has || when <= present)) ||
	               (flags & EXPIRE_LT && has && when >= present);
	return !refused;
}

/* unit_ms: of the argument. is_relative: it counts from now. */
static void expire(struct kv_exec *exec, int64_t unit_ms, bool is_relative)
{
	unsigned flags = 0;
	int64_t when = 0;
	if (!read_flags(exec, &flags) || !kv_exec_int(exec, 1, &when)) {
		return;
	}
	int64_t base = is_relative ? kv_store_now(exec->store) : 0;
	if (__builtin_mul_overflow(when, unit_ms, &when) || when > INT64_MAX - base) {
		kv_exec_bad_expiry(exec);
		return;
	}
	when += base;
	struct kv_place place = kv_exec_find(exec);
	if (!place.bucket || !allows(flags, kv_place_entry(place)->expires_ms, when)) {
		kv_reply_int(exec->reply, 0);
		return;
	}
	if (when <= kv_store_now(exec->store)) {
		kv_store_erase(exec->store, exec->key.table, place);
	} else {
		kv_store_set_expiry(exec->key.table, place, when);
	}
	kv_reply_int(exec->reply, 1);
}

void kv_exec_expire(struct kv_exec *exec)
{
	expire(exec, 1000, true);
}

void kv_exec_pexpire(struct kv_exec *exec)
{
	expire(exec, 1, true);
}

void kv_exec_expireat(struct kv_exec *exec)
{
	expire(exec, 1000, false);
}

void kv_exec_pexpireat(struct kv_exec *exec)
{
	expire(exec, 1, false);
}

/* unit_ms: of the reply. is_relative: it counts from now. */
static void time_left(struct kv_exec *exec, int64_t unit_ms, bool is_relative)
{
	struct kv_place place = kv_exec_look_up(exec);
	int64_t when = place.bucket ? kv_place_entry(place)->expires_ms : 0;
	if (when == 0) {
		kv_reply_int(exec->reply, place.bucket ? -1 : -2);
		return;
	}
	when -= is_relative ? kv_store_now(exec->store) : 0;
	when = when < 0 ? 0 : when;
	/* Rounded; the sum may be beyond INT64_MAX. */
	uint64_t half = (uint64_t)unit_ms / 2;
	kv_reply_int(exec->reply, (int64_t)(((uint64_t)when + half) / (uint64_t)unit_ms));
}

void kv_exec_ttl(struct kv_exec *exec)
{
	time_left(exec, 1000, true);
}

void kv_exec_pttl(struct kv_exec *exec)
{
	time_left(exec, 1, true);
}

void kv_exec_expiretime(struct kv_exec *exec)
{
	time_left(exec, 1000, false);
}

void kv_exec_pexpiretime(struct kv_exec *exec)
{
	time_left(exec, 1, false);
}

void kv_exec_persist(struct kv_exec *exec)
{
	struct kv_place place = kv_exec_find(exec);
	if (!place.bucket || kv_place_entry(place)->expires_ms == 0) {
		kv_reply_int(exec->reply, 0);
		return;
	}
	kv_store_set_expiry(exec->key.table, place, 0);
	kv_reply_int(exec->reply, 1);
}

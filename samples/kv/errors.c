/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: counted by their first word. */
#include "samples/kv/errors.h"

#include <string.h>

const char *const kv_error_codes[KV_ERROR_KINDS] = {"ERR", "NOAUTH", "NOPROTO", "OOM", "WRONGPASS"};

static _Thread_local struct kv_errors counted;

static uint64_t *count_of(const char *text)
{
	for (size_t i = 0; i < KV_ERROR_KINDS; i++) {
		size_t size = strlen(kv_error_codes[i]);
		if (strncmp(text, kv_error_codes[i], size) == 0 && text[size] == ' ') {
			return &counted.counts[i];
		}
	}
	return &counted.counts[0];
}

void kv_errors_count(const char *text)
{
	++*count_of(text);
}

void kv_errors_take_back(const char *text)
{
	--*count_of(text);
}

void kv_errors_add(struct kv_errors *errors, const struct kv_errors *more)
{
	for (size_t i = 0; i < KV_ERROR_KINDS; i++) {
		errors->counts[i] += more->counts[i];
	}
}

void kv_errors_take(struct kv_errors *errors)
{
	kv_errors_add(errors, &counted);
	memset(&counted, 0, sizeof(counted));
}

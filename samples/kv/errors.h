/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors: how many of each kind have been replied, for INFO.
 *
 * Each thread counts for itself. Who adds up takes what has been counted since the last time from each of them, in any order:
 * only the sums of all threads mean something, for an error may be made on one and taken back on another.
 */
#ifndef KV_ERRORS_H
#define KV_ERRORS_H

#include <stdint.h>

#define KV_ERROR_KINDS 5

/* What needs memory and finds none. */
#define KV_ERROR_OOM "OOM command not allowed when used memory > 'maxmemory'."

/* The first words of errors, in the order of their letters. */
extern const char *const kv_error_codes[KV_ERROR_KINDS];

struct kv_errors {
	uint64_t counts[KV_ERROR_KINDS];
};

/* An error has been replied: its text without the '-'. One with a first word that is not in kv_error_codes is an ERR. */
void kv_errors_count(const char *text);
/* It is not replied after all, or as one with others. */
void kv_errors_take_back(const char *text);
/* Add what this thread has counted, which begins anew. */
void kv_errors_take(struct kv_errors *errors);
void kv_errors_add(struct kv_errors *errors, const struct kv_errors *more);

#endif

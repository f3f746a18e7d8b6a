/* SPDX-License-Identifier: Apache-2.0 */
/* Glob: patterns of KEYS, SCAN and CONFIG GET: * ? [abc] [^a-z] and backslash. Pure. */
#ifndef KV_GLOB_H
#define KV_GLOB_H

#include "samples/kv/slice.h"

/*
 * Whether a text matches. No recursion; the work is bounded: a pair of text and pattern that takes more than
 * KV_GLOB_STEP_MAX steps does not match.
 */
#define KV_GLOB_STEP_MAX 1000000

bool kv_glob_match(struct kv_slice pattern, struct kv_slice text, bool ignore_case);

#endif

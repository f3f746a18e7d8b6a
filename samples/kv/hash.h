/* SPDX-License-Identifier: Apache-2.0 */
/* Hash: SipHash-1-3 with a secret key, so that nobody outside can choose keys that collide. Pure. */
#ifndef KV_HASH_H
#define KV_HASH_H

#include "samples/kv/slice.h"

struct kv_hash_key {
	uint64_t words[2];
};

uint64_t kv_hash(struct kv_hash_key key, struct kv_slice text);

#endif

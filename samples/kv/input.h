/* SPDX-License-Identifier: Apache-2.0 */
/* Input: bytes received and not taken yet. No memory is held while it is empty. */
#ifndef KV_INPUT_H
#define KV_INPUT_H

#include "samples/kv/slice.h"

struct kv_input {
	uint8_t *bytes;
	size_t begin;
	size_t size; /* from begin */
	size_t capacity;
};

static inline struct kv_slice kv_input_bytes(const struct kv_input *input)
{
	return (struct kv_slice){.data = input->bytes + input->begin, .size = input->size};
}

/*
 * Add bytes at the end. Its memory at least doubles when it grows, but not beyond `announced` bytes in all, if that is enough:
 * of a large request the end is known. What is moved costs no more than what came in. False: no memory; nothing changed.
 */
bool kv_input_append(struct kv_input *input, struct kv_slice more, size_t announced);
/* Bytes at the begin have been taken. */
void kv_input_take(struct kv_input *input, size_t size);
void kv_input_clear(struct kv_input *input);

#endif

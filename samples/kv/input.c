/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a block that grows by doubling, with what has been taken at its begin. */
#include "samples/kv/input.h"

#include <gatio/actor.h>

#define FIRST_CAPACITY ((size_t)1024)

static size_t grown(const struct kv_input *input, size_t needed, size_t announced)
{
	size_t capacity = input->capacity ? input->capacity : FIRST_CAPACITY;
	while (capacity < needed) {
		capacity *= 2;
	}
	return announced >= needed && announced < capacity ? announced : capacity;
}

bool kv_input_append(struct kv_input *input, struct kv_slice more, size_t announced)
{
	size_t needed = input->size + more.size;
	if (input->begin + needed > input->capacity) {
		/* Only when at least as much is free as has to move: else many short appends would move it all again and again. */
		bool is_half_free = needed <= input->capacity && input->begin >= input->size;
		if (!is_half_free) {
			size_t capacity = grown(input, input->begin + needed, announced);
			uint8_t *bytes = gatio_realloc(input->bytes, capacity);
			if (!bytes) {
				return false;
			}
			input->bytes = bytes;
			input->capacity = capacity;
		}
		if (input->begin > 0) {
			memmove(input->bytes, input->bytes + input->begin, input->size);
			input->begin = 0;
		}
	}
	memcpy(input->bytes + input->begin + input->size, more.data, more.size);
	input->size += more.size;
	return true;
}

void kv_input_clear(struct kv_input *input)
{
	gatio_free(input->bytes);
	*input = (struct kv_input){.bytes = NULL};
}

void kv_input_take(struct kv_input *input, size_t size)
{
	input->begin += size;
	input->size -= size;
	if (input->size == 0) {
		kv_input_clear(input);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz: the request parser. A request that comes in two pieces must be the one that comes in one, and nothing may be read
 * beyond the bytes that are there.
 */
#include <stdlib.h>

#include "samples/kv/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct kv_parser_limits limits = {.bulk_size_max = 4096};

static void check(bool condition)
{
	if (!condition) {
		abort();
	}
}

/* Parse a copy that ends where the memory ends. */
static enum kv_parsed parse(struct kv_parser *parser, const uint8_t *data, size_t size,
                            struct kv_request *request)
{
	uint8_t *copy = malloc(size ? size : 1);
	memcpy(copy, data, size);
	struct kv_slice slice = {.data = copy, .size = size};
	enum kv_parsed parsed = kv_request_parse(parser, &limits, slice, request);
	if (parsed == KV_PARSED_INLINE) {
		uint8_t *out = malloc(kv_inline_size_max(request->raw.size));
		long written = kv_inline_convert(request->raw, out);
		check(written <= (long)kv_inline_size_max(request->raw.size));
		free(out);
	}
	if (parsed == KV_PARSED_REQUEST) {
		struct kv_arguments arguments = kv_arguments_of(request);
		struct kv_slice argument;
		uint32_t count = 0;
		while (kv_arguments_next(&arguments, &argument)) {
			check(argument.data + argument.size + 2 <= copy + size);
			check(count >= KV_ARGUMENT_MAX || kv_same(argument, request->argv[count]));
			count++;
		}
		check(count == request->argc);
	}
	free(copy);
	return parsed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1) {
		return 0;
	}
	size_t split = data[0] % size;
	data++;
	size--;
	struct kv_parser whole = {.offset = 0};
	struct kv_parser pieces = {.offset = 0};
	struct kv_request one;
	struct kv_request two;
	enum kv_parsed parsed = parse(&whole, data, size, &one);
	enum kv_parsed early = parse(&pieces, data, split < size ? split : size, &two);
	if (early == KV_PARSED_MORE) {
		early = parse(&pieces, data, size, &two);
	}
	check(early == parsed);
	check(parsed == KV_PARSED_MORE || parsed == KV_PARSED_ERROR ||
	      (one.size == two.size && one.size > 0 && one.size <= size));
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Size classes: see size_class.h. */
#include "topology/size_class.h"

#include "base/assert.h"
#include "base/container.h"

/*
 * Invariant: a class that is the answer for a multiple of 64 is a multiple of 64 itself, so that its blocks, which
 * stand side by side from the start of a page, are aligned as heap.h says.
 * From 4672 on 14, 12, 10, 9, 8, 7, 6, 5, 4, 3 and 2 of them fill a page.
 */
static const uint16_t block_sizes[] = {
        16,   32,   48,   64,   80,   96,   112,  128,  160,   192,   224,   256,   320,
        384,  448,  512,  640,  768,  896,  1024, 1280, 1536,  1792,  2048,  2560,  3072,
        3584, 4096, 4672, 5440, 6528, 7232, 8192, 9344, 10880, 13056, 16384, 21824, 32768};

_Static_assert(GI_COUNT_OF(block_sizes) == GI_SMALL_CLASS_COUNT, "one size for each small class");

static void fill(uint8_t *table, size_t count, size_t step)
{
	uint8_t class_index = 0;
	for (size_t i = 0; i < count; i++) {
		while (block_sizes[class_index] < i * step) {
			class_index++;
			gi_assert(class_index < GI_SMALL_CLASS_COUNT);
		}
		table[i] = class_index;
	}
}

void gi_size_classes_init(struct gi_size_classes *classes)
{
	fill(classes->fine, GI_COUNT_OF(classes->fine), 16);
	fill(classes->coarse, GI_COUNT_OF(classes->coarse), 64);
}

size_t gi_size_class_block(uint32_t class_index)
{
	gi_assert(class_index < GI_CLASS_COUNT);
	if (class_index < GI_SMALL_CLASS_COUNT) {
		return block_sizes[class_index];
	}
	return gi_size_class_pages(class_index) * GI_ARENA_PAGE_SIZE;
}

uint32_t gi_size_class_pages(uint32_t class_index)
{
	gi_assert(class_index < GI_CLASS_COUNT);
	return class_index < GI_SMALL_CLASS_COUNT ? 1 : class_index - GI_SMALL_CLASS_COUNT + 1;
}

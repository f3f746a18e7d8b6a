/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Size classes: which size of block serves which size asked for.
 *
 * Small classes share a page among equal blocks: multiples of 16 up to 128, then four to each doubling, from 4 KiB on
 * such that a page divides into them with little left over. Run classes are 1 to 8 whole pages. What is larger is no
 * class: it is taken and given back one by one.
 */
#ifndef GI_TOPOLOGY_SIZE_CLASS_H
#define GI_TOPOLOGY_SIZE_CLASS_H

#include "topology/arena.h"

#include <stddef.h>
#include <stdint.h>

#define GI_SMALL_CLASS_COUNT 39u
#define GI_RUN_CLASS_COUNT   8u
#define GI_CLASS_COUNT       (GI_SMALL_CLASS_COUNT + GI_RUN_CLASS_COUNT)

#define GI_SMALL_SIZE_MAX ((size_t)32 << 10)
#define GI_CLASS_SIZE_MAX (GI_RUN_CLASS_COUNT * GI_ARENA_PAGE_SIZE)

/* Steps of 64 bytes up to GI_SMALL_SIZE_MAX, steps of 16 up to GI_FINE_SIZE_MAX. */
#define GI_FINE_SIZE_MAX ((size_t)1024)

struct gi_size_classes {
	uint8_t fine[GI_FINE_SIZE_MAX / 16 + 1];
	uint8_t coarse[GI_SMALL_SIZE_MAX / 64 + 1];
};

void gi_size_classes_init(struct gi_size_classes *classes);

static inline uint32_t gi_size_class(const struct gi_size_classes *classes, size_t size)
{
	if (size <= GI_FINE_SIZE_MAX) {
		return classes->fine[(size + 15) / 16];
	}
	if (size <= GI_SMALL_SIZE_MAX) {
		return classes->coarse[(size + 63) / 64];
	}
	return GI_SMALL_CLASS_COUNT +
	       (uint32_t)((size + GI_ARENA_PAGE_SIZE - 1) / GI_ARENA_PAGE_SIZE) - 1;
}

/* Bytes of a block of that class, and pages that hold its blocks. */
size_t gi_size_class_block(uint32_t class_index);
uint32_t gi_size_class_pages(uint32_t class_index);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Image: see image.h. */
#include "sim/image.h"
#include "sim/coverage.h"
#include "sim/kept.h"

#include "base/assert.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

/* The linker's: what the program may write, and what of it is kept. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
extern char __data_start[], _end[];
extern char __start_gi_sim_kept[], __stop_gi_sim_kept[];
/* NOLINTEND(bugprone-reserved-identifier) */

struct gi_image {
	char *bytes; /* while another one is in place */
};

static GI_SIM_KEPT struct {
	char *first;              /* what a process finds */
	struct gi_image *current; /* in place; NULL: nobody's */
} images;

/* Not memcpy(): a sanitizer has its own idea of what lies between variables. */
__attribute__((no_sanitize("address"))) static void copy(char *to, const char *from, size_t size)
{
	uintptr_t both = (uintptr_t)to | (uintptr_t)from;
	size_t i = 0;
	for (; both % sizeof(uint64_t) == 0 && i + sizeof(uint64_t) <= size;
	     i += sizeof(uint64_t)) {
		*(uint64_t *)(void *)(to + i) = *(const uint64_t *)(const void *)(from + i);
	}
	for (; i < size; i++) {
		to[i] = from[i];
	}
}

static size_t size_to(const char *end)
{
	return (size_t)(end - __data_start);
}

static char *allocate(void)
{
	char *bytes = mmap(NULL, size_to(_end), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                   -1, 0);
	return bytes == MAP_FAILED ? NULL : bytes;
}

void gi_image_take(void)
{
	images.first = allocate();
	gi_assert(images.first);
	copy(images.first, __data_start, size_to(_end));
}

struct gi_image *gi_image_create(void)
{
	struct gi_image *image = malloc(sizeof(*image));
	char *bytes = allocate();
	if (!image || !bytes) {
		free(image);
		return NULL;
	}
	copy(bytes, images.first, size_to(_end));
	image->bytes = bytes;
	return image;
}

static void put_in_place(const char *bytes)
{
	copy(__data_start, bytes, size_to(__start_gi_sim_kept));
	copy(__stop_gi_sim_kept, bytes + size_to(__stop_gi_sim_kept),
	     size_to(_end) - size_to(__stop_gi_sim_kept));
}

void gi_image_use(struct gi_image *image)
{
	gi_assert(image);
	if (images.current == image) {
		return;
	}
	if (images.current) {
		copy(images.current->bytes, __data_start, size_to(_end));
	}
	put_in_place(image->bytes);
	images.current = image;
}

void gi_image_drop(struct gi_image *image)
{
	if (images.current == image) {
		images.current = NULL;
		gi_coverage_save();
	}
}

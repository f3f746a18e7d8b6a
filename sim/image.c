/* SPDX-License-Identifier: Apache-2.0 */
/* Image: see image.h. */
#include "sim/image.h"
#include "sim/kept.h"

#include "base/assert.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

/* The linker's: what the program may write, and what of it is kept. */
extern char __data_start[], _end[];
extern char __start_gi_sim_kept[], __stop_gi_sim_kept[];

static GI_SIM_KEPT struct {
	char *bytes;
	bool is_used; /* a process has run */
} image;

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

void gi_image_take(void)
{
	image.bytes = mmap(NULL, size_to(_end), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                   -1, 0);
	gi_assert(image.bytes != MAP_FAILED);
	copy(image.bytes, __data_start, size_to(_end));
}

void gi_image_restore(void)
{
	gi_assert(image.bytes);
	if (image.is_used) {
		copy(__data_start, image.bytes, size_to(__start_gi_sim_kept));
		copy(__stop_gi_sim_kept, image.bytes + size_to(__stop_gi_sim_kept),
		     size_to(_end) - size_to(__stop_gi_sim_kept));
	}
	image.is_used = true;
}

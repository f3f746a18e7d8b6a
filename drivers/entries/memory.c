/* SPDX-License-Identifier: Apache-2.0 */
/* Ring memory and tables: one piece of memory, of which only what is used is there. */
#include "drivers/entries/state.h"

#include "base/assert.h"
#include "base/container.h"
#include "drivers/kernel.h"

#include <errno.h>
#include <string.h>

#define ENTRY_COUNT_MAX 32768u /* as io_uring_setup(2) */
#define ALIGNMENT       4096u
#define PART_ALIGNMENT  64u

/* Takes `size` bytes behind what is taken already; NULL memory only counts. */
static void *part(char *memory, size_t *taken, size_t size)
{
	void *start = memory ? memory + *taken : NULL;
	*taken += gi_round_up(size, PART_ALIGNMENT);
	return start;
}

/* Where everything lies. Returns the size of all. */
static size_t lay_out(struct gi_entries *out_entries, char *memory)
{
	uint32_t operation_max = out_entries->options.operation_max;
	size_t taken = 0;
	(void)part(memory, &taken, sizeof(*out_entries));
	out_entries->array =
	        part(memory, &taken, out_entries->entry_count * sizeof(*out_entries->array));
	out_entries->sqes =
	        part(memory, &taken, out_entries->entry_count * sizeof(*out_entries->sqes));
	out_entries->cqes =
	        part(memory, &taken, out_entries->completion_count * sizeof(*out_entries->cqes));
	out_entries->operations =
	        part(memory, &taken, operation_max * sizeof(*out_entries->operations));
	out_entries->watches = part(memory, &taken, operation_max * sizeof(*out_entries->watches));
	void *by_user_data = part(memory, &taken, gi_map_size(operation_max));
	void *by_fd = part(memory, &taken, gi_map_size(operation_max));
	gi_map_init(&out_entries->by_user_data, by_user_data, operation_max);
	gi_map_init(&out_entries->by_fd, by_fd, operation_max);
	return gi_round_up(taken, ALIGNMENT);
}

static void show(struct gi_entries *entries, struct io_uring *out_ring)
{
	memset(out_ring, 0, sizeof(*out_ring));
	out_ring->sq = (struct io_uring_sq){.khead = &entries->sq_head,
	                                    .ktail = &entries->sq_tail,
	                                    .kflags = &entries->sq_flags,
	                                    .kdropped = &entries->sq_dropped,
	                                    .array = entries->array,
	                                    .sqes = entries->sqes,
	                                    .ring_mask = entries->entry_count - 1,
	                                    .ring_entries = entries->entry_count};
	out_ring->cq = (struct io_uring_cq){.khead = &entries->cq_head,
	                                    .ktail = &entries->cq_tail,
	                                    .kflags = &entries->cq_flags,
	                                    .koverflow = &entries->cq_overflow,
	                                    .cqes = entries->cqes,
	                                    .ring_mask = entries->completion_count - 1,
	                                    .ring_entries = entries->completion_count};
	out_ring->ring_fd = entries->options.ring_fd;
	out_ring->enter_ring_fd = entries->options.ring_fd;
}

static unsigned power_of_two(unsigned count)
{
	unsigned power = 1;
	while (power < count) {
		power *= 2;
	}
	return power;
}

int gi_entries_open(struct gi_entries **out_entries, struct io_uring *out_ring,
                    const struct gi_entries_options *options)
{
	if (options->entry_count == 0 || options->entry_count > ENTRY_COUNT_MAX ||
	    options->completion_count < options->entry_count ||
	    options->completion_count < GI_COMPLETIONS_AN_ENTRY ||
	    options->completion_count > 2 * ENTRY_COUNT_MAX) {
		return -EINVAL;
	}
	struct gi_entries layout = {.options = *options, .world = options->world};
	layout.entry_count = power_of_two(options->entry_count);
	layout.completion_count = power_of_two(options->completion_count);
	layout.memory_size = lay_out(&layout, NULL);
	char *memory = gi_kernel_memory.map(layout.memory_size, ALIGNMENT);
	if (!memory) {
		return -ENOMEM;
	}
	(void)lay_out(&layout, memory);
	struct gi_entries *entries = (void *)memory;
	*entries = layout;
	show(entries, out_ring);
	*out_entries = entries;
	return 0;
}

void gi_entries_close(struct gi_entries *entries)
{
	gi_kernel_memory.unmap(entries, entries->memory_size);
}

unsigned gi_entries_completions(const struct gi_entries *entries)
{
	/* One thread has both ends: its own order is enough. */
	return entries->cq_tail - entries->cq_head;
}

uint32_t gi_entries_watch_count(const struct gi_entries *entries)
{
	return entries->watch_count;
}

void gi_entries_complete(struct gi_entries *entries, uint64_t user_data, int result, unsigned flags)
{
	gi_assert(gi_entries_room(entries) > 0);
	entries->cqes[entries->cq_tail & (entries->completion_count - 1)] =
	        (struct io_uring_cqe){.user_data = user_data, .res = result, .flags = flags};
	entries->cq_tail++;
}

bool gi_entries_post(struct gi_entries *entries, const struct io_uring_cqe *completion)
{
	if (gi_entries_room(entries) == 0) {
		return false;
	}
	gi_entries_complete(entries, completion->user_data, completion->res, completion->flags);
	return true;
}

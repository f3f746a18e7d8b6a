/* SPDX-License-Identifier: Apache-2.0 */
/* Lines: see lines.h. */
#include "drivers/entries/lines.h"

#include "base/assert.h"

#include <errno.h>

enum gi_direction gi_operation_direction(uint8_t opcode)
{
	return opcode == IORING_OP_SEND || opcode == IORING_OP_SENDMSG ? GI_DIRECTION_OUT
	                                                               : GI_DIRECTION_IN;
}

/* ---- Watches ----------------------------------------------------------------------------------------------------- */

static struct gi_watch *find_watch(const struct gi_entries *entries, int fd)
{
	gi_assert(entries->watches);
	uint32_t index = gi_map_find(&entries->by_fd, (uint64_t)(unsigned)fd);
	return index == GI_MAP_NONE ? NULL : &entries->watches[index];
}

static void mark_changed(struct gi_entries *entries, struct gi_watch *watch)
{
	if (!watch->is_changed) {
		watch->is_changed = true;
		watch->next = entries->watch_changed;
		entries->watch_changed = (uint32_t)(watch - entries->watches) + 1;
	}
}

static unsigned wanted(const struct gi_watch *watch)
{
	unsigned bits = 0;
	for (unsigned i = 0; i < GI_DIRECTION_COUNT; i++) {
		if (watch->lines[i].first != 0) {
			bits |= GI_DIRECTION_BIT(i);
		}
	}
	return bits;
}

static void free_watch(struct gi_entries *entries, struct gi_watch *watch)
{
	gi_assert(wanted(watch) == 0);
	gi_map_remove(&entries->by_fd, (uint64_t)(unsigned)watch->fd);
	gi_assert(entries->watch_count > 0);
	entries->watch_count--;
	watch->next = entries->watch_free;
	entries->watch_free = (uint32_t)(watch - entries->watches) + 1;
}

/* What waits for it ends, while there is room for more completions than room_left. */
static void fail_all(struct gi_entries *entries, struct gi_watch *watch, int err,
                     unsigned room_left)
{
	for (unsigned i = 0; i < GI_DIRECTION_COUNT; i++) {
		struct gi_operation *operation;
		while (gi_entries_room(entries) > room_left &&
		       (operation = gi_line_first(entries, watch, i))) {
			gi_entries_complete(entries, operation->user_data, err, 0);
			gi_line_remove(entries, operation);
		}
	}
}

static void update(struct gi_entries *entries, struct gi_watch *watch)
{
	unsigned bits = wanted(watch);
	if (bits != watch->told) {
		int err = entries->world->calls->watch(entries->world, watch->fd,
		                                       (uint32_t)(watch - entries->watches),
		                                       watch->told, bits);
		watch->told = (uint8_t)bits;
		if (err) {
			watch->told = 0;
			fail_all(entries, watch, err, 0);
			bits = wanted(watch);
		}
	}
	if (bits == 0 && !watch->is_changed) {
		free_watch(entries, watch);
	} else if (watch->told == 0) {
		/* It could not be watched: the next time it is free, or what is left of it fails. */
		mark_changed(entries, watch);
	}
}

void gi_entries_update_watches(struct gi_entries *entries)
{
	uint32_t link = entries->watch_changed;
	entries->watch_changed = 0;
	while (link != 0) {
		struct gi_watch *watch = &entries->watches[link - 1];
		link = watch->next;
		watch->is_changed = false;
		update(entries, watch);
	}
}

static struct gi_watch *make_watch(struct gi_entries *entries, int fd)
{
	if (entries->watch_free == 0 && entries->watch_unused == entries->options.operation_max) {
		gi_entries_update_watches(entries); /* those that nobody waits for any more */
	}
	uint32_t index = entries->watch_unused;
	if (entries->watch_free != 0) {
		index = entries->watch_free - 1;
		entries->watch_free = entries->watches[index].next;
	} else if (index < entries->options.operation_max) {
		entries->watch_unused++;
	} else {
		return NULL;
	}
	struct gi_watch *watch = &entries->watches[index];
	*watch = (struct gi_watch){.fd = fd};
	gi_map_add(&entries->by_fd, (uint64_t)(unsigned)fd, index);
	entries->watch_count++;
	return watch;
}

bool gi_watch_end(struct gi_entries *entries, int fd)
{
	gi_assert(gi_entries_room(entries) > 0);
	struct gi_watch *watch = find_watch(entries, fd);
	if (!watch) {
		return true;
	}
	fail_all(entries, watch, -ECANCELED, 1);
	if (wanted(watch) != 0) {
		return false;
	}
	update(entries, watch);
	return true;
}

/* ---- Operations -------------------------------------------------------------------------------------------------- */

static struct gi_operation *take_operation(struct gi_entries *entries)
{
	if (entries->operation_free != 0) {
		struct gi_operation *operation = &entries->operations[entries->operation_free - 1];
		entries->operation_free = operation->next;
		return operation;
	}
	return entries->operation_unused < entries->options.operation_max
	               ? &entries->operations[entries->operation_unused++]
	               : NULL;
}

bool gi_line_is_empty(const struct gi_entries *entries, int fd, enum gi_direction direction)
{
	const struct gi_watch *watch = find_watch(entries, fd);
	return !watch || watch->lines[direction].first == 0;
}

bool gi_line_append(struct gi_entries *entries, const struct gi_operation *operation)
{
	struct gi_operation *waiting = take_operation(entries);
	if (!waiting) {
		return false;
	}
	struct gi_watch *watch = find_watch(entries, operation->fd);
	watch = watch ? watch : make_watch(entries, operation->fd);
	gi_assert(watch); /* each has one that waits, or makes room for one that has */
	*waiting = *operation;
	uint32_t link = (uint32_t)(waiting - entries->operations) + 1;
	struct gi_line *line = &watch->lines[gi_operation_direction(operation->opcode)];
	waiting->watch = (uint32_t)(watch - entries->watches);
	waiting->next = 0;
	waiting->previous = line->last;
	if (line->last != 0) {
		entries->operations[line->last - 1].next = link;
	} else {
		line->first = link;
		mark_changed(entries, watch);
	}
	line->last = link;
	gi_map_add(&entries->by_user_data, waiting->user_data, link - 1);
	return true;
}

struct gi_operation *gi_line_first(struct gi_entries *entries, struct gi_watch *watch,
                                   enum gi_direction direction)
{
	uint32_t link = watch->lines[direction].first;
	return link != 0 ? &entries->operations[link - 1] : NULL;
}

struct gi_operation *gi_line_find(struct gi_entries *entries, uint64_t user_data)
{
	uint32_t index = gi_map_find(&entries->by_user_data, user_data);
	return index == GI_MAP_NONE ? NULL : &entries->operations[index];
}

void gi_line_remove(struct gi_entries *entries, struct gi_operation *operation)
{
	struct gi_watch *watch = &entries->watches[operation->watch];
	struct gi_line *line = &watch->lines[gi_operation_direction(operation->opcode)];
	gi_map_remove(&entries->by_user_data, operation->user_data);
	if (operation->previous != 0) {
		entries->operations[operation->previous - 1].next = operation->next;
	} else {
		line->first = operation->next;
	}
	if (operation->next != 0) {
		entries->operations[operation->next - 1].previous = operation->previous;
	} else {
		line->last = operation->previous;
	}
	if (line->first == 0) {
		gi_assert(line->last == 0);
		mark_changed(entries, watch);
	}
	operation->next = entries->operation_free;
	entries->operation_free = (uint32_t)(operation - entries->operations) + 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Inode: see inode.h. */
#include "sim/inode.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

/* So many changes wait; then the oldest are written, as Linux does when too much memory is dirty. */
#define CHANGES_MAX    ((size_t)65536)
#define SECTORS_A_PAGE (GI_PAGE_SIZE / GI_SECTOR_SIZE)
#define PAGES_LOST_MAX 256u
#define APPLIED_MIN    100000u
#define APPLIED_MAX    900000u

/* ---- Contents ---------------------------------------------------------------------------------------------------- */

static void reserve(struct gi_content *content, uint64_t size)
{
	if (size <= content->capacity) {
		return;
	}
	uint64_t capacity = content->capacity ? content->capacity : GI_PAGE_SIZE;
	while (capacity < size) {
		capacity *= 2;
	}
	content->bytes = realloc(content->bytes, capacity);
	gi_assert(content->bytes);
	memset(content->bytes + content->capacity, 0, capacity - content->capacity);
	content->capacity = capacity;
}

static void put_sector(struct gi_content *content, uint64_t sector, const char *bytes)
{
	reserve(content, (sector + 1) * GI_SECTOR_SIZE);
	memcpy(content->bytes + sector * GI_SECTOR_SIZE, bytes, GI_SECTOR_SIZE);
}

static void grow(struct gi_content *content, uint64_t size)
{
	reserve(content, size);
	content->size = size > content->size ? size : content->size;
}

static void shrink(struct gi_content *content, uint64_t size)
{
	if (size < content->capacity) {
		memset(content->bytes + size, 0, content->capacity - size);
	}
	content->size = size < content->size ? size : content->size;
}

static void copy_content(struct gi_content *to, const struct gi_content *from)
{
	reserve(to, from->capacity);
	if (from->capacity > 0) {
		memcpy(to->bytes, from->bytes, from->capacity);
	}
	if (to->capacity > from->capacity) {
		memset(to->bytes + from->capacity, 0, to->capacity - from->capacity);
	}
	to->size = from->size;
}

/* ---- Changes ----------------------------------------------------------------------------------------------------- */

static void apply(struct gi_content *content, const struct gi_change *change)
{
	switch (change->kind) {
	case GI_CHANGE_SECTOR:
		put_sector(content, change->at, change->bytes);
		return;
	case GI_CHANGE_GROWTH:
		grow(content, change->at);
		return;
	case GI_CHANGE_SHRINK:
		shrink(content, change->at);
		return;
	}
}

/* The first `count` are durable. */
static void write_first(struct gi_inode *inode, size_t count)
{
	gi_assert(count <= inode->change_count);
	for (size_t i = 0; i < count; i++) {
		apply(&inode->durable, &inode->changes[i]);
		free(inode->changes[i].bytes);
	}
	inode->change_count -= count;
	if (inode->change_count > 0) {
		memmove(inode->changes, inode->changes + count,
		        inode->change_count * sizeof(inode->changes[0]));
	}
}

static struct gi_change *add_change(struct gi_inode *inode, enum gi_change_kind kind, uint64_t at)
{
	if (inode->change_count == CHANGES_MAX) {
		write_first(inode, CHANGES_MAX / 2);
	}
	if (inode->change_count == inode->change_max) {
		inode->change_max = inode->change_max ? inode->change_max * 2 : 16;
		inode->changes =
		        realloc(inode->changes, inode->change_max * sizeof(inode->changes[0]));
		gi_assert(inode->changes);
	}
	struct gi_change *change = &inode->changes[inode->change_count++];
	*change = (struct gi_change){.kind = kind, .at = at};
	return change;
}

static void note_sector(struct gi_inode *inode, uint64_t sector)
{
	struct gi_change *change = add_change(inode, GI_CHANGE_SECTOR, sector);
	change->bytes = malloc(GI_SECTOR_SIZE);
	gi_assert(change->bytes);
	memcpy(change->bytes, inode->seen.bytes + sector * GI_SECTOR_SIZE, GI_SECTOR_SIZE);
}

/* ---- Use --------------------------------------------------------------------------------------------------------- */

size_t gi_inode_read(const struct gi_inode *inode, void *bytes, size_t size, uint64_t offset)
{
	if (offset >= inode->seen.size) {
		return 0;
	}
	uint64_t left = inode->seen.size - offset;
	size_t count = size < left ? size : (size_t)left;
	memcpy(bytes, inode->seen.bytes + offset, count);
	return count;
}

void gi_inode_write(struct gi_inode *inode, const void *bytes, size_t size, uint64_t offset)
{
	gi_assert(!inode->is_directory);
	gi_assert(size > 0);
	uint64_t end = offset + size;
	uint64_t last = (end - 1) / GI_SECTOR_SIZE;
	reserve(&inode->seen, (last + 1) * GI_SECTOR_SIZE);
	memcpy(inode->seen.bytes + offset, bytes, size);
	for (uint64_t sector = offset / GI_SECTOR_SIZE; sector <= last; sector++) {
		uint64_t sector_end = (sector + 1) * GI_SECTOR_SIZE;
		uint64_t reached = sector_end < end ? sector_end : end;
		note_sector(inode, sector);
		if (reached > inode->seen.size) {
			grow(&inode->seen, reached);
			(void)add_change(inode, GI_CHANGE_GROWTH, reached);
		}
	}
}

void gi_inode_resize(struct gi_inode *inode, uint64_t size)
{
	gi_assert(!inode->is_directory);
	if (size > inode->seen.size) {
		grow(&inode->seen, size);
		(void)add_change(inode, GI_CHANGE_GROWTH, size);
	} else if (size < inode->seen.size) {
		shrink(&inode->seen, size);
		(void)add_change(inode, GI_CHANGE_SHRINK, size);
	}
}

uint64_t gi_inode_page_count(const struct gi_inode *inode)
{
	return (inode->seen.size + GI_PAGE_SIZE - 1) / GI_PAGE_SIZE;
}

void gi_inode_sync(struct gi_inode *inode)
{
	write_first(inode, inode->change_count);
}

/* ---- What goes wrong --------------------------------------------------------------------------------------------- */

static size_t count_sectors(const struct gi_inode *inode)
{
	size_t count = 0;
	for (size_t i = 0; i < inode->change_count; i++) {
		count += inode->changes[i].kind == GI_CHANGE_SECTOR;
	}
	return count;
}

static uint64_t page_of(const struct gi_change *change)
{
	return change->at / SECTORS_A_PAGE;
}

/* Of one of the sectors that wait. */
static uint64_t draw_page(const struct gi_inode *inode, size_t sector_count,
                          struct gi_random *random)
{
	size_t index = (size_t)gi_random_below(random, sector_count);
	const struct gi_change *change = inode->changes;
	for (; change->kind != GI_CHANGE_SECTOR || index-- > 0; change++) {
	}
	return page_of(change);
}

bool gi_inode_lose(struct gi_inode *inode, struct gi_random *random)
{
	size_t sector_count = count_sectors(inode);
	if (sector_count == 0) {
		return false;
	}
	uint64_t first = draw_page(inode, sector_count, random);
	uint64_t end = first + gi_random_spread(random, 1, PAGES_LOST_MAX);
	size_t kept = 0;
	for (size_t i = 0; i < inode->change_count; i++) {
		struct gi_change *change = &inode->changes[i];
		if (change->kind == GI_CHANGE_SECTOR && page_of(change) >= first &&
		    page_of(change) < end) {
			free(change->bytes);
		} else {
			inode->changes[kept++] = *change;
		}
	}
	inode->change_count = kept;
	inode->error_number++;
	inode->is_error_told = false;
	return true;
}

void gi_inode_reread(struct gi_inode *inode)
{
	copy_content(&inode->seen, &inode->durable);
	for (size_t i = 0; i < inode->change_count; i++) {
		apply(&inode->seen, &inode->changes[i]);
	}
}

/* From the first byte that differs to behind the last one. false: none does. */
static bool find_difference(const char *old, const char *new, size_t *out_first, size_t *out_end)
{
	size_t first = 0;
	size_t end = GI_SECTOR_SIZE;
	while (first < end && old[first] == new[first]) {
		first++;
	}
	while (end > first && old[end - 1] == new[end - 1]) {
		end--;
	}
	*out_first = first;
	*out_end = end;
	return first < end;
}

/*
 * A sector that was being written: first new bytes and then old ones, the other way round, or zeros in the place of the rest.
 * Bytes that nobody has changed are not hurt: what SQLite calls powersafe overwrite (sqlite.org/psow.html).
 */
static void tear(char *at, const char *new, size_t from, struct gi_random *random)
{
	uint64_t how = gi_random_below(random, 3);
	for (size_t i = 0; i < GI_SECTOR_SIZE; i++) {
		bool is_new = how == 1 ? i >= from : i < from;
		if (is_new || at[i] == new[i]) {
			at[i] = new[i];
		} else if (how == 2) {
			at[i] = 0;
		}
	}
}

/* The first change that does not come, torn if that is how it goes; with it goes the growth that shows it. */
static void cut_through(struct gi_inode *inode, size_t index, struct gi_random *random)
{
	const struct gi_change *change = &inode->changes[index];
	size_t first;
	size_t end;
	if (change->kind != GI_CHANGE_SECTOR) {
		return;
	}
	reserve(&inode->durable, (change->at + 1) * GI_SECTOR_SIZE);
	char *at = inode->durable.bytes + change->at * GI_SECTOR_SIZE;
	if (!find_difference(at, change->bytes, &first, &end) ||
	    !gi_sim_strikes(GI_FAULT_DISK_TORN)) {
		return;
	}
	tear(at, change->bytes, first + (size_t)gi_random_below(random, end - first), random);
	if (index + 1 < inode->change_count && change[1].kind == GI_CHANGE_GROWTH) {
		apply(&inode->durable, &change[1]);
	}
}

/* In any order, but a shrink comes before what follows it: blocks that it frees are given anew when it is in the journal. */
static void cut_reordered(struct gi_inode *inode, size_t from, struct gi_random *random)
{
	uint32_t rate = APPLIED_MIN + (uint32_t)gi_random_below(random, APPLIED_MAX - APPLIED_MIN);
	size_t end = from;
	while (end < inode->change_count && inode->changes[end].kind != GI_CHANGE_SHRINK) {
		end++;
	}
	bool is_whole = true;
	for (size_t i = 0; i < end; i++) {
		const struct gi_change *change = &inode->changes[i];
		if (change->kind == GI_CHANGE_SHRINK || gi_random_chance(random, rate)) {
			apply(&inode->durable, change);
		} else if (is_whole) {
			cut_through(inode, i, random);
			is_whole = false;
		}
	}
}

static void cut_in_order(struct gi_inode *inode, size_t count, struct gi_random *random)
{
	for (size_t i = 0; i < count; i++) {
		apply(&inode->durable, &inode->changes[i]);
	}
	if (count < inode->change_count) {
		cut_through(inode, count, random);
	}
}

void gi_inode_cut(struct gi_inode *inode, struct gi_random *random)
{
	if (inode->change_count > 0) {
		size_t count = (size_t)gi_random_below(random, inode->change_count + 1);
		if (inode->change_count > 1 && gi_sim_strikes(GI_FAULT_DISK_REORDERED)) {
			cut_reordered(inode, count, random);
		} else {
			cut_in_order(inode, count, random);
		}
	}
	for (size_t i = 0; i < inode->change_count; i++) {
		free(inode->changes[i].bytes);
	}
	inode->change_count = 0;
	inode->open_count = 0;
	inode->is_error_told = true;
	shrink(&inode->durable, inode->durable.size);
	copy_content(&inode->seen, &inode->durable);
}

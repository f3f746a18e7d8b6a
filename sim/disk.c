/* SPDX-License-Identifier: Apache-2.0 */
/* Disk: see disk.h. */
#include "sim/disk.h"

#include "base/assert.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a path leads: a name in a directory, and what is there. */
struct place {
	struct gi_inode *directory;
	struct gi_inode *inode; /* NULL: nothing */
	char text[NAME_MAX + 1];
	bool must_be_directory; /* a slash follows */
};

/* ---- Life -------------------------------------------------------------------------------------------------------- */

static struct gi_inode *create_inode(struct gi_disk *disk, bool is_directory)
{
	struct gi_inode *inode = calloc(1, sizeof(*inode));
	gi_assert(inode);
	inode->number = ++disk->inode_count;
	inode->is_directory = is_directory;
	inode->is_error_told = true;
	inode->next = disk->inodes;
	disk->inodes = inode;
	return inode;
}

struct gi_disk *gi_disk_create(const char *name, uint64_t size)
{
	struct gi_disk *disk = calloc(1, sizeof(*disk));
	gi_assert(disk);
	snprintf(disk->name, sizeof(disk->name), "disk %s", name);
	gi_random_init(&disk->random, gi_sim_here->seed, disk->name);
	disk->page_count = size / GI_PAGE_SIZE;
	disk->root = create_inode(disk, true);
	disk->root->is_named = true;
	return disk;
}

void gi_disk_set_on_cut(struct gi_disk *disk, void (*on_cut)(void *context), void *context)
{
	disk->on_cut = on_cut;
	disk->context = context;
}

int gi_disk_may_change(struct gi_disk *disk)
{
	if (gi_sim_strikes(GI_FAULT_POWER_CUT)) {
		gi_disk_cut(disk);
		if (disk->on_cut) {
			disk->on_cut(disk->context);
		}
		return -EIO;
	}
	return disk->is_read_only ? -EROFS : 0;
}

/* A hole takes as much as what it is a hole in. After a cut there may be more than fits: a lost unlink frees nothing. */
uint64_t gi_disk_size_max(const struct gi_disk *disk, const struct gi_inode *inode)
{
	uint64_t left = disk->page_count;
	for (const struct gi_inode *other = disk->inodes; other; other = other->next) {
		if (other != inode && (other->is_named || other->open_count > 0)) {
			uint64_t count = gi_inode_page_count(other);
			left -= count < left ? count : left;
		}
	}
	return left * GI_PAGE_SIZE;
}

/* ---- Paths ------------------------------------------------------------------------------------------------------- */

static int take_name(const char **path, struct place *place)
{
	size_t size = strcspn(*path, "/");
	if (size > NAME_MAX) {
		return -ENAMETOOLONG;
	}
	memcpy(place->text, *path, size);
	place->text[size] = '\0';
	*path += size;
	place->must_be_directory = **path == '/';
	*path += strspn(*path, "/");
	return 0;
}

static int walk(const struct gi_disk *disk, const char *path, struct place *out_place)
{
	struct place place = {.directory = disk->root, .inode = disk->root};
	if (!*path) {
		return -ENOENT;
	}
	for (path += strspn(path, "/"); *path;) {
		if (!place.inode) {
			return -ENOENT;
		}
		if (!place.inode->is_directory) {
			return -ENOTDIR;
		}
		place.directory = place.inode;
		int err = take_name(&path, &place);
		if (err) {
			return err;
		}
		place.inode = gi_names_find(&disk->seen, place.directory, place.text);
	}
	if (place.inode && place.must_be_directory && !place.inode->is_directory) {
		return -ENOTDIR;
	}
	*out_place = place;
	return 0;
}

int gi_disk_find(struct gi_disk *disk, const char *path, struct gi_inode **out_inode)
{
	struct place place;
	int err = walk(disk, path, &place);
	if (!err && !place.inode) {
		err = -ENOENT;
	}
	if (!err) {
		*out_inode = place.inode;
	}
	return err;
}

/* ---- Changes of names -------------------------------------------------------------------------------------------- */

static void apply(struct gi_names *names, const struct gi_name_change *change)
{
	if (change->from) {
		gi_names_remove(names, change->from, change->from_text);
	}
	if (change->to) {
		gi_names_set(names, change->to, change->to_text, change->inode);
	}
}

static char *copy_text(const struct place *place)
{
	char *copy = strdup(place->text);
	gi_assert(copy);
	return copy;
}

/* `from`: what is taken away; `to`: where it is put; either may be NULL. */
static void change_names(struct gi_disk *disk, const struct place *from, const struct place *to,
                         struct gi_inode *inode)
{
	if (disk->change_count == disk->change_max) {
		disk->change_max = disk->change_max ? disk->change_max * 2 : 16;
		disk->changes = realloc(disk->changes, disk->change_max * sizeof(disk->changes[0]));
		gi_assert(disk->changes);
	}
	struct gi_name_change *change = &disk->changes[disk->change_count++];
	*change = (struct gi_name_change){.inode = inode};
	inode->is_named = to;
	if (from) {
		change->from = from->directory;
		change->from_text = copy_text(from);
	}
	if (to) {
		change->to = to->directory;
		change->to_text = copy_text(to);
		if (to->inode) {
			to->inode->is_named = false;
		}
	}
	apply(&disk->seen, change);
	gi_sim_trace("disk-name", inode->number, from ? to ? 2 : 0 : 1);
}

static void forget_first(struct gi_disk *disk, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(disk->changes[i].from_text);
		free(disk->changes[i].to_text);
	}
	disk->change_count -= count;
	if (disk->change_count > 0) {
		memmove(disk->changes, disk->changes + count,
		        disk->change_count * sizeof(disk->changes[0]));
	}
}

/* The first `count` are on the disk, the rest waits. */
static void commit(struct gi_disk *disk, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		apply(&disk->durable, &disk->changes[i]);
	}
	forget_first(disk, count);
}

/* Where a path leads, for a call that changes what is there. */
static int walk_to_change(struct gi_disk *disk, const char *path, struct place *out_place)
{
	int err = gi_disk_may_change(disk);
	return err ? err : walk(disk, path, out_place);
}

static int make(struct gi_disk *disk, const char *path, bool is_directory,
                struct gi_inode **out_inode)
{
	struct place place;
	int err = walk_to_change(disk, path, &place);
	if (err) {
		return err;
	}
	if (place.inode) {
		return -EEXIST;
	}
	if (place.must_be_directory && !is_directory) {
		return -EISDIR;
	}
	if (gi_sim_strikes(GI_FAULT_DISK_FULL)) {
		return -ENOSPC;
	}
	*out_inode = create_inode(disk, is_directory);
	change_names(disk, NULL, &place, *out_inode);
	return 0;
}

int gi_disk_make_file(struct gi_disk *disk, const char *path, struct gi_inode **out_inode)
{
	return make(disk, path, false, out_inode);
}

int gi_disk_make_directory(struct gi_disk *disk, const char *path)
{
	struct gi_inode *inode;
	return make(disk, path, true, &inode);
}

int gi_disk_remove_directory(struct gi_disk *disk, const char *path)
{
	struct place place;
	int err = walk_to_change(disk, path, &place);
	if (err || !place.inode) {
		return err ? err : -ENOENT;
	}
	if (!place.inode->is_directory) {
		return -ENOTDIR;
	}
	if (place.inode == disk->root) {
		return -EBUSY;
	}
	if (!gi_names_is_empty(&disk->seen, place.inode)) {
		return -ENOTEMPTY;
	}
	change_names(disk, &place, NULL, place.inode);
	return 0;
}

int gi_disk_unlink(struct gi_disk *disk, const char *path)
{
	struct place place;
	int err = walk_to_change(disk, path, &place);
	if (err || !place.inode) {
		return err ? err : -ENOENT;
	}
	if (place.inode->is_directory) {
		return -EISDIR;
	}
	change_names(disk, &place, NULL, place.inode);
	return 0;
}

static bool is_within(const struct gi_disk *disk, const struct gi_inode *inode,
                      const struct gi_inode *directory)
{
	for (; inode; inode = gi_names_above(&disk->seen, inode)) {
		if (inode == directory) {
			return true;
		}
	}
	return false;
}

/* May what is at `to` give way to what is at `from`? */
static int may_replace(const struct gi_disk *disk, const struct place *from, const struct place *to)
{
	if (!from->inode->is_directory && to->must_be_directory) {
		return -ENOTDIR;
	}
	if (is_within(disk, to->directory, from->inode)) {
		return -EINVAL;
	}
	if (!to->inode) {
		return 0;
	}
	if (to->inode->is_directory && !from->inode->is_directory) {
		return -EISDIR;
	}
	if (!to->inode->is_directory && from->inode->is_directory) {
		return -ENOTDIR;
	}
	bool is_full = to->inode->is_directory && !gi_names_is_empty(&disk->seen, to->inode);
	return is_full ? -ENOTEMPTY : 0;
}

int gi_disk_rename(struct gi_disk *disk, const char *from_path, const char *to_path)
{
	struct place from;
	struct place to;
	int err = walk_to_change(disk, from_path, &from);
	if (!err) {
		err = walk(disk, to_path, &to);
	}
	if (err || !from.inode) {
		return err ? err : -ENOENT;
	}
	if (from.inode == disk->root || to.inode == disk->root) {
		return -EBUSY;
	}
	if (from.inode == to.inode) {
		return 0;
	}
	err = may_replace(disk, &from, &to);
	if (err) {
		return err;
	}
	if (gi_sim_strikes(GI_FAULT_DISK_FULL)) {
		return -ENOSPC;
	}
	change_names(disk, &from, &to, from.inode);
	return 0;
}

/* ---- Durability -------------------------------------------------------------------------------------------------- */

int gi_disk_sync_directory(struct gi_disk *disk, const struct gi_inode *directory)
{
	size_t count = disk->change_count;
	while (count > 0 && disk->changes[count - 1].from != directory &&
	       disk->changes[count - 1].to != directory) {
		count--;
	}
	if (count > 0 && gi_sim_strikes(GI_FAULT_DISK_SYNC_FAILS)) {
		disk->is_read_only = true;
		return -EIO;
	}
	commit(disk, count);
	return 0;
}

void gi_disk_cut(struct gi_disk *disk)
{
	size_t kept = disk->change_count;
	if (kept > 0 && gi_sim_strikes(GI_FAULT_DISK_RENAME_LOST)) {
		kept = (size_t)gi_random_below(&disk->random, kept);
	}
	gi_sim_trace("disk-cut", disk->change_count, (int64_t)kept);
	commit(disk, kept);
	forget_first(disk, disk->change_count);
	gi_names_copy(&disk->seen, &disk->durable);
	for (struct gi_inode *inode = disk->inodes; inode; inode = inode->next) {
		gi_inode_cut(inode, &disk->random);
		inode->is_named = inode == disk->root || gi_names_above(&disk->seen, inode);
	}
	disk->cut_count++;
	disk->is_read_only = false;
}

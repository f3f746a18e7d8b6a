/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disk: a tree of names and what they name. It belongs to the run: processes come and go, and what they have synced stays.
 *
 * Names change as on ext4 with its journal: all at once for programs, and for the disk in the order in which they were changed,
 * each change whole or not at all. A power cut keeps the first so many of those that nobody has synced. A sync of a directory
 * makes its own changes durable, with all before them. A sync of a file says nothing of its name (fsync(2)), and a name may
 * be durable before the bytes are: noauto_da_alloc of ext4(5).
 *
 * Source: docs.kernel.org/filesystems/ext4/journal.html: transactions are replayed in order, up to the last that is whole.
 *
 * All functions return at once. Paths begin at the root, with or without a slash; there is no `.` nor `..`, and no link.
 */
#ifndef GI_SIM_DISK_H
#define GI_SIM_DISK_H

#include "sim/names.h"

#define GI_DISK_NAME 24u

struct gi_name_change {
	struct gi_inode *from; /* a directory; NULL: nothing is taken away */
	struct gi_inode *to;   /* a directory; NULL: nothing is put there */
	char *from_text;
	char *to_text;
	struct gi_inode *inode;
};

struct gi_disk {
	char name[GI_DISK_NAME];
	struct gi_random random;
	uint64_t page_count; /* that fit on it */
	struct gi_inode *inodes;
	uint32_t inode_count;
	struct gi_inode *root;
	struct gi_names seen;
	struct gi_names durable;
	struct gi_name_change *changes; /* of names, which nobody has synced */
	size_t change_count;
	size_t change_max;
	uint32_t cut_count;
	bool is_read_only; /* its journal could not be written: until the next cut */
	void (*on_cut)(void *context);
	void *context;
};

/* Empty. Lives as long as the run. name: another for each; its draws depend on it. */
struct gi_disk *gi_disk_create(const char *name, uint64_t size);
/* Called when the power goes (power-cut): whoever runs there is to end. It need not return. */
void gi_disk_set_on_cut(struct gi_disk *disk, void (*on_cut)(void *context), void *context);

/* The power is gone, and comes again: what is left is what was durable, and some of the rest. Open files are gone. */
void gi_disk_cut(struct gi_disk *disk);

/* Error of all: -ENOENT, -ENOTDIR, -ENAMETOOLONG; of those that change names also -EROFS, -ENOSPC; -EIO: the power is gone. */

/* Error: -EEXIST. */
int gi_disk_make_directory(struct gi_disk *disk, const char *path);
/* Error: -ENOTEMPTY, -EBUSY. */
int gi_disk_remove_directory(struct gi_disk *disk, const char *path);
/* Who has it open keeps it. Error: -EISDIR. */
int gi_disk_unlink(struct gi_disk *disk, const char *path);
/* In the place of what is there. Error: -EISDIR, -ENOTEMPTY, -EINVAL: into itself. */
int gi_disk_rename(struct gi_disk *disk, const char *from, const char *to);

/* ---- For file.c -------------------------------------------------------------------------------------------------- */

int gi_disk_find(struct gi_disk *disk, const char *path, struct gi_inode **out_inode);
/* A file. Error: -EEXIST, -EISDIR. */
int gi_disk_make_file(struct gi_disk *disk, const char *path, struct gi_inode **out_inode);
/* Error: -EIO, and the disk can only be read from then on. */
int gi_disk_sync_directory(struct gi_disk *disk, const struct gi_inode *directory);
/* The size that a file can have. */
uint64_t gi_disk_size_max(const struct gi_disk *disk, const struct gi_inode *inode);
/* May anything be changed? Error: -EROFS; -EIO: the power goes now. */
int gi_disk_may_change(struct gi_disk *disk);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inode: what lies on a disk, whatever its name: a directory, or the bytes of a file, as they lie there and as programs see
 * them. Between the two are the changes that nobody has synced, in their order.
 *
 * No function here fails: errors and faults of a call are file.c's.
 */
#ifndef GI_SIM_INODE_H
#define GI_SIM_INODE_H

#include "sim/sim.h"

#define GI_SECTOR_SIZE 512u
#define GI_PAGE_SIZE   4096u

struct gi_content {
	char *bytes; /* those beyond the size are zeros, or what a growth will show */
	uint64_t capacity;
	uint64_t size;
};

enum gi_change_kind {
	GI_CHANGE_SECTOR,
	GI_CHANGE_GROWTH,
	GI_CHANGE_SHRINK,
};

struct gi_change {
	enum gi_change_kind kind;
	uint64_t at; /* number of the sector; the new size */
	char *bytes; /* of the whole sector */
};

struct gi_inode {
	struct gi_inode *next; /* of the disk's */
	uint32_t number;
	bool is_directory;
	bool is_named; /* programs find it */
	uint32_t open_count;
	struct gi_content seen;
	struct gi_content durable;
	struct gi_change *changes;
	size_t change_count;
	size_t change_max;
	uint32_t error_number; /* syncs that have failed */
	bool is_error_told;    /* the last of them, to somebody */
};

/* Returns how many bytes there are, up to `size`. */
size_t gi_inode_read(const struct gi_inode *inode, void *bytes, size_t size, uint64_t offset);
void gi_inode_write(struct gi_inode *inode, const void *bytes, size_t size, uint64_t offset);
void gi_inode_resize(struct gi_inode *inode, uint64_t size);
uint64_t gi_inode_page_count(const struct gi_inode *inode);

/* All that was changed is durable. */
void gi_inode_sync(struct gi_inode *inode);
/*
 * Neighbouring pages could not be written. They are clean all the same, and seen as they were written until they are read
 * anew. false: there was nothing to write.
 *
 * Source: Rebello and others, Can Applications Recover from fsync Failures? (ATC 2020), of ext4 in ordered mode.
 */
bool gi_inode_lose(struct gi_inode *inode, struct gi_random *random);
/* What was clean is read from the disk once more. */
void gi_inode_reread(struct gi_inode *inode);

/*
 * The power is gone. A part of the changes is on the disk: the first of them, or (disk-reordered) any of them, but none that
 * follows a shrink which is not there; (disk-torn) one more sector in parts. Nobody has it open any more.
 */
void gi_inode_cut(struct gi_inode *inode, struct gi_random *random);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * File: what a descriptor of a file or of a directory stands for. Calls have the results of Linux's for io_uring's entries of
 * the same names, and all return at once: how long a disk takes is the business of who calls.
 *
 * Error of all: -EIO (also: the power has gone since it was opened), -EBADF: it is not open for that.
 */
#ifndef GI_SIM_FILE_H
#define GI_SIM_FILE_H

#include "sim/disk.h"
#include "sim/object.h"

#define GI_FILE_POSITION UINT64_MAX /* as an offset: where the last such call has ended */

struct gi_file {
	struct gi_object object;
	struct gi_disk *disk;
	struct gi_inode *inode;
	int flags; /* of open(2) */
	uint64_t position;
	uint32_t cut_count;  /* of the disk, when it was opened */
	uint32_t error_seen; /* the last failed sync that was told here */
};

/*
 * Flags: one of O_RDONLY, O_WRONLY, O_RDWR; O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY.
 *
 * Owner: gives. Error: -ENOENT, -EEXIST, -EISDIR, -ENOTDIR, -ENAMETOOLONG, -ENOSPC, -EROFS, -EIO.
 */
int gi_file_open(struct gi_file **out_file, struct gi_disk *disk, const char *path, int flags);

/* Returns the count of bytes, which may be less than asked for (disk-short-read); 0: the end. Error: -EISDIR. */
int gi_file_read(struct gi_file *file, void *bytes, size_t size, uint64_t offset);
/* Returns the count of bytes, which may be less than asked for (disk-short-write, disk-full). Error: -ENOSPC, -EFBIG, -EROFS. */
int gi_file_write(struct gi_file *file, const void *bytes, size_t size, uint64_t offset);
/* fsync(2), and fdatasync(2): the size is synced by either. -EIO: once for each failure and each who had it open. Error: -EROFS. */
int gi_file_sync(struct gi_file *file);
/* Error: -EFBIG, -ENOSPC, -EINVAL: it is not open for writing; -EROFS. */
int gi_file_resize(struct gi_file *file, uint64_t size);
int gi_file_size(const struct gi_file *file, uint64_t *out_size);

#endif

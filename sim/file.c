/* SPDX-License-Identifier: Apache-2.0 */
/* File: see file.h. */
#include "sim/file.h"

#include "base/assert.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

/* Linux reads and writes no more at once (MAX_RW_COUNT). */
#define COUNT_MAX       ((size_t)INT_MAX & ~(size_t)(GI_PAGE_SIZE - 1))
#define REREAD_MIN_NS   UINT64_C(1000000)
#define REREAD_MAX_NS   UINT64_C(60000000000)
#define REREAD_RATE     500000u
#define SIZE_OF_ANY_MAX ((uint64_t)INT64_MAX)

static bool is_gone(const struct gi_file *file)
{
	return file->cut_count != file->disk->cut_count;
}

static bool is_writable(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY;
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

static unsigned ready(const struct gi_object *object)
{
	(void)object;
	return GI_DIRECTION_BIT(GI_DIRECTION_IN) | GI_DIRECTION_BIT(GI_DIRECTION_OUT);
}

static void close_file(struct gi_object *object)
{
	struct gi_file *file = (void *)object;
	if (!is_gone(file)) {
		gi_assert(file->inode->open_count > 0);
		file->inode->open_count--;
	}
}

static int check_flags(const struct gi_disk *disk, const struct gi_inode *inode, int flags)
{
	if (inode->is_directory && (is_writable(flags) || flags & O_CREAT)) {
		return -EISDIR;
	}
	if (!inode->is_directory && flags & O_DIRECTORY) {
		return -ENOTDIR;
	}
	return is_writable(flags) && disk->is_read_only ? -EROFS : 0;
}

static int find_or_make(struct gi_disk *disk, const char *path, int flags,
                        struct gi_inode **out_inode)
{
	int err = gi_disk_find(disk, path, out_inode);
	if (err == -ENOENT && flags & O_CREAT) {
		return gi_disk_make_file(disk, path, out_inode);
	}
	if (!err && flags & O_CREAT && flags & O_EXCL) {
		return -EEXIST;
	}
	return err ? err : check_flags(disk, *out_inode, flags);
}

int gi_file_open(struct gi_file **out_file, struct gi_disk *disk, const char *path, int flags)
{
	struct gi_inode *inode;
	int err = find_or_make(disk, path, flags, &inode);
	if (!err && flags & O_TRUNC && is_writable(flags) && inode->seen.size > 0) {
		err = gi_disk_may_change(disk);
		if (!err) {
			gi_inode_resize(inode, 0);
		}
	}
	if (err) {
		return err;
	}
	struct gi_file *file = gi_object_create(sizeof(*file), GI_OBJECT_FILE);
	file->object.ready = ready;
	file->object.close = close_file;
	file->disk = disk;
	file->inode = inode;
	file->flags = flags;
	file->cut_count = disk->cut_count;
	/* What nobody was told of yet, who opens it now is (errseq_sample()). */
	file->error_seen = inode->error_number - (inode->is_error_told ? 0 : 1);
	inode->open_count++;
	gi_sim_trace("disk-open", inode->number, flags & (O_ACCMODE | O_CREAT | O_TRUNC));
	*out_file = file;
	return 0;
}

/* ---- Bytes ------------------------------------------------------------------------------------------------------- */

/* At least one byte less than asked for. */
static size_t cut_short(struct gi_file *file, size_t size, enum gi_fault fault)
{
	return size > 1 && gi_sim_strikes(fault)
	               ? (size_t)gi_random_spread(&file->disk->random, 1, size - 1)
	               : size;
}

int gi_file_read(struct gi_file *file, void *bytes, size_t size, uint64_t offset)
{
	if (is_gone(file)) {
		return -EIO;
	}
	if ((file->flags & O_ACCMODE) == O_WRONLY) {
		return -EBADF;
	}
	if (file->inode->is_directory) {
		return -EISDIR;
	}
	if (gi_sim_strikes(GI_FAULT_DISK_ERROR)) {
		return -EIO;
	}
	bool is_at_position = offset == GI_FILE_POSITION;
	uint64_t from = is_at_position ? file->position : offset;
	size = size < COUNT_MAX ? size : COUNT_MAX;
	size_t count = cut_short(file, gi_inode_read(file->inode, bytes, size, from),
	                         GI_FAULT_DISK_SHORT_READ);
	file->position = is_at_position ? from + count : file->position;
	gi_sim_trace("disk-read", file->inode->number, (int64_t)count);
	return (int)count;
}

/* How much of a write at `offset` there is room for. */
static size_t room_for(struct gi_file *file, size_t size, uint64_t offset)
{
	uint64_t size_max = gi_disk_size_max(file->disk, file->inode);
	uint64_t room = offset < size_max ? size_max - offset : 0;
	if (gi_sim_strikes(GI_FAULT_DISK_FULL)) {
		room = gi_random_below(&file->disk->random, size);
	}
	return room < size ? (size_t)room : size;
}

static int may_write(struct gi_file *file)
{
	if (is_gone(file)) {
		return -EIO;
	}
	if (!is_writable(file->flags)) {
		return -EBADF;
	}
	int err = gi_disk_may_change(file->disk);
	return !err && gi_sim_strikes(GI_FAULT_DISK_ERROR) ? -EIO : err;
}

int gi_file_write(struct gi_file *file, const void *bytes, size_t size, uint64_t offset)
{
	int err = may_write(file);
	if (err || size == 0) {
		return err;
	}
	bool is_at_position = offset == GI_FILE_POSITION;
	uint64_t at = is_at_position ? file->position : offset;
	at = file->flags & O_APPEND ? file->inode->seen.size : at;
	if (at >= SIZE_OF_ANY_MAX) {
		return -EFBIG;
	}
	size_t count = room_for(file, size < COUNT_MAX ? size : COUNT_MAX, at);
	if (count == 0) {
		return -ENOSPC;
	}
	count = cut_short(file, count, GI_FAULT_DISK_SHORT_WRITE);
	gi_inode_write(file->inode, bytes, count, at);
	file->position = is_at_position ? at + count : file->position;
	gi_trace_bytes(gi_sim_here->trace, bytes, count);
	gi_sim_trace("disk-write", file->inode->number, (int64_t)count);
	return (int)count;
}

int gi_file_resize(struct gi_file *file, uint64_t size)
{
	int err = may_write(file);
	if (err) {
		return err == -EBADF ? -EINVAL : err; /* as ftruncate(2) says it */
	}
	if (size > SIZE_OF_ANY_MAX) {
		return -EFBIG;
	}
	if (size > file->inode->seen.size && size > gi_disk_size_max(file->disk, file->inode)) {
		return -ENOSPC;
	}
	gi_inode_resize(file->inode, size);
	gi_sim_trace("disk-resize", file->inode->number, (int64_t)size);
	return 0;
}

int gi_file_size(const struct gi_file *file, uint64_t *out_size)
{
	if (is_gone(file)) {
		return -EIO;
	}
	*out_size = file->inode->seen.size;
	return 0;
}

/* ---- Durability -------------------------------------------------------------------------------------------------- */

static void reread(void *context, uint64_t argument)
{
	(void)argument;
	gi_inode_reread(context);
}

static bool is_lost(struct gi_file *file)
{
	struct gi_inode *inode = file->inode;
	struct gi_random *random = &file->disk->random;
	if (inode->change_count == 0 || !gi_sim_strikes(GI_FAULT_DISK_SYNC_FAILS) ||
	    !gi_inode_lose(inode, random)) {
		return false;
	}
	uint64_t delay_ns = gi_random_spread(random, REREAD_MIN_NS, REREAD_MAX_NS);
	if (gi_random_chance(random, REREAD_RATE)) { /* the memory is wanted for something else */
		gi_sim_in(delay_ns, reread, inode, 0);
	}
	return true;
}

int gi_file_sync(struct gi_file *file)
{
	struct gi_inode *inode = file->inode;
	int err = is_gone(file) ? -EIO : gi_disk_may_change(file->disk);
	if (err) {
		return err;
	}
	if (inode->is_directory) {
		err = gi_disk_sync_directory(file->disk, inode);
	} else if (!is_lost(file)) {
		gi_inode_sync(inode);
	}
	if (file->error_seen != inode->error_number) {
		file->error_seen = inode->error_number;
		inode->is_error_told = true;
		err = -EIO;
	}
	gi_sim_trace("disk-sync", inode->number, err);
	return err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Scratch: see scratch.h. */
#include "tests/sim/scratch.h"
#include "tests/sim/bare.h"
#include "tests/support/suite.h"

#include <fcntl.h>
#include <string.h>

struct gi_disk *scratch_begin(uint64_t seed)
{
	bare_begin(seed);
	return gi_disk_create("scratch", SCRATCH_SIZE);
}

struct gi_file *scratch_open(struct gi_disk *disk, const char *path, int flags)
{
	struct gi_file *file = NULL;
	CU_ASSERT_EQUAL_FATAL(gi_file_open(&file, disk, path, flags), 0);
	return file;
}

int scratch_open_error(struct gi_disk *disk, const char *path, int flags)
{
	struct gi_file *file = NULL;
	int err = gi_file_open(&file, disk, path, flags);
	CU_ASSERT_PTR_NULL(file);
	return err;
}

struct gi_file *scratch_make(struct gi_disk *disk, const char *path)
{
	return scratch_open(disk, path, O_RDWR | O_CREAT);
}

void scratch_close(struct gi_file *file)
{
	gi_object_put(&file->object);
}

void scratch_put(struct gi_file *file, const char *text, uint64_t offset)
{
	int size = (int)strlen(text);
	CU_ASSERT_EQUAL_FATAL(gi_file_write(file, text, (size_t)size, offset), size);
}

bool scratch_holds(struct gi_disk *disk, const char *path, const char *text)
{
	static char bytes[SCRATCH_SIZE];
	struct gi_file *file = scratch_open(disk, path, O_RDONLY);
	int got = gi_file_read(file, bytes, sizeof(bytes), 0);
	scratch_close(file);
	return got == (int)strlen(text) && memcmp(bytes, text, strlen(text)) == 0;
}

bool scratch_is_there(struct gi_disk *disk, const char *path)
{
	struct gi_inode *inode;
	return gi_disk_find(disk, path, &inode) == 0;
}

int scratch_sync_directory(struct gi_disk *disk, const char *path)
{
	struct gi_file *file = scratch_open(disk, path, O_RDONLY | O_DIRECTORY);
	int err = gi_file_sync(file);
	scratch_close(file);
	return err;
}

void scratch_make_durable(struct gi_disk *disk, const char *path, const char *text)
{
	struct gi_file *file = scratch_make(disk, path);
	scratch_put(file, text, 0);
	CU_ASSERT_EQUAL_FATAL(gi_file_sync(file), 0);
	scratch_close(file);
	CU_ASSERT_EQUAL_FATAL(scratch_sync_directory(disk, "/"), 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of sim/disk.c, names.c and file.c: what calls return, while the power is there. */
#include "tests/sim/bare.h"
#include "tests/sim/scratch.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static void open_has_the_errors_of_linux(void)
{
	struct gi_disk *disk = scratch_begin(1);
	CU_ASSERT_EQUAL(scratch_open_error(disk, "/a", O_RDONLY), -ENOENT);
	CU_ASSERT_EQUAL(scratch_open_error(disk, "", O_RDONLY | O_CREAT), -ENOENT);
	CU_ASSERT_EQUAL(scratch_open_error(disk, "/none/a", O_RDWR | O_CREAT), -ENOENT);
	CU_ASSERT_EQUAL(scratch_open_error(disk, "/a/", O_RDWR | O_CREAT), -EISDIR);
	scratch_close(scratch_make(disk, "/a"));
	CU_ASSERT_EQUAL(scratch_open_error(disk, "/a", O_RDWR | O_CREAT | O_EXCL), -EEXIST);
	CU_ASSERT_EQUAL(scratch_open_error(disk, "/a/b", O_RDWR | O_CREAT), -ENOTDIR);
	CU_ASSERT_EQUAL(scratch_open_error(disk, "/a/", O_RDONLY), -ENOTDIR);
	CU_ASSERT_EQUAL(scratch_open_error(disk, "/a", O_RDONLY | O_DIRECTORY), -ENOTDIR);
	CU_ASSERT_EQUAL(scratch_open_error(disk, "/", O_RDWR), -EISDIR);
	CU_ASSERT_EQUAL(scratch_open_error(disk, "/", O_RDONLY | O_CREAT), -EISDIR);
	char name[300];
	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	CU_ASSERT_EQUAL(scratch_open_error(disk, name, O_RDWR | O_CREAT), -ENAMETOOLONG);
	name[255] = '\0';
	scratch_close(scratch_make(disk, name));
	CU_ASSERT_TRUE(scratch_is_there(disk, name));
}

static void what_is_written_is_read(void)
{
	struct gi_disk *disk = scratch_begin(1);
	struct gi_file *file = scratch_make(disk, "/a");
	scratch_put(file, "hello", 0);
	scratch_put(file, "world", 700);
	char bytes[1000];
	CU_ASSERT_EQUAL(gi_file_read(file, bytes, sizeof(bytes), 0), 705);
	CU_ASSERT_EQUAL(memcmp(bytes, "hello\0\0\0", 8), 0);
	CU_ASSERT_EQUAL(memcmp(bytes + 698, "\0\0world", 7), 0);
	CU_ASSERT_EQUAL(gi_file_read(file, bytes, 3, 701), 3);
	CU_ASSERT_EQUAL(memcmp(bytes, "orl", 3), 0);
	CU_ASSERT_EQUAL(gi_file_read(file, bytes, sizeof(bytes), 705), 0);
	CU_ASSERT_EQUAL(gi_file_read(file, bytes, sizeof(bytes), UINT64_MAX - 1), 0);
	uint64_t size;
	CU_ASSERT_EQUAL(gi_file_size(file, &size), 0);
	CU_ASSERT_EQUAL(size, 705);
	CU_ASSERT_EQUAL(gi_file_write(file, bytes, 1, (uint64_t)INT64_MAX), -EFBIG);
	CU_ASSERT_EQUAL(gi_file_write(file, bytes, 0, 0), 0);
}

static void access_is_as_it_was_opened(void)
{
	struct gi_disk *disk = scratch_begin(1);
	struct gi_file *writer = scratch_open(disk, "/a", O_WRONLY | O_CREAT);
	struct gi_file *reader = scratch_open(disk, "/a", O_RDONLY);
	struct gi_file *directory = scratch_open(disk, "/", O_RDONLY);
	char byte;
	CU_ASSERT_EQUAL(gi_file_read(writer, &byte, 1, 0), -EBADF);
	CU_ASSERT_EQUAL(gi_file_write(reader, "x", 1, 0), -EBADF);
	CU_ASSERT_EQUAL(gi_file_resize(reader, 0), -EINVAL);
	CU_ASSERT_EQUAL(gi_file_read(directory, &byte, 1, 0), -EISDIR);
	CU_ASSERT_EQUAL(gi_file_write(directory, "x", 1, 0), -EBADF);
	CU_ASSERT_EQUAL(gi_object_ready(&reader->object),
	                GI_DIRECTION_BIT(GI_DIRECTION_IN) | GI_DIRECTION_BIT(GI_DIRECTION_OUT));
}

static void append_goes_to_the_end_position_goes_on(void)
{
	struct gi_disk *disk = scratch_begin(1);
	struct gi_file *file = scratch_make(disk, "/a");
	struct gi_file *log = scratch_open(disk, "/a", O_WRONLY | O_APPEND);
	scratch_put(file, "ab", GI_FILE_POSITION);
	scratch_put(log, "cd", 0);
	scratch_put(file, "X", GI_FILE_POSITION);
	scratch_put(log, "e", GI_FILE_POSITION);
	CU_ASSERT_TRUE(scratch_holds(disk, "/a", "abXde"));
	char bytes[4];
	struct gi_file *reader = scratch_open(disk, "/a", O_RDONLY);
	CU_ASSERT_EQUAL(gi_file_read(reader, bytes, 4, GI_FILE_POSITION), 4);
	CU_ASSERT_EQUAL(gi_file_read(reader, bytes, 4, GI_FILE_POSITION), 1);
	CU_ASSERT_EQUAL(bytes[0], 'e');
}

static void resized_file_grows_by_zeros(void)
{
	struct gi_disk *disk = scratch_begin(1);
	struct gi_file *file = scratch_make(disk, "/a");
	scratch_put(file, "hello", 0);
	CU_ASSERT_EQUAL(gi_file_resize(file, 2), 0);
	CU_ASSERT_TRUE(scratch_holds(disk, "/a", "he"));
	CU_ASSERT_EQUAL(gi_file_resize(file, 6), 0);
	char bytes[8];
	CU_ASSERT_EQUAL(gi_file_read(file, bytes, 8, 0), 6);
	CU_ASSERT_EQUAL(memcmp(bytes, "he\0\0\0\0", 6), 0);
	scratch_close(scratch_open(disk, "/a", O_WRONLY | O_TRUNC));
	CU_ASSERT_TRUE(scratch_holds(disk, "/a", ""));
	CU_ASSERT_EQUAL(gi_file_resize(file, SCRATCH_SIZE + 1), -ENOSPC);
	CU_ASSERT_EQUAL(gi_file_resize(file, UINT64_MAX), -EFBIG);
}

static void full_disk_takes_what_fits(void)
{
	struct gi_disk *disk = scratch_begin(1);
	struct gi_file *file = scratch_make(disk, "/a");
	struct gi_file *other = scratch_make(disk, "/b");
	char *bytes = calloc(1, SCRATCH_SIZE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	scratch_put(other, "x", 0); /* a page */
	int most = (int)(SCRATCH_SIZE - GI_PAGE_SIZE);
	CU_ASSERT_EQUAL(gi_file_write(file, bytes, SCRATCH_SIZE, 0), most);
	CU_ASSERT_EQUAL(gi_file_write(file, bytes, 1, (uint64_t)most), -ENOSPC);
	CU_ASSERT_EQUAL(gi_file_write(other, bytes, 100, 0), 100); /* in its page */
	CU_ASSERT_EQUAL(gi_file_write(other, bytes, 100, GI_PAGE_SIZE), -ENOSPC);
	CU_ASSERT_EQUAL(gi_disk_unlink(disk, "/a"), 0);
	CU_ASSERT_EQUAL(gi_file_write(other, bytes, 100, GI_PAGE_SIZE), -ENOSPC);
	scratch_close(file); /* it was open still */
	CU_ASSERT_EQUAL(gi_file_write(other, bytes, 100, GI_PAGE_SIZE), 100);
	free(bytes);
}

static void unlinked_file_lives_while_open(void)
{
	struct gi_disk *disk = scratch_begin(1);
	struct gi_file *file = scratch_make(disk, "/a");
	scratch_put(file, "hello", 0);
	CU_ASSERT_EQUAL(gi_disk_unlink(disk, "/a"), 0);
	CU_ASSERT_EQUAL(gi_disk_unlink(disk, "/a"), -ENOENT);
	CU_ASSERT_EQUAL(gi_disk_unlink(disk, "/"), -EISDIR);
	char bytes[5];
	CU_ASSERT_EQUAL(gi_file_read(file, bytes, 5, 0), 5);
	scratch_close(scratch_make(disk, "/a"));
	CU_ASSERT_TRUE(scratch_holds(disk, "/a", ""));
}

static void directories_hold_names(void)
{
	struct gi_disk *disk = scratch_begin(1);
	CU_ASSERT_EQUAL(gi_disk_make_directory(disk, "/d"), 0);
	CU_ASSERT_EQUAL(gi_disk_make_directory(disk, "d/e/"), 0);
	CU_ASSERT_EQUAL(gi_disk_make_directory(disk, "/d"), -EEXIST);
	CU_ASSERT_EQUAL(gi_disk_make_directory(disk, "/"), -EEXIST);
	CU_ASSERT_EQUAL(gi_disk_make_directory(disk, "/x/y"), -ENOENT);
	scratch_close(scratch_make(disk, "/d/e/f"));
	CU_ASSERT_EQUAL(gi_disk_unlink(disk, "/d/e"), -EISDIR);
	CU_ASSERT_EQUAL(gi_disk_remove_directory(disk, "/d/e/f"), -ENOTDIR);
	CU_ASSERT_EQUAL(gi_disk_remove_directory(disk, "/d/e"), -ENOTEMPTY);
	CU_ASSERT_EQUAL(gi_disk_remove_directory(disk, "/"), -EBUSY);
	CU_ASSERT_EQUAL(gi_disk_unlink(disk, "/d/e/f"), 0);
	CU_ASSERT_EQUAL(gi_disk_remove_directory(disk, "/d/e"), 0);
	CU_ASSERT_EQUAL(gi_disk_remove_directory(disk, "/d/e"), -ENOENT);
}

static void rename_replaces_at_once(void)
{
	struct gi_disk *disk = scratch_begin(1);
	scratch_put(scratch_make(disk, "/new"), "new", 0);
	struct gi_file *old = scratch_make(disk, "/current");
	scratch_put(old, "old", 0);
	CU_ASSERT_EQUAL(gi_disk_rename(disk, "/new", "/current"), 0);
	CU_ASSERT_TRUE(scratch_holds(disk, "/current", "new"));
	CU_ASSERT_FALSE(scratch_is_there(disk, "/new"));
	char bytes[3];
	CU_ASSERT_EQUAL(gi_file_read(old, bytes, 3, 0), 3);
	CU_ASSERT_EQUAL(memcmp(bytes, "old", 3), 0);
	CU_ASSERT_EQUAL(gi_disk_rename(disk, "/new", "/current"), -ENOENT);
	CU_ASSERT_EQUAL(gi_disk_rename(disk, "/current", "/current"), 0);
	CU_ASSERT_TRUE(scratch_holds(disk, "/current", "new"));
}

static void rename_has_the_errors_of_linux(void)
{
	struct gi_disk *disk = scratch_begin(1);
	CU_ASSERT_EQUAL(gi_disk_make_directory(disk, "/d"), 0);
	CU_ASSERT_EQUAL(gi_disk_make_directory(disk, "/d/e"), 0);
	CU_ASSERT_EQUAL(gi_disk_make_directory(disk, "/empty"), 0);
	scratch_close(scratch_make(disk, "/f"));
	scratch_close(scratch_make(disk, "/d/g"));
	CU_ASSERT_EQUAL(gi_disk_rename(disk, "/f", "/d"), -EISDIR);
	CU_ASSERT_EQUAL(gi_disk_rename(disk, "/d", "/f"), -ENOTDIR);
	CU_ASSERT_EQUAL(gi_disk_rename(disk, "/empty", "/d"), -ENOTEMPTY);
	CU_ASSERT_EQUAL(gi_disk_rename(disk, "/d", "/d/e/x"), -EINVAL);
	CU_ASSERT_EQUAL(gi_disk_rename(disk, "/f", "/h/"), -ENOTDIR);
	CU_ASSERT_EQUAL(gi_disk_rename(disk, "/f", "/"), -EBUSY);
	CU_ASSERT_EQUAL(gi_disk_rename(disk, "/d", "/empty"), 0);
	CU_ASSERT_TRUE(scratch_is_there(disk, "/empty/g"));
	CU_ASSERT_FALSE(scratch_is_there(disk, "/d/g"));
}

/* ---- Faults ------------------------------------------------------------------------------------------------------ */

static void short_reads_and_writes_leave_a_rest(void)
{
	struct gi_disk *disk = scratch_begin(1);
	struct gi_file *file = scratch_make(disk, "/a");
	scratch_put(file, "0123456789", 0);
	bare_set_rate(GI_FAULT_DISK_SHORT_READ, BARE_ALWAYS);
	bare_set_rate(GI_FAULT_DISK_SHORT_WRITE, BARE_ALWAYS);
	char bytes[10];
	for (int i = 0; i < 50; i++) {
		int got = gi_file_read(file, bytes, 10, 0);
		CU_ASSERT_TRUE(got >= 1 && got <= 9);
		int sent = gi_file_write(file, "0123456789", 10, 0);
		CU_ASSERT_TRUE(sent >= 1 && sent <= 9);
		CU_ASSERT_EQUAL(gi_file_read(file, bytes, 1, 0), 1);
		CU_ASSERT_EQUAL(gi_file_write(file, "0", 1, 0), 1);
	}
	CU_ASSERT_EQUAL(bare_strikes(GI_FAULT_DISK_SHORT_READ), 50);
	CU_ASSERT_EQUAL(bare_strikes(GI_FAULT_DISK_SHORT_WRITE), 50);
}

static void failed_call_changes_nothing(void)
{
	struct gi_disk *disk = scratch_begin(1);
	struct gi_file *file = scratch_make(disk, "/a");
	scratch_put(file, "hello", 0);
	bare_set_rate(GI_FAULT_DISK_ERROR, BARE_ALWAYS);
	char bytes[5];
	CU_ASSERT_EQUAL(gi_file_read(file, bytes, 5, 0), -EIO);
	CU_ASSERT_EQUAL(gi_file_write(file, "other", 5, 0), -EIO);
	CU_ASSERT_EQUAL(gi_file_resize(file, 0), -EIO);
	CU_ASSERT_EQUAL(bare_strikes(GI_FAULT_DISK_ERROR), 3);
	bare_set_rate(GI_FAULT_DISK_ERROR, 0);
	CU_ASSERT_TRUE(scratch_holds(disk, "/a", "hello"));
}

static void disk_is_full_now_and_then(void)
{
	struct gi_disk *disk = scratch_begin(1);
	struct gi_file *file = scratch_make(disk, "/a");
	bare_set_rate(GI_FAULT_DISK_FULL, BARE_ALWAYS);
	int refused_count = 0;
	int short_count = 0;
	for (int i = 0; i < 100; i++) {
		int sent = gi_file_write(file, "abc", 3, 0);
		CU_ASSERT_TRUE(sent == -ENOSPC || sent == 1 || sent == 2);
		refused_count += sent == -ENOSPC;
		short_count += sent > 0;
	}
	CU_ASSERT_TRUE(refused_count > 0 && short_count > 0);
	CU_ASSERT_EQUAL(scratch_open_error(disk, "/b", O_RDWR | O_CREAT), -ENOSPC);
	CU_ASSERT_EQUAL(gi_disk_rename(disk, "/a", "/b"), -ENOSPC);
	CU_ASSERT_EQUAL(gi_disk_unlink(disk, "/a"), 0);
	CU_ASSERT_EQUAL(bare_strikes(GI_FAULT_DISK_FULL), 102);
}

static CU_TestInfo disk_tests[] = {
        {"open has the errors of Linux", open_has_the_errors_of_linux},
        {"what is written is read", what_is_written_is_read},
        {"access is as it was opened", access_is_as_it_was_opened},
        {"append goes to the end, position goes on", append_goes_to_the_end_position_goes_on},
        {"a resized file grows by zeros", resized_file_grows_by_zeros},
        {"a full disk takes what fits", full_disk_takes_what_fits},
        {"an unlinked file lives while open", unlinked_file_lives_while_open},
        {"directories hold names", directories_hold_names},
        {"rename replaces at once", rename_replaces_at_once},
        {"rename has the errors of Linux", rename_has_the_errors_of_linux},
        {"short reads and writes leave a rest", short_reads_and_writes_leave_a_rest},
        {"a failed call changes nothing", failed_call_changes_nothing},
        {"a disk is full now and then", disk_is_full_now_and_then},
        CU_TEST_INFO_NULL,
};

const struct suite disk_suite = {"disk", disk_tests};

/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of sim/disk.c and inode.c: what is on the disk after a sync, and after the power was gone. */
#include "tests/sim/bare.h"
#include "tests/sim/scratch.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define SEEDS        200u
#define SECTOR_COUNT 6u
#define FILE_SIZE    (SECTOR_COUNT * GI_SECTOR_SIZE)

static void synced_bytes_and_names_survive(void)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct gi_disk *disk = scratch_begin(seed);
		bare_set_rate(GI_FAULT_DISK_TORN, BARE_ALWAYS);
		bare_set_rate(GI_FAULT_DISK_REORDERED, BARE_ALWAYS);
		bare_set_rate(GI_FAULT_DISK_RENAME_LOST, BARE_ALWAYS);
		scratch_make_durable(disk, "/a", "hello");
		gi_disk_cut(disk);
		CU_ASSERT_TRUE_FATAL(scratch_holds(disk, "/a", "hello"));
	}
}

static void open_file_is_gone_after_a_cut(void)
{
	struct gi_disk *disk = scratch_begin(1);
	scratch_make_durable(disk, "/a", "hello");
	struct gi_file *file = scratch_make(disk, "/a");
	struct gi_file *again;
	gi_disk_cut(disk);
	char bytes[5];
	uint64_t size;
	CU_ASSERT_EQUAL(gi_file_read(file, bytes, 5, 0), -EIO);
	CU_ASSERT_EQUAL(gi_file_write(file, "x", 1, 0), -EIO);
	CU_ASSERT_EQUAL(gi_file_resize(file, 0), -EIO);
	CU_ASSERT_EQUAL(gi_file_sync(file), -EIO);
	CU_ASSERT_EQUAL(gi_file_size(file, &size), -EIO);
	again = scratch_make(disk, "/a");
	scratch_close(file);
	CU_ASSERT_EQUAL(again->inode->open_count, 1);
	CU_ASSERT_EQUAL(gi_file_read(again, bytes, 5, 0), 5);
}

/* How many of the sectors are new, in order; -1: one is new after one that is old; -2: one is neither. */
static int count_new(struct gi_disk *disk, const char *path, char old)
{
	char bytes[FILE_SIZE];
	struct gi_file *file = scratch_open(disk, path, O_RDONLY);
	CU_ASSERT_EQUAL_FATAL(gi_file_read(file, bytes, FILE_SIZE, 0), (int)FILE_SIZE);
	scratch_close(file);
	int count = 0;
	bool has_old = false;
	bool has_gap = false;
	for (size_t i = 0; i < SECTOR_COUNT; i++) {
		const char *sector = bytes + i * GI_SECTOR_SIZE;
		bool is_new = sector[0] == 'n';
		for (size_t j = 0; j < GI_SECTOR_SIZE; j++) {
			if (sector[j] != (is_new ? 'n' : old)) {
				return -2;
			}
		}
		has_gap |= is_new && has_old;
		has_old |= !is_new;
		count += is_new;
	}
	return has_gap ? -1 : count;
}

static void fill(struct gi_file *file, char byte)
{
	char bytes[FILE_SIZE];
	memset(bytes, byte, sizeof(bytes));
	CU_ASSERT_EQUAL_FATAL(gi_file_write(file, bytes, FILE_SIZE, 0), (int)FILE_SIZE);
}

/* Sectors of old bytes; new ones over them; a cut. What has come of it, as count_new() says. */
static int overwrite_and_cut(uint64_t seed, enum gi_fault fault)
{
	struct gi_disk *disk = scratch_begin(seed);
	scratch_make_durable(disk, "/a", "");
	struct gi_file *file = scratch_make(disk, "/a");
	fill(file, 'o');
	CU_ASSERT_EQUAL_FATAL(gi_file_sync(file), 0);
	fill(file, 'n');
	if (fault != GI_FAULT_COUNT) {
		bare_set_rate(fault, BARE_ALWAYS);
	}
	gi_disk_cut(disk);
	return count_new(disk, "/a", 'o');
}

static void unsynced_sectors_come_in_order(void)
{
	bool seen[SECTOR_COUNT + 1] = {false};
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		int count = overwrite_and_cut(seed, GI_FAULT_COUNT);
		CU_ASSERT_TRUE_FATAL(count >= 0);
		seen[count] = true;
		CU_ASSERT_EQUAL(overwrite_and_cut(seed, GI_FAULT_COUNT), count);
	}
	for (size_t i = 0; i <= SECTOR_COUNT; i++) {
		CU_ASSERT_TRUE(seen[i]);
	}
}

static void reordered_sectors_leave_gaps(void)
{
	int gap_count = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		int count = overwrite_and_cut(seed, GI_FAULT_DISK_REORDERED);
		CU_ASSERT_TRUE_FATAL(count >= -1);
		gap_count += count == -1;
		CU_ASSERT_EQUAL(bare_strikes(GI_FAULT_DISK_REORDERED), 1);
	}
	CU_ASSERT_TRUE(gap_count > (int)SEEDS / 4);
}

static void torn_sector_is_neither_old_nor_new(void)
{
	int torn_count = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		int count = overwrite_and_cut(seed, GI_FAULT_DISK_TORN);
		CU_ASSERT_TRUE_FATAL(count >= -2);
		torn_count += count == -2;
		CU_ASSERT_EQUAL(count == (int)SECTOR_COUNT, bare_strikes(GI_FAULT_DISK_TORN) == 0);
	}
	CU_ASSERT_TRUE(torn_count > (int)SEEDS / 2);
}

/* A file that grows, cut: its size, and whether there are zeros where bytes were written. */
static uint64_t append_and_cut(uint64_t seed, bool *out_has_zeros)
{
	char bytes[FILE_SIZE];
	struct gi_disk *disk = scratch_begin(seed);
	scratch_make_durable(disk, "/a", "hello");
	struct gi_file *file = scratch_make(disk, "/a");
	memset(bytes, 'n', sizeof(bytes));
	CU_ASSERT_EQUAL_FATAL(gi_file_write(file, bytes, FILE_SIZE - 5, 5), (int)FILE_SIZE - 5);
	bare_set_rate(GI_FAULT_DISK_REORDERED, BARE_ALWAYS / 2);
	bare_set_rate(GI_FAULT_DISK_TORN, BARE_ALWAYS / 2);
	gi_disk_cut(disk);
	uint64_t size;
	file = scratch_open(disk, "/a", O_RDONLY);
	CU_ASSERT_EQUAL_FATAL(gi_file_size(file, &size), 0);
	CU_ASSERT_EQUAL_FATAL(gi_file_read(file, bytes, FILE_SIZE, 0), (int)size);
	CU_ASSERT_EQUAL(memcmp(bytes, "hello", 5), 0);
	*out_has_zeros = memchr(bytes, 0, (size_t)size);
	return size;
}

static void size_may_come_before_the_bytes(void)
{
	int zeros_count = 0;
	int grown_count = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		bool has_zeros;
		uint64_t size = append_and_cut(seed, &has_zeros);
		CU_ASSERT_TRUE_FATAL(size >= 5 && size <= FILE_SIZE);
		zeros_count += has_zeros;
		grown_count += size > 5;
	}
	CU_ASSERT_TRUE(zeros_count > 0 && zeros_count < (int)SEEDS);
	CU_ASSERT_TRUE(grown_count > zeros_count);
}

/* Cut to nothing and written anew: old and new bytes are never side by side. */
static void what_follows_a_shrink_comes_after_it(void)
{
	int seen[3] = {0}; /* old; empty or zeros; new */
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct gi_disk *disk = scratch_begin(seed);
		scratch_make_durable(disk, "/a", "ooooo");
		struct gi_file *file = scratch_open(disk, "/a", O_WRONLY | O_TRUNC);
		scratch_put(file, "n", 0);
		bare_set_rate(GI_FAULT_DISK_REORDERED, BARE_ALWAYS);
		gi_disk_cut(disk);
		bool is_old = scratch_holds(disk, "/a", "ooooo");
		bool is_new = scratch_holds(disk, "/a", "n");
		bool is_zero = file->inode->seen.size <= 1 && file->inode->seen.bytes[0] == 0;
		CU_ASSERT_TRUE_FATAL(is_old || is_new || is_zero);
		seen[is_old ? 0 : is_new ? 2 : 1]++;
	}
	CU_ASSERT_TRUE(seen[0] > 0 && seen[1] > 0 && seen[2] > 0);
}

/* ---- Names ------------------------------------------------------------------------------------------------------- */

static void unsynced_names_are_lost_from_the_end(void)
{
	bool seen[4] = {false};
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct gi_disk *disk = scratch_begin(seed);
		scratch_make_durable(disk, "/current", "old");
		scratch_make_durable(disk, "/rest", "");
		struct gi_file *file = scratch_make(disk, "/new");
		scratch_put(file, "new", 0);
		CU_ASSERT_EQUAL(gi_file_sync(file), 0);
		CU_ASSERT_EQUAL(gi_disk_rename(disk, "/new", "/current"), 0);
		CU_ASSERT_EQUAL(gi_disk_unlink(disk, "/rest"), 0);
		bare_set_rate(GI_FAULT_DISK_RENAME_LOST, BARE_ALWAYS);
		gi_disk_cut(disk);
		CU_ASSERT_EQUAL(bare_strikes(GI_FAULT_DISK_RENAME_LOST), 1);
		bool is_made = scratch_is_there(disk, "/new");
		bool is_renamed = scratch_holds(disk, "/current", "new");
		CU_ASSERT_TRUE_FATAL(is_renamed || scratch_holds(disk, "/current", "old"));
		CU_ASSERT_FALSE(is_made && is_renamed);
		CU_ASSERT_TRUE(scratch_is_there(disk, "/rest")); /* the last of them never comes */
		seen[is_renamed ? 2 : is_made ? 1 : 0] = true;
	}
	CU_ASSERT_TRUE(seen[0] && seen[1] && seen[2]);
}

static void sync_of_a_directory_takes_what_was_before(void)
{
	struct gi_disk *disk = scratch_begin(1);
	bare_set_rate(GI_FAULT_DISK_RENAME_LOST, BARE_ALWAYS);
	CU_ASSERT_EQUAL(gi_disk_make_directory(disk, "/d"), 0);
	scratch_close(scratch_make(disk, "/d/a"));
	scratch_close(scratch_make(disk, "/b"));
	CU_ASSERT_EQUAL(scratch_sync_directory(disk, "/d"), 0);
	gi_disk_cut(disk);
	CU_ASSERT_TRUE(scratch_is_there(disk, "/d/a"));
	CU_ASSERT_FALSE(scratch_is_there(disk, "/b"));
}

static void name_may_be_durable_before_the_bytes(void)
{
	int empty_count = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct gi_disk *disk = scratch_begin(seed);
		scratch_make_durable(disk, "/current", "old");
		scratch_put(scratch_make(disk, "/new"), "new", 0); /* nobody syncs it */
		CU_ASSERT_EQUAL(gi_disk_rename(disk, "/new", "/current"), 0);
		CU_ASSERT_EQUAL(scratch_sync_directory(disk, "/"), 0);
		gi_disk_cut(disk);
		empty_count += scratch_holds(disk, "/current", "");
		CU_ASSERT_FALSE(scratch_holds(disk, "/current", "old"));
	}
	CU_ASSERT_TRUE(empty_count > 0);
}

static void lost_unlink_brings_a_file_back(void)
{
	struct gi_disk *disk = scratch_begin(1);
	scratch_make_durable(disk, "/a", "hello");
	CU_ASSERT_EQUAL(gi_disk_unlink(disk, "/a"), 0);
	bare_set_rate(GI_FAULT_DISK_RENAME_LOST, BARE_ALWAYS);
	gi_disk_cut(disk);
	CU_ASSERT_TRUE(scratch_holds(disk, "/a", "hello"));
}

/* ---- Failed syncs ------------------------------------------------------------------------------------------------ */

static void failed_sync_is_told_once_and_loses(void)
{
	struct gi_disk *disk = scratch_begin(1);
	scratch_make_durable(disk, "/a", "old");
	struct gi_file *file = scratch_make(disk, "/a");
	scratch_put(file, "new", 0);
	bare_set_rate(GI_FAULT_DISK_SYNC_FAILS, BARE_ALWAYS);
	CU_ASSERT_EQUAL(gi_file_sync(file), -EIO);
	CU_ASSERT_EQUAL(bare_strikes(GI_FAULT_DISK_SYNC_FAILS), 1);
	CU_ASSERT_EQUAL(gi_file_sync(file), 0); /* there is nothing to write */
	CU_ASSERT_TRUE(scratch_holds(disk, "/a", "new"));
	gi_disk_cut(disk);
	CU_ASSERT_TRUE(scratch_holds(disk, "/a", "old"));
}

static void lost_pages_show_when_they_are_read_anew(void)
{
	int old_count = 0;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct gi_disk *disk = scratch_begin(seed);
		scratch_make_durable(disk, "/a", "old");
		struct gi_file *file = scratch_make(disk, "/a");
		scratch_put(file, "newer", 0);
		bare_set_rate(GI_FAULT_DISK_SYNC_FAILS, BARE_ALWAYS);
		CU_ASSERT_EQUAL(gi_file_sync(file), -EIO);
		CU_ASSERT_TRUE(scratch_holds(disk, "/a", "newer"));
		bare_finish();
		char bytes[5];
		CU_ASSERT_EQUAL(gi_file_read(file, bytes, 5, 0), 5);
		old_count += memcmp(bytes, "old\0\0", 5) == 0;
	}
	CU_ASSERT_TRUE(old_count > 0 && old_count < 20);
}

static void failed_sync_is_told_to_each_who_has_it_open(void)
{
	struct gi_disk *disk = scratch_begin(1);
	struct gi_file *a = scratch_make(disk, "/a");
	struct gi_file *b = scratch_make(disk, "/a");
	scratch_put(a, "hello", 0);
	bare_set_rate(GI_FAULT_DISK_SYNC_FAILS, BARE_ALWAYS);
	CU_ASSERT_EQUAL(gi_file_sync(a), -EIO);
	struct gi_file *late = scratch_make(disk, "/a"); /* a was told */
	CU_ASSERT_EQUAL(gi_file_sync(b), -EIO);
	CU_ASSERT_EQUAL(gi_file_sync(a), 0);
	CU_ASSERT_EQUAL(gi_file_sync(b), 0);
	CU_ASSERT_EQUAL(gi_file_sync(late), 0);
}

static void what_is_written_again_is_synced_again(void)
{
	struct gi_disk *disk = scratch_begin(1);
	scratch_make_durable(disk, "/a", "old");
	struct gi_file *file = scratch_make(disk, "/a");
	scratch_put(file, "new", 0);
	bare_set_rate(GI_FAULT_DISK_SYNC_FAILS, BARE_ALWAYS);
	CU_ASSERT_EQUAL(gi_file_sync(file), -EIO);
	bare_set_rate(GI_FAULT_DISK_SYNC_FAILS, 0);
	scratch_put(file, "new", 0);
	CU_ASSERT_EQUAL(gi_file_sync(file), 0);
	gi_disk_cut(disk);
	CU_ASSERT_TRUE(scratch_holds(disk, "/a", "new"));
}

static void failed_sync_of_a_directory_ends_all_writing(void)
{
	struct gi_disk *disk = scratch_begin(1);
	scratch_make_durable(disk, "/a", "old");
	struct gi_file *file = scratch_make(disk, "/a");
	scratch_close(scratch_make(disk, "/b"));
	bare_set_rate(GI_FAULT_DISK_SYNC_FAILS, BARE_ALWAYS);
	CU_ASSERT_EQUAL(scratch_sync_directory(disk, "/"), -EIO);
	CU_ASSERT_EQUAL(gi_file_write(file, "new", 3, 0), -EROFS);
	CU_ASSERT_EQUAL(gi_file_sync(file), -EROFS);
	CU_ASSERT_EQUAL(gi_disk_unlink(disk, "/a"), -EROFS);
	CU_ASSERT_EQUAL(scratch_open_error(disk, "/a", O_RDWR), -EROFS);
	CU_ASSERT_EQUAL(scratch_open_error(disk, "/c", O_RDWR | O_CREAT), -EROFS);
	CU_ASSERT_TRUE(scratch_holds(disk, "/a", "old"));
	gi_disk_cut(disk);
	scratch_put(scratch_make(disk, "/a"), "new", 0);
}

/* ---- Power ------------------------------------------------------------------------------------------------------- */

static void note_cut(void *context)
{
	++*(int *)context;
}

static void power_goes_in_the_middle(void)
{
	struct gi_disk *disk = scratch_begin(1);
	int count = 0;
	gi_disk_set_on_cut(disk, note_cut, &count);
	scratch_make_durable(disk, "/a", "hello");
	struct gi_file *file = scratch_make(disk, "/a");
	bare_set_rate(GI_FAULT_POWER_CUT, BARE_ALWAYS);
	CU_ASSERT_EQUAL(gi_file_write(file, "x", 1, 0), -EIO);
	CU_ASSERT_EQUAL(count, 1);
	CU_ASSERT_EQUAL(bare_strikes(GI_FAULT_POWER_CUT), 1);
	bare_set_rate(GI_FAULT_POWER_CUT, 0);
	CU_ASSERT_EQUAL(gi_file_write(file, "x", 1, 0), -EIO);
	CU_ASSERT_TRUE(scratch_holds(disk, "/a", "hello"));
}

static CU_TestInfo disk_cut_tests[] = {
        {"synced bytes and names survive", synced_bytes_and_names_survive},
        {"an open file is gone after a cut", open_file_is_gone_after_a_cut},
        {"unsynced sectors come in order", unsynced_sectors_come_in_order},
        {"reordered sectors leave gaps", reordered_sectors_leave_gaps},
        {"a torn sector is neither old nor new", torn_sector_is_neither_old_nor_new},
        {"a size may come before the bytes", size_may_come_before_the_bytes},
        {"what follows a shrink comes after it", what_follows_a_shrink_comes_after_it},
        {"unsynced names are lost from the end", unsynced_names_are_lost_from_the_end},
        {"sync of a directory takes what was before", sync_of_a_directory_takes_what_was_before},
        {"a name may be durable before the bytes", name_may_be_durable_before_the_bytes},
        {"a lost unlink brings a file back", lost_unlink_brings_a_file_back},
        {"a failed sync is told once, and loses", failed_sync_is_told_once_and_loses},
        {"lost pages show when they are read anew", lost_pages_show_when_they_are_read_anew},
        {"a failed sync is told to each who has it open",
         failed_sync_is_told_to_each_who_has_it_open},
        {"what is written again is synced again", what_is_written_again_is_synced_again},
        {"a failed sync of a directory ends all writing",
         failed_sync_of_a_directory_ends_all_writing},
        {"the power goes in the middle", power_goes_in_the_middle},
        CU_TEST_INFO_NULL,
};

const struct suite disk_cut_suite = {"disk-cut", disk_cut_tests};

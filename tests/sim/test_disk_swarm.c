/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of a disk with faults as seeds draw them: a log and a file that is replaced, by a program that does it right. What it
 * was told is durable must be there after each cut.
 */
#include "tests/sim/bare.h"
#include "tests/sim/scratch.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define SEEDS      400u
#define STEPS      150
#define LOG_MAX    60000u
#define RECORD_MAX 1500u
#define CUT_RATE   20000u

/* The program, and what it knows. */
struct keeper {
	struct gi_disk *disk;
	struct gi_random random;
	struct gi_file *log;
	unsigned char bytes[LOG_MAX];
	uint64_t written; /* of the log */
	uint64_t durable; /* of it: it was told so */
	uint64_t version; /* of the other file: it was told that this or a later one is there */
	uint64_t version_last;
	bool has_lost_power;
};

static struct keeper keeper;

static void on_cut(void *context)
{
	((struct keeper *)context)->has_lost_power = true;
}

static void check_log(const struct gi_file *log)
{
	static unsigned char bytes[LOG_MAX];
	uint64_t size = gi_inode_read(log->inode, bytes, sizeof(bytes), 0);
	CU_ASSERT_TRUE_FATAL(size >= keeper.durable);
	CU_ASSERT_EQUAL_FATAL(memcmp(bytes, keeper.bytes, (size_t)keeper.durable), 0);
}

static void check_version(void)
{
	char text[32] = "";
	struct gi_inode *inode;
	int err = gi_disk_find(keeper.disk, "/current", &inode);
	CU_ASSERT_TRUE_FATAL(err == 0 || (err == -ENOENT && keeper.version == 0));
	if (!err) {
		(void)gi_inode_read(inode, text, sizeof(text) - 1, 0);
		unsigned long long version = 0;
		CU_ASSERT_EQUAL_FATAL(sscanf(text, "version %llu.", &version), 1);
		CU_ASSERT_TRUE_FATAL(version >= keeper.version && version <= keeper.version_last);
	}
}

/* After a cut: what was promised is there; what is beyond it is thrown away. false: it does not get so far. */
static bool recover(void)
{
	keeper.has_lost_power = false;
	if (gi_file_open(&keeper.log, keeper.disk, "/log", O_RDWR | O_CREAT) ||
	    scratch_sync_directory(keeper.disk, "/")) {
		CU_ASSERT_TRUE_FATAL(keeper.durable == 0 || scratch_is_there(keeper.disk, "/log"));
		return false;
	}
	check_log(keeper.log);
	check_version();
	if (gi_file_resize(keeper.log, keeper.durable) || gi_file_sync(keeper.log)) {
		return false;
	}
	keeper.written = keeper.durable;
	return true;
}

static bool append(void)
{
	uint64_t size = gi_random_spread(&keeper.random, 1, RECORD_MAX);
	if (keeper.written + size > LOG_MAX) {
		return true;
	}
	gi_random_fill(&keeper.random, keeper.bytes + keeper.written, (size_t)size);
	int sent = gi_file_write(keeper.log, keeper.bytes + keeper.written, (size_t)size,
	                         keeper.written);
	if (sent > 0) {
		keeper.written += (uint64_t)sent; /* the rest is another record */
	}
	return sent != -EROFS;
}

/* Once a sync has failed nobody knows what is there: it begins anew from what it was told before. */
static bool sync_log(void)
{
	if (gi_file_sync(keeper.log)) {
		return false;
	}
	keeper.durable = keeper.written;
	return true;
}

static bool replace(void)
{
	char text[32];
	struct gi_file *file;
	int size = snprintf(text, sizeof(text), "version %llu.",
	                    (unsigned long long)keeper.version_last + 1);
	if (gi_file_open(&file, keeper.disk, "/new", O_WRONLY | O_CREAT | O_TRUNC)) {
		return true;
	}
	bool is_whole = gi_file_write(file, text, (size_t)size, 0) == size;
	is_whole = is_whole && gi_file_sync(file) == 0;
	scratch_close(file);
	if (!is_whole || gi_disk_rename(keeper.disk, "/new", "/current")) {
		return true;
	}
	keeper.version_last++;
	if (scratch_sync_directory(keeper.disk, "/")) {
		return false;
	}
	keeper.version = keeper.version_last;
	return true;
}

static bool step(void)
{
	switch (gi_random_below(&keeper.random, 6)) {
	case 0:
		return sync_log();
	case 1:
		return replace();
	default:
		return append();
	}
}

static void lose_power(void)
{
	if (!keeper.has_lost_power) {
		gi_disk_cut(keeper.disk);
	}
	if (keeper.log) {
		scratch_close(keeper.log);
		keeper.log = NULL;
	}
}

static uint64_t run(uint64_t seed)
{
	bare_begin_with_faults(seed);
	memset(&keeper, 0, sizeof(keeper));
	keeper.disk = gi_disk_create("swarm", SCRATCH_SIZE);
	gi_disk_set_on_cut(keeper.disk, on_cut, &keeper);
	gi_random_init(&keeper.random, seed, "keeper");
	bool is_up = recover();
	for (int i = 0; i < STEPS; i++) {
		is_up = is_up && step();
		if (!is_up || keeper.has_lost_power || gi_random_chance(&keeper.random, CUT_RATE)) {
			lose_power();
			is_up = recover();
		}
		bare_go(1000000);
	}
	lose_power();
	return gi_sim_here->trace->hash;
}

static void what_was_promised_is_there(void)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		(void)run(seed);
	}
}

static void same_seed_is_the_same_run(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		uint64_t hash = run(seed);
		CU_ASSERT_EQUAL(run(seed), hash);
	}
}

static void each_kind_of_a_disk_was_seen(void)
{
	for (enum gi_fault i = GI_FAULT_DISK_SHORT_READ; i <= GI_FAULT_POWER_CUT; i++) {
		CU_ASSERT_TRUE(bare_strikes_ever(i) > 0);
	}
}

static CU_TestInfo disk_swarm_tests[] = {
        {"what was promised is there", what_was_promised_is_there},
        {"same seed is the same run", same_seed_is_the_same_run},
        {"each kind of a disk's faults was seen", each_kind_of_a_disk_was_seen},
        CU_TEST_INFO_NULL,
};

const struct suite disk_swarm_suite = {"disk-swarm", disk_swarm_tests};

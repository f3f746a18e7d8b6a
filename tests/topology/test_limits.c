/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of topology/limits.c: control groups of both versions in a tree of files made for the test. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/suite.h"
#include "tests/support/tree.h"
#include "topology/limits.h"

#define V2_MOUNT "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"

static struct gi_limits load(void)
{
	struct gi_limits limits;
	gi_limits_load(&limits, tree_root);
	return limits;
}

static void nothing_to_read_is_no_limit(void)
{
	tree_open();
	struct gi_limits limits = load();
	CU_ASSERT_EQUAL(limits.cpu_quota_milli, 0);
	CU_ASSERT_EQUAL(limits.memory_size, GI_LIMIT_NONE);
	tree_close();
}

static void v2_quota_of_own_group_holds(void)
{
	tree_open();
	tree_put("/proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" V2_MOUNT);
	tree_put("/proc/self/cgroup", "0::/app.slice/gatio\n");
	tree_put("/sys/fs/cgroup/app.slice/gatio/cpu.max", "150000 100000\n");
	tree_put("/sys/fs/cgroup/app.slice/gatio/memory.max", "1073741824\n");
	struct gi_limits limits = load();
	CU_ASSERT_EQUAL(limits.cpu_quota_milli, 1500);
	CU_ASSERT_EQUAL(limits.memory_size, UINT64_C(1) << 30);
	tree_close();
}

static void v2_quota_of_ancestor_holds(void)
{
	tree_open();
	tree_put("/proc/self/mountinfo", V2_MOUNT);
	tree_put("/proc/self/cgroup", "0::/a/b/c\n");
	tree_put("/sys/fs/cgroup/a/b/c/cpu.max", "400000 100000\n");
	tree_put("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
	tree_put("/sys/fs/cgroup/a/cpu.max", "50000 100000\n");
	tree_put("/sys/fs/cgroup/a/b/c/memory.max", "max\n");
	tree_put("/sys/fs/cgroup/a/memory.max", "4096\n");
	struct gi_limits limits = load();
	CU_ASSERT_EQUAL(limits.cpu_quota_milli, 500);
	CU_ASSERT_EQUAL(limits.memory_size, 4096);
	tree_close();
}

/* In a container with its own cgroup namespace the mount point itself is the group. */
static void v2_quota_at_mount_point_holds(void)
{
	tree_open();
	tree_put("/proc/self/mountinfo", V2_MOUNT);
	tree_put("/proc/self/cgroup", "0::/\n");
	tree_put("/sys/fs/cgroup/cpu.max", "20000 100000\n");
	CU_ASSERT_EQUAL(load().cpu_quota_milli, 200);
	tree_close();
}

static void group_outside_mount_counts_as_mount_point(void)
{
	tree_open();
	tree_put("/proc/self/mountinfo", V2_MOUNT);
	tree_put("/proc/self/cgroup", "0::/../../other\n");
	tree_put("/sys/fs/cgroup/cpu.max", "250000 100000\n");
	tree_put("/sys/other/cpu.max", "1000 100000\n");
	CU_ASSERT_EQUAL(load().cpu_quota_milli, 2500);
	tree_close();
}

static void max_is_no_limit(void)
{
	tree_open();
	tree_put("/proc/self/mountinfo", V2_MOUNT);
	tree_put("/proc/self/cgroup", "0::/a\n");
	tree_put("/sys/fs/cgroup/a/cpu.max", "max 100000\n");
	tree_put("/sys/fs/cgroup/a/memory.max", "max\n");
	CU_ASSERT_EQUAL(load().cpu_quota_milli, 0);
	CU_ASSERT_EQUAL(load().memory_size, GI_LIMIT_NONE);
	tree_close();
}

static void junk_in_files_is_no_limit(void)
{
	const char *junk[] = {
	        "",           "\n",          "x y\n",      "100000\n",
	        "0 100000\n", "-5 100000\n", "100000 0\n", "99999999999999999999 1\n"};
	tree_open();
	tree_put("/proc/self/mountinfo", "junk\n\n1 2 - cgroup2\n" V2_MOUNT);
	tree_put("/proc/self/cgroup", "junk\n::\n0::/a\n");
	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		tree_put("/sys/fs/cgroup/a/cpu.max", junk[i]);
		CU_ASSERT_EQUAL(load().cpu_quota_milli, 0);
	}
	tree_put("/sys/fs/cgroup/a/memory.max", "much\n");
	CU_ASSERT_EQUAL(load().memory_size, GI_LIMIT_NONE);
	tree_close();
}

static void smallest_quota_is_not_zero(void)
{
	tree_open();
	tree_put("/proc/self/mountinfo", V2_MOUNT);
	tree_put("/proc/self/cgroup", "0::/a\n");
	tree_put("/sys/fs/cgroup/a/cpu.max", "100 1000000\n");
	CU_ASSERT_EQUAL(load().cpu_quota_milli, 1);
	tree_close();
}

static void put_v1(const char *mount_root)
{
	char mounts[512];
	snprintf(mounts, sizeof(mounts),
	         "31 23 0:28 %s /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
	         "32 23 0:29 %s /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	         "33 23 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n",
	         mount_root, mount_root);
	tree_put("/proc/self/mountinfo", mounts);
	tree_put("/proc/self/cgroup",
	         "5:cpuset:/wrong\n4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n"
	         "1:name=systemd:/wrong\n0::/wrong\n");
}

static void v1_quota_and_memory_hold(void)
{
	tree_open();
	put_v1("/");
	tree_put("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "300000\n");
	tree_put("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "200000\n");
	tree_put("/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us", "-1\n");
	tree_put("/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_period_us", "100000\n");
	tree_put("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "9223372036854771712\n");
	tree_put("/sys/fs/cgroup/memory/docker/memory.limit_in_bytes", "8192\n");
	struct gi_limits limits = load();
	CU_ASSERT_EQUAL(limits.cpu_quota_milli, 1500);
	CU_ASSERT_EQUAL(limits.memory_size, 8192);
	tree_close();
}

/* A container of version 1 sees its own group mounted as the whole, but its path from the real root. */
static void v1_mount_root_is_cut_off(void)
{
	tree_open();
	put_v1("/docker/abc");
	tree_put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n");
	tree_put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
	CU_ASSERT_EQUAL(load().cpu_quota_milli, 500);
	tree_close();
}

static void escaped_mount_point_is_found(void)
{
	tree_open();
	tree_put("/proc/self/mountinfo", "30 23 0:26 / /my\\040groups rw - cgroup2 none rw\n");
	tree_put("/proc/self/cgroup", "0::/\n");
	tree_put("/my groups/cpu.max", "70000 100000\n");
	CU_ASSERT_EQUAL(load().cpu_quota_milli, 700);
	tree_close();
}

static void machine_tells_its_memory(void)
{
	tree_open();
	tree_put("/proc/meminfo", "MemTotal:       24684084 kB\nMemFree:        23670992 kB\n");
	CU_ASSERT_EQUAL(load().machine_size, UINT64_C(24684084) * 1024);
	CU_ASSERT_EQUAL(load().memory_size, GI_LIMIT_NONE);
	tree_close();
}

/* Without /proc the C library asks the kernel: "none" would end in the kernel's killer. */
static void hidden_meminfo_is_not_no_limit(void)
{
	static const char *const contents[] = {"", "MemTotal: junk kB\n", "MemFree: 5 kB\n",
	                                       "MemTotal: 18446744073709551615 kB\n"};
	for (size_t i = 0; i < 4; i++) {
		tree_open();
		if (contents[i][0]) {
			tree_put("/proc/meminfo", contents[i]);
		}
		CU_ASSERT_EQUAL(load().machine_size, (uint64_t)sysconf(_SC_PHYS_PAGES) *
		                                             (uint64_t)sysconf(_SC_PAGESIZE));
		tree_close();
	}
}

static void resource_limits_are_soft_ones(void)
{
	struct rlimit before;
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &before), 0);
	struct rlimit small = {.rlim_cur = 100, .rlim_max = before.rlim_max};
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &small), 0);
	struct gi_limits limits;
	gi_limits_load(&limits, NULL);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
	CU_ASSERT_EQUAL(limits.nofile_count, 100);

	struct rlimit memlock;
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_MEMLOCK, &memlock), 0);
	uint64_t expected = memlock.rlim_cur == RLIM_INFINITY ? GI_LIMIT_NONE : memlock.rlim_cur;
	CU_ASSERT_EQUAL(limits.memlock_size, expected);
}

static const CU_TestInfo tests[] = {
        {"nothing to read is no limit", nothing_to_read_is_no_limit},
        {"v2: the own group's quota holds", v2_quota_of_own_group_holds},
        {"v2: an ancestor's quota holds", v2_quota_of_ancestor_holds},
        {"v2: quota at the mount point holds", v2_quota_at_mount_point_holds},
        {"a group outside counts as mount point", group_outside_mount_counts_as_mount_point},
        {"max is no limit", max_is_no_limit},
        {"junk in files is no limit", junk_in_files_is_no_limit},
        {"the smallest quota is not zero", smallest_quota_is_not_zero},
        {"v1: quota and memory limit hold", v1_quota_and_memory_hold},
        {"v1: the mount root is cut off", v1_mount_root_is_cut_off},
        {"an escaped mount point is found", escaped_mount_point_is_found},
        {"machine tells its memory", machine_tells_its_memory},
        {"hidden meminfo is not no limit", hidden_meminfo_is_not_no_limit},
        {"resource limits are the soft ones", resource_limits_are_soft_ones},
        CU_TEST_INFO_NULL,
};

const struct suite limits_suite = {"limits", tests};

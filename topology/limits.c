/* SPDX-License-Identifier: Apache-2.0 */
/* Limits: control groups of both versions, from this process's group up to the root of the mount. */
#include "topology/limits.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/assert.h"

/* Version 1 says "no limit" as the largest number of whole pages; nobody has a machine half that large. */
#define NO_MEMORY_LIMIT (UINT64_C(1) << 62)

struct reader {
	const char *root; /* before every path */
	struct gi_limits *limits;
};

/* One mounted hierarchy, as a line of mountinfo tells it; points into that line. */
struct hierarchy {
	const char *mount_root; /* the part of the hierarchy that is mounted */
	const char *mount_point;
	bool is_v2;
	const char *controllers; /* version 1: among the super options */
};

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static FILE *open_below(const struct reader *reader, const char *path)
{
	char full[PATH_MAX];
	int length = snprintf(full, sizeof(full), "%s%s", reader->root, path);
	return length < (int)sizeof(full) ? fopen(full, "re") : NULL;
}

static bool read_line(const char *directory, const char *name, char *line, int size)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path)) {
		return false;
	}
	FILE *file = fopen(path, "re");
	if (!file) {
		return false;
	}
	bool is_read = fgets(line, size, file) != NULL;
	fclose(file);
	return is_read;
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

static void limit_cpu(struct gi_limits *limits, long long quota_us, long long period_us)
{
	if (quota_us <= 0 || period_us <= 0 || quota_us > LLONG_MAX / 1000) {
		return;
	}
	long long milli = quota_us * 1000 / period_us;
	milli = milli < 1 ? 1 : milli;
	if (milli <= UINT32_MAX &&
	    (limits->cpu_quota_milli == 0 || milli < limits->cpu_quota_milli)) {
		limits->cpu_quota_milli = (uint32_t)milli;
	}
}

static void limit_memory(struct gi_limits *limits, const char *text)
{
	char *end;
	unsigned long long size = strtoull(text, &end, 10);
	if (end != text && size < NO_MEMORY_LIMIT && size < limits->memory_size) {
		limits->memory_size = size;
	}
}

static void read_group_v2(struct gi_limits *limits, const char *directory)
{
	char line[128];
	long long quota_us;
	long long period_us;
	if (read_line(directory, "cpu.max", line, sizeof(line)) &&
	    sscanf(line, "%lld %lld", &quota_us, &period_us) ==
	            2) { /* "max 100000" does not match */
		limit_cpu(limits, quota_us, period_us);
	}
	if (read_line(directory, "memory.max", line, sizeof(line))) {
		limit_memory(limits, line);
	}
}

static void read_group_v1(struct gi_limits *limits, const char *directory)
{
	char line[128];
	if (read_line(directory, "cpu.cfs_quota_us", line, sizeof(line))) {
		long long quota_us = strtoll(line, NULL, 10);
		if (read_line(directory, "cpu.cfs_period_us", line, sizeof(line))) {
			limit_cpu(limits, quota_us, strtoll(line, NULL, 10));
		}
	}
	if (read_line(directory, "memory.limit_in_bytes", line, sizeof(line))) {
		limit_memory(limits, line);
	}
}

/* ---- Groups ------------------------------------------------------------------------------------------------------ */

/* Is a word among "cpu,cpuacct"? */
static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = words; at; at = strchr(at, ',')) {
		at += *at == ',';
		size_t end = strcspn(at, ",\n");
		if (end == length && memcmp(at, word, length) == 0) {
			return true;
		}
	}
	return false;
}

/* Is this line of /proc/self/cgroup ("4:cpu,cpuacct:/path") about the hierarchy? The path is cut out of the line. */
static const char *match_group(char *line, const struct hierarchy *hierarchy)
{
	line[strcspn(line, "\n")] = '\0';
	char *controllers = strchr(line, ':');
	char *path = controllers ? strchr(controllers + 1, ':') : NULL;
	if (!path) {
		return NULL;
	}
	*controllers++ = '\0';
	*path++ = '\0';
	if (hierarchy->is_v2) {
		return *controllers == '\0' ? path : NULL;
	}
	bool is_ours =
	        (has_word(controllers, "cpu") && has_word(hierarchy->controllers, "cpu")) ||
	        (has_word(controllers, "memory") && has_word(hierarchy->controllers, "memory"));
	return is_ours ? path : NULL;
}

/* The group's directory, seen from the mount point. A group outside of what is mounted counts as the mount point. */
static const char *below_mount(const char *path, const char *mount_root)
{
	size_t length = strcmp(mount_root, "/") == 0 ? 0 : strlen(mount_root);
	bool is_below = strncmp(path, mount_root, length) == 0 &&
	                (path[length] == '/' || path[length] == '\0');
	if (!is_below || strncmp(path + length, "/..", 3) == 0 || strcmp(path + length, "/") == 0) {
		return "";
	}
	return path + length;
}

/* A limit of any group above holds as well. */
static void read_groups(struct reader *reader, const struct hierarchy *hierarchy, const char *path)
{
	char directory[PATH_MAX];
	int mount_length = snprintf(directory, sizeof(directory), "%s%s", reader->root,
	                            hierarchy->mount_point);
	if (mount_length >= (int)sizeof(directory)) {
		return;
	}
	size_t room = sizeof(directory) - (size_t)mount_length;
	if (snprintf(directory + mount_length, room, "%s",
	             below_mount(path, hierarchy->mount_root)) >= (int)room) {
		directory[mount_length] = '\0';
	}
	for (;;) { /* each round cuts the path, down to the mount point */
		if (hierarchy->is_v2) {
			read_group_v2(reader->limits, directory);
		} else {
			read_group_v1(reader->limits, directory);
		}
		char *slash = strrchr(directory, '/');
		if (!slash || slash < directory + mount_length) {
			return;
		}
		*slash = '\0';
	}
}

static void read_hierarchy(struct reader *reader, const struct hierarchy *hierarchy)
{
	FILE *file = open_below(reader, "/proc/self/cgroup");
	char *line = NULL;
	size_t size = 0;
	while (file && getline(&line, &size, file) > 0) {
		const char *path = match_group(line, hierarchy);
		if (path) {
			read_groups(reader, hierarchy, path);
			break;
		}
	}
	free(line);
	if (file) {
		fclose(file);
	}
}

/* ---- Mounts ------------------------------------------------------------------------------------------------------ */

/* Blanks and backslashes stand as "\040" in mountinfo. */
static void unescape(char *text)
{
	char *to = text;
	for (const char *from = text; *from; to++) {
		unsigned code;
		if (from[0] == '\\' && sscanf(from + 1, "%3o", &code) == 1) {
			*to = (char)code;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* "36 35 98:0 ROOT POINT rw,noatime master:1 - cgroup2 none rw,cpu": false if it is no control group. */
static bool parse_mount(char *line, struct hierarchy *out_hierarchy)
{
	char *before[6];
	char *kind = strstr(line, " - ");
	if (!kind) {
		return false;
	}
	*kind = '\0';
	char *rest = NULL;
	char *type = strtok_r(kind + 3, " \n", &rest);
	strtok_r(NULL, " \n", &rest); /* the source says nothing */
	char *options = strtok_r(NULL, " \n", &rest);
	bool is_v2 = type && strcmp(type, "cgroup2") == 0;
	if (!type || !options || (!is_v2 && strcmp(type, "cgroup") != 0)) {
		return false;
	}
	char *at = line;
	for (unsigned i = 0; i < 6; i++) {
		before[i] = strtok_r(i ? NULL : at, " ", &rest);
		if (!before[i]) {
			return false;
		}
	}
	unescape(before[3]);
	unescape(before[4]);
	*out_hierarchy = (struct hierarchy){before[3], before[4], is_v2, options};
	return is_v2 || has_word(options, "cpu") || has_word(options, "memory");
}

static void read_mounts(struct reader *reader)
{
	FILE *file = open_below(reader, "/proc/self/mountinfo");
	char *line = NULL;
	size_t size = 0;
	while (file && getline(&line, &size, file) > 0) {
		struct hierarchy hierarchy;
		if (parse_mount(line, &hierarchy)) {
			read_hierarchy(reader, &hierarchy);
		}
	}
	free(line);
	if (file) {
		fclose(file);
	}
}

/* ---- Machine ----------------------------------------------------------------------------------------------------- */

static bool read_total(const struct reader *reader, uint64_t *out_size)
{
	char line[128];
	unsigned long long kib = 0;
	FILE *file = open_below(reader, "/proc/meminfo");
	while (file && kib == 0 && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "MemTotal: %llu kB", &kib) != 1 || kib > UINT64_MAX / 1024) {
			kib = 0;
		}
	}
	if (file) {
		fclose(file);
	}
	*out_size = (uint64_t)kib * 1024;
	return kib > 0;
}

uint64_t gi_machine_memory(const char *root)
{
	struct reader reader = {root ? root : "", NULL};
	uint64_t size;
	if (read_total(&reader, &size)) {
		return size;
	}
	long pages = sysconf(_SC_PHYS_PAGES);
	long page_size = sysconf(_SC_PAGESIZE);
	return pages > 0 && page_size > 0 ? (uint64_t)pages * (uint64_t)page_size : GI_LIMIT_NONE;
}

static uint64_t resource_limit(__rlimit_resource_t resource)
{
	struct rlimit limit;
	if (getrlimit(resource, &limit) || limit.rlim_cur == RLIM_INFINITY) {
		return GI_LIMIT_NONE;
	}
	return limit.rlim_cur;
}

void gi_limits_load(struct gi_limits *out_limits, const char *root)
{
	gi_assert(out_limits);
	*out_limits = GI_LIMITS_NONE;
	out_limits->machine_size = gi_machine_memory(root);
	out_limits->memlock_size = resource_limit(RLIMIT_MEMLOCK);
	out_limits->nofile_count = resource_limit(RLIMIT_NOFILE);
	struct reader reader = {root ? root : "", out_limits};
	read_mounts(&reader);
}

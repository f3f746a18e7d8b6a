/* SPDX-License-Identifier: Apache-2.0 */
/* Plan, roles: the option taken apart. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "topology/plan_build.h"

#define ROLES_HELP                                                                                 \
	"use both, split, counts such as io=1 tasks=7, or CPU lists such as io:0,8 tasks:1-7"

static const struct {
	const char *name;
	enum gi_role role;
} role_names[GI_ROLE_COUNT] = {
        {"io", GI_ROLE_IO},
        {"both", GI_ROLE_BOTH},
        {"tasks", GI_ROLE_TASKS},
};

static int read_count(struct gi_plan_build *build, const char *text, size_t length,
                      uint32_t *out_count)
{
	uint32_t count = 0;
	bool is_number = length > 0;
	for (size_t i = 0; i < length && is_number; i++) {
		is_number = isdigit((unsigned char)text[i]) != 0;
		if (count <= GI_DRIVER_COUNT_MAX) {
			count = count * 10 + (uint32_t)(text[i] - '0');
		}
	}
	if (!is_number || count > GI_DRIVER_COUNT_MAX) {
		return gi_plan_refuse(build, gi_plan_roles_option(build),
		                      "\"%.*s\" is not a number of drivers; write 0 to %u",
		                      length > 40 ? 40 : (int)length, text, GI_DRIVER_COUNT_MAX);
	}
	gi_assert(count <= GI_DRIVER_COUNT_MAX);
	*out_count = count;
	return 0;
}

static int read_role_cpus(struct gi_plan_build *build, const char *text, size_t length,
                          struct gi_cpu_set *out_cpus)
{
	struct gi_plan_list list =
	        gi_plan_list_in_use(build, gi_plan_roles_option(build), text, length);
	return gi_plan_read_list(build, &list, out_cpus);
}

/* One word, "io=1" or "io:0,8". */
static int read_item(struct gi_plan_build *build, const char *item, size_t length,
                     struct gi_plan_roles *roles)
{
	size_t name_length = 0;
	while (name_length < length && item[name_length] != '=' && item[name_length] != ':') {
		name_length++;
	}
	if (name_length == length) {
		return gi_plan_refuse(build, gi_plan_roles_option(build), ROLES_HELP);
	}
	uint32_t role = GI_ROLE_COUNT;
	for (uint32_t i = 0; i < GI_ROLE_COUNT; i++) {
		if (strlen(role_names[i].name) == name_length &&
		    memcmp(role_names[i].name, item, name_length) == 0) {
			role = role_names[i].role;
		}
	}
	if (role == GI_ROLE_COUNT) {
		return gi_plan_refuse(build, gi_plan_roles_option(build),
		                      "\"%.*s\" is not a role; a role is io, tasks or both",
		                      name_length > 40 ? 40 : (int)name_length, item);
	}
	if (roles->is_given[role]) {
		return gi_plan_refuse(build, gi_plan_roles_option(build),
		                      "%.*s is given twice; give each role once", (int)name_length,
		                      item);
	}
	gi_assert(role < GI_ROLE_COUNT);
	roles->is_given[role] = true;
	const char *rest = item + name_length + 1;
	size_t rest_length = length - name_length - 1;
	if (item[name_length] == '=') {
		roles->has_counts = true;
		return read_count(build, rest, rest_length, &roles->counts[role]);
	}
	roles->has_lists = true;
	return read_role_cpus(build, rest, rest_length, &roles->lists[role]);
}

static int read_items(struct gi_plan_build *build, struct gi_plan_roles *roles)
{
	const char *at = gi_plan_roles_option(build).value;
	gi_assert(at); /* or its default */
	at += strspn(at, " \t");
	do { /* at least once: an empty option is refused as an item */
		size_t length = strcspn(at, " \t");
		int err = read_item(build, at, length, roles);
		if (err) {
			return err;
		}
		at += length;
		at += strspn(at, " \t");
	} while (*at);
	if (roles->has_counts && roles->has_lists) {
		return gi_plan_refuse(build, gi_plan_roles_option(build),
		                      "counts and CPU lists do not mix; " ROLES_HELP);
	}
	return 0;
}

int gi_plan_read_roles(struct gi_plan_build *build, struct gi_plan_roles *roles)
{
	const char *value = gi_plan_roles_option(build).value;
	roles->is_split = strcmp(value, "split") == 0;
	if (roles->is_split || strcmp(value, "both") == 0) {
		return 0;
	}
	return read_items(build, roles);
}

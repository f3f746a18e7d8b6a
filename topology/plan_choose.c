/* SPDX-License-Identifier: Apache-2.0 */
/* Plan, drivers: how many, on which PUs of their TPC, in which role. */
#include <errno.h>
#include <stdio.h>

#include "base/assert.h"
#include "topology/plan_build.h"

/* In which a TPC hands out its PUs: io drivers are spread over its L3 groups first. */
static const enum gi_role role_order[GI_ROLE_COUNT] = {GI_ROLE_IO, GI_ROLE_BOTH, GI_ROLE_TASKS};

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

/* CPUs of a TPC, as a list. */
static const char *format_tpc(const struct gi_plan_build *build, uint32_t tpc_index, char *text,
                              size_t size)
{
	struct gi_cpu_set cpus = {.words = {0}};
	for (uint32_t i = 0; i < build->topology->pu_count; i++) {
		if (build->tpc_of_pu[i] == tpc_index) {
			gi_cpu_set_add(&cpus, build->topology->pus[i].os_index);
		}
	}
	return gi_cpu_list_format(&cpus, text, size);
}

/* ---- Both -------------------------------------------------------------------------------------------------------- */

/* Drivers that keep a quota busy: as many as its CPUs, begun ones included. UINT32_MAX: no quota. */
static uint32_t quota_count(const struct gi_plan_build *build)
{
	uint32_t milli = build->limits->cpu_quota_milli;
	return milli == 0 ? UINT32_MAX : milli / 1000 + (milli % 1000 != 0);
}

static uint32_t default_count(const struct gi_plan_build *build)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < build->tpc_count; i++) {
		count += build->groups[i].core_count;
	}
	uint32_t quota = quota_count(build);
	count = count < quota ? count : quota;
	if (build->has_tpc_lists && count < build->tpc_count) {
		count = build->tpc_count;
	}
	return count < GI_DRIVER_COUNT_MAX ? count : GI_DRIVER_COUNT_MAX;
}

/* One driver a TPC and round, while the TPC has fewer than its cap. Returns how many found no place. */
static uint32_t spread_below(struct gi_plan_build *build, uint32_t count,
                             uint32_t (*cap)(const struct gi_pick_group *group))
{
	bool is_full = false;
	while (count > 0 && !is_full) {
		is_full = true;
		for (uint32_t i = 0; i < build->tpc_count && count > 0; i++) {
			struct gi_pick_group *group = &build->groups[i];
			if (group->want_count < cap(group)) {
				group->want_count++;
				count--;
				is_full = false;
			}
		}
	}
	return count;
}

static uint32_t core_cap(const struct gi_pick_group *group)
{
	return group->core_count;
}

static uint32_t pu_cap(const struct gi_pick_group *group)
{
	return group->pick_count;
}

static uint32_t no_cap(const struct gi_pick_group *group)
{
	(void)group;
	return UINT32_MAX;
}

/* Past its last PU a TPC begins again with its first: drivers share. */
static int place(struct gi_plan_build *build, uint32_t tpc_index, uint32_t position,
                 enum gi_role role)
{
	const struct gi_pick_group *group = &build->groups[tpc_index];
	gi_assert(group->pick_count > 0);
	const struct gi_pick *pick =
	        &build->picks[group->pick_first + position % group->pick_count];
	return gi_plan_add_choice(build, tpc_index, pick->pu_index, role);
}

static int choose_both(struct gi_plan_build *build)
{
	uint32_t count = build->options->driver_count;
	count = count ? count : default_count(build);
	count = spread_below(build, count, core_cap);
	count = spread_below(build, count, pu_cap);
	count = spread_below(build, count, no_cap);
	gi_assert(count == 0);
	for (uint32_t i = 0; i < build->tpc_count; i++) {
		for (uint32_t j = 0; j < build->groups[i].want_count; j++) {
			int err = place(build, i, j, GI_ROLE_BOTH);
			if (err) {
				return err;
			}
		}
	}
	return 0;
}

/* ---- Split ------------------------------------------------------------------------------------------------------- */

struct split {
	bool is_pair; /* which cores it looks for: with two PUs, or with one */
	uint32_t count_max;
	uint32_t next[GI_TPC_COUNT_MAX]; /* the core of each TPC to look at */
};

/* The next fitting core of a TPC becomes an io and a tasks driver, or one that does both. */
static int take_core(struct gi_plan_build *build, struct split *split, uint32_t tpc_index)
{
	const struct gi_pick_group *group = &build->groups[tpc_index];
	gi_assert(tpc_index < build->tpc_count);
	gi_assert(group->core_count <= group->pick_count);
	while (split->next[tpc_index] < group->core_count) {
		const struct gi_pick *pick =
		        &build->picks[group->pick_first + split->next[tpc_index]++];
		if ((pick->sibling_pu_index != GI_INDEX_NONE) != split->is_pair) {
			continue;
		}
		if (!split->is_pair) {
			return gi_plan_add_choice(build, tpc_index, pick->pu_index, GI_ROLE_BOTH);
		}
		int err = gi_plan_add_choice(build, tpc_index, pick->pu_index, GI_ROLE_IO);
		return err ? err
		           : gi_plan_add_choice(build, tpc_index, pick->sibling_pu_index,
		                                GI_ROLE_TASKS);
	}
	return 0;
}

static int take_cores(struct gi_plan_build *build, struct split *split)
{
	gi_assert(split->count_max > 0);
	gi_assert(split->count_max <= GI_DRIVER_COUNT_MAX);
	uint32_t step = split->is_pair ? 2 : 1;
	uint32_t before;
	do {
		before = build->choice_count;
		for (uint32_t i = 0; i < build->tpc_count; i++) {
			if (build->choice_count + step > split->count_max) {
				return 0;
			}
			int err = take_core(build, split, i);
			if (err) {
				return err;
			}
		}
	} while (build->choice_count > before);
	return 0;
}

static uint32_t count_pairs(const struct gi_plan_build *build)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < build->pick_count; i++) {
		count += build->picks[i].sibling_pu_index != GI_INDEX_NONE;
	}
	return count;
}

static int choose_split(struct gi_plan_build *build)
{
	uint32_t pair_count = count_pairs(build);
	if (pair_count == 0) {
		return gi_plan_refuse(
		        build, gi_plan_roles_option(build),
		        "no core in use has two PUs (SMT siblings); use both, or counts "
		        "such as io=1 tasks=1");
	}
	uint32_t wanted = build->options->driver_count;
	uint32_t quota = quota_count(build) < 2 ? 2 : quota_count(build);
	struct split pairs = {.is_pair = true, .count_max = wanted ? wanted : quota};
	if (pairs.count_max > GI_DRIVER_COUNT_MAX) {
		pairs.count_max = GI_DRIVER_COUNT_MAX;
	}
	struct split singles = {.is_pair = false, .count_max = pairs.count_max};
	int err = take_cores(build, &pairs);
	if (!err) {
		err = take_cores(build, &singles);
	}
	if (!err && wanted && build->choice_count != wanted) {
		return gi_plan_refuse(
		        build, gi_plan_roles_option(build),
		        "%u driver%s cannot be made of pairs of SMT siblings; there %s "
		        "%u pair%s, so driver_count can be an even number up to %u",
		        wanted, plural(wanted), pair_count == 1 ? "is" : "are", pair_count,
		        plural(pair_count), 2 * pair_count);
	}
	return err;
}

/* ---- Counts ------------------------------------------------------------------------------------------------------ */

/* "3 drivers", "2 drivers in each of 4 TPCs, 8 in all". Returns the text. */
static const char *format_total(const struct gi_plan_build *build, uint32_t each_count, char *text,
                                size_t size)
{
	int length = snprintf(text, size, "%u driver%s", each_count, plural(each_count));
	if (build->tpc_count > 1) {
		snprintf(text + length, size - (size_t)length, " in each of %u TPCs, %u in all",
		         build->tpc_count, each_count * build->tpc_count);
	}
	return text;
}

/* More drivers than PUs only if the option driver_count says the same. */
static int check_counts(struct gi_plan_build *build, uint32_t each_count)
{
	uint32_t total = each_count * build->tpc_count;
	uint32_t wanted = build->options->driver_count;
	char text[80];
	format_total(build, each_count, text, sizeof(text));
	if (total > GI_DRIVER_COUNT_MAX) {
		return gi_plan_refuse(build, gi_plan_roles_option(build),
		                      "that is %s; there can be at most %u", text,
		                      GI_DRIVER_COUNT_MAX);
	}
	if (wanted && wanted != total) {
		return gi_plan_refuse(build, gi_plan_roles_option(build),
		                      "that is %s, but the option driver_count says %u", text,
		                      wanted);
	}
	for (uint32_t i = 0; i < build->tpc_count && !wanted; i++) {
		char cpus[80];
		if (each_count > build->groups[i].pick_count) {
			return gi_plan_refuse(
			        build, gi_plan_roles_option(build),
			        "TPC %u has %u PU%s (CPU%s %s) for %u drivers; use fewer, "
			        "or driver_count=%u to let them share",
			        i, build->groups[i].pick_count, plural(build->groups[i].pick_count),
			        plural(build->groups[i].pick_count),
			        format_tpc(build, i, cpus, sizeof(cpus)), each_count, total);
		}
	}
	return 0;
}

static int choose_counts(struct gi_plan_build *build, const struct gi_plan_roles *roles)
{
	uint32_t each_count = 0;
	for (uint32_t i = 0; i < GI_ROLE_COUNT; i++) {
		each_count += roles->counts[i];
	}
	if (each_count == 0) {
		return gi_plan_refuse(build, gi_plan_roles_option(build),
		                      "that is no driver at all; each TPC needs one for tasks");
	}
	gi_assert(each_count <= GI_ROLE_COUNT * GI_DRIVER_COUNT_MAX);
	int err = check_counts(build, each_count);
	for (uint32_t i = 0; i < build->tpc_count && !err; i++) {
		uint32_t position = 0;
		for (uint32_t j = 0; j < GI_ROLE_COUNT; j++) {
			enum gi_role role = role_order[j];
			for (uint32_t k = 0; k < roles->counts[role] && !err; k++) {
				err = place(build, i, position++, role);
			}
		}
	}
	return err;
}

/* ---- Lists ------------------------------------------------------------------------------------------------------- */

static int choose_listed(struct gi_plan_build *build, const struct gi_plan_roles *roles,
                         uint32_t pu_index)
{
	gi_assert(pu_index < build->topology->pu_count);
	uint32_t cpu = build->topology->pus[pu_index].os_index;
	uint32_t tpc_index = build->tpc_of_pu[pu_index];
	bool is_chosen = false;
	for (uint32_t i = 0; i < GI_ROLE_COUNT; i++) {
		if (!gi_cpu_set_has(&roles->lists[i], cpu)) {
			continue;
		}
		if (is_chosen) {
			return gi_plan_refuse(build, gi_plan_roles_option(build),
			                      "CPU %u has two roles, but a PU holds one driver; "
			                      "name it once, or as both:%u",
			                      cpu, cpu);
		}
		if (tpc_index == GI_TPC_NONE) {
			return gi_plan_refuse(build, gi_plan_roles_option(build),
			                      "CPU %u is in no TPC; the option tpcs is \"%.60s\"",
			                      cpu, build->options->tpcs);
		}
		int err = gi_plan_add_choice(build, tpc_index, pu_index, (enum gi_role)i);
		if (err) {
			return err;
		}
		is_chosen = true;
	}
	return 0;
}

static int choose_lists(struct gi_plan_build *build, const struct gi_plan_roles *roles)
{
	for (uint32_t i = 0; i < build->topology->pu_count; i++) {
		int err = choose_listed(build, roles, i);
		if (err) {
			return err;
		}
	}
	uint32_t wanted = build->options->driver_count;
	if (wanted && wanted != build->choice_count) {
		return gi_plan_refuse(build, gi_plan_roles_option(build),
		                      "that names %u driver%s, but the option driver_count says %u",
		                      build->choice_count, plural(build->choice_count), wanted);
	}
	return 0;
}

/* ---- The whole --------------------------------------------------------------------------------------------------- */

static int check_count(struct gi_plan_build *build)
{
	uint32_t count = build->options->driver_count;
	char value[16];
	snprintf(value, sizeof(value), "%u", count);
	if (count > GI_DRIVER_COUNT_MAX) {
		return gi_plan_refuse(build, (struct gi_plan_option){"driver_count", value},
		                      "there can be at most %u", GI_DRIVER_COUNT_MAX);
	}
	if (count && build->has_tpc_lists && count < build->tpc_count) {
		return gi_plan_refuse(build, (struct gi_plan_option){"driver_count", value},
		                      "the option tpcs names %u TPCs, and each needs a driver",
		                      build->tpc_count);
	}
	return 0;
}

/* Every TPC must run actors, and every TPC named by hand must exist. */
static int check_tpcs(struct gi_plan_build *build)
{
	for (uint32_t i = 0; i < build->tpc_count; i++) {
		uint32_t driver_count = 0;
		uint32_t tasks_count = 0;
		for (uint32_t j = 0; j < build->choice_count; j++) {
			bool is_here = build->choices[j].tpc_index == i;
			driver_count += is_here;
			tasks_count += is_here && build->choices[j].role != GI_ROLE_IO;
		}
		char cpus[80];
		format_tpc(build, i, cpus, sizeof(cpus));
		if (driver_count > 0 && tasks_count == 0) {
			return gi_plan_refuse(
			        build, gi_plan_roles_option(build),
			        "TPC %u (CPUs %s) has no tasks driver; give one of its "
			        "CPUs the role tasks or both",
			        i, cpus);
		}
		if (driver_count == 0 && build->has_tpc_lists) {
			return gi_plan_refuse(
			        build, gi_plan_roles_option(build),
			        "TPC %u (CPUs %s) has no driver; give one of its CPUs "
			        "the role tasks or both, or take it out of tpcs",
			        i, cpus);
		}
	}
	return 0;
}

static int choose(struct gi_plan_build *build, const struct gi_plan_roles *roles)
{
	if (roles->is_split) {
		return choose_split(build);
	}
	if (roles->has_counts) {
		return choose_counts(build, roles);
	}
	return roles->has_lists ? choose_lists(build, roles) : choose_both(build);
}

int gi_plan_choose(struct gi_plan_build *build)
{
	gi_assert(build->tpc_count > 0);
	gi_assert(build->choice_count == 0);
	struct gi_plan_roles roles = {.is_split = false};
	int err = check_count(build);
	if (!err) {
		err = gi_plan_read_roles(build, &roles);
	}
	if (!err) {
		err = choose(build, &roles);
	}
	gi_assert(build->choice_count <= GI_DRIVER_COUNT_MAX);
	return err ? err : check_tpcs(build);
}

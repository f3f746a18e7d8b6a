/* SPDX-License-Identifier: Apache-2.0 */
/* Plan under construction: what its parts (plan_tpcs.c, plan_roles.c, plan_choose.c, plan.c) have in common. */
#include "topology/plan_build.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"

/* Characters of an option's value that a refusal repeats. */
#define VALUE_SHOWN_MAX 60

/* ---- Refusals ---------------------------------------------------------------------------------------------------- */

int gi_plan_refuse(struct gi_plan_build *build, struct gi_plan_option option, const char *format,
                   ...)
{
	char reason[400];
	va_list arguments;
	va_start(arguments, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is started */
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	snprintf(build->refusal->text, sizeof(build->refusal->text), "%s \"%.*s%s\": %s",
	         option.name, VALUE_SHOWN_MAX, option.value,
	         strnlen(option.value, VALUE_SHOWN_MAX + 1) > VALUE_SHOWN_MAX ? "..." : "", reason);
	return -EINVAL;
}

static int refuse_cpu(struct gi_plan_build *build, const struct gi_plan_list *list, uint32_t cpu)
{
	char possible[160];
	gi_cpu_list_format(list->possible, possible, sizeof(possible));
	if (gi_topology_pu_index(build->topology, cpu) == GI_INDEX_NONE) {
		return gi_plan_refuse(build, list->option, "there is no CPU %u; %s %s", cpu,
		                      list->whose, possible);
	}
	return gi_plan_refuse(build, list->option, "CPU %u is not available; %s %s", cpu,
	                      list->whose, possible);
}

int gi_plan_read_list(struct gi_plan_build *build, const struct gi_plan_list *list,
                      struct gi_cpu_set *out_cpus)
{
	struct gi_cpu_list_fault fault;
	if (gi_cpu_list_parse(out_cpus, list->text, list->length, &fault)) {
		char possible[160] = "";
		if (fault.is_unknown) {
			gi_cpu_list_format(list->possible, possible, sizeof(possible));
		}
		return gi_plan_refuse(
		        build, list->option, "%s%s%s%s%s", fault.text, fault.is_unknown ? "; " : "",
		        fault.is_unknown ? list->whose : "", fault.is_unknown ? " " : "", possible);
	}
	uint32_t cpu = gi_cpu_set_next(out_cpus, 0);
	for (; cpu < GI_CPU_COUNT_MAX; cpu = gi_cpu_set_next(out_cpus, cpu + 1)) {
		if (!gi_cpu_set_has(list->possible, cpu)) {
			return refuse_cpu(build, list, cpu);
		}
	}
	return 0;
}

struct gi_plan_list gi_plan_list_in_use(const struct gi_plan_build *build,
                                        struct gi_plan_option option, const char *text,
                                        size_t length)
{
	return (struct gi_plan_list){
	        .option = option,
	        .text = text,
	        .length = length,
	        .possible = &build->cpus,
	        .whose = build->options->cpus ? "the option cpus allows" : "this process may use",
	};
}

/* ---- Options as given ------------------------------------------------------------------------------------------ */

struct gi_plan_option gi_plan_roles_option(const struct gi_plan_build *build)
{
	const char *roles = build->options->roles;
	return (struct gi_plan_option){"roles", roles ? roles : "both"};
}

struct gi_plan_option gi_plan_tpcs_option(const struct gi_plan_build *build)
{
	const char *tpcs = build->options->tpcs;
	return (struct gi_plan_option){"tpcs", tpcs ? tpcs : "node"};
}

/* ---- Choices ----------------------------------------------------------------------------------------------------- */

int gi_plan_add_choice(struct gi_plan_build *build, uint32_t tpc_index, uint32_t pu_index,
                       enum gi_role role)
{
	gi_assert(tpc_index < build->tpc_count);
	gi_assert(build->tpc_of_pu[pu_index] == tpc_index);
	gi_assert(build->choice_count <= GI_DRIVER_COUNT_MAX);
	if (build->choice_count == GI_DRIVER_COUNT_MAX) {
		return gi_plan_refuse(build, gi_plan_roles_option(build),
		                      "that makes more than %u drivers, the most there can be",
		                      GI_DRIVER_COUNT_MAX);
	}
	build->choices[build->choice_count] = (struct gi_choice){
	        .tpc_index = tpc_index,
	        .pu_index = pu_index,
	        .order = build->choice_count,
	        .role = role,
	};
	build->choice_count++;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Plan under construction: which PUs are in use, which TPC each belongs to, and which got a driver. Private to plan*.c */
#ifndef GI_TOPOLOGY_PLAN_BUILD_H
#define GI_TOPOLOGY_PLAN_BUILD_H

#include "topology/cpu_list.h"
#include "topology/plan.h"

#define GI_TPC_NONE UINT32_MAX

/* A PU in use, in the order in which its TPC takes PUs: cores before siblings, turn by turn over L3 groups. */
struct gi_pick {
	uint32_t tpc_index;
	uint32_t rank;    /* among the PUs of its core in this TPC; 0: the core's first */
	uint32_t ordinal; /* of its core among those of its L3 group in this TPC */
	uint32_t pu_index;
	uint32_t sibling_pu_index; /* of a core's first: its second in this TPC, or GI_INDEX_NONE */
};

struct gi_pick_group {
	uint32_t pick_first;
	uint32_t pick_count;
	uint32_t core_count; /* the first picks: one a core */
	uint32_t want_count; /* drivers it is to get */
};

struct gi_choice {
	uint32_t tpc_index;
	uint32_t pu_index;
	uint32_t order; /* of choosing */
	enum gi_role role;
};

struct gi_plan_build {
	const struct gi_topology *topology;
	const struct gi_limits *limits;
	const struct gi_plan_options *options;
	struct gi_plan_refusal *refusal;

	struct gi_cpu_set cpus; /* in use, by the kernel's numbers */
	bool has_tpc_lists;     /* the TPCs are CPU lists: each must get a driver */
	uint32_t tpc_count;
	uint32_t tpc_of_pu[GI_PU_COUNT_MAX]; /* GI_TPC_NONE: the PU is not in use */

	struct gi_pick_group groups[GI_TPC_COUNT_MAX];
	uint32_t pick_count;
	struct gi_pick picks[GI_PU_COUNT_MAX];

	uint32_t choice_count;
	struct gi_choice choices[GI_DRIVER_COUNT_MAX];
	struct gi_plan plan;
};

/* An option as its owner wrote it. */
struct gi_plan_option {
	const char *name;
	const char *value;
};

/* Write the sentence `name "value": ...`. Returns -EINVAL. */
__attribute__((format(printf, 3, 4))) int
gi_plan_refuse(struct gi_plan_build *build, struct gi_plan_option option, const char *format, ...);

/* A CPU list that is the value of an option or a part of it. */
struct gi_plan_list {
	struct gi_plan_option option;
	const char *text;
	size_t length;
	const struct gi_cpu_set *possible;
	const char *whose; /* "this process may use", to stand before `possible` */
};

/* Read a list; every CPU of it must be one of the possible ones. */
int gi_plan_read_list(struct gi_plan_build *build, const struct gi_plan_list *list,
                      struct gi_cpu_set *out_cpus);

/* A list that is a part of an option, for gi_plan_read_list(): every CPU of it must be in use. */
struct gi_plan_list gi_plan_list_in_use(const struct gi_plan_build *build,
                                        struct gi_plan_option option, const char *text,
                                        size_t length);

/* Which TPC each PU in use belongs to, from options->tpcs. */
int gi_plan_group(struct gi_plan_build *build);

/* Drivers on PUs with roles, from options->roles and the count. */
int gi_plan_choose(struct gi_plan_build *build);

#define GI_ROLE_COUNT 3u

/* The option roles taken apart; arrays by enum gi_role. */
struct gi_plan_roles {
	bool is_split;
	bool has_counts;
	bool has_lists;
	bool is_given[GI_ROLE_COUNT];
	uint32_t counts[GI_ROLE_COUNT];
	struct gi_cpu_set lists[GI_ROLE_COUNT];
};

int gi_plan_read_roles(struct gi_plan_build *build, struct gi_plan_roles *roles);

/* These options as given, or their defaults. */
struct gi_plan_option gi_plan_roles_option(const struct gi_plan_build *build);
struct gi_plan_option gi_plan_tpcs_option(const struct gi_plan_build *build);

/* Put a driver on a PU. -EINVAL, refused: more than GI_DRIVER_COUNT_MAX. */
int gi_plan_add_choice(struct gi_plan_build *build, uint32_t tpc_index, uint32_t pu_index,
                       enum gi_role role);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Draw: a machine and the plan on it, as text for people, JSON for programs and SVG for walls. */
#ifndef GI_TOPOLOGY_DRAW_H
#define GI_TOPOLOGY_DRAW_H

#include "topology/plan.h"

#include <stdio.h>

/* Lent for the call. */
struct gi_drawing {
	const struct gi_topology *topology;
	const struct gi_limits *limits;
	const struct gi_plan *plan;
};

/* Error of each: -EIO the stream takes no more. */
int gi_draw_text(FILE *out, const struct gi_drawing *drawing);
int gi_draw_json(FILE *out, const struct gi_drawing *drawing);
int gi_draw_svg(FILE *out, const struct gi_drawing *drawing);

/* ---- What the three have in common ------------------------------------------------------------------------------- */

struct gi_draw_size {
	char text[24];
};

/* What is written reaches the stream's end. Error: -EIO. */
int gi_draw_finish(FILE *out);

/* "both", "io" or "tasks". */
const char *gi_role_name(enum gi_role role);

/* Bytes for people: "512 B", "31.2 GiB"; GI_LIMIT_NONE is "none". */
struct gi_draw_size gi_draw_size(uint64_t bytes);

/* The drivers on a PU lie side by side in the plan: the first, or GI_INDEX_NONE, and how many. */
uint32_t gi_draw_drivers_of(const struct gi_drawing *drawing, uint32_t pu_index,
                            uint32_t *out_count);

/* Drivers of one role in a TPC; GI_INDEX_NONE: in all TPCs. */
uint32_t gi_draw_role_count(const struct gi_plan *plan, uint32_t tpc_index, enum gi_role role);

#endif

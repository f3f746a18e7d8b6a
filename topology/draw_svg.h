/* SPDX-License-Identifier: Apache-2.0 */
/* Draw, SVG: where everything lies. Private to draw_svg*.c. All lengths are pixels. */
#ifndef GI_TOPOLOGY_DRAW_SVG_H
#define GI_TOPOLOGY_DRAW_SVG_H

#include "topology/draw.h"

struct gi_svg_box {
	int x;
	int y;
	int width;
	int height;
};

/* Boxes of equal size, row by row. */
struct gi_svg_grid {
	int columns;
	int rows;
	int width; /* of one box */
	int height;
	int gap;
};

enum {
	GI_SVG_MARGIN = 36,
	GI_SVG_HEAD_HEIGHT = 140,
	GI_SVG_PU_HEIGHT = 26,
	GI_SVG_PU_GAP = 4,
	GI_SVG_CORE_PAD = 7,
	GI_SVG_CORE_HEAD = 20,
	GI_SVG_L3_PAD = 12,
	GI_SVG_L3_HEAD = 32,
	GI_SVG_NODE_PAD = 16,
	GI_SVG_NODE_HEAD = 60,
};

struct gi_svg_layout {
	int width;
	int height;
	struct gi_svg_grid cores;    /* of an L3 group, from its inner corner */
	struct gi_svg_grid l3s;      /* of a node, from its inner corner */
	struct gi_svg_grid nodes;    /* with CPUs, from nodes_y */
	struct gi_svg_grid memories; /* nodes without CPUs, below */
	struct gi_svg_grid tpcs;     /* cards at the foot */
	int nodes_y;
	int memories_y;
	int tpcs_y;
};

void gi_svg_lay_out(struct gi_svg_layout *out_layout, const struct gi_drawing *drawing);

/* The box at a place of a grid whose first box begins at x, y. */
struct gi_svg_box gi_svg_grid_box(const struct gi_svg_grid *grid, int x, int y, uint32_t place);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Draw, SVG layout: grids in grids, their columns chosen so that the whole is about as wide as a screen. */
#include "topology/draw_svg.h"

#define INNER_MIN    740 /* title and legend */
#define L3_INNER_MIN 190 /* its heading */
#define CORE_MAX     230 /* wider than this a tile looks empty */
#define ASPECT       1.6
#define COLUMN_MAX   24

/* The largest of each kind of box decides for all. */
struct extent {
	int pus;   /* of a core */
	int cores; /* of an L3 group */
	int l3s;   /* of a node */
	int nodes; /* with CPUs */
	int memories;
	int pu_width; /* its words side by side */
};

static int max_of(int a, int b)
{
	return a > b ? a : b;
}

static int min_of(int a, int b)
{
	return a < b ? a : b;
}

static int rows_of(int count, int columns)
{
	return (count + columns - 1) / columns;
}

static int grid_width(const struct gi_svg_grid *grid)
{
	return grid->columns * (grid->width + grid->gap) - grid->gap;
}

static int grid_height(const struct gi_svg_grid *grid)
{
	return grid->rows * (grid->height + grid->gap) - grid->gap;
}

struct gi_svg_box gi_svg_grid_box(const struct gi_svg_grid *grid, int x, int y, uint32_t place)
{
	int column = (int)place % grid->columns;
	int row = (int)place / grid->columns;
	return (struct gi_svg_box){
	        .x = x + column * (grid->width + grid->gap),
	        .y = y + row * (grid->height + grid->gap),
	        .width = grid->width,
	        .height = grid->height,
	};
}

static int digits_of(uint32_t number)
{
	int digits = 1;
	for (; number >= 10; number /= 10) {
		digits++;
	}
	return digits;
}

/* "CPU 12" and "D12 tasks", measured in the widest of the fonts that may be used. */
static int pu_width_for(uint32_t cpu_max, uint32_t driver_count)
{
	return 18 + (4 + digits_of(cpu_max)) * 15 / 2 + 8 + (7 + digits_of(driver_count)) * 8;
}

static struct extent measure(const struct gi_drawing *drawing)
{
	const struct gi_topology *topology = drawing->topology;
	struct extent extent = {.pus = 1};
	uint32_t cpu_max = 0;
	for (uint32_t i = 0; i < topology->pu_count; i++) {
		uint32_t cpu = topology->pus[i].os_index;
		cpu_max = cpu > cpu_max ? cpu : cpu_max;
	}
	extent.pu_width = pu_width_for(cpu_max, drawing->plan->driver_count);
	for (uint32_t i = 0; i < topology->core_count; i++) {
		extent.pus = max_of(extent.pus, (int)topology->cores[i].pu_count);
	}
	for (uint32_t i = 0; i < topology->l3_count; i++) {
		extent.cores = max_of(extent.cores, (int)topology->l3s[i].core_count);
	}
	for (uint32_t i = 0; i < topology->node_count; i++) {
		extent.l3s = max_of(extent.l3s, (int)topology->nodes[i].l3_count);
		extent.nodes += topology->nodes[i].has_cpus;
		extent.memories += !topology->nodes[i].has_cpus;
	}
	return extent;
}

/* Share out what the cores of a row leave of a width. */
static void widen_cores(struct gi_svg_layout *layout, int width)
{
	struct gi_svg_grid *cores = &layout->cores;
	int share = (width + cores->gap) / cores->columns - cores->gap;
	cores->width = max_of(cores->width, share);
}

/* A small machine takes the room that the title needs anyway. */
static void widen_nodes(struct gi_svg_layout *layout)
{
	int core_columns = layout->cores.columns * layout->l3s.columns * layout->nodes.columns;
	int spare = (INNER_MIN - grid_width(&layout->nodes)) / core_columns;
	int share = min_of(spare, CORE_MAX - layout->cores.width);
	if (share <= 0) {
		return;
	}
	layout->cores.width += share;
	layout->l3s.width += share * layout->cores.columns;
	layout->nodes.width += share * layout->cores.columns * layout->l3s.columns;
}

static void lay_out_nodes(struct gi_svg_layout *layout, const struct extent *extent,
                          const int columns[3])
{
	layout->cores = (struct gi_svg_grid){
	        .columns = columns[0],
	        .rows = rows_of(extent->cores, columns[0]),
	        .width = extent->pu_width + 2 * GI_SVG_CORE_PAD,
	        .height = GI_SVG_CORE_HEAD + extent->pus * (GI_SVG_PU_HEIGHT + GI_SVG_PU_GAP) -
	                  GI_SVG_PU_GAP + GI_SVG_CORE_PAD,
	        .gap = 8,
	};
	widen_cores(layout, L3_INNER_MIN);
	layout->l3s = (struct gi_svg_grid){
	        .columns = columns[1],
	        .rows = rows_of(extent->l3s, columns[1]),
	        .width = grid_width(&layout->cores) + 2 * GI_SVG_L3_PAD,
	        .height = GI_SVG_L3_HEAD + grid_height(&layout->cores) + GI_SVG_L3_PAD,
	        .gap = 14,
	};
	layout->nodes = (struct gi_svg_grid){
	        .columns = columns[2],
	        .rows = rows_of(extent->nodes, columns[2]),
	        .width = grid_width(&layout->l3s) + 2 * GI_SVG_NODE_PAD,
	        .height = GI_SVG_NODE_HEAD + grid_height(&layout->l3s) + GI_SVG_NODE_PAD,
	        .gap = 22,
	};
}

/* How far from pleasant: the shape of the whole, and the share of places that stay empty. */
static double ugliness(const struct gi_svg_layout *layout, const struct extent *extent)
{
	double aspect = (double)grid_width(&layout->nodes) / grid_height(&layout->nodes);
	double shape = aspect > ASPECT ? aspect / ASPECT : ASPECT / aspect;
	double filled = (double)extent->cores / (layout->cores.columns * layout->cores.rows);
	filled *= (double)extent->l3s / (layout->l3s.columns * layout->l3s.rows);
	filled *= (double)extent->nodes / (layout->nodes.columns * layout->nodes.rows);
	return shape + 8 * (1 - filled);
}

static void choose_columns(struct gi_svg_layout *layout, const struct extent *extent)
{
	int limit[3] = {min_of(extent->cores, COLUMN_MAX), min_of(extent->l3s, COLUMN_MAX),
	                min_of(extent->nodes, COLUMN_MAX)};
	struct gi_svg_layout best = *layout;
	double least = 0;
	for (int i = 0; i < limit[0] * limit[1] * limit[2]; i++) {
		int columns[3] = {i % limit[0] + 1, i / limit[0] % limit[1] + 1,
		                  i / limit[0] / limit[1] + 1};
		lay_out_nodes(layout, extent, columns);
		double now = ugliness(layout, extent);
		if (i == 0 || now < least) {
			best = *layout;
			least = now;
		}
	}
	*layout = best;
}

static struct gi_svg_grid cards(int count, int width, int card_width, int card_height)
{
	int gap = 14;
	int columns = max_of(1, min_of(count, (width + gap) / (card_width + gap)));
	return (struct gi_svg_grid){
	        .columns = columns,
	        .rows = rows_of(count, columns),
	        .width = card_width,
	        .height = card_height,
	        .gap = gap,
	};
}

void gi_svg_lay_out(struct gi_svg_layout *out_layout, const struct gi_drawing *drawing)
{
	struct extent extent = measure(drawing);
	*out_layout = (struct gi_svg_layout){.nodes_y = GI_SVG_HEAD_HEIGHT};
	choose_columns(out_layout, &extent);
	widen_nodes(out_layout);

	int inner_width = max_of(grid_width(&out_layout->nodes), INNER_MIN);
	out_layout->width = inner_width + 2 * GI_SVG_MARGIN;
	int y = GI_SVG_HEAD_HEIGHT + grid_height(&out_layout->nodes);
	out_layout->memories_y = y + 22;
	if (extent.memories > 0) {
		out_layout->memories = cards(extent.memories, inner_width, 230, 64);
		y = out_layout->memories_y + grid_height(&out_layout->memories);
	}
	out_layout->tpcs_y = y + 58;
	out_layout->tpcs = cards((int)drawing->plan->tpc_count, inner_width, 230, 76);
	out_layout->height = out_layout->tpcs_y + grid_height(&out_layout->tpcs) + GI_SVG_MARGIN;
}

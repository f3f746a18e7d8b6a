/* SPDX-License-Identifier: Apache-2.0 */
/* Draw, SVG: nodes as cards, L3 groups in them, cores in these, a tile for each PU in the colour of its driver. */
#include "topology/draw_svg.h"

#include <stdarg.h>

#include "base/container.h"

#define TPC_MIXED (UINT32_MAX - 1)

#define WHITE "#ffffff"
#define LINE  "#dbe2ea"
#define BARE  "#eef2f6"
#define GONE  "url(#gone)"

static const char *const role_colors[] = {
        [GI_ROLE_BOTH] = "#6d5bd0",
        [GI_ROLE_IO] = "#2672c9",
        [GI_ROLE_TASKS] = "#168a6b",
};

/* Outlines of TPCs, apart from the colours of the roles. */
static const char *const tpc_colors[] = {"#e8722a", "#c93a7b", "#b98a00", "#12839c",
                                         "#a3462b", "#5d6b7e", "#7a9a1e", "#b03a48"};

static const char style[] =
        "text{font-family:Inter,'Segoe UI','Helvetica Neue','DejaVu Sans',Arial,sans-serif;"
        "fill:#1d2733}"
        ".title{font-size:24px;font-weight:700}"
        ".lead{font-size:13px;fill:#52606f}"
        ".head{font-size:16px;font-weight:700}"
        ".note{font-size:12px;fill:#66758a}"
        ".name{font-size:12px;font-weight:600;fill:#435163}"
        ".core{font-size:10px;fill:#8793a3}"
        ".cpu{font-size:11px;fill:#66758a}"
        ".gone{font-size:11px;fill:#a3adba}"
        ".on{font-size:11px;fill:#ffffff}"
        ".driver{font-size:11px;font-weight:700;fill:#ffffff;text-anchor:end}"
        ".pill{font-size:11px;font-weight:700;fill:#ffffff;text-anchor:middle}"
        ".brand{font-size:15px;font-weight:700;fill:#8793a3;text-anchor:end}"
        ".end{font-size:10px;font-weight:700;text-anchor:end}";

static const char *tpc_color(uint32_t tpc_index)
{
	return tpc_colors[tpc_index % GI_COUNT_OF(tpc_colors)];
}

/* ---- Pencils ----------------------------------------------------------------------------------------------------- */

struct paint {
	const char *fill;
	const char *stroke;
	double stroke_width;
	int radius;
};

static void draw_box(FILE *out, struct gi_svg_box box, const struct paint *paint)
{
	fprintf(out,
	        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\" fill=\"%s\" "
	        "stroke=\"%s\" stroke-width=\"%.1f\"/>\n",
	        box.x, box.y, box.width, box.height, paint->radius, paint->fill, paint->stroke,
	        paint->stroke_width);
}

struct pen {
	int x;
	int y;
	const char *kind; /* a class of the style */
};

static struct pen at(int x, int y, const char *kind)
{
	return (struct pen){x, y, kind};
}

/* Texts are ours: numbers and words without a sign that XML would take for its own. */
__attribute__((format(printf, 3, 4))) static void draw_words(FILE *out, struct pen pen,
                                                             const char *format, ...)
{
	va_list arguments;
	fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", pen.x, pen.y, pen.kind);
	va_start(arguments, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is started */
	vfprintf(out, format, arguments);
	va_end(arguments);
	fprintf(out, "</text>\n");
}

/* "TPC 3" on its colour, its right end at x. */
static void draw_pill(FILE *out, int right, int y, uint32_t tpc_index)
{
	int width = tpc_index < 10 ? 48 : 56;
	struct gi_svg_box box = {right - width, y, width, 19};
	draw_box(out, box, &(struct paint){tpc_color(tpc_index), "none", 0, 9});
	draw_words(out, at(right - width / 2, y + 13, "pill"), "TPC %u", tpc_index);
}

/* ---- Whose ------------------------------------------------------------------------------------------------------- */

enum level {
	LEVEL_NODE,
	LEVEL_L3,
	LEVEL_CORE,
};

/* The TPC of all drivers in a part of the machine: TPC_MIXED if there are several, GI_INDEX_NONE if there is none. */
static uint32_t tpc_of(const struct gi_drawing *drawing, enum level level, uint32_t index)
{
	uint32_t tpc_index = GI_INDEX_NONE;
	for (uint32_t i = 0; i < drawing->plan->driver_count; i++) {
		const struct gi_plan_driver *driver = &drawing->plan->drivers[i];
		const uint32_t place[] = {driver->node_index, driver->l3_index, driver->core_index};
		if (place[level] != index || driver->tpc_index == tpc_index) {
			continue;
		}
		if (tpc_index != GI_INDEX_NONE) {
			return TPC_MIXED;
		}
		tpc_index = driver->tpc_index;
	}
	return tpc_index;
}

static bool is_one_tpc(uint32_t tpc_index)
{
	return tpc_index != GI_INDEX_NONE && tpc_index != TPC_MIXED;
}

static struct paint outline(const char *fill, uint32_t tpc_index, int radius)
{
	if (is_one_tpc(tpc_index)) {
		return (struct paint){fill, tpc_color(tpc_index), 2.5, radius};
	}
	return (struct paint){fill, LINE, 1, radius};
}

/* ---- The machine ------------------------------------------------------------------------------------------------- */

struct canvas {
	FILE *out;
	const struct gi_drawing *drawing;
	struct gi_svg_layout layout;
};

static void draw_pu_hint(const struct canvas *canvas, uint32_t pu_index, uint32_t first,
                         uint32_t count)
{
	const struct gi_topology_pu *pu = &canvas->drawing->topology->pus[pu_index];
	fprintf(canvas->out, "<title>CPU %u, core %u", pu->os_index, pu->core_index);
	for (uint32_t i = first; i < first + count; i++) {
		const struct gi_plan_driver *driver = &canvas->drawing->plan->drivers[i];
		fprintf(canvas->out, "; driver %u (%s) of TPC %u", i, gi_role_name(driver->role),
		        driver->tpc_index);
	}
	fprintf(canvas->out, "%s</title>\n",
	        pu->is_usable ? "" : "; not available to this process");
}

static bool has_one_role(const struct gi_plan *plan, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++) {
		if (plan->drivers[i].role != plan->drivers[first].role) {
			return false;
		}
	}
	return true;
}

/* Drivers of several roles on one PU: a strip of their colours, in order. */
static void draw_strip(const struct canvas *canvas, struct gi_svg_box box, uint32_t first,
                       uint32_t count)
{
	int width = box.width - 16;
	for (uint32_t i = 0; i < count; i++) {
		int from = (int)((uint32_t)width * i / count);
		int to = (int)((uint32_t)width * (i + 1) / count);
		struct gi_svg_box part = {box.x + 8 + from, box.y + box.height - 6, to - from, 3};
		draw_box(
		        canvas->out, part,
		        &(struct paint){role_colors[canvas->drawing->plan->drivers[first + i].role],
		                        "none", 0, 0});
	}
}

static void draw_pu_driver(const struct canvas *canvas, struct gi_svg_box box, uint32_t first,
                           uint32_t count)
{
	const struct gi_plan *plan = canvas->drawing->plan;
	int right = box.x + box.width - 9;
	if (count == 1) {
		draw_words(canvas->out, at(right, box.y + 17, "driver"), "D%u %s", first,
		           gi_role_name(plan->drivers[first].role));
		return;
	}
	draw_words(canvas->out,
	           at(right, box.y + (has_one_role(plan, first, count) ? 17 : 15), "driver"),
	           "%u drivers", count);
	if (!has_one_role(plan, first, count)) {
		draw_strip(canvas, box, first, count);
	}
}

static void draw_pu(const struct canvas *canvas, struct gi_svg_box box, uint32_t pu_index)
{
	const struct gi_topology_pu *pu = &canvas->drawing->topology->pus[pu_index];
	const struct gi_plan *plan = canvas->drawing->plan;
	uint32_t count;
	uint32_t first = gi_draw_drivers_of(canvas->drawing, pu_index, &count);
	bool is_mixed = count > 1 && !has_one_role(plan, first, count);
	struct paint paint = {BARE, LINE, 1, 6};
	if (count > 0) {
		const char *color = is_mixed ? "#3b4656" : role_colors[plan->drivers[first].role];
		paint = (struct paint){color, "none", 0, 6};
	} else if (!pu->is_usable) {
		paint.fill = GONE;
	}
	/* Only where two TPCs meet on one core does a PU show whose it is. */
	if (count > 0 && tpc_of(canvas->drawing, LEVEL_CORE, pu->core_index) == TPC_MIXED) {
		paint.stroke = tpc_color(plan->drivers[first].tpc_index);
		paint.stroke_width = 2.5;
	}
	fprintf(canvas->out, "<g>\n");
	draw_pu_hint(canvas, pu_index, first, count);
	draw_box(canvas->out, box, &paint);
	draw_words(canvas->out,
	           at(box.x + 9, box.y + (is_mixed ? 15 : 17),
	              count > 0 ? "on" : (pu->is_usable ? "cpu" : "gone")),
	           "CPU %u", pu->os_index);
	if (count > 0) {
		draw_pu_driver(canvas, box, first, count);
	}
	fprintf(canvas->out, "</g>\n");
}

/* is_marked: a part around it already shows its TPC. */
static void draw_core(const struct canvas *canvas, struct gi_svg_box box, uint32_t core_index,
                      bool is_marked)
{
	const struct gi_topology_core *core = &canvas->drawing->topology->cores[core_index];
	uint32_t tpc_index =
	        is_marked ? GI_INDEX_NONE : tpc_of(canvas->drawing, LEVEL_CORE, core_index);
	struct paint paint = outline(WHITE, tpc_index, 9);
	draw_box(canvas->out, box, &paint);
	draw_words(canvas->out, at(box.x + GI_SVG_CORE_PAD + 2, box.y + 14, "core"), "core %u",
	           core_index);
	if (is_one_tpc(tpc_index)) {
		draw_words(canvas->out,
		           at(box.x + box.width - GI_SVG_CORE_PAD - 2, box.y + 14, "end"), "TPC %u",
		           tpc_index);
	}
	for (uint32_t i = 0; i < core->pu_count; i++) {
		struct gi_svg_box pu = {
		        box.x + GI_SVG_CORE_PAD,
		        box.y + GI_SVG_CORE_HEAD + (int)i * (GI_SVG_PU_HEIGHT + GI_SVG_PU_GAP),
		        box.width - 2 * GI_SVG_CORE_PAD,
		        GI_SVG_PU_HEIGHT,
		};
		draw_pu(canvas, pu, core->pu_first + i);
	}
}

static void draw_l3(const struct canvas *canvas, struct gi_svg_box box, uint32_t l3_index,
                    bool is_marked)
{
	const struct gi_topology_l3 *l3 = &canvas->drawing->topology->l3s[l3_index];
	uint32_t tpc_index =
	        is_marked ? GI_INDEX_NONE : tpc_of(canvas->drawing, LEVEL_L3, l3_index);
	struct paint paint = outline("#f6f8fa", tpc_index, 12);
	draw_box(canvas->out, box, &paint);
	draw_words(canvas->out, at(box.x + GI_SVG_L3_PAD + 2, box.y + 21, "name"),
	           l3->cache_size ? "L3 group %u · %s" : "L3 group %u%s", l3_index,
	           l3->cache_size ? gi_draw_size(l3->cache_size).text : "");
	if (is_one_tpc(tpc_index)) {
		draw_pill(canvas->out, box.x + box.width - GI_SVG_L3_PAD, box.y + 7, tpc_index);
	}
	int x = box.x + GI_SVG_L3_PAD;
	for (uint32_t i = 0; i < l3->core_count; i++) {
		draw_core(canvas,
		          gi_svg_grid_box(&canvas->layout.cores, x, box.y + GI_SVG_L3_HEAD, i),
		          l3->core_first + i, is_marked || is_one_tpc(tpc_index));
	}
}

static void draw_node_head(const struct canvas *canvas, struct gi_svg_box box, uint32_t node_index)
{
	const struct gi_topology *topology = canvas->drawing->topology;
	const struct gi_topology_node *node = &topology->nodes[node_index];
	int x = box.x + GI_SVG_NODE_PAD + 2;
	draw_words(canvas->out, at(x, box.y + 28, "head"), "Node %u", node->os_index);
	char memory[64] = "no memory";
	if (node->memory_size > 0) {
		snprintf(memory, sizeof(memory), "%s%s", gi_draw_size(node->memory_size).text,
		         node->memory_allowed ? "" : ", not ours");
	}
	if (!node->has_cpus) {
		draw_words(canvas->out, at(x, box.y + 47, "note"), "%s · no CPUs, not used",
		           memory);
	} else if (node->memory_node_index == node_index ||
	           node->memory_node_index == GI_INDEX_NONE) {
		draw_words(canvas->out, at(x, box.y + 47, "note"), "%s", memory);
	} else {
		draw_words(canvas->out, at(x, box.y + 47, "note"), "%s · uses node %u", memory,
		           topology->nodes[node->memory_node_index].os_index);
	}
}

static void draw_node(const struct canvas *canvas, struct gi_svg_box box, uint32_t node_index)
{
	const struct gi_topology_node *node = &canvas->drawing->topology->nodes[node_index];
	uint32_t tpc_index = tpc_of(canvas->drawing, LEVEL_NODE, node_index);
	struct paint paint = outline(WHITE, tpc_index, 16);
	draw_box(canvas->out, box, &paint);
	draw_node_head(canvas, box, node_index);
	if (is_one_tpc(tpc_index)) {
		draw_pill(canvas->out, box.x + box.width - GI_SVG_NODE_PAD, box.y + 15, tpc_index);
	}
	for (uint32_t i = 0; i < node->l3_count; i++) {
		draw_l3(canvas,
		        gi_svg_grid_box(&canvas->layout.l3s, box.x + GI_SVG_NODE_PAD,
		                        box.y + GI_SVG_NODE_HEAD, i),
		        node->l3_first + i, is_one_tpc(tpc_index));
	}
}

static void draw_nodes(const struct canvas *canvas)
{
	const struct gi_svg_layout *layout = &canvas->layout;
	uint32_t place = 0;
	uint32_t memory_place = 0;
	for (uint32_t i = 0; i < canvas->drawing->topology->node_count; i++) {
		struct gi_svg_box box;
		if (canvas->drawing->topology->nodes[i].has_cpus) {
			box = gi_svg_grid_box(&layout->nodes, GI_SVG_MARGIN, layout->nodes_y,
			                      place++);
		} else {
			box = gi_svg_grid_box(&layout->memories, GI_SVG_MARGIN, layout->memories_y,
			                      memory_place++);
		}
		draw_node(canvas, box, i);
	}
}

/* ---- Head and foot ----------------------------------------------------------------------------------------------- */

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

static int draw_legend_item(const struct canvas *canvas, int x, const struct paint *paint,
                            const char *words)
{
	struct gi_svg_box box = {x, 103, 18, 14};
	draw_box(canvas->out, box, paint);
	draw_words(canvas->out, at(x + 25, 114, "note"), "%s", words);
	int characters = 0;
	while (words[characters]) {
		characters++;
	}
	return x + 25 + characters * 13 / 2 + 22;
}

/* Is there a PU without a driver that this process may use, or one that it may not? */
static bool has_bare_pu(const struct gi_drawing *drawing, bool is_usable)
{
	for (uint32_t i = 0; i < drawing->topology->pu_count; i++) {
		uint32_t count;
		gi_draw_drivers_of(drawing, i, &count);
		if (count == 0 && drawing->topology->pus[i].is_usable == is_usable) {
			return true;
		}
	}
	return false;
}

static void draw_legend(const struct canvas *canvas)
{
	const struct {
		struct paint paint;
		const char *words;
		bool is_shown;
	} items[] = {
	        {{role_colors[GI_ROLE_BOTH], "none", 0, 4}, "both: io and tasks", true},
	        {{role_colors[GI_ROLE_IO], "none", 0, 4}, "io: sockets", true},
	        {{role_colors[GI_ROLE_TASKS], "none", 0, 4}, "tasks: actors", true},
	        {{WHITE, tpc_colors[0], 2.5, 4}, "a TPC", true},
	        {{BARE, "#c3ccd6", 1, 4}, "no driver", has_bare_pu(canvas->drawing, true)},
	        {{GONE, "#c3ccd6", 1, 4}, "not available", has_bare_pu(canvas->drawing, false)},
	};
	int x = GI_SVG_MARGIN;
	for (size_t i = 0; i < GI_COUNT_OF(items); i++) {
		if (items[i].is_shown) {
			x = draw_legend_item(canvas, x, &items[i].paint, items[i].words);
		}
	}
}

static void draw_head(const struct canvas *canvas)
{
	const struct gi_topology *topology = canvas->drawing->topology;
	const struct gi_plan *plan = canvas->drawing->plan;
	uint32_t quota = canvas->drawing->limits->cpu_quota_milli;
	char limit[48] = "";
	if (quota) {
		snprintf(limit, sizeof(limit), " · quota of %u.%u CPUs", quota / 1000,
		         quota % 1000 / 100);
	}
	draw_words(canvas->out, at(GI_SVG_MARGIN, 50, "title"), "%u TPC%s, %u driver%s",
	           plan->tpc_count, plural(plan->tpc_count), plan->driver_count,
	           plural(plan->driver_count));
	draw_words(canvas->out, at(GI_SVG_MARGIN, 76, "lead"),
	           "%u package%s · %u node%s · %u L3 group%s · %u core%s · %u CPU%s%s · %s",
	           topology->package_count, plural(topology->package_count), topology->node_count,
	           plural(topology->node_count), topology->l3_count, plural(topology->l3_count),
	           topology->core_count, plural(topology->core_count), topology->pu_count,
	           plural(topology->pu_count), limit,
	           plan->spin_allowed ? "drivers may spin" : "drivers do not spin");
	draw_words(canvas->out, at(canvas->layout.width - GI_SVG_MARGIN, 50, "brand"), "gatio");
	draw_legend(canvas);
}

/* "2 io, 6 tasks" */
static void draw_role_counts(const struct canvas *canvas, int x, int y, uint32_t tpc_index)
{
	const enum gi_role roles[] = {GI_ROLE_BOTH, GI_ROLE_IO, GI_ROLE_TASKS};
	fprintf(canvas->out, "<text x=\"%d\" y=\"%d\" class=\"note\">", x, y);
	const char *before = "";
	for (size_t i = 0; i < GI_COUNT_OF(roles); i++) {
		uint32_t count = gi_draw_role_count(canvas->drawing->plan, tpc_index, roles[i]);
		if (count > 0) {
			fprintf(canvas->out, "%s%u %s", before, count, gi_role_name(roles[i]));
			before = ", ";
		}
	}
	fprintf(canvas->out, "</text>\n");
}

static void draw_tpc(const struct canvas *canvas, struct gi_svg_box box, uint32_t tpc_index)
{
	const struct gi_plan_tpc *tpc = &canvas->drawing->plan->tpcs[tpc_index];
	char node[24] = "any node";
	if (tpc->memory_node >= 0) {
		snprintf(node, sizeof(node), "node %d", tpc->memory_node);
	}
	draw_box(canvas->out, box, &(struct paint){WHITE, LINE, 1, 12});
	draw_pill(canvas->out, box.x + box.width - 12, box.y + 11, tpc_index);
	draw_words(canvas->out, at(box.x + 14, box.y + 25, "name"), "%u driver%s",
	           tpc->driver_count, plural(tpc->driver_count));
	draw_role_counts(canvas, box.x + 14, box.y + 44, tpc_index);
	draw_words(canvas->out, at(box.x + 14, box.y + 62, "note"), "%s%s on %s",
	           tpc->memory_limit ? "up to " : "memory",
	           tpc->memory_limit ? gi_draw_size(tpc->memory_limit).text : "", node);
}

static void draw_tpcs(const struct canvas *canvas)
{
	const struct gi_svg_layout *layout = &canvas->layout;
	draw_words(canvas->out, at(GI_SVG_MARGIN, layout->tpcs_y - 16, "head"),
	           "Thread pool contexts");
	for (uint32_t i = 0; i < canvas->drawing->plan->tpc_count; i++) {
		draw_tpc(canvas, gi_svg_grid_box(&layout->tpcs, GI_SVG_MARGIN, layout->tpcs_y, i),
		         i);
	}
}

int gi_draw_svg(FILE *out, const struct gi_drawing *drawing)
{
	struct canvas canvas = {.out = out, .drawing = drawing};
	gi_svg_lay_out(&canvas.layout, drawing);
	fprintf(out,
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
	        "viewBox=\"0 0 %d %d\" role=\"img\">\n<title>gatio topology</title>\n"
	        "<style>%s</style>\n",
	        canvas.layout.width, canvas.layout.height, canvas.layout.width,
	        canvas.layout.height, style);
	fprintf(out, "<defs><pattern id=\"gone\" width=\"7\" height=\"7\" "
	             "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
	             "<rect width=\"7\" height=\"7\" fill=\"#f8fafb\"/>"
	             "<rect width=\"1.5\" height=\"7\" fill=\"#dbe2ea\"/></pattern></defs>\n"
	             "<rect width=\"100%%\" height=\"100%%\" fill=\"#f1f4f7\"/>\n");
	draw_head(&canvas);
	draw_nodes(&canvas);
	draw_tpcs(&canvas);
	fprintf(out, "</svg>\n");
	return gi_draw_finish(out);
}

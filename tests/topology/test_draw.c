/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of topology/draw*.c: what must be said is said; test_tool.py reads JSON and SVG with real parsers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "tests/support/suite.h"
#include "tests/topology/machine.h"
#include "topology/draw.h"
#include "topology/draw_svg.h"

static struct machine machine;
static char *drawn;

typedef int (*draw_fn)(FILE *out, const struct gi_drawing *drawing);

static const char *draw(draw_fn how, const char *description, const struct gi_plan_options *options)
{
	size_t size;
	free(drawn);
	drawn = NULL;
	machine_open(&machine, description);
	CU_ASSERT_EQUAL_FATAL(machine_plan(&machine, options), 0);
	struct gi_drawing drawing = {machine.topology, &machine.limits, &machine.plan};
	FILE *out = open_memstream(&drawn, &size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(how(out, &drawing), 0);
	fclose(out);
	machine_close(&machine);
	return drawn;
}

static bool says(const char *words)
{
	return strstr(drawn, words) != NULL;
}

static void finish(void)
{
	free(drawn);
	drawn = NULL;
}

static void text_shows_tree_and_plan(void)
{
	draw(gi_draw_text, "numa:2 l3:1(size=8MiB) core:2 pu:2",
	     &(struct gi_plan_options){.roles = "split", .driver_count = 4});
	CU_ASSERT_TRUE(
	        says("described machine: 1 package, 2 nodes, 2 L3 groups, 4 cores, 8 CPUs\n"));
	CU_ASSERT_TRUE(says("  node 1, 1 GiB\n    L3 group 1, 8 MiB\n"));
	CU_ASSERT_TRUE(says("      core 2         CPU 4    TPC 1   driver 2 io\n"));
	CU_ASSERT_TRUE(says("                     CPU 5    TPC 1   driver 3 tasks\n"));
	CU_ASSERT_TRUE(says("      core 3         CPU 6-7: no driver\n"));
	CU_ASSERT_TRUE(says("plan: 2 TPCs, 4 drivers\n"));
	CU_ASSERT_TRUE(says("note: drivers may spin before they sleep\n"));
	CU_ASSERT_FALSE(says("no port"));
	finish();
}

static void text_says_what_is_unusual(void)
{
	draw(gi_draw_text, "core:2 pu:1", &(struct gi_plan_options){.roles = "tasks=2"});
	CU_ASSERT_TRUE(says("no driver has the role io: this system can serve no port"));
	draw(gi_draw_text, "core:2 pu:1", &(struct gi_plan_options){.driver_count = 3});
	CU_ASSERT_TRUE(says("driver 0 both, driver 1 both\n"));
	CU_ASSERT_TRUE(says("both, shares its CPU\n"));
	CU_ASSERT_TRUE(says("do not spin before they sleep: they share CPUs"));
	draw(gi_draw_text, "memoryless.xml", &(struct gi_plan_options){.driver_count = 0});
	CU_ASSERT_TRUE(says("node 3, no memory, uses node 2's\n"));
	draw(gi_draw_text, "cpuset.xml", &(struct gi_plan_options){.driver_count = 0});
	CU_ASSERT_TRUE(says("cores 4-5      CPU 8-11: not available to this process\n"));
	CU_ASSERT_TRUE(says("node 1, 1 GiB that this process may not use, uses node 0's\n"));
	draw(gi_draw_text, "package:1 [numa(memory=4GiB)] [numa(memory=1GiB)] core:2 pu:1",
	     &(struct gi_plan_options){.driver_count = 0});
	CU_ASSERT_TRUE(says("node 1, 1 GiB, no CPUs: not used\n"));
	finish();
}

static void text_shows_control_group(void)
{
	machine_open(&machine, "core:4 pu:1");
	machine.limits.cpu_quota_milli = 1500;
	machine.limits.memory_size = UINT64_C(3) << 29;
	CU_ASSERT_EQUAL(machine_plan(&machine, &(struct gi_plan_options){.driver_count = 0}), 0);
	struct gi_drawing drawing = {machine.topology, &machine.limits, &machine.plan};
	char text[4096] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(gi_draw_text(out, &drawing), 0);
	fclose(out);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "control group: 1.500 CPUs\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "control group: 1.5 GiB of memory\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "sleep: the control group gives too little CPU\n"));
	machine_close(&machine);
}

static void full_stream_is_an_error(void)
{
	draw_fn ways[] = {gi_draw_text, gi_draw_json, gi_draw_svg};
	machine_open(&machine, "core:2 pu:1");
	CU_ASSERT_EQUAL(machine_plan(&machine, &(struct gi_plan_options){.driver_count = 0}), 0);
	struct gi_drawing drawing = {machine.topology, &machine.limits, &machine.plan};
	for (size_t i = 0; i < GI_COUNT_OF(ways); i++) {
		FILE *full = fopen("/dev/full", "w");
		CU_ASSERT_PTR_NOT_NULL_FATAL(full);
		CU_ASSERT_EQUAL(ways[i](full, &drawing), -EIO);
		fclose(full);
	}
	machine_close(&machine);
}

static void sizes_are_for_people(void)
{
	CU_ASSERT_STRING_EQUAL(gi_draw_size(0).text, "0 B");
	CU_ASSERT_STRING_EQUAL(gi_draw_size(1023).text, "1023 B");
	CU_ASSERT_STRING_EQUAL(gi_draw_size(1024).text, "1 KiB");
	CU_ASSERT_STRING_EQUAL(gi_draw_size(1536).text, "1.5 KiB");
	CU_ASSERT_STRING_EQUAL(gi_draw_size(UINT64_C(12345) << 20).text, "12.1 GiB");
	CU_ASSERT_STRING_EQUAL(gi_draw_size(UINT64_MAX - 1).text, "16 EiB");
	CU_ASSERT_STRING_EQUAL(gi_draw_size(GI_LIMIT_NONE).text, "none");
}

/* ---- The picture ------------------------------------------------------------------------------------------------- */

static bool is_inside(struct gi_svg_box inner, int width, int height)
{
	return inner.x >= 0 && inner.y >= 0 && inner.x + inner.width <= width &&
	       inner.y + inner.height <= height;
}

static void check_layout(const char *description)
{
	struct gi_svg_layout layout;
	machine_open(&machine, description);
	CU_ASSERT_EQUAL(machine_plan(&machine, &(struct gi_plan_options){.driver_count = 0}), 0);
	struct gi_drawing drawing = {machine.topology, &machine.limits, &machine.plan};
	gi_svg_lay_out(&layout, &drawing);
	const struct gi_topology *topology = machine.topology;
	for (uint32_t i = 0; i < topology->l3_count; i++) {
		struct gi_svg_box last =
		        gi_svg_grid_box(&layout.cores, GI_SVG_L3_PAD, GI_SVG_L3_HEAD,
		                        topology->l3s[i].core_count - 1);
		CU_ASSERT_TRUE(is_inside(last, layout.l3s.width, layout.l3s.height));
	}
	for (uint32_t i = 0; i < topology->node_count; i++) {
		struct gi_svg_box last = gi_svg_grid_box(
		        &layout.l3s, GI_SVG_NODE_PAD, GI_SVG_NODE_HEAD,
		        topology->nodes[i].l3_count ? topology->nodes[i].l3_count - 1 : 0);
		CU_ASSERT_TRUE(is_inside(last, layout.nodes.width, layout.nodes.height));
	}
	struct gi_svg_box last_tpc = gi_svg_grid_box(&layout.tpcs, GI_SVG_MARGIN, layout.tpcs_y,
	                                             machine.plan.tpc_count - 1);
	CU_ASSERT_TRUE(is_inside(last_tpc, layout.width - GI_SVG_MARGIN, layout.height));
	struct gi_svg_box first = gi_svg_grid_box(&layout.nodes, GI_SVG_MARGIN, layout.nodes_y, 0);
	CU_ASSERT_TRUE(is_inside(first, layout.width - GI_SVG_MARGIN, layout.tpcs_y));
	CU_ASSERT_TRUE(layout.width < 4 * layout.height);
	CU_ASSERT_TRUE(layout.height < 3 * layout.width);
	machine_close(&machine);
}

static void every_box_lies_in_its_parent(void)
{
	const char *machines[] = {
	        "pu:1",
	        "core:2 pu:1",
	        "package:2 l3:1 core:8 pu:2",
	        "numa:4 l3:2 core:8 pu:2",
	        "core:128 pu:1",
	        "numa:2 l3:8 core:8 pu:2",
	        "numa:8 l3:2 core:8 pu:8",
	        "numa:64 core:1 pu:1",
	        "core:1009 pu:1",
	        "memoryless.xml",
	        "[numa(memory=1GB)] package:2 [numa(memory=4GB)] core:2 pu:1",
	};
	for (size_t i = 0; i < GI_COUNT_OF(machines); i++) {
		check_layout(machines[i]);
	}
}

static void picture_shows_every_driver(void)
{
	char hint[64];
	draw(gi_draw_svg, "numa:2 l3:2 core:2 pu:2", &(struct gi_plan_options){.roles = "split"});
	for (unsigned i = 0; i < 16; i++) {
		snprintf(hint, sizeof(hint), ">D%u %s</text>", i, i % 2 ? "tasks" : "io");
		CU_ASSERT_TRUE(says(hint));
	}
	CU_ASSERT_FALSE(says(">no driver<"));
	draw(gi_draw_svg, "core:2 pu:1", &(struct gi_plan_options){.driver_count = 5});
	CU_ASSERT_TRUE(says(">3 drivers</text>"));
	draw(gi_draw_svg, "cpuset.xml", &(struct gi_plan_options){.driver_count = 0});
	CU_ASSERT_TRUE(says(">no driver<"));
	CU_ASSERT_TRUE(says(">not available<"));
	finish();
}

static const CU_TestInfo tests[] = {
        {"text shows tree and plan", text_shows_tree_and_plan},
        {"text says what is unusual", text_says_what_is_unusual},
        {"text shows the control group", text_shows_control_group},
        {"a full stream is an error", full_stream_is_an_error},
        {"sizes are for people", sizes_are_for_people},
        {"every box lies in its parent", every_box_lies_in_its_parent},
        {"the picture shows every driver", picture_shows_every_driver},
        CU_TEST_INFO_NULL,
};

const struct suite draw_suite = {"draw", tests};

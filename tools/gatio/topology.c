/* SPDX-License-Identifier: Apache-2.0 */
/* gatio topology: the machine, and the plan that the options make of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/gatio/commands.h"
#include "tools/gatio/options.h"
#include "topology/draw.h"
#include "topology/placement.h"

#define COMMAND "gatio topology"

static struct tool_option options[] = {
        {"json", NULL, "print JSON instead of text", NULL},
        {"svg", "FILE", "draw a picture into FILE (- is stdout)", NULL},
        {"drivers", "N", "as many drivers [one a core, within the cpu quota]", NULL},
        {"cpus", "LIST", "use these CPUs only: 0-3,8 [all that this process may use]", NULL},
        {"tpcs", "HOW", "node, one, l3, or CPU lists: \"0-3;4-7\" [node]", NULL},
        {"roles", "HOW", "both, split, \"io=1 tasks=7\" or \"io:0,8 tasks:1-7\" [both]", NULL},
        {"pin", "no", "leave drivers to the kernel instead of pinning each to its CPU [yes]", NULL},
        {"synthetic", "WHAT", "plan for a described machine: \"numa:4 l3:2 core:8 pu:2\"", NULL},
        {"xml", "FILE", "plan for a machine that lstopo has written down", NULL},
        {"help", NULL, "print this", NULL},
        {NULL, NULL, NULL, NULL},
};

/* Of the library's options, those that a plan may be refused for. */
static const struct tool_name names[] = {
        {"cpus", "--cpus"}, {"driver_count", "--drivers"}, {"roles", "--roles"}, {"tpcs", "--tpcs"},
        {NULL, NULL},
};

static const char *value_of(const char *name)
{
	return tool_option_value(options, name);
}

static int print_help(void)
{
	printf("usage: " COMMAND " [option...]\n\n"
	       "Prints the machine as a tree of nodes, L3 groups, cores and CPUs, and the plan: "
	       "which TPCs\n"
	       "and drivers a system started with these options would have.\n\n");
	tool_options_help(stdout, options);
	printf("\nExit status: 0; 1 the output could not be written; 2 wrong usage; 78 no plan is "
	       "possible.\n");
	return 0;
}

/* ---- What is asked ----------------------------------------------------------------------------------------------- */

static int read_driver_count(uint32_t *out_count)
{
	const char *text = value_of("drivers");
	if (!text) {
		return 0;
	}
	char *end;
	errno = 0;
	unsigned long count = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || count == 0 ||
	    count > GI_DRIVER_COUNT_MAX) {
		fprintf(stderr, COMMAND ": --drivers \"%s\": write a number from 1 to %u\n", text,
		        GI_DRIVER_COUNT_MAX);
		return TOOL_EXIT_USAGE;
	}
	*out_count = (uint32_t)count;
	return 0;
}

/* Why a machine could not be read. */
static const char *reason(int err)
{
	return err == -E2BIG ? "more CPUs or nodes than gatio can number" : strerrordesc_np(-err);
}

static int load_topology(struct gi_topology **out_topology)
{
	struct gi_topology_source source = {
	        .synthetic = value_of("synthetic"),
	        .xml_path = value_of("xml"),
	};
	if (source.synthetic && source.xml_path) {
		fprintf(stderr, COMMAND ": --synthetic and --xml both name a machine; use one\n");
		return TOOL_EXIT_USAGE;
	}
	int err = gi_topology_load(out_topology, &source);
	if (!err) {
		return 0;
	}
	if (source.synthetic) {
		fprintf(stderr,
		        COMMAND ": --synthetic \"%s\": %s; write levels and their counts, such as "
		                "\"numa:4 l3:2 core:8 pu:2\"\n",
		        source.synthetic, reason(err));
	} else if (source.xml_path) {
		fprintf(stderr,
		        COMMAND ": --xml \"%s\": %s; write such a file with lstopo FILE.xml\n",
		        source.xml_path, reason(err));
	} else {
		fprintf(stderr, COMMAND ": the machine cannot be read: %s\n", reason(err));
	}
	return TOOL_EXIT_CONFIG;
}

/* ---- What is answered -------------------------------------------------------------------------------------------- */

static int draw_file(const struct gi_drawing *drawing, const char *path)
{
	bool is_stdout = strcmp(path, "-") == 0;
	FILE *out = is_stdout ? stdout : fopen(path, "we");
	int err = out ? gi_draw_svg(out, drawing) : -errno;
	if (out && !is_stdout && fclose(out) && !err) {
		err = -errno;
	}
	return err;
}

static int draw(const struct gi_drawing *drawing)
{
	const char *path = value_of("svg");
	int err = 0;
	if (path) {
		err = draw_file(drawing, path);
	}
	if (!err && value_of("json")) {
		err = gi_draw_json(stdout, drawing);
	} else if (!err && !path) {
		err = gi_draw_text(stdout, drawing);
	}
	if (err) {
		fprintf(stderr, COMMAND ": %s: %s\n", path ? path : "output",
		        strerrordesc_np(-err));
		return 1;
	}
	return 0;
}

/* As a system does: threads run unpinned where they may not be pinned. */
static int read_pin(bool *out_no_pin)
{
	const char *text = value_of("pin");
	if (text && strcmp(text, "yes") != 0 && strcmp(text, "no") != 0) {
		fprintf(stderr, COMMAND ": --pin \"%s\": write yes or no\n", text);
		return TOOL_EXIT_USAGE;
	}
	int err = gi_thread_may_pin();
	if (err) {
		fprintf(stderr, COMMAND ": sched_setaffinity(2) is refused here: %s\n",
		        strerrordesc_np(-err));
	}
	*out_no_pin = err || (text && strcmp(text, "no") == 0);
	return 0;
}

static int plan_and_draw(const struct gi_topology *topology, uint32_t driver_count)
{
	static struct gi_plan plan; /* too large for a stack */
	struct gi_limits limits;
	struct gi_plan_refusal refusal = {"out of memory"};
	struct gi_plan_options plan_options = {
	        .driver_count = driver_count,
	        .cpus = value_of("cpus"),
	        .tpcs = value_of("tpcs"),
	        .roles = value_of("roles"),
	};
	int status = read_pin(&plan_options.no_pin);
	if (status) {
		return status;
	}
	gi_limits_load(&limits, NULL);
	if (!topology->is_this_machine) { /* this machine's control group says nothing about another */
		limits.cpu_quota_milli = 0;
		limits.memory_size = GI_LIMIT_NONE;
		limits.machine_size = GI_LIMIT_NONE;
	}
	if (gi_plan_make(&plan, topology, &limits, &plan_options, &refusal)) {
		fputs(COMMAND ": ", stderr);
		tool_print_named(stderr, refusal.text, names);
		fputc('\n', stderr);
		return TOOL_EXIT_CONFIG;
	}
	struct gi_drawing drawing = {topology, &limits, &plan};
	return draw(&drawing);
}

int tool_topology(int argc, char **argv)
{
	int status = tool_options_parse(options, COMMAND, argc, argv);
	if (status) {
		return status;
	}
	if (value_of("help")) {
		return print_help();
	}
	uint32_t driver_count = 0;
	status = read_driver_count(&driver_count);
	if (status) {
		return status;
	}
	struct gi_topology *topology;
	status = load_topology(&topology);
	if (status) {
		return status;
	}
	status = plan_and_draw(topology, driver_count);
	gi_topology_destroy(topology);
	return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A port's configuration: defaults, and what is refused. */
#include "net/request.h"

#include "actors/log.h"
#include "base/assert.h"
#include "topology/cpu_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BACKLOG_MAX     65535u
#define INPUT_SIZE_MAX  (UINT32_C(1) << 30)
#define OUTPUT_SIZE_MAX (UINT32_C(2) << 30)

static uint32_t value_or(uint32_t value, uint32_t fallback)
{
	return value ? value : fallback;
}

static uint64_t time_or(uint64_t value, uint64_t fallback)
{
	return value ? value : fallback;
}

static void fill_in(struct gatio_port_options *options)
{
	options->backlog = value_or(options->backlog, 511);
	options->connection_max = value_or(options->connection_max, 10000);
	options->write_timeout_ns = time_or(options->write_timeout_ns, GATIO_SECONDS(30));
	options->linger_ns = time_or(options->linger_ns, GATIO_SECONDS(5));
	options->peer_end_ns = time_or(options->peer_end_ns, UINT64_MAX);
	options->input_size_max = value_or(options->input_size_max, 1u << 20);
	options->output_size_high = value_or(options->output_size_high, 256u << 10);
	options->output_size_max = value_or(options->output_size_max, 16u << 20);
}

static int refuse(struct gi_net *net, const char *listen, const char *sentence)
{
	gi_log(net->system, GATIO_LOG_ERROR, "port %s: %s", listen, sentence);
	return -EINVAL;
}

int gi_port_no_memory(const struct gatio_system *system, const char *listen)
{
	gi_log(system, GATIO_LOG_ERROR, "port %s cannot be opened: no memory for it",
	       listen ? listen : "?");
	return -ENOMEM;
}

static int check(struct gi_net *net, const struct gatio_port_options *options)
{
	if (options->backlog > BACKLOG_MAX) {
		return refuse(net, options->listen, "backlog: at most 65535 connections can wait");
	}
	if (options->output_size_max < options->output_size_high) {
		return refuse(net, options->listen,
		              "output_size_max: must not be below output_size_high");
	}
	if (options->output_size_max > OUTPUT_SIZE_MAX ||
	    options->input_size_max > INPUT_SIZE_MAX) {
		return refuse(net, options->listen,
		              "output_size_max may be up to 2 GiB, input_size_max up to 1 GiB");
	}
	return 0;
}

static bool serves_by_role(const struct gi_net *net, uint32_t driver)
{
	return net->system->plan->drivers[driver].role != GI_ROLE_TASKS;
}

static int choose_all(struct gi_port_request *request, struct gi_net *net)
{
	uint32_t chosen_count = 0;
	for (uint32_t i = 0; i < net->system->plan->driver_count; i++) {
		request->drivers[i] = serves_by_role(net, i);
		chosen_count += request->drivers[i];
	}
	gi_assert(chosen_count <= net->system->plan->driver_count);
	return chosen_count > 0 ? 0 : -EINVAL;
}

static int choose_listed(struct gi_port_request *request, struct gi_net *net, const char *list)
{
	struct gi_cpu_set set;
	struct gi_cpu_list_fault why;
	if (gi_cpu_list_parse(&set, list, strlen(list), &why)) {
		return -EINVAL;
	}
	uint32_t driver_count = net->system->plan->driver_count;
	uint32_t known_count = 0;
	for (uint32_t i = 0; i < driver_count; i++) {
		request->drivers[i] = gi_cpu_set_has(&set, i);
		known_count += request->drivers[i];
		if (request->drivers[i] && !serves_by_role(net, i)) {
			return -EINVAL;
		}
	}
	return known_count > 0 && known_count == gi_cpu_set_count(&set) ? 0 : -EINVAL;
}

static int choose_drivers(struct gi_port_request *request, struct gi_net *net)
{
	const char *list = request->plan.options->drivers;
	bool all = !list || strcmp(list, "all") == 0;
	int err = all ? choose_all(request, net) : choose_listed(request, net, list);
	if (err) {
		gi_log(net->system, GATIO_LOG_ERROR,
		       "port %s: drivers \"%s\": name drivers from 0 to %u whose role is io or "
		       "both",
		       request->plan.options->listen, list ? list : "all",
		       net->system->plan->driver_count - 1);
	}
	return err;
}

int gi_port_request_init(struct gi_port_request *out_request, struct gi_net *net,
                         struct gatio_port_options *options)
{
	if (!options->listen) {
		return refuse(net, "?", "listen: name an address, like \"127.0.0.1:7777\"");
	}
	fill_in(options);
	gi_assert(options->write_timeout_ns > 0);
	int err = check(net, options);
	if (err) {
		return err;
	}
	*out_request = (struct gi_port_request){.plan = {.options = options}};
	if (gi_address_parse(options->listen, &out_request->plan.address,
	                     &out_request->plan.address_size)) {
		return refuse(net, options->listen,
		              "not an address: write ADDRESS:PORT, like \"127.0.0.1:7777\", "
		              "\"[::1]:7777\" or \"*:7777\"");
	}
	out_request->drivers = calloc(net->system->plan->driver_count, sizeof(bool));
	if (!out_request->drivers) {
		return gi_port_no_memory(net->system, options->listen);
	}
	err = choose_drivers(out_request, net);
	if (err) {
		gi_port_request_finish(out_request);
	}
	return err;
}

void gi_port_request_finish(struct gi_port_request *request)
{
	free(request->drivers);
	request->drivers = NULL;
}

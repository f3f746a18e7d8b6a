/* SPDX-License-Identifier: Apache-2.0 */
/* A port's configuration: defaults, what is refused, and what counts as the same. */
#include "net/port.h"

#include "topology/cpu_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BACKLOG_MAX 65535u

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
	options->input_size_max = value_or(options->input_size_max, 1u << 20);
	options->output_size_high = value_or(options->output_size_high, 256u << 10);
	options->output_size_max = value_or(options->output_size_max, 16u << 20);
}

static int refuse(struct gi_net *net, const char *listen, const char *sentence)
{
	gi_log(net->system, GATIO_LOG_ERROR, "port %s: %s", listen, sentence);
	return -EINVAL;
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
	if (options->output_size_max > GATIO_MESSAGE_SIZE_MAX * 16 ||
	    options->input_size_max > GATIO_MESSAGE_SIZE_MAX * 64) {
		return refuse(net, options->listen,
		              "output_size_max may be up to 256 MiB, input_size_max up to 1 GiB");
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
	const char *list = request->options->drivers;
	bool all = !list || strcmp(list, "all") == 0;
	int err = all ? choose_all(request, net) : choose_listed(request, net, list);
	if (err) {
		gi_log(net->system, GATIO_LOG_ERROR,
		       "port %s: drivers \"%s\": name drivers from 0 to %u whose role is io or "
		       "both",
		       request->options->listen, list ? list : "all",
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
	int err = check(net, options);
	if (err) {
		return err;
	}
	*out_request = (struct gi_port_request){.options = options};
	if (gi_address_parse(options->listen, &out_request->address, &out_request->address_size)) {
		return refuse(net, options->listen,
		              "not an address: write ADDRESS:PORT, like \"127.0.0.1:7777\", "
		              "\"[::1]:7777\" or \"*:7777\"");
	}
	out_request->drivers = calloc(net->system->plan->driver_count, sizeof(bool));
	if (!out_request->drivers) {
		return -ENOMEM;
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

/* ---- The same? ---------------------------------------------------------------------------------------------------------- */

/* What differs, for the log; in both the same options in the same order. */
struct difference {
	char has[300];
	char wants[300];
};

static void append(char *text, size_t size, const char *name, const char *value)
{
	size_t used = strlen(text);
	snprintf(text + used, size - used, "%s%s %s", used > 0 ? ", " : "", name, value);
}

static void compare_texts(struct difference *difference, const char *name, const char *has,
                          const char *wants)
{
	if (strcmp(has, wants) != 0) {
		append(difference->has, sizeof(difference->has), name, has);
		append(difference->wants, sizeof(difference->wants), name, wants);
	}
}

static void compare_numbers(struct difference *difference, const char *name, uint64_t has,
                            uint64_t wants)
{
	char has_text[24];
	char wants_text[24];
	snprintf(has_text, sizeof(has_text), "%llu", (unsigned long long)has);
	snprintf(wants_text, sizeof(wants_text), "%llu", (unsigned long long)wants);
	compare_texts(difference, name, has_text, wants_text);
}

static void compare_options(struct difference *difference, const struct gatio_port_options *has,
                            const struct gatio_port_options *wants)
{
	const struct {
		const char *name;
		uint64_t has;
		uint64_t wants;
	} numbers[] = {
	        {"backlog", has->backlog, wants->backlog},
	        {"connection_max", has->connection_max, wants->connection_max},
	        {"idle_timeout_ns", has->idle_timeout_ns, wants->idle_timeout_ns},
	        {"write_timeout_ns", has->write_timeout_ns, wants->write_timeout_ns},
	        {"linger_ns", has->linger_ns, wants->linger_ns},
	        {"input_size_max", has->input_size_max, wants->input_size_max},
	        {"output_size_high", has->output_size_high, wants->output_size_high},
	        {"output_size_max", has->output_size_max, wants->output_size_max},
	        {"send_buffer_size", has->send_buffer_size, wants->send_buffer_size},
	        {"receive_buffer_size", has->receive_buffer_size, wants->receive_buffer_size},
	};
	for (size_t i = 0; i < GI_COUNT_OF(numbers); i++) {
		compare_numbers(difference, numbers[i].name, numbers[i].has, numbers[i].wants);
	}
	compare_texts(difference, "keepalive", has->no_keepalive ? "off" : "on",
	              wants->no_keepalive ? "off" : "on");
	compare_texts(difference, "refusal", has->refusal ? has->refusal : "none",
	              wants->refusal ? wants->refusal : "none");
}

int gi_port_compare(struct gi_net *net, const struct gi_port *port,
                    const struct gi_port_request *request)
{
	struct difference difference = {"", ""};
	if (port->behavior != request->behavior) {
		compare_texts(&difference, "behavior", port->behavior->name,
		              request->behavior->name);
	} else if (memcmp(port->state, request->state, port->behavior->state_size) != 0) {
		compare_texts(&difference, "initial state", "of its own", "another");
	}
	compare_options(&difference, &port->options, request->options);
	if (difference.has[0] == '\0') {
		return 0;
	}
	gi_log(net->system, GATIO_LOG_ERROR,
	       "port %s is open with another configuration: it has {%s}, wanted is {%s}",
	       port->bound_text, difference.has, difference.wants);
	return -EEXIST;
}

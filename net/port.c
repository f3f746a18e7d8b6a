/* SPDX-License-Identifier: Apache-2.0 */
/* A port: made, counted, compared. */
#include "net/port.h"

#include "actors/types.h"
#include "base/assert.h"
#include "base/container.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gi_port_destroy(struct gi_port *port)
{
	if (port) {
		gi_behavior_let_go(port->behavior);
		free((void *)(uintptr_t)port->options.refusal);
		free(port->listen_text);
		free(port->state);
		free(port->listeners);
		free(port->serves);
		free(port);
	}
}

struct gi_port *gi_port_create(const struct gi_port_plan *plan, uint32_t driver_count)
{
	const struct gatio_port_options *options = plan->options;
	gi_assert(options->listen);
	gi_assert(plan->behavior);
	gi_assert(driver_count > 0);
	struct gi_port *port =
	        aligned_alloc(GI_CACHE_LINE_PAIR, gi_round_up(sizeof(*port), GI_CACHE_LINE_PAIR));
	if (!port) {
		return NULL;
	}
	memset(port, 0, sizeof(*port));
	port->options = *options;
	port->claim_fd = -1;
	port->behavior = plan->behavior;
	port->address = plan->address;
	port->address_size = plan->address_size;
	gi_behavior_hold(port->behavior);
	port->listen_text = strdup(options->listen);
	port->state = malloc(plan->behavior->state_size + 1);
	port->serves = calloc(driver_count, sizeof(*port->serves));
	port->options.refusal = options->refusal ? strdup(options->refusal) : NULL;
	port->options.listen = port->listen_text;
	port->options.drivers = NULL;
	port->refusal_size = options->refusal ? strlen(options->refusal) : 0;
	if (!port->listen_text || !port->state || !port->serves ||
	    (options->refusal && !port->options.refusal)) {
		gi_port_destroy(port);
		return NULL;
	}
	memcpy(port->state, plan->state, plan->behavior->state_size);
	return port;
}

bool gi_port_take_place(struct gi_port *port)
{
	uint32_t open = gi_fetch_add_relaxed(&port->open_count, 1); /* a count, it orders nothing */
	if (open < port->options.connection_max) {
		return true;
	}
	gi_port_put_place(port);
	return false;
}

void gi_port_put_place(struct gi_port *port)
{
	uint32_t before = gi_fetch_add_relaxed(&port->open_count, (uint32_t)-1); /* a count */
	gi_assert(before > 0);
}

/* ---- The same? ---------------------------------------------------------------------------------------------------------- */

static void append(char *text, size_t size, const char *name, const char *value)
{
	size_t used = strlen(text);
	gi_assert(used < size);
	snprintf(text + used, size - used, "%s%s %s", used > 0 ? ", " : "", name, value);
}

static void compare_texts(struct gi_port_difference *difference, const char *name, const char *has,
                          const char *wants)
{
	if (strcmp(has, wants) != 0) {
		append(difference->has, sizeof(difference->has), name, has);
		append(difference->wants, sizeof(difference->wants), name, wants);
	}
}

static void compare_numbers(struct gi_port_difference *difference, const char *name, uint64_t has,
                            uint64_t wants)
{
	char has_text[24];
	char wants_text[24];
	snprintf(has_text, sizeof(has_text), "%llu", (unsigned long long)has);
	snprintf(wants_text, sizeof(wants_text), "%llu", (unsigned long long)wants);
	compare_texts(difference, name, has_text, wants_text);
}

static void compare_options(struct gi_port_difference *difference,
                            const struct gatio_port_options *has,
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
	        {"peer_end_ns", has->peer_end_ns, wants->peer_end_ns},
	        {"input_size_max", has->input_size_max, wants->input_size_max},
	        {"output_size_high", has->output_size_high, wants->output_size_high},
	        {"output_size_max", has->output_size_max, wants->output_size_max},
	        {"send_buffer_size", has->send_buffer_size, wants->send_buffer_size},
	        {"receive_buffer_size", has->receive_buffer_size, wants->receive_buffer_size},
	};
	for (size_t i = 0; i < GI_COUNT_OF(numbers); i++) {
		compare_numbers(difference, numbers[i].name, numbers[i].has, numbers[i].wants);
	}
	compare_texts(difference, "receive", has->receive_singly ? "singly" : "many",
	              wants->receive_singly ? "singly" : "many");
	compare_texts(difference, "keepalive", has->no_keepalive ? "off" : "on",
	              wants->no_keepalive ? "off" : "on");
	compare_texts(difference, "hold back", has->no_hold_back ? "off" : "on",
	              wants->no_hold_back ? "off" : "on");
	compare_texts(difference, "refusal", has->refusal ? has->refusal : "none",
	              wants->refusal ? wants->refusal : "none");
}

bool gi_port_compare(const struct gi_port *port, const struct gi_port_plan *plan,
                     struct gi_port_difference *out_difference)
{
	gi_assert(plan->behavior);
	*out_difference = (struct gi_port_difference){"", ""};
	if (port->behavior != plan->behavior) {
		compare_texts(out_difference, "behavior", port->behavior->name,
		              plan->behavior->name);
	} else if (memcmp(port->state, plan->state, port->behavior->state_size) != 0) {
		compare_texts(out_difference, "initial state", "of its own", "another");
	}
	compare_options(out_difference, &port->options, plan->options);
	return out_difference->has[0] == '\0';
}

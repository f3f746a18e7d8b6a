/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sample chat in a simulated machine: whatever its clients do, and however they end, what they were told can have
 * happened in one order; nothing of it is lost, comes twice, or is about somebody who is no more.
 */
#include <gatio/sim.h>

#include "tests/sim/chat.h"
#include "tests/sim/chat_client.h"
#include "tests/sim/order.h"

#include <stdlib.h>

enum { VISITORS_MIN = 3, VISITORS_MAX = 8, ARGUMENTS = 24 };

/* Longer than it takes until somebody who is gone is noticed, whatever the options are. */
#define NOTICED_NS GATIO_SECONDS(400)
#define LOOK_NS    GATIO_SECONDS(1)

int chat_main(int argc, char **argv);

/* How the server ends. */
enum ending {
	IS_TERMINATED, /* when all is said */
	IS_INTERRUPTED,
	IS_KILLED, /* or interrupted: the seed has it */
};

struct options {
	char *arguments[ARGUMENTS];
	uint32_t count;
};

static void add(struct options *options, const char *name, const char *value)
{
	gatio_sim_check(options->count + 3 <= ARGUMENTS, "too many options");
	options->arguments[options->count++] = (char *)(uintptr_t)name;
	options->arguments[options->count++] = (char *)(uintptr_t)value;
	options->arguments[options->count] = NULL;
}

static const char *one_of(const char *const *texts, size_t count)
{
	return texts[gatio_sim_random(count)];
}
#define ONE_OF(...)                                                                                \
	one_of((const char *const[]){__VA_ARGS__},                                                 \
	       sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void draw_limits(struct options *options, struct chat_world *world)
{
	bool has_flood_limit = chat_client_may(40);
	add(options, "--flood-lines", has_flood_limit ? ONE_OF("10", "100") : "0");
	world->storm_percent = has_flood_limit || chat_client_may(50) ? 0 : 8;
	if (chat_client_may(30)) {
		add(options, "--flood-seconds", ONE_OF("0.001", "0.05", "0.2"));
	}
	if (chat_client_may(30)) {
		world->is_strict = false;
		add(options, "--sendq", ONE_OF("16kb", "17kb", "64kb"));
	}
	if (chat_client_may(50)) {
		world->is_strict = false;
		add(options, "--ping-seconds", ONE_OF("0.5", "5", "20"));
	}
	if (chat_client_may(20)) {
		add(options, "--max-members", ONE_OF("2", "4", "6"));
	}
	if (chat_client_may(20)) {
		add(options, "--max-channels", ONE_OF("1", "2"));
	}
	if (chat_client_may(10)) {
		add(options, "--max-clients", ONE_OF("3", "6"));
	}
}

static void draw_options(struct options *options, struct chat_world *world)
{
	*options = (struct options){.arguments = {(char *)(uintptr_t) "gatio-chat"}, .count = 1};
	world->room_count = (uint32_t)gatio_sim_random(VIEW_ROOMS) + 1;
	world->has_password = chat_client_may(10);
	world->is_strict = true;
	world->busy = VISITORS_MIN + (uint32_t)gatio_sim_random(VISITORS_MAX - VISITORS_MIN + 1);
	draw_limits(options, world);
	if (chat_client_may(20)) {
		add(options, "--backend", "epoll");
	}
	if (world->has_password) {
		add(options, "--password", "secret");
	}
}

static void check_order(const struct chat_world *world, bool is_quiet)
{
	struct order *order = calloc(1, sizeof(*order));
	gatio_sim_check(order, "memory for what is compared");
	order->is_quiet = is_quiet;
	order->is_lossy = gatio_sim_lacked_memory(world->server);
	order->count = world->client_count;
	for (uint32_t i = 0; i < world->client_count; i++) {
		order->views[i] = chat_client_view(world->clients[i]);
	}
	gatio_sim_check(order_holds(order), "%s", order->fault);
	free(order);
}

static void forget(struct chat_world *world)
{
	for (uint32_t i = 0; i < world->client_count; i++) {
		chat_client_free(world->clients[i]);
	}
	*world = (struct chat_world){.phase = CHAT_TALKING};
}

/* Until all is said, whoever is gone has been noticed, and the others have seen what is left. */
static void wait_for_all(struct chat_world *world)
{
	while (world->busy > 0) {
		gatio_sim_sleep(LOOK_NS);
	}
	world->phase = CHAT_WAITING;
	gatio_sim_sleep(NOTICED_NS);
	world->phase = CHAT_SETTLING;
	do {
		gatio_sim_sleep(10 * LOOK_NS);
	} while (world->looking > 0);
}

static void end(struct chat_world *world, enum ending ending)
{
	world->phase = CHAT_ENDING;
	bool is_killed = ending == IS_KILLED && gatio_sim_maybe_kill(world->server);
	if (!is_killed) {
		gatio_sim_terminate(world->server);
	}
	int status = gatio_sim_wait(world->server);
	gatio_sim_join_all();
	gatio_sim_check(status == 0 || is_killed || gatio_sim_said_why(world->server),
	                "chat ends with status %d", status);
}

/* Memory that was refused is the only reason for which what a client wants is not done. */
static void check_lack(const struct chat_world *world)
{
	for (uint32_t i = 0; i < world->client_count; i++) {
		const struct view *view = chat_client_view(world->clients[i]);
		gatio_sim_check(view->lacking == 0 || gatio_sim_lacked_memory(world->server),
		                "u%u lacks nothing", view->user);
	}
}

/* A server, from its start to its end. */
static void serve(struct chat_world *world, enum ending ending)
{
	struct options options;
	draw_options(&options, world);
	world->server = gatio_sim_start("chat", chat_main, options.arguments);
	gatio_sim_sleep(LOOK_NS);
	for (uint32_t i = world->busy; i > 0; i--) {
		gatio_sim_script("visitor", chat_visitor, world);
	}
	if (ending == IS_TERMINATED) {
		wait_for_all(world);
	} else {
		gatio_sim_sleep(gatio_sim_random(GATIO_MS(200)));
	}
	end(world, ending);
	check_lack(world);
	check_order(world, ending == IS_TERMINATED);
}

static void world(void)
{
	struct chat_world *chat = calloc(1, sizeof(*chat));
	gatio_sim_check(chat, "memory for the world");
	if (chat_client_may(30)) {
		serve(chat, IS_KILLED);
		forget(chat);
	}
	serve(chat, chat_client_may(15) ? IS_INTERRUPTED : IS_TERMINATED);
	forget(chat);
	free(chat);
}

int main(int argc, char **argv)
{
	return gatio_sim_main(argc, argv,
	                      &(struct gatio_sim_options){.name = "chat",
	                                                  .world = world,
	                                                  .time_limit_ns = GATIO_SECONDS(86400)});
}

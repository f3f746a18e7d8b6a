/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports and connections in a simulated machine: roles, limits, deadlines, back-pressure, ends of each kind. What a client
 * sees is a beginning of what was written for it, and a cut never looks like an end in order. Nobody is ended for a deadline
 * that is never.
 */
#include "tests/sim/net_client.h"

#include "sim/sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CLIENTS_MAX  8u
#define CROWD        6u
#define ROOT_STATUS  7
#define STATUS_STUCK 70
#define STATUS_TERM  (128 + 15)

int net_main(int argc, char **argv);

struct scene {
	struct nw_settings settings;
	bool is_stopping;
	char texts[60][24];
	char *words[61];
	uint32_t word_count;
};

static bool one_in(uint64_t count)
{
	return gatio_sim_random(count) == 0;
}

static uint64_t between(uint64_t low, uint64_t high)
{
	return low + gatio_sim_random(high - low + 1);
}

/* ---- Clients ----------------------------------------------------------------------------------------------------- */

static struct nc_client *new_client(struct scene *scene)
{
	struct nc_client *client = calloc(1, sizeof(*client));
	gatio_sim_check(client, "the test has no memory");
	client->settings = &scene->settings;
	client->is_stopping = &scene->is_stopping;
	client->read_pause_ns = one_in(3) ? between(1, GATIO_MS(20)) : 0;
	return client;
}

static const char *any_port(void)
{
	return one_in(4) ? NW_SECOND : NW_FIRST;
}

static uint32_t draw_size(void)
{
	return (uint32_t)gatio_sim_random(one_in(4) ? NW_SIZE_MAX + 1 : 300);
}

/* One draw a statement: the order of arguments is the compiler's. */
static void ask_pour(struct nc_client *client)
{
	uint16_t count = (uint16_t)between(1, 12);
	uint32_t size = draw_size();
	nc_ask(client, NW_POUR, count, size);
}

static void ask_something(struct nc_client *client)
{
	switch (gatio_sim_random(8)) {
	case 0:
		ask_pour(client);
		break;
	case 1:
		nc_ask(client, NW_NAP, (uint16_t)between(0, 300), 0);
		break;
	case 2:
	case 3:
		nc_ask(client, NW_AID, 0, 0);
		break;
	default:
		nc_ask(client, NW_ECHO, 0, draw_size());
	}
}

/* To who has said its last: nobody hears it, and it takes nothing from what was said. */
static void talk_on(struct nc_client *client)
{
	if (client->end == NC_OPEN && one_in(3)) {
		gatio_sim_sleep(gatio_sim_random(GATIO_MS(100)));
		nc_say(client, "and", 3);
	}
}

static void part(struct nc_client *client)
{
	switch (gatio_sim_random(6)) {
	case 0:
	case 1:
		nc_ask(client, NW_EXIT, 0, 0);
		talk_on(client);
		nc_read_end(client);
		break;
	case 2:
		nc_ask(client, NW_ABORT, 0, 0);
		nc_read_end(client);
		break;
	case 3:
		nc_shut(client);
		nc_read_end(client);
		break;
	default:
		break;
	}
	nc_close(client, one_in(4));
}

static void talk(void *argument)
{
	struct nc_client *client = new_client(argument);
	gatio_sim_sleep(gatio_sim_random(GATIO_MS(200)));
	for (uint64_t left = between(1, 4); left > 0; left--) {
		if (!nc_connect(client, any_port())) {
			continue;
		}
		for (uint64_t asks = between(0, 12); asks > 0 && client->end == NC_OPEN; asks--) {
			ask_something(client);
			nc_read(client, (uint32_t)gatio_sim_random(4));
			gatio_sim_sleep(one_in(3) ? gatio_sim_random(GATIO_MS(100)) : 0);
		}
		part(client);
	}
	free(client);
}

/* It asks for much, and reads it late, in small pieces, or never. */
static void dawdle(void *argument)
{
	struct nc_client *client = new_client(argument);
	gatio_sim_sleep(gatio_sim_random(GATIO_MS(200)));
	if (nc_connect(client, NW_FIRST)) {
		client->read_pause_ns = between(1, GATIO_MS(400));
		for (uint64_t left = between(1, 3); left > 0; left--) {
			uint16_t count = (uint16_t)between(1, 40);
			uint32_t size = (uint32_t)gatio_sim_random(NW_SIZE_MAX + 1);
			nc_ask(client, NW_POUR, count, size);
		}
		if (one_in(2)) {
			nc_ask(client, NW_EXIT, 0, 0);
		}
		gatio_sim_sleep(one_in(2) ? gatio_sim_random(GATIO_SECONDS(60)) : 0);
		nc_read(client, one_in(2) ? 0 : 1);
		nc_close(client, one_in(3));
	}
	free(client);
}

/* Served once, it says nothing more: a port that closes those who are idle closes it, and no other does. */
static void idle(void *argument)
{
	struct nc_client *client = new_client(argument);
	if (nc_connect(client, any_port())) {
		nc_ask(client, NW_ECHO, 0, 10);
		nc_read(client, 0);
		bool is_quiet = client->end == NC_OPEN && !nc_read_some(client, GATIO_SECONDS(200));
		if (is_quiet) {
			nc_ask(client, NW_ECHO, 0, 10);
			nc_read(client, 0);
			gatio_sim_check(client->end == NC_CUT || !nw_closes_idle(client->settings),
			                "who is idle is not closed");
		}
		nc_close(client, one_in(4));
	}
	free(client);
}

/* Many at once, where there is room for few. */
static void crowd(void *argument)
{
	struct nc_client *clients[CROWD];
	bool are_there[CROWD];
	for (uint32_t i = 0; i < CROWD; i++) {
		clients[i] = new_client(argument);
		are_there[i] = nc_connect(clients[i], NW_SECOND);
		if (are_there[i] && one_in(2)) {
			nc_ask(clients[i], NW_ECHO, 0, draw_size());
		}
	}
	gatio_sim_sleep(gatio_sim_random(GATIO_MS(500)));
	for (uint32_t i = 0; i < CROWD; i++) {
		if (are_there[i]) {
			nc_read(clients[i], 0);
			part(clients[i]);
		}
		free(clients[i]);
	}
}

/* It goes in the middle of things. */
static void break_off(void *argument)
{
	struct nc_client *client = new_client(argument);
	for (uint64_t left = between(1, 10); left > 0; left--) {
		if (nc_connect(client, any_port())) {
			struct nw_head head = {.mark = NW_MARK, .verb = NW_ECHO, .size = 100};
			for (uint64_t asks = gatio_sim_random(4); asks > 0; asks--) {
				ask_something(client);
			}
			nc_say(client, &head, between(1, sizeof(head)));
			gatio_sim_sleep(gatio_sim_random(GATIO_MS(3)));
			if (one_in(3)) {
				nc_shut(client);
				nc_read_end(client);
			}
			nc_close(client, one_in(2));
		}
	}
	free(client);
}

static void begin_clients(struct scene *scene)
{
	static void (*const ways[])(void *) = {talk, talk, dawdle, idle, crowd, break_off};
	static const char *const names[] = {"talk", "talk", "dawdle", "idle", "crowd", "break-off"};
	for (uint64_t left = between(2, CLIENTS_MAX); left > 0; left--) {
		uint64_t way = gatio_sim_random(sizeof(ways) / sizeof(ways[0]));
		gatio_sim_script(names[way], ways[way], scene);
	}
}

/* ---- The service ------------------------------------------------------------------------------------------------- */

static void draw_system(struct nw_settings *settings)
{
	settings->drivers = between(1, 4);
	settings->io = settings->drivers > 1 && one_in(2) ? between(1, settings->drivers - 1) : 0;
	settings->slots = UINT64_C(2) << gatio_sim_random(one_in(2) ? 3 : 8);
	settings->actors = one_in(6) ? 64 : 0;
	settings->memory = one_in(8) ? UINT64_C(24) << 20 : 0;
	settings->no_spin = one_in(2);
	settings->epoll = one_in(4);
	settings->drain_ms = one_in(2) ? between(1, 3000) : 0;
	settings->stays = one_in(3);
	settings->errs = one_in(6);
	settings->systems = one_in(60) ? between(1, 70) : 0;
	settings->root = one_in(12) ? between(1, 60) : 0;
}

static void draw_port(struct nw_settings *settings)
{
	settings->backlog = one_in(4) ? between(1, 8) : 0;
	settings->connections = one_in(2) ? between(1, 8) : 0;
	settings->refuses = one_in(2);
	settings->idle_ms = one_in(3) ? between(100, 5000) : 0;
	settings->write_ms = one_in(2) ? between(100, 5000) : 0;
	settings->linger_ms = one_in(2) ? between(100, 5000) : 0;
	settings->peer_end_ms = one_in(3) ? between(1, 1000) : 0;
	settings->input_max = one_in(4) ? between(20, NW_SIZE_MAX) : 0;
	settings->high = one_in(2) ? between(1000, 100000) : 0;
	uint64_t least = (settings->high ? settings->high : 262144) + NW_RECORD_MAX + 16;
	settings->max = one_in(2) ? between(least, least + 100000) : 0;
	settings->singly = one_in(4);
	settings->no_hold_back = one_in(4);
	settings->no_keepalive = one_in(2);
	settings->twice = one_in(4);
}

/* Often all of them: then nothing ends who is slow, or gone, but the machine. */
static void draw_never(struct nw_settings *settings)
{
	uint64_t *const durations[] = {&settings->idle_ms, &settings->write_ms,
	                               &settings->linger_ms, &settings->peer_end_ms,
	                               &settings->drain_ms};
	bool are_all = one_in(5);
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		bool is_one = one_in(6);
		if (are_all || is_one) {
			*durations[i] = NW_NEVER;
		}
	}
}

static void add(struct scene *scene, const char *text)
{
	char *word = scene->texts[scene->word_count];
	snprintf(word, sizeof(scene->texts[0]), "%s", text);
	scene->words[scene->word_count++] = word;
}

static void add_number(struct scene *scene, const char *name, uint64_t number)
{
	char text[24];
	snprintf(text, sizeof(text), "%" PRIu64, number);
	add(scene, name);
	add(scene, text);
}

static struct gatio_sim_process *begin_service(struct scene *scene)
{
	const struct nw_settings *settings = &scene->settings;
	add(scene, "net");
#define NW_WORDS(name) add_number(scene, "--" #name, settings->name);
	NW_SETTINGS(NW_WORDS)
#undef NW_WORDS
	return gatio_sim_start("net", net_main, scene->words);
}

static void serve(struct scene *scene, struct gatio_sim_process *process)
{
	gatio_sim_sleep(GATIO_SECONDS(1));
	begin_clients(scene);
	if (one_in(3)) {
		gatio_sim_sleep(gatio_sim_random(GATIO_SECONDS(3)));
		scene->is_stopping = true;
		gatio_sim_terminate(process);
		if (one_in(4)) {
			gatio_sim_sleep(gatio_sim_random(GATIO_MS(500)));
			gatio_sim_terminate(process);
		}
	}
	gatio_sim_join_all();
	if (!scene->is_stopping) {
		scene->is_stopping = true;
		gatio_sim_terminate(process);
	}
}

static void world(void)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	gatio_sim_check(scene, "the test has no memory");
	draw_system(&scene->settings);
	draw_port(&scene->settings);
	draw_never(&scene->settings);
	struct gatio_sim_process *process = begin_service(scene);
	int expected = scene->settings.root ? ROOT_STATUS : 0;
	if (!expected) {
		serve(scene, process);
	}
	int status = gatio_sim_wait(process);
	/* Between one system and the next a signal ends it, and before the first, where it stood still. */
	bool has_stood = gi_sim_here->trace->strikes[GI_FAULT_DRIVER_STALL] > 0;
	bool is_early = status == STATUS_TERM && (scene->settings.systems || has_stood);
	gatio_sim_check(status == expected || status == STATUS_STUCK || is_early ||
	                        gatio_sim_said_why(process),
	                "net ends with status %d", status);
	free(scene);
}

int main(int argc, char **argv)
{
	return gatio_sim_main(argc, argv,
	                      &(struct gatio_sim_options){.name = "net",
	                                                  .world = world,
	                                                  .time_limit_ns = GATIO_SECONDS(36000)});
}

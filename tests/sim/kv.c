/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sample kv in a simulated machine: what its clients are told of each key can be, in some order of what they have asked,
 * whatever the machine does meanwhile; and it ends in order.
 */
#include "tests/sim/kv.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS_MAX     8u
#define CONNECTIONS_MAX 3u
#define PIPELINES_MAX   8u
#define LOOKS_MAX       6
#define GARBAGE_MAX     300u

int kv_main(int argc, char **argv);

/* ---- Clients ----------------------------------------------------------------------------------------------------- */

static struct kw_client *new_client(struct kw_life *life)
{
	struct kw_client *client = calloc(1, sizeof(*client));
	gatio_sim_check(client, "the test has no memory");
	client->life = life;
	return client;
}

static void end_client(struct kw_client *client)
{
	free(client->out);
	free(client);
}

/* Each connection is somebody else: what one has left behind may be done after what the next one asks. */
static bool connect_as_new(struct kw_client *client)
{
	client->number = client->life->client_count++;
	client->order = 0;
	return kw_client_connect(client);
}

static uint32_t draw_depth(void)
{
	switch (gatio_sim_random(8)) {
	case 0:
		return 1 + (uint32_t)gatio_sim_random(KW_PIPELINE_MAX);
	case 1:
	case 2:
	case 3:
		return 1;
	default:
		return 1 + (uint32_t)gatio_sim_random(6);
	}
}

/* False: there is nothing left to be asked. */
static bool ask(struct kw_client *client)
{
	for (uint32_t left = draw_depth(); left > 0; left--) {
		if (!kw_command_draw(client)) {
			break;
		}
	}
	if (client->pending_count == 0) {
		return false;
	}
	kw_client_send(client);
	return true;
}

/* It sends no more, and gets all that it has asked for, and then the end. */
static void half_close(struct kw_client *client)
{
	gatio_sim_shut(client->stream);
	kw_command_answers(client);
	kw_command_ends(client);
}

/* One connection. False: there is nothing left to be asked. */
static bool converse(struct kw_client *client)
{
	bool goes_on = true;
	for (uint64_t left = gatio_sim_random(PIPELINES_MAX) + 1; left > 0 && goes_on; left--) {
		goes_on = ask(client);
		uint64_t manner = gatio_sim_random(40);
		if (manner == 0) {
			break; /* does not wait for its answers */
		}
		if (manner == 1) {
			half_close(client);
			break;
		}
		kw_command_answers(client);
		if (client->is_cut) {
			break;
		}
		if (gatio_sim_random(3) == 0) {
			gatio_sim_sleep(gatio_sim_random(GATIO_MS(400)));
		}
	}
	kw_client_close(client, gatio_sim_random(4) == 0);
	return goes_on;
}

static void client_script(void *argument)
{
	struct kw_client *client = new_client(argument);
	gatio_sim_sleep(gatio_sim_random(GATIO_MS(100)));
	for (uint64_t left = gatio_sim_random(CONNECTIONS_MAX) + 1; left > 0; left--) {
		if (connect_as_new(client) && !converse(client)) {
			break;
		}
		gatio_sim_sleep(gatio_sim_random(GATIO_MS(50)));
	}
	end_client(client);
}

/* Bytes that mean nothing, or nearly something. Whatever comes of them, the others see nothing of it. */
static void garbage_script(void *argument)
{
	static const char *const begins[] = {"*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$",
	                                     "*-1\r\n",
	                                     "*1000000\r\n",
	                                     "GET \"",
	                                     "$5\r\nhello\r\n",
	                                     "MULTI\r\nEXEC\r\n",
	                                     ""};
	struct kw_client *client = new_client(argument);
	char bytes[GARBAGE_MAX];
	gatio_sim_sleep(gatio_sim_random(GATIO_MS(100)));
	if (kw_client_connect(client)) {
		const char *begin = begins[gatio_sim_random(sizeof(begins) / sizeof(begins[0]))];
		size_t size = (size_t)gatio_sim_random(sizeof(bytes));
		gatio_sim_random_bytes(bytes, size);
		kw_client_put(client, begin, strlen(begin));
		kw_client_put(client, bytes, size);
		kw_client_send(client);
		while (!client->is_cut) {
			client->is_cut = gatio_sim_receive_for(client->stream, bytes, sizeof(bytes),
			                                       GATIO_SECONDS(1)) <= 0;
		}
		kw_client_close(client, gatio_sim_random(2));
	}
	end_client(client);
}

/* Look at all keys, until the server has told of them. */
static void look(struct kw_life *life)
{
	struct kw_client *client = new_client(life);
	bool is_done = false;
	for (int tries = 0; tries < LOOKS_MAX && !is_done; tries++) {
		if (!connect_as_new(client)) {
			gatio_sim_sleep(GATIO_MS(100));
			continue;
		}
		for (uint32_t i = 0; i < life->partition_count; i++) {
			if (life->partitions[i].count + LINEAR_KEYS_MAX <= LINEAR_OPERATIONS_MAX) {
				kw_command_look(client, i);
			}
		}
		kw_client_send(client);
		kw_command_answers(client);
		is_done = !client->is_cut;
		kw_client_close(client, false);
	}
	end_client(client);
}

/* ---- Lives ------------------------------------------------------------------------------------------------------- */

static void begin_life(struct kw_life *life, char *const *arguments)
{
	static const size_t values_max[] = {1, 1, 1, 1, 200, 200, 4000, 60000};
	*life = (struct kw_life){.offset_ns = kw_wall_offset_ns()};
	life->partition_count = 1 + (uint32_t)gatio_sim_random(KW_PARTITIONS_MAX);
	for (uint32_t i = 0; i < life->partition_count; i++) {
		struct kw_partition *partition = &life->partitions[i];
		for (uint32_t key = 0; key < LINEAR_KEYS_MAX; key++) {
			snprintf(partition->names[key], sizeof(partition->names[key]), "key:%u%c",
			         i, 'a' + key);
		}
		partition->value_max = values_max[gatio_sim_random(8)];
		partition->has_ends = gatio_sim_random(2);
		partition->has_moves = gatio_sim_random(2);
	}
	life->process = gatio_sim_start("kv", kv_main, arguments);
	gatio_sim_sleep(GATIO_MS(500));
}

static void run_life(struct kw_life *life, bool must_kill)
{
	for (uint64_t left = 2 + gatio_sim_random(CLIENTS_MAX - 1); left > 0; left--) {
		gatio_sim_script("client", client_script, life);
	}
	if (gatio_sim_random(4) == 0) {
		gatio_sim_script("garbage", garbage_script, life);
	}
	if (must_kill) {
		gatio_sim_sleep(gatio_sim_random(GATIO_MS(500)));
		gatio_sim_kill(life->process);
	}
	gatio_sim_join_all();
	if (!must_kill) {
		look(life);
		gatio_sim_terminate(life->process);
	}
	int status = gatio_sim_wait(life->process);
	/* Once it is up it drains at a SIGTERM. */
	bool is_starting = life->may_not_start && status == 128 + SIGTERM;
	gatio_sim_check(must_kill || status == 0 || is_starting ||
	                        gatio_sim_said_why(life->process),
	                "kv ends with status %d", status);
	kw_life_check(life);
}

/* Options that a user may give, drawn. Returns whether memory is so short that it may not start. */
static bool draw_arguments(char **arguments)
{
	static char *const sizes[] = {"16mb", "18mb", "20mb", "22mb", "24mb"};
	bool is_scarce = false;
	uint32_t count = 0;
	arguments[count++] = "gatio-kv";
	arguments[count++] = "--log-level";
	arguments[count++] = "warning";
	if (gatio_sim_random(4) == 0) {
		arguments[count++] = "--no-spin";
	}
	if (gatio_sim_random(8) == 0) {
		arguments[count++] = "--backend";
		arguments[count++] = "epoll";
	}
	if (gatio_sim_random(8) == 0) {
		arguments[count++] = "--memory";
		is_scarce = gatio_sim_random(2);
		arguments[count++] = is_scarce ? sizes[gatio_sim_random(5)] : "64mb";
	}
	if (gatio_sim_random(8) == 0) {
		arguments[count++] = "--maxmemory";
		arguments[count++] = gatio_sim_random(2) ? "2kb" : "16kb";
	}
	arguments[count] = NULL;
	return is_scarce;
}

static void world(void)
{
	char *arguments[12];
	struct kw_life *life = malloc(sizeof(*life));
	gatio_sim_check(life, "the test has no memory");
	bool is_scarce = draw_arguments(arguments);
	for (uint64_t left = gatio_sim_random(4) == 0; left > 0; left--) {
		begin_life(life, arguments);
		life->may_not_start = is_scarce;
		run_life(life, true);
	}
	begin_life(life, arguments);
	life->may_not_start = is_scarce;
	run_life(life, false);
	free(life);
}

int main(int argc, char **argv)
{
	return gatio_sim_main(argc, argv,
	                      &(struct gatio_sim_options){.name = "kv", .world = world});
}

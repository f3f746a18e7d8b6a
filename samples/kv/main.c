/* SPDX-License-Identifier: Apache-2.0 */
/* gatio-kv: a key-value server that speaks the Redis protocol, on gatio. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "samples/common/server.h"
#include "samples/kv/config.h"
#include "samples/kv/connection.h"
#include "samples/kv/shard.h"

extern char **environ;

static struct app_server server = APP_SERVER_DEFAULTS("gatio-kv", "127.0.0.1:6379");

static uint64_t memory_limit;

static const struct app_setting settings[] = {
        APP_SERVER_SETTINGS(server),
        {.name = "requirepass",
         .value_name = "PASSWORD",
         .help = "what clients must give to AUTH; better in the file or environment",
         .kind = APP_TEXT,
         .value = &kv_config.password,
         .is_secret = true},
        {.name = "maxclients",
         .value_name = "N",
         .help = "clients at once, for each address",
         .kind = APP_NUMBER,
         .value = &kv_config.connection_max,
         .min = 1,
         .max = UINT32_MAX},
        {.name = "timeout",
         .value_name = "SECONDS",
         .help = "close clients that are idle for so long; 0: never",
         .kind = APP_SECONDS,
         .value = &kv_config.idle_timeout_ns},
        {.name = "maxmemory",
         .value_name = "SIZE",
         .help = "of all keys and values; then writes get an error; 0: no limit of its own",
         .kind = APP_SIZE,
         .value = &kv_config.memory_max},
        {.name = "memory",
         .value_name = "SIZE",
         .help = "of the whole server, for each NUMA node; 0: 4/5 of the machine or its group",
         .kind = APP_SIZE,
         .value = &memory_limit},
        {.name = "databases",
         .value_name = "N",
         .help = "numbers that SELECT takes, from 0 on",
         .kind = APP_NUMBER,
         .value = &kv_config.database_count,
         .min = 1,
         .max = KV_DATABASES},
        {.name = "proto-max-bulk-len",
         .value_name = "SIZE",
         .help = "the largest value",
         .kind = APP_SIZE,
         .value = &kv_config.bulk_size_max,
         .min = 1024,
         .max = KV_BULK_SIZE_LIMIT},
        {.name = "client-query-buffer-limit",
         .value_name = "SIZE",
         .help = "of the requests of one client that wait; the largest request",
         .kind = APP_SIZE,
         .value = &kv_config.query_size_max,
         .min = 1024 * 1024,
         .max = UINT64_C(1) << 30},
        {.name = "client-output-buffer-limit",
         .value_name = "SIZE",
         .help = "of the replies that wait for one client which writes on without reading",
         .kind = APP_SIZE,
         .value = &kv_config.output_size_max,
         .min = KV_OUTPUT_HIGH,
         .max = UINT64_C(1) << 30},
        {.name = "maxmemory-clients",
         .value_name = "SIZE",
         .help = "of what waits of all clients together; 0: a quarter of the memory",
         .kind = APP_SIZE,
         .value = &kv_config.clients_memory_max},
        {.name = NULL},
};

static const struct app_program program = {
        .name = "gatio-kv",
        .summary = "a key-value server that speaks the Redis protocol",
        .environment_prefix = "GATIO_KV_",
        .notes = "Keys are at most 64 KiB long. Nothing is written to disk. Try: redis-cli ping\n",
        .settings = settings,
};

static bool draw_secrets(void)
{
	uint8_t id[20];
	if (getrandom(&kv_config.hash_key, sizeof(kv_config.hash_key), 0) !=
	            (ssize_t)sizeof(kv_config.hash_key) ||
	    getrandom(id, sizeof(id), 0) != (ssize_t)sizeof(id)) {
		return false;
	}
	for (size_t i = 0; i < sizeof(id); i++) {
		snprintf(kv_config.run_id + 2 * i, 3, "%02x", id[i]);
	}
	return true;
}

static uint64_t least_share(const struct gatio_system *system)
{
	uint64_t least = 0;
	for (uint32_t i = 0; i < gatio_system_driver_count(system); i++) {
		uint64_t share = gatio_system_memory_share(system, i);
		least = least == 0 || share < least ? share : least;
	}
	return least;
}

/*
 * Of the memory of a driver, half is for data and a quarter for what waits of clients (maxmemory-clients). The rest is for what
 * is on its way, for connections, and for pages that are used in part: with it data can always be read and freed.
 */
static void share_memory(const struct gatio_system *system)
{
	uint64_t driver_count = gatio_system_driver_count(system);
	uint64_t share = least_share(system);
	uint64_t room = share != 0 ? share / 2 * driver_count : UINT64_MAX;
	uint64_t data = kv_config.memory_max;
	if (data == 0 || data > room) {
		data = room;
	}
	kv_config.shard_memory_max = data / kv_config.shard_count;
	if (kv_config.shard_memory_max == 0) {
		kv_config.shard_memory_max = 1;
	}
	if (kv_config.clients_memory_max == 0) {
		kv_config.clients_memory_max =
		        share != 0 ? share / 4 * driver_count : UINT64_C(1) << 30;
	}
	kv_config.held_size_max = kv_config.clients_memory_max / driver_count;
}

/* One shard on each driver that runs actors. False: there is none. */
static bool start_shards(struct gatio_system *system)
{
	uint32_t driver_count = gatio_system_driver_count(system);
	for (uint32_t i = 0; i < driver_count && kv_config.shard_count < KV_SHARD_MAX; i++) {
		struct gatio_place place = GATIO_ON_DRIVER(i);
		uint32_t index = kv_config.shard_count;
		struct gatio_address shard =
		        gatio_system_spawn(system, place, kv_shard, .index = index);
		if (gatio_address_error(shard) == 0) {
			kv_config.shards[kv_config.shard_count++] = shard;
		}
	}
	if (kv_config.shard_count == 0) {
		app_log(&server, GATIO_LOG_ERROR, "no driver can run a shard");
		return false;
	}
	share_memory(system);
	return true;
}

static void log_warning(const char *text)
{
	app_log(&server, GATIO_LOG_WARNING, text);
}

static int open_ports(struct gatio_system *system)
{
	for (size_t i = 0; i < server.listen.count; i++) {
		const char *listen = server.listen.items[i];
		struct gatio_port_options options = {
		        .listen = listen,
		        .connection_max = (uint32_t)kv_config.connection_max,
		        .refusal = "-ERR max number of clients reached\r\n",
		        .idle_timeout_ns = kv_config.idle_timeout_ns,
		        .output_size_high = KV_OUTPUT_HIGH,
		        .output_size_max = (uint32_t)kv_config.output_size_max + KV_OUTPUT_ROOM,
		        .no_hold_back = true,
		};
		int err = gatio_port_open(system, &options, kv_connection, .id = 0);
		if (err != 0) {
			return app_server_open_failed(&server, listen, err);
		}
	}
	return APP_GO_ON;
}

int main(int argc, char **argv)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	kv_config = (struct kv_config){
	        .connection_max = 10000,
	        .database_count = KV_DATABASES,
	        .bulk_size_max = KV_BULK_SIZE_LIMIT,
	        .query_size_max = UINT64_C(1) << 30,
	        .output_size_max = UINT64_C(32) << 20,
	        .log = log_warning,
	        .started_ms = (uint64_t)now.tv_sec * 1000,
	};
	struct app_arguments arguments = {.argc = argc, .argv = argv, .environment = environ};
	int status = app_configure(&program, &arguments);
	if (status != APP_GO_ON) {
		return status;
	}
	if (!draw_secrets()) {
		app_log(&server, GATIO_LOG_ERROR, "no entropy");
		return APP_EXIT_FAILED;
	}
	kv_commands_init();

	/* Beyond the data there are clients, and what is on its way: see share_memory(). */
	struct gatio_options options = {.memory_limit = memory_limit};
	if (memory_limit == 0 && kv_config.memory_max != 0 &&
	    kv_config.memory_max < UINT64_MAX / 4) {
		options.memory_limit = kv_config.memory_max * 2 + (UINT64_C(256) << 20);
	}
	struct gatio_system *system = NULL;
	status = app_server_create(&server, &options, &system);
	if (status != APP_GO_ON) {
		return status;
	}
	status = start_shards(system) ? open_ports(system) : APP_EXIT_FAILED;
	if (status != APP_GO_ON) {
		gatio_system_destroy(system);
		return status;
	}
	app_server_ready(&server, system);
	return gatio_system_run(system);
}

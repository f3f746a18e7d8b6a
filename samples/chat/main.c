/* SPDX-License-Identifier: Apache-2.0 */
/* gatio-chat: a chat server that speaks IRC. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <gatio/gatio.h>

#include "samples/chat/courier.h"
#include "samples/chat/hub.h"
#include "samples/chat/session.h"
#include "samples/common/server.h"

/* Of a flood; what a client may have on credit is their product. */
enum { FLOOD_LINES_MAX = 10000 };
#define FLOOD_NS_MAX GATIO_SECONDS(60)
_Static_assert(FLOOD_NS_MAX < UINT64_MAX / 4 / FLOOD_LINES_MAX,
               "times and credit add without overflow");

static struct app_server listening = APP_SERVER_DEFAULTS("gatio-chat", "127.0.0.1:6667");

/* As they are read; chat_server holds what the actors need of them. */
static struct {
	const char *name;
	const char *network;
	const char *motd;
	const char *password;
	uint64_t client_max;
	uint64_t room_max;
	uint64_t member_max;
	uint64_t sendq_size;
	uint64_t flood_lines;
	uint64_t flood_ns;
	uint64_t ping_ns;
	uint64_t registration_ns;
} wanted = {
        .name = "chat.localhost",
        .network = "gatio",
        .client_max = 10000,
        .room_max = CHAT_ROOMS_MAX,
        .member_max = 1000,
        .sendq_size = 512 << 10,
        .flood_lines = 10,
        .flood_ns = GATIO_MS(500),
        .ping_ns = GATIO_SECONDS(120),
        .registration_ns = GATIO_SECONDS(30),
};

/* It stands in front of each line and must be one word there. */
static const char *check_name(const char *text)
{
	bool is_word = strpbrk(text, " :!@,*?\t") == NULL;
	return *text && is_word && strlen(text) <= CHAT_HOST_MAX
	               ? NULL
	               : "must be a name like chat.example.org, up to 63 letters";
}

static const char *check_password(const char *text)
{
	return *text && !strpbrk(text, " \t\r\n") ? NULL : "must be one word";
}

static const struct app_setting settings[] = {
        APP_SERVER_SETTINGS(listening),
        {.name = "name",
         .value_name = "NAME",
         .help = "of this server, as clients see it",
         .kind = APP_TEXT,
         .value = &wanted.name,
         .check = check_name},
        {.name = "network",
         .value_name = "NAME",
         .help = "of the network, as clients see it",
         .kind = APP_TEXT,
         .value = &wanted.network,
         .check = check_name},
        {.name = "motd",
         .value_name = "FILE",
         .help = "message of the day: shown to each client, up to 64 KiB",
         .kind = APP_TEXT,
         .value = &wanted.motd},
        {.name = "password",
         .value_name = "WORD",
         .help = "that clients must give with PASS; better in the file than on the command line",
         .kind = APP_TEXT,
         .value = &wanted.password,
         .is_secret = true,
         .check = check_password},
        {.name = "max-clients",
         .value_name = "N",
         .help = "connections at once",
         .kind = APP_NUMBER,
         .value = &wanted.client_max,
         .min = 1,
         .max = 1000000},
        {.name = "max-channels",
         .value_name = "N",
         .help = "channels that one client may be in",
         .kind = APP_NUMBER,
         .value = &wanted.room_max,
         .min = 1,
         .max = CHAT_ROOMS_MAX},
        {.name = "max-members",
         .value_name = "N",
         .help = "members of one channel",
         .kind = APP_NUMBER,
         .value = &wanted.member_max,
         .min = 1,
         .max = 100000},
        {.name = "sendq",
         .value_name = "SIZE",
         .help = "bytes that may wait for a client that does not read; then it is closed",
         .kind = APP_SIZE,
         .value = &wanted.sendq_size,
         .min = 16 << 10,
         .max = 64 << 20},
        {.name = "flood-lines",
         .value_name = "N",
         .help = "lines a client may send at once before it is slowed down; 0: any number",
         .kind = APP_NUMBER,
         .value = &wanted.flood_lines,
         .max = FLOOD_LINES_MAX},
        {.name = "flood-seconds",
         .value_name = "TIME",
         .help = "a client that is slowed down may send one line in this time",
         .kind = APP_SECONDS,
         .value = &wanted.flood_ns,
         .min = GATIO_MS(1),
         .max = FLOOD_NS_MAX},
        {.name = "ping-seconds",
         .value_name = "TIME",
         .help = "a client is asked whether it is there so often, and closed if it does not answer",
         .kind = APP_SECONDS,
         .value = &wanted.ping_ns,
         .min = GATIO_MS(100),
         .max = GATIO_SECONDS(86400)},
        {.name = "registration-seconds",
         .value_name = "TIME",
         .help = "to say NICK and USER, before the connection is closed",
         .kind = APP_SECONDS,
         .value = &wanted.registration_ns,
         .min = GATIO_MS(100),
         .max = GATIO_SECONDS(3600)},
        {.name = NULL},
};

static struct chat_server server = {.answer_ns = CHAT_ANSWER_NS, .under_way_max = 4096};

/* ---- Start ------------------------------------------------------------------------------------------------------ */

/* The whole file as a text without carriage returns, or NULL with errno. It lives as long as the program. */
static char *read_motd(const char *path)
{
	FILE *file = fopen(path, "r");
	if (!file) {
		return NULL;
	}
	char *text = malloc(CHAT_MOTD_MAX + 1);
	size_t size = text ? fread(text, 1, CHAT_MOTD_MAX + 1, file) : 0;
	bool is_bad = !text || ferror(file) || size > CHAT_MOTD_MAX;
	if (is_bad) {
		errno = size > CHAT_MOTD_MAX ? EFBIG : errno ? errno : EIO;
		free(text);
		text = NULL;
	}
	fclose(file);
	size_t kept = 0;
	for (size_t i = 0; text && i < size; i++) {
		if (text[i] != '\r' && text[i] != '\0') {
			text[kept++] = text[i];
		}
	}
	if (text) {
		text[kept] = '\0';
	}
	return text;
}

static int prepare(void)
{
	char text[300];
	struct tm parts;
	time_t now = time(NULL);
	if (wanted.motd) {
		server.motd = read_motd(wanted.motd);
		if (!server.motd) {
			snprintf(text, sizeof(text), "cannot read motd %s: %s", wanted.motd,
			         strerror(errno));
			app_log(&listening, GATIO_LOG_ERROR, text);
			return APP_EXIT_CONFIG;
		}
	}
	if (getrandom(&server.seed, sizeof(server.seed), 0) != sizeof(server.seed)) {
		app_log(&listening, GATIO_LOG_ERROR, "the kernel gives no random numbers");
		return APP_EXIT_FAILED;
	}
	gmtime_r(&now, &parts);
	strftime(server.created, sizeof(server.created), "%a %d %b %Y at %H:%M:%S UTC", &parts);
	server.name = wanted.name;
	server.network = wanted.network;
	server.password = wanted.password;
	server.room_count_max = (uint32_t)wanted.room_max;
	server.member_count_max = (uint32_t)wanted.member_max;
	server.sendq_size = (uint32_t)wanted.sendq_size;
	server.flood_lines = (uint32_t)wanted.flood_lines;
	server.flood_ns = wanted.flood_ns;
	server.ping_ns = wanted.ping_ns;
	server.registration_ns = wanted.registration_ns;
	return APP_GO_ON;
}

/* A courier for each driver that runs actors, and one hub, on the first of them. */
static int spawn_servants(struct gatio_system *system)
{
	uint32_t count = gatio_system_driver_count(system);
	server.couriers = calloc(count, sizeof(server.couriers[0]));
	if (!server.couriers) {
		return -ENOMEM;
	}
	server.driver_count = count;
	for (uint32_t i = 0; i < count; i++) {
		struct gatio_place here = GATIO_ON_DRIVER(i);
		struct gatio_address courier =
		        gatio_system_spawn(system, here, chat_courier, .server = &server);
		int err = gatio_address_error(courier);
		if (err == -EINVAL) {
			continue; /* it does input and output only */
		}
		server.couriers[i] = courier;
		if (!err && !server.hub.bits) {
			server.hub = gatio_system_spawn(system, here, chat_hub, .server = &server);
			err = gatio_address_error(server.hub);
		}
		if (err) {
			return err;
		}
	}
	return 0;
}

static int open_ports(struct gatio_system *system)
{
	for (size_t i = 0; i < listening.listen.count; i++) {
		struct gatio_port_options port = {
		        .listen = listening.listen.items[i],
		        .connection_max = (uint32_t)wanted.client_max,
		        .refusal = "ERROR :Closing Link: (Server is full)\r\n",
		        .output_size_high = server.sendq_size / 4,
		        .output_size_max = server.sendq_size,
		        .input_size_max = CHAT_INPUT_MAX,
		        .peer_end_ns = GATIO_MS(100), /* most clients never close by themselves */
		        .receive_buffer_size =
		                CHAT_HELD_MAX,  /* in the kernel: a window for lines */
		        .receive_singly = true, /* who floods is soon paused */
		};
		int err = gatio_port_open(system, &port, chat_session, .server = &server);
		if (err) {
			return app_server_open_failed(&listening, port.listen, err);
		}
	}
	return APP_GO_ON;
}

static int serve(struct gatio_system *system)
{
	int err = spawn_servants(system);
	if (err) {
		app_log(&listening, GATIO_LOG_ERROR, "cannot start: no memory for its actors");
		gatio_system_destroy(system);
		return APP_EXIT_FAILED;
	}
	int status = open_ports(system);
	if (status != APP_GO_ON) {
		gatio_system_destroy(system);
		return status;
	}
	app_server_ready(&listening, system);
	return gatio_system_run(system);
}

int main(int argc, char **argv)
{
	struct app_program program = {
	        .name = "gatio-chat",
	        .summary = "A chat server that speaks IRC.",
	        .environment_prefix = "GATIO_CHAT_",
	        .notes = "Try it: irssi -c 127.0.0.1 -p 6667",
	        .settings = settings,
	};
	struct app_arguments arguments = {argc, argv, environ};
	int status = app_configure(&program, &arguments);
	if (status == APP_GO_ON) {
		status = prepare();
	}
	struct gatio_system *system = NULL;
	if (status == APP_GO_ON) {
		status = app_server_create(&listening, NULL, &system);
	}
	if (status == APP_GO_ON) {
		status = serve(system);
	}
	free(server.couriers);
	free((void *)(uintptr_t)server.motd);
	return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Server: system, log and ready line of the sample servers. */
#include "samples/common/server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const level_names[] = {"error", "warning", "notice", "debug", NULL};

static int level_of(const char *text)
{
	for (int i = 0; level_names[i]; i++) {
		if (strcmp(level_names[i], text) == 0) {
			return i;
		}
	}
	return -1;
}

const char *app_check_pin(const char *text)
{
	return strcmp(text, "yes") == 0 || strcmp(text, "no") == 0 ? NULL : "must be yes or no";
}

const char *app_check_backend(const char *text)
{
	return strcmp(text, "auto") == 0 || strcmp(text, "io_uring") == 0 ||
	                       strcmp(text, "epoll") == 0
	               ? NULL
	               : "must be auto, io_uring or epoll";
}

const char *app_check_log_level(const char *text)
{
	return level_of(text) < 0 ? "must be error, warning, notice or debug" : NULL;
}

/* ADDR:PORT or [ADDR]:PORT; whether the address is one of this machine is for the kernel to say. */
const char *app_check_listen(const char *text)
{
	static const char *const wrong = "must be ADDR:PORT like 127.0.0.1:6379 or [::1]:0";
	const char *colon = strrchr(text, ':');
	if (!colon || colon == text || strlen(text) > 100) {
		return wrong;
	}
	size_t digits = strspn(colon + 1, "0123456789");
	if (digits == 0 || digits > 5 || colon[1 + digits] != '\0' ||
	    strtoul(colon + 1, NULL, 10) > 65535) {
		return wrong;
	}
	bool has_brackets = text[0] == '[' && colon[-1] == ']';
	return memchr(text, ':', (size_t)(colon - text)) && !has_brackets ? wrong : NULL;
}

void app_log(void *context, enum gatio_log_level level, const char *text)
{
	const struct app_server *server = context;
	if ((int)level > level_of(server->log_level)) {
		return;
	}
	struct timespec now;
	struct tm parts;
	char date[32];
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
	fprintf(stderr, "%s.%03ldZ %s %s: %s\n", date, now.tv_nsec / 1000000, server->log_name,
	        level_names[level], text);
}

/* The settings whose names gatio's log uses, and how they are given here. */
static const char *const option_names[][2] = {
        {"cpus", "--cpus"},     {"driver_count", "--drivers"}, {"memory_limit", "--memory"},
        {"no_pin", "--pin no"}, {"roles", "--roles"},          {"tpcs", "--tpcs"},
};

static const char *option_name(const char *word, size_t length)
{
	for (size_t i = 0; i < sizeof(option_names) / sizeof(option_names[0]); i++) {
		const char *name = option_names[i][0];
		if (strlen(name) == length && memcmp(name, word, length) == 0) {
			return option_names[i][1];
		}
	}
	return NULL;
}

/* A line of gatio's: its options by the names that they have here. What it quotes stays as it is. */
static void log_from_gatio(void *context, enum gatio_log_level level, const char *text)
{
	char line[1200];
	size_t size = 0;
	bool is_quoted = false;
	const char *at = text;
	while (*at && size < sizeof(line) - 1) {
		bool is_word = !is_quoted && (at == text || at[-1] == ' ');
		size_t length = is_word ? strspn(at, "abcdefghijklmnopqrstuvwxyz_") : 0;
		const char *name = option_name(at, length);
		if (name) {
			at += length;
			while (*name && size < sizeof(line) - 1) {
				line[size++] = *name++;
			}
			continue;
		}
		is_quoted ^= *at == '"';
		line[size++] = *at++;
	}
	line[size] = '\0';
	app_log(context, level, line);
}

int app_server_create(struct app_server *server, const struct gatio_options *more,
                      struct gatio_system **out_system)
{
	struct gatio_options options = more ? *more : (struct gatio_options){.driver_count = 0};
	options.driver_count = (uint32_t)server->drivers;
	options.cpus = server->cpus;
	options.tpcs = server->tpcs;
	options.roles = server->roles;
	options.no_spin = server->no_spin;
	options.no_pin = server->pin && strcmp(server->pin, "no") == 0;
	options.backend = server->backend;
	options.drain_ns = server->drain_ns ? server->drain_ns : 1;
	options.log = log_from_gatio;
	options.log_context = server;
	/* Whoever reads the log may end before this server, which goes on and drains as ever. */
	signal(SIGPIPE, SIG_IGN);
	if (server->listen.count == 0) {
		server->listen.items[0] = server->default_listen;
		server->listen.count = 1;
	}
	int err = gatio_system_create(out_system, &options);
	if (err == 0) {
		return APP_GO_ON;
	}
	char text[128];
	snprintf(text, sizeof(text), "cannot start: %s", strerror(-err));
	app_log(server, GATIO_LOG_ERROR, text);
	return err == -EINVAL ? APP_EXIT_CONFIG : APP_EXIT_FAILED;
}

int app_server_open_failed(struct app_server *server, const char *listen, int err)
{
	char text[256];
	snprintf(text, sizeof(text), "cannot listen on %s: %s", listen, strerror(-err));
	app_log(server, GATIO_LOG_ERROR, text);
	bool is_config = err == -EINVAL || err == -EEXIST || err == -EADDRNOTAVAIL;
	return is_config ? APP_EXIT_CONFIG : APP_EXIT_FAILED;
}

void app_server_ready(const struct app_server *server, struct gatio_system *system)
{
	printf("ready");
	for (size_t i = 0; i < server->listen.count; i++) {
		char address[128];
		const char *listen = server->listen.items[i];
		int err = gatio_port_address(system, listen, address, sizeof(address));
		printf(" %s", err == 0 ? address : listen);
	}
	printf(" drivers %u\n", gatio_system_driver_count(system));
	fflush(stdout);
}

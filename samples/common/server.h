/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Server: what the servers among the samples have in common: settings of the system, log, the ready line, exit status.
 *
 *     static struct app_server server = {.default_listen = "127.0.0.1:6379"};
 *     static const struct app_setting settings[] = {APP_SERVER_SETTINGS(server), {.name = NULL}};
 *     ... app_configure(), app_server_create(), app_server_open() for each listen, app_server_run()
 *
 * Thread: the main thread.
 */
#ifndef APP_SERVER_H
#define APP_SERVER_H

#include <gatio/gatio.h>

#include "samples/common/settings.h"

struct app_server {
	const char *default_listen; /* used when no listen was given */
	struct app_list listen;
	uint64_t drivers; /* 0: one a core */
	const char *cpus;
	const char *tpcs;
	const char *roles;
	uint64_t drain_ns;
	bool no_spin;
	const char *pin; /* "yes" or "no" */
	const char *backend;
	const char *log_level;
	const char *log_name; /* the program's */
};

#define APP_SERVER_DEFAULTS(name_, listen_)                                                        \
	{                                                                                          \
		.default_listen = (listen_), .drain_ns = GATIO_SECONDS(10), .pin = "yes",          \
		.backend = "auto", .log_level = "notice", .log_name = (name_)                      \
	}

/* The settings of an app_server, as items of a table. */
#define APP_SERVER_SETTINGS(server_)                                                               \
	{.name = "listen",                                                                         \
	 .value_name = "ADDR:PORT",                                                                \
	 .help = "where to listen; can be repeated; port 0 takes a free one",                      \
	 .kind = APP_LIST,                                                                         \
	 .value = &(server_).listen,                                                               \
	 .check = app_check_listen},                                                               \
	        {.name = "drivers",                                                                \
	         .value_name = "N",                                                                \
	         .help = "threads that serve; 0: one for each core",                               \
	         .kind = APP_NUMBER,                                                               \
	         .value = &(server_).drivers,                                                      \
	         .max = 1023},                                                                     \
	        {.name = "cpus",                                                                   \
	         .value_name = "LIST",                                                             \
	         .help = "CPUs to use, like 0-3,8; default: all that are allowed",                 \
	         .kind = APP_TEXT,                                                                 \
	         .value = &(server_).cpus},                                                        \
	        {.name = "tpcs",                                                                   \
	         .value_name = "HOW",                                                              \
	         .help = "groups of drivers: node, one, l3 or CPU lists; default: node",           \
	         .kind = APP_TEXT,                                                                 \
	         .value = &(server_).tpcs},                                                        \
	        {.name = "roles",                                                                  \
	         .value_name = "HOW",                                                              \
	         .help = "what drivers do: both, split or \"io=1 tasks=3\"; default: both",        \
	         .kind = APP_TEXT,                                                                 \
	         .value = &(server_).roles},                                                       \
	        {.name = "pin",                                                                    \
	         .value_name = "yes|no",                                                           \
	         .help = "each thread on its own CPU; no: where the kernel puts it",               \
	         .kind = APP_TEXT,                                                                 \
	         .value = &(server_).pin,                                                          \
	         .check = app_check_pin},                                                          \
	        {.name = "backend",                                                                \
	         .value_name = "auto|io_uring|epoll",                                              \
	         .help = "how to ask the kernel; auto: io_uring, or epoll where that is refused",  \
	         .kind = APP_TEXT,                                                                 \
	         .value = &(server_).backend,                                                      \
	         .check = app_check_backend},                                                      \
	        {.name = "no-spin",                                                                \
	         .help = "sleep at once when idle: saves power, costs latency",                    \
	         .kind = APP_BOOL,                                                                 \
	         .value = &(server_).no_spin},                                                     \
	        {.name = "drain-seconds",                                                          \
	         .value_name = "N",                                                                \
	         .help = "after SIGTERM, the time to finish what is in flight",                    \
	         .kind = APP_SECONDS,                                                              \
	         .value = &(server_).drain_ns,                                                     \
	         .max = GATIO_SECONDS(86400)},                                                     \
	{                                                                                          \
		.name = "log-level", .value_name = "LEVEL",                                        \
		.help = "error, warning, notice or debug; the log goes to stderr",                 \
		.kind = APP_TEXT, .value = &(server_).log_level, .check = app_check_log_level      \
	}

/* Checks of settings: NULL or what is wrong. */
const char *app_check_listen(const char *text);
const char *app_check_pin(const char *text);
const char *app_check_backend(const char *text);
const char *app_check_log_level(const char *text);

/*
 * Create the system. Its log is app_log()'s, and says --drivers where gatio says driver_count. From here on SIGPIPE is
 * ignored: a log without a reader ends nobody. more: further options (memory_limit, ...), or NULL; what app_server knows is
 * filled in.
 * Returns APP_GO_ON or the status to exit with; then the log has said why.
 */
int app_server_create(struct app_server *server, const struct gatio_options *more,
                      struct gatio_system **out_system);

/* The status to exit with after gatio_port_open() has failed; says which address it was. */
int app_server_open_failed(struct app_server *server, const char *listen, int err);

/* Print `ready ADDR:PORT ... drivers N` on stdout; the server serves. */
void app_server_ready(const struct app_server *server, struct gatio_system *system);

/* One line on stderr if its level is asked for; context: the app_server. Thread: any. */
void app_log(void *context, enum gatio_log_level level, const char *text);

#endif

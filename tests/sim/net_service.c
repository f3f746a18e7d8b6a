/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service of the world `net`: two ports whose connections are guests, with limits that are drawn, on drivers whose roles
 * are drawn; and calls that must be refused.
 */
#include "tests/sim/net_guest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYSTEMS_MAX 80u

int net_main(int argc, char **argv);

struct ng_house ng_house;

void ng_wrong(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	printf("net: wrong: ");
	vprintf(format, arguments);
	printf("\n");
	va_end(arguments);
	abort();
}

/* ---- Command line ------------------------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	size_t offset;
} settings[] = {
#define SETTING(name) {"--" #name, offsetof(struct nw_settings, name)},
        NW_SETTINGS(SETTING)
#undef SETTING
};

static bool read_setting(const char *name, const char *value)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (strcmp(name, settings[i].name) == 0) {
			uint64_t number = strtoull(value, NULL, 10);
			memcpy((char *)&ng_house.settings + settings[i].offset, &number,
			       sizeof(number));
			return true;
		}
	}
	return false;
}

static uint64_t or_else(uint64_t value, uint64_t otherwise)
{
	return value ? value : otherwise;
}

static uint64_t ns_of(uint64_t ms)
{
	return ms == NW_NEVER ? UINT64_MAX : GATIO_MS(ms);
}

static void describe_port(void)
{
	const struct nw_settings *with = &ng_house.settings;
	ng_house.port = (struct gatio_port_options){
	        .listen = NW_FIRST,
	        .backlog = (uint32_t)with->backlog,
	        .connection_max = (uint32_t)with->connections,
	        .refusal = with->refuses ? NW_REFUSAL : NULL,
	        .idle_timeout_ns = ns_of(with->idle_ms),
	        .write_timeout_ns = ns_of(with->write_ms),
	        .linger_ns = ns_of(with->linger_ms),
	        .peer_end_ns = ns_of(with->peer_end_ms),
	        .input_size_max = (uint32_t)or_else(with->input_max, 1u << 20),
	        .output_size_high = (uint32_t)or_else(with->high, 256u << 10),
	        .output_size_max = (uint32_t)or_else(with->max, 16u << 20),
	        .receive_singly = with->singly,
	        .no_keepalive = with->no_keepalive,
	        .no_hold_back = with->no_hold_back,
	};
}

/* ---- What must be refused ---------------------------------------------------------------------------------------- */

/* Memory, or one call of a process that starts, may be refused. */
static bool is_of_machine(int err)
{
	return err == -ENOMEM || err == -EPERM || err == -EACCES || err == -ENOSYS;
}

static void expect(const char *what, int err, int expected)
{
	if (err != expected && !is_of_machine(err)) {
		ng_wrong("%s: %d instead of %d", what, err, expected);
	}
}

static void open_wrongly(struct gatio_system *system, const char *what,
                         const struct gatio_port_options *options, int expected)
{
	expect(what, gatio_port_open(system, options, ng_guest, .pour_left = 0), expected);
}

static void err_before(struct gatio_system *system)
{
	char text[64];
	expect("no port", gatio_port_address(system, NW_FIRST, text, sizeof(text)), -ENOENT);
	open_wrongly(system, "no address", &(struct gatio_port_options){0}, -EINVAL);
	open_wrongly(system, "nonsense", &(struct gatio_port_options){.listen = "somewhere:over"},
	             -EINVAL);
	open_wrongly(system, "backlog",
	             &(struct gatio_port_options){.listen = NW_FIRST, .backlog = 70000}, -EINVAL);
	open_wrongly(system, "high above max",
	             &(struct gatio_port_options){
	                     .listen = NW_FIRST, .output_size_high = 200, .output_size_max = 100},
	             -EINVAL);
	open_wrongly(system, "input too large",
	             &(struct gatio_port_options){.listen = NW_FIRST, .input_size_max = 2u << 30},
	             -EINVAL);
	open_wrongly(system, "no such driver",
	             &(struct gatio_port_options){.listen = NW_FIRST, .drivers = "9"}, -EINVAL);
	open_wrongly(system, "no list",
	             &(struct gatio_port_options){.listen = NW_FIRST, .drivers = "one"}, -EINVAL);
	open_wrongly(system, "no address of ours",
	             &(struct gatio_port_options){.listen = "192.0.2.1:7777"}, -EADDRNOTAVAIL);
}

/* The first port is there. */
static void err_after(struct gatio_system *system)
{
	struct gatio_port_options other = ng_house.port;
	char text[64];
	other.connection_max = 77;
	other.refusal = "no";
	other.no_keepalive = !other.no_keepalive;
	open_wrongly(system, "other options", &other, -EEXIST);
	expect("other state", gatio_port_open(system, &ng_house.port, ng_guest, .pour_left = 1),
	       -EEXIST);
	expect("other actors", gatio_port_open(system, &ng_house.port, ng_aide, .has_started = 0),
	       -EEXIST);
	expect("no room", gatio_port_address(system, NW_FIRST, text, 5), -ENOSPC);
	expect("another port", gatio_port_address(system, "127.0.0.1:1", text, sizeof(text)),
	       -ENOENT);
	if (ng_house.settings.io > 0 && ng_house.settings.drivers == 3) {
		open_wrongly(system, "drivers for tasks",
		             &(struct gatio_port_options){.listen = NW_SECOND, .drivers = "0-2"},
		             -EINVAL);
	}
	struct gatio_net_counters counters;
	expect("no such driver", gatio_net_counters(system, 9, &counters), -EINVAL);
}

static void create_wrongly(const char *what, const struct gatio_options *options)
{
	struct gatio_system *system;
	expect(what, gatio_system_create(&system, options), -EINVAL);
}

static void err_without_system(void)
{
	create_wrongly("slots", &(struct gatio_options){.mailbox_slots = 3});
	create_wrongly("actors", &(struct gatio_options){.actor_count_max = 1});
	create_wrongly("memory", &(struct gatio_options){.memory_limit = 1000});
	create_wrongly("watchdog", &(struct gatio_options){.watchdog_ns = 1000});
	create_wrongly("backend", &(struct gatio_options){.backend = "sockets"});
	create_wrongly("roles", &(struct gatio_options){.roles = "io=9"});
}

/* Ids of systems are used again. */
static void use_systems(void)
{
	for (uint64_t i = 0; i < ng_house.settings.systems && i < SYSTEMS_MAX; i++) {
		struct gatio_system *system;
		struct gatio_options options = {
		        .driver_count = 1, .mailbox_slots = 2, .memory_limit = UINT64_C(8) << 20};
		if (gatio_system_create(&system, &options) == 0) {
			gatio_system_destroy(system);
		}
	}
}

/* ---- What is served ---------------------------------------------------------------------------------------------- */

static void hear_log(void *context, enum gatio_log_level level, const char *text)
{
	if (strstr(text, "is cut") || strstr(text, "did not close in time")) {
		ng_house.is_cut = true;
	}
	if (ng_house.settings.drain_ms == NW_NEVER && strstr(text, "deadline has passed")) {
		ng_wrong("a drain without a deadline: %s", text);
	}
	gatio_log_stderr(context, level, text);
}

/* Error: of the system, or of a port. */
static int open_first(struct gatio_system *system)
{
	struct gatio_port_options port = ng_house.port;
	char first[16];
	snprintf(first, sizeof(first), "%u", ng_house.io_driver);
	port.drivers = ng_house.settings.twice ? first : NULL;
	int err = gatio_port_open(system, &port, ng_guest, .pour_left = 0);
	if (!err && ng_house.settings.twice) {
		err = gatio_port_open(system, &ng_house.port, ng_guest, .pour_left = 0);
	}
	return err;
}

/* It has room for few. */
static int open_second(struct gatio_system *system)
{
	struct gatio_port_options port = ng_house.port;
	port.listen = NW_SECOND;
	port.connection_max = NG_SECOND_MAX;
	return gatio_port_open(system, &port, ng_guest, .is_second = true);
}

static int open_others(struct gatio_system *system)
{
	char text[64];
	int err = gatio_port_open(system, &(struct gatio_port_options){.listen = "[::1]:7779"},
	                          ng_guest, .pour_left = 0);
	if (!err && (gatio_port_address(system, "[::1]:7779", text, sizeof(text)) ||
	             strcmp(text, "[::1]:7779") != 0)) {
		ng_wrong("port [::1]:7779 has another address: %s", text);
	}
	return err;
}

static int open_ports(struct gatio_system *system)
{
	if (ng_house.settings.errs) {
		err_before(system);
	}
	int err = open_first(system);
	err = err ? err : open_second(system);
	if (!err && ng_house.settings.errs) {
		err_after(system);
		err = open_others(system);
	}
	return err;
}

/* One on each driver that runs tasks. */
static int spawn_relays(struct gatio_system *system)
{
	for (uint32_t i = gatio_system_driver_count(system); i > 0; i--) {
		struct gatio_address relay =
		        gatio_system_spawn(system, GATIO_ON_DRIVER(i - 1), ng_relay, .count = 0);
		int err = gatio_address_error(relay);
		if (err == -EINVAL && ng_house.settings.io > 0) {
			ng_house.io_driver = i - 1;
		} else if (err) {
			return err;
		} else {
			ng_house.relay_drivers[ng_house.relay_count] = i - 1;
			ng_house.relays[ng_house.relay_count++] = relay;
		}
	}
	(void)gatio_system_spawn(system, GATIO_ANYWHERE, ng_witness, .unused = false);
	return 0;
}

static struct gatio_options describe_system(char *roles, size_t size)
{
	const struct nw_settings *with = &ng_house.settings;
	snprintf(roles, size, "io=%u tasks=%u", (unsigned)with->io,
	         (unsigned)(with->drivers - with->io));
	return (struct gatio_options){.driver_count = (uint32_t)with->drivers,
	                              .roles = with->io ? roles : NULL,
	                              .tpcs = "one",
	                              .mailbox_slots = (uint32_t)with->slots,
	                              .actor_count_max = (uint32_t)with->actors,
	                              .memory_limit = with->memory,
	                              .no_spin = with->no_spin,
	                              .backend = with->epoll ? "epoll" : NULL,
	                              .drain_ns = ns_of(with->drain_ms),
	                              .log = hear_log};
}

int net_main(int argc, char **argv)
{
	char roles[40];
	for (int i = 1; i + 1 < argc; i += 2) {
		if (!read_setting(argv[i], argv[i + 1])) {
			return 2;
		}
	}
	describe_port();
	struct gatio_options options = describe_system(roles, sizeof(roles));
	if (ng_house.settings.errs) {
		err_without_system();
	}
	use_systems();
	if (ng_house.settings.root) {
		return gatio_run_with(&options, ng_root, .left = ng_house.settings.root);
	}
	struct gatio_system *system;
	if (gatio_system_create(&system, &options)) {
		return 1;
	}
	if (spawn_relays(system) || open_ports(system)) {
		gatio_system_destroy(system);
		return 1;
	}
	return gatio_system_run(system);
}

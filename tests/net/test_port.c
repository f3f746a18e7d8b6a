/* SPDX-License-Identifier: Apache-2.0 */
/* Ports: opened, refused, opened for more drivers, asked for their address. */
#include "tests/net/actors.h"
#include "tests/net/client.h"
#include "tests/net/world.h"
#include "tests/support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct world world;

static int open_port(const struct gatio_port_options *options)
{
	return gatio_port_open(world.system, options, scripted, .number = 1);
}

static bool log_has(const char *text)
{
	return strstr(world.log, text) != NULL;
}

static void port_zero_becomes_a_number(void)
{
	world_open(&world, &(struct world_options){0});
	const char *address = world_listen(&world, &(struct gatio_port_options){0});
	CU_ASSERT(strncmp(address, "127.0.0.1:", 10) == 0);
	CU_ASSERT(strcmp(address, "127.0.0.1:0") != 0);
	struct client client;
	client_open(&client, address);
	WORLD_UNTIL(&world, seen.connected == 1);
	CU_ASSERT_STRING_EQUAL(seen.last_connected.local, address);
	char peer[GI_ADDRESS_TEXT_SIZE];
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);
	CU_ASSERT(getsockname(client.fd, (struct sockaddr *)&name, &size) == 0);
	gi_address_format(&name, peer, sizeof(peer));
	CU_ASSERT_STRING_EQUAL(seen.last_connected.peer, peer);
	client_close(&client);
	world_close(&world);
}

static void ipv6_is_served(void)
{
	if (access("/proc/net/if_inet6", R_OK) != 0) {
		suite_skip("no IPv6 here");
		return;
	}
	world_open(&world, &(struct world_options){0});
	script.received = script_echo;
	const char *address =
	        world_listen(&world, &(struct gatio_port_options){.listen = "[::1]:0"});
	CU_ASSERT(strncmp(address, "[::1]:", 6) == 0);
	struct client client;
	client_open(&client, address);
	client_say(&client, "six");
	WORLD_UNTIL(&world, client_has(&client, "six"));
	CU_ASSERT_STRING_EQUAL(seen.last_connected.local, address);
	CU_ASSERT(strncmp(seen.last_connected.peer, "[::1]:", 6) == 0);
	client_close(&client);
	world_close(&world);
}

static void asking_for_an_address_can_fail(void)
{
	world_open(&world, &(struct world_options){0});
	char text[GI_ADDRESS_TEXT_SIZE];
	CU_ASSERT(gatio_port_address(world.system, "127.0.0.1:0", text, sizeof(text)) == -ENOENT);
	const char *address = world_listen(&world, &(struct gatio_port_options){0});
	CU_ASSERT(gatio_port_address(world.system, "127.0.0.1:1", text, sizeof(text)) == -ENOENT);
	CU_ASSERT(gatio_port_address(world.system, address, text, sizeof(text)) == 0);
	CU_ASSERT(gatio_port_address(world.system, address, text, strlen(address)) == -ENOSPC);
	CU_ASSERT(gatio_port_address(world.system, address, text, strlen(address) + 1) == 0);
	CU_ASSERT_STRING_EQUAL(text, address);
	world_close(&world);
}

static void bad_options_are_refused_in_words(void)
{
	static const struct {
		struct gatio_port_options options;
		const char *says;
	} bad[] = {
	        {{.listen = NULL}, "listen: name an address"},
	        {{.listen = "nonsense"}, "port nonsense: not an address"},
	        {{.listen = "127.0.0.1:0", .backlog = 65536}, "backlog: at most 65535"},
	        {{.listen = "127.0.0.1:0", .output_size_high = 2, .output_size_max = 1},
	         "output_size_max: must not be below output_size_high"},
	        {{.listen = "127.0.0.1:0", .output_size_max = (2u << 30) + 1}, "2 GiB"},
	        {{.listen = "127.0.0.1:0", .input_size_max = (1u << 30) + 1}, "1 GiB"},
	        {{.listen = "127.0.0.1:0", .drivers = "1"}, "drivers from 0 to 0"},
	        {{.listen = "127.0.0.1:0", .drivers = "0-1"}, "drivers \"0-1\""},
	        {{.listen = "127.0.0.1:0", .drivers = "x"}, "drivers \"x\""},
	        {{.listen = "127.0.0.1:0", .drivers = ""}, "drivers \"\""},
	};
	world_open(&world, &(struct world_options){0});
	for (size_t i = 0; i < GI_COUNT_OF(bad); i++) {
		world_forget_log(&world);
		CU_ASSERT(open_port(&bad[i].options) == -EINVAL);
		CU_ASSERT(log_has(bad[i].says));
	}
	world_close(&world);
}

static void tasks_drivers_serve_no_port(void)
{
	world_open(&world, &(struct world_options){.driver_count = 2, .io_driver_count = 1});
	struct gatio_port_options options = {.listen = "127.0.0.1:0", .drivers = "0-1"};
	CU_ASSERT(open_port(&options) == -EINVAL);
	CU_ASSERT(log_has("whose role is io or both"));
	options.drivers = "all";
	CU_ASSERT(open_port(&options) == 0);
	CU_ASSERT(world_open_count(&world) == 1);
	world_close(&world);
}

static void what_the_kernel_refuses_is_said(void)
{
	world_open(&world, &(struct world_options){0});
	CU_ASSERT(open_port(&(struct gatio_port_options){.listen = "203.0.113.1:0"}) ==
	          -EADDRNOTAVAIL);
	CU_ASSERT(log_has("port 203.0.113.1:0 cannot be opened"));
	CU_ASSERT(log_has("no interface of this machine"));
	world_close(&world);
}

/* Another program's listener; returns its descriptor. */
static int occupy(char *out_address, bool shares)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (shares) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	}
	struct sockaddr_storage address;
	socklen_t size;
	CU_ASSERT(gi_address_parse("127.0.0.1:0", &address, &size) == 0);
	CU_ASSERT(bind(fd, (struct sockaddr *)&address, size) == 0);
	CU_ASSERT(listen(fd, 1) == 0);
	size = sizeof(address);
	CU_ASSERT(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
	gi_address_format(&address, out_address, GI_ADDRESS_TEXT_SIZE);
	return fd;
}

static void refused_while_another_listens(bool shares)
{
	world_open(&world, &(struct world_options){.driver_count = 2});
	char address[GI_ADDRESS_TEXT_SIZE];
	int fd = occupy(address, shares);
	struct gatio_port_options options = {.listen = address};
	CU_ASSERT(open_port(&options) == -EADDRINUSE);
	CU_ASSERT(log_has("another program listens there"));
	CU_ASSERT(world_open_count(&world) == 0);
	close(fd);
	CU_ASSERT(open_port(&options) == 0);
	CU_ASSERT(world_open_count(&world) == 2);
	world_close(&world);
}

static void address_of_another_is_in_use(void)
{
	refused_while_another_listens(false);
}

static void address_that_another_shares_is_refused(void)
{
	refused_while_another_listens(true);
}

static void missing_permission_is_said(void)
{
	uid_t user = geteuid();
	if (user != 0) {
		suite_skip("needs root, to give it up");
		return;
	}
	FILE *file = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "r");
	int first = 1024;
	if (file && fscanf(file, "%d", &first) != 1) {
		first = 1024;
	}
	if (file) {
		fclose(file);
	}
	if (first < 2) {
		suite_skip("any user may open any port here");
		return;
	}
	world_open(&world, &(struct world_options){0});
	CU_ASSERT(seteuid(65534) == 0);
	CU_ASSERT(open_port(&(struct gatio_port_options){.listen = "127.0.0.1:1"}) == -EACCES);
	CU_ASSERT(seteuid(user) == 0);
	CU_ASSERT(log_has("CAP_NET_BIND_SERVICE"));
	world_close(&world);
}

/* By the number it got: number 0 would be another port. */
static const char *bound_address(void)
{
	static char address[GI_ADDRESS_TEXT_SIZE];
	CU_ASSERT(gatio_port_address(world.system, "127.0.0.1:0", address, sizeof(address)) == 0);
	return address;
}

static void number_zero_is_a_new_port_each_time(void)
{
	world_open(&world, &(struct world_options){.driver_count = 1});
	struct gatio_port_options options = {.listen = "127.0.0.1:0"};
	CU_ASSERT(open_port(&options) == 0);
	options.backlog = 7;
	CU_ASSERT(open_port(&options) == 0);
	CU_ASSERT(world_open_count(&world) == 2);
	world_close(&world);
}

static void drivers_join_with_the_same_configuration(void)
{
	world_open(&world, &(struct world_options){.driver_count = 3});
	struct gatio_port_options options = {.listen = "127.0.0.1:0", .drivers = "0"};
	CU_ASSERT(open_port(&options) == 0);
	CU_ASSERT(world_open_count(&world) == 1);
	options.listen = bound_address();
	options.drivers = "1-2";
	CU_ASSERT(open_port(&options) == 0);
	CU_ASSERT(world_open_count(&world) == 3);
	options.drivers = NULL; /* all: they are there already */
	CU_ASSERT(open_port(&options) == 0);
	CU_ASSERT(world_open_count(&world) == 3);
	/* A default is the same as its value. */
	options.linger_ns = GATIO_SECONDS(5);
	CU_ASSERT(open_port(&options) == 0);
	CU_ASSERT(world_open_count(&world) == 3);
	world_close(&world);
}

static void other_configuration_is_refused_side_by_side(void)
{
	world_open(&world, &(struct world_options){.driver_count = 2});
	struct gatio_port_options options = {
	        .listen = "127.0.0.1:0",
	        .drivers = "0",
	        .connection_max = 4294967295u,
	        .refusal = "-ERR the server has as many connections as it can take, please come "
	                   "back a little later or ask for another server\r\n",
	        .idle_timeout_ns = GATIO_SECONDS(4000000000),
	        .write_timeout_ns = GATIO_SECONDS(4000000000),
	        .input_size_max = 1u << 30,
	        .output_size_high = 1u << 28,
	        .output_size_max = 1u << 28,
	};
	CU_ASSERT(open_port(&options) == 0);
	world_forget_log(&world);
	options.listen = bound_address();
	options.drivers = "1";
	options.no_keepalive = true;
	CU_ASSERT(open_port(&options) == -EEXIST);
	CU_ASSERT(log_has("is open with another configuration"));
	CU_ASSERT(log_has("it has {keepalive on}, wanted is {keepalive off}"));
	CU_ASSERT(world_open_count(&world) == 1);
	world_close(&world);
}

static void each_option_tells_ports_apart(void)
{
	static const struct gatio_port_options others[] = {
	        {.backlog = 7},          {.connection_max = 7},      {.refusal = "no"},
	        {.idle_timeout_ns = 7},  {.write_timeout_ns = 7},    {.linger_ns = 7},
	        {.input_size_max = 7},   {.output_size_high = 7},    {.output_size_max = 1u << 20},
	        {.send_buffer_size = 7}, {.receive_buffer_size = 7}, {.no_keepalive = true},
	        {.no_hold_back = true},
	};
	world_open(&world, &(struct world_options){0});
	CU_ASSERT(open_port(&(struct gatio_port_options){.listen = "127.0.0.1:0"}) == 0);
	for (size_t i = 0; i < GI_COUNT_OF(others); i++) {
		struct gatio_port_options options = others[i];
		options.listen = bound_address();
		CU_ASSERT(open_port(&options) == -EEXIST);
	}
	struct gatio_port_options options = {.listen = bound_address()};
	world_forget_log(&world);
	CU_ASSERT(gatio_port_open(world.system, &options, scripted, .number = 2) == -EEXIST);
	CU_ASSERT(log_has("it has {initial state of its own}, wanted is {initial state another}"));
	CU_ASSERT(gatio_port_open(world.system, &options, plain, .number = 1) == -EEXIST);
	CU_ASSERT(log_has("it has {behavior scripted}, wanted is {behavior plain}"));
	world_close(&world);
}

static void strings_belong_to_the_caller(void)
{
	world_open(&world, &(struct world_options){0});
	char listen[] = "127.0.0.1:0";
	char refusal[] = "full";
	struct gatio_port_options options = {
	        .listen = listen, .refusal = refusal, .connection_max = 1};
	CU_ASSERT(open_port(&options) == 0);
	memset(listen, 'x', sizeof(listen) - 1);
	memset(refusal, 'x', sizeof(refusal) - 1);
	char address[GI_ADDRESS_TEXT_SIZE];
	CU_ASSERT(gatio_port_address(world.system, "127.0.0.1:0", address, sizeof(address)) == 0);
	struct client clients[2];
	client_open(&clients[0], address);
	WORLD_UNTIL(&world, seen.connected == 1);
	client_open(&clients[1], address);
	WORLD_UNTIL(&world, client_has(&clients[1], "full"));
	client_close(&clients[0]);
	client_close(&clients[1]);
	world_close(&world);
}

static void stopping_system_opens_no_port(void)
{
	world_open(&world, &(struct world_options){0});
	world_drain(&world, UINT64_MAX);
	CU_ASSERT(open_port(&(struct gatio_port_options){.listen = "127.0.0.1:0"}) == -ESHUTDOWN);
	world_close(&world);
}

static void counters_of_no_driver_are_refused(void)
{
	world_open(&world, &(struct world_options){0});
	struct gatio_net_counters counters = {.accepted = 7};
	CU_ASSERT(gatio_net_counters(world.system, 1, &counters) == -EINVAL);
	CU_ASSERT(gatio_net_counters(world.system, 0, &counters) == 0);
	CU_ASSERT(counters.accepted == 0);
	world_close(&world);
}

static void socket_options_reach_connections(void)
{
	world_open(&world, &(struct world_options){0});
	const char *address =
	        world_listen(&world, &(struct gatio_port_options){.send_buffer_size = 8192,
	                                                          .receive_buffer_size = 4096,
	                                                          .no_keepalive = true});
	struct client client;
	client_open(&client, address);
	WORLD_UNTIL(&world, seen.connected == 1);
	int fd = world_connection(&world, 0)->fd;
	int value = -1;
	socklen_t size = sizeof(value);
	CU_ASSERT(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &value, &size) == 0);
	CU_ASSERT(value == 16384); /* the kernel doubles it for its own needs */
	CU_ASSERT(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, &size) == 0);
	CU_ASSERT(value == 8192);
	CU_ASSERT(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &size) == 0);
	CU_ASSERT(value == 0);
	client_close(&client);
	world_close(&world);
}

static const CU_TestInfo tests[] = {
        {"port zero becomes a number", port_zero_becomes_a_number},
        {"IPv6 is served", ipv6_is_served},
        {"asking for an address can fail", asking_for_an_address_can_fail},
        {"bad options are refused in words", bad_options_are_refused_in_words},
        {"tasks drivers serve no port", tasks_drivers_serve_no_port},
        {"what the kernel refuses is said", what_the_kernel_refuses_is_said},
        {"address of another is in use", address_of_another_is_in_use},
        {"address that another shares is refused", address_that_another_shares_is_refused},
        {"missing permission is said", missing_permission_is_said},
        {"drivers join with the same configuration", drivers_join_with_the_same_configuration},
        {"number zero is another port", number_zero_is_a_new_port_each_time},
        {"other configuration is refused side by side",
         other_configuration_is_refused_side_by_side},
        {"each option tells ports apart", each_option_tells_ports_apart},
        {"strings belong to the caller", strings_belong_to_the_caller},
        {"stopping system opens no port", stopping_system_opens_no_port},
        {"counters of no driver are refused", counters_of_no_driver_are_refused},
        {"socket options reach connections", socket_options_reach_connections},
        CU_TEST_INFO_NULL,
};

const struct suite port_suite = {.name = "port", .tests = tests};

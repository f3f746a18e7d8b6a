/* SPDX-License-Identifier: Apache-2.0 */
/* A port's address: one server has it, nobody joins, and who comes too early tries for a while. */
#include "tests/net/actors.h"
#include "tests/net/client.h"
#include "tests/net/world.h"
#include "tests/support/manual_clock.h"
#include "tests/support/suite.h"

#include "base/container.h"
#include "drivers/kernel.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct world world;
static char address[GI_ADDRESS_TEXT_SIZE];

static int open_port(const struct gatio_port_options *options)
{
	return gatio_port_open(world.system, options, scripted, .number = 1);
}

/* What another program gets that would listen at the port's number: a descriptor or an error. */
static int join_at(const char *text, bool reuse_address, bool reuse_port)
{
	struct sockaddr_storage name;
	socklen_t size;
	CU_ASSERT(gi_address_parse(text, &name, &size) == 0);
	int fd = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int value = reuse_address;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, sizeof(value));
	value = reuse_port;
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &value, sizeof(value));
	if (bind(fd, (struct sockaddr *)&name, size) == 0 && listen(fd, 1) == 0) {
		return fd;
	}
	int err = -errno;
	close(fd);
	return err;
}

static void assert_nobody_joins(const char *text)
{
	for (uint32_t i = 0; i < 4; i++) {
		int fd = join_at(text, i & 1, i & 2);
		CU_ASSERT(fd == -EADDRINUSE);
		if (fd >= 0) {
			close(fd);
		}
	}
}

static void nobody_joins(void)
{
	static const char *const listens[] = {"127.0.0.1:0", "0.0.0.0:0", "[::1]:0"};
	for (uint32_t i = 0; i < GI_COUNT_OF(listens); i++) {
		world_open(&world, &(struct world_options){.driver_count = 3});
		struct gatio_port_options options = {.listen = listens[i]};
		int err = open_port(&options);
		CU_ASSERT(err == 0 || i == 2); /* a machine may have no IPv6 */
		if (!err) {
			CU_ASSERT(gatio_port_address(world.system, listens[i], address,
			                             sizeof(address)) == 0);
			assert_nobody_joins(address);
			struct client client;
			client_open(&client, address);
			WORLD_UNTIL(&world, seen.connected == 1);
			assert_nobody_joins(address);
			client_close(&client);
		}
		world_close(&world);
	}
}

static void drivers_join_later_and_nobody_else(void)
{
	world_open(&world, &(struct world_options){.driver_count = 3});
	CU_ASSERT(open_port(&(struct gatio_port_options){.listen = "127.0.0.1:0",
	                                                 .drivers = "1"}) == 0);
	CU_ASSERT(gatio_port_address(world.system, "127.0.0.1:0", address, sizeof(address)) == 0);
	assert_nobody_joins(address);
	CU_ASSERT(open_port(&(struct gatio_port_options){.listen = address}) == 0);
	assert_nobody_joins(address);
	CU_ASSERT(world_open_count(&world) == 3);
	world_close(&world);
}

/* The first of the sockets listened alone before the others: it gets its share all the same. */
static void first_socket_gets_its_share(void)
{
	enum { CLIENTS = 100 };
	static struct client clients[CLIENTS];
	world_open(&world, &(struct world_options){.driver_count = 4});
	client_open_many(clients, CLIENTS, world_listen(&world, &(struct gatio_port_options){0}));
	WORLD_UNTIL(&world, seen.connected == CLIENTS);
	for (uint32_t i = 0; i < 4; i++) {
		CU_ASSERT(seen.by_driver[i] > 0);
	}
	client_close_many(clients, CLIENTS);
	world_close(&world);
}

/* Another server may start while this one still serves what it has. */
static void drain_gives_the_address_back(void)
{
	world_open(&world, &(struct world_options){.driver_count = 2});
	struct client client;
	client_open(&client, world_listen(&world, &(struct gatio_port_options){0}));
	WORLD_UNTIL(&world, seen.connected == 1);
	CU_ASSERT(gatio_port_address(world.system, "127.0.0.1:0", address, sizeof(address)) == 0);
	world_drain(&world, UINT64_MAX);
	WORLD_UNTIL(&world, world_open_count(&world) == 1);
	int fd = join_at(address, true, false);
	CU_ASSERT(fd >= 0);
	close(fd);
	client_close(&client);
	world_close(&world);
}

/* ---- Too early --------------------------------------------------------------------------------------------------------- */

static int other_fd;
static uint32_t pauses_left;

static void leave_in_time(void)
{
	if (pauses_left > 0 && --pauses_left == 0) {
		close(other_fd);
	}
}

static void killed_server_is_waited_for(void)
{
	world_open(&world, &(struct world_options){.driver_count = 2});
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);
	other_fd = join_at("127.0.0.1:0", true, false);
	CU_ASSERT(getsockname(other_fd, (struct sockaddr *)&name, &size) == 0);
	gi_address_format(&name, address, sizeof(address));
	pauses_left = 39;
	manual_clock_on_pause = leave_in_time;
	CU_ASSERT(open_port(&(struct gatio_port_options){.listen = address}) == 0);
	CU_ASSERT(pauses_left == 0);
	const char *notice = strstr(world.log, "Address already in use; trying for 2 s");
	CU_ASSERT_FATAL(notice != NULL);
	CU_ASSERT(strstr(strchr(notice, '\n'), "trying for 2 s") == NULL); /* once */
	CU_ASSERT(strstr(world.log, "cannot be opened") == NULL);
	manual_clock_on_pause = NULL;
	world_close(&world);
}

/* ---- Two at once ------------------------------------------------------------------------------------------------------- */

enum { ROUNDS = 30, SERVERS = 4 };

/* A server's steps, in a process of its own. It holds what it got until all have tried. */
static void serve(const struct sockaddr_storage *name, socklen_t size, int start, int result)
{
	const struct sockaddr *where = (const struct sockaddr *)name;
	struct gi_kernel_listen options = {.address = where, .address_size = size, .backlog = 1};
	char byte;
	CU_ASSERT(read(start, &byte, 1) == 0); /* its end: all begin */
	int claim = gi_kernel_claim(where, size);
	int fd = claim >= 0 ? gi_kernel_listen(&options) : claim;
	bool is_ready = fd >= 0 && gi_kernel_listen_shared(fd) == 0;
	options.reuse_port = 1;
	is_ready = is_ready && gi_kernel_listen(&options) >= 0;
	gi_kernel_claim_alone(claim, true);
	byte = is_ready ? 'y' : 'n';
	ssize_t wrote = write(result, &byte, 1);
	pause(); /* until it is killed */
	_exit(wrote == 1 ? 0 : 1);
}

static uint32_t race(void)
{
	struct sockaddr_storage name;
	socklen_t size;
	CU_ASSERT(gi_address_parse("127.0.0.1:0", &name, &size) == 0);
	int probe = gi_kernel_claim((struct sockaddr *)&name, size);
	CU_ASSERT(gi_kernel_socket_name(probe, &name) == 0);
	close(probe);
	int start[2];
	int result[2];
	CU_ASSERT_FATAL(pipe(start) == 0 && pipe(result) == 0);
	pid_t children[SERVERS];
	for (uint32_t i = 0; i < SERVERS; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			close(start[1]);
			serve(&name, size, start[0], result[1]);
		}
	}
	close(start[1]);
	uint32_t ready_count = 0;
	for (uint32_t i = 0; i < SERVERS; i++) {
		char byte = '?';
		CU_ASSERT(read(result[0], &byte, 1) == 1);
		ready_count += byte == 'y';
	}
	for (uint32_t i = 0; i < SERVERS; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
	close(start[0]);
	close(result[0]);
	close(result[1]);
	return ready_count;
}

static void of_several_at_once_one_gets_it(void)
{
	for (uint32_t i = 0; i < ROUNDS; i++) {
		CU_ASSERT(race() <= 1); /* none: they try again */
	}
}

/* ---- The end ------------------------------------------------------------------------------------------------------------ */

static void ports_go_with_their_system(void)
{
	enum { PORTS = 100, REFUSAL_SIZE = 65536 };
	char *refusal = malloc(REFUSAL_SIZE);
	memset(refusal, 'x', REFUSAL_SIZE - 1);
	refusal[REFUSAL_SIZE - 1] = '\0';
	size_t used_before = mallinfo2().uordblks;
	world_open(&world, &(struct world_options){0});
	for (uint32_t i = 0; i < PORTS; i++) {
		CU_ASSERT(open_port(&(struct gatio_port_options){.listen = "127.0.0.1:0",
		                                                 .refusal = refusal}) == 0);
	}
	world_close(&world);
	size_t used_after = mallinfo2().uordblks; /* both 0 under a sanitizer, which looks itself */
	CU_ASSERT(used_after < used_before + PORTS * REFUSAL_SIZE / 2);
	free(refusal);
}

static const CU_TestInfo tests[] = {
        {"nobody joins", nobody_joins},
        {"drivers join later and nobody else", drivers_join_later_and_nobody_else},
        {"first socket gets its share", first_socket_gets_its_share},
        {"drain gives the address back", drain_gives_the_address_back},
        {"killed server is waited for", killed_server_is_waited_for},
        {"of several at once one gets it", of_several_at_once_one_gets_it},
        {"ports go with their system", ports_go_with_their_system},
        CU_TEST_INFO_NULL,
};

const struct suite claim_suite = {.name = "claim", .tests = tests};

/* SPDX-License-Identifier: Apache-2.0 */
/* Scarce: see scarce.h. */
#include "tests/net/scarce.h"

#include <CUnit/CUnit.h>
#include <sys/resource.h>
#include <unistd.h>

enum { FDS_MAX = 20 };

static struct rlimit limit_before;

/* What a driver holds for its first port, listening socket and reserve: told by opening one. */
static uint32_t fds_of_a_port(struct world *world)
{
	world_open(world, &(struct world_options){0});
	uint32_t before = world_fd_count();
	world_listen(world, &(struct gatio_port_options){0});
	uint32_t count = world_fd_count() - before;
	world_close(world);
	return count;
}

void scarce_leave(uint32_t count)
{
	int fds[FDS_MAX];
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &limit_before), 0);
	CU_ASSERT_FATAL(count < FDS_MAX);
	for (uint32_t i = 0; i <= count; i++) { /* they fill what is free below */
		fds[i] = dup(0);
	}
	struct rlimit limit = {.rlim_cur = (rlim_t)fds[count], .rlim_max = limit_before.rlim_max};
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (uint32_t i = 0; i <= count; i++) {
		close(fds[i]);
	}
}

void scarce_open(struct world *world, struct client *clients, uint32_t client_count,
                 uint32_t left_count)
{
	uint32_t port_count = fds_of_a_port(world);
	world_open(world, &(struct world_options){0});
	scarce_leave(port_count + client_count + left_count);
	const char *address = world_listen(world, &(struct gatio_port_options){0});
	client_open_many(clients, client_count, address);
}

void scarce_end(void)
{
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &limit_before), 0);
}

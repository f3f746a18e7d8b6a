/* SPDX-License-Identifier: Apache-2.0 */
/* World: drivers, schedulers and net of one system, turned by hand. */
#include "tests/net/world.h"

#include "actors/drain.h"
#include "base/container.h"
#include "tests/net/actors.h"
#include "tests/support/by_hand.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LATE_S       10
#define SETTLE_TURNS 300u

/* ---- Operations as the kernel sees them: the linker gives these names ----------------------------------------------- */

uint32_t world_receives_armed;
bool world_would_block;

/* NOLINTBEGIN(bugprone-reserved-identifier) */
void __wrap_gi_io_prepare_receive(struct gi_io *io, int fd, uint16_t buffer_group);
void __real_gi_io_prepare_receive(struct gi_io *io, int fd, uint16_t buffer_group);

void __wrap_gi_io_prepare_receive(struct gi_io *io, int fd, uint16_t buffer_group)
{
	world_receives_armed++;
	__real_gi_io_prepare_receive(io, fd, buffer_group);
	io->op_flags |= world_would_block ? MSG_DONTWAIT : 0;
}

void __wrap_gi_io_prepare_send(struct gi_io *io, int fd, const void *bytes, size_t size);
void __real_gi_io_prepare_send(struct gi_io *io, int fd, const void *bytes, size_t size);

void __wrap_gi_io_prepare_send(struct gi_io *io, int fd, const void *bytes, size_t size)
{
	__real_gi_io_prepare_send(io, fd, bytes, size);
	io->op_flags |= world_would_block ? MSG_DONTWAIT : 0;
}
/* NOLINTEND(bugprone-reserved-identifier) */

struct gi_scheduler *world_be(struct world *world, uint32_t driver_index)
{
	return by_hand_be(world->system, driver_index);
}

/* ---- Making it ------------------------------------------------------------------------------------------------------ */

static void on_log(void *context, enum gatio_log_level level, const char *text)
{
	struct world *world = context;
	(void)level;
	size_t used = strlen(world->log);
	snprintf(world->log + used, sizeof(world->log) - used, "%s\n", text);
}

void world_forget_log(struct world *world)
{
	world->log[0] = '\0';
}

void world_open(struct world *world, const struct world_options *options)
{
	uint32_t driver_count = options->driver_count ? options->driver_count : 1;
	struct by_hand_options hand = {
	        .options = {.driver_count = driver_count,
	                    .memory_limit = options->memory_limit,
	                    .actor_count_max = options->actor_count_max,
	                    .mailbox_slots = 64,
	                    .outbox_count_max = 64,
	                    .io_count_max = options->io_count_max ? options->io_count_max : 4096,
	                    .sleep_ns = GATIO_SECONDS(1),
	                    .log = on_log,
	                    .log_context = world},
	        .tuning = options->tuning,
	        .drivers_per_tpc = options->tpc_count ? driver_count / options->tpc_count : 0,
	        .io_driver_count = options->io_driver_count,
	};
	*world = (struct world){.fd_count_before = world_fd_count()};
	world->system = by_hand_create(&hand);
	script_forget();
}

const char *world_listen(struct world *world, const struct gatio_port_options *options)
{
	static char address[GI_ADDRESS_TEXT_SIZE];
	struct gatio_port_options filled = *options;
	filled.listen = filled.listen ? filled.listen : "127.0.0.1:0";
	if (gatio_port_open(world->system, &filled, scripted, .number = 1) != 0) {
		fprintf(stderr, "%s", world->log);
		by_hand_must(false, "the port cannot be opened");
	}
	by_hand_must(gatio_port_address(world->system, filled.listen, address, sizeof(address)) ==
	                     0,
	             "the port has no address");
	return address;
}

/* ---- Time ----------------------------------------------------------------------------------------------------------- */

void world_turn(struct world *world)
{
	for (uint32_t i = 0; i < world->system->plan->driver_count; i++) {
		gi_driver_turn(world_be(world, i)->driver, false);
	}
}

void world_turns(struct world *world, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		world_turn(world);
	}
}

static int64_t real_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void world_settle(struct world *world)
{
	/* Shutdown and, rarely, close are done by threads of the kernel. */
	int64_t end_ms = real_ms() + 5;
	uint32_t turns = 0;
	while (turns < SETTLE_TURNS || real_ms() < end_ms) {
		world_turn(world);
		turns++;
	}
}

/* On epoll a driver that does not sleep enters now and then to ask: there, what that brought. */
static uint64_t count_enters(const struct world *world)
{
	uint64_t count = 0;
	for (uint32_t i = 0; i < world->system->plan->driver_count; i++) {
		const struct gi_driver_counters *counters =
		        &world->system->group.drivers[i]->counters;
		count += gi_load_relaxed(world->system->backend == GI_BACKEND_EPOLL
		                                 ? &counters->completions
		                                 : &counters->enters);
	}
	return count;
}

void world_assert_quiet(struct world *world)
{
	uint64_t enters_before = count_enters(world);
	world_turns(world, SETTLE_TURNS);
	CU_ASSERT(count_enters(world) == enters_before);
}

bool world_is_late(bool has_come)
{
	static int64_t start_ms;
	if (has_come) {
		start_ms = 0;
		return false;
	}
	if (start_ms == 0) {
		start_ms = real_ms();
	}
	return real_ms() - start_ms > LATE_S * 1000;
}

/* ---- The end -------------------------------------------------------------------------------------------------------- */

void world_drain(struct world *world, uint64_t deadline_ns)
{
	gi_store_release(&world->system->is_stopping, 1);
	for (uint32_t i = 0; world->system->hooks.drain && i < world->system->plan->driver_count;
	     i++) {
		world->system->hooks.drain(world_be(world, i), deadline_ns);
	}
}

void world_cut(struct world *world)
{
	struct gatio_system *system = world->system;
	for (uint32_t i = 0; i < system->plan->driver_count; i++) {
		struct gi_scheduler *scheduler = world_be(world, i);
		if (system->hooks.cut) {
			system->hooks.cut(scheduler);
		}
		gi_scheduler_close(scheduler);
		gi_scheduler_end_all(scheduler, -ESHUTDOWN);
	}
	world->is_cut = true;
}

static void assert_places_are_free(const struct gi_net *net)
{
	for (const struct gi_port *port = net ? net->ports : NULL; port; port = port->next) {
		CU_ASSERT(gi_load_relaxed(&port->open_count) == 0);
	}
}

void world_close(struct world *world)
{
	if (!world->is_cut) {
		world_cut(world);
	}
	WORLD_UNTIL(world, world_open_count(world) == 0);
	world_settle(world);
	struct gatio_net_counters counters = world_counters(world);
	CU_ASSERT(counters.accepted == counters.closed);
	CU_ASSERT(counters.open == 0);
	CU_ASSERT(world_buffers_held(world) == 0);
	assert_places_are_free(world->system->net);
	by_hand_destroy(world->system);
	CU_ASSERT(world_fd_count() == world->fd_count_before);
}

void world_abandon(struct world *world)
{
	by_hand_destroy(world->system);
	world->system = NULL;
}

/* ---- Looking at it -------------------------------------------------------------------------------------------------- */

struct gatio_net_counters world_counters(const struct world *world)
{
	struct gatio_net_counters sum = {0};
	for (uint32_t i = 0; i < world->system->plan->driver_count; i++) {
		struct gatio_net_counters one;
		by_hand_must(gatio_net_counters(world->system, i, &one) == 0, "no counters");
		/* All fields are uint64_t. */
		uint64_t *to = (uint64_t *)(void *)&sum;
		const uint64_t *from = (const uint64_t *)(const void *)&one;
		for (size_t k = 0; k < sizeof(sum) / sizeof(uint64_t); k++) {
			to[k] += from[k];
		}
	}
	return sum;
}

bool world_is_epoll(const struct world *world)
{
	return world->system->backend == GI_BACKEND_EPOLL;
}

bool world_has_overflowed(const struct world *world)
{
	return world_is_epoll(world) ||
	       gi_load_relaxed(&world->system->group.drivers[0]->counters.cq_overflows) > 0;
}

uint32_t world_buffers_held(const struct world *world)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < world->system->plan->driver_count; i++) {
		struct gi_buffers *buffers = gi_driver_buffers(world->system->group.drivers[i]);
		count += buffers ? gi_buffers_held(buffers) : 0;
	}
	return count;
}

uint64_t world_open_count(const struct world *world)
{
	const struct gatio_system *system = world->system;
	uint64_t count = 0;
	for (uint32_t i = 0; system->hooks.open_count && i < system->plan->driver_count; i++) {
		count += system->hooks.open_count(system, i);
	}
	return count;
}

struct gi_connection *world_connection(const struct world *world, uint32_t driver_index)
{
	const struct gi_net_driver *net = world->system->schedulers[driver_index]->net;
	if (gi_list_is_empty(&net->connections)) {
		return NULL;
	}
	return gi_container_of(net->connections.next, struct gi_connection, link);
}

uint32_t world_fd_count(void)
{
	DIR *folder = opendir("/proc/self/fd");
	by_hand_must(folder != NULL, "/proc/self/fd cannot be read");
	uint32_t count = 0;
	while (readdir(folder)) {
		count++;
	}
	closedir(folder);
	return count;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Crew: see crew.h. */
#include "tests/stress/crew.h"

#include "drivers/kernel.h"

#include <CUnit/CUnit.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_alarm(int number)
{
	static const char text[] = "\na wake-up was lost: the drivers did not come to an end\n";
	(void)number;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0) {
		_exit(2);
	}
	_exit(1);
}

void crew_alarm(unsigned seconds)
{
	signal(SIGALRM, on_alarm);
	alarm(seconds);
}

/* Constant while threads run. */
static void (*deliver_message)(void *context, struct gi_message *message);

static uint32_t deliver_first(void *context, struct gi_message *first, uint32_t count,
                              uint32_t stamp)
{
	(void)stamp;
	(void)count;
	deliver_message(context, first);
	return 1;
}

/* As systems choose theirs. */
static enum gi_backend backend(void)
{
	const char *name = getenv("GATIO_BACKEND");
	return name && strcmp(name, "epoll") == 0 ? GI_BACKEND_EPOLL : GI_BACKEND_IO_URING;
}

static void create_driver(struct crew *crew, uint32_t index, const struct crew_options *options)
{
	struct gi_driver_options driver_options = {
	        .backend = backend(),
	        .index = index,
	        .pin = options->pins && index == 0,
	        .cpu = options->pinned_cpu,
	        .spin_allowed = options->spin_allowed,
	        .sleep_ns = UINT64_MAX,
	        .entry_count = 4,
	        .completion_count = 8,
	        .io_count_max = 16,
	        .mailbox_slots = 4,
	        .outbox_count_max = 2,
	        .arena = crew->arena,
	        .group = &crew->group,
	};
	struct gi_driver_hooks hooks = {.deliver = deliver_first};
	struct gi_driver *driver = NULL;
	CU_ASSERT_EQUAL_FATAL(gi_driver_create(&driver, &driver_options, &hooks), 0);
	driver->hooks.context = driver;
}

int crew_start(struct crew *crew, const struct crew_options *options)
{
	memset(crew, 0, sizeof(*crew));
	deliver_message = options->deliver;
	crew->group.drivers = crew->drivers;
	crew->group.driver_count = options->driver_count;
	struct gi_arena_options arena_options = {.node = -1, .door = &gi_kernel_memory};
	CU_ASSERT_EQUAL_FATAL(gi_arena_create(&crew->arena, &arena_options), 0);
	for (uint32_t i = 0; i < options->driver_count; i++) {
		create_driver(crew, i, options);
	}
	CU_ASSERT_EQUAL_FATAL(gi_outside_create(&crew->group.outside, &crew->group, crew->arena),
	                      0);
	for (uint32_t i = options->driver_count; i-- > 0;) { /* driver 0, which may fail, last */
		int err = gi_driver_start(crew->drivers[i]);
		if (err) {
			return err;
		}
		crew->started_count++;
	}
	gi_drivers_go(&crew->group);
	return 0;
}

void crew_join(struct crew *crew)
{
	for (uint32_t i = 0; i < crew->group.driver_count; i++) {
		gi_driver_join(crew->drivers[i]);
	}
}

void crew_destroy(struct crew *crew)
{
	gi_outside_destroy(crew->group.outside);
	for (uint32_t i = 0; i < crew->group.driver_count; i++) {
		gi_driver_free_routes(crew->drivers[i]);
	}
	for (uint32_t i = 0; i < crew->group.driver_count; i++) {
		gi_driver_destroy(crew->drivers[i]);
	}
	gi_arena_destroy(crew->arena);
}

void crew_send(struct crew *crew, uint32_t to, uint32_t type, uint64_t value)
{
	struct gi_outside *outside = crew->group.outside;
	for (;;) { /* until there is room: drivers always make some */
		gi_outside_lock(outside);
		struct gi_message *message = gi_outside_slot(outside, to);
		if (message) {
			message->type = (uint16_t)type;
			memcpy(message->payload, &value, sizeof(value));
			gi_outside_sent(outside, to, gi_message_label(CREW_KIND, 0, 0));
		}
		gi_outside_unlock(outside);
		if (message) {
			return;
		}
		sched_yield();
	}
}

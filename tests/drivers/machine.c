/* SPDX-License-Identifier: Apache-2.0 */
/* Machine: see machine.h. */
#include "tests/drivers/machine.h"

#include "drivers/kernel.h"
#include "drivers/send.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

struct machine machine;
enum gi_backend machine_backend = GI_BACKEND_IO_URING;

static void deliver_one(struct machine_log *log, struct gi_message *message)
{
	CU_ASSERT_EQUAL(message->kind, MACHINE_KIND);
	CU_ASSERT_EQUAL(message->to, message->token + 1000ul);
	CU_ASSERT_FATAL(log->count < MACHINE_TOKENS_MAX);
	log->tokens[log->count++] = (uint32_t)message->token;
	if (log->on_message) {
		log->on_message((uint32_t)(log - machine.logs), message);
	}
}

/* All of a row but those that are the driver's own. */
static uint32_t deliver(void *context, struct gi_message *first, uint32_t count, uint32_t stamp)
{
	uint32_t taken = 0;
	CU_ASSERT_TRUE(count > 0 && first->kind == MACHINE_KIND);
	while (taken < count && gi_message_has_come(&first[taken], stamp) &&
	       first[taken].kind == MACHINE_KIND) {
		deliver_one(context, &first[taken++]);
	}
	return taken;
}

static void flush(void *context)
{
	struct machine_log *log = context;
	log->flush_count++;
	if (log->on_flush) {
		log->on_flush((uint32_t)(log - machine.logs));
	}
}

static void idle(void *context)
{
	struct machine_log *log = context;
	log->idle_count++;
	if (log->on_idle) {
		log->on_idle((uint32_t)(log - machine.logs));
	}
}

static uint32_t value_or(uint32_t value, uint32_t otherwise)
{
	return value ? value : otherwise;
}

static int create_driver(uint32_t index, const struct machine_options *options)
{
	struct gi_driver_options driver_options = {
	        .backend = machine_backend,
	        .index = index,
	        .spin_allowed = options->spin_allowed,
	        .spin_ns = options->spin_ns,
	        .sleep_ns = options->sleep_ns ? options->sleep_ns : UINT64_MAX,
	        .entry_count = options->entry_count,
	        .completion_count = options->completion_count,
	        .io_count_max = value_or(options->io_count_max, 1024),
	        .mailbox_slots = value_or(options->mailbox_slots, 4),
	        .outbox_count_max = value_or(options->outbox_count_max, 4),
	        .arena = machine.arena,
	        .group = &machine.group,
	};
	struct gi_driver_hooks hooks = {
	        .deliver = deliver, .flush = flush, .idle = idle, .context = &machine.logs[index]};
	return gi_driver_create(&machine.drivers[index], &driver_options, &hooks);
}

int machine_create(const struct machine_options *options)
{
	memset(&machine, 0, sizeof(machine));
	machine.group.drivers = machine.drivers;
	machine.group.driver_count = value_or(options->driver_count, 1);
	struct gi_arena_options arena_options = {.node = -1,
	                                         .door = &gi_kernel_memory,
	                                         .limit = options->memory_limit,
	                                         .reserve = options->memory_reserve};
	int err = gi_arena_create(&machine.arena, &arena_options);
	for (uint32_t i = 0; i < machine.group.driver_count && !err; i++) {
		err = create_driver(i, options);
	}
	return err;
}

int machine_enter(void)
{
	int err = 0;
	for (uint32_t i = 0; i < machine.group.driver_count && !err; i++) {
		err = gi_driver_enter_thread(machine.drivers[i]);
	}
	return err;
}

void machine_start(const struct machine_options *options)
{
	CU_ASSERT_EQUAL_FATAL(machine_create(options), 0);
	CU_ASSERT_EQUAL_FATAL(machine_enter(), 0);
}

void machine_stop(void)
{
	for (uint32_t i = 0; i < machine.group.driver_count; i++) {
		if (machine.drivers[i]) {
			if (machine.drivers[i]->is_entered) {
				gi_driver_leave_thread(machine.drivers[i]);
			}
			gi_driver_free_routes(machine.drivers[i]);
		}
	}
	for (uint32_t i = 0; i < machine.group.driver_count; i++) {
		gi_driver_destroy(machine.drivers[i]);
	}
	gi_arena_destroy(machine.arena);
}

struct gi_driver *machine_on(uint32_t index)
{
	gi_driver_become(machine.drivers[index]);
	return machine.drivers[index];
}

uint32_t machine_turn(uint32_t index, bool may_sleep)
{
	return gi_driver_turn(machine_on(index), may_sleep);
}

void machine_settle(void)
{
	for (uint32_t idle_turns = 0, turns = 0; idle_turns < 3; turns++) {
		uint32_t done = 0;
		for (uint32_t i = 0; i < machine.group.driver_count; i++) {
			done += machine_turn(i, false);
		}
		idle_turns = done ? 0 : idle_turns + 1;
		CU_ASSERT_FATAL(turns < 100000);
	}
}

bool machine_send(uint32_t from, uint32_t to, uint32_t token)
{
	struct gi_driver *driver = machine_on(from);
	struct gi_message *message = gi_driver_slot(driver, to);
	if (!message) {
		return false;
	}
	message->token = token;
	message->to = token + 1000ul;
	gi_driver_sent(driver, to, message, gi_message_label(MACHINE_KIND, 0, 0));
	return true;
}

bool machine_send_block(uint32_t from, uint32_t to, uint32_t token)
{
	struct gi_driver *driver = machine_on(from);
	if (!gi_route_open(driver, to)) {
		return false;
	}
	struct gi_message *block = gi_heap_alloc(driver->heap, sizeof(*block));
	if (!block) {
		return false;
	}
	block->kind = MACHINE_KIND;
	block->flags = 0;
	block->token = token;
	gi_driver_send_boxed(driver, to, block, token + 1000ul, GI_PASS_COPY);
	return true;
}

bool machine_got(uint32_t index, uint32_t first, uint32_t count)
{
	const struct machine_log *log = &machine.logs[index];
	bool is_right = log->count == count;
	for (uint32_t i = 0; i < count && is_right; i++) {
		is_right = log->tokens[i] == first + i;
	}
	return is_right;
}

void machine_exhaust_memory(void)
{
	for (size_t size = GI_ARENA_CHUNK_SIZE; size > 0; size /= 2) {
		while (gi_arena_alloc(machine.arena,
		                      size)) { /* until refused; goes with the arena */
		}
	}
	/* What the drivers' heaps have in hand. */
	for (uint32_t i = 0; i < machine.group.driver_count; i++) {
		for (size_t size = 4096; size > 0; size /= 2) {
			while (gi_heap_alloc(machine.drivers[i]->heap, size)) { /* the same */
			}
		}
	}
}

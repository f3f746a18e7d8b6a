/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machine: a few drivers of one group, made and entered by one thread, which turns them by hand. With the kernel double
 * or with the real kernel, as the program is linked.
 */
#ifndef TESTS_DRIVERS_MACHINE_H
#define TESTS_DRIVERS_MACHINE_H

#include "drivers/driver.h"
#include "topology/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	MACHINE_DRIVERS_MAX = 4,
	MACHINE_TOKENS_MAX = 4096,
	MACHINE_KIND = 16, /* of its messages */
};

/* Of the drivers that are made from now on. */
extern enum gi_backend machine_backend;

struct machine_options {
	uint32_t driver_count;     /* 0: one */
	uint32_t mailbox_slots;    /* 0: 4 */
	uint32_t outbox_count_max; /* 0: 4 */
	uint32_t io_count_max;     /* 0: 1024 */
	uint32_t entry_count;
	uint32_t completion_count;
	uint64_t sleep_ns; /* 0: UINT64_MAX */
	uint64_t spin_ns;
	bool spin_allowed;
	uint64_t memory_limit; /* of the one arena; 0: none */
	uint64_t memory_reserve;
};

/* What a driver's hooks have seen. */
struct machine_log {
	uint32_t tokens[MACHINE_TOKENS_MAX]; /* of the messages delivered */
	uint32_t count;
	uint32_t idle_count;
	uint32_t flush_count;
	void (*on_message)(uint32_t index, struct gi_message *message);
	void (*on_idle)(uint32_t index);
	void (*on_flush)(uint32_t index);
};

struct machine {
	struct gi_driver_group group;
	struct gi_driver *drivers[MACHINE_DRIVERS_MAX];
	struct machine_log logs[MACHINE_DRIVERS_MAX];
	struct gi_arena *arena;
};

extern struct machine machine;

/* Asserts that all of it works. */
void machine_start(const struct machine_options *options);

/* The same in two steps, for what goes wrong between them. Returns the first error. */
int machine_create(const struct machine_options *options);
int machine_enter(void);

void machine_stop(void);

/* Become that driver, and turn it. */
struct gi_driver *machine_on(uint32_t index);
uint32_t machine_turn(uint32_t index, bool may_sleep);

/* Turn all until none has anything to do. */
void machine_settle(void);

/* Send a message with this token. false: refused. */
bool machine_send(uint32_t from, uint32_t to, uint32_t token);
/* The same as the system's. false: no memory for the way or for the block. */
bool machine_send_block(uint32_t from, uint32_t to, uint32_t token);

/* The tokens delivered to a driver are `first`, `first` + 1 and so on, `count` of them. */
bool machine_got(uint32_t index, uint32_t first, uint32_t count);

/* Take all memory below the limit. */
void machine_exhaust_memory(void);

#endif

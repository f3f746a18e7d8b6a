/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of drivers/entries/ above the world of entry_world.h, filled and emptied entry by entry. */
#ifndef TESTS_DRIVERS_ENTRY_RING_H
#define TESTS_DRIVERS_ENTRY_RING_H

#include "drivers/entries/entries.h"

enum { OPERATION_MAX = 6, ENTRIES = 16, COMPLETIONS = 16, BUFFERS = 4 };

extern struct io_uring ring;
extern struct gi_entries *entries;
extern char memory[BUFFERS * 64]; /* of the buffers */

void setup(void);
void teardown(void);

/* The next entry, zeroed but for these. */
struct io_uring_sqe *entry(uint8_t opcode, int fd, uint64_t user_data);
/* A receive that goes on, with provided buffers. */
void receive_more(int fd, uint64_t user_data);
/* As a driver's flush: everything filled becomes visible. Returns how many are consumed. */
unsigned submit(void);

/* The world says so. false: there was no room for what came of it. */
bool say_ready(int fd, enum gi_direction direction);

/* The next completion is this one. */
void expect(uint64_t user_data, int result, unsigned flags);
void expect_nothing(void);

/* So many buffers of 64 bytes. */
struct io_uring_buf_ring *provide(uint32_t count);
/* The flags of a completion that brings one. */
unsigned with_buffer(unsigned index);

#endif

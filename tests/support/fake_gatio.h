/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fake gatio: a double of the runtime in one thread, for tests of whole actors without sockets.
 *
 * Messages of one sender to one receiver stay in order; which pair goes next is chosen by the seed, so that a run with
 * many seeds goes through many interleavings. Time stands still until a test moves it.
 * It stops where the real one does: at a message that is kept twice or freed while it is only lent.
 */
#ifndef TESTS_SUPPORT_FAKE_GATIO_H
#define TESTS_SUPPORT_FAKE_GATIO_H

#include <gatio/gatio.h>

/* A fresh system. refuse_permille: how many sends to other drivers find the way full. */
void fake_start(uint64_t seed, uint32_t driver_count, uint32_t refuse_permille);

/* Ends all actors. Returns how many messages and blocks have not been given back: 0 unless something leaks. */
size_t fake_stop(void);

/* An actor from outside of any. */
struct gatio_address fake_spawn(uint32_t driver, struct gatio_behavior *behavior,
                                const void *state);

/* A client's connection; its actor is told. */
struct gatio_address fake_connect(uint32_t driver, struct gatio_behavior *behavior,
                                  const void *state);

/* What the client writes. */
void fake_input(struct gatio_address connection, const char *text);
void fake_input_bytes(struct gatio_address connection, const void *data, size_t size);
/* The client closes; sends no more; does not read any more: gatio_write() refuses beyond this many bytes. */
void fake_close(struct gatio_address connection);
void fake_half_close(struct gatio_address connection);
void fake_stop_reading(struct gatio_address connection, size_t output_size_max);
/* All drains. */
void fake_drain(void);
/* An actor ends as if killed, its ended() not called. */
void fake_kill(struct gatio_address address);

/* A message of this type, without content, from nobody. */
void fake_tell(struct gatio_address to, const struct gatio_message_type *type);

/* Deliver until nothing is on its way. Returns how many were delivered. */
size_t fake_run(void);
/* Deliver one message; there is one. Whether any is on its way, or one to an actor. */
void fake_step(void);
size_t fake_timer_count(void);
bool fake_has_messages(void);
bool fake_has_message(struct gatio_address to);
/* The same, then time goes on, timers fire, and so on until the time is up. */
void fake_advance(uint64_t ns);

/* All that was written to the client since the last clear. Lent until then. */
const char *fake_output(struct gatio_address connection);
void fake_output_clear(struct gatio_address connection);
bool fake_is_ended(struct gatio_address actor);
bool fake_is_paused(struct gatio_address connection);
/* Blocks an actor holds, with its state; actors of a behaviour that have not ended. */
size_t fake_block_count(struct gatio_address actor);
size_t fake_actor_count(const struct gatio_behavior *behavior);
void *fake_state(struct gatio_address actor);
/* Allocations that still succeed; SIZE_MAX: all. */
void fake_limit_memory(size_t allocation_count);

#endif

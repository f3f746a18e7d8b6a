/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dead letters: messages that nobody will handle are counted, and who asked is told.
 *
 * To tell an asker on another driver needs no memory where the dead message is boxed: it becomes the refusal, and waits
 * for a full ring by itself. For one that lies in a ring the refusal is boxed: in a block of the heap, else of the
 * reserve. Without even that, or without memory to open the way back, the ask ends at its deadline.
 *
 * Thread: the scheduler's driver.
 */
#ifndef GI_ACTORS_DEAD_H
#define GI_ACTORS_DEAD_H

#include <stdbool.h>
#include <stdint.h>

struct gi_message;
struct gi_scheduler;

/* A message that lies elsewhere, and is lent. err: what its asker is told. */
void gi_dead_letter(struct gi_scheduler *scheduler, const struct gi_message *message, int err);

/* A boxed message of any driver. Owner: moves. */
void gi_dead_boxed(struct gi_scheduler *scheduler, struct gi_message *boxed, int err);

#endif

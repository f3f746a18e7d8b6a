/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Early: messages that have overtaken the spawn of their receiver wait here for it.
 *
 * A queue for each such receiver, found by a hash of its slot: neither a message nor an arrival looks at others' queues.
 *
 * Thread: the scheduler's driver.
 */
#ifndef GI_ACTORS_EARLY_H
#define GI_ACTORS_EARLY_H

#include <stdint.h>

struct gi_actor;
struct gi_early_queue;
struct gi_message;
struct gi_scheduler;

struct gi_early {
	struct gi_early_queue **buckets;
	uint32_t bucket_count; /* a power of two, or 0 before the first */
	uint32_t queue_count;
	uint64_t look_count; /* queues looked at so far: what all this costs */
};

/* Behind those that wait for the same receiver. Owner: moves on success. Error: -ENOMEM. */
int gi_early_keep(struct gi_scheduler *scheduler, uint64_t to, struct gi_message *boxed);
/* Their receiver has come: to its inbox. */
void gi_early_take(struct gi_scheduler *scheduler, struct gi_actor *actor);
/* It will not come: they are dead. */
void gi_early_drop(struct gi_scheduler *scheduler, uint64_t to, int err);

#endif

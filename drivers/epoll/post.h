/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Post: completions that other threads have for a ring without a kernel: many senders, one receiver, a fixed number of
 * slots (Vyukov's bounded queue, https://www.1024cores.net/home/lock-free-algorithms/queues/bounded-mpmc-queue).
 *
 * Orderings   slot     a sender releases its sequence after it has filled the slot -> the receiver acquires it and reads
 *                      the receiver releases that of the next round             -> a sender acquires it and writes
 *             rung     a sender exchanges it after its slot's release; the receiver exchanges it before it looks: one of
 *                      the two sees the other, so no slot is left without a wake-up
 */
#ifndef GI_DRIVERS_EPOLL_POST_H
#define GI_DRIVERS_EPOLL_POST_H

#include "base/atomic.h"

#include <stdbool.h>
#include <stdint.h>

#define GI_POST_SLOTS 256u

struct gi_post_slot {
	/* The tail at which a sender may fill it; one more: the receiver may take it. */
	_Atomic uint32_t sequence;
	int32_t result;
	uint64_t user_data;
};

struct gi_post {
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint32_t tail; /* senders take it */
	_Atomic uint32_t rung;
	_Alignas(GI_CACHE_LINE_PAIR) uint32_t head; /* the receiver's */
	struct gi_post_slot slots[GI_POST_SLOTS];
};

void gi_post_init(struct gi_post *post);

/* Returns -EOVERFLOW when it is full; 1: the receiver must be woken; 0: it has been. Thread: any. */
int gi_post_put(struct gi_post *post, uint64_t user_data, int32_t result);

/* The receiver knows that it has been woken: before it takes. */
void gi_post_heard(struct gi_post *post);
/* The next one, which stays until it is dropped; NULL: none. Thread: the receiver. */
const struct gi_post_slot *gi_post_next(const struct gi_post *post);
void gi_post_drop(struct gi_post *post);

#endif

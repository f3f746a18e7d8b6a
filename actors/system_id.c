/* SPDX-License-Identifier: Apache-2.0 */
/* Ids of the process's systems: a queue of those that are free. */
#include "actors/system_id.h"

#include "base/assert.h"

#include <errno.h>
#include <pthread.h>

/*
 * Orderings   lock   whoever takes or puts an id holds it
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t used_count;                    /* ids that have ever been taken: 1 and up */
static uint32_t free_ids[GI_SYSTEM_COUNT_MAX]; /* a ring: taken at its head, put behind its end */
static uint32_t free_head;
static uint32_t free_count;

int gi_system_id_take(uint32_t *out_id)
{
	int err = 0;
	pthread_mutex_lock(&lock);
	if (used_count < GI_SYSTEM_COUNT_MAX) {
		*out_id = ++used_count;
	} else if (free_count > 0) {
		*out_id = free_ids[free_head];
		gi_assert(*out_id > 0 && *out_id <= used_count);
		free_head = (free_head + 1) % GI_SYSTEM_COUNT_MAX;
		free_count--;
	} else {
		err = -EAGAIN;
	}
	pthread_mutex_unlock(&lock);
	return err;
}

void gi_system_id_put(uint32_t id)
{
	if (id == 0) {
		return;
	}
	pthread_mutex_lock(&lock);
	gi_assert(id <= used_count);
	gi_assert(free_count < used_count);
	free_ids[(free_head + free_count) % GI_SYSTEM_COUNT_MAX] = id;
	free_count++;
	pthread_mutex_unlock(&lock);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A semaphore with a patience. */
#include "tests/support/gate.h"

#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#define PATIENCE_SECONDS 60

struct gate {
	sem_t opened;
};

struct gate *gate_create(void)
{
	struct gate *gate = malloc(sizeof(*gate));
	if (!gate || sem_init(&gate->opened, 0, 0) != 0) {
		abort();
	}
	return gate;
}

void gate_destroy(struct gate *gate)
{
	sem_destroy(&gate->opened);
	free(gate);
}

void gate_open(struct gate *gate)
{
	sem_post(&gate->opened);
}

bool gate_pass(struct gate *gate, uint32_t count)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_SECONDS;
	while (count > 0) {
		if (sem_timedwait(&gate->opened, &until) == 0) {
			count--;
		} else if (errno != EINTR) {
			return false;
		}
	}
	return true;
}

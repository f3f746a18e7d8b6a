/* SPDX-License-Identifier: Apache-2.0 */
/* A stop is asked for: once, by whoever comes first. */
#include "actors/halt.h"
#include "actors/system.h"

#include "drivers/kernel.h"

void gatio_system_stop(struct gatio_system *system, int status)
{
	/* The system may be gone once its descriptor is raised. */
	int stop_fd = system->stop_fd;
	uint32_t not_stopping = 0;
	if (gi_compare_exchange_acq_rel(&system->is_stopping, &not_stopping, 1)) {
		gi_store_release(&system->status, status);
		gi_kernel_signal_raise(stop_fd);
	}
}

void gi_system_actor_ended(struct gatio_system *system, uint64_t address, int reason)
{
	/* Relaxed: the root's own driver has set it before the root could run. */
	if (address == gi_load_relaxed(&system->root)) {
		gatio_system_stop(system, reason);
	}
}

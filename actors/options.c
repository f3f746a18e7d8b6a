/* SPDX-License-Identifier: Apache-2.0 */
/* A system's options: defaults, and what is refused. */
#include "actors/options.h"
#include "actors/log.h"

#include "base/container.h"

#include <errno.h>

#define DEFAULT_MAILBOX_SLOTS 256u
#define DEFAULT_OUTBOX_COUNT  4096u
#define DEFAULT_IO_COUNT      65536u
#define DEFAULT_BUDGET        64u
#define ACTOR_COUNT_MIN       64u
#define MEMORY_LIMIT_MIN      ((uint64_t)8 << 20)

static uint32_t value_or(uint32_t value, uint32_t fallback)
{
	return value ? value : fallback;
}

static uint64_t time_or(uint64_t value, uint64_t fallback)
{
	return value ? value : fallback;
}

static void fill_in(struct gatio_options *options)
{
	options->actor_count_max = value_or(options->actor_count_max, GI_ACTOR_COUNT_MAX);
	options->mailbox_slots = value_or(options->mailbox_slots, DEFAULT_MAILBOX_SLOTS);
	options->outbox_count_max = value_or(options->outbox_count_max, DEFAULT_OUTBOX_COUNT);
	options->io_count_max = value_or(options->io_count_max, DEFAULT_IO_COUNT);
	options->budget = value_or(options->budget, DEFAULT_BUDGET);
	options->sleep_ns = time_or(options->sleep_ns, GATIO_SECONDS(1));
	options->watchdog_ns = time_or(options->watchdog_ns, GATIO_SECONDS(1));
	options->drain_ns = time_or(options->drain_ns, GATIO_SECONDS(10));
}

int gi_options_no_memory(const struct gatio_options *options)
{
	if (options && options->log) {
		options->log(options->log_context, GATIO_LOG_ERROR,
		             "no system can be made: no memory for it");
	}
	return -ENOMEM;
}

int gi_options_check(struct gatio_system *system, const struct gatio_options *options)
{
	system->options = options ? *options : (struct gatio_options){0};
	struct gatio_options *checked = &system->options;
	fill_in(checked);
	if (!gi_is_power_of_two(checked->mailbox_slots) ||
	    checked->mailbox_slots < GI_MAILBOX_SLOTS_MIN ||
	    checked->mailbox_slots > GI_MAILBOX_SLOTS_MAX) {
		gi_log(system, GATIO_LOG_ERROR,
		       "mailbox_slots %u: must be a power of two from %u to %u",
		       checked->mailbox_slots, GI_MAILBOX_SLOTS_MIN, GI_MAILBOX_SLOTS_MAX);
		return -EINVAL;
	}
	if (checked->actor_count_max < ACTOR_COUNT_MIN ||
	    checked->actor_count_max > GI_ACTOR_COUNT_MAX) {
		gi_log(system, GATIO_LOG_ERROR, "actor_count_max %u: must be from %u to %u",
		       checked->actor_count_max, ACTOR_COUNT_MIN, GI_ACTOR_COUNT_MAX);
		return -EINVAL;
	}
	if (checked->memory_limit > 0 && checked->memory_limit < MEMORY_LIMIT_MIN) {
		gi_log(system, GATIO_LOG_ERROR,
		       "memory_limit %llu: a TPC needs at least %llu bytes",
		       (unsigned long long)checked->memory_limit,
		       (unsigned long long)MEMORY_LIMIT_MIN);
		return -EINVAL;
	}
	if (checked->watchdog_ns < GATIO_MS(1)) {
		gi_log(system, GATIO_LOG_ERROR, "watchdog_ns %llu: must be at least 1 ms",
		       (unsigned long long)checked->watchdog_ns);
		return -EINVAL;
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* From a member to the struct around it, and small arithmetic. */
#ifndef GI_BASE_CONTAINER_H
#define GI_BASE_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define gi_container_of(pointer, type, member)                                                     \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#define GI_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static inline bool gi_is_power_of_two(uint64_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

static inline uint64_t gi_round_up(uint64_t value, uint64_t power_of_two)
{
	return (value + power_of_two - 1) & ~(power_of_two - 1);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Durations and deadlines in nanoseconds: they add with saturation, and UINT64_MAX is never. */
#ifndef GI_BASE_DURATION_H
#define GI_BASE_DURATION_H

#include <stdint.h>

#define GI_NEVER_NS UINT64_MAX

/* The one addition of times in the house: what would pass the end of time is never. */
static inline uint64_t gi_time_add_ns(uint64_t time_ns, uint64_t duration_ns)
{
	return duration_ns < GI_NEVER_NS - time_ns ? time_ns + duration_ns : GI_NEVER_NS;
}

/* From `from_ns` to `to_ns`; 0 if that lies behind. */
static inline uint64_t gi_time_until_ns(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns > from_ns ? to_ns - from_ns : 0;
}

#endif

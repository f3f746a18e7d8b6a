/* SPDX-License-Identifier: Apache-2.0 */
/* What every public header needs: visibility, version, units of time. */
#ifndef GATIO_DEFS_H
#define GATIO_DEFS_H

#include <gatio/macros.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATIO_VERSION_MAJOR  0
#define GATIO_VERSION_MINOR  1
#define GATIO_VERSION_PATCH  0
#define GATIO_VERSION_STRING "0.1.0"

#define GATIO_API        __attribute__((visibility("default")))
#define GATIO_MUST_CHECK __attribute__((warn_unused_result))

/* Durations are nanoseconds in a uint64_t everywhere. 0 means "none" where a duration is optional. */
#define GATIO_US(count)      (GATIO_CAST(uint64_t, (count)) * UINT64_C(1000))
#define GATIO_MS(count)      (GATIO_CAST(uint64_t, (count)) * UINT64_C(1000000))
#define GATIO_SECONDS(count) (GATIO_CAST(uint64_t, (count)) * UINT64_C(1000000000))

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Which way a branch usually goes: for the few that every message passes, so that the usual way is the straight one. */
#ifndef GI_BASE_BRANCH_H
#define GI_BASE_BRANCH_H

#define gi_likely(condition)   __builtin_expect(!!(condition), 1)
#define gi_unlikely(condition) __builtin_expect(!!(condition), 0)

#endif

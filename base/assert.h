/* SPDX-License-Identifier: Apache-2.0 */
/* Assertions that stay on in release: a bug stops the process where it is seen, not where it hurts. */
#ifndef GI_BASE_ASSERT_H
#define GI_BASE_ASSERT_H

#include <stdio.h>
#include <stdlib.h>

__attribute__((noreturn, cold, unused)) static void gi_assert_failed(const char *file, int line,
                                                                     const char *condition)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
	abort();
}

#define gi_assert(condition)                                                                       \
	do {                                                                                       \
		if (__builtin_expect(!(condition), 0)) {                                           \
			gi_assert_failed(__FILE__, __LINE__, #condition);                          \
		}                                                                                  \
	} while (0)

/* For walks that cost O(n). */
#ifdef GATIO_PARANOID
#	define gi_assert_slow(condition) gi_assert(condition)
#else
#	define gi_assert_slow(condition) ((void)sizeof(condition))
#endif

#endif

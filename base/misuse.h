/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Misuse: what the comment of a public function forbids. The program is wrong, not the world, so it stops, in words for
 * whoever wrote it: the public function, what was wrong, what to do instead.
 */
#ifndef GI_BASE_MISUSE_H
#define GI_BASE_MISUSE_H

#include <stdio.h>
#include <stdlib.h>

/* Three phrases: "gatio_reply", "there is no message to answer", "keep the asker with gatio_asker()". */
__attribute__((noreturn, cold, noinline, unused)) static void
gi_misuse(const char *function, const char *what, const char *remedy)
{
	fprintf(stderr, "gatio: misuse of %s(): %s; %s\n", function, what, remedy);
	abort();
}

/* On in release, like gi_assert(). The condition has no side effect. */
#define gi_require(condition, function, what, remedy)                                              \
	do {                                                                                       \
		if (__builtin_expect(!(condition), 0)) {                                           \
			gi_misuse((function), (what), (remedy));                                   \
		}                                                                                  \
	} while (0)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of talk agree on, in C and in C++. */
#ifndef TESTS_COMPILE_PROGRAMS_TALK_H
#define TESTS_COMPILE_PROGRAMS_TALK_H

#include <gatio/gatio.h>

GATIO_MESSAGE(question, {
	uint64_t a;
	uint64_t b;
});
GATIO_MESSAGE(answer, { uint64_t sum; });
GATIO_MESSAGE(note, {
	uint32_t number;
	char text[];
});

/* Adds; written in C (adder.c). */
struct adder {
	uint64_t answered_count;
};
GATIO_DECLARE_SHARED_BEHAVIOR(adder);

/* Multiplies; written in C++ (multiplier.cpp). */
struct multiplier {
	uint64_t factor;
};
GATIO_DECLARE_SHARED_BEHAVIOR(multiplier);

#endif

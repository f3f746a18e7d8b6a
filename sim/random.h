/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random: streams of numbers from a seed and a label, so that what one part draws shifts no other part's numbers.
 *
 * Source: xoshiro256** (Blackman and Vigna, 2018), its state filled by splitmix64 (Steele, Lea and Flood, 2014).
 */
#ifndef GI_SIM_RANDOM_H
#define GI_SIM_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gi_random {
	uint64_t state[4];
};

void gi_random_init(struct gi_random *random, uint64_t seed, const char *label);
uint64_t gi_random_next(struct gi_random *random);
/* Below `bound`, which is not 0. */
uint64_t gi_random_below(struct gi_random *random, uint64_t bound);
/* From `low` to `high`, both included; small ones as often as large ones by their count of bits. */
uint64_t gi_random_spread(struct gi_random *random, uint64_t low, uint64_t high);
/* true in `per_million` of a million draws. */
bool gi_random_chance(struct gi_random *random, uint32_t per_million);
void gi_random_fill(struct gi_random *random, void *bytes, size_t size);

#endif

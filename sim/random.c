/* SPDX-License-Identifier: Apache-2.0 */
/* Random: see random.h. */
#include "sim/random.h"

#include "base/assert.h"

#include <string.h>

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void gi_random_init(struct gi_random *random, uint64_t seed, const char *label)
{
	uint64_t state = seed;
	for (; *label; label++) {
		state = (state ^ (unsigned char)*label) * UINT64_C(0x100000001b3);
	}
	for (int i = 0; i < 4; i++) {
		random->state[i] = splitmix(&state);
	}
}

static uint64_t rotate(uint64_t x, int count)
{
	return x << count | x >> (64 - count);
}

uint64_t gi_random_next(struct gi_random *random)
{
	uint64_t *s = random->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

uint64_t gi_random_below(struct gi_random *random, uint64_t bound)
{
	gi_assert(bound > 0);
	/* The bias is below 2^-32 for what is drawn here. */
	return bound <= UINT32_MAX ? (gi_random_next(random) >> 32) * bound >> 32
	                           : gi_random_next(random) % bound;
}

static int bits_of(uint64_t value)
{
	return value == 0 ? 0 : 64 - __builtin_clzll(value);
}

uint64_t gi_random_spread(struct gi_random *random, uint64_t low, uint64_t high)
{
	gi_assert(low <= high);
	uint64_t range = high - low;
	int bits = (int)gi_random_below(random, (uint64_t)bits_of(range) + 1);
	uint64_t bound = bits >= 64 ? UINT64_MAX : UINT64_C(1) << bits;
	uint64_t drawn = gi_random_below(random, bound);
	return low + (drawn <= range ? drawn : range);
}

bool gi_random_chance(struct gi_random *random, uint32_t per_million)
{
	return per_million > 0 && gi_random_below(random, 1000000) < per_million;
}

void gi_random_fill(struct gi_random *random, void *bytes, size_t size)
{
	unsigned char *at = bytes;
	while (size > 0) {
		uint64_t drawn = gi_random_next(random);
		size_t count = size < sizeof(drawn) ? size : sizeof(drawn);
		memcpy(at, &drawn, count);
		at += count;
		size -= count;
	}
}

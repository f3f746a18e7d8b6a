/* SPDX-License-Identifier: Apache-2.0 */
/* Faults: see fault.h. */
#include "sim/fault.h"

#include "base/assert.h"

#include <string.h>

static const struct {
	const char *word;
	uint32_t low;
	uint32_t high;
} kinds[GI_FAULT_COUNT] = {
#define GI_FAULT_ROW(name, word, low, high) {word, low, high},
        GI_FAULTS(GI_FAULT_ROW) GI_FAULTS_WITHOUT_DOOR(GI_FAULT_ROW)
#undef GI_FAULT_ROW
};

_Static_assert(GI_FAULT_COUNT <= 64, "a mask of faults is 64 bits");

/* One seed in eight has none at all: what fails there is nobody's fault. */
#define SEEDS_A_CALM_ONE 8u

void gi_faults_init(struct gi_faults *faults, uint64_t seed, uint64_t without)
{
	memset(faults, 0, sizeof(*faults));
	struct gi_random swarm;
	gi_random_init(&swarm, seed, "swarm");
	gi_random_init(&faults->random, seed, "faults");
	bool is_calm = gi_random_below(&swarm, SEEDS_A_CALM_ONE) == 0;
	for (int i = 0; i < GI_FAULT_COUNT; i++) {
		/* By its word: a kind more, or one that is left out, changes no other. */
		gi_random_init(&swarm, seed, kinds[i].word);
		bool exists = gi_random_below(&swarm, 3) == 0;
		uint64_t rate = gi_random_spread(&swarm, kinds[i].low, kinds[i].high);
		if (exists && !is_calm && !(without >> i & 1)) {
			faults->per_million[i] = (uint32_t)rate;
		}
	}
}

bool gi_fault_strikes(struct gi_faults *faults, enum gi_fault fault)
{
	gi_assert(fault < GI_FAULT_COUNT);
	if (faults->per_million[fault] == 0 ||
	    !gi_random_chance(&faults->random, faults->per_million[fault])) {
		return false;
	}
	faults->strikes[fault]++;
	return true;
}

bool gi_fault_exists(const struct gi_faults *faults, enum gi_fault fault)
{
	gi_assert(fault < GI_FAULT_COUNT);
	return faults->per_million[fault] > 0;
}

const char *gi_fault_word(enum gi_fault fault)
{
	gi_assert(fault < GI_FAULT_COUNT);
	return kinds[fault].word;
}

enum gi_fault gi_fault_find(const char *word, size_t size)
{
	for (enum gi_fault i = 0; i < GI_FAULT_COUNT; i++) {
		if (strlen(kinds[i].word) == size && memcmp(kinds[i].word, word, size) == 0) {
			return i;
		}
	}
	return GI_FAULT_COUNT;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Hash: SipHash (Aumasson, Bernstein 2012) with 1 round a word and 3 at the end. */
#include "samples/kv/hash.h"

struct state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotated(uint64_t word, unsigned bits)
{
	return (word << bits) | (word >> (64 - bits));
}

static inline void mix(struct state *s)
{
	s->v0 += s->v1;
	s->v1 = rotated(s->v1, 13) ^ s->v0;
	s->v0 = rotated(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotated(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotated(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotated(s->v1, 17) ^ s->v2;
	s->v2 = rotated(s->v2, 32);
}

static inline void absorb(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	mix(s);
	s->v0 ^= word;
}

/* The last 0 to 7 bytes with the text's size in the top byte. */
static uint64_t last_word(const uint8_t *data, size_t size)
{
	uint64_t word = (uint64_t)size << 56;
	unsigned left = size & 7;
	if (size >= 8 && left > 0) {
		/* With some of the bytes before them in one load. */
		uint64_t bytes;
		memcpy(&bytes, data + size - 8, 8);
		return word | bytes >> (64 - 8 * left);
	}
	for (unsigned i = 0; i < left && size < 8; i++) {
		word |= (uint64_t)data[i] << (8 * i);
	}
	return word;
}

uint64_t kv_hash(struct kv_hash_key key, struct kv_slice text)
{
	struct state s = {
	        .v0 = key.words[0] ^ UINT64_C(0x736f6d6570736575),
	        .v1 = key.words[1] ^ UINT64_C(0x646f72616e646f6d),
	        .v2 = key.words[0] ^ UINT64_C(0x6c7967656e657261),
	        .v3 = key.words[1] ^ UINT64_C(0x7465646279746573),
	};
	for (size_t i = 0; i + 8 <= text.size; i += 8) {
		uint64_t word;
		memcpy(&word, text.data + i, 8);
		absorb(&s, word);
	}
	absorb(&s, last_word(text.data, text.size));
	s.v2 ^= 0xff;
	mix(&s);
	mix(&s);
	mix(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

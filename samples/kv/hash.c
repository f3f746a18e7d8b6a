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

uint64_t kv_hash(struct kv_hash_key key, struct kv_slice text)
{
	struct state s = {
	        .v0 = key.words[0] ^ UINT64_C(0x736f6d6570736575),
	        .v1 = key.words[1] ^ UINT64_C(0x646f72616e646f6d),
	        .v2 = key.words[0] ^ UINT64_C(0x6c7967656e657261),
	        .v3 = key.words[1] ^ UINT64_C(0x7465646279746573),
	};
	uint64_t last = 0; /* up to 7 bytes */
	if (text.size >= 8) {
		const uint8_t *at = text.data;
		const uint8_t *rest = at + (text.size & ~(size_t)7);
		do {
			absorb(&s, kv_load_8(at));
			at += 8;
		} while (at != rest);
		/* One load of the last 8 bytes, less those that went before. Two shifts: all 64 bits may have to go. */
		last = kv_load_8(text.data + text.size - 8) >> 8 >> (~text.size * 8 & 63);
	} else if (text.size > 0) {
		last = kv_load_few(text.data, text.size);
	}
	absorb(&s, last | (uint64_t)text.size << 56);
	s.v2 ^= 0xff;
	mix(&s);
	mix(&s);
	mix(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Slice: bytes that somebody else owns, and the numbers written in them. Pure. */
#ifndef KV_SLICE_H
#define KV_SLICE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct kv_slice {
	const uint8_t *data;
	size_t size;
};

/* The longest text of kv_int_write() with its end. */
#define KV_INT_SIZE 21
/* The longest text of kv_float_write(): all digits of the largest long double. */
#define KV_FLOAT_SIZE (5 * 1024)

static inline struct kv_slice kv_text(const char *text)
{
	return (struct kv_slice){.data = (const uint8_t *)text, .size = strlen(text)};
}

/* Bytes as a word, the first one lowest. */
static inline uint64_t kv_load_8(const uint8_t *data)
{
	uint64_t word;
	memcpy(&word, data, sizeof(word));
	return le64toh(word);
}

static inline uint32_t kv_load_4(const uint8_t *data)
{
	uint32_t word;
	memcpy(&word, data, sizeof(word));
	return le32toh(word);
}

static inline uint16_t kv_load_2(const uint8_t *data)
{
	uint16_t word;
	memcpy(&word, data, sizeof(word));
	return le16toh(word);
}

/* The same of 1 to 7 bytes: loads that overlap instead of a loop. */
static inline uint64_t kv_load_few(const uint8_t *data, size_t size)
{
	if (size >= 4) {
		uint64_t high = kv_load_4(data + size - 4);
		return kv_load_4(data) | high << (8 * (size - 4));
	}
	uint64_t word = data[0] | (uint64_t)data[size / 2] << (8 * (size / 2));
	return word | (uint64_t)data[size - 1] << (8 * (size - 1));
}

/* Copy what often has 8 to 16 bytes: these as two moves that may overlap, without a call. */
static inline void kv_copy(uint8_t *out_bytes, const uint8_t *bytes, size_t size)
{
	if (size >= 8 && size <= 16) {
		uint64_t first;
		uint64_t last;
		memcpy(&first, bytes, 8);
		memcpy(&last, bytes + size - 8, 8);
		memcpy(out_bytes, &first, 8);
		memcpy(out_bytes + size - 8, &last, 8);
	} else if (size > 0) {
		memcpy(out_bytes, bytes, size);
	}
}

/* Up to so many bytes are compared faster in place than by a call. */
#define KV_SAME_SHORT_MAX 64

/* Whether 0 to KV_SAME_SHORT_MAX bytes are the same. */
static inline bool kv_same_short(const uint8_t *a, const uint8_t *b, size_t size)
{
	if (size >= 8) {
		const uint8_t *a_last = a + size - 8;
		const uint8_t *b_last = b + size - 8;
		for (; a < a_last; a += 8, b += 8) {
			if (kv_load_8(a) != kv_load_8(b)) {
				return false;
			}
		}
		return kv_load_8(a_last) == kv_load_8(b_last);
	}
	if (size >= 4) {
		return kv_load_4(a) == kv_load_4(b) &&
		       kv_load_4(a + size - 4) == kv_load_4(b + size - 4);
	}
	if (size >= 2) {
		return kv_load_2(a) == kv_load_2(b) &&
		       kv_load_2(a + size - 2) == kv_load_2(b + size - 2);
	}
	return size == 0 || a[0] == b[0];
}

static inline bool kv_same(struct kv_slice a, struct kv_slice b)
{
	return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/* The same but for the case of ASCII letters. */
bool kv_same_word(struct kv_slice a, const char *word);

/* Four characters as kv_load_4() loads them. */
static inline uint32_t kv_word(char a, char b, char c, char d)
{
	return (uint8_t)a | (uint32_t)(uint8_t)b << 8 | (uint32_t)(uint8_t)c << 16 |
	       (uint32_t)(uint8_t)d << 24;
}

/* What kv_load_4() has loaded or would load. */
static inline void kv_put_4(void *at, uint32_t word)
{
	word = htole32(word);
	memcpy(at, &word, sizeof(word));
}

static inline void kv_put_line_end(void *at)
{
	uint16_t word = htole16('\r' | '\n' << 8);
	memcpy(at, &word, sizeof(word));
}

/* What printf shows of a text as %.*s: up to a NUL. */
static inline int kv_shown(struct kv_slice text)
{
	return (int)strnlen((const char *)text.data, text.size);
}

/* A whole decimal number as Redis takes it: no blanks, no '+', no leading zeros, within int64_t. */
bool kv_int_read(struct kv_slice text, int64_t *out_value);
/* Room for KV_INT_SIZE is needed. Return the size; no end is written. */
size_t kv_int_write(char *out_text, int64_t value);
size_t kv_digits_write(char *out_text, uint64_t value);

/* The same as kv_digits_write(), without a call for what is mostly written. */
static inline size_t kv_unsigned_write(char *out_text, uint64_t value)
{
	if (value < 10) {
		out_text[0] = (char)('0' + value);
		return 1;
	}
	if (value < 100) {
		uint32_t tens = (uint32_t)value / 10;
		out_text[0] = (char)('0' + tens);
		out_text[1] = (char)('0' + (uint32_t)value - 10 * tens);
		return 2;
	}
	return kv_digits_write(out_text, value);
}

/* A cursor as Redis takes it: what strtoul(3) does, without blanks; nothing is 0. */
bool kv_cursor_read(struct kv_slice text, uint64_t *out_value);

/* A floating point number as Redis takes it: all of strtold(3), neither blank before nor anything behind. Not NaN. */
bool kv_float_read(struct kv_slice text, long double *out_value);
/* 17 digits behind the point without the zeros at the end; room for KV_FLOAT_SIZE is needed. */
size_t kv_float_write(char *out_text, long double value);

#endif

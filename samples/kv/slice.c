/* SPDX-License-Identifier: Apache-2.0 */
/* Slice: comparing words, reading and writing numbers. */
#include "samples/kv/slice.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

bool kv_same_word(struct kv_slice a, const char *word)
{
	size_t size = strlen(word);
	return a.size == size && strncasecmp((const char *)a.data, word, size) == 0;
}

/* Digits without a leading zero into a number of at most `max`. */
static bool read_digits(const uint8_t *data, size_t size, uint64_t max, uint64_t *out_value)
{
	uint64_t value = 0;
	if (size == 0 || size > 20 || (data[0] == '0' && size > 1)) {
		return false;
	}
	for (size_t i = 0; i < size; i++) {
		unsigned digit = (unsigned)data[i] - '0';
		if (digit > 9 || value > (max - digit) / 10) {
			return false;
		}
		value = value * 10 + digit;
	}
	*out_value = value;
	return true;
}

bool kv_int_read(struct kv_slice text, int64_t *out_value)
{
	uint64_t value = 0;
	if (text.size > 0 && text.data[0] == '-') {
		if (!read_digits(text.data + 1, text.size - 1, (uint64_t)INT64_MAX + 1, &value) ||
		    value == 0) {
			return false;
		}
		*out_value = (int64_t)(0 - value);
		return true;
	}
	if (!read_digits(text.data, text.size, INT64_MAX, &value)) {
		return false;
	}
	*out_value = (int64_t)value;
	return true;
}

bool kv_cursor_read(struct kv_slice text, uint64_t *out_value)
{
	text.size = strnlen((const char *)text.data, text.size);
	bool is_negative = text.size > 0 && text.data[0] == '-';
	if (is_negative || (text.size > 0 && text.data[0] == '+')) {
		text.data++;
		text.size--;
	} else if (text.size == 0) {
		*out_value = 0;
		return true;
	}
	while (text.size > 1 && text.data[0] == '0') {
		text.data++;
		text.size--;
	}
	uint64_t value = 0;
	if (!read_digits(text.data, text.size, UINT64_MAX, &value)) {
		return false;
	}
	*out_value = is_negative ? 0 - value : value;
	return true;
}

__attribute__((noinline)) size_t kv_digits_write(char *out_text, uint64_t value)
{
	char digits[KV_INT_SIZE];
	size_t count = 0;
	do {
		digits[count++] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	for (size_t i = 0; i < count; i++) {
		out_text[i] = digits[count - 1 - i];
	}
	return count;
}

size_t kv_int_write(char *out_text, int64_t value)
{
	if (value >= 0) {
		return kv_unsigned_write(out_text, (uint64_t)value);
	}
	out_text[0] = '-';
	return 1 + kv_unsigned_write(out_text + 1, 0 - (uint64_t)value);
}

bool kv_float_read(struct kv_slice text, long double *out_value)
{
	char copy[KV_FLOAT_SIZE];
	if (text.size == 0 || text.size >= sizeof(copy)) {
		return false;
	}
	memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	char *end = NULL;
	errno = 0;
	long double value = strtold(copy, &end);
	bool too_large = errno == ERANGE && (isinf(value) || fpclassify(value) == FP_ZERO);
	if (isspace((unsigned char)copy[0]) || end != copy + text.size || too_large ||
	    errno == EINVAL || isnan(value)) {
		return false;
	}
	*out_value = value;
	return true;
}

size_t kv_float_write(char *out_text, long double value)
{
	int written = snprintf(out_text, KV_FLOAT_SIZE, "%.17Lf", value);
	if (written < 0 || written >= KV_FLOAT_SIZE) {
		return 0;
	}
	size_t size = (size_t)written;
	if (memchr(out_text, '.', size)) {
		while (out_text[size - 1] == '0') {
			size--;
		}
		if (out_text[size - 1] == '.') {
			size--;
		}
	}
	if (size == 2 && out_text[0] == '-' && out_text[1] == '0') {
		out_text[0] = '0';
		size = 1;
	}
	return size;
}

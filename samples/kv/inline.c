/* SPDX-License-Identifier: Apache-2.0 */
/* Inline: a line typed by hand, with quotes and escapes as Redis takes them, rewritten as RESP. */
#include <ctype.h>
#include <stdio.h>

#include "samples/kv/request.h"

/* "*1048576\r\n" and "$65536\r\n", with room. */
#define HEAD_SIZE 16

struct conversion {
	struct kv_slice line;
	size_t at;
	uint8_t *word; /* grows here, then moves behind its head */
	size_t word_size;
};

size_t kv_inline_size_max(size_t line_size)
{
	/* Each word needs a blank or a quote behind it, and gets a head and an end. */
	return HEAD_SIZE + (line_size / 2 + 1) * (HEAD_SIZE + 2) + line_size;
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (uint8_t)tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static uint8_t escaped(uint8_t c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'b':
		return '\b';
	case 'a':
		return '\a';
	default:
		return c;
	}
}

static uint8_t peek(const struct conversion *c, size_t ahead)
{
	return c->at + ahead < c->line.size ? c->line.data[c->at + ahead] : 0;
}

/* One character in double quotes, which may be escaped. */
static void take_quoted(struct conversion *c)
{
	uint8_t character = c->line.data[c->at];
	int high = hex_digit(peek(c, 2));
	int low = hex_digit(peek(c, 3));
	if (character == '\\' && peek(c, 1) == 'x' && c->at + 3 < c->line.size && high >= 0 &&
	    low >= 0) {
		character = (uint8_t)(high * 16 + low);
		c->at += 3;
	} else if (character == '\\' && c->at + 1 < c->line.size) {
		character = escaped(c->line.data[++c->at]);
	}
	c->word[c->word_size++] = character;
	c->at++;
}

/* From behind the opening quote to behind the closing one, which a blank or the end must follow. */
static bool take_quotes(struct conversion *c, uint8_t quote)
{
	while (c->at < c->line.size && c->line.data[c->at] != quote) {
		if (quote == '"') {
			take_quoted(c);
		} else {
			c->at += peek(c, 0) == '\\' && peek(c, 1) == '\'' ? 1 : 0;
			c->word[c->word_size++] = c->line.data[c->at++];
		}
	}
	if (c->at == c->line.size) {
		return false;
	}
	c->at++;
	return c->at == c->line.size || isspace(c->line.data[c->at]);
}

/* What ends a word; before one, and behind quotes, any space is passed over. */
static bool ends_word(uint8_t character)
{
	return character == ' ' || character == '\n' || character == '\r' || character == '\t' ||
	       character == '\0';
}

/* One word from a character that is not blank. False: its quotes are not balanced. */
static bool take_word(struct conversion *c)
{
	while (c->at < c->line.size) {
		uint8_t character = c->line.data[c->at];
		if (ends_word(character)) {
			return true;
		}
		c->at++;
		if (character == '"' || character == '\'') {
			return take_quotes(c, character);
		}
		c->word[c->word_size++] = character;
	}
	return true;
}

/* Put the word that stands HEAD_SIZE behind `out` as a bulk string at `out`. */
static size_t put_bulk(uint8_t *out, size_t word_size)
{
	char head[HEAD_SIZE + 8];
	int head_size = snprintf(head, sizeof(head), "$%zu\r\n", word_size);
	memmove(out + head_size, out + HEAD_SIZE, word_size);
	memcpy(out, head, (size_t)head_size);
	kv_put_line_end(out + (size_t)head_size + word_size);
	return (size_t)head_size + word_size + 2;
}

long kv_inline_convert(struct kv_slice line, uint8_t *out_bytes)
{
	struct conversion c = {.line = line};
	size_t size = HEAD_SIZE;
	unsigned count = 0;
	for (;;) { /* each round takes a word of the line */
		while (c.at < line.size && isspace(line.data[c.at])) {
			c.at++;
		}
		if (c.at == line.size || line.data[c.at] == '\0') {
			break;
		}
		c.word = out_bytes + size + HEAD_SIZE;
		c.word_size = 0;
		if (!take_word(&c)) {
			return -1;
		}
		size += put_bulk(out_bytes + size, c.word_size);
		count++;
	}
	if (count == 0) {
		return 0;
	}
	char head[HEAD_SIZE + 8];
	int head_size = snprintf(head, sizeof(head), "*%u\r\n", count);
	memcpy(out_bytes, head, (size_t)head_size);
	memmove(out_bytes + head_size, out_bytes + HEAD_SIZE, size - HEAD_SIZE);
	return head_size + (long)(size - HEAD_SIZE);
}

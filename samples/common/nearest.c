/* SPDX-License-Identifier: Apache-2.0 */
/* Nearest: edit distance with swaps, over three rows. */
#include "samples/common/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* Two words and the last three rows of the table of their prefixes' distances. */
struct comparison {
	const char *a;
	const char *b;
	size_t rows[3][APP_NAME_SIZE_MAX + 1];
};

static char folded(char c)
{
	if (c == '_') {
		return '-';
	}
	return (char)tolower((unsigned char)c);
}

static bool same(char a, char b)
{
	return folded(a) == folded(b);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The cost of turning the first i of a into the first j of b. */
static size_t cost_of(const struct comparison *of, size_t i, size_t j)
{
	const size_t *above = of->rows[(i + 2) % 3];
	size_t cost = above[j - 1] + (same(of->a[i - 1], of->b[j - 1]) ? 0 : 1);
	cost = smaller(cost, above[j] + 1);
	cost = smaller(cost, of->rows[i % 3][j - 1] + 1);
	if (i > 1 && j > 1 && same(of->a[i - 1], of->b[j - 2]) &&
	    same(of->a[i - 2], of->b[j - 1])) {
		cost = smaller(cost, of->rows[(i + 1) % 3][j - 2] + 1);
	}
	return cost;
}

static size_t distance(const char *a, const char *b)
{
	size_t a_size = strlen(a);
	size_t b_size = strlen(b);
	if (a_size > APP_NAME_SIZE_MAX || b_size > APP_NAME_SIZE_MAX) {
		return a_size + b_size;
	}
	struct comparison of = {.a = a, .b = b};
	for (size_t j = 0; j <= b_size; j++) {
		of.rows[0][j] = j;
	}
	for (size_t i = 1; i <= a_size; i++) {
		of.rows[i % 3][0] = i;
		for (size_t j = 1; j <= b_size; j++) {
			of.rows[i % 3][j] = cost_of(&of, i, j);
		}
	}
	return of.rows[a_size % 3][b_size];
}

const char *app_nearest(const char *word, const char *const *names)
{
	const char *best = NULL;
	size_t best_distance = 0;
	for (size_t i = 0; names[i]; i++) {
		size_t d = distance(word, names[i]);
		if (!best || d < best_distance) {
			best = names[i];
			best_distance = d;
		}
	}
	/* A slip leaves more than half of the word as it was. */
	return best && best_distance <= 1 + strlen(word) / 3 ? best : NULL;
}

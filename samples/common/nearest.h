/* SPDX-License-Identifier: Apache-2.0 */
/* Nearest: the name somebody probably meant. Pure. */
#ifndef APP_NEAREST_H
#define APP_NEAREST_H

#include <stddef.h>

#define APP_NAME_SIZE_MAX 64

/*
 * The name among `names` (ends with NULL) that is fewest edits away from `word`: one inserted, removed, changed or two
 * swapped characters each count 1; case and '_' for '-' count nothing. NULL if none is near enough to be a slip.
 */
const char *app_nearest(const char *word, const char *const *names);

#endif

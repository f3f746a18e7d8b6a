/* SPDX-License-Identifier: Apache-2.0 */
/* Value: the text of one setting, read into its place. Pure. */
#ifndef APP_VALUE_H
#define APP_VALUE_H

#include "samples/common/settings.h"

#define APP_PROBLEM_SIZE 160

/*
 * Owner: keeps `text` in texts and lists.
 * Returns true, or false with what is wrong in out_problem ("must be a number from 1 to 1023").
 */
bool app_value_read(const struct app_setting *setting, const char *text, int level,
                    char out_problem[APP_PROBLEM_SIZE]);

/* The value as it would be written in the file. For a list: the item at `index`; false when there is no such item. */
bool app_value_write(const struct app_setting *setting, size_t index, char *out_text, size_t size);

#endif

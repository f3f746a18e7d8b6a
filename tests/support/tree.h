/* SPDX-License-Identifier: Apache-2.0 */
/* Tree: files that a test makes up, as /sys and /proc have them, in a folder of its own. One at a time. */
#ifndef TESTS_SUPPORT_TREE_H
#define TESTS_SUPPORT_TREE_H

/* Where it begins, as "/tmp/gatio-tree-x7Jd2a": before each path. */
extern char tree_root[64];

void tree_open(void);
void tree_close(void);

/* A folder, or a file with this content; and the folders above it. */
void tree_put_folder(const char *path);
void tree_put(const char *path, const char *content);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Names: which inode a directory has under which name. A disk has them twice: as programs see them, and as they lie there. */
#ifndef GI_SIM_NAMES_H
#define GI_SIM_NAMES_H

#include "sim/inode.h"

struct gi_name {
	struct gi_inode *directory;
	struct gi_inode *inode;
	char *text;
};

struct gi_names {
	struct gi_name *all;
	uint32_t count;
	uint32_t max;
};

/* NULL: there is none. */
struct gi_inode *gi_names_find(const struct gi_names *names, const struct gi_inode *directory,
                               const char *text);
bool gi_names_is_empty(const struct gi_names *names, const struct gi_inode *directory);
/* The directory that has it; NULL: none. */
struct gi_inode *gi_names_above(const struct gi_names *names, const struct gi_inode *inode);

/* In the place of what had the name. */
void gi_names_set(struct gi_names *names, struct gi_inode *directory, const char *text,
                  struct gi_inode *inode);
/* If there is one. */
void gi_names_remove(struct gi_names *names, const struct gi_inode *directory, const char *text);
void gi_names_copy(struct gi_names *to, const struct gi_names *from);

#endif

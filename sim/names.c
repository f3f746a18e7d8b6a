/* SPDX-License-Identifier: Apache-2.0 */
/* Names: see names.h. */
#include "sim/names.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

static struct gi_name *find(const struct gi_names *names, const struct gi_inode *directory,
                            const char *text)
{
	for (uint32_t i = 0; i < names->count; i++) {
		struct gi_name *name = &names->all[i];
		if (name->directory == directory && strcmp(name->text, text) == 0) {
			return name;
		}
	}
	return NULL;
}

struct gi_inode *gi_names_find(const struct gi_names *names, const struct gi_inode *directory,
                               const char *text)
{
	const struct gi_name *name = find(names, directory, text);
	return name ? name->inode : NULL;
}

bool gi_names_is_empty(const struct gi_names *names, const struct gi_inode *directory)
{
	for (uint32_t i = 0; i < names->count; i++) {
		if (names->all[i].directory == directory) {
			return false;
		}
	}
	return true;
}

struct gi_inode *gi_names_above(const struct gi_names *names, const struct gi_inode *inode)
{
	for (uint32_t i = 0; i < names->count; i++) {
		if (names->all[i].inode == inode) {
			return names->all[i].directory;
		}
	}
	return NULL;
}

void gi_names_set(struct gi_names *names, struct gi_inode *directory, const char *text,
                  struct gi_inode *inode)
{
	struct gi_name *name = find(names, directory, text);
	if (name) {
		name->inode = inode;
		return;
	}
	if (names->count == names->max) {
		names->max = names->max ? names->max * 2 : 16;
		names->all = realloc(names->all, names->max * sizeof(names->all[0]));
		gi_assert(names->all);
	}
	name = &names->all[names->count++];
	*name = (struct gi_name){.directory = directory, .inode = inode, .text = strdup(text)};
	gi_assert(name->text);
}

void gi_names_remove(struct gi_names *names, const struct gi_inode *directory, const char *text)
{
	struct gi_name *name = find(names, directory, text);
	if (name) {
		free(name->text);
		*name = names->all[--names->count];
	}
}

void gi_names_copy(struct gi_names *to, const struct gi_names *from)
{
	while (to->count > 0) {
		free(to->all[--to->count].text);
	}
	for (uint32_t i = 0; i < from->count; i++) {
		const struct gi_name *name = &from->all[i];
		gi_names_set(to, name->directory, name->text, name->inode);
	}
}

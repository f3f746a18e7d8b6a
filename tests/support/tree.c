/* SPDX-License-Identifier: Apache-2.0 */
/* Tree: see tree.h. */
#include "tests/support/tree.h"

#include <CUnit/CUnit.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

char tree_root[64];

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

void tree_open(void)
{
	snprintf(tree_root, sizeof(tree_root), "/tmp/gatio-tree-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(tree_root));
}

void tree_close(void)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
	CU_ASSERT_EQUAL(nftw(tree_root, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* Those above what stands behind the last slash. */
static void make_folders(char *full)
{
	for (char *slash = strchr(full + strlen(tree_root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
}

void tree_put_folder(const char *path)
{
	char full[256];
	snprintf(full, sizeof(full), "%s%s/", tree_root, path);
	make_folders(full);
}

void tree_put(const char *path, const char *content)
{
	char full[256];
	snprintf(full, sizeof(full), "%s%s", tree_root, path);
	make_folders(full);
	FILE *file = fopen(full, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fputs(content, file);
	fclose(file);
}

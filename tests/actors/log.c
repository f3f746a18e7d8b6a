/* SPDX-License-Identifier: Apache-2.0 */
/* A log kept in memory. Thread: any. */
#include "tests/actors/log.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char kept[16384];

void log_clear(void)
{
	pthread_mutex_lock(&lock);
	kept[0] = '\0';
	pthread_mutex_unlock(&lock);
}

void log_keep(void *context, enum gatio_log_level level, const char *text)
{
	(void)context;
	(void)level;
	pthread_mutex_lock(&lock);
	size_t length = strlen(kept);
	snprintf(kept + length, sizeof(kept) - length, "%s\n", text);
	pthread_mutex_unlock(&lock);
}

bool log_has(const char *part)
{
	pthread_mutex_lock(&lock);
	bool has = strstr(kept, part) != NULL;
	pthread_mutex_unlock(&lock);
	return has;
}

const char *log_text(void)
{
	return kept;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Behaviours: registered before main, or when a library is loaded; given their tables when a system is created, or, if
 * they come later, when one is first spawned. When their library is unloaded nothing of them may be alive.
 *
 * A table is made once: all that a behaviour handles was registered with its library. It is the heap's, not a TPC's:
 * behaviours belong to no system. A name is kept for good: whoever has read it from a driver may write it into the log when the
 * library has gone.
 *
 * Thread: any.
 * Orderings   lock    whoever changes the list, a number or a table holds it
 *             built   prepare releases table -> gi_behavior_is_ready acquires it   a table is filled before it is read
 */
#include "actors/types.h"

#include "base/assert.h"
#include "base/misuse.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct gatio_behavior *behaviors;
static struct gi_census *censuses;
static struct kept_name *names;             /* each once, as long as the process */
static bool numbers_taken[GI_CENSUS_COUNT]; /* number 0: of those that are not watched */
static _Atomic bool is_exiting;
static pthread_once_t exit_noted = PTHREAD_ONCE_INIT;

struct kept_name {
	struct kept_name *next;
	char text[];
};

/* ---- Registration --------------------------------------------------------------------------------------------------- */

void gatio_behavior_register(struct gatio_behavior *behavior)
{
	pthread_mutex_lock(&lock);
	gi_assert(!behavior->table); /* it is new, or was forgotten */
	behavior->next = behaviors;
	behaviors = behavior;
	pthread_mutex_unlock(&lock);
}

/* Locked. */
static uint32_t alive_count(const struct gatio_behavior *behavior)
{
	uint32_t count = behavior->held_count;
	for (struct gi_census *census = censuses; census && behavior->number > 0;
	     census = census->next) {
		/* Relaxed: see struct gi_census. */
		count += gi_load_relaxed(&census->counts[behavior->number]);
	}
	return count;
}

/* Locked. */
static void forget(struct gatio_behavior *behavior)
{
	struct gatio_behavior **link = &behaviors;
	while (*link && *link != behavior) {
		link = &(*link)->next;
	}
	if (*link) {
		*link = behavior->next;
	}
	free((void *)(uintptr_t)behavior->table);
	behavior->table = NULL;
	if (behavior->number > 0) {
		gi_assert(numbers_taken[behavior->number]);
		numbers_taken[behavior->number] = false;
		behavior->number = 0;
	}
}

void gatio_behavior_unregister(struct gatio_behavior *behavior)
{
	/* A program that exits takes its behaviours with it, whoever still runs. */
	if (gi_load_acquire(&is_exiting)) { /* exit */
		return;
	}
	pthread_mutex_lock(&lock);
	gi_require(alive_count(behavior) == 0, "dlclose",
	           "actors or a port of a behaviour in this library are still there",
	           "end its actors, or destroy the system, before the library is unloaded");
	forget(behavior);
	pthread_mutex_unlock(&lock);
}

/* ---- Preparation ---------------------------------------------------------------------------------------------------- */

static void note_exit(void)
{
	gi_store_release(&is_exiting, true); /* exit */
}

/* Runs before the destructors that were there when main began. */
static void call_at_exit(void)
{
	(void)atexit(note_exit);
}

static uint32_t take_number(void)
{
	for (uint32_t i = 1; i < GI_CENSUS_COUNT; i++) {
		if (!numbers_taken[i]) {
			numbers_taken[i] = true;
			return i;
		}
	}
	return 0;
}

static int check_types(const struct gatio_behavior *behavior, char *out_why, size_t size)
{
	for (size_t i = 0; i < behavior->handler_count; i++) {
		const struct gatio_message_type *type = behavior->handlers[i].type;
		if (!gi_type_is_registered(type)) {
			snprintf(out_why, size,
			         "message %.100s is not registered: "
			         "GATIO_MESSAGE() does so when its library is loaded",
			         type->name);
			return -EINVAL;
		}
		int err = gi_type_check(type, out_why, size);
		if (err) {
			return err;
		}
	}
	return 0;
}

/* Locked. The same text where it stays, or NULL: no memory. */
static const char *keep_name(const char *text)
{
	for (const struct kept_name *name = names; name; name = name->next) {
		if (strcmp(name->text, text) == 0) {
			return name->text;
		}
	}
	size_t size = strlen(text) + 1;
	struct kept_name *name = malloc(sizeof(*name) + size);
	if (!name) {
		return NULL;
	}
	memcpy(name->text, text, size);
	name->next = names;
	names = name;
	return name->text;
}

/* Locked. */
static int build_table(struct gatio_behavior *behavior, char *out_why, size_t size)
{
	gi_assert(!behavior->table);
	int err = check_types(behavior, out_why, size);
	if (err) {
		return err;
	}
	uint32_t count = gi_type_count();
	const char *name = keep_name(behavior->name);
	gatio_handler_fn *table = name ? calloc(count, sizeof(gatio_handler_fn)) : NULL;
	if (!table) {
		return -ENOMEM;
	}
	behavior->kept_name = name;
	for (size_t i = 0; i < behavior->handler_count; i++) {
		uint32_t index = behavior->handlers[i].type->index;
		gi_assert(index > 0 && index < count); /* check_types() has seen it */
		table[index] = behavior->handlers[i].handle;
	}
	behavior->number = take_number();
	behavior->table_size = count;
	typedef const gatio_handler_fn *_Atomic table_word;
	gi_store_release((table_word *)&behavior->table, table); /* built */
	return 0;
}

int gi_behavior_prepare(struct gatio_behavior *behavior, char *out_why, size_t size)
{
	gi_require(behavior->name, "gatio_spawn",
	           "the behaviour is declared with GATIO_DECLARE_BEHAVIOR() in a file that does "
	           "not define it",
	           "define it there, or share it: see GATIO_SHARED_BEHAVIOR() in gatio/actor.h");
	pthread_mutex_lock(&lock);
	int err = behavior->table ? 0 : build_table(behavior, out_why, size);
	pthread_mutex_unlock(&lock);
	return err;
}

int gi_types_prepare(char *out_why, size_t size)
{
	pthread_once(&exit_noted, call_at_exit);
	int err = gi_types_check(out_why, size);
	pthread_mutex_lock(&lock);
	for (struct gatio_behavior *behavior = behaviors; behavior && !err;
	     behavior = behavior->next) {
		err = behavior->table ? 0 : build_table(behavior, out_why, size);
		err = err == -EINVAL ? 0 : err; /* its library is being loaded */
	}
	pthread_mutex_unlock(&lock);
	return err;
}

/* ---- Who lives ------------------------------------------------------------------------------------------------------ */

void gi_behavior_hold(struct gatio_behavior *behavior)
{
	pthread_mutex_lock(&lock);
	behavior->held_count++;
	pthread_mutex_unlock(&lock);
}

void gi_behavior_let_go(struct gatio_behavior *behavior)
{
	pthread_mutex_lock(&lock);
	gi_assert(behavior->held_count > 0);
	behavior->held_count--;
	pthread_mutex_unlock(&lock);
}

void gi_census_open(struct gi_census *census)
{
	pthread_mutex_lock(&lock);
	census->next = censuses;
	censuses = census;
	pthread_mutex_unlock(&lock);
}

void gi_census_close(struct gi_census *census)
{
	pthread_mutex_lock(&lock);
	struct gi_census **link = &censuses;
	while (*link && *link != census) {
		link = &(*link)->next;
	}
	if (*link) {
		*link = census->next;
	}
	pthread_mutex_unlock(&lock);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types: the message types and behaviours of the program, registered before main, checked and given their tables when
 * the first system is created.
 *
 * A type may be declared in several files. All declarations of one name share an index; they must have the same
 * fields, by their text and their size.
 *
 * Thread: registration runs before main; gi_types_prepare() under the lock of whoever creates systems.
 */
#include "actors/stage.h"

#include "base/assert.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct gatio_message_type *types;
static struct gatio_behavior *behaviors;
static uint32_t type_count; /* distinct names; indices run from 1 */
static const struct gatio_message_type **types_by_index;
static pthread_mutex_t prepare_lock = PTHREAD_MUTEX_INITIALIZER;

/* FNV-1a, 64 bits (Fowler, Noll, Vo). */
static uint64_t hash_of(uint64_t hash, const char *text)
{
	for (; *text; text++) {
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	}
	return hash;
}

void gatio_message_type_register(struct gatio_message_type *type)
{
	type->id = hash_of(hash_of(UINT64_C(0xcbf29ce484222325), type->name), type->schema);
	type->index = 0;
	for (const struct gatio_message_type *other = types; other; other = other->next) {
		if (strcmp(other->name, type->name) == 0) {
			type->index = other->index;
			break;
		}
	}
	if (type->index == 0) {
		type->index = ++type_count;
	}
	type->next = types;
	types = type;
}

void gatio_behavior_register(struct gatio_behavior *behavior)
{
	behavior->next = behaviors;
	behaviors = behavior;
}

static int check_types(char *out_why, size_t size)
{
	for (const struct gatio_message_type *type = types; type; type = type->next) {
		const struct gatio_message_type *first = types_by_index[type->index];
		if (first && (first->id != type->id || first->size != type->size)) {
			snprintf(out_why, size,
			         "message %s is declared twice with different fields: %s of %u "
			         "bytes "
			         "and %s of %u bytes; give one another name",
			         type->name, first->schema, first->size, type->schema, type->size);
			return -EEXIST;
		}
		types_by_index[type->index] = type;
	}
	return 0;
}

static int build_table(struct gatio_behavior *behavior)
{
	gatio_handler_fn *table = calloc(type_count + 1, sizeof(gatio_handler_fn));
	if (!table) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < behavior->handler_count; i++) {
		table[behavior->handlers[i].type->index] = behavior->handlers[i].handle;
	}
	free((void *)(uintptr_t)behavior->table);
	behavior->table = table;
	behavior->table_size = type_count + 1;
	return 0;
}

static int prepare(char *out_why, size_t size)
{
	free(types_by_index);
	types_by_index = calloc(type_count + 1, sizeof(*types_by_index));
	if (!types_by_index) {
		snprintf(out_why, size, "no memory for the tables of message types");
		return -ENOMEM;
	}
	int err = check_types(out_why, size);
	for (struct gatio_behavior *behavior = behaviors; behavior && !err;
	     behavior = behavior->next) {
		err = build_table(behavior);
	}
	return err;
}

int gi_types_prepare(char *out_why, size_t size)
{
	static uint32_t prepared_count;
	int err = 0;
	pthread_mutex_lock(&prepare_lock);
	/* A second system must not free the tables that the first one uses. */
	if (prepared_count != type_count || !types_by_index) {
		err = prepare(out_why, size);
		prepared_count = err ? 0 : type_count;
	}
	pthread_mutex_unlock(&prepare_lock);
	return err;
}

const struct gatio_message_type *gi_type_of_index(uint32_t index)
{
	return types_by_index && index <= type_count ? types_by_index[index] : NULL;
}

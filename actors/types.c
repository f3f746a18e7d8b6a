/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types: the message types and behaviours of the program, registered before main or when a library is loaded, checked
 * and given their tables when a system is created.
 *
 * A type may be declared in several files. All declarations of one name share an index; they must have the same
 * fields, by their text and their size.
 *
 * A behaviour's table is made once: all that it handles was registered with it. That of types grows, and old ones stay,
 * for drivers of other systems may be looking at them.
 *
 * Thread: registration runs before main; gi_types_prepare() in any thread that creates a system.
 * Orderings   prepared   prepare releases types_now -> gi_type_of_index acquires it   a table is filled before it is read
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

/* By index. */
struct type_table {
	struct type_table *previous;
	uint32_t count;
	const struct gatio_message_type *types[];
};
static _Atomic(struct type_table *) types_now;
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

static int fill_table(struct type_table *table, char *out_why, size_t size)
{
	for (const struct gatio_message_type *type = types; type; type = type->next) {
		const struct gatio_message_type *first = table->types[type->index];
		if (first && (first->id != type->id || first->size != type->size)) {
			snprintf(out_why, size,
			         "message %.100s is declared twice with different fields: %.200s "
			         "of %u "
			         "bytes and %.200s of %u bytes; give one another name",
			         type->name, first->schema, first->size, type->schema, type->size);
			return -EEXIST;
		}
		table->types[type->index] = type;
	}
	return 0;
}

/* Also when no name is new: another declaration of a known one has to be looked at. */
static int prepare_types(char *out_why, size_t size)
{
	struct type_table *before = gi_load_relaxed(&types_now); /* written under the lock */
	if (type_count > GI_MESSAGE_TYPE_MAX) {
		snprintf(out_why, size, "%u message types: at most %u fit in an envelope",
		         type_count, GI_MESSAGE_TYPE_MAX);
		return -E2BIG;
	}
	struct type_table *table =
	        calloc(1, sizeof(*table) + sizeof(table->types[0]) * (type_count + 1));
	if (!table) {
		return -ENOMEM;
	}
	table->count = type_count + 1;
	table->previous = before;
	int err = fill_table(table, out_why, size);
	if (err || (before && before->count == table->count)) {
		free(table);
		return err;
	}
	gi_store_release(&types_now, table); /* prepared */
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
	behavior->table = table;
	behavior->table_size = type_count + 1;
	return 0;
}

int gi_types_prepare(char *out_why, size_t size)
{
	pthread_mutex_lock(&prepare_lock);
	int err = prepare_types(out_why, size);
	for (struct gatio_behavior *behavior = behaviors; behavior && !err;
	     behavior = behavior->next) {
		if (!behavior->table) {
			err = build_table(behavior);
		}
	}
	pthread_mutex_unlock(&prepare_lock);
	return err;
}

const struct gatio_message_type *gi_type_of_index(uint32_t index)
{
	const struct type_table *table = gi_load_acquire(&types_now); /* prepared */
	return table && index < table->count ? table->types[index] : NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message types: registered before main, or when a library is loaded; each distinct name with its fields has an index.
 *
 * A type may be declared in several files, of the program and of libraries. What is known of it is copied here with its
 * first declaration and stays when the last one is unloaded: messages of it may be on their way, and a library that is
 * loaded again gets the same index again. Declarations of one name with different fields have indices of their own, so
 * that none is taken for the other; systems are not created, and behaviours not spawned, while both are loaded.
 *
 * Thread: any.
 * Orderings   lock    whoever changes anything holds it
 *             known   registration releases count or types_now -> gi_type_of_index acquires it   a type is filled before
 *                     it is found
 */
#include "actors/types.h"

#include "base/assert.h"
#include "mailbox/message.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKET_COUNT      256u
#define TABLE_CAPACITY    64u
#define SHORTEST_SENTENCE "no memory for the tables of message types"

struct known_type {
	struct gatio_message_type type; /* its texts are behind it */
	struct known_type *next;        /* in its bucket: all of one name are in the same */
	uint32_t declaration_count;     /* that are loaded now */
};

/* By index, from 1. It grows by a larger one that replaces it; drivers may be looking at the old one, which stays. */
struct type_table {
	struct type_table *previous;
	uint32_t capacity;
	_Atomic uint32_t count;
	struct known_type *types[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct known_type *buckets[BUCKET_COUNT];
static _Atomic(struct type_table *) types_now;
static uint32_t homeless_count; /* declarations that got no index */

/* FNV-1a, 64 bits (Fowler, Noll, Vo). */
static uint64_t hash_of(uint64_t hash, const char *text)
{
	for (; *text; text++) {
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	}
	return hash;
}

static uint64_t hash_of_name(const char *name)
{
	return hash_of(UINT64_C(0xcbf29ce484222325), name);
}

static struct known_type **bucket_of(const char *name)
{
	return &buckets[hash_of_name(name) % BUCKET_COUNT];
}

static bool is_same(const struct gatio_message_type *a, const struct gatio_message_type *b)
{
	return a->id == b->id && a->size == b->size && strcmp(a->name, b->name) == 0 &&
	       strcmp(a->schema, b->schema) == 0;
}

static struct known_type *find(const struct gatio_message_type *type)
{
	struct known_type *known = *bucket_of(type->name);
	while (known && !is_same(&known->type, type)) {
		known = known->next;
	}
	return known;
}

static struct known_type *copy_of(const struct gatio_message_type *type)
{
	size_t name_size = strlen(type->name) + 1;
	size_t schema_size = strlen(type->schema) + 1;
	struct known_type *known = malloc(sizeof(*known) + name_size + schema_size);
	if (!known) {
		return NULL;
	}
	char *texts = (char *)(known + 1);
	memcpy(texts, type->name, name_size);
	memcpy(texts + name_size, type->schema, schema_size);
	*known = (struct known_type){.type = *type};
	known->type.name = texts;
	known->type.schema = texts + name_size;
	return known;
}

/* A table with room for one more; NULL: no memory, or no index is left. */
static struct type_table *table_with_room(void)
{
	struct type_table *now = gi_load_relaxed(&types_now); /* written under the lock */
	uint32_t count = now ? gi_load_relaxed(&now->count) : 1;
	if (now && count < now->capacity) {
		return now;
	}
	if (count > GI_MESSAGE_TYPE_MAX) {
		return NULL;
	}
	uint32_t capacity = now ? now->capacity * 2 : TABLE_CAPACITY;
	struct type_table *table = calloc(1, sizeof(*table) + sizeof(table->types[0]) * capacity);
	if (!table) {
		return NULL;
	}
	table->previous = now;
	table->capacity = capacity;
	if (now) {
		memcpy(table->types, now->types, sizeof(table->types[0]) * count);
	}
	gi_store_relaxed(&table->count, count); /* nobody sees it yet */
	gi_store_release(&types_now, table);    /* known */
	return table;
}

static struct known_type *add(const struct gatio_message_type *type)
{
	struct type_table *table = table_with_room();
	struct known_type *known = table ? copy_of(type) : NULL;
	if (!known) {
		return NULL;
	}
	uint32_t index = gi_load_relaxed(&table->count); /* written under the lock */
	gi_assert(index > 0 && index <= GI_MESSAGE_TYPE_MAX);
	gi_assert(index < table->capacity);
	known->type.index = index;
	struct known_type **bucket = bucket_of(type->name);
	known->next = *bucket;
	*bucket = known;
	table->types[index] = known;
	gi_store_release(&table->count, index + 1); /* known */
	return known;
}

void gatio_message_type_register(struct gatio_message_type *type)
{
	pthread_mutex_lock(&lock);
	type->id = hash_of(hash_of_name(type->name), type->schema);
	type->index = 0;
	struct known_type *known = find(type);
	if (!known) {
		known = add(type);
	}
	if (known) {
		gi_assert(known->type.index < gi_type_count());
		known->declaration_count++;
		type->index = known->type.index;
	} else {
		homeless_count++;
	}
	pthread_mutex_unlock(&lock);
}

void gatio_message_type_unregister(struct gatio_message_type *type)
{
	pthread_mutex_lock(&lock);
	if (type->index == 0) {
		gi_assert(homeless_count > 0);
		homeless_count--;
	} else {
		struct known_type *known = find(type);
		gi_assert(known && known->declaration_count > 0);
		gi_assert(known->type.index == type->index);
		known->declaration_count--;
	}
	pthread_mutex_unlock(&lock);
}

/* ---- Do they agree? ------------------------------------------------------------------------------------------------- */

static int tell_homeless(char *out_why, size_t size)
{
	if (gi_type_count() > GI_MESSAGE_TYPE_MAX) {
		snprintf(out_why, size, "more than %u message types: no more fit in an envelope",
		         GI_MESSAGE_TYPE_MAX);
		return -E2BIG;
	}
	snprintf(out_why, size, "%s", SHORTEST_SENTENCE);
	return -ENOMEM;
}

/* Another one of its name, of a file that is loaded. Locked. */
static const struct known_type *rival_of(const struct known_type *known)
{
	const struct known_type *other = *bucket_of(known->type.name);
	while (other && (other == known || other->declaration_count == 0 ||
	                 strcmp(other->type.name, known->type.name) != 0)) {
		other = other->next;
	}
	return other;
}

/* Locked. */
static int check(const struct known_type *known, char *out_why, size_t size)
{
	const struct known_type *rival = rival_of(known);
	if (!rival) {
		return 0;
	}
	const struct gatio_message_type *a = &known->type;
	const struct gatio_message_type *b = &rival->type;
	gi_assert(a->index != b->index);
	snprintf(out_why, size,
	         "message %.100s is declared twice with different fields: %.200s of %u bytes and "
	         "%.200s of %u bytes; give one another name",
	         a->name, a->schema, a->size, b->schema, b->size);
	return -EEXIST;
}

int gi_types_check(char *out_why, size_t size)
{
	int err = 0;
	pthread_mutex_lock(&lock);
	if (homeless_count > 0) {
		err = tell_homeless(out_why, size);
	}
	struct type_table *table = gi_load_relaxed(&types_now); /* written under the lock */
	uint32_t count = gi_type_count();
	for (uint32_t i = 1; i < count && !err; i++) {
		const struct known_type *known = table->types[i];
		err = known->declaration_count > 0 ? check(known, out_why, size) : 0;
	}
	pthread_mutex_unlock(&lock);
	return err;
}

int gi_type_check(const struct gatio_message_type *type, char *out_why, size_t size)
{
	pthread_mutex_lock(&lock);
	const struct known_type *known = type->index > 0 ? find(type) : NULL;
	int err = known ? check(known, out_why, size) : tell_homeless(out_why, size);
	pthread_mutex_unlock(&lock);
	return err;
}

bool gi_type_is_registered(const struct gatio_message_type *type)
{
	pthread_mutex_lock(&lock);
	bool is_registered = type->id != 0;
	pthread_mutex_unlock(&lock);
	return is_registered;
}

uint32_t gi_type_count(void)
{
	struct type_table *table = gi_load_acquire(&types_now); /* known */
	return table ? gi_load_acquire(&table->count) : 1;      /* known */
}

const struct gatio_message_type *gi_type_of_index(uint32_t index)
{
	struct type_table *table = gi_load_acquire(&types_now);      /* known */
	uint32_t count = table ? gi_load_acquire(&table->count) : 1; /* known */
	return index > 0 && index < count ? &table->types[index]->type : NULL;
}

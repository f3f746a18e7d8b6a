/* SPDX-License-Identifier: Apache-2.0 */
/* Object: see object.h. */
#include "sim/object.h"

#include "base/assert.h"

#include <stdlib.h>

static GI_SIM_KEPT uint32_t number_last;

void *gi_object_create(size_t size, enum gi_object_kind kind)
{
	gi_assert(size >= sizeof(struct gi_object));
	struct gi_object *object = calloc(1, size);
	gi_assert(object);
	object->kind = kind;
	object->number = ++number_last;
	object->holder_count = 1;
	return object;
}

void gi_object_put(struct gi_object *object)
{
	gi_assert(object->holder_count > 0);
	if (--object->holder_count == 0) {
		while (object->watchers) {
			gi_object_unwatch(object->watchers);
		}
		if (object->close) {
			object->close(object);
		}
	}
}

void gi_object_watch(struct gi_object *object, struct gi_watcher *watcher, unsigned bits)
{
	gi_assert(bits != 0);
	if (!watcher->object) {
		watcher->object = object;
		watcher->next = object->watchers;
		object->watchers = watcher;
	}
	gi_assert(watcher->object == object);
	watcher->bits = bits;
	if (gi_object_ready(object) & bits) {
		watcher->notify(watcher);
	}
}

void gi_object_unwatch(struct gi_watcher *watcher)
{
	if (!watcher->object) {
		return;
	}
	struct gi_watcher **link = &watcher->object->watchers;
	while (*link != watcher) {
		gi_assert(*link);
		link = &(*link)->next;
	}
	*link = watcher->next;
	watcher->object = NULL;
}

void gi_object_changed(struct gi_object *object)
{
	unsigned ready = gi_object_ready(object);
	struct gi_watcher *next;
	for (struct gi_watcher *watcher = object->watchers; watcher; watcher = next) {
		next = watcher->next;
		if (ready & watcher->bits) {
			watcher->notify(watcher);
		}
	}
}

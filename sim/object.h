/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Object: what a descriptor stands for. It is ready for some directions or not, and tells who watches it when that changes.
 *
 * It lives as long as a descriptor or a script has it; the memory, as long as the run.
 */
#ifndef GI_SIM_OBJECT_H
#define GI_SIM_OBJECT_H

#include "sim/sim.h"

#include "drivers/kernel.h"

#include <stdbool.h>
#include <stdint.h>

enum gi_object_kind {
	GI_OBJECT_LISTENER,
	GI_OBJECT_CLAIM,
	GI_OBJECT_STREAM,
	GI_OBJECT_COUNTER, /* eventfd(2) */
	GI_OBJECT_SIGNALS, /* signalfd(2) */
	GI_OBJECT_RING,
	GI_OBJECT_READY, /* epoll(7) */
	GI_OBJECT_FILE,
	GI_OBJECT_DATAGRAM,
	GI_OBJECT_KIND_COUNT,
};

/* Beside the directions that are ready, which are both then: nothing will come of it any more. */
#define GI_OBJECT_FAILED GI_DIRECTION_BIT(GI_DIRECTION_COUNT)

struct gi_object;

struct gi_watcher {
	struct gi_watcher *next;
	struct gi_object *object;
	unsigned bits; /* of GI_DIRECTION_BIT() */
	void (*notify)(struct gi_watcher *watcher);
};

struct gi_object {
	enum gi_object_kind kind;
	uint32_t number; /* the same in each run of a seed */
	unsigned (*ready)(const struct gi_object *object);
	void (*close)(struct gi_object *object); /* nobody has it any more */
	struct gi_watcher *watchers;
	uint32_t holder_count;
};

/* Of a struct that begins with it. One holder: the caller. Ends the run when there is no memory. */
void *gi_object_create(size_t size, enum gi_object_kind kind);
void gi_object_put(struct gi_object *object);

static inline unsigned gi_object_ready(const struct gi_object *object)
{
	return object->ready ? object->ready(object) : 0;
}

/* Who watches for what is ready now is told, and will be each time that it changes. */
void gi_object_watch(struct gi_object *object, struct gi_watcher *watcher, unsigned bits);
void gi_object_unwatch(struct gi_watcher *watcher);
void gi_object_changed(struct gi_object *object);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way in for threads that are no drivers. A driver takes no lock here: under it others may be in the kernel.
 *
 * Orderings   home   put_chain exchanges home -> alloc exchanges it   the chain is written before it is read
 */
#include "drivers/outside.h"

#include "base/assert.h"
#include "topology/arena.h"

#include <errno.h>
#include <pthread.h>

struct gi_outside {
	pthread_mutex_t lock;
	struct gi_driver_group *group;
	struct gi_arena *arena;
	struct gi_heap *heap;
	struct gi_bell bell; /* of a sender that never sleeps */
	bool is_locked;      /* by one thread outside, whose everything but home is */
	/* Shared: a chain of all that comes home; drivers add to it, who holds the lock takes it. */
	_Atomic(void *) home;
	struct gi_mailbox *mailboxes[];
};

static size_t size_of(const struct gi_driver_group *group)
{
	return sizeof(struct gi_outside) + sizeof(struct gi_mailbox *) * group->driver_count;
}

static struct gi_mailbox *open_mailbox(struct gi_outside *outside, struct gi_driver *receiver)
{
	struct gi_arena *arena = receiver->options.arena;
	size_t slots_size = sizeof(struct gi_message) * GI_OUTSIDE_SLOTS;
	struct gi_message *slots = gi_arena_alloc(arena, slots_size);
	struct gi_mailbox *mailbox = gi_arena_alloc(arena, sizeof(*mailbox));
	if (!slots || !mailbox) {
		gi_arena_free(arena, slots, slots_size);
		gi_arena_free(arena, mailbox, sizeof(*mailbox));
		return NULL;
	}
	struct gi_mailbox_options options = {
	        .slots = slots,
	        .slot_count = GI_OUTSIDE_SLOTS,
	        .sender_index = GI_OUTSIDE_INDEX(outside->group),
	        .receiver_index = receiver->index,
	        .bell = &receiver->bell,
	        .sender_bell = &outside->bell,
	};
	gi_mailbox_init(mailbox, &options);
	return mailbox;
}

int gi_outside_create(struct gi_outside **out_outside, struct gi_driver_group *group,
                      struct gi_arena *arena)
{
	gi_assert(group->driver_count > 0);
	struct gi_outside *outside = gi_arena_alloc(arena, size_of(group));
	if (!outside) {
		return -ENOMEM;
	}
	outside->group = group;
	outside->arena = arena;
	pthread_mutex_init(&outside->lock, NULL);
	gi_bell_init(&outside->bell);
	int err = gi_heap_create(&outside->heap, arena, GI_OUTSIDE_INDEX(group));
	for (uint32_t i = 0; i < group->driver_count && !err; i++) {
		gi_assert(group->drivers[i]);
		outside->mailboxes[i] = open_mailbox(outside, group->drivers[i]);
		err = outside->mailboxes[i] ? 0 : -ENOMEM;
	}
	if (err) {
		gi_outside_destroy(outside);
		return err;
	}
	*out_outside = outside;
	return 0;
}

void gi_outside_destroy(struct gi_outside *outside)
{
	if (!outside) {
		return;
	}
	gi_assert(!outside->is_locked);
	for (uint32_t i = 0; i < outside->group->driver_count; i++) {
		struct gi_mailbox *mailbox = outside->mailboxes[i];
		if (mailbox) {
			struct gi_arena *arena = outside->group->drivers[i]->options.arena;
			gi_arena_free(arena, mailbox->slots,
			              sizeof(struct gi_message) * GI_OUTSIDE_SLOTS);
			gi_arena_free(arena, mailbox, sizeof(*mailbox));
		}
	}
	gi_heap_destroy(outside->heap);
	pthread_mutex_destroy(&outside->lock);
	gi_arena_free(outside->arena, outside, size_of(outside->group));
}

void gi_outside_lock(struct gi_outside *outside)
{
	pthread_mutex_lock(&outside->lock);
	gi_assert(!outside->is_locked);
	outside->is_locked = true;
}

void gi_outside_unlock(struct gi_outside *outside)
{
	gi_assert(outside->is_locked);
	outside->is_locked = false;
	pthread_mutex_unlock(&outside->lock);
}

struct gi_message *gi_outside_slot(struct gi_outside *outside, uint32_t receiver)
{
	gi_assert(outside->is_locked);
	gi_assert(receiver < outside->group->driver_count);
	gi_assert(gi_mailbox_unpublished(outside->mailboxes[receiver]) == 0);
	struct gi_message *slot = gi_mailbox_slot(outside->mailboxes[receiver]);
	if (slot) {
		gi_message_set_tag(slot, 0, 0);
		slot->from = 0;
	}
	return slot;
}

void gi_outside_sent(struct gi_outside *outside, uint32_t receiver, uint32_t label)
{
	gi_assert(outside->is_locked);
	gi_assert(receiver < outside->group->driver_count);
	struct gi_mailbox *mailbox = outside->mailboxes[receiver];
	gi_mailbox_fill(mailbox, label);
	gi_assert(gi_mailbox_unpublished(mailbox) == 1); /* the slot that was handed out */
	if (gi_mailbox_publish(mailbox)) {
		gi_driver_raise(outside->group->drivers[receiver]);
	}
}

static void take_home(struct gi_outside *outside)
{
	void *first = gi_exchange_acq_rel(&outside->home, NULL); /* home */
	gi_heap_put_chain(outside->heap, first);
}

void *gi_outside_alloc(struct gi_outside *outside, size_t size)
{
	gi_assert(outside->is_locked);
	take_home(outside);
	return gi_heap_alloc(outside->heap, size);
}

void gi_outside_free(struct gi_outside *outside, void *block)
{
	gi_assert(outside->is_locked);
	gi_heap_free(outside->heap, block);
}

void gi_outside_put_chain(struct gi_outside *outside, void *first)
{
	gi_assert(first);
	void *last = gi_heap_chain_last(first);
	/* Relaxed: a guess, the exchange confirms it. All are taken at once, so there is no ABA. */
	void *before = gi_load_relaxed(&outside->home);
	do { /* each failure is the success of another */
		gi_heap_chain_link(last, before);
	} while (!gi_compare_exchange_acq_rel(&outside->home, &before, first)); /* home */
}

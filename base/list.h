/* SPDX-License-Identifier: Apache-2.0 */
/* Doubly linked ring of nodes that live inside the things they link. An unlinked node points to itself. */
#ifndef GI_BASE_LIST_H
#define GI_BASE_LIST_H

#include <stdbool.h>

struct gi_list {
	struct gi_list *next;
	struct gi_list *previous;
};

static inline void gi_list_init(struct gi_list *list)
{
	list->next = list;
	list->previous = list;
}

static inline bool gi_list_is_empty(const struct gi_list *list)
{
	return list->next == list;
}

/* Before `position`; at the end when that is the list's head. */
static inline void gi_list_insert(struct gi_list *position, struct gi_list *node)
{
	node->next = position;
	node->previous = position->previous;
	position->previous->next = node;
	position->previous = node;
}

static inline void gi_list_remove(struct gi_list *node)
{
	node->previous->next = node->next;
	node->next->previous = node->previous;
	gi_list_init(node);
}

/* The first node, removed, or NULL. */
static inline struct gi_list *gi_list_pop(struct gi_list *list)
{
	struct gi_list *node = list->next;
	if (node == list) {
		return (struct gi_list *)0;
	}
	gi_list_remove(node);
	return node;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Ready: a simulated epoll(7): a set of descriptors to be asked which are ready. */
#include "sim/object.h"
#include "sim/process.h"
#include "sim/task.h"
#include "sim/turn.h"

#include "base/assert.h"
#include "base/container.h"
#include "drivers/kernel.h"

#include <errno.h>
#include <stdlib.h>

struct member {
	struct gi_watcher watcher;
	struct set *set;
	struct member *next;
	int fd;
	uint32_t tag;
};

struct set {
	struct gi_object object;
	struct member *members;
	struct gi_task *waiter;
};

static void close_set(struct gi_object *object)
{
	struct set *set = (void *)object;
	for (struct member *member = set->members; member; member = member->next) {
		gi_object_unwatch(&member->watcher);
	}
}

int gi_kernel_ready_open(void)
{
	int err = gi_process_refusal();
	if (err) {
		return err;
	}
	struct set *set = gi_object_create(sizeof(*set), GI_OBJECT_READY);
	set->object.close = close_set;
	return gi_descriptor_open(&set->object);
}

static void on_ready(struct gi_watcher *watcher)
{
	const struct member *member = gi_container_of(watcher, struct member, watcher);
	if (member->set->waiter) {
		gi_task_wake(member->set->waiter);
	}
}

static struct member *member_of(struct set *set, int fd)
{
	struct member *member = set->members;
	while (member && member->fd != fd) {
		member = member->next;
	}
	return member;
}

static struct member *add_member(struct set *set, int fd)
{
	struct member *member = calloc(1, sizeof(*member));
	gi_assert(member);
	member->set = set;
	member->fd = fd;
	member->watcher.notify = on_ready;
	member->next = set->members;
	set->members = member;
	return member;
}

int gi_kernel_ready_watch(int ready_fd, int fd, uint32_t tag, unsigned before, unsigned bits)
{
	struct set *set = gi_descriptor_of(ready_fd, GI_OBJECT_READY);
	struct gi_object *object = gi_descriptor_find(fd);
	gi_assert(set);
	struct member *member = member_of(set, fd);
	if (bits == 0) {
		if (member) {
			gi_object_unwatch(&member->watcher);
		}
		return 0; /* closed: it is gone already */
	}
	if (!object) {
		return -EBADF;
	}
	bool is_there = member && member->watcher.object == object;
	if (before == 0 && is_there) {
		return -EEXIST;
	}
	if (before != 0 && !is_there) {
		return -ENOENT;
	}
	member = member ? member : add_member(set, fd);
	gi_object_unwatch(&member->watcher); /* of what had the descriptor before */
	member->tag = tag;
	gi_object_watch(object, &member->watcher, bits);
	return 0;
}

/* Those that have been said go to the end of the line. */
static unsigned collect(struct set *set, struct gi_kernel_ready *out_ready, unsigned count)
{
	unsigned got = 0;
	struct member *said = NULL;
	struct member **said_end = &said;
	struct member **link = &set->members;
	while (*link && got < count) {
		struct member *member = *link;
		const struct gi_object *object = member->watcher.object;
		unsigned ready = object ? gi_object_ready(object) : 0;
		unsigned bits = ready & GI_OBJECT_FAILED ? ready & ~GI_OBJECT_FAILED
		                                         : ready & member->watcher.bits;
		if (bits == 0) {
			link = &member->next;
			continue;
		}
		out_ready[got++] = (struct gi_kernel_ready){.tag = member->tag, .bits = bits};
		*link = member->next;
		member->next = NULL;
		*said_end = member;
		said_end = &member->next;
	}
	while (*link) {
		link = &(*link)->next;
	}
	*link = said;
	return got;
}

int gi_kernel_ready_wait(int ready_fd, struct gi_kernel_ready *out_ready, unsigned count,
                         uint64_t wait_ns)
{
	struct set *set = gi_descriptor_of(ready_fd, GI_OBJECT_READY);
	gi_assert(set);
	gi_turn_pass();
	if (gi_sim_strikes(GI_FAULT_ENTER_INTERRUPTED)) {
		return -EINTR;
	}
	uint64_t until_ns = wait_ns > GI_SIM_NEVER - gi_sim_here->now_ns
	                            ? GI_SIM_NEVER
	                            : gi_sim_here->now_ns + wait_ns;
	unsigned got = collect(set, out_ready, count);
	while (got == 0 && gi_sim_here->now_ns < until_ns) {
		set->waiter = gi_task_current();
		(void)gi_task_wait(until_ns, "its descriptors");
		set->waiter = NULL;
		got = collect(set, out_ready, count);
	}
	gi_sim_trace("ready", got, 0);
	return (int)got;
}

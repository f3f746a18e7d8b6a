/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Epoll: a ring for where io_uring is refused. Its entries are done as system calls when it is entered, or when epoll
 * says that what they wait for is ready; other rings reach it through its post and an eventfd.
 *
 * A receive or an accept that goes on is watched once, and looked at when it is ready: one wait, one receive and one
 * send for a request, as in a loop written by hand. Level triggered: what could not be taken now is said again.
 *
 * Orderings   ring   open releases the ring into the table -> whoever has a message for it acquires it. A ring closes
 *                    after all that may have one are quiet, which is the group's to know.
 */
#include "drivers/door.h"
#include "drivers/entries/entries.h"
#include "drivers/epoll/post.h"

#include "base/assert.h"
#include "base/container.h"

#include <errno.h>
#include <string.h>

/* Watches' indices are tags; this one is the eventfd's. */
#define BELL_TAG UINT32_MAX

struct gi_epoll {
	struct gi_world world;
	struct gi_entries *entries;
	int ready_fd;
	int bell_fd;
	struct gi_post post;
};

#define MEMORY_SIZE gi_round_up(sizeof(struct gi_epoll), 4096)

/* ---- All rings, by descriptor ------------------------------------------------------------------------------------ */

#define PAGE_COUNT 4096u /* descriptors below 4 Mi */
#define PAGE_RINGS 1024u

struct page {
	_Atomic(struct gi_epoll *) rings[PAGE_RINGS];
};

/* Of nearly all programs the only one. */
static struct page first_page;
static _Atomic(struct page *) pages[PAGE_COUNT]; /* the others */

/* Made once, and kept: a few KiB for all rings that ever were. NULL: no memory, or no such descriptor. */
static struct page *page_of(int fd, bool may_make)
{
	uint32_t number = (uint32_t)fd / PAGE_RINGS;
	if (fd < 0 || number >= PAGE_COUNT) {
		return NULL;
	}
	if (number == 0) {
		return &first_page;
	}
	struct page *page = gi_load_acquire(&pages[number]); /* ring */
	if (page || !may_make) {
		return page;
	}
	struct page *made = gi_kernel_memory.map(sizeof(*made), 4096);
	if (made && !gi_compare_exchange_acq_rel(&pages[number], &page, made)) {
		gi_kernel_memory.unmap(made, sizeof(*made));
		return page;
	}
	return made;
}

static int publish_ring(struct gi_epoll *epoll)
{
	struct page *page = page_of(epoll->ready_fd, true);
	if (!page) {
		return -ENOMEM;
	}
	gi_store_release(&page->rings[(uint32_t)epoll->ready_fd % PAGE_RINGS], epoll); /* ring */
	return 0;
}

static void withdraw_ring(struct gi_epoll *epoll)
{
	struct page *page = page_of(epoll->ready_fd, false);
	gi_assert(page);
	gi_store_release(&page->rings[(uint32_t)epoll->ready_fd % PAGE_RINGS], NULL); /* ring */
}

/* ---- The world --------------------------------------------------------------------------------------------------- */

static int watch(struct gi_world *world, int fd, uint32_t tag, unsigned before, unsigned bits)
{
	struct gi_epoll *epoll = gi_container_of(world, struct gi_epoll, world);
	return gi_kernel_ready_watch(epoll->ready_fd, fd, tag, before, bits);
}

static int post_to(struct gi_world *world, int ring_fd, const struct io_uring_cqe *completion)
{
	(void)world;
	struct page *page = page_of(ring_fd, false);
	struct gi_epoll *to = page ? gi_load_acquire(&page->rings[(uint32_t)ring_fd % PAGE_RINGS])
	                           : NULL; /* ring */
	if (!to) {
		return -EBADFD;
	}
	int put = gi_post_put(&to->post, completion->user_data, completion->res);
	return put > 0 ? gi_kernel_signal_raise(to->bell_fd) : put;
}

static const struct gi_world_calls calls = {.prepare_accept = gi_kernel_accept_prepare,
                                            .accept = gi_kernel_accept,
                                            .receive = gi_kernel_receive,
                                            .send = gi_kernel_send,
                                            .read = gi_kernel_read,
                                            .shutdown = gi_kernel_shutdown,
                                            .close = gi_kernel_close,
                                            .message = post_to,
                                            .watch = watch};

/* ---- Open and close ---------------------------------------------------------------------------------------------- */

static struct gi_epoll *epoll_of(const struct io_uring *ring)
{
	gi_assert(ring->sq.ring_ptr);
	return ring->sq.ring_ptr;
}

static int open_descriptors(struct gi_epoll *epoll)
{
	epoll->ready_fd = gi_kernel_ready_open();
	if (epoll->ready_fd < 0) {
		return epoll->ready_fd;
	}
	epoll->bell_fd = gi_kernel_signal_open();
	return epoll->bell_fd < 0 ? epoll->bell_fd
	                          : gi_kernel_ready_watch(epoll->ready_fd, epoll->bell_fd, BELL_TAG,
	                                                  0, GI_DIRECTION_BIT(GI_DIRECTION_IN));
}

static void free_all(struct gi_epoll *epoll)
{
	if (epoll->entries) {
		gi_entries_close(epoll->entries);
	}
	if (epoll->bell_fd >= 0) {
		gi_kernel_close(epoll->bell_fd);
	}
	if (epoll->ready_fd >= 0) {
		gi_kernel_close(epoll->ready_fd);
	}
	gi_kernel_memory.unmap(epoll, MEMORY_SIZE);
}

static int open_ring(struct io_uring *ring, unsigned entry_count, struct io_uring_params *params,
                     uint32_t operation_max)
{
	struct gi_epoll *epoll = gi_kernel_memory.map(MEMORY_SIZE, 4096);
	if (!epoll) {
		return -ENOMEM;
	}
	epoll->world.calls = &calls;
	epoll->ready_fd = -1;
	epoll->bell_fd = -1;
	gi_post_init(&epoll->post);
	int err = open_descriptors(epoll);
	if (!err) {
		struct gi_entries_options options = {.entry_count = entry_count,
		                                     .completion_count = params->cq_entries,
		                                     .operation_max = operation_max,
		                                     .ring_fd = epoll->ready_fd,
		                                     .world = &epoll->world};
		err = gi_entries_open(&epoll->entries, ring, &options);
	}
	err = err ? err : publish_ring(epoll);
	if (err) {
		free_all(epoll);
		return err;
	}
	ring->sq.ring_ptr = epoll;
	params->flags = IORING_SETUP_CQSIZE | IORING_SETUP_R_DISABLED;
	params->features = IORING_FEAT_EXT_ARG | IORING_FEAT_NODROP | IORING_FEAT_SINGLE_MMAP |
	                   GI_FEATURE_IS_ASKED;
	ring->flags = params->flags;
	ring->features = params->features;
	return 0;
}

static void close_ring(struct io_uring *ring)
{
	struct gi_epoll *epoll = epoll_of(ring);
	withdraw_ring(epoll);
	free_all(epoll);
	ring->sq.ring_ptr = NULL;
}

static int enlist(struct io_uring *ring, unsigned opcode, void *arg, unsigned count)
{
	(void)count;
	return gi_entries_register(epoll_of(ring)->entries, opcode, arg);
}

/* ---- Enter ------------------------------------------------------------------------------------------------------- */

/* From the post into the completion queue. false: there was no room for all. */
static bool take_post(struct gi_epoll *epoll)
{
	uint64_t value;
	/* Only when it is ready, so it does not wait. */
	(void)gi_kernel_read(epoll->bell_fd, &value, sizeof(value));
	gi_post_heard(&epoll->post);
	const struct gi_post_slot *slot;
	while ((slot = gi_post_next(&epoll->post))) {
		struct io_uring_cqe completion = {.user_data = slot->user_data,
		                                  .res = slot->result};
		if (!gi_entries_post(epoll->entries, &completion)) {
			(void)gi_kernel_signal_raise(epoll->bell_fd); /* it is said again */
			return false;
		}
		gi_post_drop(&epoll->post);
	}
	return true;
}

/* Everything that is ready by now has been done, or the completion queue is full. Error: -EINTR; what epoll says. */
static int see_ready(struct gi_epoll *epoll, uint64_t wait_ns)
{
	struct gi_kernel_ready ready[GI_KERNEL_READY_MAX];
	bool had_room = true;
	int got = GI_KERNEL_READY_MAX;
	/* What is ready goes to the end of epoll's own list when it has been said: so many rounds say all of it. */
	uint32_t rounds = gi_entries_watch_count(epoll->entries) / GI_KERNEL_READY_MAX + 1;
	for (uint32_t i = 0; i < rounds && had_room && got == GI_KERNEL_READY_MAX; i++) {
		got = gi_kernel_ready_wait(epoll->ready_fd, ready, GI_KERNEL_READY_MAX,
		                           i == 0 ? wait_ns : 0);
		for (int j = 0; j < got; j++) {
			bool had = ready[j].tag == BELL_TAG
			                   ? take_post(epoll)
			                   : gi_entries_ready(epoll->entries, ready[j].tag,
			                                      ready[j].bits);
			had_room = had && had_room;
		}
	}
	gi_entries_update_watches(epoll->entries);
	return got < 0 ? got : had_room ? 0 : 1;
}

static uint64_t wait_of(const struct io_uring_getevents_arg *arg)
{
	const struct __kernel_timespec *timeout = (const void *)(uintptr_t)arg->ts;
	return timeout ? (uint64_t)timeout->tv_sec * UINT64_C(1000000000) +
	                         (uint64_t)timeout->tv_nsec
	               : UINT64_MAX;
}

static int enter(struct io_uring *ring, unsigned submit_count, unsigned min_complete,
                 unsigned flags, struct io_uring_getevents_arg *arg)
{
	struct gi_epoll *epoll = epoll_of(ring);
	(void)flags;
	unsigned consumed = gi_entries_submit(epoll->entries, submit_count);
	gi_entries_update_watches(epoll->entries);
	bool must_wait = min_complete > gi_entries_completions(epoll->entries);
	if (!must_wait && !(*ring->sq.kflags & IORING_SQ_TASKRUN)) {
		return (int)consumed;
	}
	int seen = see_ready(epoll, must_wait ? wait_of(arg) : 0);
	if (seen == 0) {
		*ring->sq.kflags &= ~(unsigned)IORING_SQ_TASKRUN;
	} else {
		*ring->sq.kflags |= IORING_SQ_TASKRUN;
	}
	return consumed > 0 || seen >= 0 ? (int)consumed : seen;
}

const struct gi_ring_door gi_door_epoll = {
        .name = "epoll", .open = open_ring, .enter = enter, .enlist = enlist, .close = close_ring};

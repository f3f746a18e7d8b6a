/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ring: a simulated io_uring: the interpreter of entries above simulated descriptors. What becomes ready, and messages of
 * other rings, wait until the ring is entered, as with IORING_SETUP_DEFER_TASKRUN.
 */
#include "sim/object.h"
#include "sim/process.h"
#include "sim/task.h"
#include "sim/turn.h"

#include "base/assert.h"
#include "base/container.h"
#include "drivers/entries/entries.h"
#include "drivers/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OPERATION_MAX  (1u << 12)
#define ENTRIES_ALWAYS 8u
#define SOON_MAX_NS    UINT64_C(5000)
#define DELAY_MAX_NS   UINT64_C(50000000)

struct ring;

/* What an operation waits for, by the number that the interpreter gave it. */
struct watch {
	struct gi_watcher watcher;
	struct ring *ring;
	uint32_t tag;
	uint64_t number; /* of its registration: what was due before is not */
	bool is_coming;
	bool is_due;
};

struct post {
	struct post *next;
	struct io_uring_cqe completion;
};

struct ring {
	struct gi_object object;
	struct gi_world world;
	struct gi_entries *entries;
	struct gi_process *process;
	unsigned *flags; /* of the submission queue, which its owner reads */
	struct watch **watches;
	uint32_t watch_max;
	uint32_t due_count;
	struct post *posts;
	struct post **posts_end;
	struct gi_task *waiter;
	bool is_enabled;
	bool is_closed;
	uint64_t number_last;
};

static uint64_t draw(uint64_t low, uint64_t high)
{
	return gi_random_spread(&gi_sim_here->time, low, high);
}

static void has_news(struct ring *ring)
{
	*ring->flags |= IORING_SQ_TASKRUN;
	if (ring->waiter) {
		gi_task_wake(ring->waiter);
	}
}

/* ---- Watches ----------------------------------------------------------------------------------------------------- */

static void come_due(void *context, uint64_t number)
{
	struct watch *watch = context;
	if (watch->number != number || watch->ring->is_closed) {
		return;
	}
	watch->is_coming = false;
	if (!watch->is_due) {
		watch->is_due = true;
		watch->ring->due_count++;
	}
	has_news(watch->ring);
}

static void on_ready(struct gi_watcher *watcher)
{
	struct watch *watch = gi_container_of(watcher, struct watch, watcher);
	if (watch->is_coming || watch->is_due) {
		return;
	}
	uint64_t delay_ns = draw(0, SOON_MAX_NS);
	if (gi_sim_strikes(GI_FAULT_COMPLETION_DELAYED)) {
		delay_ns += draw(1000, DELAY_MAX_NS);
	}
	watch->is_coming = true;
	gi_sim_in(delay_ns, come_due, watch, watch->number);
}

static struct watch *watch_of(struct ring *ring, uint32_t tag)
{
	if (tag >= ring->watch_max) {
		uint32_t count = tag + 1 > 2 * ring->watch_max ? tag + 1 : 2 * ring->watch_max;
		ring->watches = realloc(ring->watches, count * sizeof(struct watch *));
		gi_assert(ring->watches);
		memset(ring->watches + ring->watch_max, 0,
		       (count - ring->watch_max) * sizeof(struct watch *));
		ring->watch_max = count;
	}
	if (!ring->watches[tag]) {
		ring->watches[tag] = calloc(1, sizeof(struct watch));
		gi_assert(ring->watches[tag]);
		ring->watches[tag]->ring = ring;
		ring->watches[tag]->tag = tag;
		ring->watches[tag]->watcher.notify = on_ready;
	}
	return ring->watches[tag];
}

static void forget_watch(struct watch *watch)
{
	gi_object_unwatch(&watch->watcher);
	if (watch->is_due) {
		watch->is_due = false;
		watch->ring->due_count--;
	}
	watch->is_coming = false;
	watch->number = ++watch->ring->number_last;
}

static int watch_descriptor(struct gi_world *world, int fd, uint32_t tag, unsigned before,
                            unsigned bits)
{
	struct ring *ring = gi_container_of(world, struct ring, world);
	struct watch *watch = watch_of(ring, tag);
	if (bits == 0 || before == 0) {
		forget_watch(watch);
	}
	if (bits == 0) {
		return 0;
	}
	struct gi_object *object = gi_descriptor_find(fd);
	if (!object) {
		return -EBADF;
	}
	gi_object_watch(object, &watch->watcher, bits);
	return 0;
}

static bool cancels_late(struct gi_world *world, uint32_t tag)
{
	struct ring *ring = gi_container_of(world, struct ring, world);
	struct watch *watch = watch_of(ring, tag);
	if (!gi_sim_strikes(GI_FAULT_CANCEL_LATE)) {
		return false;
	}
	if (!watch->is_due) { /* it is being looked at, perhaps for nothing */
		come_due(watch, watch->number);
	}
	return true;
}

static bool ends_more(struct gi_world *world)
{
	(void)world;
	return gi_sim_strikes(GI_FAULT_MULTISHOT_ENDED);
}

static bool has_no_buffer(struct gi_world *world)
{
	(void)world;
	return gi_sim_strikes(GI_FAULT_NO_BUFFERS);
}

/* ---- Messages of other rings ------------------------------------------------------------------------------------- */

static void append_post(struct ring *ring, struct post *post)
{
	*ring->posts_end = post;
	ring->posts_end = &post->next;
}

struct message {
	struct ring *to;
	struct post *post;
};

static void arrive_message(void *context, uint64_t argument)
{
	struct message *message = context;
	(void)argument;
	if (!message->to->is_closed) {
		append_post(message->to, message->post);
		gi_sim_trace("message", message->to->object.number, message->post->completion.res);
		has_news(message->to);
	}
	free(message);
}

static int send_message(struct gi_world *world, int ring_fd, const struct io_uring_cqe *completion)
{
	(void)world;
	struct ring *to = gi_descriptor_of(ring_fd, GI_OBJECT_RING);
	if (!to || !to->is_enabled) {
		return gi_descriptor_find(ring_fd) ? -EBADFD : -EBADF;
	}
	if (gi_sim_strikes(GI_FAULT_MESSAGE_REFUSED)) {
		return gi_random_below(&gi_sim_here->time, 2) ? -EOVERFLOW : -ENOMEM;
	}
	struct message *message = calloc(1, sizeof(*message));
	struct post *post = calloc(1, sizeof(*post) + sizeof(uint64_t) * 4);
	gi_assert(message && post);
	post->completion.user_data = completion->user_data;
	post->completion.res = completion->res;
	*message = (struct message){.to = to, .post = post};
	gi_sim_in(draw(200, SOON_MAX_NS), arrive_message, message, 0);
	return 0;
}

static const struct gi_world_calls calls = {.prepare_accept = gi_kernel_accept_prepare,
                                            .accept = gi_kernel_accept,
                                            .receive = gi_kernel_receive,
                                            .send = gi_kernel_send,
                                            .read = gi_kernel_read,
                                            .shutdown = gi_kernel_shutdown,
                                            .close = gi_kernel_close,
                                            .message = send_message,
                                            .watch = watch_descriptor,
                                            .ends_more = ends_more,
                                            .has_no_buffer = has_no_buffer,
                                            .reads_at_once = true,
                                            .cancels_late = cancels_late};

/* ---- Open and close ---------------------------------------------------------------------------------------------- */

static void close_ring(struct gi_object *object)
{
	struct ring *ring = (void *)object;
	ring->is_closed = true;
	for (uint32_t i = 0; i < ring->watch_max; i++) {
		if (ring->watches[i]) {
			forget_watch(ring->watches[i]);
		}
	}
	if (ring->entries) {
		gi_entries_close(ring->entries);
	}
}

/* Some kernels do not know them all. */
static uint32_t flags_known(void)
{
	uint32_t known = IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_R_DISABLED |
	                 IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
	                 IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
	struct gi_random kernel; /* the same for all rings of a run */
	gi_random_init(&kernel, gi_sim_here->seed, "kernel");
	switch (gi_random_below(&kernel, 6)) {
	case 0:
		return known & ~(uint32_t)IORING_SETUP_DEFER_TASKRUN;
	case 1:
		return known & ~(uint32_t)(IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER);
	default:
		return known;
	}
}

/* What one flag asks of the others. */
static bool fits_together(uint32_t flags)
{
	bool is_deferred = flags & IORING_SETUP_DEFER_TASKRUN;
	bool has_flag = flags & IORING_SETUP_TASKRUN_FLAG;
	return (!is_deferred || flags & IORING_SETUP_SINGLE_ISSUER) &&
	       (!has_flag || is_deferred || flags & IORING_SETUP_COOP_TASKRUN);
}

int gi_kernel_ring_open(struct io_uring *uring, unsigned entry_count,
                        struct io_uring_params *params)
{
	if (params->flags & ~flags_known() || !fits_together(params->flags)) {
		return -EINVAL;
	}
	int refusal = gi_process_current()->has_no_rings ? -EPERM : gi_process_refusal();
	if (refusal) {
		return refusal;
	}
	if (entry_count > ENTRIES_ALWAYS && gi_sim_strikes(GI_FAULT_RING_SMALL)) {
		return -ENOMEM; /* more than may be locked */
	}
	struct ring *ring = gi_object_create(sizeof(*ring), GI_OBJECT_RING);
	ring->object.close = close_ring;
	ring->world.calls = &calls;
	ring->process = gi_process_current();
	ring->posts_end = &ring->posts;
	ring->is_enabled = !(params->flags & IORING_SETUP_R_DISABLED);
	int fd = gi_descriptor_open(&ring->object);
	if (fd < 0) {
		return fd;
	}
	struct gi_entries_options options = {.entry_count = entry_count,
	                                     .completion_count = params->flags & IORING_SETUP_CQSIZE
	                                                                 ? params->cq_entries
	                                                                 : 2 * entry_count,
	                                     .operation_max = OPERATION_MAX,
	                                     .ring_fd = fd,
	                                     .world = &ring->world};
	int err = gi_entries_open(&ring->entries, uring, &options);
	if (err) {
		ring->entries = NULL;
		(void)gi_descriptor_close(fd);
		return err;
	}
	ring->flags = uring->sq.kflags;
	params->features = IORING_FEAT_EXT_ARG | IORING_FEAT_NODROP | IORING_FEAT_SINGLE_MMAP |
	                   GI_FEATURE_IS_ASKED;
	uring->flags = params->flags;
	uring->features = params->features;
	return 0;
}

void gi_kernel_ring_close(struct io_uring *uring)
{
	(void)gi_descriptor_close(uring->ring_fd);
}

int gi_kernel_ring_register(struct io_uring *uring, unsigned opcode, void *arg, unsigned count)
{
	struct ring *ring = gi_descriptor_of(uring->ring_fd, GI_OBJECT_RING);
	gi_assert(ring);
	(void)count;
	int refused = gi_process_refusal();
	if (refused) {
		return refused;
	}
	struct io_uring_rsrc_update *update = arg;
	switch (opcode) {
	case IORING_REGISTER_ENABLE_RINGS:
		if (ring->is_enabled) {
			return -EBADFD;
		}
		ring->is_enabled = true;
		return 0;
	case IORING_REGISTER_RING_FDS:
		update->offset = 0;
		return 1;
	case IORING_UNREGISTER_RING_FDS:
		return 1;
	default:
		return gi_entries_register(ring->entries, opcode, arg);
	}
}

/* ---- Enter ------------------------------------------------------------------------------------------------------- */

/* One of those that are due. */
static struct watch *pick_due(struct ring *ring)
{
	uint32_t skip = gi_sim_strikes(GI_FAULT_COMPLETION_REORDERED)
	                        ? (uint32_t)gi_random_below(&gi_sim_here->order, ring->due_count)
	                        : 0;
	for (uint32_t i = 0; i < ring->watch_max; i++) {
		struct watch *watch = ring->watches[i];
		if (watch && watch->is_due && skip-- == 0) {
			return watch;
		}
	}
	gi_assert(false);
	return NULL;
}

static void run_due(struct ring *ring)
{
	uint32_t count = ring->due_count;
	for (uint32_t i = 0; i < count && ring->due_count > 0; i++) {
		struct watch *watch = pick_due(ring);
		watch->is_due = false;
		ring->due_count--;
		const struct gi_object *object = watch->watcher.object;
		unsigned bits = object ? gi_object_ready(object) & watch->watcher.bits : 0;
		bool had_room = bits == 0 || gi_entries_ready(ring->entries, watch->tag, bits);
		gi_entries_update_watches(ring->entries);
		/* What could not be taken now is said again. */
		object = watch->watcher.object;
		if (object && gi_object_ready(object) & watch->watcher.bits) {
			on_ready(&watch->watcher);
		}
		if (!had_room) {
			break;
		}
	}
}

static void run_posts(struct ring *ring)
{
	while (ring->posts && gi_entries_post(ring->entries, &ring->posts->completion)) {
		struct post *post = ring->posts;
		ring->posts = post->next;
		if (!ring->posts) {
			ring->posts_end = &ring->posts;
		}
		free(post);
	}
}

/* What waits becomes completions, as far as there is room. */
static void deliver(struct ring *ring)
{
	run_due(ring);
	run_posts(ring);
	*ring->flags &= ~(unsigned)(IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW);
	if (ring->due_count > 0 || ring->posts) {
		*ring->flags |= IORING_SQ_TASKRUN;
	}
}

static uint64_t deadline_of(const struct io_uring_getevents_arg *arg)
{
	const struct __kernel_timespec *timeout = (const void *)(uintptr_t)arg->ts;
	return timeout ? gi_sim_here->now_ns + (uint64_t)timeout->tv_sec * UINT64_C(1000000000) +
	                         (uint64_t)timeout->tv_nsec
	               : GI_SIM_NEVER;
}

/* Returns whether the time is over. */
static bool wait_for(struct ring *ring, unsigned min_complete, uint64_t until_ns)
{
	while (gi_entries_completions(ring->entries) < min_complete) {
		if (gi_sim_here->now_ns >= until_ns) {
			return true;
		}
		ring->waiter = gi_task_current();
		(void)gi_task_wait(until_ns, "its ring");
		ring->waiter = NULL;
		deliver(ring);
	}
	return false;
}

static int refusal(void)
{
	static const int refusals[] = {-EBUSY, -EAGAIN, -ENOMEM};
	if (gi_sim_strikes(GI_FAULT_ENTER_INTERRUPTED)) {
		return -EINTR;
	}
	return gi_sim_strikes(GI_FAULT_ENTER_BUSY)
	               ? refusals[gi_random_below(&gi_sim_here->time, 3)]
	               : 0;
}

int gi_kernel_ring_enter(struct io_uring *uring, unsigned submit_count, unsigned min_complete,
                         unsigned flags, struct io_uring_getevents_arg *arg)
{
	struct ring *ring = gi_descriptor_of(uring->ring_fd, GI_OBJECT_RING);
	(void)flags;
	gi_assert(ring);
	gi_turn_pass();
	if (!ring->is_enabled) {
		return -EBADFD;
	}
	int err = refusal();
	if (err) {
		return err;
	}
	unsigned wanted = submit_count;
	if (submit_count > 1 && gi_sim_strikes(GI_FAULT_SUBMIT_SHORT)) {
		submit_count = (unsigned)draw(1, submit_count - 1);
	}
	unsigned consumed = gi_entries_submit(ring->entries, submit_count);
	gi_entries_update_watches(ring->entries);
	gi_sim_trace("enter", consumed, (int64_t)min_complete);
	if (consumed < wanted) { /* who has not been heard out does not wait */
		return (int)consumed;
	}
	if (min_complete == 0 && gi_sim_strikes(GI_FAULT_COMPLETION_OVERFLOW)) {
		*ring->flags |= IORING_SQ_CQ_OVERFLOW | IORING_SQ_TASKRUN;
		return (int)consumed;
	}
	deliver(ring);
	bool is_late = wait_for(ring, min_complete, deadline_of(arg));
	gi_sim_trace("completions", gi_entries_completions(ring->entries), 0);
	return consumed > 0 || !is_late ? (int)consumed : -ETIME;
}

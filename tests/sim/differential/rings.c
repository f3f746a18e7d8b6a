/* SPDX-License-Identifier: Apache-2.0 */
/* Rings: batches of entries, and the completions of a step in an order that is the same in both machines. */
#include "tests/sim/differential/sequence.h"

#include "base/assert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY_COUNT      64u
#define COMPLETION_COUNT 1024u
#define BATCH_MAX        4u
#define ENTERS_MAX       16u /* for all that a step may bring */
#define ROUNDS_MAX       2000u
#define QUIET_ROUNDS     1u
#define MS_NS            1000000
/* What gatio looks at; that there is more in a socket (SOCK_NONEMPTY) is not. */
#define FLAGS_SEEN (IORING_CQE_F_MORE | IORING_CQE_F_BUFFER)

/* ---- Open and close ---------------------------------------------------------------------------------------------- */

static void provide(struct diff_ring *ring, uint16_t id)
{
	int mask = (int)DIFF_BUFFERS - 1;
	io_uring_buf_ring_add(ring->buffers, ring->bytes[id], DIFF_BUFFER_SIZE, id, mask, 0);
	io_uring_buf_ring_advance(ring->buffers, 1);
}

static int open_ring(struct diff_ring *ring)
{
	struct io_uring_params params;
	memset(&params, 0, sizeof(params));
	params.flags = IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_R_DISABLED |
	               IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
	               IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
	params.cq_entries = COMPLETION_COUNT;
	int err = gi_kernel_ring_open(&ring->uring, ENTRY_COUNT, &params);
	err = err ? err
	          : gi_kernel_ring_register(&ring->uring, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
	if (err < 0) {
		return err;
	}
	ring->buffers = aligned_alloc(4096, 4096);
	gi_assert(ring->buffers);
	memset(ring->buffers, 0, 4096);
	struct io_uring_buf_reg registration = {.ring_addr = (uint64_t)(uintptr_t)ring->buffers,
	                                        .ring_entries = DIFF_BUFFERS};
	err = gi_kernel_ring_register(&ring->uring, IORING_REGISTER_PBUF_RING, &registration, 1);
	for (uint16_t i = 0; i < DIFF_BUFFERS && !err; i++) {
		provide(ring, i);
	}
	return err;
}

int diff_rings_open(struct diff_world *world)
{
	struct io_uring_params params;
	memset(&params, 0, sizeof(params));
	params.flags = IORING_SETUP_R_DISABLED;
	int err = gi_kernel_ring_open(&world->disabled, ENTRY_COUNT, &params);
	for (uint32_t i = 0; i < DIFF_RINGS && !err; i++) {
		err = open_ring(&world->rings[i]);
	}
	return err;
}

void diff_rings_close(struct diff_world *world)
{
	for (uint32_t i = 0; i < DIFF_RINGS; i++) {
		gi_kernel_ring_close(&world->rings[i].uring);
		free(world->rings[i].buffers);
	}
	gi_kernel_ring_close(&world->disabled);
}

bool diff_rings_give_back(struct diff_world *world)
{
	bool has_any = false;
	for (uint32_t i = 0; i < DIFF_RINGS; i++) {
		struct diff_ring *ring = &world->rings[i];
		has_any |= ring->held_count > 0;
		while (ring->held_count > 0) {
			provide(ring, ring->held[--ring->held_count]);
		}
	}
	if (has_any) {
		diff_say(world, " buffers are given back");
	}
	return has_any;
}

/* ---- Completions ------------------------------------------------------------------------------------------------- */

static void note_accepted(struct diff_world *world, struct diff_result *result)
{
	struct diff_handle *handle = diff_handle_open(world, DIFF_STREAM, result->cqe.res);
	snprintf(result->name, sizeof(result->name), "%s", handle ? diff_name(handle) : "no-room");
}

static void note_bytes(struct diff_world *world, struct diff_result *result,
                       const struct diff_pending *pending)
{
	struct diff_ring *ring = &world->rings[result->ring];
	if (!(result->cqe.flags & IORING_CQE_F_BUFFER)) {
		result->sum = diff_sum(pending->bytes, (size_t)result->cqe.res);
		return;
	}
	uint16_t id = (uint16_t)(result->cqe.flags >> IORING_CQE_BUFFER_SHIFT);
	gi_assert(id < DIFF_BUFFERS);
	result->sum = diff_sum(ring->bytes[id], (size_t)result->cqe.res);
	if (world->keeps_buffers) {
		ring->held[ring->held_count++] = id;
	} else {
		provide(ring, id);
	}
}

static void note(struct diff_world *world, uint32_t ring, const struct io_uring_cqe *cqe)
{
	gi_assert(world->result_count < DIFF_RESULTS_MAX);
	struct diff_result *result = &world->results[world->result_count];
	*result = (struct diff_result){.ring = ring, .order = world->result_count++};
	result->cqe.user_data = cqe->user_data;
	result->cqe.res = cqe->res;
	result->cqe.flags = cqe->flags;
	struct diff_pending *pending = diff_operation_find(world, cqe->user_data);
	if (!pending) {
		return;
	}
	if (cqe->res >= 0 && pending->opcode == IORING_OP_ACCEPT) {
		note_accepted(world, result);
	} else if (cqe->res > 0 &&
	           (pending->opcode == IORING_OP_RECV || pending->opcode == IORING_OP_READ)) {
		note_bytes(world, result, pending);
	}
	if (!(cqe->flags & IORING_CQE_F_MORE)) {
		if (pending->handle) {
			pending->handle->waiting[pending->direction]--;
		}
		pending->is_used = false;
	}
}

static uint32_t reap(struct diff_world *world, uint32_t ring)
{
	struct io_uring *uring = &world->rings[ring].uring;
	struct io_uring_cqe *cqe;
	unsigned head;
	uint32_t count = 0;
	io_uring_for_each_cqe(uring, head, cqe)
	{
		note(world, ring, cqe);
		count++;
	}
	io_uring_cq_advance(uring, count);
	return count;
}

static int enter(struct io_uring *uring, unsigned submit_count, unsigned min_complete,
                 uint64_t wait_ms)
{
	struct __kernel_timespec wait = {.tv_nsec = (long long)wait_ms * MS_NS};
	struct io_uring_getevents_arg arg = {.ts = (uint64_t)(uintptr_t)&wait};
	return gi_kernel_ring_enter(uring, submit_count, min_complete, IORING_ENTER_GETEVENTS,
	                            &arg);
}

/* ---- Settling ---------------------------------------------------------------------------------------------------- */

/* What must end, and says so. */
static bool is_owed(const struct diff_world *world)
{
	for (uint32_t i = 0; i < DIFF_PENDING_MAX; i++) {
		if (world->pending[i].is_used && world->pending[i].must_end &&
		    !world->pending[i].is_silent) {
			return true;
		}
	}
	return false;
}

static bool is_flagged(const struct io_uring *uring)
{
	return IO_URING_READ_ONCE(*uring->sq.kflags) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW);
}

static uint32_t look(struct diff_world *world)
{
	uint32_t count = 0;
	diff_machine_settle(world->options->settle_us);
	for (uint32_t i = 0; i < DIFF_RINGS; i++) {
		struct io_uring *uring = &world->rings[i].uring;
		(void)enter(uring, 0, 0, 0);
		/* The kernel may leave the flag there when its own thread has brought the last. */
		for (uint32_t j = 0; j < ENTERS_MAX && is_flagged(uring); j++) {
			count += reap(world, i);
			(void)enter(uring, 0, 0, 0);
		}
		count += reap(world, i);
	}
	return count;
}

static int compare(const void *a, const void *b)
{
	const struct diff_result *first = a;
	const struct diff_result *second = b;
	if (first->ring != second->ring) {
		return first->ring < second->ring ? -1 : 1;
	}
	if (first->cqe.user_data != second->cqe.user_data) {
		return first->cqe.user_data < second->cqe.user_data ? -1 : 1;
	}
	return first->order < second->order ? -1 : first->order > second->order;
}

static void say_results(struct diff_world *world)
{
	qsort(world->results, world->result_count, sizeof(world->results[0]), compare);
	for (uint32_t i = 0; i < world->result_count; i++) {
		const struct diff_result *result = &world->results[i];
		bool is_message = result->cqe.user_data >= DIFF_MESSAGE_BASE;
		diff_say(world, "%s %s#%llu", i == 0 ? " =>" : ",", is_message ? "message of " : "",
		         (unsigned long long)(is_message ? result->cqe.user_data - DIFF_MESSAGE_BASE
		                                         : result->cqe.user_data));
		if (result->name[0]) {
			diff_say(world, " %s", result->name);
		} else {
			diff_say_result(world, result->cqe.res);
		}
		if (result->sum) {
			diff_say(world, "(%04x)", result->sum);
		}
		unsigned flags = result->cqe.flags & FLAGS_SEEN;
		diff_say(world, "%s%s", flags & IORING_CQE_F_MORE ? " more" : "",
		         flags & IORING_CQE_F_BUFFER ? " buffer" : "");
	}
	world->result_count = 0;
}

void diff_rings_settle(struct diff_world *world)
{
	uint32_t quiet = 0;
	for (uint32_t i = 0; i < ROUNDS_MAX && quiet < QUIET_ROUNDS; i++) {
		bool is_quiet = look(world) == 0 && !is_owed(world);
		quiet = is_quiet ? quiet + 1 : 0;
		if (!is_quiet && is_owed(world)) {
			(void)enter(&world->rings[i % DIFF_RINGS].uring, 0, 1, 1);
		}
	}
	if (quiet < QUIET_ROUNDS) {
		diff_say(world, " something does not end");
		world->is_over = true;
	}
	for (uint32_t i = 0; i < DIFF_PENDING_MAX; i++) {
		world->pending[i].is_used &= !world->pending[i].is_silent;
	}
	say_results(world);
}

/* ---- Steps ------------------------------------------------------------------------------------------------------- */

bool diff_rings_submit(struct diff_world *world)
{
	uint32_t index = (uint32_t)diff_draw(world, DIFF_RINGS);
	struct io_uring *uring = &world->rings[index].uring;
	uint64_t count = diff_chance(world, 60) ? 1 : diff_draw(world, BATCH_MAX) + 1;
	size_t text_size = world->text_size;
	unsigned filled = 0;
	world->batch++;
	world->batch_count = 0;
	world->batch_takes_buffers = false;
	bool ends = false;
	diff_say(world, " ring%u:", index);
	for (uint64_t tries = 0; tries < 4 * count && filled < count && !ends; tries++) {
		unsigned tail = *uring->sq.ktail;
		unsigned at = tail & uring->sq.ring_mask;
		if (!diff_operation_choose(world, index, &uring->sq.sqes[at], &ends)) {
			continue;
		}
		uring->sq.array[at] = at;
		io_uring_smp_store_release(uring->sq.ktail, tail + 1);
		filled++;
		world->batch_count++;
	}
	if (filled == 0) {
		world->text_size = text_size;
		return false;
	}
	diff_say(world, " :");
	diff_say_result(world, enter(uring, filled, 0, 0));
	return true;
}

bool diff_rings_wait(struct diff_world *world)
{
	uint32_t index = (uint32_t)diff_draw(world, DIFF_RINGS);
	diff_say(world, " ring%u waits 1 ms for one:", index);
	diff_say_result(world, enter(&world->rings[index].uring, 0, 1, 1));
	return true;
}

void diff_rings_cancel_all(struct diff_world *world)
{
	for (uint32_t i = 0; i < DIFF_PENDING_MAX; i++) {
		const struct diff_pending *pending = &world->pending[i];
		if (!pending->is_used) {
			continue;
		}
		struct io_uring *uring = &world->rings[pending->ring].uring;
		unsigned tail = *uring->sq.ktail;
		unsigned at = tail & uring->sq.ring_mask;
		struct io_uring_sqe *sqe = &uring->sq.sqes[at];
		memset(sqe, 0, sizeof(*sqe));
		sqe->opcode = IORING_OP_ASYNC_CANCEL;
		sqe->fd = -1;
		sqe->addr = pending->user_data;
		sqe->user_data = ++world->user_data_last;
		uring->sq.array[at] = at;
		io_uring_smp_store_release(uring->sq.ktail, tail + 1);
		diff_say(world, " cancel #%llu", (unsigned long long)pending->user_data);
		(void)enter(uring, 1, 0, 0);
	}
	diff_rings_settle(world);
	for (uint32_t i = 0; i < DIFF_PENDING_MAX; i++) {
		if (world->pending[i].is_used) {
			diff_say(world, " #%llu never ended",
			         (unsigned long long)world->pending[i].user_data);
			world->pending[i].is_used = false;
		}
	}
}

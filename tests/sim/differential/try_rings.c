/* SPDX-License-Identifier: Apache-2.0 */
/* Try rings: how rings are opened, enlisted in and entered when that is not as it should be. */
#include "tests/sim/differential/sequence.h"

#include "base/assert.h"

#include <stddef.h>
#include <string.h>

#define BASE (IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE)

static bool open_one(struct diff_world *world)
{
	static const unsigned entries[] = {0, 2, 3, 8, 8, 8, 8, 32769};
	static const unsigned completions[] = {0, 2, 4, 16, 16, 16, 16, 65537};
	static const uint32_t flags[] = {
	        0,
	        IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
	        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
	        IORING_SETUP_DEFER_TASKRUN,
	        IORING_SETUP_TASKRUN_FLAG,
	        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
	        1u << 30,
	};
	struct io_uring ring;
	struct io_uring_params params;
	memset(&params, 0, sizeof(params));
	unsigned count = entries[diff_draw(world, sizeof(entries) / sizeof(entries[0]))];
	params.cq_entries =
	        completions[diff_draw(world, sizeof(completions) / sizeof(completions[0]))];
	params.flags = BASE | flags[diff_draw(world, sizeof(flags) / sizeof(flags[0]))];
	diff_say(world, " open a ring of %u and %u, flags %x:", count, params.cq_entries,
	         params.flags);
	int err = gi_kernel_ring_open(&ring, count, &params);
	diff_say_result(world, err);
	if (!err) {
		diff_say(world, ", %u and %u", ring.sq.ring_entries, ring.cq.ring_entries);
		gi_kernel_ring_close(&ring);
	}
	return true;
}

static bool enlist(struct diff_world *world)
{
	static char memory[2 * 4096] __attribute__((aligned(4096)));
	static const struct {
		const char *what;
		unsigned opcode;
		struct io_uring_buf_reg registration;
	} tries[] = {
	        {"enable", IORING_REGISTER_ENABLE_RINGS, {0}},
	        {"the same buffers", IORING_REGISTER_PBUF_RING, {.ring_entries = 8}},
	        {"no buffers of another group", IORING_UNREGISTER_PBUF_RING, {.bgid = 7}},
	        {"buffers, 7 of them", IORING_REGISTER_PBUF_RING, {.ring_entries = 7, .bgid = 8}},
	        {"an unknown thing", 200, {0}},
	};
	struct io_uring *ring = &world->rings[diff_draw(world, DIFF_RINGS)].uring;
	size_t which = (size_t)diff_draw(world, sizeof(tries) / sizeof(tries[0]));
	struct io_uring_buf_reg registration = tries[which].registration;
	if (tries[which].opcode == IORING_REGISTER_PBUF_RING) {
		registration.ring_addr = (uint64_t)(uintptr_t)memory;
	}
	bool is_enable = tries[which].opcode == IORING_REGISTER_ENABLE_RINGS;
	diff_say(world, " enlist %s:", tries[which].what);
	diff_say_result(world,
	                gi_kernel_ring_register(ring, tries[which].opcode,
	                                        is_enable ? NULL : &registration, !is_enable));
	return true;
}

static bool enter_disabled(struct diff_world *world)
{
	struct io_uring_getevents_arg arg = {0};
	diff_say(world, " enter a ring that is not enabled:");
	diff_say_result(world,
	                gi_kernel_ring_enter(&world->disabled, 0, 0, IORING_ENTER_GETEVENTS, &arg));
	return true;
}

bool diff_rings_try(struct diff_world *world)
{
	switch (diff_draw(world, 3)) {
	case 0:
		return enlist(world);
	case 1:
		return enter_disabled(world);
	default:
		return open_one(world);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The ring of entry_ring.h. */
#include "tests/drivers/entry_ring.h"

#include "tests/drivers/entry_world.h"
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

struct io_uring ring;
struct gi_entries *entries;
char memory[BUFFERS * 64];
static _Alignas(4096) char buffer_ring_memory[4096];

void setup(void)
{
	world_forget();
	struct gi_entries_options options = {.entry_count = ENTRIES,
	                                     .completion_count = COMPLETIONS,
	                                     .operation_max = OPERATION_MAX,
	                                     .ring_fd = 99,
	                                     .world = &test_world};
	CU_ASSERT_EQUAL_FATAL(gi_entries_open(&entries, &ring, &options), 0);
	CU_ASSERT_EQUAL(ring.ring_fd, 99);
}

void teardown(void)
{
	gi_entries_close(entries);
}

struct io_uring_sqe *entry(uint8_t opcode, int fd, uint64_t user_data)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
	if (!sqe) {
		abort(); /* the test fills more than it has */
	}
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = opcode;
	sqe->fd = fd;
	sqe->user_data = user_data;
	return sqe;
}

unsigned submit(void)
{
	struct io_uring_sq *sq = &ring.sq;
	while (sq->sqe_head != sq->sqe_tail) {
		sq->array[*sq->ktail & sq->ring_mask] = sq->sqe_head & sq->ring_mask;
		(*sq->ktail)++;
		sq->sqe_head++;
	}
	unsigned consumed = gi_entries_submit(entries, *sq->ktail - *sq->khead);
	gi_entries_update_watches(entries);
	return consumed;
}

bool say_ready(int fd, enum gi_direction direction)
{
	CU_ASSERT_TRUE((endpoints[fd].watched & GI_DIRECTION_BIT(direction)) != 0);
	bool had_room = gi_entries_ready(entries, endpoints[fd].watch, GI_DIRECTION_BIT(direction));
	gi_entries_update_watches(entries);
	return had_room;
}

void expect(uint64_t user_data, int result, unsigned flags)
{
	struct io_uring_cqe *cqe = NULL;
	unsigned head;
	io_uring_for_each_cqe(&ring, head, cqe)
	{
		break;
	}
	CU_ASSERT_TRUE_FATAL(gi_entries_completions(entries) > 0);
	CU_ASSERT_EQUAL(cqe->user_data, user_data);
	CU_ASSERT_EQUAL(cqe->res, result);
	CU_ASSERT_EQUAL(cqe->flags, flags);
	io_uring_cq_advance(&ring, 1);
}

void expect_nothing(void)
{
	CU_ASSERT_EQUAL(gi_entries_completions(entries), 0);
}

struct io_uring_buf_ring *provide(uint32_t count)
{
	struct io_uring_buf_ring *buffers = (void *)buffer_ring_memory;
	struct io_uring_buf_reg registration = {
	        .ring_addr = (uint64_t)(uintptr_t)buffers, .ring_entries = BUFFERS, .bgid = 0};
	memset(buffer_ring_memory, 0, sizeof(buffer_ring_memory));
	CU_ASSERT_EQUAL(gi_entries_register(entries, IORING_REGISTER_PBUF_RING, &registration), 0);
	for (uint32_t i = 0; i < count; i++) {
		io_uring_buf_ring_add(buffers, memory + i * 64, 64, (unsigned short)i,
		                      io_uring_buf_ring_mask(BUFFERS), (int)i);
	}
	io_uring_buf_ring_advance(buffers, (int)count);
	return buffers;
}

void receive_more(int fd, uint64_t user_data)
{
	struct io_uring_sqe *sqe = entry(IORING_OP_RECV, fd, user_data);
	sqe->ioprio = 1u << 1; /* multishot */
	sqe->flags = IOSQE_BUFFER_SELECT;
}

unsigned with_buffer(unsigned index)
{
	return IORING_CQE_F_BUFFER | index << IORING_CQE_BUFFER_SHIFT;
}

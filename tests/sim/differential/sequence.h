/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequence: random operations through the door, and what came of each as words that are the same in both machines: things
 * have names by the order in which they came to be, not numbers of descriptors.
 */
#ifndef TESTS_SIM_DIFFERENTIAL_SEQUENCE_H
#define TESTS_SIM_DIFFERENTIAL_SEQUENCE_H

#include "drivers/kernel.h"
#include "tests/sim/differential/machine.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#define DIFF_RINGS        2u
#define DIFF_HANDLES_MAX  24u
#define DIFF_PEERS_MAX    8u
#define DIFF_PENDING_MAX  16u
#define DIFF_RESULTS_MAX  128u
#define DIFF_BUFFERS      4u
#define DIFF_BUFFER_SIZE  32u
#define DIFF_BYTES_MAX    80u
#define DIFF_TEXT_MAX     8192u
#define DIFF_NOBODY_FD    3000 /* no descriptor has this number */
#define DIFF_MESSAGE_BASE UINT64_C(1000000)

enum diff_kind {
	DIFF_LISTENER,
	DIFF_CLAIM,
	DIFF_STREAM,
	DIFF_EVENT,
	DIFF_SET,
	DIFF_KIND_COUNT,
};

/* What a descriptor stands for. */
struct diff_handle {
	bool is_open;
	enum diff_kind kind;
	int fd;
	uint32_t number;                      /* of its name */
	bool is_prepared;                     /* a listener: accepts in no ring return at once */
	bool is_at_conflicts;                 /* its address is one of those that several want */
	uint32_t host;                        /* of those: which */
	uint64_t raised;                      /* an eventfd: what nobody has taken */
	uint32_t waiting[GI_DIRECTION_COUNT]; /* operations in a ring */
	uint32_t batch_last;                  /* after this one of a batch it has none any more */
};

struct diff_pending {
	bool is_used;
	bool must_end; /* at once, whatever else happens */
	bool is_silent;
	bool is_cancelled;
	uint32_t ring;
	uint64_t user_data;
	uint8_t opcode;
	bool wants_more;
	uint32_t batch;
	struct diff_handle *handle; /* NULL: none */
	enum gi_direction direction;
	struct iovec parts[2];
	struct msghdr message;
	char bytes[DIFF_BYTES_MAX];
};

struct diff_result {
	uint32_t ring;
	uint32_t order;
	struct io_uring_cqe cqe;
	uint32_t sum; /* of the bytes that came with it */
	char name[16];
};

struct diff_ring {
	struct io_uring uring;
	struct io_uring_buf_ring *buffers;
	char bytes[DIFF_BUFFERS][DIFF_BUFFER_SIZE];
	uint16_t held[DIFF_BUFFERS]; /* that have come and are not given back */
	uint32_t held_count;
};

/* What most steps of a sequence are about. */
enum diff_theme {
	DIFF_ANYTHING,
	DIFF_ADDRESSES,
	DIFF_READINESS,
	DIFF_THEME_COUNT,
};

struct diff_world {
	const struct diff_options *options;
	uint64_t dice;
	struct diff_ring rings[DIFF_RINGS];
	struct io_uring disabled; /* a ring that is never enabled */
	struct diff_handle handles[DIFF_HANDLES_MAX];
	struct diff_peer *peers[DIFF_PEERS_MAX];
	uint32_t peer_numbers[DIFF_PEERS_MAX];
	struct diff_pending pending[DIFF_PENDING_MAX];
	struct diff_result results[DIFF_RESULTS_MAX];
	uint32_t result_count;
	uint32_t names_last;
	uint64_t user_data_last;
	uint32_t batch; /* of entries */
	uint32_t batch_count;
	bool batch_takes_buffers;
	in_port_t conflict_port;
	enum diff_theme theme;
	bool keeps_buffers; /* until the end of the sequence */
	bool is_over;       /* more than there is room for: the sequence ends here */
	char text[DIFF_TEXT_MAX];
	size_t text_size;
};

/* All of them. Returns the status for main. */
int diff_sequences_run(const struct diff_options *options);

/* ---- Of a sequence ------------------------------------------------------------------------------------------------ */

uint64_t diff_draw(struct diff_world *world, uint64_t bound);
bool diff_chance(struct diff_world *world, uint32_t percent);
void diff_say(struct diff_world *world, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
/* A result: a number, or an error's name. */
void diff_say_result(struct diff_world *world, int result);
uint32_t diff_sum(const void *bytes, size_t size);

/* NULL: there is no room. */
struct diff_handle *diff_handle_open(struct diff_world *world, enum diff_kind kind, int fd);
void diff_handle_gone(struct diff_handle *handle);
/* One of this kind that is open; NULL: there is none. */
struct diff_handle *diff_handle_of(struct diff_world *world, enum diff_kind kind);
/* Most often of this kind; else any, or NULL: a descriptor that nobody has. false: none for now. */
bool diff_handle_any(struct diff_world *world, enum diff_kind kind,
                     struct diff_handle **out_handle);
int diff_fd(const struct diff_handle *handle);
bool diff_is_waited_for(const struct diff_handle *handle);
/* A stream, an eventfd or a listener: poll(2) says so. */
bool diff_is_readable(int fd);
/* In memory that the next two calls leave alone. */
const char *diff_name(const struct diff_handle *handle);

/* ---- Steps: false, it does not apply now and nothing has happened --------------------------------------------------- */

/* rings.c */
int diff_rings_open(struct diff_world *world);
void diff_rings_close(struct diff_world *world);
bool diff_rings_submit(struct diff_world *world);
bool diff_rings_give_back(struct diff_world *world);
bool diff_rings_wait(struct diff_world *world);
/* try_rings.c */
bool diff_rings_try(struct diff_world *world);
void diff_rings_cancel_all(struct diff_world *world);
/* Everything that comes of the last step has come, and is said. */
void diff_rings_settle(struct diff_world *world);

/* operations.c: an entry for the ring, in words and as one. false: none. out_ends: it is the last of its batch. */
bool diff_operation_choose(struct diff_world *world, uint32_t ring, struct io_uring_sqe *out_sqe,
                           bool *out_ends);
struct diff_pending *diff_operation_find(struct diff_world *world, uint64_t user_data);

/* calls.c and peers.c: one of many. */
bool diff_readiness_step(struct diff_world *world);
bool diff_call_step(struct diff_world *world);
bool diff_accept_step(struct diff_world *world);
bool diff_connect_step(struct diff_world *world);
bool diff_peer_step(struct diff_world *world);
bool diff_address_step(struct diff_world *world);
bool diff_listen_step(struct diff_world *world);
int diff_addresses_prepare(struct diff_world *world);

#endif

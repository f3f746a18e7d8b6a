/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world `net`: what its clients and its service say to each other.
 *
 * A client sends asks, the service answers each with records, each written whole or not at all. So what a peer sees between
 * two records and then an end in order has lost bytes without a word.
 */
#ifndef TESTS_SIM_NET_H
#define TESTS_SIM_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NW_MARK       0xa7u
#define NW_SIZE_MAX   20000u
#define NW_RECORD_MAX (NW_SIZE_MAX + (uint32_t)sizeof(struct nw_head))
#define NW_REFUSAL    "there is no room, come back later"
#define NW_FIRST      "127.0.0.1:7777"
#define NW_SECOND     "127.0.0.1:7778"

enum nw_verb {
	NW_ECHO = 1, /* `size` bytes follow, and come back */
	NW_POUR,     /* `count` records of `size` bytes, as fast as they are taken */
	NW_NAP,      /* an answer after `count` ms, in which nothing is read */
	NW_AID,      /* an answer that takes three actors, of as many bytes as nw_aid says */
	NW_ABORT,    /* a reset */
	NW_EXIT,     /* a last record, and the end */
	NW_LAST,     /* only in records: nothing comes after it */
};

/* How it came out. */
enum nw_aid { NW_AID_FAILED, NW_AID_DONE, NW_AID_LOST /* one was not there */ };

/* Of an ask and of a record. */
struct nw_head {
	uint8_t mark;
	uint8_t verb;
	uint16_t count; /* of a record: its number */
	uint32_t size;
};

static inline uint8_t nw_byte(uint32_t number, uint32_t at)
{
	return (uint8_t)(number * 7 + at * 31 + (at >> 8));
}

/* Of a duration in ms. */
#define NW_NEVER UINT64_MAX

/* What the world draws and the service reads from its command line. 0: the default; of idle_ms that is never as well. */
#define NW_SETTINGS(X)                                                                             \
	X(drivers)                                                                                 \
	X(io)                                                                                      \
	X(slots)                                                                                   \
	X(actors)                                                                                  \
	X(memory)                                                                                  \
	X(no_spin)                                                                                 \
	X(epoll)                                                                                   \
	X(drain_ms)                                                                                \
	X(backlog)                                                                                 \
	X(connections)                                                                             \
	X(refuses)                                                                                 \
	X(idle_ms)                                                                                 \
	X(write_ms)                                                                                \
	X(linger_ms)                                                                               \
	X(peer_end_ms)                                                                             \
	X(input_max)                                                                               \
	X(high)                                                                                    \
	X(max)                                                                                     \
	X(singly)                                                                                  \
	X(no_hold_back)                                                                            \
	X(no_keepalive)                                                                            \
	X(twice)                                                                                   \
	X(stays)                                                                                   \
	X(errs)                                                                                    \
	X(systems)                                                                                 \
	X(root)

struct nw_settings {
#define NW_FIELD(name) uint64_t name;
	NW_SETTINGS(NW_FIELD)
#undef NW_FIELD
};

static inline bool nw_closes_idle(const struct nw_settings *settings)
{
	return settings->idle_ms != 0 && settings->idle_ms != NW_NEVER;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Config: what this server has been told. Set by main before the system starts, constant from then on. */
#ifndef KV_CONFIG_H
#define KV_CONFIG_H

#include <gatio/message.h>

#include "samples/kv/hash.h"

/* One shard for each driver that runs tasks. */
#define KV_SHARD_MAX 1024

/* As in Redis. A value must fit into one message with what stands around it. */
#define KV_BULK_SIZE_LIMIT ((uint64_t)512 << 20)
_Static_assert(KV_BULK_SIZE_LIMIT < GATIO_MESSAGE_SIZE_MAX / 2 + 1, "a value fits into a message");

/* What clients are told they talk to: the version whose commands and texts these are. */
#define KV_REDIS_VERSION "7.0.15"

struct kv_config {
	const char *password; /* NULL or "": none */
	uint64_t connection_max;
	uint64_t idle_timeout_ns;  /* 0: none */
	uint64_t memory_max;       /* bytes of all shards together; 0: what the system has */
	uint64_t shard_memory_max; /* the share of one */
	uint64_t bulk_size_max;
	uint64_t query_size_max;       /* of the requests of one client that wait */
	uint64_t output_size_max;      /* of the replies of one client that wait */
	uint64_t clients_memory_max;   /* of what waits of all clients together */
	uint64_t held_size_max;        /* the share of one driver */
	void (*log)(const char *text); /* a warning; NULL: to nobody */
	uint64_t database_count;
	struct kv_hash_key hash_key;
	uint32_t shard_count;
	struct gatio_address shards[KV_SHARD_MAX];
	uint64_t started_ms; /* wall clock */
	char run_id[41];
};

extern struct kv_config kv_config;

/* The shard that a hash belongs to. */
static inline uint32_t kv_shard_of(uint64_t hash)
{
	return (uint32_t)(((hash >> 32) * kv_config.shard_count) >> 32);
}

#endif

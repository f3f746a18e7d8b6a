/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connection: the actor of one client. It works in rounds: what the client has sent is taken apart and sent to the shards,
 * one batch for each; when all replies have come they are written in the order of the requests, then the next round
 * begins with what has come in meanwhile. So a round is as large as the load, and memory stays bounded.
 *
 *     connection.c  input, rounds, life      route.c  one request -> where it runs
 *     plan.c        replies in order         procedure.c  requests that take several rounds
 *     bound.c       what may wait
 */
#ifndef KV_CONNECTION_H
#define KV_CONNECTION_H

#include "samples/kv/batch.h"
#include "samples/kv/input.h"

/* Bytes of replies waiting to be sent at which nothing more is run for a client that has not sent much more. */
#define KV_OUTPUT_HIGH ((uint32_t)256 * 1024)
/* Beyond client-output-buffer-limit, what may be written at once. Given to the port with that. */
#define KV_OUTPUT_ROOM ((uint32_t)2 * 1024 * 1024)
/* Bytes of requests that wait, beyond which the client is asked to wait too, or to read; see bound.c. */
#define KV_INPUT_HELD_MAX ((size_t)64 * 1024)

enum kv_plan_kind {
	KV_PLAN_RUN,       /* so many replies of a shard, as they are */
	KV_PLAN_PART,      /* so many replies of a shard go into the result that follows */
	KV_PLAN_LITERAL,   /* so many bytes of plan.literals */
	KV_PLAN_SUM,       /* the parts' sum */
	KV_PLAN_OK,        /* OK if all parts were */
	KV_PLAN_FAIL,      /* an error: there was no memory */
	KV_PLAN_LOST_PART, /* a part that no shard was asked for: the result is that error */
};

struct kv_plan_entry {
	uint16_t shard;
	uint16_t kind;
	uint32_t count;
};

/* Four, and those that are to spare when memory ends: see plan.c. */
#define KV_PLAN_INLINE 6

/* The order of the replies of a round. */
struct kv_plan {
	struct kv_plan_entry *entries; /* NULL: the own ones */
	struct kv_plan_entry own[KV_PLAN_INLINE];
	uint32_t capacity;
	uint32_t count;
	uint32_t at;
	uint32_t literal_at;  /* first byte of literals that is not written */
	uint32_t literal_end; /* bytes of literals that have an entry */
	size_t written;       /* of the replies of a shard that are being written */
	struct kv_reply literals;
	struct kv_reply error; /* the first of the parts */
	int64_t sum;
};

struct kv_procedure;

struct kv_connection {
	struct kv_input input;
	struct kv_parser parser;
	struct kv_plan plan;
	struct kv_batch *kept; /* replies that have come and are not written yet, in order */
	size_t kept_size;
	struct kv_batch *unsent;        /* batches that found a mailbox full */
	struct kv_batch *rest;          /* batches that shards have handed back */
	struct kv_procedure *procedure; /* the request that takes several rounds */
	uint32_t outstanding;           /* batches whose last reply has not come */
	uint32_t commands;              /* since the last batch */
	uint32_t reply_hint;            /* bytes that a shard's replies needed lately */
	size_t output_mark; /* bytes of replies waiting to be sent beyond which no more are made */
	uint64_t held;      /* bytes that count for maxmemory-clients */
	uint64_t id;
	struct gatio_address self;
	uint64_t connected_ns;
	uint64_t active_ns;
	struct kv_connection *next_client;
	struct kv_connection *previous_client;
	const struct kv_command *last_command; /* NULL: none, or it was unknown */
	const char *last_subcommand;           /* of the last command that has such; NULL: none */
	char *name;                            /* NULL: none */
	char *library;                         /* CLIENT SETINFO; NULL: none */
	char *library_version;
	char *addresses; /* "peer\0local" */
	uint16_t driver;
	uint8_t database;
	bool is_resp3;
	bool is_authenticated;
	bool is_paused;
	bool is_closing;  /* nothing more is read; ends when all is written */
	bool is_draining; /* ends when nothing is in flight */
	bool owes_error;
	bool is_broken;   /* memory: aborted at the end of the handler */
	bool is_retrying; /* a kv_retry is on its way, or to come */
	bool needs_pulse; /* there was no memory for its timer: the shard's pulse sends it */
	bool is_listed;
	bool is_unevictable; /* CLIENT NO-EVICT: shown, though no client is ever evicted */
	bool needs_more;     /* the input ends in the middle of a request */
};

GATIO_DECLARE_SHARED_BEHAVIOR(kv_connection);

/* Try again later what found no memory or no way. */
void kv_connection_retry(struct kv_connection *connection);

/* ---- bound.c ----------------------------------------------------------------------------------------------------- */

/* False: nothing of it has to be looked at. */
static inline bool kv_bound_matters(const struct kv_connection *connection)
{
	return connection->input.capacity > KV_INPUT_HELD_MAX || connection->held > 0 ||
	       connection->is_paused || connection->output_mark != KV_OUTPUT_HIGH;
}

/* At the end of each handler: count what is held and set output_mark. True: nothing more is to be received for now. */
bool kv_bound_pauses(struct kv_connection *connection);
/* NULL, or why the client has to go, as an error. is_busy: what has come waits, it is not merely incomplete. */
const char *kv_bound_exceeded(const struct kv_connection *connection, bool is_busy);
/* Say it to the client, if it can still be said, and to the log. */
void kv_bound_tell(const struct kv_connection *connection, const char *why);
/* The connection ends. */
void kv_bound_release(struct kv_connection *connection);

/* ---- clients.c --------------------------------------------------------------------------------------------------- */

/* Add to and remove from those of this driver. */
void kv_clients_add(struct kv_connection *connection);
void kv_clients_remove(struct kv_connection *connection);
/* Send those of this driver their kv_retry that found no memory for a timer. Thread: any actor of the driver. */
void kv_clients_retry(void);
/* Add the line that stands for a connection in CLIENT INFO and LIST. */
void kv_clients_put_line(struct kv_reply *line, const struct kv_connection *connection);

/* ---- plan.c ------------------------------------------------------------------------------------------------------ */

static inline struct kv_plan_entry *kv_plan_entries(struct kv_plan *plan)
{
	return plan->entries ? plan->entries : plan->own;
}

/* Whether there is room for so many entries, of a request in parts. */
bool kv_plan_has_room(struct kv_connection *connection, uint32_t count);
/* Add an entry behind the others. */
void kv_plan_append(struct kv_connection *connection, struct kv_plan_entry entry);

/* Add an entry, as one with the last where that means the same. */
static inline void kv_plan_join(struct kv_connection *connection, struct kv_plan_entry entry)
{
	struct kv_plan *plan = &connection->plan;
	if (plan->count > plan->at) {
		struct kv_plan_entry *last = kv_plan_entries(plan) + (plan->count - 1);
		if (last->kind == entry.kind && last->shard == entry.shard &&
		    entry.kind <= KV_PLAN_LITERAL) {
			last->count += entry.count;
			return;
		}
	}
	kv_plan_append(connection, entry);
}

/* Add one reply of a shard to the order. */
static inline void kv_plan_add(struct kv_connection *connection, enum kv_plan_kind kind,
                               uint32_t shard)
{
	kv_plan_join(connection, (struct kv_plan_entry){
	                                 .kind = (uint16_t)kind,
	                                 .shard = (uint16_t)shard,
	                                 .count = 1,
	                         });
}

/* Where a reply made here is written, or the head of one. */
struct kv_reply *kv_plan_literal(struct kv_connection *connection);
/* It takes its place in the order. False: there was no memory for all of it, and an error that says so has the place. */
bool kv_plan_literal_done(struct kv_connection *connection);

/* False: there is nothing to write, or it comes from a shard and has not come. */
static inline bool kv_plan_may_advance(struct kv_connection *connection)
{
	struct kv_plan *plan = &connection->plan;
	return plan->at < plan->count &&
	       (connection->kept || kv_plan_entries(plan)[plan->at].kind > KV_PLAN_PART);
}

/* Write what is next in order, as far as it is there and the client reads. */
void kv_plan_advance(struct kv_connection *connection);
bool kv_plan_is_done(const struct kv_connection *connection);
/* Write the only reply message of a round without keeping it. False: it is not that simple. */
bool kv_plan_write_through(struct kv_connection *connection, const struct kv_batch *replies);
void kv_plan_reset(struct kv_connection *connection);

/* The first kept replies of a shard, or NULL. */
struct kv_batch *kv_kept_find(const struct kv_connection *connection, uint32_t shard);
void kv_kept_drop(struct kv_connection *connection, struct kv_batch *replies);
void kv_kept_clear(struct kv_connection *connection);

/* ---- route.c ----------------------------------------------------------------------------------------------------- */

/*
 * Send one request on its way: into the round, into the plan, or make it the connection's procedure.
 * False: it must come again when this round is over.
 */
bool kv_route(struct kv_connection *connection, const struct kv_request *request);

/* Ask a shard for its part of a request that all shards have one of. */
void kv_route_ask(struct kv_connection *connection, const struct kv_item_options *options);

/* Add the next parts of a request whose keys go to several shards. Returns the number of keys added. */
struct kv_split {
	const struct kv_command *command;
	struct kv_arguments arguments; /* from the next key on */
	uint32_t part_max;
};
uint32_t kv_route_parts(struct kv_connection *connection, struct kv_split *split);
/* The result that the parts make, behind them in the plan. */
void kv_route_parts_end(struct kv_connection *connection, const struct kv_command *command);

/* ---- procedure.c ----------------------------------------------------------------------------------------------------- */

/* Make a request the procedure. Replies an error itself when there is no memory. */
void kv_procedure_begin(struct kv_connection *connection, const struct kv_request *request,
                        const struct kv_command *command);
/* The next step: when nothing is outstanding. It fills a round, or ends the procedure. */
void kv_procedure_step(struct kv_connection *connection);
/* The connection ends: give reserved shards free. */
void kv_procedure_abandon(struct kv_connection *connection);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KV world: what its parts share. kv.c has the world and its scripts, kv_commands.c what clients ask, kv_answers.c what an answer means,
 * kv_client.c a connection: bytes out, replies in.
 *
 * All of it is kept in memory that the world's script has: variables of the program begin anew with each process.
 */
#ifndef TESTS_SIM_KV_H
#define TESTS_SIM_KV_H

#include <gatio/sim.h>

#include "tests/sim/linear.h"

#define KW_ADDRESS        "127.0.0.1:6379"
#define KW_PARTITIONS_MAX 3u
#define KW_PARTS_MAX      4u /* keys of one command */
#define KW_PIPELINE_MAX   32u
/* Operations on a partition; the rest of a history is for who looks at the end. */
#define KW_OPERATIONS_MAX (LINEAR_OPERATIONS_MAX - 8u)

/* ---- A life of the server ---------------------------------------------------------------------------------------- */

/* Two keys that may be tied together. */
struct kw_partition {
	char names[LINEAR_KEYS_MAX][16];
	size_t value_max;
	bool has_ends;  /* times to live */
	bool has_moves; /* operations on both keys */
	struct linear_operation operations[LINEAR_OPERATIONS_MAX];
	bool is_dropped[LINEAR_OPERATIONS_MAX];   /* has done nothing */
	int64_t offset_ns[LINEAR_OPERATIONS_MAX]; /* of the wall clock, when it began */
	uint32_t count;
};

/* From a process's start to its end. */
struct kw_life {
	struct gatio_sim_process *process;
	int64_t offset_ns;
	struct kw_partition partitions[KW_PARTITIONS_MAX];
	uint32_t partition_count;
	uint32_t client_count;
	bool may_not_start; /* memory is short */
};

/* Of the wall clock to the virtual time. It changes when somebody sets the clock. */
int64_t kw_wall_offset_ns(void);
int64_t kw_wall_ms(int64_t offset_ns);

/* ---- Connections ------------------------------------------------------------------------------------------------- */

#define KW_REPLY_PARTS_MAX 8u

struct kw_reply {
	char type;      /* as RESP has it; '_': null */
	int64_t number; /* ':'; of '*' and '%': how many elements there are */
	char line[128]; /* '+' and '-'; the begin of '$' */
	struct linear_text text;
	/* Of '*': its elements, which are no arrays. */
	struct linear_answer parts[KW_REPLY_PARTS_MAX];
	bool is_part_error[KW_REPLY_PARTS_MAX];
};

/* A command that waits for its answer. */
struct kw_pending {
	uint16_t command; /* index in the table of kv_commands.c */
	uint8_t part_count;
	uint8_t partitions[KW_PARTS_MAX];
	uint8_t operations[KW_PARTS_MAX];
	uint32_t echo; /* what ECHO has to say */
};

struct kw_client {
	struct kw_life *life;
	uint32_t number;
	uint32_t order; /* of its next command */
	struct gatio_sim_stream *stream;
	bool is_cut;
	bool has_ended; /* cut, and in order: the server has said its last */
	bool is_resp3;
	bool reads_slowly;
	bool has_seen_oom; /* then it may end */
	uint32_t answer_count;
	/* What is to be sent. */
	char *out;
	size_t out_size;
	size_t out_capacity;
	/* What has come. */
	char in[2048];
	size_t in_at;
	size_t in_size;
	struct kw_pending pending[KW_PIPELINE_MAX];
	uint32_t pending_count;
};

/* False: there is no server, or none that takes it. */
bool kw_client_connect(struct kw_client *client);
void kw_client_close(struct kw_client *client, bool must_reset);
void kw_client_put(struct kw_client *client, const void *bytes, size_t size);
/* Send what was put, in pieces as the seed likes. */
void kw_client_send(struct kw_client *client);
/* False: it is cut. */
bool kw_client_read(struct kw_client *client, struct kw_reply *out_reply);

/* ---- Commands ---------------------------------------------------------------------------------------------------- */

enum kw_shape {
	KW_KEY,         /* name key */
	KW_KEY_TEXT,    /* name key text */
	KW_KEY_NUMBER,  /* name key number */
	KW_KEY_TIME,    /* name key ms */
	KW_KEY_DATE,    /* name key ms since the epoch */
	KW_KEY_OPTIONS, /* SET */
	KW_KEYS,        /* name key key ... */
	KW_PAIRS,       /* name key text key text ... */
	KW_TIED_KEYS,   /* both of a partition */
	KW_TIED_PAIRS,
	KW_ECHO,
	KW_HELLO,
};

struct kw_command {
	const char *name;
	enum kw_shape shape;
	enum linear_kind kind;
	int64_t sign; /* of what is added; of what is a time: its unit in ms */
	unsigned weight;
};

extern const struct kw_command kw_commands[];

/* Put a command and note it as pending. False: nothing is left to be asked. */
bool kw_command_draw(struct kw_client *client);
/* Ask for all that is known of a partition, at the end. */
void kw_command_look(struct kw_client *client, uint32_t partition);
/* Read what the pending ones are answered, and note it. */
void kw_command_answers(struct kw_client *client);
/* Nothing comes any more but the end. */
void kw_command_ends(struct kw_client *client);
/* Whether what was answered can be. */
void kw_life_check(struct kw_life *life);

#endif

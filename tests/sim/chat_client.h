/* SPDX-License-Identifier: Apache-2.0 */
/* Client: one connection to a chat server, and what is known of it. In a script only. */
#ifndef TESTS_SIM_CHAT_CLIENT_H
#define TESTS_SIM_CHAT_CLIENT_H

#include "tests/sim/chat.h"

struct chat_client {
	struct chat_world *world;
	struct gatio_sim_stream *stream;
	struct view view;
	bool is_connected; /* there is a stream */
	bool is_cut;       /* nothing comes or goes any more */
	bool has_user;
	bool sends_pieces;
	bool reads_slowly;
	bool is_exempt;       /* it does, or has done, what it may be closed for */
	bool is_silent;       /* leaves the server's pings unanswered */
	uint32_t pinged;      /* words of pings, from 1 */
	uint32_t echoes;      /* lines so far that are to come back */
	uint32_t number;      /* of its newest line, from 1 */
	bool is_nick_certain; /* no NICK of it is under way */
	size_t in_size;
	size_t out_size;
	char in[600];
	char out[32768];
};

/* Owner: gives; ends with chat_client_free(). */
struct chat_client *chat_client_new(struct chat_world *world);
void chat_client_free(struct chat_client *client);

/* Connect and register. false: the connection is gone, or never was. */
bool chat_client_begin(struct chat_client *client);
/* Close the connection, if there is one; or cut it. */
void chat_client_end(struct chat_client *client);
void chat_client_reset(struct chat_client *client);

/* A line, which waits for chat_client_send(). */
void chat_client_say(struct chat_client *client, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
/* Whose answer chat_client_wait() waits for. */
void chat_client_ping(struct chat_client *client);
/* Cut anywhere. false: the connection is gone. */
bool chat_client_send(struct chat_client *client);
/* Some of what comes, no longer than so long; pings are answered. false: nothing has come. */
bool chat_client_receive(struct chat_client *client, uint64_t wait_ns);
/* Until the newest ping is answered. false: the connection is gone. */
bool chat_client_wait(struct chat_client *client);
/* Until the server has closed the connection, as it must now. */
void chat_client_wait_for_end(struct chat_client *client);

bool chat_client_may(uint32_t percent);

#endif

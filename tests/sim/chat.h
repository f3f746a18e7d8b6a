/* SPDX-License-Identifier: Apache-2.0 */
/* Chat: the world of gatio-chat, as its clients share it. */
#ifndef TESTS_SIM_CHAT_H
#define TESTS_SIM_CHAT_H

#include "tests/sim/view.h"

#define CHAT_ADDRESS "127.0.0.1:6667"

enum chat_phase {
	CHAT_TALKING = 0,
	CHAT_WAITING,  /* nobody begins anything; who is gone is noticed */
	CHAT_SETTLING, /* whoever is there looks at what there is */
	CHAT_ENDING,
};

struct chat_client;

/* A time of the server, from its start to its end. */
struct chat_world {
	enum chat_phase phase;
	uint32_t room_count;
	uint32_t storm_percent; /* of rounds: very many lines at once */
	bool has_password;
	bool is_strict; /* whoever reads and answers is not closed */
	struct gatio_sim_process *server;
	uint32_t busy;    /* clients that still do something */
	uint32_t looking; /* that look at what there is */
	struct chat_client *clients[VIEW_USERS];
	uint32_t client_count;
};

/* A script: some clients, one after the other. argument: the struct chat_world. */
void chat_visitor(void *argument);

const struct view *chat_client_view(const struct chat_client *client);

#endif

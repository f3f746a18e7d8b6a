/* SPDX-License-Identifier: Apache-2.0 */
/* Server: what is the same for all actors. Constant from the moment the port is open. */
#ifndef CHAT_SERVER_H
#define CHAT_SERVER_H

#include <gatio/actor.h>

#include "samples/chat/text.h"

/*
 * So long a session waits for other actors; beyond it an answer is lost. The longest crowd that a line may have before it
 * with the options' defaults: a line of each of 10,000 clients, written to 1,000 members each, 6 us for each on one driver.
 */
#define CHAT_ANSWER_NS GATIO_SECONDS(60)

struct chat_server {
	const char *name;
	const char *network;
	const char *password; /* NULL: none is asked for */
	const char *motd;     /* lines that end with '\n'; NULL: none */
	char created[40];     /* when it was started, for people */
	struct chat_seed seed;
	uint32_t room_count_max;   /* channels of one session, at most CHAT_ROOMS_MAX */
	uint32_t member_count_max; /* members of one channel */
	uint32_t sendq_size;       /* bytes that may wait for a peer that does not read */
	uint32_t flood_lines;      /* at once; 0: as many as come */
	uint64_t flood_ns;         /* for one line more */
	uint64_t ping_ns;
	uint64_t registration_ns;
	uint64_t answer_ns; /* CHAT_ANSWER_NS */

	uint32_t
	        under_way_max; /* deliveries to a driver, beyond which what waits in line stays there */

	struct gatio_address hub;
	/* One on each driver that runs actors; nobody elsewhere. */
	uint32_t driver_count;
	struct gatio_address *couriers;
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* World: a whole chat server on the fake runtime, and clients that type and look. */
#ifndef TESTS_CHAT_WORLD_H
#define TESTS_CHAT_WORLD_H

#include "samples/chat/hub.h"
#include "tests/support/fake_gatio.h"

/* Change what a test needs before it connects clients. */
extern struct chat_server world_server;

void world_start(uint64_t seed, uint32_t driver_count, uint32_t refuse_permille);
/* Asserts that nothing leaks. */
void world_stop(void);

/* The hub's state. */
struct chat_hub *world_hub(void);

/* A connection that has said nothing yet. */
struct gatio_address world_connect(void);
/* A registered person, with what it was told cleared away. */
struct gatio_address world_person(const char *nick);

/* Type lines and let everything happen. Lines end with "\r\n" by themselves; several are separated by '\n'. */
void world_type(struct gatio_address client, const char *lines);
/* The same without letting it happen. */
void world_type_only(struct gatio_address client, const char *lines);

/* Does its output since the last clear contain this? */
bool world_sees(struct gatio_address client, const char *text);
unsigned world_count(struct gatio_address client, const char *text);
void world_clear(struct gatio_address client);

#endif

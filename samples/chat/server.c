/* SPDX-License-Identifier: Apache-2.0 */
/* Server: what is the same for all actors. */
#include "samples/chat/server.h"

struct gatio_address chat_directory_of(const struct chat_server *server, const char *name)
{
	uint64_t hash = chat_name_hash(&server->seed, name);
	/* The low bits choose a slot in the directory's index: take others. */
	return server->directories[(hash >> 32) % server->directory_count];
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Local: commands that run in the connection, without a shard. */
#ifndef KV_LOCAL_H
#define KV_LOCAL_H

#include "samples/kv/connection.h"

/* local.c */
void kv_local_ping(const struct kv_call *call);
void kv_local_echo(const struct kv_call *call);
void kv_local_hello(const struct kv_call *call);
void kv_local_auth(const struct kv_call *call);
void kv_local_select(const struct kv_call *call);
void kv_local_quit(const struct kv_call *call);
void kv_local_reset(const struct kv_call *call);
void kv_local_time(const struct kv_call *call);
void kv_local_cluster(const struct kv_call *call);
void kv_local_function(const struct kv_call *call);
/* client.c */
void kv_local_client(const struct kv_call *call);
/* Take a name for the connection. False: has replied that it is not a good one. */
bool kv_client_set_name(const struct kv_call *call, struct kv_slice name);
/* The port that the client has connected to, as a text. */
const char *kv_client_port(const struct kv_connection *connection);
/* config.c */
void kv_local_config(const struct kv_call *call);
/* describe.c */
void kv_local_command(const struct kv_call *call);

/* A subcommand of CLIENT, CONFIG, COMMAND. */
struct kv_subcommand {
	const char *name;
	int16_t arity; /* with both names; negative: at least */
	kv_local_fn run;
};
/* Run the subcommand that argv[1] names, or reply as Redis does when it is unknown or has a wrong number of arguments. */
void kv_local_dispatch(const struct kv_call *call, const struct kv_subcommand *subcommands);
/* Reply a list of lines as HELP does. Ends with NULL. */
void kv_local_help(const struct kv_call *call, const char *const *lines);

#endif

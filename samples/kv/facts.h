/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: what COMMAND tells beyond the table of commands. */
#ifndef KV_FACTS_H
#define KV_FACTS_H

#include "samples/kv/command.h"

#define KV_FACT_SPECS_MAX 2

/* Of a command, or of a subcommand ("config|get"), which has no entry in the table of commands. */
struct kv_fact {
	const char *name;
	int8_t arity;                             /* of a subcommand, with both names */
	uint32_t flags;                           /* of a subcommand */
	const char *tips;                         /* words; NULL: none */
	const char *key_flags[KV_FACT_SPECS_MAX]; /* words; NULL: no such key specification */
	const char *notes;                        /* on the first key specification; NULL: none */
};

/* NULL: nothing more is to be told. */
const struct kv_fact *kv_fact_find(struct kv_slice name);
/* The subcommands of a command in turn; NULL begins and ends. */
const struct kv_fact *kv_fact_next_subcommand(const struct kv_command *command,
                                              const struct kv_fact *previous);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Docs: what COMMAND DOCS tells of each command: texts that clients and people read, as Redis 7.0 has them. */
#ifndef KV_DOCS_H
#define KV_DOCS_H

#include "samples/kv/command.h"

/*
 * `history` has a line for each change: "7.0.0 Added the ...". `arguments` is a list like
 *
 *     "key:key@0 value:string condition:oneof+2.6.12?{nx:pure-token=NX xx:pure-token=XX}"
 *
 * of name:type, then what there is of: @ index of the key specification, = token, + version since which it is there,
 * ? optional, * may come several times, {arguments that it consists of}.
 */
struct kv_doc {
	const char *name; /* "get", "config|get" */
	const char *group;
	const char *since;
	const char *summary;
	const char *complexity;
	const char *history;   /* NULL: none */
	const char *arguments; /* NULL: none */
};

extern const struct kv_doc kv_docs[];
extern const size_t kv_doc_count;
extern const struct kv_doc kv_sub_docs[]; /* of subcommands */
extern const size_t kv_sub_doc_count;

/* COMMAND DOCS: describe all commands, or those of the names there are, subcommands too. */
void kv_docs_command(const struct kv_call *call);

#endif

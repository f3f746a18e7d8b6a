/* SPDX-License-Identifier: Apache-2.0 */
/* Docs: the reply to COMMAND DOCS, out of tables of texts. */
#include "samples/kv/docs.h"

#include "samples/kv/local.h"

/* Those that others have replaced: since when, by what. */
static const struct {
	const char *name;
	const char *since;
	const char *replaced_by;
} deprecated[] = {
        {"getset", "6.2.0", "`SET` with the `!GET` argument"},
        {"substr", "2.0.0", "`GETRANGE`"},
        {"cluster|slaves", "5.0.0", "`CLUSTER REPLICAS`"},
        {"cluster|slots", "7.0.0", "`CLUSTER SHARDS`"},
};

#define DEPRECATED_COUNT (sizeof(deprecated) / sizeof(deprecated[0]))

static void put_pair(struct kv_reply *reply, const char *name, const char *text)
{
	kv_reply_text(reply, name);
	kv_reply_text(reply, text);
}

/* ---- Arguments: see struct kv_doc -------------------------------------------------------------------------------- */

/* What ends a word in a list of arguments. */
#define MARKS ":@=+?*{} "

struct argument {
	struct kv_slice name;
	struct kv_slice type;
	struct kv_slice key_spec; /* those that it lacks are empty */
	struct kv_slice token;
	struct kv_slice since;
	bool is_optional;
	bool is_multiple;
	bool has_arguments;
};

/* Read one argument. Returns where what follows begins: the first of those that it consists of, if there are any. */
static const char *read_argument(const char *at, struct argument *argument)
{
	struct kv_slice unused;
	*argument = (struct argument){
	        .name = {.data = (const uint8_t *)at, .size = strcspn(at, MARKS)}};
	at += argument->name.size;
	while (*at && *at != ' ' && *at != '}' && !argument->has_arguments) {
		char mark = *at++;
		struct kv_slice word = {.data = (const uint8_t *)at, .size = strcspn(at, MARKS)};
		struct kv_slice *field = mark == ':'   ? &argument->type
		                         : mark == '@' ? &argument->key_spec
		                         : mark == '=' ? &argument->token
		                         : mark == '+' ? &argument->since
		                                       : &unused;
		argument->is_optional |= mark == '?';
		argument->is_multiple |= mark == '*';
		argument->has_arguments = mark == '{';
		*field = word;
		at += argument->has_arguments ? 0 : word.size;
	}
	return at;
}

/* The number of arguments that follow one another from `at` on, without those that they consist of. */
static uint64_t count_arguments(const char *at)
{
	uint64_t count = *at ? 1 : 0;
	for (int depth = 0; *at && depth >= 0; at++) {
		depth += *at == '{' ? 1 : *at == '}' ? -1 : 0;
		count += depth == 0 && *at == ' ' ? 1 : 0;
	}
	return count;
}

static void put_words(struct kv_reply *reply, const char *name, struct kv_slice word)
{
	if (word.size > 0) {
		kv_reply_text(reply, name);
		kv_reply_bulk(reply, word);
	}
}

static void put_argument(struct kv_reply *reply, const struct argument *argument)
{
	uint64_t flag_count = (argument->is_optional ? 1u : 0u) + (argument->is_multiple ? 1u : 0u);
	uint64_t count = 2u + (argument->has_arguments ? 1u : 0u) + (flag_count > 0 ? 1u : 0u);
	count += argument->key_spec.size > 0 ? 1 : 0;
	count += argument->token.size > 0 ? 1 : 0;
	count += argument->since.size > 0 ? 1 : 0;
	kv_reply_map(reply, count);
	put_words(reply, "name", argument->name);
	put_words(reply, "type", argument->type);
	int64_t key_spec = 0;
	if (kv_int_read(argument->key_spec, &key_spec)) {
		kv_reply_text(reply, "key_spec_index");
		kv_reply_int(reply, key_spec);
	}
	put_words(reply, "token", argument->token);
	put_words(reply, "since", argument->since);
	if (flag_count > 0) {
		kv_reply_text(reply, "flags");
		kv_reply_set(reply, flag_count);
	}
	if (argument->is_optional) {
		kv_reply_status(reply, "optional");
	}
	if (argument->is_multiple) {
		kv_reply_status(reply, "multiple");
	}
}

/* Lists in lists: since each is announced with its length, they are written as they are read. */
static void put_arguments(struct kv_reply *reply, const char *at)
{
	kv_reply_text(reply, "arguments");
	kv_reply_array(reply, count_arguments(at));
	while (*at) {
		struct argument argument;
		at = read_argument(at, &argument);
		put_argument(reply, &argument);
		if (argument.has_arguments) {
			kv_reply_text(reply, "arguments");
			kv_reply_array(reply, count_arguments(at));
		}
		at += strspn(at, "} ");
	}
}

/* ---- One command ------------------------------------------------------------------------------------------------- */

static void put_history(struct kv_reply *reply, const char *at)
{
	uint64_t count = 1;
	for (const char *c = at; *c; c++) {
		count += *c == '\n' ? 1 : 0;
	}
	kv_reply_text(reply, "history");
	kv_reply_set(reply, count);
	for (; count > 0; count--) {
		struct kv_slice since = {.data = (const uint8_t *)at, .size = strcspn(at, " ")};
		at += since.size + 1;
		struct kv_slice text = {.data = (const uint8_t *)at, .size = strcspn(at, "\n")};
		at += text.size + 1;
		kv_reply_array(reply, 2);
		kv_reply_bulk(reply, since);
		kv_reply_bulk(reply, text);
	}
}

static void put_deprecation(struct kv_reply *reply, size_t index)
{
	kv_reply_text(reply, "doc_flags");
	kv_reply_set(reply, 1);
	kv_reply_status(reply, "deprecated");
	put_pair(reply, "deprecated_since", deprecated[index].since);
	put_pair(reply, "replaced_by", deprecated[index].replaced_by);
}

/* The name, and what is told of it but for its subcommands, of which there are some. */
static void put_doc(struct kv_reply *reply, const struct kv_doc *doc, bool has_subcommands)
{
	size_t old = 0;
	while (old < DEPRECATED_COUNT && strcmp(deprecated[old].name, doc->name) != 0) {
		old++;
	}
	bool is_old = old < DEPRECATED_COUNT;
	kv_reply_text(reply, doc->name);
	uint64_t count = 4u + (is_old ? 3u : 0u) + (doc->history ? 1u : 0u);
	count += (doc->arguments ? 1u : 0u) + (has_subcommands ? 1u : 0u);
	kv_reply_map(reply, count);
	put_pair(reply, "summary", doc->summary);
	put_pair(reply, "since", doc->since);
	put_pair(reply, "group", doc->group);
	put_pair(reply, "complexity", doc->complexity);
	if (is_old) {
		put_deprecation(reply, old);
	}
	if (doc->history) {
		put_history(reply, doc->history);
	}
	if (doc->arguments) {
		put_arguments(reply, doc->arguments);
	}
}

static bool is_subcommand_of(const struct kv_doc *doc, const char *name)
{
	size_t size = strlen(name);
	return strncmp(doc->name, name, size) == 0 && doc->name[size] == '|';
}

static void put_command(struct kv_reply *reply, const struct kv_doc *doc)
{
	uint64_t count = 0;
	for (size_t i = 0; i < kv_sub_doc_count; i++) {
		count += is_subcommand_of(&kv_sub_docs[i], doc->name) ? 1 : 0;
	}
	put_doc(reply, doc, count > 0);
	if (count == 0) {
		return;
	}
	kv_reply_text(reply, "subcommands");
	kv_reply_map(reply, count);
	for (size_t i = 0; i < kv_sub_doc_count; i++) {
		if (is_subcommand_of(&kv_sub_docs[i], doc->name)) {
			put_doc(reply, &kv_sub_docs[i], false);
		}
	}
}

/* Of a subcommand: "config|get". */
static const struct kv_doc *find_sub_doc(struct kv_slice name)
{
	for (size_t i = 0; i < kv_sub_doc_count; i++) {
		if (kv_same_word(name, kv_sub_docs[i].name)) {
			return &kv_sub_docs[i];
		}
	}
	return NULL;
}

/* False: there is no such. Into `reply` if that is not NULL. */
static bool put_named(struct kv_reply *reply, struct kv_slice name)
{
	const struct kv_command *command = kv_command_find(name);
	const struct kv_doc *sub_doc = command ? NULL : find_sub_doc(name);
	if (reply && command) {
		put_command(reply, &kv_docs[kv_command_index(command)]);
	} else if (reply && sub_doc) {
		put_doc(reply, sub_doc, false);
	}
	return command || sub_doc;
}

void kv_docs_command(const struct kv_call *call)
{
	uint64_t count = 0;
	if (call->argc == 2) {
		kv_reply_map(call->reply, kv_doc_count);
		for (size_t i = 0; i < kv_doc_count; i++) {
			put_command(call->reply, &kv_docs[i]);
		}
		return;
	}
	for (uint32_t i = 2; i < call->argc; i++) {
		count += put_named(NULL, call->argv[i]) ? 1 : 0;
	}
	kv_reply_map(call->reply, count);
	for (uint32_t i = 2; i < call->argc; i++) {
		put_named(call->reply, call->argv[i]);
	}
}

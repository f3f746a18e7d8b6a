/* SPDX-License-Identifier: Apache-2.0 */
/* Describe: the COMMAND command: what there is, for clients and for people. */
#include "samples/kv/docs.h"
#include "samples/kv/facts.h"
#include "samples/kv/glob.h"
#include "samples/kv/local.h"

struct word {
	uint32_t flags; /* any of them */
	const char *name;
};

static const struct word flag_names[] = {
        {KV_WRITE, "write"},
        {KV_READONLY, "readonly"},
        {KV_DENYOOM, "denyoom"},
        {KV_ADMIN, "admin"},
        {KV_NOSCRIPT, "noscript"},
        {KV_LOADING, "loading"},
        {KV_STALE, "stale"},
        {KV_FAST, "fast"},
        {KV_NO_AUTH, "no_auth"},
        {KV_ALLOW_BUSY, "allow_busy"},
        {KV_NO_ASYNC_LOADING, "no_async_loading"},
};

/* Who is not fast is slow. */
#define SLOW (UINT32_C(1) << 31)

static const struct word category_names[] = {
        {KV_KEYSPACE, "@keyspace"},
        {KV_READONLY, "@read"},
        {KV_WRITE, "@write"},
        {KV_STRING, "@string"},
        {KV_ADMIN, "@admin"},
        {KV_FAST, "@fast"},
        {SLOW, "@slow"},
        {KV_DANGEROUS | KV_ADMIN, "@dangerous"},
        {KV_CONNECTION, "@connection"},
        {KV_SCRIPTING, "@scripting"},
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static uint32_t with_slow(uint32_t flags)
{
	return flags | (flags & KV_FAST ? 0 : SLOW);
}

static void put_flags(struct kv_reply *reply, uint32_t flags, const struct word *words, size_t size)
{
	uint64_t count = 0;
	for (size_t i = 0; i < size; i++) {
		count += flags & words[i].flags ? 1 : 0;
	}
	kv_reply_set(reply, count);
	for (size_t i = 0; i < size; i++) {
		if (flags & words[i].flags) {
			kv_reply_status(reply, words[i].name);
		}
	}
}

/* A set of the words of a text; as status or as bulk strings. */
static void put_words(struct kv_reply *reply, const char *text, bool as_status)
{
	uint64_t count = 0;
	for (const char *at = text; at && *at; at += strcspn(at, " "), at += strspn(at, " ")) {
		count++;
	}
	kv_reply_set(reply, count);
	while (count-- > 0) {
		struct kv_slice word = {.data = (const uint8_t *)text, .size = strcspn(text, " ")};
		if (as_status) {
			kv_reply_raw(reply, "+", 1);
			kv_reply_raw(reply, word.data, word.size);
			kv_reply_raw(reply, "\r\n", 2);
		} else {
			kv_reply_bulk(reply, word);
		}
		text += word.size;
		text += strspn(text, " ");
	}
}

static void put_pair(struct kv_reply *reply, const char *name, int64_t value)
{
	kv_reply_text(reply, name);
	kv_reply_int(reply, value);
}

static void put_kind(struct kv_reply *reply, const char *name, const char *kind)
{
	kv_reply_text(reply, name);
	kv_reply_map(reply, 2);
	kv_reply_text(reply, "type");
	kv_reply_text(reply, kind);
	kv_reply_text(reply, "spec");
}

static void put_key_spec(struct kv_reply *reply, const struct kv_command *command,
                         const struct kv_fact *fact, int index)
{
	const char *notes = index == 0 ? fact->notes : NULL;
	kv_reply_map(reply, notes ? 4 : 3);
	if (notes) {
		kv_reply_text(reply, "notes");
		kv_reply_text(reply, notes);
	}
	kv_reply_text(reply, "flags");
	put_words(reply, fact->key_flags[index], true);
	put_kind(reply, "begin_search", "index");
	kv_reply_map(reply, 1);
	put_pair(reply, "index", command->first_key + index);
	put_kind(reply, "find_keys", "range");
	kv_reply_map(reply, 3);
	put_pair(reply, "lastkey", command->last_key < 0 ? -1 : 0);
	put_pair(reply, "keystep", command->key_step);
	put_pair(reply, "limit", 0);
}

static int spec_count_of(const struct kv_fact *fact)
{
	int count = 0;
	while (fact && count < KV_FACT_SPECS_MAX && fact->key_flags[count]) {
		count++;
	}
	return count;
}

/* Of a subcommand. */
static void put_sub_info(struct kv_reply *reply, const struct kv_fact *fact)
{
	kv_reply_array(reply, 10);
	kv_reply_text(reply, fact->name);
	kv_reply_int(reply, fact->arity);
	put_flags(reply, fact->flags, flag_names, COUNT_OF(flag_names));
	for (int i = 0; i < 3; i++) {
		kv_reply_int(reply, 0);
	}
	put_flags(reply, with_slow(fact->flags), category_names, COUNT_OF(category_names));
	put_words(reply, fact->tips, false);
	kv_reply_set(reply, 0);
	kv_reply_set(reply, 0);
}

/* Name, arity, flags, first key, last key, step, categories, tips, key specifications, subcommands. */
static void put_info(struct kv_reply *reply, const struct kv_command *command)
{
	const struct kv_fact *fact = kv_fact_find(kv_text(command->name));
	int spec_count = spec_count_of(fact);
	kv_reply_array(reply, 10);
	kv_reply_text(reply, command->name);
	kv_reply_int(reply, command->arity);
	put_flags(reply, command->flags, flag_names, COUNT_OF(flag_names));
	kv_reply_int(reply, command->first_key);
	kv_reply_int(reply, command->last_key);
	kv_reply_int(reply, command->key_step);
	put_flags(reply, with_slow(command->flags), category_names, COUNT_OF(category_names));
	put_words(reply, fact ? fact->tips : NULL, false);
	kv_reply_set(reply, (uint64_t)spec_count);
	for (int i = 0; i < spec_count; i++) {
		put_key_spec(reply, command, fact, i);
	}
	uint64_t count = 0;
	const struct kv_fact *sub = NULL;
	while ((sub = kv_fact_next_subcommand(command, sub)) != NULL) {
		count++;
	}
	kv_reply_set(reply, count);
	while ((sub = kv_fact_next_subcommand(command, sub)) != NULL) {
		put_sub_info(reply, sub);
	}
}

static void put_all_infos(struct kv_reply *reply)
{
	kv_reply_array(reply, kv_command_count);
	for (uint32_t i = 0; i < kv_command_count; i++) {
		put_info(reply, &kv_commands[i]);
	}
}

static void command_info(const struct kv_call *call)
{
	if (call->argc == 2) {
		put_all_infos(call->reply);
		return;
	}
	kv_reply_array(call->reply, call->argc - 2);
	for (uint32_t i = 2; i < call->argc; i++) {
		const struct kv_command *command = kv_command_find(call->argv[i]);
		const struct kv_fact *fact = kv_fact_find(call->argv[i]);
		if (command) {
			put_info(call->reply, command);
		} else if (fact) {
			put_sub_info(call->reply, fact);
		} else {
			kv_reply_null(call->reply);
		}
	}
}

static void command_count(const struct kv_call *call)
{
	kv_reply_int(call->reply, kv_command_count);
}

/* What COMMAND LIST is to name. */
struct filter {
	enum { FILTER_NOTHING, FILTER_MODULE, FILTER_CATEGORY, FILTER_PATTERN } kind;
	struct kv_slice text;
};

static bool is_in_category(uint32_t flags, struct kv_slice category)
{
	for (size_t i = 0; i < COUNT_OF(category_names); i++) {
		if (with_slow(flags) & category_names[i].flags &&
		    kv_same_word(category, category_names[i].name + 1)) {
			return true;
		}
	}
	return false;
}

static bool passes(const struct filter *filter, const char *name, uint32_t flags)
{
	switch (filter->kind) {
	case FILTER_MODULE:
		return false; /* there is none */
	case FILTER_CATEGORY:
		return is_in_category(flags, filter->text);
	case FILTER_PATTERN:
		return kv_glob_match(filter->text, kv_text(name), true);
	default:
		return true;
	}
}

/* The names that pass, subcommands too; into `reply` if that is not NULL. Returns their number. */
static uint64_t put_names(struct kv_reply *reply, const struct filter *filter)
{
	uint64_t count = 0;
	for (uint32_t i = 0; i < kv_command_count; i++) {
		const struct kv_command *command = &kv_commands[i];
		const struct kv_fact *sub = NULL;
		if (passes(filter, command->name, command->flags)) {
			count++;
			if (reply) {
				kv_reply_text(reply, command->name);
			}
		}
		while ((sub = kv_fact_next_subcommand(command, sub)) != NULL) {
			bool is_in = passes(filter, sub->name, sub->flags);
			count += is_in ? 1 : 0;
			if (is_in && reply) {
				kv_reply_text(reply, sub->name);
			}
		}
	}
	return count;
}

static void command_list(const struct kv_call *call)
{
	const struct kv_slice *argv = call->argv;
	uint32_t argc = call->argc;
	struct filter filter = {.kind = FILTER_NOTHING};
	if (argc == 5 && kv_same_word(argv[2], "filterby")) {
		filter.text = argv[4];
		filter.kind = kv_same_word(argv[3], "module")    ? FILTER_MODULE
		              : kv_same_word(argv[3], "aclcat")  ? FILTER_CATEGORY
		              : kv_same_word(argv[3], "pattern") ? FILTER_PATTERN
		                                                 : FILTER_NOTHING;
	}
	if (argc > 2 && filter.kind == FILTER_NOTHING) {
		kv_reply_error(call->reply, "ERR syntax error");
		return;
	}
	kv_reply_array(call->reply, put_names(NULL, &filter));
	put_names(call->reply, &filter);
}

static void put_key(const struct kv_call *call, const struct kv_command *command, uint32_t index,
                    bool with_flags)
{
	struct kv_slice key = call->argv[2 + index];
	if (!with_flags) {
		kv_reply_bulk(call->reply, key);
		return;
	}
	const struct kv_fact *fact = kv_fact_find(kv_text(command->name));
	int spec = index > 1 && spec_count_of(fact) > 1 ? 1 : 0;
	kv_reply_array(call->reply, 2);
	kv_reply_bulk(call->reply, key);
	/* "variable_flags" says that these words depend on the arguments; for SET it is GET. */
	bool is_set = strcmp(command->name, "set") == 0;
	bool gets = false;
	for (uint32_t i = 5; is_set && i < call->argc; i++) {
		gets |= kv_same_word(call->argv[i], "get");
	}
	const char *flags = fact ? fact->key_flags[spec] : NULL;
	if (is_set) {
		flags = gets ? "RW access update" : "OW update";
	}
	put_words(call->reply, flags, true);
}

static void get_keys(const struct kv_call *call, bool with_flags)
{
	const struct kv_command *command = kv_command_find(call->argv[2]);
	uint32_t argc = call->argc - 2;
	if (!command) {
		kv_reply_error(call->reply, "ERR Invalid command specified");
		return;
	}
	if (command->first_key == 0) {
		kv_reply_error(call->reply, "ERR The command has no key arguments");
		return;
	}
	if (!kv_arity_fits(command, argc)) {
		kv_reply_error(call->reply,
		               "ERR Invalid number of arguments specified for command");
		return;
	}
	uint32_t first = (uint32_t)command->first_key;
	uint32_t step = (uint32_t)command->key_step;
	uint32_t last = command->last_key < 0 ? argc - 1 : (uint32_t)command->last_key;
	kv_reply_array(call->reply, (last - first) / step + 1);
	for (uint32_t i = first; i <= last; i += step) {
		put_key(call, command, i, with_flags);
	}
}

static void command_getkeys(const struct kv_call *call)
{
	get_keys(call, false);
}

static void command_getkeysandflags(const struct kv_call *call)
{
	get_keys(call, true);
}

static void command_help(const struct kv_call *call)
{
	static const char *const lines[] = {
	        "COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
	        "(no subcommand)",
	        "    Return details about all commands.",
	        "COUNT",
	        "    Return the total number of commands in this server.",
	        "LIST [FILTERBY (MODULE <name> | ACLCAT <category> | PATTERN <pattern>)]",
	        "    Return a list of the commands in this server.",
	        "INFO [<command-name> ...]",
	        "    Return details about multiple commands.",
	        "DOCS [<command-name> ...]",
	        "    Return documentation details about multiple commands.",
	        "GETKEYS <full-command>",
	        "    Return the keys from a full command.",
	        "GETKEYSANDFLAGS <full-command>",
	        "    Return the keys and the access flags from a full command.",
	        "HELP",
	        "    Print this help.",
	        NULL,
	};
	kv_local_help(call, lines);
}

void kv_local_command(const struct kv_call *call)
{
	static const struct kv_subcommand subcommands[] = {
	        {"docs", -2, kv_docs_command},    {"info", -2, command_info},
	        {"count", 2, command_count},      {"list", -2, command_list},
	        {"getkeys", -4, command_getkeys}, {"getkeysandflags", -4, command_getkeysandflags},
	        {"help", 2, command_help},        {NULL, 0, NULL},
	};
	if (call->argc == 1) {
		put_all_infos(call->reply);
		return;
	}
	kv_local_dispatch(call, subcommands);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Docs, of commands. */
#include "samples/kv/docs.h"

/* What several commands share. */
#define SUBSTRING_COMPLEXITY                                                                       \
	"O(N) where N is the length of the returned string. The complexity is ultimately "         \
	"determined by the returned length, but because creating a substring from an existing "    \
	"string is very cheap, it can be considered O(1) for small strings."
#define EXPIRE_HISTORY "7.0.0 Added options: `NX`, `XX`, `GT` and `LT`."
#define EXPIRE_CONDITION                                                                           \
	"condition:oneof+7.0.0?{nx:pure-token=NX xx:pure-token=XX gt:pure-token=GT "               \
	"lt:pure-token=LT}"
#define FLUSH_HISTORY                                                                              \
	"4.0.0 Added the `ASYNC` flushing mode modifier.\n"                                        \
	"6.2.0 Added the `SYNC` flushing mode modifier."
#define FLUSH_MODE "async:oneof?{async:pure-token=ASYNC+4.0.0 sync:pure-token=SYNC+6.2.0}"

/* name, group, since; summary; complexity; history; arguments */
const struct kv_doc kv_docs[] = {
        {"append", "string", "2.0.0", "Append a value to a key",
         "O(1). The amortized time complexity is O(1) assuming the appended value is small and "
         "the already present value is of any size, since the dynamic string library used by "
         "Redis will double the free space available on every reallocation.",
         NULL, "key:key@0 value:string"},
        {"decr", "string", "1.0.0", "Decrement the integer value of a key by one", "O(1)", NULL,
         "key:key@0"},
        {"decrby", "string", "1.0.0", "Decrement the integer value of a key by the given number",
         "O(1)", NULL, "key:key@0 decrement:integer"},
        {"get", "string", "1.0.0", "Get the value of a key", "O(1)", NULL, "key:key@0"},
        {"getdel", "string", "6.2.0", "Get the value of a key and delete the key", "O(1)", NULL,
         "key:key@0"},
        {"getex", "string", "6.2.0", "Get the value of a key and optionally set its expiration",
         "O(1)", NULL,
         "key:key@0 expiration:oneof?{seconds:integer=EX milliseconds:integer=PX "
         "unix-time-seconds:unix-time=EXAT unix-time-milliseconds:unix-time=PXAT "
         "persist:pure-token=PERSIST}"},
        {"getrange", "string", "2.4.0", "Get a substring of the string stored at a key",
         SUBSTRING_COMPLEXITY, NULL, "key:key@0 start:integer end:integer"},
        {"getset", "string", "1.0.0", "Set the string value of a key and return its old value",
         "O(1)", NULL, "key:key@0 value:string"},
        {"incr", "string", "1.0.0", "Increment the integer value of a key by one", "O(1)", NULL,
         "key:key@0"},
        {"incrby", "string", "1.0.0", "Increment the integer value of a key by the given amount",
         "O(1)", NULL, "key:key@0 increment:integer"},
        {"incrbyfloat", "string", "2.6.0", "Increment the float value of a key by the given amount",
         "O(1)", NULL, "key:key@0 increment:double"},
        {"mget", "string", "1.0.0", "Get the values of all the given keys",
         "O(N) where N is the number of keys to retrieve.", NULL, "key:key@0*"},
        {"mset", "string", "1.0.1", "Set multiple keys to multiple values",
         "O(N) where N is the number of keys to set.", NULL,
         "key_value:block*{key:key@0 value:string}"},
        {"msetnx", "string", "1.0.1",
         "Set multiple keys to multiple values, only if none of the keys exist",
         "O(N) where N is the number of keys to set.", NULL,
         "key_value:block*{key:key@0 value:string}"},
        {"psetex", "string", "2.6.0", "Set the value and expiration in milliseconds of a key",
         "O(1)", NULL, "key:key@0 milliseconds:integer value:string"},
        {"set", "string", "1.0.0", "Set the string value of a key", "O(1)",
         "2.6.12 Added the `EX`, `PX`, `NX` and `XX` options.\n"
         "6.0.0 Added the `KEEPTTL` option.\n"
         "6.2.0 Added the `GET`, `EXAT` and `PXAT` option.\n"
         "7.0.0 Allowed the `NX` and `GET` options to be used together.",
         "key:key@0 value:string condition:oneof+2.6.12?{nx:pure-token=NX xx:pure-token=XX} "
         "get:pure-token=GET+6.2.0? expiration:oneof?{seconds:integer=EX+2.6.12 "
         "milliseconds:integer=PX+2.6.12 unix-time-seconds:unix-time=EXAT+6.2.0 "
         "unix-time-milliseconds:unix-time=PXAT+6.2.0 keepttl:pure-token=KEEPTTL+6.0.0}"},
        {"setex", "string", "2.0.0", "Set the value and expiration of a key", "O(1)", NULL,
         "key:key@0 seconds:integer value:string"},
        {"setnx", "string", "1.0.0", "Set the value of a key, only if the key does not exist",
         "O(1)", NULL, "key:key@0 value:string"},
        {"setrange", "string", "2.2.0",
         "Overwrite part of a string at key starting at the specified offset",
         "O(1), not counting the time taken to copy the new string in place. Usually, this string "
         "is very small so the amortized complexity is O(1). Otherwise, complexity is O(M) with M "
         "being the length of the value argument.",
         NULL, "key:key@0 offset:integer value:string"},
        {"strlen", "string", "2.2.0", "Get the length of the value stored in a key", "O(1)", NULL,
         "key:key@0"},
        {"substr", "string", "1.0.0", "Get a substring of the string stored at a key",
         SUBSTRING_COMPLEXITY, NULL, "key:key@0 start:integer end:integer"},
        {"dbsize", "server", "1.0.0", "Return the number of keys in the selected database", "O(1)",
         NULL, NULL},
        {"del", "generic", "1.0.0", "Delete a key",
         "O(N) where N is the number of keys that will be removed. When a key to remove holds a "
         "value other than a string, the individual complexity for this key is O(M) where M is "
         "the number of elements in the list, set, sorted set or hash. Removing a single key that "
         "holds a string value is O(1).",
         NULL, "key:key@0*"},
        {"exists", "generic", "1.0.0", "Determine if a key exists",
         "O(N) where N is the number of keys to check.", "3.0.3 Accepts multiple `key` arguments.",
         "key:key@0*"},
        {"expire", "generic", "1.0.0", "Set a key's time to live in seconds", "O(1)",
         EXPIRE_HISTORY, "key:key@0 seconds:integer " EXPIRE_CONDITION},
        {"expireat", "generic", "1.2.0", "Set the expiration for a key as a UNIX timestamp", "O(1)",
         EXPIRE_HISTORY, "key:key@0 unix-time-seconds:unix-time " EXPIRE_CONDITION},
        {"expiretime", "generic", "7.0.0", "Get the expiration Unix timestamp for a key", "O(1)",
         NULL, "key:key@0"},
        {"flushall", "server", "1.0.0", "Remove all keys from all databases",
         "O(N) where N is the total number of keys in all databases", FLUSH_HISTORY, FLUSH_MODE},
        {"flushdb", "server", "1.0.0", "Remove all keys from the current database",
         "O(N) where N is the number of keys in the selected database", FLUSH_HISTORY, FLUSH_MODE},
        {"keys", "generic", "1.0.0", "Find all keys matching the given pattern",
         "O(N) with N being the number of keys in the database, under the assumption that the key "
         "names in the database and the given pattern have limited length.",
         NULL, "pattern:pattern"},
        {"persist", "generic", "2.2.0", "Remove the expiration from a key", "O(1)", NULL,
         "key:key@0"},
        {"pexpire", "generic", "2.6.0", "Set a key's time to live in milliseconds", "O(1)",
         EXPIRE_HISTORY, "key:key@0 milliseconds:integer " EXPIRE_CONDITION},
        {"pexpireat", "generic", "2.6.0",
         "Set the expiration for a key as a UNIX timestamp specified in milliseconds", "O(1)",
         EXPIRE_HISTORY, "key:key@0 unix-time-milliseconds:unix-time " EXPIRE_CONDITION},
        {"pexpiretime", "generic", "7.0.0",
         "Get the expiration Unix timestamp for a key in milliseconds", "O(1)", NULL, "key:key@0"},
        {"pttl", "generic", "2.6.0", "Get the time to live for a key in milliseconds", "O(1)",
         "2.8.0 Added the -2 reply.", "key:key@0"},
        {"randomkey", "generic", "1.0.0", "Return a random key from the keyspace", "O(1)", NULL,
         NULL},
        {"rename", "generic", "1.0.0", "Rename a key", "O(1)", NULL, "key:key@0 newkey:key@1"},
        {"renamenx", "generic", "1.0.0", "Rename a key, only if the new key does not exist", "O(1)",
         "3.2.0 The command no longer returns an error when source and destination names are the "
         "same.",
         "key:key@0 newkey:key@1"},
        {"scan", "generic", "2.8.0", "Incrementally iterate the keys space",
         "O(1) for every call. O(N) for a complete iteration, including enough command calls for "
         "the cursor to return back to 0. N is the number of elements inside the collection.",
         "6.0.0 Added the `TYPE` subcommand.",
         "cursor:integer pattern:pattern=MATCH? count:integer=COUNT? type:string=TYPE+6.0.0?"},
        {"touch", "generic", "3.2.1",
         "Alters the last access time of a key(s). Returns the number of existing keys specified.",
         "O(N) where N is the number of keys that will be touched.", NULL, "key:key@0*"},
        {"ttl", "generic", "1.0.0", "Get the time to live for a key in seconds", "O(1)",
         "2.8.0 Added the -2 reply.", "key:key@0"},
        {"type", "generic", "1.0.0", "Determine the type stored at key", "O(1)", NULL, "key:key@0"},
        {"unlink", "generic", "4.0.0",
         "Delete a key asynchronously in another thread. Otherwise it is just as DEL, but non "
         "blocking.",
         "O(1) for each key removed regardless of its size. Then the command does O(N) work in a "
         "different thread in order to reclaim memory, where N is the number of allocations the "
         "deleted objects where composed of.",
         NULL, "key:key@0*"},
        {"auth", "connection", "1.0.0", "Authenticate to the server",
         "O(N) where N is the number of passwords defined for the user",
         "6.0.0 Added ACL style (username and password).",
         "username:string+6.0.0? password:string"},
        {"client", "connection", "2.4.0", "A container for client connection commands",
         "Depends on subcommand.", NULL, NULL},
        {"cluster", "cluster", "3.0.0", "A container for cluster commands",
         "Depends on subcommand.", NULL, NULL},
        {"command", "server", "2.8.13", "Get array of Redis command details",
         "O(N) where N is the total number of Redis commands", NULL, NULL},
        {"config", "server", "2.0.0", "A container for server configuration commands",
         "Depends on subcommand.", NULL, NULL},
        {"echo", "connection", "1.0.0", "Echo the given string", "O(1)", NULL, "message:string"},
        {"function", "scripting", "7.0.0", "A container for function commands",
         "Depends on subcommand.", NULL, NULL},
        {"hello", "connection", "6.0.0", "Handshake with Redis", "O(1)",
         "6.2.0 `protover` made optional; when called without arguments the command reports the "
         "current connection's context.",
         "arguments:block?{protover:integer username_password:block=AUTH?{username:string "
         "password:string} clientname:string=SETNAME?}"},
        {"info", "server", "1.0.0", "Get information and statistics about the server", "O(1)",
         "7.0.0 Added support for taking multiple section arguments.", "section:string?*"},
        {"ping", "connection", "1.0.0", "Ping the server", "O(1)", NULL, "message:string?"},
        {"quit", "connection", "1.0.0", "Close the connection", "O(1)", NULL, NULL},
        {"reset", "connection", "6.2.0", "Reset the connection", "O(1)", NULL, NULL},
        {"select", "connection", "1.0.0", "Change the selected database for the current connection",
         "O(1)", NULL, "index:integer"},
        {"time", "server", "2.6.0", "Return the current server time", "O(1)", NULL, NULL},
};

const size_t kv_doc_count = sizeof(kv_docs) / sizeof(kv_docs[0]);

/* SPDX-License-Identifier: Apache-2.0 */
/* Docs, of subcommands. */
#include "samples/kv/docs.h"

#define HELP(command_, group_)                                                                     \
	{                                                                                          \
		command_ "|help", (group_), "5.0.0",                                               \
		        "Show helpful text about the different subcommands", "O(1)", NULL, NULL    \
	}

/* name, group, since; summary; complexity; history; arguments */
const struct kv_doc kv_sub_docs[] = {
        {"client|getname", "connection", "2.6.9", "Get the current connection name", "O(1)", NULL,
         NULL},
        HELP("client", "connection"),
        {"client|id", "connection", "5.0.0", "Returns the client ID for the current connection",
         "O(1)", NULL, NULL},
        {"client|info", "connection", "6.2.0",
         "Returns information about the current client connection.", "O(1)", NULL, NULL},
        {"client|list", "connection", "2.4.0", "Get the list of client connections",
         "O(N) where N is the number of client connections",
         "2.8.12 Added unique client `id` field.\n"
         "5.0.0 Added optional `TYPE` filter.\n"
         "6.0.0 Added `user` field.\n"
         "6.2.0 Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID` "
         "filter.\n"
         "7.0.0 Added `resp`, `multi-mem`, `rbs` and `rbp` fields.\n"
         "7.0.3 Added `ssub` field.",
         "normal_master_replica_pubsub:oneof=TYPE+5.0.0?{normal:pure-token=NORMAL "
         "master:pure-token=MASTER replica:pure-token=REPLICA pubsub:pure-token=PUBSUB} "
         "id:block=ID+6.2.0?{client-id:integer*}"},
        {"client|no-evict", "connection", "7.0.0",
         "Set client eviction mode for the current connection", "O(1)", NULL,
         "enabled:oneof{on:pure-token=ON off:pure-token=OFF}"},
        {"client|no-touch", "connection", "7.2.0",
         "Controls whether commands sent by the client affect the LRU/LFU of accessed keys.",
         "O(1)", NULL, "enabled:oneof{on:pure-token=ON off:pure-token=OFF}"},
        {"client|setinfo", "connection", "7.2.0",
         "Set information specific to the client or connection", "O(1)", NULL,
         "libname:string=LIB-NAME libver:string=LIB-VER"},
        {"client|setname", "connection", "2.6.9", "Set the current connection name", "O(1)", NULL,
         "connection-name:string"},
        {"cluster|addslots", "cluster", "3.0.0", "Assign new hash slots to receiving node",
         "O(N) where N is the total number of hash slot arguments", NULL, "slot:integer*"},
        {"cluster|addslotsrange", "cluster", "7.0.0", "Assign new hash slots to receiving node",
         "O(N) where N is the total number of the slots between the start slot and end slot "
         "arguments.",
         NULL, "start-slot_end-slot:block*{start-slot:integer end-slot:integer}"},
        {"cluster|bumpepoch", "cluster", "3.0.0", "Advance the cluster config epoch", "O(1)", NULL,
         NULL},
        {"cluster|count-failure-reports", "cluster", "3.0.0",
         "Return the number of failure reports active for a given node",
         "O(N) where N is the number of failure reports", NULL, "node-id:string"},
        {"cluster|countkeysinslot", "cluster", "3.0.0",
         "Return the number of local keys in the specified hash slot", "O(1)", NULL,
         "slot:integer"},
        {"cluster|delslots", "cluster", "3.0.0", "Set hash slots as unbound in receiving node",
         "O(N) where N is the total number of hash slot arguments", NULL, "slot:integer*"},
        {"cluster|delslotsrange", "cluster", "7.0.0", "Set hash slots as unbound in receiving node",
         "O(N) where N is the total number of the slots between the start slot and end slot "
         "arguments.",
         NULL, "start-slot_end-slot:block*{start-slot:integer end-slot:integer}"},
        {"cluster|failover", "cluster", "3.0.0",
         "Forces a replica to perform a manual failover of its master.", "O(1)", NULL,
         "options:oneof?{force:pure-token=FORCE takeover:pure-token=TAKEOVER}"},
        {"cluster|flushslots", "cluster", "3.0.0", "Delete a node's own slots information", "O(1)",
         NULL, NULL},
        {"cluster|forget", "cluster", "3.0.0", "Remove a node from the nodes table", "O(1)", NULL,
         "node-id:string"},
        {"cluster|getkeysinslot", "cluster", "3.0.0",
         "Return local key names in the specified hash slot",
         "O(log(N)) where N is the number of requested keys", NULL, "slot:integer count:integer"},
        HELP("cluster", "cluster"),
        {"cluster|info", "cluster", "3.0.0", "Provides info about Redis Cluster node state", "O(1)",
         NULL, NULL},
        {"cluster|keyslot", "cluster", "3.0.0", "Returns the hash slot of the specified key",
         "O(N) where N is the number of bytes in the key", NULL, "key:string"},
        {"cluster|links", "cluster", "7.0.0",
         "Returns a list of all TCP links to and from peer nodes in cluster",
         "O(N) where N is the total number of Cluster nodes", NULL, NULL},
        {"cluster|meet", "cluster", "3.0.0", "Force a node cluster to handshake with another node",
         "O(1)", "4.0.0 Added the optional `cluster_bus_port` argument.",
         "ip:string port:integer cluster_bus_port:integer+4.0.0?"},
        {"cluster|myid", "cluster", "3.0.0", "Return the node id", "O(1)", NULL, NULL},
        {"cluster|nodes", "cluster", "3.0.0", "Get Cluster config for the node",
         "O(N) where N is the total number of Cluster nodes", NULL, NULL},
        {"cluster|replicas", "cluster", "5.0.0", "List replica nodes of the specified master node",
         "O(1)", NULL, "node-id:string"},
        {"cluster|replicate", "cluster", "3.0.0",
         "Reconfigure a node as a replica of the specified master node", "O(1)", NULL,
         "node-id:string"},
        {"cluster|reset", "cluster", "3.0.0", "Reset a Redis Cluster node",
         "O(N) where N is the number of known nodes. The command may execute a FLUSHALL as a side "
         "effect.",
         NULL, "hard_soft:oneof?{hard:pure-token=HARD soft:pure-token=SOFT}"},
        {"cluster|saveconfig", "cluster", "3.0.0", "Forces the node to save cluster state on disk",
         "O(1)", NULL, NULL},
        {"cluster|set-config-epoch", "cluster", "3.0.0",
         "Set the configuration epoch in a new node", "O(1)", NULL, "config-epoch:integer"},
        {"cluster|setslot", "cluster", "3.0.0", "Bind a hash slot to a specific node", "O(1)", NULL,
         "slot:integer subcommand:oneof{node-id:string=IMPORTING node-id:string=MIGRATING "
         "node-id:string=NODE stable:pure-token=STABLE}"},
        {"cluster|shards", "cluster", "7.0.0", "Get array of cluster slots to node mappings",
         "O(N) where N is the total number of cluster nodes", NULL, NULL},
        {"cluster|slaves", "cluster", "3.0.0", "List replica nodes of the specified master node",
         "O(1)", NULL, "node-id:string"},
        {"cluster|slots", "cluster", "3.0.0", "Get array of Cluster slot to node mappings",
         "O(N) where N is the total number of Cluster nodes",
         "4.0.0 Added node IDs.\n"
         "7.0.0 Added additional networking metadata field.",
         NULL},
        {"command|count", "server", "2.8.13", "Get total number of Redis commands", "O(1)", NULL,
         NULL},
        {"command|docs", "server", "7.0.0", "Get array of specific Redis command documentation",
         "O(N) where N is the number of commands to look up", NULL, "command-name:string?*"},
        {"command|getkeys", "server", "2.8.13", "Extract keys given a full Redis command",
         "O(N) where N is the number of arguments to the command", NULL, NULL},
        {"command|getkeysandflags", "server", "7.0.0",
         "Extract keys and access flags given a full Redis command",
         "O(N) where N is the number of arguments to the command", NULL, NULL},
        HELP("command", "server"),
        {"command|info", "server", "2.8.13",
         "Get array of specific Redis command details, or all when no argument is given.",
         "O(N) where N is the number of commands to look up",
         "7.0.0 Allowed to be called with no argument to get info on all commands.",
         "command-name:string?*"},
        {"command|list", "server", "7.0.0", "Get an array of Redis command names",
         "O(N) where N is the total number of Redis commands", NULL,
         "filterby:oneof=FILTERBY?{module-name:string=MODULE category:string=ACLCAT "
         "pattern:pattern=PATTERN}"},
        {"config|get", "server", "2.0.0", "Get the values of configuration parameters",
         "O(N) when N is the number of configuration parameters provided",
         "7.0.0 Added the ability to pass multiple pattern parameters in one call",
         "parameter:block*{parameter:string}"},
        HELP("config", "server"),
        {"config|resetstat", "server", "2.0.0", "Reset the stats returned by INFO", "O(1)", NULL,
         NULL},
        {"config|rewrite", "server", "2.8.0",
         "Rewrite the configuration file with the in memory configuration", "O(1)", NULL, NULL},
        {"config|set", "server", "2.0.0", "Set configuration parameters to the given values",
         "O(N) when N is the number of configuration parameters provided",
         "7.0.0 Added the ability to set multiple parameters in one call.",
         "parameter_value:block*{parameter:string value:string}"},
        {"function|flush", "scripting", "7.0.0", "Deleting all functions",
         "O(N) where N is the number of functions deleted", NULL,
         "async:oneof?{async:pure-token=ASYNC sync:pure-token=SYNC}"},
};

const size_t kv_sub_doc_count = sizeof(kv_sub_docs) / sizeof(kv_sub_docs[0]);

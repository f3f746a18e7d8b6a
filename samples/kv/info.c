/* SPDX-License-Identifier: Apache-2.0 */
/* Info: the INFO command: all shards are asked for their figures, drivers' counters are read. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "samples/kv/local.h"
#include "samples/kv/procedure.h"

/* Which sections a client asked for. */
enum section {
	SECTION_SERVER = 1 << 0,
	SECTION_CLIENTS = 1 << 1,
	SECTION_MEMORY = 1 << 2,
	SECTION_PERSISTENCE = 1 << 3,
	SECTION_STATS = 1 << 4,
	SECTION_REPLICATION = 1 << 5,
	SECTION_CPU = 1 << 6,
	SECTION_CLUSTER = 1 << 7,
	SECTION_KEYSPACE = 1 << 8,
	SECTION_MODULES = 1 << 9,
	SECTION_ERRORS = 1 << 10,
	SECTION_DEFAULT = (1 << 11) - 1,
	SECTION_COMMANDS = 1 << 11,
	SECTION_LATENCIES = 1 << 12,
	SECTION_ALL = (1 << 13) - 1,
};

struct totals {
	struct kv_stats stats;
	struct gatio_net_counters net;
	struct gatio_counters system;
};

struct info {
	struct kv_reply text;
	const struct totals *totals;
	const struct kv_connection *connection;
};

__attribute__((format(printf, 2, 3))) static void line(struct info *info, const char *format, ...)
{
	char text[256];
	va_list arguments;
	va_start(arguments, format);
	int size = vsnprintf(text, sizeof(text) - 2, format, arguments);
	va_end(arguments);
	kv_put_line_end(text + size);
	kv_reply_raw(&info->text, text, (size_t)size + 2);
}

/* A size twice: as it is and for people, as "1.50K". */
static void line_size(struct info *info, const char *name, uint64_t size)
{
	static const char units[] = "BKMGTP";
	double shown = (double)size;
	size_t unit = 0;
	while (shown >= 1024 && units[unit + 1]) {
		shown /= 1024;
		unit++;
	}
	line(info, "%s:%" PRIu64, name, size);
	line(info, "%s_human:%.*f%c", name, unit ? 2 : 0, shown, units[unit]);
}

static void put_server(struct info *info)
{
	struct timespec now;
	struct utsname os;
	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t uptime = (uint64_t)now.tv_sec - kv_config.started_ms / 1000;
	line(info, "redis_version:%s", KV_REDIS_VERSION);
	line(info, "redis_mode:standalone");
	if (uname(&os) == 0) {
		line(info, "os:%s %s %s", os.sysname, os.release, os.machine);
	}
	line(info, "gatio_version:%s", GATIO_VERSION_STRING);
	line(info, "arch_bits:64");
	line(info, "multiplexing_api:io_uring");
	line(info, "process_id:%d", (int)getpid());
	line(info, "run_id:%s", kv_config.run_id);
	line(info, "tcp_port:%s", kv_client_port(info->connection));
	line(info, "server_time_usec:%" PRIu64,
	     (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
	line(info, "uptime_in_seconds:%" PRIu64, uptime);
	line(info, "uptime_in_days:%" PRIu64, uptime / 86400);
	line(info, "drivers:%u", gatio_driver_count());
	line(info, "shards:%u", kv_config.shard_count);
}

static void put_clients(struct info *info)
{
	line(info, "connected_clients:%" PRIu64, info->totals->net.open);
	line(info, "cluster_connections:0");
	line(info, "maxclients:%" PRIu64, kv_config.connection_max);
	line(info, "blocked_clients:0");
	line(info, "tracking_clients:0");
}

static void put_memory(struct info *info)
{
	struct sysinfo machine;
	line_size(info, "used_memory", info->totals->system.memory_used);
	line(info, "used_memory_dataset:%" PRIu64, info->totals->stats.memory);
	if (sysinfo(&machine) == 0) {
		line_size(info, "total_system_memory",
		          (uint64_t)machine.totalram * machine.mem_unit);
	}
	line_size(info, "maxmemory", kv_config.memory_max);
	line(info, "maxmemory_policy:noeviction");
	line(info, "mem_allocator:gatio");
}

static void put_persistence(struct info *info)
{
	line(info, "loading:0");
	line(info, "async_loading:0");
	line(info, "rdb_changes_since_last_save:0");
	line(info, "rdb_bgsave_in_progress:0");
	line(info, "aof_enabled:0");
	line(info, "aof_rewrite_in_progress:0");
}

static uint64_t error_count(const struct info *info)
{
	uint64_t count = 0;
	for (size_t i = 0; i < KV_ERROR_KINDS; i++) {
		count += info->totals->stats.errors.counts[i];
	}
	return count;
}

static void put_stats(struct info *info)
{
	const struct totals *totals = info->totals;
	line(info, "total_connections_received:%" PRIu64, totals->net.accepted);
	line(info, "total_commands_processed:%" PRIu64, totals->stats.commands);
	line(info, "total_net_input_bytes:%" PRIu64, totals->net.received_bytes);
	line(info, "total_net_output_bytes:%" PRIu64, totals->net.sent_bytes);
	line(info, "rejected_connections:%" PRIu64, totals->net.refused);
	line(info, "expired_keys:%" PRIu64, totals->stats.expired);
	line(info, "evicted_keys:0");
	line(info, "keyspace_hits:%" PRIu64, totals->stats.hits);
	line(info, "keyspace_misses:%" PRIu64, totals->stats.misses);
	line(info, "pubsub_channels:0");
	line(info, "pubsub_patterns:0");
	line(info, "total_error_replies:%" PRIu64, error_count(info));
	line(info, "gatio_turns:%" PRIu64, totals->system.turns);
	line(info, "gatio_sleeps:%" PRIu64, totals->system.sleeps);
	line(info, "gatio_enters:%" PRIu64, totals->system.enters);
	line(info, "gatio_doorbells:%" PRIu64, totals->system.doorbells);
	line(info, "gatio_messages_local:%" PRIu64, totals->system.messages_local);
	line(info, "gatio_messages_out:%" PRIu64, totals->system.messages_out);
}

static void put_replication(struct info *info)
{
	line(info, "role:master");
	line(info, "connected_slaves:0");
	line(info, "master_failover_state:no-failover");
	line(info, "master_repl_offset:0");
}

static void put_cpu(struct info *info)
{
	struct rusage usage;
	if (getrusage(RUSAGE_SELF, &usage) == 0) {
		line(info, "used_cpu_sys:%ld.%06ld", usage.ru_stime.tv_sec, usage.ru_stime.tv_usec);
		line(info, "used_cpu_user:%ld.%06ld", usage.ru_utime.tv_sec,
		     usage.ru_utime.tv_usec);
	}
}

static void put_cluster(struct info *info)
{
	line(info, "cluster_enabled:0");
}

/* Nothing is counted for it here, but clients look for its title. */
static void put_nothing(struct info *info)
{
	(void)info;
}

static void put_errors(struct info *info)
{
	for (size_t i = 0; i < KV_ERROR_KINDS; i++) {
		uint64_t count = info->totals->stats.errors.counts[i];
		if (count > 0) {
			line(info, "errorstat_%s:count=%" PRIu64, kv_error_codes[i], count);
		}
	}
}

static void put_keyspace(struct info *info)
{
	const struct kv_stats *stats = &info->totals->stats;
	for (uint32_t i = 0; i < KV_DATABASES; i++) {
		if (stats->key_counts[i] > 0) {
			uint64_t expires = stats->expiring_counts[i];
			line(info, "db%u:keys=%" PRIu64 ",expires=%" PRIu64 ",avg_ttl=%" PRIu64, i,
			     stats->key_counts[i], expires,
			     expires ? stats->ttls_ms[i] / expires : 0);
		}
	}
}

static const struct {
	const char *name;
	const char *title;
	unsigned section;
	void (*put)(struct info *info);
} sections[] = {
        {"server", "Server", SECTION_SERVER, put_server},
        {"clients", "Clients", SECTION_CLIENTS, put_clients},
        {"memory", "Memory", SECTION_MEMORY, put_memory},
        {"persistence", "Persistence", SECTION_PERSISTENCE, put_persistence},
        {"stats", "Stats", SECTION_STATS, put_stats},
        {"replication", "Replication", SECTION_REPLICATION, put_replication},
        {"cpu", "CPU", SECTION_CPU, put_cpu},
        {"modules", "Modules", SECTION_MODULES, put_nothing},
        {"commandstats", "Commandstats", SECTION_COMMANDS, put_nothing},
        {"errorstats", "Errorstats", SECTION_ERRORS, put_errors},
        {"latencystats", "Latencystats", SECTION_LATENCIES, put_nothing},
        {"cluster", "Cluster", SECTION_CLUSTER, put_cluster},
        {"keyspace", "Keyspace", SECTION_KEYSPACE, put_keyspace},
};

#define SECTION_COUNT (sizeof(sections) / sizeof(sections[0]))

static unsigned wanted_sections(const struct kv_procedure *procedure)
{
	struct kv_arguments arguments = {.at = procedure->raw, .left = procedure->argc};
	struct kv_slice word;
	unsigned wanted = procedure->argc == 1 ? SECTION_DEFAULT : 0;
	kv_arguments_next(&arguments, &word);
	while (kv_arguments_next(&arguments, &word)) {
		if (kv_same_word(word, "default")) {
			wanted |= SECTION_DEFAULT;
		} else if (kv_same_word(word, "all") || kv_same_word(word, "everything")) {
			wanted |= SECTION_ALL;
		}
		for (size_t i = 0; i < SECTION_COUNT; i++) {
			wanted |= kv_same_word(word, sections[i].name) ? sections[i].section : 0;
		}
	}
	return wanted;
}

static void add_shard(struct totals *totals, struct kv_slice reply)
{
	struct kv_stats stats;
	if (reply.size != 1 + sizeof(stats)) {
		return;
	}
	memcpy(&stats, reply.data + 1, sizeof(stats));
	totals->stats.commands += stats.commands;
	totals->stats.hits += stats.hits;
	totals->stats.misses += stats.misses;
	totals->stats.expired += stats.expired;
	totals->stats.memory += stats.memory;
	kv_errors_add(&totals->stats.errors, &stats.errors);
	for (uint32_t i = 0; i < KV_DATABASES; i++) {
		totals->stats.key_counts[i] += stats.key_counts[i];
		totals->stats.expiring_counts[i] += stats.expiring_counts[i];
		totals->stats.ttls_ms[i] += stats.ttls_ms[i];
	}
}

static void add_driver(struct totals *totals, uint32_t index)
{
	struct gatio_system *system = gatio_current_system();
	struct gatio_net_counters net;
	struct gatio_counters counters;
	if (gatio_net_counters(system, index, &net) == 0) {
		totals->net.accepted += net.accepted;
		totals->net.refused += net.refused;
		totals->net.open += net.open;
		totals->net.received_bytes += net.received_bytes;
		totals->net.sent_bytes += net.sent_bytes;
	}
	if (gatio_system_counters(system, index, &counters) == 0) {
		totals->system.turns += counters.turns;
		totals->system.sleeps += counters.sleeps;
		totals->system.enters += counters.enters;
		totals->system.doorbells += counters.doorbells;
		totals->system.messages_local += counters.messages_local;
		totals->system.messages_out += counters.messages_out;
		totals->system.memory_used += counters.memory_used;
	}
}

bool kv_procedure_info(struct kv_connection *connection, struct kv_procedure *procedure)
{
	if (procedure->phase++ == 0) {
		for (uint32_t i = 0; i < kv_config.shard_count; i++) {
			struct kv_procedure_item item = {.shard = i,
			                                 .command = kv_internal_index(KV_STATS)};
			kv_procedure_add(connection, &item, NULL, 0);
		}
		return false;
	}
	struct totals totals = {.stats = {.commands = 0}};
	for (uint32_t i = 0; i < kv_config.shard_count; i++) {
		add_shard(&totals, kv_procedure_reply(connection, i, 0));
	}
	for (uint32_t i = 0; i < gatio_driver_count(); i++) {
		add_driver(&totals, i);
	}
	struct info info = {.totals = &totals, .connection = connection};
	unsigned wanted = wanted_sections(procedure);
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		if (wanted & sections[i].section) {
			line(&info, "%s# %s", info.text.size ? "\r\n" : "", sections[i].title);
			sections[i].put(&info);
		}
	}
	struct kv_slice text = kv_text("");
	if (info.text.size > 0) {
		text = (struct kv_slice){.data = info.text.bytes, .size = info.text.size};
	}
	kv_reply_verbatim(kv_plan_literal(connection), text);
	kv_reply_finish(&info.text);
	return true;
}

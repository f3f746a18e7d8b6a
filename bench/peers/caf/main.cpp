/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gatio-peer-caf WORKLOAD WARMUP_MS DURATION_MS: one workload of gatio-bench on CAF 0.17. Prints one number, in the unit
 * of gatio's row, or a sentence and ends with status 1.
 *
 * It runs on the CPUs that it is given: whoever starts it pins the process.
 */
#include <cstring>
#include <thread>

#include "workloads.hpp"

namespace
{

struct workload {
	const char *name;
	void (*play)(caf::actor_system &system, harness &harness);
	size_t thread_count;
	bool is_cost; /* nanoseconds for each; else millions a second */
	/* Messages that an actor handles in a row; 0: CAF's default, as many as there are. A bound makes fan-in half as
	 * fast again; a spawner that sends itself messages on the only thread would never let the others run. */
	size_t throughput_max;
};

const workload workloads[] = {
        {"local_dispatch", play_local_dispatch, 1, true, 0},
        {"ring503_hop", play_ring503_hop, 1, true, 0},
        {"fanin8", play_fanin8, 2, false, 1000},
        {"fjthrput", play_fjthrput, 2, false, 0},
        {"big", play_big, 2, false, 0},
        {"spawn_exit", play_spawn_exit, 1, false, 1},
};

const workload *find(const char *name)
{
	for (auto &one : workloads) {
		if (std::strcmp(one.name, name) == 0) {
			return &one;
		}
	}
	return nullptr;
}

[[noreturn]] void run(const workload &workload, harness &harness)
{
	caf::actor_system_config config;
	config.set("scheduler.max-threads", workload.thread_count);
	config.set("scheduler.policy", caf::atom("stealing"));
	if (workload.throughput_max != 0) {
		config.set("scheduler.max-throughput", workload.throughput_max);
	}
	caf::actor_system system{config};
	workload.play(system, harness);
	for (;;) { /* the harness ends the process */
		std::this_thread::sleep_for(std::chrono::hours(1));
	}
}

} // namespace

int main(int count, char **arguments)
{
	const workload *workload = count == 4 ? find(arguments[1]) : nullptr;
	if (!workload) {
		harness::fail("usage: gatio-peer-caf WORKLOAD WARMUP_MS DURATION_MS");
	}
	harness harness{std::strtoull(arguments[2], nullptr, 10),
	            std::strtoull(arguments[3], nullptr, 10), workload->is_cost};
	run(*workload, harness);
}

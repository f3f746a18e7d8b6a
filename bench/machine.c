/* SPDX-License-Identifier: Apache-2.0 */
/* Machine: what the figures belong to: CPU, kernel, compiler, commit. */
#include "bench/machine.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/utsname.h>

#include "bench_commit.h"

enum {
	TEXT_SIZE = 128,
};

static void read_cpu_model(char out_text[TEXT_SIZE])
{
	char line[512];
	snprintf(out_text, TEXT_SIZE, "unknown CPU");
	FILE *file = fopen("/proc/cpuinfo", "r");
	if (!file) {
		return;
	}
	while (fgets(line, sizeof(line), file)) {
		char *colon = strchr(line, ':');
		if (strncmp(line, "model name", strlen("model name")) == 0 && colon) {
			colon[strcspn(colon, "\n")] = '\0';
			snprintf(out_text, TEXT_SIZE, "%.100s", colon + 2);
			break;
		}
	}
	fclose(file);
}

/* The number of the core that a CPU belongs to, or the CPU itself where the kernel does not say. */
static int core_of(int cpu)
{
	char path[TEXT_SIZE];
	int core = cpu;
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
	         cpu);
	FILE *file = fopen(path, "r");
	if (!file) {
		return cpu;
	}
	if (fscanf(file, "%d", &core) != 1) {
		core = cpu;
	}
	fclose(file);
	return core;
}

int bench_machine_choose_cpus(uint32_t out_cpus[2])
{
	cpu_set_t allowed;
	int first = -1;
	int second = -1;
	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
		return -errno;
	}
	for (int cpu = 0; cpu < CPU_SETSIZE && second < 0; cpu++) {
		if (!CPU_ISSET((size_t)cpu, &allowed)) {
			continue;
		}
		if (first < 0) {
			first = cpu;
		} else if (core_of(cpu) != core_of(first)) {
			second = cpu;
		}
	}
	out_cpus[0] = (uint32_t)first;
	out_cpus[1] = (uint32_t)(second < 0 ? first : second);
	return 0;
}

void bench_machine_print(FILE *out, const struct bench_context *context, uint32_t run_count)
{
	char model[TEXT_SIZE];
	struct utsname kernel;
	read_cpu_model(model);
	if (uname(&kernel) != 0) {
		snprintf(kernel.sysname, sizeof(kernel.sysname), "unknown");
		kernel.release[0] = '\0';
	}
#ifdef __clang__
	const char *compiler = "";
#else
	const char *compiler = "gcc ";
#endif
	fprintf(out, "gatio-bench: %s, CPUs %u and %u; %s %s; %s%s; commit %s\n", model,
	        context->cpus[0], context->cpus[1], kernel.sysname, kernel.release, compiler,
	        __VERSION__, BENCH_COMMIT);
	fprintf(out,
	        "medians of %u alternating runs%s; noise is (max - min) / median of the runs' "
	        "ratios, or\n"
	        "values; met: by the medians, ~ where the noise exceeds the distance to the "
	        "goal\n\n",
	        run_count, context->is_quick ? ", quick" : "");
	if (context->cpus[0] == context->cpus[1]) {
		fprintf(out, "warning: one CPU only; what needs two measures the scheduler\n\n");
	}
}

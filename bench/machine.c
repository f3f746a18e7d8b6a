/* SPDX-License-Identifier: Apache-2.0 */
/* Machine: what the figures belong to: CPU, kernel, compiler, commit, day. */
#include "bench/machine.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "bench_commit.h"

enum {
	TEXT_SIZE = BENCH_MACHINE_TEXT,
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

static void read_kernel(char out_text[TEXT_SIZE])
{
	struct utsname kernel;
	snprintf(out_text, TEXT_SIZE, "unknown");
	if (uname(&kernel) == 0) {
		snprintf(out_text, TEXT_SIZE, "%.40s %.80s", kernel.sysname, kernel.release);
	}
}

static void read_date(char out_text[TEXT_SIZE])
{
	time_t now = time(NULL);
	struct tm day;
	if (!gmtime_r(&now, &day) || strftime(out_text, TEXT_SIZE, "%Y-%m-%d", &day) == 0) {
		snprintf(out_text, TEXT_SIZE, "unknown");
	}
}

/* What would have to be escaped in JSON. */
static void make_plain(char text[TEXT_SIZE])
{
	for (char *letter = text; *letter != '\0'; letter++) {
		if (*letter < ' ' || *letter > '~' || *letter == '"' || *letter == '\\') {
			*letter = ' ';
		}
	}
}

void bench_machine_read(struct bench_machine *out_machine)
{
#ifdef __clang__
	const char *compiler = "";
#else
	const char *compiler = "gcc ";
#endif
	read_cpu_model(out_machine->cpu);
	read_kernel(out_machine->kernel);
	read_date(out_machine->date);
	snprintf(out_machine->compiler, TEXT_SIZE, "%s%.100s", compiler, __VERSION__);
	snprintf(out_machine->commit, TEXT_SIZE, "%.100s", BENCH_COMMIT);
	make_plain(out_machine->cpu);
	make_plain(out_machine->kernel);
	make_plain(out_machine->compiler);
	make_plain(out_machine->commit);
}

void bench_machine_print(FILE *out, const struct bench_run *run)
{
	const struct bench_machine *machine = &run->machine;
	const uint32_t *cpus = run->context->cpus;
	fprintf(out, "gatio-bench: %s, CPUs %u and %u; %s; %s; commit %s; %s\n", machine->cpu,
	        cpus[0], cpus[1], machine->kernel, machine->compiler, machine->commit,
	        machine->date);
	fprintf(out,
	        "medians of %u alternating runs%s; noise is (max - min) / median of the runs' "
	        "ratios, or\n"
	        "values; met: by the medians, ~ where the noise exceeds the distance to the "
	        "goal\n\n",
	        run->count, run->context->is_quick ? ", quick" : "");
	if (cpus[0] == cpus[1]) {
		fprintf(out, "warning: one CPU only; what needs two measures the scheduler\n\n");
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Run: the seeds of a command line, several at once, and what came of them. */
#include <gatio/sim.h>

#include "sim/options.h"
#include "sim/seed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS_A_SECOND UINT64_C(1000000000)

/* A place for one run. */
struct job {
	pid_t pid;      /* 0: free */
	uint64_t index; /* of its seed among all */
	bool is_again;
	struct gi_seed_result *result;
	struct gi_seed_options options;
};

struct campaign {
	const struct gatio_sim_options *world;
	const char *program;
	struct gi_sim_run run;
	struct job *jobs;
	struct gi_seed_result *results; /* shared with the runs */
	uint64_t *listed;               /* of a file; NULL: first and so on */
	uint64_t next;                  /* index of the next seed */
	uint64_t *hashes;               /* by index: they are added up in order */
	uint64_t again_next;
	uint64_t done_count;
	uint64_t failed_count;
	uint64_t event_count;
	uint64_t virtual_ns;
	uint64_t strikes[GI_FAULT_COUNT];
	uint64_t seeds_seen[GI_FAULT_COUNT];
	struct gi_trace counted; /* only that of it */
	uint64_t started_ns;
	uint64_t printed_ns;
};

static uint64_t real_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_A_SECOND + (uint64_t)now.tv_nsec;
}

/* ---- Words ------------------------------------------------------------------------------------------------------- */

static void print_progress(struct campaign *campaign, bool is_last)
{
	uint64_t now_ns = real_ns();
	if (campaign->run.is_quiet || campaign->run.is_traced ||
	    (!is_last && now_ns - campaign->printed_ns < NS_A_SECOND / 4)) {
		return;
	}
	campaign->printed_ns = now_ns;
	bool is_terminal = isatty(2);
	if (!is_terminal && !is_last) {
		return;
	}
	double seconds = (double)(now_ns - campaign->started_ns) / 1e9;
	fprintf(stderr, "%ssim %s: %llu of %llu seeds, %llu failed, %.1f M events, %.0f a second%s",
	        is_terminal ? "\r" : "", campaign->world->name,
	        (unsigned long long)campaign->done_count, (unsigned long long)campaign->run.count,
	        (unsigned long long)campaign->failed_count, (double)campaign->event_count / 1e6,
	        (double)campaign->event_count / seconds, is_last ? "\n" : "");
}

static void print_without(uint64_t without)
{
	const char *before = " --without ";
	for (enum gi_fault i = 0; i < GI_FAULT_COUNT; i++) {
		if (without >> i & 1) {
			printf("%s%s", before, gi_fault_word(i));
			before = ",";
		}
	}
}

static void print_failure(const struct campaign *campaign, const struct gi_seed_result *result,
                          uint64_t without)
{
	const struct gi_trace *trace = &result->trace;
	printf("\n%s: seed %llu failed after %llu.%06llu s of virtual time, %llu events:\n  %s\n",
	       campaign->world->name, (unsigned long long)result->seed,
	       (unsigned long long)((trace->now_ns - trace->began_ns) / NS_A_SECOND),
	       (unsigned long long)((trace->now_ns - trace->began_ns) % NS_A_SECOND / 1000),
	       (unsigned long long)trace->event_count, trace->violation);
	printf("faults that struck:");
	for (enum gi_fault i = 0; i < GI_FAULT_COUNT; i++) {
		if (trace->strikes[i] > 0) {
			printf(" %s %llu", gi_fault_word(i), (unsigned long long)trace->strikes[i]);
		}
	}
	printf("\nthe last events:\n");
	fflush(stdout);
	gi_trace_print(trace, 1);
	if (result->words_size > 0) {
		printf("the last words of its processes:\n%.*s\n", (int)result->words_size,
		       result->words);
	}
	printf("again, with every event: %s --seed %llu --trace", campaign->program,
	       (unsigned long long)result->seed);
	print_without(without);
	printf("\n");
	fflush(stdout);
}

/* Of this program and all its runs. */
static double cpu_seconds(void)
{
	struct rusage own;
	struct rusage runs;
	getrusage(RUSAGE_SELF, &own);
	getrusage(RUSAGE_CHILDREN, &runs);
	const struct timeval times[] = {own.ru_utime, own.ru_stime, runs.ru_utime, runs.ru_stime};
	double seconds = 0;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		seconds += (double)times[i].tv_sec + (double)times[i].tv_usec / 1e6;
	}
	return seconds;
}

static int print_faults(const struct campaign *campaign)
{
	int unseen = 0;
	printf("faults by seeds in which they struck, and strikes:\n");
	for (enum gi_fault i = 0; i < GI_FAULT_DOOR_COUNT; i++) {
		printf("  %-22s %8llu %12llu%s\n", gi_fault_word(i),
		       (unsigned long long)campaign->seeds_seen[i],
		       (unsigned long long)campaign->strikes[i],
		       campaign->seeds_seen[i] ? "" : "   never seen");
		unseen += campaign->seeds_seen[i] == 0;
	}
	return unseen;
}

/* ---- Runs -------------------------------------------------------------------------------------------------------- */

static void fail(struct campaign *campaign, struct job *job)
{
	campaign->failed_count++;
	print_failure(campaign, job->result, job->options.without);
}

static void compare_again(struct campaign *campaign, struct job *job)
{
	struct gi_trace *trace = &job->result->trace;
	if (trace->hash != campaign->hashes[job->index]) {
		trace->end = GI_TRACE_VIOLATED;
		snprintf(trace->violation, sizeof(trace->violation),
		         "the same seed was another run: %016llx, then %016llx",
		         (unsigned long long)campaign->hashes[job->index],
		         (unsigned long long)trace->hash);
		fail(campaign, job);
	}
}

static void note_done(struct campaign *campaign, struct job *job)
{
	const struct gi_trace *trace = &job->result->trace;
	campaign->event_count += trace->event_count;
	if (job->is_again) {
		compare_again(campaign, job);
		return;
	}
	campaign->hashes[job->index] = trace->hash;
	campaign->done_count++;
	campaign->virtual_ns += trace->now_ns - trace->began_ns;
	for (int i = 0; i < GI_FAULT_COUNT; i++) {
		campaign->strikes[i] += trace->strikes[i];
		campaign->seeds_seen[i] += trace->strikes[i] > 0;
	}
	for (uint32_t i = 0; i < GI_TRACE_COUNTS && trace->counts[i].name[0]; i++) {
		(void)gi_trace_add(&campaign->counted, trace->counts[i].name,
		                   trace->counts[i].count);
	}
	if (trace->end != GI_TRACE_HELD) {
		fail(campaign, job);
	}
}

static uint64_t seed_of(const struct campaign *campaign, uint64_t index)
{
	return campaign->listed ? campaign->listed[index] : campaign->run.first + index;
}

static bool start(struct campaign *campaign, struct job *job, uint64_t index, bool is_again)
{
	job->index = index;
	job->is_again = is_again;
	job->options = (struct gi_seed_options){.world = campaign->world,
	                                        .seed = seed_of(campaign, index),
	                                        .without = campaign->run.without,
	                                        .is_traced = campaign->run.is_traced};
	job->pid = gi_seed_start(job->result, &job->options);
	if (job->pid < 0) {
		fprintf(stderr, "no process for a run: %s\n", strerror(-job->pid));
		job->pid = 0;
		return false;
	}
	return true;
}

static struct job *job_of(struct campaign *campaign, pid_t pid)
{
	for (uint32_t i = 0; i < campaign->run.jobs; i++) {
		if (campaign->jobs[i].pid == pid) {
			return &campaign->jobs[i];
		}
	}
	return NULL;
}

/* Returns whether there was one to wait for. */
static bool wait_for_one(struct campaign *campaign)
{
	int status;
	pid_t pid = waitpid(-1, &status, 0);
	if (pid < 0) {
		return errno == EINTR;
	}
	struct job *job = job_of(campaign, pid);
	if (job) {
		gi_seed_ended(job->result, status);
		job->pid = 0;
		note_done(campaign, job);
		bool must_again = !job->is_again && campaign->run.again > 0 &&
		                  !campaign->run.is_traced && job->index % campaign->run.again == 0;
		if (must_again) {
			(void)start(campaign, job, job->index, true);
		}
	}
	print_progress(campaign, false);
	return true;
}

static void run_all(struct campaign *campaign)
{
	for (;;) { /* until all have begun and ended */
		struct job *job = campaign->next < campaign->run.count ? job_of(campaign, 0) : NULL;
		if (job) {
			if (!start(campaign, job, campaign->next, false)) {
				return;
			}
			campaign->next++;
		} else if (!wait_for_one(campaign)) {
			return;
		}
	}
}

/* ---- Shrinking --------------------------------------------------------------------------------------------------- */

static bool fails_without(struct campaign *campaign, uint64_t without)
{
	struct gi_seed_options options = {
	        .world = campaign->world, .seed = campaign->run.first, .without = without};
	struct gi_seed_result *result = campaign->jobs[0].result;
	pid_t pid = gi_seed_start(result, &options);
	int status = 0;
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		return false;
	}
	gi_seed_ended(result, status);
	return result->trace.end == GI_TRACE_VIOLATED;
}

/* Each kind that it fails without is left out, as long as there is one. */
static int shrink(struct campaign *campaign)
{
	uint64_t without = campaign->run.without;
	if (!fails_without(campaign, without)) {
		printf("%s: seed %llu holds: there is nothing to shrink\n", campaign->world->name,
		       (unsigned long long)campaign->run.first);
		return 0;
	}
	for (bool has_changed = true; has_changed;) {
		has_changed = false;
		for (int i = 0; i < GI_FAULT_DOOR_COUNT; i++) {
			uint64_t less = without | UINT64_C(1) << i;
			if (less != without && fails_without(campaign, less)) {
				without = less;
				has_changed = true;
			}
		}
	}
	(void)fails_without(campaign, without);
	print_failure(campaign, campaign->jobs[0].result, without);
	return 1;
}

/* ---- Main -------------------------------------------------------------------------------------------------------- */

#define LISTED_MAX 100000u

static bool read_list(struct campaign *campaign)
{
	char line[512];
	FILE *file = fopen(campaign->run.file, "re");
	campaign->listed = calloc(LISTED_MAX, sizeof(uint64_t));
	if (!file || !campaign->listed) {
		fprintf(stderr, "--file %s cannot be read: %s\n", campaign->run.file,
		        strerror(errno));
		return false;
	}
	campaign->run.count = 0;
	while (fgets(line, sizeof(line), file) && campaign->run.count < LISTED_MAX) {
		char *end;
		uint64_t seed = strtoull(line, &end, 10);
		if (end != line) {
			campaign->listed[campaign->run.count++] = seed;
		} else if (line[0] != '#' && line[0] != '\n') {
			fprintf(stderr, "--file %s: this is no seed: %s", campaign->run.file, line);
			fclose(file);
			return false;
		}
	}
	fclose(file);
	return true;
}

static bool allocate(struct campaign *campaign)
{
	if (campaign->run.file && !read_list(campaign)) {
		return false;
	}
	uint32_t jobs = campaign->run.jobs;
	campaign->jobs = calloc(jobs, sizeof(struct job));
	campaign->hashes = calloc(campaign->run.count + 1, sizeof(uint64_t));
	void *results = mmap(NULL, jobs * sizeof(struct gi_seed_result), PROT_READ | PROT_WRITE,
	                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!campaign->jobs || !campaign->hashes || results == MAP_FAILED) {
		fprintf(stderr, "no memory for so many seeds\n");
		return false;
	}
	campaign->results = results;
	for (uint32_t i = 0; i < jobs; i++) {
		campaign->jobs[i].result = &campaign->results[i];
	}
	return true;
}

static void free_all(struct campaign *campaign)
{
	if (campaign->results) {
		munmap(campaign->results, campaign->run.jobs * sizeof(struct gi_seed_result));
	}
	free(campaign->jobs);
	free(campaign->hashes);
	free(campaign->listed);
}

static uint64_t hash_of_all(const struct campaign *campaign)
{
	uint64_t hash = 0;
	for (uint64_t i = 0; i < campaign->run.count; i++) {
		hash = (hash ^ campaign->hashes[i]) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	return hash;
}

static void print_end(const struct campaign *campaign)
{
	printf("%s: %llu seeds, %llu failed, %llu events, %.0f a second of CPU time, %.1f virtual "
	       "hours",
	       campaign->world->name, (unsigned long long)campaign->done_count,
	       (unsigned long long)campaign->failed_count,
	       (unsigned long long)campaign->event_count,
	       (double)campaign->event_count / cpu_seconds(),
	       (double)campaign->virtual_ns / 3.6e12);
	const struct gi_trace_count *counts = campaign->counted.counts;
	for (uint32_t i = 0; i < GI_TRACE_COUNTS && counts[i].name[0]; i++) {
		printf(", %s %llu", counts[i].name, (unsigned long long)counts[i].count);
	}
	printf("\nhash %016llx\n", (unsigned long long)hash_of_all(campaign));
}

static int run_and_report(struct campaign *campaign)
{
	campaign->started_ns = real_ns();
	run_all(campaign);
	print_progress(campaign, true);
	int unseen = campaign->run.count > 1 ? print_faults(campaign) : 0;
	if (campaign->run.must_see_all && unseen > 0) {
		printf("%d kinds of faults were never seen: more seeds, or a world that meets "
		       "them\n",
		       unseen);
		campaign->failed_count++;
	}
	print_end(campaign);
	return campaign->failed_count > 0 ? 1 : 0;
}

int gatio_sim_main(int argc, char **argv, const struct gatio_sim_options *options)
{
	struct campaign campaign = {.world = options, .program = argv[0]};
	int status = gi_sim_options_read(&campaign.run, argc, argv, options->name);
	if (status) {
		return status == 1 ? 0 : status;
	}
	status = 2;
	if (allocate(&campaign)) {
		status = campaign.run.must_shrink ? shrink(&campaign) : run_and_report(&campaign);
	}
	free_all(&campaign);
	return status;
}

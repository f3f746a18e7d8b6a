/* SPDX-License-Identifier: Apache-2.0 */
/* Machine: a simulated one without faults. Some sequences at a time have a child process, as a run gives no memory back. */
#include "tests/sim/differential/machine.h"
#include "tests/sim/differential/sequence.h"

#include "base/assert.h"
#include "sim/image.h"
#include "sim/listener.h"
#include "sim/process.h"
#include "sim/stream.h"
#include "sim/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEQUENCES_A_RUN 2000u
#define SETTLE_NS       UINT64_C(1000000)
/* The seed draws what kind of kernel it is: this one knows all flags of a ring. */
#define SEED UINT64_C(1)

static GI_SIM_KEPT struct diff_options given;
static GI_SIM_KEPT struct gi_trace trace;
static GI_SIM_KEPT int status = -1;

static int program_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return diff_sequences_run(&given);
}

static void *world_main(void *argument)
{
	char *const arguments[] = {"differential", NULL};
	struct gi_process *process = gi_process_start(0, "differential", program_main, arguments);
	(void)argument;
	gi_assert(process);
	status = gi_process_wait(process);
	return NULL;
}

static int run_here(void)
{
	gi_image_take();
	gi_trace_init(&trace, false);
	if (gi_sim_begin(&trace, SEED, UINT64_MAX) ||
	    !gi_task_start(NULL, "world", world_main, NULL)) {
		return 1;
	}
	while (status < 0 && gi_sim_step()) {
	}
	if (trace.end == GI_TRACE_VIOLATED || status < 0) {
		fprintf(stderr, "the simulated machine: %s\n",
		        trace.end == GI_TRACE_VIOLATED ? trace.violation
		                                       : "nothing happens any more");
		return 1;
	}
	return status;
}

int diff_machine_run(const struct diff_options *options)
{
	uint64_t end = options->first + options->count;
	for (uint64_t at = options->first; at < end; at += SEQUENCES_A_RUN) {
		given = *options;
		given.first = at;
		given.count = end - at < SEQUENCES_A_RUN ? end - at : SEQUENCES_A_RUN;
		pid_t pid = fork();
		if (pid == 0) {
			_exit(run_here());
		}
		int ended;
		if (pid < 0 || waitpid(pid, &ended, 0) < 0 || ended != 0) {
			fprintf(stderr,
			        "the simulated machine has ended within %llu sequences from %llu\n",
			        (unsigned long long)given.count, (unsigned long long)at);
			return 1;
		}
	}
	return 0;
}

void diff_machine_settle(uint64_t settle_us)
{
	(void)settle_us;
	(void)gi_task_wait(gi_sim_here->now_ns + SETTLE_NS, "what is on its way");
}

void diff_machine_print(const char *text, size_t size)
{
	while (size > 0) {
		ssize_t written = write(1, text, size);
		if (written < 0) {
			_exit(1);
		}
		text += written;
		size -= (size_t)written;
	}
}

/* ---- Peers ------------------------------------------------------------------------------------------------------- */

static struct gi_stream *stream_of(struct diff_peer *peer)
{
	return (struct gi_stream *)peer;
}

int diff_peer_connect(struct diff_peer **out_peer, const struct sockaddr_storage *address)
{
	struct gi_stream *stream;
	int err = gi_listener_connect(&stream, address);
	if (!err) {
		*out_peer = (struct diff_peer *)stream;
	}
	return err;
}

int diff_peer_send(struct diff_peer *peer, const void *bytes, size_t size)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	return gi_stream_send(stream_of(peer), &message, MSG_NOSIGNAL);
}

int diff_peer_receive(struct diff_peer *peer, void *bytes, size_t size)
{
	return gi_stream_receive(stream_of(peer), bytes, size, 0);
}

int diff_peer_shut(struct diff_peer *peer)
{
	return gi_stream_shutdown(stream_of(peer), SHUT_WR);
}

void diff_peer_close(struct diff_peer *peer, bool must_reset)
{
	if (must_reset) {
		gi_stream_reset(stream_of(peer));
	}
	gi_object_put(&stream_of(peer)->object);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Script: what is public of a simulation but its main: processes, scripts, their connections, invariants. */
#include <gatio/sim.h>

#include "sim/fiber.h"
#include "sim/listener.h"
#include "sim/machine.h"
#include "sim/process.h"
#include "sim/stream.h"
#include "sim/task.h"

#include "base/assert.h"
#include "base/container.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Processes --------------------------------------------------------------------------------------------------- */

static struct gi_process *inside(struct gatio_sim_process *process)
{
	return (struct gi_process *)process;
}

struct gatio_sim_process *gatio_sim_start_on(uint32_t machine, const char *name,
                                             int (*main)(int argc, char **argv),
                                             char *const *arguments)
{
	gi_assert(machine < GI_MACHINES_MAX);
	struct gi_process *process = gi_process_start(machine, name, main, arguments);
	gi_assert(process);
	return (struct gatio_sim_process *)process;
}

struct gatio_sim_process *gatio_sim_start(const char *name, int (*main)(int argc, char **argv),
                                          char *const *arguments)
{
	return gatio_sim_start_on(0, name, main, arguments);
}

void gatio_sim_terminate(struct gatio_sim_process *process)
{
	gi_process_signal(inside(process), SIGTERM);
}

void gatio_sim_kill(struct gatio_sim_process *process)
{
	gi_process_signal(inside(process), SIGKILL);
}

bool gatio_sim_maybe_kill(struct gatio_sim_process *process)
{
	if (!gatio_sim_is_running(process) || !gi_sim_strikes(GI_FAULT_PROCESS_KILLED)) {
		return false;
	}
	gatio_sim_kill(process);
	return true;
}

bool gatio_sim_is_running(const struct gatio_sim_process *process)
{
	return !((const struct gi_process *)process)->has_ended;
}

int gatio_sim_wait(struct gatio_sim_process *process)
{
	return gi_process_wait(inside(process));
}

bool gatio_sim_was_starved(const struct gatio_sim_process *process)
{
	return ((const struct gi_process *)process)->was_starved;
}

bool gatio_sim_said_why(const struct gatio_sim_process *process)
{
	const struct gi_process *starved = (const struct gi_process *)process;
	return starved->was_starved && starved->has_spoken;
}

bool gatio_sim_lacked_memory(const struct gatio_sim_process *process)
{
	return ((const struct gi_process *)process)->lacked_memory;
}

/* ---- Scripts ----------------------------------------------------------------------------------------------------- */

struct script {
	void (*run)(void *argument);
	void *argument;
};

static void *script_main(void *argument)
{
	struct script *script = argument;
	script->run(script->argument);
	return NULL;
}

void gatio_sim_script_on(uint32_t machine, const char *name, void (*run)(void *argument),
                         void *argument)
{
	gi_assert(machine < GI_MACHINES_MAX);
	struct script *script = malloc(sizeof(*script));
	gi_assert(script);
	*script = (struct script){.run = run, .argument = argument};
	struct gi_task *task = gi_task_start(NULL, name, script_main, script);
	gi_assert(task);
	task->machine = machine;
}

void gatio_sim_script(const char *name, void (*run)(void *argument), void *argument)
{
	gatio_sim_script_on(0, name, run, argument);
}

void gatio_sim_link_cut(uint32_t a, uint32_t b)
{
	if (!gi_link_is_cut(a, b)) {
		gi_link_set_cut(a, b, true);
		gi_stream_link_was_cut(a, b);
	}
	gi_sim_trace("link-cut", a, b);
}

void gatio_sim_link_heal(uint32_t a, uint32_t b)
{
	gi_link_set_cut(a, b, false);
	gi_sim_trace("link-healed", a, b);
}

static struct gi_task *other_script(void)
{
	struct gi_task *task = gi_sim_here->tasks;
	while (task && (task->process || task == gi_task_current())) {
		task = task->next;
	}
	return task;
}

void gatio_sim_join_all(void)
{
	struct gi_task *task;
	while ((task = other_script())) {
		gi_task_join(task);
	}
}

void gatio_sim_sleep(uint64_t ns)
{
	uint64_t now_ns = gi_sim_here->now_ns;
	(void)gi_task_wait(ns > GI_SIM_NEVER - now_ns ? GI_SIM_NEVER : now_ns + ns, "a time");
}

uint64_t gatio_sim_now_ns(void)
{
	return gi_sim_here->now_ns;
}

uint64_t gatio_sim_random(uint64_t bound)
{
	return gi_random_below(&gi_sim_here->user, bound);
}

void gatio_sim_random_bytes(void *bytes, size_t size)
{
	gi_random_fill(&gi_sim_here->user, bytes, size);
}

void gatio_sim_violated(const char *format, ...)
{
	char text[GI_TRACE_TEXT];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	gi_sim_violated("%s", text);
	gi_task_end();
}

void gatio_sim_note(const char *what, int64_t value)
{
	gi_sim_trace(what, 0, value);
}

void gatio_sim_count(const char *name, uint64_t count)
{
	gatio_sim_check(gi_trace_add(gi_sim_here->trace, name, count),
	                "more is counted than has room: %s", name);
}

/* ---- Connections ------------------------------------------------------------------------------------------------- */

static struct gi_stream *stream_of(struct gatio_sim_stream *stream)
{
	return (struct gi_stream *)stream;
}

static bool split(const char *text, char *out_host, size_t size, const char **out_port)
{
	const char *colon = strrchr(text, ':');
	if (!colon || (size_t)(colon - text) >= size) {
		return false;
	}
	memcpy(out_host, text, (size_t)(colon - text));
	out_host[colon - text] = '\0';
	*out_port = colon + 1;
	return true;
}

int gatio_sim_connect(struct gatio_sim_stream **out_stream, const char *address)
{
	char host[64];
	const char *port;
	struct sockaddr_storage to;
	socklen_t size;
	if (!split(address, host, sizeof(host), &port) ||
	    gi_endpoint_from_text(host, port, &to, &size)) {
		return -EINVAL;
	}
	struct gi_stream *stream;
	int err = gi_listener_connect(&stream, &to);
	if (!err) {
		*out_stream = (struct gatio_sim_stream *)stream;
	}
	return err;
}

struct waiter {
	struct gi_watcher watcher;
	struct gi_task *task;
};

static void on_ready(struct gi_watcher *watcher)
{
	gi_task_wake(gi_container_of(watcher, struct waiter, watcher)->task);
}

static void wait_for(struct gi_stream *stream, enum gi_direction direction, uint64_t until_ns)
{
	struct waiter waiter = {.watcher = {.notify = on_ready}, .task = gi_task_current()};
	gi_object_watch(&stream->object, &waiter.watcher, GI_DIRECTION_BIT(direction));
	if (!(gi_object_ready(&stream->object) & GI_DIRECTION_BIT(direction))) {
		(void)gi_task_wait(until_ns, direction == GI_DIRECTION_IN ? "bytes" : "room");
	}
	gi_object_unwatch(&waiter.watcher);
}

int gatio_sim_send(struct gatio_sim_stream *stream, const void *bytes, size_t size)
{
	const char *at = bytes;
	while (size > 0) {
		struct iovec part = {.iov_base = (void *)(uintptr_t)at, .iov_len = size};
		struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
		int sent = gi_stream_send(stream_of(stream), &message, 0);
		if (sent == -EAGAIN) {
			wait_for(stream_of(stream), GI_DIRECTION_OUT, GI_SIM_NEVER);
		} else if (sent < 0) {
			return sent;
		} else {
			at += sent;
			size -= (size_t)sent;
		}
	}
	return 0;
}

int gatio_sim_receive_for(struct gatio_sim_stream *stream, void *bytes, size_t size,
                          uint64_t wait_ns)
{
	uint64_t now_ns = gi_sim_here->now_ns;
	uint64_t until_ns = wait_ns > GI_SIM_NEVER - now_ns ? GI_SIM_NEVER : now_ns + wait_ns;
	for (;;) { /* until bytes come, or the time is over */
		int got = gi_stream_receive(stream_of(stream), bytes, size, 0);
		if (got != -EAGAIN) {
			return got;
		}
		if (gi_sim_here->now_ns >= until_ns) {
			return -ETIME;
		}
		wait_for(stream_of(stream), GI_DIRECTION_IN, until_ns);
	}
}

int gatio_sim_receive(struct gatio_sim_stream *stream, void *bytes, size_t size)
{
	return gatio_sim_receive_for(stream, bytes, size, UINT64_MAX);
}

int gatio_sim_receive_all(struct gatio_sim_stream *stream, void *bytes, size_t size)
{
	char *at = bytes;
	while (size > 0) {
		int got = gatio_sim_receive(stream, at, size);
		if (got <= 0) {
			return got == 0 ? -ENODATA : got;
		}
		at += got;
		size -= (size_t)got;
	}
	return 0;
}

void gatio_sim_shut(struct gatio_sim_stream *stream)
{
	(void)gi_stream_shutdown(stream_of(stream), SHUT_WR);
}

void gatio_sim_close(struct gatio_sim_stream *stream)
{
	gi_object_put(&stream_of(stream)->object);
}

bool gatio_sim_was_hurt(const struct gatio_sim_stream *stream)
{
	return ((const struct gi_stream *)stream)->was_hurt;
}

void gatio_sim_reset(struct gatio_sim_stream *stream)
{
	gi_stream_reset(stream_of(stream));
	gatio_sim_close(stream);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The door to the kernel, as a simulated machine: clock, chance, memory, threads, signals and words. */
#include "sim/counter.h"
#include "sim/object.h"
#include "sim/process.h"
#include "sim/task.h"

#include "base/assert.h"
#include "base/atomic.h"
#include "base/container.h"
#include "drivers/kernel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define CLOCK_MIN_NS 20u
#define CLOCK_MAX_NS 400u
#define MS_NS        UINT64_C(1000000)

/* ---- Time and chance --------------------------------------------------------------------------------------------- */

uint64_t gi_kernel_monotonic_ns(void)
{
	gi_task_spend(CLOCK_MIN_NS +
	              gi_random_below(&gi_sim_here->time, CLOCK_MAX_NS - CLOCK_MIN_NS));
	return gi_sim_here->now_ns;
}

int gi_kernel_entropy(void *out_bytes, size_t size)
{
	gi_random_fill(&gi_sim_here->entropy, out_bytes, size);
	return gi_process_refusal();
}

void gi_kernel_release(unsigned *out_major, unsigned *out_minor)
{
	*out_major = 6;
	*out_minor = 1;
}

int gi_kernel_io_uring_disabled(void)
{
	return 0;
}

/* From one driver to four, of one node or two. */
const char *gi_kernel_machine(void)
{
	static const char *const machines[] = {
	        "numa:1 core:1 pu:1", "numa:1 core:2 pu:1", "numa:1 core:2 pu:1",
	        "numa:1 core:3 pu:1", "numa:2 core:1 pu:1", "numa:2 core:2 pu:1",
	};
	struct gi_random machine;
	gi_random_init(&machine, gi_sim_here->seed, "machine");
	return machines[gi_random_below(&machine, sizeof(machines) / sizeof(machines[0]))];
}

/* ---- Memory: real, but counted ------------------------------------------------------------------------------------ */

/* While it starts only where the run has one such refusal for it: then it may end with a word. */
static bool is_refused(struct gi_process *process)
{
	process->map_count++;
	if (process->map_count == process->map_refused && !process->is_up) {
		gi_sim_here->trace->strikes[GI_FAULT_ALLOCATION_FAILS]++;
		gi_sim_trace(gi_fault_word(GI_FAULT_ALLOCATION_FAILS), process->map_count, 0);
		gi_process_starve(process);
		return true;
	}
	bool fails = process->is_up && gi_sim_strikes(GI_FAULT_MAP_FAILS);
	process->lacked_memory |= fails;
	return fails;
}

static void *map(size_t size, size_t alignment)
{
	struct gi_process *process = gi_process_current();
	if (process && is_refused(process)) {
		return NULL;
	}
	char *mapped = mmap(NULL, size + alignment, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mapped == MAP_FAILED) {
		return NULL;
	}
	size_t before = (size_t)(-(uintptr_t)mapped & (alignment - 1));
	if (before > 0) {
		munmap(mapped, before);
	}
	if (alignment > before) {
		munmap(mapped + before + size, alignment - before);
	}
	if (process) {
		process->mapped_size += size;
	}
	return mapped + before;
}

static void unmap(void *memory, size_t size)
{
	struct gi_process *process = gi_process_current();
	if (process) {
		gi_assert(process->mapped_size >= size);
		process->mapped_size -= size;
	}
	munmap(memory, size);
}

static int advise_huge(void *memory, size_t size)
{
	(void)memory;
	(void)size;
	return -EINVAL; /* a kernel without huge pages */
}

static int bind_to_node(void *memory, size_t size, int node)
{
	(void)memory;
	(void)size;
	(void)node;
	return gi_process_refusal();
}

const struct gi_memory_door gi_kernel_memory = {
        .map = map, .unmap = unmap, .advise_huge = advise_huge, .bind = bind_to_node};

int gi_kernel_memory_try_map(void)
{
	return gi_process_refusal();
}

int gi_kernel_memory_try_unmap(void)
{
	return gi_process_refusal();
}

/* ---- Threads ----------------------------------------------------------------------------------------------------- */

int gi_kernel_pin(uint32_t cpu)
{
	(void)cpu;
	return 0;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the door's */
int gi_kernel_affinity_get(unsigned char *out_mask, size_t size)
{
	(void)out_mask;
	(void)size;
	return -ENOSYS;
}

int gi_kernel_affinity_set(const unsigned char *mask, size_t size)
{
	(void)mask;
	(void)size;
	return -ENOSYS;
}

int gi_kernel_thread_start(pthread_t *out_thread, const char *name, const sigset_t *open,
                           void *(*run)(void *), void *argument)
{
	(void)open;
	if (gi_process_refusal()) {
		return -EAGAIN;
	}
	struct gi_task *task = gi_task_start(gi_process_current(), name, run, argument);
	if (!task) {
		return -EAGAIN;
	}
	*out_thread = (pthread_t)(uintptr_t)task;
	return 0;
}

void gi_kernel_thread_join(pthread_t thread)
{
	gi_task_join((struct gi_task *)(uintptr_t)thread);
}

/* Nothing comes between two instructions here: who is asked does not answer. */
void gi_kernel_thread_prepare_ask(int signal, void (*handler)(int))
{
	(void)signal;
	(void)handler;
}

void gi_kernel_thread_ask(pthread_t thread, int signal)
{
	gi_sim_trace("ask", ((struct gi_task *)(uintptr_t)thread)->number, signal);
}

void gi_kernel_pause_ns(uint64_t ns)
{
	gi_task_spend(ns);
}

void gi_kernel_exit(int status)
{
	gi_process_end(gi_process_current(), status);
	__builtin_unreachable();
}

/* Words: who waits is found by the address. */
void gi_kernel_word_wait(_Atomic uint32_t *word, uint32_t value, uint64_t wait_ns)
{
	struct gi_task *task = gi_task_current();
	if (gi_load_acquire(word) != value) { /* one thread */
		return;
	}
	task->word = word;
	(void)gi_task_wait(wait_ns > GI_SIM_NEVER - gi_sim_here->now_ns
	                           ? GI_SIM_NEVER
	                           : gi_sim_here->now_ns + wait_ns,
	                   "a word");
	task->word = NULL;
}

void gi_kernel_word_wake(_Atomic uint32_t *word)
{
	for (struct gi_task *task = gi_sim_here->tasks; task; task = task->next) {
		if (task->word == word) {
			gi_task_wake(task);
		}
	}
}

/* ---- Waiting for several ----------------------------------------------------------------------------------------- */

struct poller {
	struct gi_watcher watcher;
	struct gi_task *task;
};

static void on_ready(struct gi_watcher *watcher)
{
	gi_task_wake(gi_container_of(watcher, struct poller, watcher)->task);
}

static int see_ready(struct pollfd *fds, unsigned count)
{
	int ready_count = 0;
	for (unsigned i = 0; i < count; i++) {
		const struct gi_object *object = gi_descriptor_find(fds[i].fd);
		bool is_ready =
		        object && gi_object_ready(object) & GI_DIRECTION_BIT(GI_DIRECTION_IN);
		fds[i].revents = is_ready ? POLLIN : 0;
		ready_count += is_ready;
	}
	return ready_count;
}

#define POLL_MAX 8u

int gi_kernel_poll(struct pollfd *fds, unsigned count, int timeout_ms)
{
	struct poller pollers[POLL_MAX];
	gi_assert(count > 0 && count <= POLL_MAX);
	gi_task_spend(CLOCK_MAX_NS);
	uint64_t until_ns =
	        timeout_ms < 0 ? GI_SIM_NEVER : gi_sim_here->now_ns + (uint64_t)timeout_ms * MS_NS;
	int ready_count = see_ready(fds, count);
	gi_process_current()->is_up |= timeout_ms < 0; /* it waits for its end */
	if (ready_count > 0 || timeout_ms == 0) {
		return ready_count;
	}
	for (unsigned i = 0; i < count; i++) {
		struct gi_object *object = gi_descriptor_find(fds[i].fd);
		pollers[i] =
		        (struct poller){.watcher = {.notify = on_ready}, .task = gi_task_current()};
		if (object) {
			gi_object_watch(object, &pollers[i].watcher,
			                GI_DIRECTION_BIT(GI_DIRECTION_IN));
		}
	}
	(void)gi_task_wait(until_ns, "its descriptors");
	for (unsigned i = 0; i < count; i++) {
		gi_object_unwatch(&pollers[i].watcher);
	}
	return see_ready(fds, count);
}

void gi_kernel_signal_take(int fd)
{
	uint64_t value;
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	struct gi_object *object = gi_descriptor_of(fd, GI_OBJECT_COUNTER);
	gi_assert(object);
	while (gi_counter_read(object, &value, sizeof(value)) == -EAGAIN) {
		(void)gi_kernel_poll(&wait, 1, -1);
	}
}

/* ---- Signals ----------------------------------------------------------------------------------------------------- */

struct signals {
	struct gi_object object;
	struct gi_process *process;
};

static unsigned signals_ready(const struct gi_object *object)
{
	const struct signals *signals = (const void *)object;
	return signals->process->signals ? GI_DIRECTION_BIT(GI_DIRECTION_IN) : 0;
}

static void close_signals(struct gi_object *object)
{
	struct signals *signals = (void *)object;
	if (signals->process->signals_object == object) {
		signals->process->signals_object = NULL;
	}
}

int gi_kernel_signals_open(const sigset_t *signals)
{
	(void)signals;
	int err = gi_process_refusal();
	if (err) {
		return err;
	}
	struct signals *object = gi_object_create(sizeof(*object), GI_OBJECT_SIGNALS);
	object->object.ready = signals_ready;
	object->object.close = close_signals;
	object->process = gi_process_current();
	int fd = gi_descriptor_open(&object->object);
	if (fd >= 0) {
		object->process->signals_object = &object->object;
	}
	return fd;
}

bool gi_kernel_signals_take(int fd)
{
	struct signals *signals = gi_descriptor_of(fd, GI_OBJECT_SIGNALS);
	if (!signals || signals->process->signals == 0) {
		return false;
	}
	signals->process->signals &= signals->process->signals - 1;
	return true;
}

/* Of SIGTERM and SIGINT, and of the process: which of its threads takes one makes no difference here. */
void gi_kernel_signals_mask(int how, const sigset_t *signals, sigset_t *out_before)
{
	struct gi_process *process = gi_process_current();
	static const int known[] = {SIGTERM, SIGINT};
	if (out_before) {
		sigemptyset(out_before);
	}
	uint64_t blocked = process->blocked;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		uint64_t bit = UINT64_C(1) << known[i];
		bool is_named = sigismember(signals, known[i]) == 1;
		if (out_before && process->blocked & bit) {
			sigaddset(out_before, known[i]);
		}
		if (is_named && how != SIG_UNBLOCK) {
			blocked |= bit;
		} else if (is_named != (how == SIG_SETMASK)) {
			blocked &= ~bit;
		}
	}
	process->blocked = blocked;
	if (process->signals & ~blocked) {
		gi_process_end(process, 128 + __builtin_ctzll(process->signals & ~blocked));
	}
}

/* ---- Words to people, and bounds --------------------------------------------------------------------------------- */

int gi_kernel_write(int fd, const void *bytes, size_t size)
{
	(void)fd;
	gi_process_current()->has_spoken = true;
	gi_trace_bytes(gi_sim_here->trace, bytes, size);
	gi_sim_trace("write", size, 0);
	return (int)size;
}

uint64_t gi_kernel_descriptor_max(void)
{
	return gi_process_current()->object_max;
}

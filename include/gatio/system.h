/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System: one running gatio: the plan, its TPCs and drivers, from start to drained stop.
 *
 * Thread: everything here is for the thread that creates the system, unless its comment says otherwise.
 */
#ifndef GATIO_SYSTEM_H
#define GATIO_SYSTEM_H

#include <gatio/actor.h>

GATIO_C_BEGIN

struct gatio_system;
struct gatio_outside;

enum gatio_log_level {
	GATIO_LOG_ERROR = 0,
	GATIO_LOG_WARNING,
	GATIO_LOG_NOTICE,
	GATIO_LOG_DEBUG,
};

/* Called from any thread. text: one line without a newline, lent. Must not block for long. */
typedef void (*gatio_log_fn)(void *context, enum gatio_log_level level, const char *text);

/*
 * Writes "gatio: text" to stderr for notices and worse. When nobody reads there any more the line is lost, and nothing else
 * happens: no SIGPIPE.
 */
GATIO_API void gatio_log_stderr(void *context, enum gatio_log_level level, const char *text);

/* All zero is the default system: a driver for each core that this process may use, a TPC for each NUMA node. */
struct gatio_options {
	/* Plan. What is impossible is refused with a sentence in the log that says what would be possible. */
	uint32_t
	        driver_count; /* 0: one a core, within the cpu quota; at most 1023, who may share PUs */
	const char *cpus;     /* "0-3,8": PUs to use, as the kernel numbers them */
	const char *tpcs;     /* "node" (default), "one", "l3", or CPU lists: "0-3;4-7" */
	const char *
	        roles; /* "both" (default), "split" (SMT pairs), "io=1 tasks=3", "io:0,8 tasks:1-7" */

	/* Bounds. 0: the default in brackets. */
	uint64_t
	        memory_limit; /* bytes of each TPC's arena [80 % of its node's memory, shared by its TPCs] */
	uint32_t actor_count_max; /* on each driver [4194176, also the most] */
	uint32_t
	        mailbox_slots; /* messages in the ring of a pair of drivers; a power of two [256] */
	uint32_t
	        outbox_count_max; /* user messages that wait beyond a full ring, for each pair [4096] */
	uint32_t io_count_max; /* operations in the kernel, for each driver [65536] */
	uint32_t budget;       /* messages an actor handles each time it is its turn [64] */

	/*
	 * What the drivers' rings are of: "io_uring", "epoll", or "auto" (default): what GATIO_BACKEND in the environment
	 * says, else io_uring, and where that is refused, or memory that may be locked is too short for it, epoll, with one
	 * warning that says why.
	 */
	const char *backend;

	/* Time. */
	uint64_t
	        spin_ns; /* the longest look for work before a driver sleeps [adaptive, up to 50 us] */
	bool no_spin; /* sleep at once: saves power, costs a wake-up on each message from elsewhere */
	/*
	 * Leave drivers to the kernel's scheduler instead of pinning each to its PU: for machines that are shared with
	 * other busy programs. Where pinning is refused (seccomp), it is so by itself, with one warning.
	 */
	bool no_pin;
	uint64_t sleep_ns;    /* the longest sleep: the safety net below the doorbells [1 s] */
	uint64_t watchdog_ns; /* a handler that runs longer is reported in the log [1 s] */
	uint64_t drain_ns;    /* the deadline of a drain [10 s] */

	gatio_log_fn log; /* [none] */
	void *log_context;
};

/*
 * Create a system: read the machine, make the plan, take the memory, open the rings and start the drivers. From here on
 * SIGTERM and SIGINT are blocked in the calling thread: they wait for gatio_system_run().
 *
 * Owner: gives; ends with gatio_system_run or gatio_system_destroy. Strings of the options are copied.
 * Error: -EINVAL bad option, or bad GATIO_BACKEND; -EEXIST two message types of one name; -ENOMEM; -EMFILE too many open
 *        files; -ENOSPC epoll may watch no more descriptors; -EAGAIN 63 systems are in this process, or no more threads can
 *        be made; -EPERM, -EACCES, -ENOSYS a system call that is needed is refused, of io_uring only where the option
 *        `backend` or GATIO_BACKEND says "io_uring". The log says it in a sentence.
 */
GATIO_MUST_CHECK GATIO_API int gatio_system_create(struct gatio_system **out_system,
                                                   const struct gatio_options *options);

/* gatio_spawn_at() from outside: GATIO_HERE and GATIO_NEAR mean GATIO_ANYWHERE. Thread: any but a driver. */
#define gatio_system_spawn(system_, place_, ...)                                                   \
	gatio_system_actor_spawn((system_), (place_), GATIO_ACTING(__VA_ARGS__))

GATIO_API struct gatio_address gatio_system_actor_spawn(struct gatio_system *system,
                                                        struct gatio_place place,
                                                        struct gatio_behavior *behavior,
                                                        const void *state);

/*
 * The system drains: finish, say good-bye, gatio_exit(). At the deadline what is left is cut. It comes to connections, and
 * to every other actor that handles it; a connection without a handler for it ends at once, with what it has written still
 * sent. A connection hears of it after all bytes that had come by then, unless it has paused.
 */
GATIO_MESSAGE(gatio_draining, { uint64_t deadline_ns; });

/*
 * Begin to stop. `status` is what gatio_system_run() returns.
 *
 * 1. Ports stop accepting, and what the kernel has accepted already is served. Connections and the actors that handle
 *    gatio_draining are told. Everything goes on as before until the last of these has ended: they, and nobody else, hold
 *    up the drain.
 * 2. Then nothing new is sent: gatio_send() and its like return -ESHUTDOWN, timers do not fire. Each message that had been
 *    sent by then is handled, once.
 * 3. What is left ends with -ESHUTDOWN, and connections are closed.
 *
 * drain_ns after the beginning, or at the second signal, 3. comes whatever is left of 1. and 2.: an actor that runs ends
 * with its handler. One that does not return then (for a second; a tenth of one after a second signal) is named in the log,
 * as is the last of many that leave their driver no pause (for five seconds; one), and the process ends with
 * GATIO_STATUS_STUCK when all other drivers are done.
 *
 * Thread: any, drivers included; the first call wins.
 */
GATIO_API void gatio_system_stop(struct gatio_system *system, int status);

/* How gatio_system_run() ends the process when a handler does not let the system stop. */
#define GATIO_STATUS_STUCK 70

/* The system of the calling driver. Thread: a driver. */
GATIO_API struct gatio_system *gatio_current_system(void);

/*
 * For a child process that a handler starts: a driver's thread has most signals blocked and one CPU, and a child inherits
 * both, whether by fork(2), posix_spawn(3), system(3) or popen(3). Call this between fork and exec:
 *
 *     pid_t child = fork();
 *     if (child == 0) {
 *             gatio_child_prepare();
 *             execv(path, arguments);
 *             _exit(127);
 *     }
 *
 * Signal mask and CPUs are then those that the thread had which created the system. Descriptors of gatio close by
 * themselves at exec. Async-signal-safe. Waiting for the child is a thread's business, not a handler's.
 * Thread: the child's only one, forked in a handler.
 */
GATIO_API void gatio_child_prepare(void);

/*
 * Wait until the system has stopped, then destroy it. SIGTERM and SIGINT begin the stop of every system of the process,
 * with status 0; a second one ends the drain at once.
 *
 * Owner: moves. Returns the status given to gatio_system_stop().
 */
GATIO_API int gatio_system_run(struct gatio_system *system);

/*
 * Stop at once, without a drain, and give everything back. Waits for handlers that run; one that does not return within a
 * second is named in the log. NULL is accepted.
 */
GATIO_API void gatio_system_destroy(struct gatio_system *system);

GATIO_API uint32_t gatio_system_driver_count(const struct gatio_system *system);

/*
 * The shortest program: a default system with a log on stderr and one actor; ends when that actor ends, with its
 * reason as status (or at SIGTERM, SIGINT). Returns 1 if the system could not be created.
 *
 *     int main(void) { return gatio_run(hello); }
 */
#define gatio_run(...)                gatio_run_actor(NULL, GATIO_ACTING(__VA_ARGS__))
#define gatio_run_with(options_, ...) gatio_run_actor((options_), GATIO_ACTING(__VA_ARGS__))

GATIO_API int gatio_run_actor(const struct gatio_options *options, struct gatio_behavior *behavior,
                              const void *state);

/*
 * The bytes that a driver may count on: the limit of its TPC's memory, shared evenly by the TPC's drivers. What a service
 * keeps must be well below it: messages, connections and the rest of it live there too. 0: no limit is known, or no such
 * driver. Thread: any.
 */
GATIO_API uint64_t gatio_system_memory_share(const struct gatio_system *system,
                                             uint32_t driver_index);

/* ---- Sending from threads that are no drivers -------------------------------------------------------------------- */

/*
 * A way in for one thread outside. Each send takes a lock and, when the driver sleeps, a system call: some hundred
 * nanoseconds to some microseconds, where a driver's own send costs tens. Replies come to nobody.
 *
 * Owner:  gives; ends with gatio_outside_close, before or after the system's end: then sends return -ESHUTDOWN. Open it
 *         while the system is there for sure.
 * Thread: any but a driver; one at a time.
 */
GATIO_MUST_CHECK GATIO_API int gatio_outside_open(struct gatio_outside **out_outside,
                                                  struct gatio_system *system);
GATIO_API void gatio_outside_close(struct gatio_outside *outside);

/*
 * Error: -ENOBUFS 1024 messages wait for that driver; -ESRCH an address of nobody or of another system; -ENOMEM; -ESHUTDOWN.
 *        What is refused has come to no driver, so none counts it; a message to one that has ended is a dead letter there.
 */
#define gatio_outside_send(outside_, to_, ...)                                                     \
	gatio_outside_actor_send((outside_), (to_), GATIO_TYPED(__VA_ARGS__))

GATIO_API int gatio_outside_actor_send(struct gatio_outside *outside, struct gatio_address to,
                                       const struct gatio_message_type *type, const void *message);

/* ---- Counters ---------------------------------------------------------------------------------------------------- */

/* Since start; each is exact for its driver, the sum is not one instant. */
struct gatio_counters {
	uint64_t turns;
	uint64_t sleeps;
	uint64_t enters;    /* system calls of the driver */
	uint64_t doorbells; /* sent to other drivers */
	uint64_t doorbell_errors;
	uint64_t messages_local; /* sent to an actor of the same driver */
	uint64_t messages_out;   /* to one of another */
	uint64_t messages_in;    /* from another driver or from outside */
	uint64_t dead_letters;   /* receiver gone, no handler, or no memory to keep it */
	uint64_t refused;        /* sends that returned -ENOBUFS */
	uint64_t actors_spawned;
	uint64_t actors_ended;
	uint64_t actors_alive;
	uint64_t completions;
	uint64_t cq_overflows;
	uint64_t stale_completions;
	uint64_t stuck_handlers; /* reports of the watchdog */
	uint64_t memory_used;    /* bytes in blocks of this driver's heap */
};

/* Thread: any. -EINVAL no such driver. */
GATIO_API int gatio_system_counters(const struct gatio_system *system, uint32_t driver_index,
                                    struct gatio_counters *out_counters);

GATIO_C_END

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sim: a service of yours, and all of gatio under it, in a machine that exists only for the test.
 *
 * The program is linked with libgatio_sim.a before libgatio.a, the same libgatio.a that ships, and with --wrap for malloc(3) and
 * the like: pkg-config's gatio_sim and CMake's gatio::gatio_sim say all of it. Its threads run one at a time,
 * in an order drawn from a seed; its clock is virtual, so that idle days cost nothing; its sockets, rings and memory are
 * simulated, and fail as real ones do, now and then, as the seed draws it. The same seed is the same run.
 *
 *     static void client(void *argument)
 *     {
 *             struct gatio_sim_stream *stream;
 *             char text[5];
 *             if (gatio_sim_connect(&stream, "127.0.0.1:7777") || gatio_sim_send(stream, "hello", 5) ||
 *                 gatio_sim_receive_all(stream, text, 5)) {
 *                     return; // the seed has cut it
 *             }
 *             gatio_sim_check(memcmp(text, "hello", 5) == 0, "what comes back is what was sent");
 *             gatio_sim_close(stream);
 *     }
 *
 *     static void world(void)
 *     {
 *             char *arguments[] = {"echo", NULL};
 *             struct gatio_sim_process *echo = gatio_sim_start("echo", echo_main, arguments);
 *             gatio_sim_script("client", client, NULL);
 *             gatio_sim_join_all();
 *             gatio_sim_terminate(echo);
 *             gatio_sim_check(gatio_sim_wait(echo) == 0, "echo drains and ends with status 0");
 *     }
 *
 *     int main(int argc, char **argv)
 *     {
 *             return gatio_sim_main(argc, argv, &(struct gatio_sim_options){.name = "echo", .world = world});
 *     }
 *
 * The service is your program's own main, compiled under another name (cc -Dmain=echo_main). What it asks of the C library is
 * virtual as well where it would differ from run to run: time(2), clock_gettime(2), gettimeofday(2), getrandom(2),
 * getentropy(3), getpid(2), and it sleeps in virtual time. Threads of its own, files and other sockets are not simulated.
 *
 * Thread: everything but gatio_sim_main() is called by scripts. Durations are virtual nanoseconds.
 *
 * Scripts are straight-line code that waits in virtual time. A script may call what is here and nothing of gatio's; the service
 * nothing of what is here. Each process has the program's variables for itself, as they were at the beginning: a script keeps
 * what it is to keep on its stack and in its argument, not in variables.
 */
#ifndef GATIO_SIM_H
#define GATIO_SIM_H

#include <gatio/defs.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

GATIO_C_BEGIN

struct gatio_sim_process;
struct gatio_sim_stream;

struct gatio_sim_options {
	const char *name;    /* of the world, in what is printed */
	void (*world)(void); /* a script; the run ends when it has returned */
	uint64_t
	        time_limit_ns; /* virtual; 0: an hour. Whoever still waits then, waits for ever: a violation */
};

/*
 * Run seeds as the command line says, and print what came of it; --help lists the options. Returns the status for main: 0, 1
 * when an invariant was violated in some run, 2 for a wrong command line.
 */
int gatio_sim_main(int argc, char **argv, const struct gatio_sim_options *options);

/* ---- The service ------------------------------------------------------------------------------------------------- */

/*
 * A process begins with this main, on the first machine. arguments: as main has them, NULL at the end; copied. Owner: gives,
 * until the run's end.
 */
struct gatio_sim_process *gatio_sim_start(const char *name, int (*main)(int argc, char **argv),
                                          char *const *arguments);
/* SIGTERM. */
void gatio_sim_terminate(struct gatio_sim_process *process);
/* SIGKILL: it ends where it stands. */
void gatio_sim_kill(struct gatio_sim_process *process);
/* The same, where the seed has such ends, and now and then. Returns whether it has. */
bool gatio_sim_maybe_kill(struct gatio_sim_process *process);
bool gatio_sim_is_running(const struct gatio_sim_process *process);
/* Returns what its main has returned, or 128 and the signal that has ended it. */
int gatio_sim_wait(struct gatio_sim_process *process);

/* Memory or a call was refused to it while it started: it may have ended with a word, and a status that is not 0. */
bool gatio_sim_was_starved(const struct gatio_sim_process *process);
/* So it was, and has said something since. */
bool gatio_sim_said_why(const struct gatio_sim_process *process);
/* Memory was refused to it since: it may have lost what it says it may lose then. */
bool gatio_sim_lacked_memory(const struct gatio_sim_process *process);

/* ---- Scripts ----------------------------------------------------------------------------------------------------- */

/* It runs beside the others. name: copied. */
void gatio_sim_script(const char *name, void (*run)(void *argument), void *argument);
/* Wait until no script is left but the one that calls. */
void gatio_sim_join_all(void);

void gatio_sim_sleep(uint64_t ns);
/* Virtual, monotonic. */
uint64_t gatio_sim_now_ns(void);
/* Below `bound`, which is not 0. */
uint64_t gatio_sim_random(uint64_t bound);
void gatio_sim_random_bytes(void *bytes, size_t size);

/* An invariant. Where it does not hold the run ends, and is reported with this text. */
#define gatio_sim_check(condition, ...) ((condition) ? (void)0 : gatio_sim_violated(__VA_ARGS__))
__attribute__((noreturn, format(printf, 1, 2))) void gatio_sim_violated(const char *format, ...);
/* A line for whoever reads a trace. */
void gatio_sim_note(const char *what, int64_t value);
/* Added up over all seeds, and said at their end: how often a checker gave up, say. name: copied, up to 23 bytes; 8 names. */
void gatio_sim_count(const char *name, uint64_t count);

/* ---- Several machines ------------------------------------------------------------------------------------------------ */

/* Up to 16, numbered from 0: 10.0.0.1 is the first. Loopback addresses are each machine's own. */
struct gatio_sim_process *gatio_sim_start_on(uint32_t machine, const char *name,
                                             int (*main)(int argc, char **argv),
                                             char *const *arguments);
void gatio_sim_script_on(uint32_t machine, const char *name, void (*run)(void *argument),
                         void *argument);
/*
 * Nothing comes through, either way. What was sent comes after it has been healed, but for a reset, which is said once: then
 * the answer to what is sent again is another. Scripts' connections ask after their peer as well: one that has heard nothing
 * for 90 seconds is over (-ETIMEDOUT). gatio's do so after hours, which no run takes.
 */
void gatio_sim_link_cut(uint32_t a, uint32_t b);
void gatio_sim_link_heal(uint32_t a, uint32_t b);

/* ---- Their connections --------------------------------------------------------------------------------------------- */

/* address: "127.0.0.1:7777". Waits. Owner: gives; ends with close or reset. Error: -ECONNREFUSED, -ETIMEDOUT, -EINVAL. */
int gatio_sim_connect(struct gatio_sim_stream **out_stream, const char *address);
/* All of it; waits. Error: -ECONNRESET, -EPIPE, -ETIMEDOUT: the connection is cut. */
int gatio_sim_send(struct gatio_sim_stream *stream, const void *bytes, size_t size);
/* Some of what comes; waits for the first byte. Returns how many bytes; 0: the peer has said its last. Error: as send. */
int gatio_sim_receive(struct gatio_sim_stream *stream, void *bytes, size_t size);
/* So many bytes. Error: as send; -ENODATA: the peer has said its last before. */
int gatio_sim_receive_all(struct gatio_sim_stream *stream, void *bytes, size_t size);
/* As receive, no longer than so long. Error: -ETIME. */
int gatio_sim_receive_for(struct gatio_sim_stream *stream, void *bytes, size_t size,
                          uint64_t wait_ns);
/* The peer sees the end; what it sends can still be received. */
void gatio_sim_shut(struct gatio_sim_stream *stream);
void gatio_sim_close(struct gatio_sim_stream *stream);
/* A fault has struck on its way: that it ends, or that nothing comes any more, is not the service's doing. */
bool gatio_sim_was_hurt(const struct gatio_sim_stream *stream);
/* The peer sees a reset. */
void gatio_sim_reset(struct gatio_sim_stream *stream);

GATIO_C_END

#endif

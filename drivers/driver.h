/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Driver: one core, one thread, one io_uring, one loop.
 *
 * A turn reaps completions, drains the active mailboxes, fires timers, runs what is ready, publishes what was sent, and
 * enters the kernel only if there is something to submit, something to fetch, or nothing left to do. gi_driver_turn()
 * is the whole loop body: a test calls it without a thread.
 *
 * Rooms above are called through the functions given at create: deliver() for messages, idle() before a sleep.
 */
#ifndef GI_DRIVERS_DRIVER_H
#define GI_DRIVERS_DRIVER_H

#include "base/atomic.h"
#include "drivers/io.h"
#include "drivers/timer.h"
#include "drivers/work.h"
#include "mailbox/mailbox.h"
#include "mailbox/message.h"
#include "topology/heap.h"

#include <stdbool.h>
#include <stdint.h>

struct gi_driver;
struct gi_driver_group;
struct gi_outside;
struct gi_ring;
struct gi_route;
struct gi_thread;

struct gi_driver_hooks {
	/*
	 * Messages of one sender, lent where they lie. The first has come; of the count - 1 slots behind it those that
	 * gi_message_has_come() says, which may be more while it looks. Returns how many were taken, from the first on.
	 * 0: no more of this sender in this turn; in the next one another sender is first.
	 */
	uint32_t (*deliver)(void *context, struct gi_message *first, uint32_t count,
	                    uint32_t stamp);
	/* After what was ready has run, before anything leaves: what is gathered over a turn. */
	void (*flush)(void *context);
	/* Called when a turn has left nothing to do, before the driver may sleep. */
	void (*idle)(void *context);
	/* The calling thread is this driver's from now on; NULL: nobody's. */
	void (*become)(void *context);
	void *context;
};

/* What its ring is of. */
enum gi_backend {
	GI_BACKEND_IO_URING = 0,
	GI_BACKEND_EPOLL, /* where io_uring is refused */
};

struct gi_driver_options {
	enum gi_backend backend;
	uint32_t index;
	uint32_t cpu;
	bool pin;                  /* to the cpu */
	bool spin_allowed;         /* else it sleeps at once */
	uint64_t spin_ns;          /* longest spin; 0: adaptive */
	uint64_t sleep_ns;         /* longest sleep; UINT64_MAX: no bound (stress tests) */
	uint32_t entry_count;      /* of the submission queue; 0: default */
	uint32_t completion_count; /* of the completion queue; 0: default */
	bool wants_whole_ring;     /* no smaller one where memory that may be locked is short */
	uint32_t io_count_max;
	uint32_t mailbox_slots;
	uint32_t outbox_count_max;
	struct gi_arena *arena; /* of its TPC */
	struct gi_driver_group *group;
};

/* Written by the driver, read by anyone. */
struct gi_driver_counters {
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint64_t turns;
	_Atomic uint64_t sleeps;
	_Atomic uint64_t enters;
	_Atomic uint64_t doorbells;
	_Atomic uint64_t doorbell_errors;
	_Atomic uint64_t messages_in;
	_Atomic uint64_t messages_out;
	_Atomic uint64_t refused;
	_Atomic uint64_t completions;
	_Atomic uint64_t cq_overflows;
	_Atomic uint64_t stale_completions;
	_Atomic uint64_t spins_won;  /* ended by work */
	_Atomic uint64_t spins_lost; /* ended by sleep */
};

/* What runs now: the watchdog reads it. sequence changes with each handler; 0 behaviour: none runs. */
struct gi_driver_running {
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint64_t sequence;
	_Atomic uint64_t address;
	_Atomic(const char *) name;
};

/* See drivers/clock.h. */
struct gi_clock {
	uint64_t judged_ns;       /* deadlines up to here have passed, none after */
	uint64_t look_ns;         /* when the look under way began; 0: none is */
	uint64_t settle_until_ns; /* what has been taken is waited for until then, see clock.h */
	uint32_t
	        enters_left; /* until what the kernel held back is in the completion queue for sure */
	uint32_t completion_end; /* valid while is_fetched: it is in there, before this number */
	bool is_fetched;
};

struct gi_driver {
	/* Constant after create. */
	struct gi_driver_options options;
	struct gi_driver_hooks hooks;
	struct gi_driver_group *group;
	uint32_t index;
	struct gi_heap *heap;
	struct gi_ring *ring;

	/* Its own. */
	struct gi_work_queues ready;
	struct gi_timer_wheel timers;
	struct gi_clock clock;
	struct gi_inbound inbound;
	struct gi_route **routes; /* by receiving driver; NULL until the first message */
	struct gi_route *dirty;   /* routes with something unpublished or waiting */
	struct gi_buffers *buffers;
	uint64_t turn_number;
	uint64_t now_ns; /* valid while now_turn == turn_number; of the next turn after a sleep */
	uint64_t now_turn;
	uint64_t spin_budget_ns; /* adaptive; 0: closed */
	uint32_t short_sleeps;   /* since the spin was closed */
	uint32_t
	        opens_after; /* short sleeps that open it again; doubles while opening does not pay */
	bool must_not_sleep; /* one more turn */
	bool was_idle;       /* before this turn there was nothing to do */
	bool must_stop;
	bool is_entered; /* has a thread: from gi_driver_enter_thread() to gi_driver_leave_thread() */
	bool is_quiet;   /* nothing is published any more */
	bool is_short;   /* counted in the group's short_count */
	uint64_t doorbells_owed_count;
	uint64_t *doorbells_owed; /* a bit for each driver whose doorbell could not be sent */
	struct gi_io outside_io;  /* reads the descriptor that threads outside raise */
	uint64_t outside_value;
	int outside_fd;
	struct gi_thread *thread;

	/* Shared. */
	struct gi_bell bell;
	/* Shared: a chain of blocks that come home; others add to it, this driver takes it. See home.h. */
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic(void *) home;
	struct gi_driver_counters counters;
	struct gi_driver_running running;
};

/* All drivers of a system: who is where. Constant once started. */
struct gi_driver_group {
	struct gi_driver **drivers; /* by index */
	uint32_t driver_count;
	struct gi_outside *outside;                           /* the way in for threads outside */
	_Alignas(GI_CACHE_LINE_PAIR) _Atomic uint32_t may_go; /* start: all rings are enabled */
	_Atomic uint32_t quiet_count; /* stop: drivers that have nothing more to say */
	_Atomic uint32_t short_count; /* drivers whose TPC is short of memory; see home.h */
};

/* The sender index of outside, in gi_block_chain.home_index and gi_mailbox.sender_index. */
#define GI_OUTSIDE_INDEX(group) ((group)->driver_count)

/*
 * Make a driver with its ring, still disabled. Thread: the creator's.
 * Error: -ENOMEM; -EDQUOT the memory that may be locked is too short for a whole ring, which is wanted; -ENOSYS, -EPERM no io_uring here; and what io_uring_setup(2) says.
 */
int gi_driver_create(struct gi_driver **out_driver, const struct gi_driver_options *options,
                     const struct gi_driver_hooks *hooks);

/*
 * What it has in other drivers' memory goes back: for all drivers of a group before the first is destroyed.
 * Thread: as gi_driver_destroy().
 */
void gi_driver_free_routes(struct gi_driver *driver);

/* NULL is accepted. Thread: whoever is alone with it, after its thread has ended. */
void gi_driver_destroy(struct gi_driver *driver);

/*
 * Become the driver's thread: pin, enable the ring. For the thread made by gi_driver_start(), and for tests that turn
 * drivers by hand: then several drivers may be entered by one thread, which becomes the one that it turns next. Error:
 * what the kernel says.
 */
int gi_driver_enter_thread(struct gi_driver *driver);
/* NULL: the thread is no driver. */
void gi_driver_become(struct gi_driver *driver);
void gi_driver_leave_thread(struct gi_driver *driver);

/*
 * Start the driver's thread, and wait until it stands ready to turn. It turns once gi_drivers_go() has been called for
 * its group: no driver rings another before all rings are enabled. Error: from the thread, which has ended then.
 */
int gi_driver_start(struct gi_driver *driver);
void gi_drivers_go(struct gi_driver_group *group);

/* End the loop after this turn: all drivers fall quiet together, then the threads end. Thread: its driver. */
void gi_driver_stop(struct gi_driver *driver);

/* Wait for the thread's end. Thread: the one that started it. */
void gi_driver_join(struct gi_driver *driver);

/* The loop body. may_sleep: false for tests and during the stop. Returns the number of things done. */
uint32_t gi_driver_turn(struct gi_driver *driver, bool may_sleep);

/* Monotonic time, read at most once a turn. */
uint64_t gi_driver_now_ns(struct gi_driver *driver);
/* The same, read now: what begins in the middle of a long turn must not count from the turn's beginning. */
uint64_t gi_driver_fresh_ns(struct gi_driver *driver);
/*
 * The time by which a timer that fires is due, and by which it judges who was late: all that came until then has been
 * taken out of ring and mailboxes. Never ahead of gi_driver_now_ns(), behind it by a long turn or a flood.
 */
uint64_t gi_driver_judged_ns(const struct gi_driver *driver);

/* Free a block of any heap; those of other drivers go home in batches. */
void gi_driver_free(struct gi_driver *driver, void *block);

/* From a thread outside: wake this driver if it sleeps. */
void gi_driver_raise(struct gi_driver *driver);

/* Operations in the kernel or queued for it. */
uint32_t gi_driver_io_count(const struct gi_driver *driver);

/* The driver whose thread this is, or NULL. */
struct gi_driver *gi_driver_current(void);
#define gi_assert_on_driver(driver) gi_assert_slow(gi_driver_current() == (driver))

/* What the ring could have, found by trial: one line for `gatio doctor`-like output and the log. Thread: any. */
void gi_driver_describe(const struct gi_driver *driver, char *out_text, size_t size);

#endif

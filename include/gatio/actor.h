/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actor: state that only its own handlers touch, on one driver, one message at a time.
 *
 * Thread: everything here is for code that runs on a driver, in a handler, unless its comment says otherwise.
 */
#ifndef GATIO_ACTOR_H
#define GATIO_ACTOR_H

#include <gatio/message.h>

GATIO_C_BEGIN

/* ---- Behaviours ------------------------------------------------------------------------------------------------- */

typedef void (*gatio_handler_fn)(void *self, const void *message);
typedef void (*gatio_started_fn)(void *self);
typedef void (*gatio_ended_fn)(void *self, int reason);
typedef void (*gatio_answer_fn)(void *self, const void *message, int err);

/* Classes share a driver by weight (see drivers/README.md); none starves. */
enum gatio_priority {
	GATIO_NORMAL = 0,
	GATIO_URGENT,
	GATIO_BACKGROUND,
};

struct gatio_handler {
	const struct gatio_message_type *type;
	gatio_handler_fn handle;
};

/* One kind of actor. Made by GATIO_BEHAVIOR, constant once the system exists. */
struct gatio_behavior {
	const char *name;
	size_t state_size;
	const struct gatio_handler *handlers;
	size_t handler_count;
	gatio_started_fn started;
	gatio_ended_fn ended;
	gatio_handler_fn
	        other; /* messages without a handler of their own; else they are dead letters */
	enum gatio_priority priority;
	uint32_t budget; /* messages each time it is its turn; 0: the system's default */
	/* Private: zero, and set by the library. */
	const gatio_handler_fn *table; /* by message type index */
	const char *kept_name;         /* name, where it stays when the library goes */
	uint32_t table_size;
	uint32_t number;
	uint32_t held_count;
	struct gatio_behavior *next;
};

/*
 * Called by GATIO_BEHAVIOR before main, or when its library is loaded; and when that is unloaded. A library may be loaded
 * with dlopen() while systems run; it must use the same libgatio as the program (the shared one is). Before dlclose() all actors of its behaviours must have ended (by the counters of the
 * system, or with it): their code goes.
 *
 * Thread: any.
 */
GATIO_API void gatio_behavior_register(struct gatio_behavior *behavior);
GATIO_API void gatio_behavior_unregister(struct gatio_behavior *behavior);

/*
 * Define how actors of one kind behave: their state is struct NAME, and each item says one thing about them.
 *
 *     GATIO_BEHAVIOR(counter, on(counter_add, on_add), on(counter_read, on_read));
 *
 * on(message, handler)   void handler(struct NAME *self, const struct message *message)    message is lent
 * started(function)      void function(struct NAME *self)                 before the first message
 * ended(function)        void function(struct NAME *self, int reason)     last, however it ends, started or not
 * other(handler)         void handler(struct NAME *self, const void *message)   what has no on()
 * priority(class)        GATIO_URGENT, GATIO_NORMAL, GATIO_BACKGROUND
 * budget(count)          messages handled each time it is its turn, before the next of its class; its turn may come several
 *                        times in one turn of the driver
 *
 * A function of another type is a compile error, as are two handlers of one message, a second item of any other kind, no
 * items at all, more than 63, and a state that needs more than 16-byte alignment.
 */
#define GATIO_BEHAVIOR(...) GATIO_DEFINE(OWN, __VA_ARGS__)

/* Above a function that spawns a behaviour which is defined further down in the same file; spawning one that is not is misuse. */
#define GATIO_DECLARE_BEHAVIOR(name_) GATIO_DECLARE_OWN(name_)

/*
 * A behaviour that other files spawn too: the declaration in a header, the definition in one file. Its name, like that of
 * a global function, is taken for the whole program. All others are their file's own.
 */
#define GATIO_DECLARE_SHARED_BEHAVIOR(name_) GATIO_DECLARE_SHARED(name_)
#define GATIO_SHARED_BEHAVIOR(...)           GATIO_DEFINE(SHARED, __VA_ARGS__)

/* ---- Spawning and ending ---------------------------------------------------------------------------------------- */

enum gatio_place_kind {
	GATIO_PLACE_HERE = 0,
	GATIO_PLACE_DRIVER,
	GATIO_PLACE_TPC,
	GATIO_PLACE_NEAR,
	GATIO_PLACE_ANYWHERE,
};

/* Where an actor is to run. One stays on its driver for life. */
struct gatio_place {
	enum gatio_place_kind kind;
	uint32_t index;
	struct gatio_address near;
};

#define GATIO_HERE GATIO_VALUE(gatio_place, GATIO_PLACE_HERE, 0, {0})
#define GATIO_ON_DRIVER(index_)                                                                    \
	GATIO_VALUE(gatio_place, GATIO_PLACE_DRIVER, GATIO_CAST(uint32_t, (index_)), {0})
/* The least loaded driver of a TPC that runs tasks. */
#define GATIO_ON_TPC(index_)                                                                       \
	GATIO_VALUE(gatio_place, GATIO_PLACE_TPC, GATIO_CAST(uint32_t, (index_)), {0})
/* The least loaded driver near another actor: same L3 group first, then same TPC. */
#define GATIO_NEAR(address_) GATIO_VALUE(gatio_place, GATIO_PLACE_NEAR, 0, (address_))
/* The least loaded driver of all that run tasks. */
#define GATIO_ANYWHERE GATIO_VALUE(gatio_place, GATIO_PLACE_ANYWHERE, 0, {0})

/*
 * Spawn an actor on this driver (gatio_spawn) or somewhere else (gatio_spawn_at), with the initial state given like an
 * initialiser: gatio_spawn(counter, .total = 5). Its started() runs before its first message, on its own driver; a
 * message sent to the address at once is not lost.
 *
 * Error: the address tells, see gatio_address_error(): -ENOMEM memory or actors at their limit; -EINVAL no such driver
 *        or TPC, or one that runs no tasks; -ENOBUFS as many actors are on their way to that driver as the ring of a pair
 *        has slots (mailbox_slots): spawn the others later; -ESHUTDOWN. For a behaviour of a library that was loaded
 *        later also -EEXIST, -E2BIG as gatio_system_create(), and -EINVAL if it handles a message that is not registered
 *        (the log says it). On another driver a lack of memory, or of the last place, shows as the end of the actor
 *        before its start.
 */
#define gatio_spawn(...)            gatio_spawn_at(GATIO_HERE, __VA_ARGS__)
#define gatio_spawn_at(place_, ...) gatio_actor_spawn((place_), GATIO_ACTING(__VA_ARGS__))

GATIO_API struct gatio_address
gatio_actor_spawn(struct gatio_place place, struct gatio_behavior *behavior, const void *state);

/* End this actor when the handler returns. reason: 0 done, else why (a negative errno or a number of your own). */
GATIO_API void gatio_exit(int reason);

/* ---- Sending ---------------------------------------------------------------------------------------------------- */

/*
 * Send a message: gatio_send(to, counter_add, .amount = 5). Never blocks. Messages from one actor to another arrive in
 * the order sent; nothing else is promised. What cannot be delivered is counted as a dead letter; of a message that its
 * receiver does not handle the log warns as well, once for each behaviour and type.
 *
 * Owner: copies.
 * Error: -ENOBUFS the way to the receiver's driver is full, or there is no memory to make it or to wait in; -ESRCH no such
 *        actor (known only on this driver), nobody, or an address of another system; -ENOMEM memory at its limit;
 *        -ESHUTDOWN; and the error of an address that a spawn failed with: -EINVAL after one on driver 99, as
 *        gatio_address_error() says.
 */
#define gatio_send(to_, ...) gatio_actor_send((to_), GATIO_TYPED(__VA_ARGS__))

GATIO_API int gatio_actor_send(struct gatio_address to, const struct gatio_message_type *type,
                               const void *message);

/*
 * Send a message made by gatio_message_new() or gatio_message_keep().
 *
 * Owner: moves on success; on error the caller still owns it.
 * Error: as gatio_send().
 */
GATIO_API int gatio_post(struct gatio_address to, void *message);

/* Pass the message that is being handled to another actor, which can reply to the one that sent it here. */
GATIO_API int gatio_forward(struct gatio_address to);

/* ---- Asking and replying ---------------------------------------------------------------------------------------- */

/* Who waits for an answer. A plain value; keep it to answer after the handler has returned. */
struct gatio_asker {
	struct gatio_address address;
	uint64_t token;
};

/* The asker of the message that is being handled; for a message that was sent, its sender. */
GATIO_API struct gatio_asker gatio_asker(void);

/*
 * Answer the message that is being handled, or a kept asker. To one who asked, it comes as the answer; to one who sent,
 * as a message.
 *
 * Error: as gatio_send().
 */
#define gatio_reply(...)            gatio_reply_to(gatio_asker(), __VA_ARGS__)
#define gatio_reply_to(asker_, ...) gatio_actor_reply((asker_), GATIO_TYPED(__VA_ARGS__))

GATIO_API int gatio_actor_reply(struct gatio_asker asker, const struct gatio_message_type *type,
                                const void *message);

/* gatio_post() as an answer. */
GATIO_API int gatio_post_reply(struct gatio_asker asker, void *message);

/* What runs when an answer comes, or does not. Made by GATIO_ANSWER. */
struct gatio_answer {
	const struct gatio_message_type *type;
	const char *behavior; /* whose actors may ask so: its name, and the size of its state */
	size_t state_size;
	gatio_answer_fn run;
};

/*
 * Declare a function to be the continuation of asks: GATIO_ANSWER(reporter, counter_value, on_total);
 *
 *     static void on_total(struct reporter *self, const struct counter_value *value, int err)
 *
 * err is 0 and the value is lent, or the value is NULL and err says why: -ETIMEDOUT the deadline has passed; -ESRCH the
 * asked one had ended, or ended, before it handled the question, or never was; -EPROTO the answer was of another type, or
 * the asked one has no handler for the question; -ENOMEM question or answer could not be delivered for want of memory.
 * An actor that has handled the question and ends without an answer says nothing: then the deadline does. So it does
 * where there is no memory left to say why.
 */
#define GATIO_ANSWER(name_, message_, function_)                                                   \
	GATIO_ASSERT(sizeof(gatio_message_##message_) > 0, "declare it with GATIO_MESSAGE");       \
	static void gatio_answer_run_##function_(void *self, const void *message, int err)         \
	        GATIO_NOEXCEPT                                                                     \
	{                                                                                          \
		GATIO_MUST_BE(function_, void (*)(struct name_ *, const struct message_ *, int),   \
		              "answer " #function_ " must be void (struct " #name_                 \
		              " *, const struct " #message_ " *, int)");                           \
		function_(GATIO_CAST(struct name_ *, self),                                        \
		          GATIO_CAST(const struct message_ *, message), err);                      \
	}                                                                                          \
	static const struct gatio_answer gatio_answer_##function_ = {&gatio_message_##message_,    \
	                                                             #name_, sizeof(struct name_), \
	                                                             gatio_answer_run_##function_}

/*
 * Ask an actor, and go on in a function of your own when it answers or the deadline passes:
 *
 *     gatio_ask(self->counter, on_total, GATIO_SECONDS(1), counter_read);
 *
 * The function runs exactly once, as a handler of this actor, unless this actor ends first. gatio_ask_tagged() gives
 * it a number that gatio_tag() reads there. The deadline counts from the end of the turn: then the question leaves, and a
 * handler that goes on for long makes nobody late.
 *
 * Error: as gatio_send(), then the function does not run.
 */
#define gatio_ask(to_, answer_, deadline_ns_, ...)                                                 \
	gatio_ask_tagged(0, to_, answer_, deadline_ns_, __VA_ARGS__)
#define gatio_ask_tagged(tag_, to_, answer_, deadline_ns_, ...)                                    \
	gatio_actor_ask((to_),                                                                     \
	                GATIO_LEND(gatio_ask, &gatio_answer_##answer_, (deadline_ns_), (tag_)),    \
	                GATIO_TYPED(__VA_ARGS__))

struct gatio_ask {
	const struct gatio_answer *answer;
	uint64_t deadline_ns; /* from the end of the turn; not 0 */
	uint64_t tag;
};

GATIO_API int gatio_actor_ask(struct gatio_address to, const struct gatio_ask *ask,
                              const struct gatio_message_type *type, const void *message);

/* The tag of the ask whose answer is being handled. */
GATIO_API uint64_t gatio_tag(void);

/* ---- Timers ----------------------------------------------------------------------------------------------------- */

/* Names a timer of this actor. May be stale. */
struct gatio_timer {
	uint64_t bits;
};

/*
 * Send a message to this actor after a delay, or every period: gatio_after(GATIO_MS(50), tick). Resolution 1 ms, never
 * early. A timer ends with its actor. Of one that repeats, at most one message waits in the inbox: an actor that does not
 * keep up gets fewer. A delay of 0 is as soon as possible, UINT64_MAX is never.
 *
 * Error: a timer with bits 0 when memory is at its limit, and for a period of 0.
 */
#define gatio_after(delay_ns_, ...)  gatio_timer_start((delay_ns_), 0, GATIO_TYPED(__VA_ARGS__))
#define gatio_every(period_ns_, ...) gatio_timer_repeat((period_ns_), GATIO_TYPED(__VA_ARGS__))

/* period_ns 0: once. */
GATIO_API struct gatio_timer gatio_timer_start(uint64_t delay_ns, uint64_t period_ns,
                                               const struct gatio_message_type *type,
                                               const void *message);
GATIO_API struct gatio_timer
gatio_timer_repeat(uint64_t period_ns, const struct gatio_message_type *type, const void *message);

/* After it the timer's message does not come any more. A stale or zero timer is accepted. */
GATIO_API void gatio_timer_cancel(struct gatio_timer timer);

/* ---- This actor ------------------------------------------------------------------------------------------------- */

GATIO_API struct gatio_address gatio_self(void);

/* Who sent the message that is being handled; GATIO_NOBODY for timers and senders outside the system. */
GATIO_API struct gatio_address gatio_sender(void);

/* The type of the message that is being handled; for other(). */
GATIO_API const struct gatio_message_type *gatio_current_type(void);

/*
 * Memory of this actor: freed with it at the latest. 16-byte aligned, uninitialised. A block may grow or shrink.
 *
 * Error: NULL when the TPC's memory is at its limit; nothing else changed.
 */
GATIO_API void *gatio_alloc(size_t size);
GATIO_API void *gatio_realloc(void *block, size_t size);
GATIO_API void gatio_free(void *block);

/* Monotonic time, read once a turn. */
GATIO_API uint64_t gatio_now_ns(void);

/* Random bits: not for secrets. Seeded from the system's entropy. */
GATIO_API uint64_t gatio_random(void);

/* Where this actor runs. */
GATIO_API uint32_t gatio_driver_index(void);
GATIO_API uint32_t gatio_driver_count(void);
GATIO_API uint32_t gatio_tpc_index(void);
GATIO_API uint32_t gatio_tpc_count(void);

GATIO_C_END

#endif

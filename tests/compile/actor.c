/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the compiler must refuse in a program with actors.
 *
 * Without any WRONG_... defined this compiles. With one defined it must not, and the compiler must
 * say the words in the comment behind it (tests/compile/run.py).
 */
#include <gatio/gatio.h>

GATIO_MESSAGE(counter_add, { uint64_t amount; });
GATIO_MESSAGE(counter_read, {});
GATIO_MESSAGE(counter_value, { uint64_t total; });
GATIO_MESSAGE(line, {
	uint32_t number;
	char text[];
});

struct counter {
	uint64_t total;
};

struct reporter {
	struct gatio_address counter;
};

GATIO_DECLARE_BEHAVIOR(reporter);

#ifdef WRONG_message_in_handler /* handler on_add must be void (struct counter */
static void on_add(struct counter *self, const struct counter_value *add)
{
	self->total += add->total;
}
#elif defined(WRONG_state_in_handler)           /* handler on_add must be void (struct counter */
static void on_add(struct reporter *self, const struct counter_add *add)
{
	self->counter.bits += add->amount;
}
#elif defined(WRONG_return_type_of_handler)     /* handler on_add must be void (struct counter */
static int on_add(struct counter *self, const struct counter_add *add)
{
	self->total += add->amount;
	return 0;
}
#elif defined(WRONG_mutable_message_in_handler) /* handler on_add must be void (struct counter */
static void on_add(struct counter *self, struct counter_add *add)
{
	self->total += add->amount;
}
#elif defined(WRONG_parameter_count_of_handler) /* handler on_add must be void (struct counter */
static void on_add(struct counter *self)
{
	self->total++;
}
#else
static void on_add(struct counter *self, const struct counter_add *add)
{
	self->total += add->amount;
}
#endif

static void on_read(struct counter *self, const struct counter_read *read)
{
	(void)read;
#ifdef WRONG_field_in_reply /* named 'totally'|designator 'totally' */
	gatio_reply(counter_value, .totally = self->total);
#elif defined(WRONG_message_in_reply) /* gatio_message_counter_valeu|'struct counter_valeu' */
	gatio_reply(counter_valeu, .total = self->total);
#else
	gatio_reply(counter_value, .total = self->total);
#endif
}

#ifdef WRONG_started_function /* started function on_started must be void (struct counter *) */
static void on_started(struct counter *self, int reason)
{
	self->total = (uint64_t)reason;
}
#else
static void on_started(struct counter *self)
{
	self->total = 0;
}
#endif

#ifdef WRONG_ended_function /* ended function on_ended must be void (struct counter *, int) */
static void on_ended(struct counter *self)
{
	self->total = 0;
}
#else
static void on_ended(struct counter *self, int reason)
{
	self->total = (uint64_t)reason;
}
#endif

#ifdef WRONG_other_handler /* handler on_other must be void (struct counter *, const void *) */
static void on_other(struct counter *self, const struct counter_add *message)
#else
static void on_other(struct counter *self, const void *message)
#endif
{
	(void)message;
	self->total++;
}

#ifdef WRONG_two_handlers_of_one_message /* redefinition of 'gatio_on_counter_counter_add' */
GATIO_BEHAVIOR(counter, on(counter_add, on_add), on(counter_add, on_add), on(counter_read, on_read),
               started(on_started), ended(on_ended), other(on_other));
#elif defined(WRONG_unknown_message_in_behavior) /* gatio_message_counter_subtract */
GATIO_BEHAVIOR(counter, on(counter_subtract, on_add), on(counter_read, on_read),
               started(on_started), ended(on_ended), other(on_other));
#elif defined(WRONG_unknown_handler)  /* 'on_nothing' undeclared|identifier 'on_nothing' */
GATIO_BEHAVIOR(counter, on(counter_add, on_add), on(counter_read, on_nothing), started(on_started),
               ended(on_ended), other(on_other));
#elif defined(WRONG_item_in_behavior) /* unknown item: stopped(on_ended); there are on( */
GATIO_BEHAVIOR(counter, on(counter_add, on_add), on(counter_read, on_read), started(on_started),
               stopped(on_ended), ended(on_ended), other(on_other));
#elif defined(WRONG_class)            /* priority(7) is no class; there are GATIO_URGENT */
GATIO_BEHAVIOR(counter, on(counter_add, on_add), on(counter_read, on_read), started(on_started),
               ended(on_ended), other(on_other), priority(7));
#elif defined(WRONG_second_priority)  /* gatio_priority_of_counter */
GATIO_BEHAVIOR(counter, on(counter_add, on_add), on(counter_read, on_read), started(on_started),
               ended(on_ended), other(on_other), priority(GATIO_URGENT), priority(GATIO_NORMAL));
#elif defined(WRONG_second_budget)    /* gatio_budget_of_counter */
GATIO_BEHAVIOR(counter, on(counter_add, on_add), on(counter_read, on_read), started(on_started),
               ended(on_ended), other(on_other), budget(8), budget(9));
#elif defined(WRONG_second_started)   /* gatio_started_counter */
GATIO_BEHAVIOR(counter, on(counter_add, on_add), on(counter_read, on_read), started(on_started),
               started(on_started), ended(on_ended), other(on_other));
#elif defined(WRONG_second_other)     /* gatio_other_counter */
GATIO_BEHAVIOR(counter, on(counter_add, on_add), on(counter_read, on_read), started(on_started),
               ended(on_ended), other(on_other), other(on_other));
#elif defined(WRONG_priority)         /* GATIO_HURRY */
GATIO_BEHAVIOR(counter, on(counter_add, on_add), on(counter_read, on_read), started(on_started),
               ended(on_ended), other(on_other), priority(GATIO_HURRY));
#else
GATIO_BEHAVIOR(counter, on(counter_add, on_add), on(counter_read, on_read), started(on_started),
               ended(on_ended), other(on_other), priority(GATIO_URGENT), budget(8));
#endif

#ifdef WRONG_behavior_without_items /* GATIO_BEHAVIOR(idler) says nothing about it; give it items */
struct idler {
	uint64_t count;
};
GATIO_BEHAVIOR(idler);
static void spawn_idler(void)
{
	(void)gatio_spawn(idler, .count = 1);
}
#elif defined(WRONG_name_of_item)             /* unknown item: onn(counter_read, on_idler_read); */
struct idler {
	uint64_t count;
};
static void on_idler_read(struct idler *self, const struct counter_read *read);
GATIO_BEHAVIOR(idler, onn(counter_read, on_idler_read));
#elif defined(WRONG_item_without_parentheses) /* unknown item: started; */
struct idler {
	uint64_t count;
};
GATIO_BEHAVIOR(idler, started);
#elif defined(WRONG_empty_item)               /* unknown item: ; */
struct idler {
	uint64_t count;
};
static void on_idler_started(struct idler *self);
GATIO_BEHAVIOR(idler, started(on_idler_started), );
#elif defined(WRONG_nothing_in_on)            /* missing in on(message, handler) */
struct idler {
	uint64_t count;
};
GATIO_BEHAVIOR(idler, on(counter_read, ));
#elif defined(WRONG_nothing_in_started)       /* missing in started(function) */
struct idler {
	uint64_t count;
};
GATIO_BEHAVIOR(idler, started());
#elif defined(WRONG_nothing_in_ended)         /* missing in ended(function) */
struct idler {
	uint64_t count;
};
GATIO_BEHAVIOR(idler, ended());
#elif defined(WRONG_nothing_in_other)         /* missing in other(handler) */
struct idler {
	uint64_t count;
};
GATIO_BEHAVIOR(idler, other());
#elif defined(WRONG_nothing_in_priority)      /* missing in priority(class) */
struct idler {
	uint64_t count;
};
GATIO_BEHAVIOR(idler, priority());
#elif defined(WRONG_nothing_in_budget)        /* missing in budget(count) */
struct idler {
	uint64_t count;
};
GATIO_BEHAVIOR(idler, budget());
#elif defined(WRONG_argument_count_of_item)   /* requires 2 arguments|too few arguments */
struct idler {
	uint64_t count;
};
GATIO_BEHAVIOR(idler, on(counter_read));
#elif defined(WRONG_number_of_items)        /* GATIO_BEHAVIOR(idler, ...) has more than 63 items */
struct idler {
	uint64_t count;
};
GATIO_BEHAVIOR(idler, budget(1), budget(2), budget(3), budget(4), budget(5), budget(6), budget(7),
               budget(8), budget(1), budget(2), budget(3), budget(4), budget(5), budget(6),
               budget(7), budget(8), budget(1), budget(2), budget(3), budget(4), budget(5),
               budget(6), budget(7), budget(8), budget(1), budget(2), budget(3), budget(4),
               budget(5), budget(6), budget(7), budget(8), budget(1), budget(2), budget(3),
               budget(4), budget(5), budget(6), budget(7), budget(8), budget(1), budget(2),
               budget(3), budget(4), budget(5), budget(6), budget(7), budget(8), budget(1),
               budget(2), budget(3), budget(4), budget(5), budget(6), budget(7), budget(8),
               budget(1), budget(2), budget(3), budget(4), budget(5), budget(6), budget(7),
               budget(8));
#elif defined(WRONG_behavior_without_state) /* struct nothing */
static void on_nothing_read(struct nothing *self, const struct counter_read *read);
GATIO_BEHAVIOR(nothing, on(counter_read, on_nothing_read));
#endif

#ifdef WRONG_alignment_of_message /* must not need more than 16-byte alignment */
GATIO_MESSAGE(wide, { _Alignas(64) uint64_t number; });
#endif

#ifdef WRONG_size_of_message /* message huge is larger than GATIO_MESSAGE_SIZE_MAX */
GATIO_MESSAGE(huge, { char bytes[(1u << 30) + 1]; });
#endif

#ifdef WRONG_size_of_state /* state huge is too large */
struct huge {
	char bytes[(size_t)1 << 32];
};
static void on_huge_started(struct huge *self)
{
	self->bytes[0] = 0;
}
GATIO_BEHAVIOR(huge, started(on_huge_started));
#endif

#ifdef WRONG_alignment_of_state /* state aligned must not need more than 16-byte alignment */
struct aligned {
	_Alignas(64) uint64_t number;
};
static void on_aligned_started(struct aligned *self)
{
	self->number = 0;
}
GATIO_BEHAVIOR(aligned, started(on_aligned_started));
#endif

#ifdef WRONG_owner_of_shared_behavior /* 'gatio_behavior_shared' */
GATIO_DECLARE_SHARED_BEHAVIOR(shared);
struct shared {
	uint64_t count;
};
static void on_shared_started(struct shared *self)
{
	self->count = 0;
}
GATIO_BEHAVIOR(shared, started(on_shared_started));
#endif

#ifdef WRONG_message_defined_twice /* redefinition of 'struct counter_add'|of 'counter_add' */
GATIO_MESSAGE(counter_add, { uint32_t amount; });
#endif

#ifdef WRONG_message_in_answer /* answer on_total must be void */
static void on_total(struct reporter *self, const struct counter_add *value, int err)
#elif defined(WRONG_state_in_answer)           /* answer on_total must be void */
static void on_total(struct counter *self, const struct counter_value *value, int err)
#elif defined(WRONG_unknown_message_in_answer) /* gatio_message_counter_subtract */
static void on_total(struct reporter *self, const struct counter_value *value, int err)
#elif defined(WRONG_parameter_count_of_answer) /* answer on_total must be void */
static void on_total(struct reporter *self, const struct counter_value *value)
#else
static void on_total(struct reporter *self, const struct counter_value *value, int err)
#endif
{
	(void)value;
#ifndef WRONG_parameter_count_of_answer
	gatio_exit(err);
#endif
	(void)self;
}

#ifdef WRONG_unknown_message_in_answer
GATIO_ANSWER(reporter, counter_subtract, on_total);
#else
GATIO_ANSWER(reporter, counter_value, on_total);
#endif

static void ask(struct reporter *self)
{
#ifdef WRONG_answer_of_ask /* gatio_answer_on_ended */
	(void)gatio_ask(self->counter, on_ended, GATIO_SECONDS(1), counter_read);
#elif defined(WRONG_field_in_ask)   /* named 'amount'|designator 'amount' */
	(void)gatio_ask(self->counter, on_total, GATIO_SECONDS(1), counter_read, .amount = 1);
#elif defined(WRONG_message_in_ask) /* gatio_message_counter_reed|'struct counter_reed' */
	(void)gatio_ask(self->counter, on_total, GATIO_SECONDS(1), counter_reed);
#else
	(void)gatio_ask(self->counter, on_total, GATIO_SECONDS(1), counter_read);
#endif
}

static void send(struct reporter *self)
{
#ifdef WRONG_message_in_send /* gatio_message_counter_subtract|'struct counter_subtract' */
	(void)gatio_send(self->counter, counter_subtract, .amount = 1);
#elif defined(WRONG_field_in_send)         /* named 'total'|designator 'total' */
	(void)gatio_send(self->counter, counter_add, .total = 1);
#elif defined(WRONG_type_of_field_in_send) /* integer from pointer|pointer to integer */
	(void)gatio_send(self->counter, counter_add, .amount = "one");
#elif defined(WRONG_address_in_send)       /* incompatible type */
	(void)gatio_send(self, counter_add, .amount = 1);
#else
	(void)gatio_send(self->counter, counter_add, .amount = 1);
#endif

#ifdef WRONG_message_from_new /* incompatible pointer type */
	struct counter_add *message = gatio_message_new(line, 80);
	message->amount = 1;
#else
	struct line *message = gatio_message_new(line, 80);
	message->number = 1;
#endif
#ifdef WRONG_address_in_post /* incompatible type */
	(void)gatio_post(message, self->counter);
#else
	(void)gatio_post(self->counter, message);
#endif
}

static void start_timers(void)
{
#ifdef WRONG_message_in_timer /* gatio_message_tick|'struct tick' */
	(void)gatio_after(GATIO_MS(50), tick);
#elif defined(WRONG_field_in_timer) /* named 'amount'|designator 'amount' */
	(void)gatio_every(GATIO_MS(50), counter_read, .amount = 1);
#else
	(void)gatio_after(GATIO_MS(50), counter_read);
	(void)gatio_after(GATIO_MS(50), counter_read, ); /* as an initialiser may end */
	(void)gatio_every(GATIO_MS(50), counter_add, .amount = 1);
#endif
}

static void on_reporter_started(struct reporter *self)
{
#ifdef WRONG_behavior_in_spawn /* gatio_behavior_countre|'struct countre' */
	self->counter = gatio_spawn(countre, .total = 5);
#elif defined(WRONG_field_in_spawn) /* named 'sum'|designator 'sum' */
	self->counter = gatio_spawn(counter, .sum = 5);
#elif defined(WRONG_place_in_spawn) /* incompatible type */
	self->counter = gatio_spawn_at(1, counter, .total = 5);
#else
	self->counter = gatio_spawn_at(GATIO_ON_TPC(0), counter, .total = 5);
#endif
	ask(self);
	send(self);
	start_timers();
}

GATIO_BEHAVIOR(reporter, started(on_reporter_started));

/* What the rest of this file does not use. */
static void use_everything(struct gatio_system *system, struct gatio_outside *outside)
{
	const struct gatio_port_options port = {.listen = "127.0.0.1:0"};
	const struct gatio_options options = {.driver_count = 1};
	struct gatio_address counter = gatio_system_spawn(system, GATIO_ANYWHERE, counter);
	struct gatio_address other =
	        gatio_system_spawn(system, GATIO_ON_DRIVER(1), counter, .total = 1);
	if (gatio_port_open(system, &port, counter) ||
	    gatio_port_open(system, &port, counter, .total = 1)) {
		return;
	}
	(void)gatio_outside_send(outside, counter, counter_read);
	(void)gatio_outside_send(outside, other, counter_add, .amount = 1);
	(void)gatio_spawn_at(GATIO_NEAR(other), counter);
	(void)gatio_spawn_at(GATIO_HERE, counter, 5);
	(void)gatio_reply_to(gatio_asker(), counter_read);
	(void)gatio_reply_to(gatio_asker(), counter_value, .total = 1);
	(void)gatio_ask_tagged(7, counter, on_total, GATIO_US(5), counter_read);
	(void)gatio_send(GATIO_NOBODY, counter_read);
	(void)gatio_run_with(&options, counter);
	(void)gatio_run_with(&options, counter, .total = 1);
}

int main(void)
{
	use_everything(NULL, NULL);
#ifdef WRONG_behavior_in_run /* gatio_behavior_reportre|'struct reportre' */
	return gatio_run(reportre);
#else
	return gatio_run(reporter);
#endif
}

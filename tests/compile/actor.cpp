/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a C++ compiler must refuse in a program with actors: as actor.c.
 */
#include <gatio/gatio.h>
#include <string>

GATIO_MESSAGE(counter_add, { uint64_t amount; });
GATIO_MESSAGE(counter_read, {});
GATIO_MESSAGE(counter_set, {
	uint64_t total;
	uint64_t step;
});
GATIO_MESSAGE(counter_value, { uint64_t total; });
GATIO_MESSAGE(line, {
	uint32_t number;
	char text[];
});

namespace
{

struct counter {
	uint64_t total;
};

struct reporter {
	struct gatio_address counter;
	static void on_value(struct reporter *self, const struct counter_value *value);
	void keep(const struct counter_value *value);
};

} // namespace

GATIO_DECLARE_BEHAVIOR(reporter);

#ifdef WRONG_message_in_handler /* handler on_add must be void (struct counter */
static void on_add(counter *self, const counter_value *add)
{
	self->total += add->total;
}
#elif defined(WRONG_parameter_count_of_handler) /* handler on_add must be void (struct counter */
static void on_add(counter *self)
{
	self->total++;
}
#elif defined(WRONG_mutable_message_in_handler) /* handler on_add must be void (struct counter */
static void on_add(counter *self, counter_add *add)
{
	self->total += add->amount;
}
#else
static void on_add(counter *self, const counter_add *add) noexcept
{
	self->total += add->amount;
}
#endif

static void on_read(counter *self, const counter_read *)
{
	(void)gatio_reply(counter_value, self->total);
}

#ifdef WRONG_started_function /* started function on_started must be void (struct counter *) */
static void on_started(counter *self, int reason)
{
	self->total = static_cast<uint64_t>(reason);
}
#else
static void on_started(counter *self)
{
	self->total = 0;
}
#endif

#ifdef WRONG_ended_function /* ended function on_ended must be void (struct counter *, int) */
static void on_ended(counter *self)
#else
static void on_ended(counter *self, int)
#endif
{
	self->total = 0;
}

static void on_other(counter *self, const void *)
{
	self->total++;
}

#ifdef WRONG_two_handlers_of_one_message /* redefinition of */
GATIO_BEHAVIOR(counter, on(counter_add, on_add), on(counter_add, on_add), on(counter_read, on_read), started(on_started),
	       ended(on_ended), other(on_other));
#elif defined(WRONG_class) /* priority(7) is no class; there are GATIO_URGENT */
GATIO_BEHAVIOR(counter, on(counter_add, on_add), on(counter_read, on_read), started(on_started), ended(on_ended),
	       other(on_other), priority(7));
#elif defined(WRONG_second_priority) /* gatio_priority_of_counter */
GATIO_BEHAVIOR(counter, on(counter_add, on_add), on(counter_read, on_read), started(on_started), ended(on_ended),
	       other(on_other), priority(GATIO_URGENT), priority(GATIO_NORMAL));
#elif defined(WRONG_second_budget) /* gatio_budget_of_counter */
GATIO_BEHAVIOR(counter, on(counter_add, on_add), on(counter_read, on_read), started(on_started), ended(on_ended),
	       other(on_other), budget(8), budget(9));
#elif defined(WRONG_nothing_in_started) /* something is missing in started(function) */
GATIO_BEHAVIOR(counter, on(counter_add, on_add), on(counter_read, on_read), started(), ended(on_ended),
	       other(on_other));
#elif defined(WRONG_nothing_in_budget) /* something is missing in budget(count) */
GATIO_BEHAVIOR(counter, on(counter_add, on_add), on(counter_read, on_read), started(on_started), ended(on_ended),
	       other(on_other), budget());
#elif defined(WRONG_name_of_item) /* unknown item: onn(counter_add, on_add); there are on( */
GATIO_BEHAVIOR(counter, onn(counter_add, on_add), on(counter_read, on_read), started(on_started), ended(on_ended),
	       other(on_other));
#elif defined(WRONG_unknown_message_in_behavior) /* gatio_message_counter_subtract */
GATIO_BEHAVIOR(counter, on(counter_subtract, on_add), on(counter_read, on_read), started(on_started), ended(on_ended),
	       other(on_other));
#elif defined(WRONG_unknown_handler) /* on_nothing */
GATIO_BEHAVIOR(counter, on(counter_add, on_nothing), on(counter_read, on_read), started(on_started), ended(on_ended),
	       other(on_other));
#elif defined(WRONG_member_as_handler) /* reporter::keep */
GATIO_BEHAVIOR(counter, on(counter_value, reporter::keep), on(counter_add, on_add), on(counter_read, on_read),
	       started(on_started), ended(on_ended), other(on_other));
#else
GATIO_BEHAVIOR(counter, on(counter_add, on_add), on(counter_read, on_read), started(on_started), ended(on_ended),
	       other(on_other), priority(GATIO_URGENT), budget(8));
#endif

#ifdef WRONG_behavior_without_items /* GATIO_BEHAVIOR(counter) says nothing about it; give it items */
GATIO_BEHAVIOR(counter);
#elif defined(WRONG_state_with_destructor) /* state owner must be trivially copyable: it is copied as bytes */
struct owner {
	std::string name;
};
static void on_owner_started(owner *self)
{
	self->name = "x";
}
GATIO_BEHAVIOR(owner, started(on_owner_started));
#elif defined(WRONG_message_with_destructor) /* message named must be trivially copyable: it is copied as bytes */
GATIO_MESSAGE(named, { std::string name; });
#elif defined(WRONG_alignment_of_message) /* message wide must not need more than 16-byte alignment */
GATIO_MESSAGE(wide, { alignas(64) uint64_t number; });
#elif defined(WRONG_alignment_of_state) /* state aligned must not need more than 16-byte alignment */
struct alignas(64) aligned {
	uint64_t number;
};
static void on_aligned_started(aligned *self)
{
	self->number = 0;
}
GATIO_BEHAVIOR(aligned, started(on_aligned_started));
#endif

#ifdef WRONG_message_in_answer /* answer on_total must be void (struct reporter *, const struct counter_value *, int) */
static void on_total(reporter *self, const counter_add *value, int err)
#else
static void on_total(reporter *self, const counter_value *value, int err)
#endif
{
	(void)self;
	(void)value;
	gatio_exit(err);
}
GATIO_ANSWER(reporter, counter_value, on_total);

void reporter::on_value(reporter *self, const counter_value *)
{
#ifdef WRONG_type_of_field_in_send /* invalid conversion|cannot initialize */
	(void)gatio_send(self->counter, counter_add, "one");
#elif defined(WRONG_address_in_send) /* could not convert|no matching function for call to 'gatio_actor_send' */
	(void)gatio_send(self, counter_add, 1);
#elif defined(WRONG_message_in_send) /* gatio_message_counter_subtract|struct counter_subtract */
	(void)gatio_send(self->counter, counter_subtract, 1);
#else
	(void)gatio_send(self->counter, counter_add, 1);
#endif
#ifdef WRONG_answer_of_ask /* gatio_answer_on_ended */
	(void)gatio_ask(self->counter, on_ended, GATIO_SECONDS(1), counter_read);
#else
	(void)gatio_ask(self->counter, on_total, GATIO_SECONDS(1), counter_read);
#endif
	(void)gatio_after(GATIO_MS(50), counter_read);
	(void)gatio_every(GATIO_US(5000), counter_add, 1);
	struct line *line = gatio_message_new(line, 80); /* a name that hides the type */
	if (line) {
		line->number = 1;
		(void)gatio_post(self->counter, line);
	}
}

static void on_reporter_started(reporter *self)
{
#ifdef WRONG_behavior_in_spawn /* gatio_behavior_countre|struct countre */
	self->counter = gatio_spawn(countre, 5);
#elif defined(WRONG_place_in_spawn) /* could not convert|no matching function for call to 'gatio_actor_spawn' */
	self->counter = gatio_spawn_at(1, counter, 5);
#else
	self->counter = gatio_spawn_at(GATIO_ON_TPC(0), counter, 5);
#endif
	(void)gatio_spawn_at(GATIO_NEAR(self->counter), counter);
	(void)gatio_spawn_at(GATIO_ON_DRIVER(0), counter);
	(void)gatio_spawn_at(GATIO_ANYWHERE, counter);
	(void)gatio_spawn(reporter, GATIO_NOBODY);
	(void)gatio_send(self->counter, counter_set, 1); /* the rest is zero */
#if __cplusplus >= 202002L
	(void)gatio_send(self->counter, counter_add, .amount = 1);
	(void)gatio_send(self->counter, counter_set, .total = 1);
#endif
}

GATIO_BEHAVIOR(reporter, started(on_reporter_started), on(counter_value, reporter::on_value));

int main()
{
	return gatio_run(reporter, GATIO_NOBODY);
}

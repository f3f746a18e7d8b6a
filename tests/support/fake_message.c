/* SPDX-License-Identifier: Apache-2.0 */
/* Fake gatio: messages, who owns them, sending and asking. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "tests/support/fake_gatio.h"
#include "tests/support/fake_inside.h"

/* ---- Messages --------------------------------------------------------------------------------------------------- */

struct envelope *fake_envelope(const void *message)
{
	return (struct envelope *)(uintptr_t)message - 1;
}

void *fake_message(const struct gatio_message_type *type, size_t extra_size)
{
	struct envelope *envelope = malloc(sizeof(*envelope) + type->size + extra_size + 1);
	if (!envelope) {
		abort();
	}
	*envelope = (struct envelope){.type = type, .extra_size = extra_size, .mark = FAKE_MARK};
	memset(envelope + 1, 0xa5, type->size + extra_size);
	fake.messages_alive++;
	return envelope + 1;
}

void *gatio_message_create(const struct gatio_message_type *type, size_t extra_size)
{
	fake.messages_created++;
	return fake_may_allocate() ? fake_message(type, extra_size) : NULL;
}

void fake_drop(struct envelope *envelope)
{
	gi_assert(envelope->mark == FAKE_MARK);
	envelope->mark = 0;
	fake.messages_alive--;
	free(envelope);
}

/* As the real one: what is only lent cannot be sent or freed. */
static struct envelope *owned_envelope(const void *message)
{
	gi_assert(message);
	struct envelope *envelope = fake_envelope(message);
	gi_assert(envelope->mark == FAKE_MARK);
	gi_assert(envelope != fake.lent);
	return envelope;
}

void gatio_message_free(void *message)
{
	if (message) {
		fake_drop(owned_envelope(message));
	}
}

/* Sometimes the message itself, sometimes a copy: nobody may count on either. */
void *gatio_message_keep(const void *message)
{
	struct envelope *envelope = fake_envelope(message);
	gi_assert(fake.lent == envelope); /* only the message that is being handled, once */
	if (envelope->is_posted || gatio_random() & 1) {
		fake.lent = NULL;
		fake.is_moved = true;
		return envelope + 1;
	}
	void *copy =
	        fake_may_allocate() ? fake_message(envelope->type, envelope->extra_size) : NULL;
	if (copy) {
		memcpy(copy, message, envelope->type->size + envelope->extra_size);
		fake.lent = NULL;
	}
	return copy;
}

void fake_lend(struct envelope *envelope)
{
	fake.lent = envelope;
	fake.heard = *envelope;
	fake.is_handling = true;
}

void fake_lend_end(void)
{
	fake.lent = NULL;
	fake.is_handling = false;
}

size_t gatio_message_extra_size(const struct gatio_message_type *type, const void *message)
{
	const struct envelope *envelope = fake_envelope(message);
	gi_assert(envelope->mark == FAKE_MARK);
	size_t size = envelope->type->size + envelope->extra_size;
	gi_assert(size >= type->size);
	return size - type->size;
}

/* ---- Sending ---------------------------------------------------------------------------------------------------- */

void fake_enqueue(void *message, uint64_t from, struct gatio_address to)
{
	struct envelope *envelope = fake_envelope(message);
	envelope->from = from;
	envelope->to = to.bits;
	if (fake.queue_count == FAKE_QUEUE_MAX) {
		abort();
	}
	fake.queue[fake.queue_count++] = envelope;
}

int gatio_post(struct gatio_address to, void *message)
{
	gi_assert(fake.current);
	struct envelope *envelope = owned_envelope(message);
	const struct fake_actor *receiver = fake_actor_of(to);
	if (!receiver) {
		return -ESRCH;
	}
	bool is_here = receiver->driver == fake.current->driver;
	if (is_here && receiver->is_ended) {
		return -ESRCH;
	}
	if (!is_here && gatio_random() % 1000 < fake.refuse_permille) {
		return -ENOBUFS;
	}
	envelope->ask = 0; /* what has been kept may have been one */
	envelope->answer = 0;
	envelope->err = 0;
	envelope->is_posted = true;
	fake_enqueue(message, fake_address_of(fake.current).bits, to);
	return 0;
}

int gatio_actor_send(struct gatio_address to, const struct gatio_message_type *type,
                     const void *message)
{
	if (!fake_may_allocate()) {
		return -ENOMEM;
	}
	void *copy = fake_message(type, 0);
	memcpy(copy, message, type->size);
	int err = gatio_post(to, copy);
	if (err < 0) {
		gatio_message_free(copy);
	} else {
		fake_envelope(copy)->is_posted = false;
	}
	return err;
}

/* ---- Asking ----------------------------------------------------------------------------------------------------- */

int gatio_actor_ask(struct gatio_address to, const struct gatio_ask *ask,
                    const struct gatio_message_type *type, const void *message)
{
	struct fake_ask *slot = &fake.asks[fake.ask_count];
	if (fake.ask_count == FAKE_ASKS_MAX || !fake_may_allocate()) {
		return -ENOMEM;
	}
	void *copy = fake_message(type, 0);
	memcpy(copy, message, type->size);
	fake.ask_count++;
	*slot = (struct fake_ask){.asker = fake.current, .answer = ask->answer, .tag = ask->tag};
	fake_envelope(copy)->ask = fake.ask_count;
	fake_enqueue(copy, fake_address_of(fake.current).bits, to);
	return 0;
}

struct gatio_asker gatio_asker(void)
{
	gi_assert(fake.is_handling);
	return (struct gatio_asker){{fake.heard.from}, fake.heard.ask};
}

int gatio_actor_reply(struct gatio_asker asker, const struct gatio_message_type *type,
                      const void *message)
{
	gi_assert(fake.current);
	void *copy = fake_message(type, 0);
	memcpy(copy, message, type->size);
	fake_envelope(copy)->answer = (uint32_t)asker.token;
	fake_enqueue(copy, fake_address_of(fake.current).bits, asker.address);
	return 0;
}

uint64_t gatio_tag(void)
{
	return fake.tag;
}

void fake_run_answer(struct envelope *envelope)
{
	struct fake_ask *ask = &fake.asks[envelope->answer - 1];
	if (ask->is_answered || ask->asker->is_ended) {
		return;
	}
	ask->is_answered = true;
	fake.current = ask->asker;
	fake.tag = ask->tag;
	fake_lend(envelope);
	ask->answer->run(ask->asker->state, envelope->err ? NULL : (const void *)(envelope + 1),
	                 envelope->err);
	fake_lend_end();
}

void fake_answer_nobody(const struct envelope *question)
{
	void *answer = fake_message(question->type, 0);
	fake_envelope(answer)->answer = question->ask;
	fake_envelope(answer)->err = -ESRCH;
	fake_enqueue(answer, 0, (struct gatio_address){question->from});
}

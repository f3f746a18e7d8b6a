/* SPDX-License-Identifier: Apache-2.0 */
/* Ledger: see actors_ledger.h. */
#include "tests/sim/actors_ledger.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct ledger ledger;

void wrong(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	printf("actors: wrong: ");
	vprintf(format, arguments);
	printf("\n");
	va_end(arguments);
	abort();
}

uint64_t clock_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return GATIO_SECONDS(now.tv_sec) + (uint64_t)now.tv_nsec;
}

/* ---- Messages ---------------------------------------------------------------------------------------------------- */

struct head head_of(uint32_t from, uint32_t to)
{
	return (struct head){
	        .from = (uint16_t)from, .to = (uint16_t)to, .sequence = ledger.sent[from][to] + 1};
}

/* To somebody who was never spawned: the error of the address, and a dead letter. */
static bool sent_to_none(struct gatio_address to, int err)
{
	if (err != gatio_address_error(to)) {
		wrong("a send to an address of error %d returned %d", gatio_address_error(to), err);
	}
	ledger.dead_at_once++;
	return false;
}

bool ledger_sent(struct gatio_address to, int err)
{
	if (err == -ESHUTDOWN) {
		if (!ledger.settings.stops && !ledger.is_stopping) {
			wrong("a send returned -ESHUTDOWN, and nobody has begun to stop");
		}
		return false;
	}
	if (gatio_address_error(to)) {
		return sent_to_none(to, err);
	}
	switch (err) {
	case 0:
		ledger.accepted++;
		return true;
	case -ENOBUFS:
		ledger.refused++;
		return false;
	case -ESRCH:
		ledger.dead_at_once++;
		return false;
	case -ENOMEM:
		ledger.is_short = true;
		return false;
	default:
		wrong("a send returned %d", err);
	}
}

bool ledger_sent_head(struct gatio_address to, int err, struct head head)
{
	if (!ledger_sent(to, err)) {
		return false;
	}
	ledger.sent[head.from][head.to] = head.sequence;
	return true;
}

/* The pair's next, or later: what is missing is refused or dead, which the sums show. */
static void check_order(struct head head)
{
	uint32_t *seen = &ledger.seen[head.from][head.to];
	if (head.from > NUMBERS_MAX || head.to > NUMBERS_MAX) {
		wrong("a message from %u to %u: they do not exist", head.from, head.to);
	}
	if (head.sequence <= *seen) {
		wrong("message %u from %u to %u came after message %u", head.sequence, head.from,
		      head.to, *seen);
	}
	*seen = head.sequence;
}

void ledger_handled(uint32_t self)
{
	if (self < NUMBERS_MAX && ledger.has_ended[self]) {
		wrong("actor %u has ended, and handles a message", self);
	}
	ledger.handled++;
}

void ledger_handled_head(uint32_t self, struct head head)
{
	ledger_handled(self);
	if (head.to == self) {
		check_order(head);
	}
}

void ledger_answered(uint32_t self, struct head head)
{
	if (head.to != self) {
		wrong("an answer for %u has come to %u", head.to, self);
	}
	check_order(head);
	ledger.answered++;
}

/* ---- Actors ------------------------------------------------------------------------------------------------------ */

uint32_t ledger_number(void)
{
	return ledger.number_next < NUMBERS_MAX ? ledger.number_next++ : NOT_NUMBERED;
}

bool ledger_spawned(struct gatio_address address, bool is_possible)
{
	int err = gatio_address_error(address);
	if (!err && !is_possible) {
		wrong("a spawn where there is no driver has given an address");
	}
	switch (err) {
	case 0:
		ledger.spawned++;
		return true;
	case -ENOMEM:
		ledger.is_short = true;
		return false;
	case -ENOBUFS:
		return false;
	case -EINVAL:
		if (is_possible) {
			wrong("a spawn returned -EINVAL");
		}
		return false;
	case -ESHUTDOWN:
		if (!ledger.settings.stops) {
			wrong("a spawn returned -ESHUTDOWN");
		}
		return false;
	default:
		wrong("a spawn returned %d", err);
	}
}

void ledger_ended(uint32_t self)
{
	uint32_t driver = gatio_driver_index();
	struct gatio_counters counters;
	ledger.ended++;
	if (self < NUMBERS_MAX && ledger.has_ended[self]) {
		wrong("actor %u has ended twice", self);
	}
	ledger.has_ended[self] = true;
	if (!gatio_system_counters(gatio_current_system(), driver, &counters)) {
		ledger.final_dead[driver] = counters.dead_letters;
	}
}

/* ---- Sums -------------------------------------------------------------------------------------------------------- */

uint64_t ledger_pace(void)
{
	return ledger.accepted + ledger.dead_at_once + ledger.refused + ledger.handled +
	       ledger.answered + ledger.fired + ledger.spawned + ledger.ended;
}

void ledger_check(uint64_t dead_count)
{
	uint64_t sent = ledger.accepted + ledger.dead_at_once;
	uint64_t came = ledger.handled + ledger.answered + dead_count;
	if (came < sent) {
		wrong("%llu messages were sent, and %llu of them neither handled nor counted as "
		      "dead",
		      (unsigned long long)sent, (unsigned long long)(sent - came));
	}
	/* A timer that repeats and finds no memory is dead as well, and nobody has sent it. */
	if (came > sent && !ledger.settings.repeats) {
		wrong("%llu messages were sent, and %llu more handled or counted as dead",
		      (unsigned long long)sent, (unsigned long long)(came - sent));
	}
}

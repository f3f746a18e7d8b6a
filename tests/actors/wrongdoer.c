/* SPDX-License-Identifier: Apache-2.0 */
/* Wrongdoer: see wrongdoer.h. */
#include "tests/actors/wrongdoer.h"
#include "tests/support/scheduler_fixture.h"

static struct scheduler_fixture fixture;

const void *lent;

static void on_wrongdoer_started(struct wrongdoer *self)
{
	if (self->at_start) {
		self->at_start();
	}
}

static void on_misuse(struct wrongdoer *self, const struct misuse *misuse)
{
	(void)self;
	lent = misuse;
	misuse->deed();
}

static void on_wide_misuse(struct wrongdoer *self, const struct wide_misuse *misuse)
{
	(void)self;
	lent = misuse;
	misuse->deed();
}

GATIO_SHARED_BEHAVIOR(wrongdoer, started(on_wrongdoer_started), on(misuse, on_misuse),
                      on(wide_misuse, on_wide_misuse));

/* ---- Stages: in a child ---------------------------------------------------------------------------------------------- */

void outside(void (*deed)(void))
{
	deed();
}

void between_handlers(void (*deed)(void))
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	deed();
}

void at_start(void (*deed)(void))
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 1});
	(void)gatio_spawn(wrongdoer, .at_start = deed);
	scheduler_fixture_settle(&fixture);
}

void in_handler(void (*deed)(void))
{
	scheduler_fixture_open(&fixture, &(struct scheduler_fixture_options){.driver_count = 2});
	(void)gatio_send(gatio_spawn(wrongdoer, NULL), misuse, .deed = deed);
	scheduler_fixture_settle(&fixture);
}

void in_second_handler(void (*deed)(void))
{
	in_handler(deed);
	(void)gatio_send(gatio_spawn(wrongdoer, NULL), misuse, .deed = deed);
	scheduler_fixture_settle(&fixture);
}

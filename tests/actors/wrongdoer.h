/* SPDX-License-Identifier: Apache-2.0 */
/* Wrongdoer: an actor that does what a header forbids, and where it does so. All of it in a child (child.h). */
#ifndef TESTS_ACTORS_WRONGDOER_H
#define TESTS_ACTORS_WRONGDOER_H

#include "tests/support/child.h"

#include "base/container.h"

#include <gatio/gatio.h>

GATIO_MESSAGE(misuse, { void (*deed)(void); });
GATIO_MESSAGE(wide_misuse, {
	void (*deed)(void);
	unsigned char filler[100];
});

struct wrongdoer {
	void (*at_start)(void);
};
GATIO_DECLARE_SHARED_BEHAVIOR(wrongdoer);

/* The message that is being handled. */
extern const void *lent;

/* Where a deed is done: on a thread that is no driver; on a driver, but in no handler; in started(); in a handler. */
void outside(void (*deed)(void));
void between_handlers(void (*deed)(void));
void at_start(void (*deed)(void));
void in_handler(void (*deed)(void));
/* ... in the handler of an actor after that of another has done it. */
void in_second_handler(void (*deed)(void));

#define ASSERT_MISUSES(misuses, stage)                                                             \
	child_assert_misuses((misuses), GI_COUNT_OF(misuses), (stage))

#endif

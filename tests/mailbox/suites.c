/* SPDX-License-Identifier: Apache-2.0 */
/* The suites of mailbox/. */
#include "tests/support/suite.h"

extern const struct suite ring_suite;
extern const struct suite bell_suite;
extern const struct suite inbound_suite;

const struct suite *const suites[] = {&ring_suite, &bell_suite, &inbound_suite, NULL};

/* SPDX-License-Identifier: Apache-2.0 */
/* The unit suites of actors/: drivers turned by hand, no threads. */
#include "tests/support/suite.h"

#include <stddef.h>

extern const struct suite registry_suite;
extern const struct suite send_suite;
extern const struct suite deliver_suite;
extern const struct suite dispatch_suite;
extern const struct suite life_suite;
extern const struct suite spawn_suite;
extern const struct suite ask_suite;
extern const struct suite dead_suite;
extern const struct suite misuse_suite;
extern const struct suite ownership_suite;
extern const struct suite alarm_suite;
extern const struct suite memory_suite;
extern const struct suite message_suite;
extern const struct suite types_suite;
extern const struct suite log_suite;
extern const struct suite stop_suite;

const struct suite *const suites[] = {
        &registry_suite, &send_suite,   &deliver_suite, &dispatch_suite, &life_suite,
        &spawn_suite,    &ask_suite,    &dead_suite,    &misuse_suite,   &ownership_suite,
        &alarm_suite,    &memory_suite, &message_suite, &types_suite,    &log_suite,
        &stop_suite,     NULL};

/* SPDX-License-Identifier: Apache-2.0 */
/* Suites of samples/chat/. */
#include "tests/support/suite.h"

extern const struct suite text_suite;
extern const struct suite line_suite;
extern const struct suite mode_suite;
extern const struct suite session_suite;

extern const struct suite input_suite;
extern const struct suite room_suite;
extern const struct suite protocol_suite;
extern const struct suite race_suite;
extern const struct suite part_suite;
extern const struct suite order_suite;
extern const struct suite crowd_suite;
extern const struct suite motd_suite;

const struct suite *const suites[] = {
        &text_suite,  &line_suite,     &mode_suite, &session_suite, &input_suite,
        &room_suite,  &protocol_suite, &race_suite, &part_suite,    &order_suite,
        &crowd_suite, &motd_suite,     NULL,
};

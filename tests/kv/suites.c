/* SPDX-License-Identifier: Apache-2.0 */
/* Suites of samples/kv/ and samples/common/. */
#include "tests/support/suite.h"

extern const struct suite double_suite;
extern const struct suite limits_suite;
extern const struct suite reply_suite;
extern const struct suite request_suite;
extern const struct suite server_suite;
extern const struct suite settings_suite;
extern const struct suite store_suite;
extern const struct suite text_suite;
extern const struct suite waiting_suite;

const struct suite *const suites[] = {
        &double_suite, &settings_suite, &text_suite,   &request_suite, &reply_suite,
        &store_suite,  &server_suite,   &limits_suite, &waiting_suite, NULL,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* The suites of net/. */
#include "tests/support/suite.h"

extern const struct suite address_suite;
extern const struct suite port_suite;
extern const struct suite claim_suite;
extern const struct suite misuse_suite;
extern const struct suite listener_suite;
extern const struct suite refusals_suite;
extern const struct suite kernel_errors_suite;
extern const struct suite descriptors_suite;
extern const struct suite connection_suite;
extern const struct suite deadlines_suite;
extern const struct suite cuts_suite;
extern const struct suite input_suite;
extern const struct suite buffers_suite;
extern const struct suite back_pressure_suite;
extern const struct suite output_suite;
extern const struct suite drain_suite;
extern const struct suite limits_suite;
extern const struct suite hand_over_suite;

const struct suite *const suites[] = {
        &misuse_suite,
        &address_suite,
        &port_suite,
        &claim_suite,
        &listener_suite,
        &refusals_suite,
        &kernel_errors_suite,
        &descriptors_suite,
        &connection_suite,
        &deadlines_suite,
        &cuts_suite,
        &input_suite,
        &buffers_suite,
        &back_pressure_suite,
        &output_suite,
        &drain_suite,
        &limits_suite,
        &hand_over_suite,
        NULL,
};

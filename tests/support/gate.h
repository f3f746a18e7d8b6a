/* SPDX-License-Identifier: Apache-2.0 */
/* Gate: the test's thread waits for actors on other threads, and hears when they do not come. */
#ifndef TESTS_SUPPORT_GATE_H
#define TESTS_SUPPORT_GATE_H

#include <stdbool.h>
#include <stdint.h>

struct gate;

/* Aborts when it cannot. */
struct gate *gate_create(void);
void gate_destroy(struct gate *gate);

/* From any thread. */
void gate_open(struct gate *gate);

/* Waits until it has been opened `count` times more. false: not within 60 seconds. */
bool gate_pass(struct gate *gate, uint32_t count);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Sampler: takes one sample in a process of its own, with a deadline. */
#ifndef BENCH_SAMPLER_H
#define BENCH_SAMPLER_H

#include "bench/bench.h"

/*
 * Error: what the measurement returned; -ETIMEDOUT it took too long and was killed; -ECHILD its process died;
 *        others of bench_child_fork. The note says it in a sentence.
 */
int bench_sampler_take(const struct bench_measure *measure, const struct bench_context *context,
                       struct bench_sample *out_sample);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON: the list for programs. What was not measured is null. Each row is
 *
 *     name value unit limit ratio    numbers are medians
 *     better                         "less" or "more"
 *     noise                          the spread of the ratio, or of the value, in percent
 *     range                          [least, greatest] of the runs' ratios, or values
 *     goal                           {"of": "ratio" or "value", "is": "<=" or ">=", "bound": number}, or null
 *     met unsure                     by the medians; whether the noise exceeds the distance to the goal
 *     peers                          {"caf": {"value", "times", "noise", "range", "goal", "met", "unsure"}, ...}
 *     run                            {"cpu", "cpus": [two numbers], "kernel", "compiler", "commit", "date", "runs", "quick"}:
 *                                    what the figures of the row belong to
 *     latency                        {"levels": [0.01, ...], "gatio": [...], "redis": [...], ...} or null: quantiles in
 *                                    the row's unit, medians of the samples'; for rows that measure latencies.
 *                                    null: a sample had fewer than 20 latencies beyond
 *
 * where `times` says how many times as fast gatio is, and the goal of a peer is the least of them. Peers are those that
 * were measured; Redis is one where it is the limit.
 */
#ifndef BENCH_JSON_H
#define BENCH_JSON_H

#include "bench/machine.h"
#include "bench/runner.h"

/* Error: as fopen and fclose. */
int bench_json_write(const char *path, const struct bench_run *run,
                     const struct bench_result *results, uint32_t count);

#endif

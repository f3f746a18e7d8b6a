/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open loop: requests leave at a fixed rate, whether replies come or not, and each is timed from the moment at which it
 * was due. A server that stalls is seen to stall for all who would have asked meanwhile.
 */
#ifndef BENCH_LOAD_OPEN_LOOP_H
#define BENCH_LOAD_OPEN_LOOP_H

#include "bench/load/load.h"

/*
 * One sample of a server: start it, store the keys, run the loop at the rate that is given from the other CPU, kill it.
 * The value is the latency in microseconds that 99 of 100 replies do not exceed, good to 1 %, as are the quantiles.
 *
 * Error: as bench_load_sample; -ENOBUFS the server falls behind the rate for good.
 */
int bench_open_loop_sample(const struct bench_context *context, bench_server_start_fn start,
                           const struct bench_protocol *protocol, struct bench_sample *out_sample);

/* The measurement of that name: such samples. */
#define BENCH_OPEN_LOOP_MEASURE(name_, start_, protocol_)                                          \
	static int run_##name_(const struct bench_context *context,                                \
	                       struct bench_sample *out_sample)                                    \
	{                                                                                          \
		return bench_open_loop_sample(context, start_, &bench_protocol_##protocol_,        \
		                              out_sample);                                         \
	}                                                                                          \
	const struct bench_measure bench_##name_ = {                                               \
	        .name = #name_, .unit = "us", .run = run_##name_}

#endif

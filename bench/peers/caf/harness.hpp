/* SPDX-License-Identifier: Apache-2.0 */
/* Harness: what all workloads share on CAF: the clock, what is counted, and the end of the process. */
#ifndef BENCH_PEERS_CAF_HARNESS_HPP
#define BENCH_PEERS_CAF_HARNESS_HPP

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

/* Touched by one actor only, the one that counts, but for `fail`. */
class harness
{
      public:
	using clock = std::chrono::steady_clock;

	harness(uint64_t warmup_ms, uint64_t duration_ms, bool is_cost)
	    : warmup_(warmup_ms), duration_(duration_ms), is_cost_(is_cost)
	{
	}

	/* How many have been done so far. When the time is over it prints the one number and ends the process. */
	void count(uint64_t done)
	{
		auto now = clock::now();
		if (!is_begun_) {
			is_begun_ = true;
			begin_ = now;
		} else if (!is_started_) {
			if (now - begin_ >= warmup_) {
				is_started_ = true;
				start_ = now;
				start_count_ = done;
			}
		} else if (now - start_ >= duration_) {
			print(std::chrono::duration<double, std::nano>(now - start_).count(),
			      static_cast<double>(done - start_count_));
		}
	}

	[[noreturn]] static void fail(const char *what)
	{
		std::printf("%s\n", what);
		std::fflush(stdout);
		std::_Exit(1);
	}

      private:
	/* Nanoseconds for each, or millions a second. */
	[[noreturn]] void print(double ns, double count) const
	{
		std::printf("%.9g\n", is_cost_ ? ns / count : count * 1e3 / ns);
		std::fflush(stdout);
		std::_Exit(0);
	}

	std::chrono::milliseconds warmup_;
	std::chrono::milliseconds duration_;
	bool is_cost_;
	bool is_begun_ = false;
	bool is_started_ = false;
	uint64_t start_count_ = 0;
	clock::time_point begin_;
	clock::time_point start_;
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Atomics with the order in the name. The only file that spells atomic_*.
 */
#ifndef GI_BASE_ATOMIC_H
#define GI_BASE_ATOMIC_H

#include <stdatomic.h>
#include <stdint.h>

/* Two lines: adjacent-line prefetch makes pairs of lines travel together on x86. */
#define GI_CACHE_LINE      64
#define GI_CACHE_LINE_PAIR 128

#define gi_load_relaxed(word)         atomic_load_explicit((word), memory_order_relaxed)
#define gi_load_acquire(word)         atomic_load_explicit((word), memory_order_acquire)
#define gi_store_relaxed(word, value) atomic_store_explicit((word), (value), memory_order_relaxed)
#define gi_store_release(word, value) atomic_store_explicit((word), (value), memory_order_release)
#define gi_exchange_acq_rel(word, value)                                                           \
	atomic_exchange_explicit((word), (value), memory_order_acq_rel)
#define gi_fetch_add_relaxed(word, value)                                                          \
	atomic_fetch_add_explicit((word), (value), memory_order_relaxed)
#define gi_fetch_add_acq_rel(word, value)                                                          \
	atomic_fetch_add_explicit((word), (value), memory_order_acq_rel)
#define gi_fetch_sub_acq_rel(word, value)                                                          \
	atomic_fetch_sub_explicit((word), (value), memory_order_acq_rel)
#define gi_fetch_or_acq_rel(word, value)                                                           \
	atomic_fetch_or_explicit((word), (value), memory_order_acq_rel)
/* `expected` is a pointer and is overwritten on failure. */
#define gi_compare_exchange_acq_rel(word, expected, value)                                         \
	atomic_compare_exchange_strong_explicit((word), (expected), (value), memory_order_acq_rel, \
	                                        memory_order_acquire)

/*
 * Full barrier: what was written before is seen by others before anything is read after. Of two threads that each write,
 * pass it, and read what the other one writes, one at least sees it. ThreadSanitizer does not know fences, so its build
 * does a read-modify-write of a word of the thread's own, which is such a barrier on the machines that it runs on.
 */
#if defined(__SANITIZE_THREAD__)
#	define GI_IS_TSAN 1
#elif defined(__has_feature)
#	if __has_feature(thread_sanitizer)
#		define GI_IS_TSAN 1
#	endif
#endif
#ifdef GI_IS_TSAN
static _Thread_local _Atomic uint32_t gi_barrier_word __attribute__((unused));
#	define gi_full_barrier()                                                                  \
		((void)atomic_fetch_add_explicit(&gi_barrier_word, 1, memory_order_seq_cst))
#else
#	define gi_full_barrier() atomic_thread_fence(memory_order_seq_cst)
#endif

/* A counter with one writer: others may read it at any time, and see some value of it. */
#define gi_count(word, value) gi_store_relaxed((word), gi_load_relaxed(word) + (value))
/* The same, of what was done before it is counted. */
#define gi_count_release(word, value) gi_store_release((word), gi_load_relaxed(word) + (value))

/*
 * Fetch a line that is to be written soon, and its ownership with it. __builtin_prefetch(p, 1) fetches for reading on
 * x86-64, whose baseline leaves PREFETCHW out: the store would ask for the line once more. Cores that lack it do nothing.
 */
static inline void gi_prefetch_to_write(const void *line)
{
#if defined(__x86_64__)
	__asm__ __volatile__("prefetchw %0" : : "m"(*(const char *)line));
#else
	__builtin_prefetch(line, 1);
#endif
}

/* Tell the core that this is a spin loop. */
static inline void gi_cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ __volatile__("yield");
#endif
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Trace: see trace.h. */
#include "sim/trace.h"

#include <stdio.h>
#include <string.h>

/* FNV-1a, by words of eight bytes (Fowler, Noll and Vo). */
#define HASH_BASIS UINT64_C(0xcbf29ce484222325)
#define HASH_PRIME UINT64_C(0x100000001b3)

static void mix(struct gi_trace *trace, uint64_t value)
{
	trace->hash = (trace->hash ^ value) * HASH_PRIME;
	trace->hash ^= trace->hash >> 29;
}

void gi_trace_init(struct gi_trace *trace, bool is_full)
{
	memset(trace, 0, sizeof(*trace));
	trace->hash = HASH_BASIS;
	trace->is_full = is_full;
}

static void print(int fd, const struct gi_trace_event *event)
{
	dprintf(fd, "  %12llu.%03llu us  %-16s %-18s %llu %lld\n",
	        (unsigned long long)(event->at_ns / 1000),
	        (unsigned long long)(event->at_ns % 1000), event->who, event->what,
	        (unsigned long long)event->a, (long long)event->b);
}

static void put_name(char *out_name, const char *name)
{
	size_t size = strnlen(name, GI_TRACE_NAME - 1);
	memcpy(out_name, name, size);
	out_name[size] = '\0';
}

void gi_trace_event(struct gi_trace *trace, const char *who, const char *what, uint64_t a,
                    int64_t b)
{
	struct gi_trace_event *event = &trace->last[trace->event_count % GI_TRACE_KEPT];
	event->at_ns = trace->now_ns;
	event->a = a;
	event->b = b;
	put_name(event->who, who);
	put_name(event->what, what);
	trace->event_count++;
	mix(trace, event->at_ns);
	mix(trace, a);
	mix(trace, (uint64_t)b);
	mix(trace, (unsigned char)what[0] | (uint64_t)(unsigned char)what[1] << 8);
	if (trace->is_full) {
		print(1, event);
	}
}

void gi_trace_bytes(struct gi_trace *trace, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	uint64_t word;
	for (; size >= sizeof(word); at += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		mix(trace, word);
	}
	word = size;
	for (size_t i = 0; i < size; i++) {
		word = word << 8 | at[i];
	}
	mix(trace, word);
}

bool gi_trace_add(struct gi_trace *trace, const char *name, uint64_t count)
{
	for (uint32_t i = 0; i < GI_TRACE_COUNTS; i++) {
		struct gi_trace_count *known = &trace->counts[i];
		if (known->name[0] == '\0') {
			put_name(known->name, name);
		}
		if (strncmp(known->name, name, GI_TRACE_NAME - 1) == 0) {
			known->count += count;
			return true;
		}
	}
	return false;
}

void gi_trace_print(const struct gi_trace *trace, int fd)
{
	uint64_t count = trace->event_count;
	uint64_t first = count > GI_TRACE_KEPT ? count - GI_TRACE_KEPT : 0;
	for (uint64_t i = first; i < count; i++) {
		print(fd, &trace->last[i % GI_TRACE_KEPT]);
	}
}

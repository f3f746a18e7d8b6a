/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel double, what is not a ring: the clock, memory, threads, signals and sockets. See kernel_double.h. */
#include "tests/support/kernel_double.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/kernel.h"

#define OTHER_FD_FIRST 3000

uint64_t gi_kernel_monotonic_ns(void)
{
	if (kernel.on_clock) {
		kernel.on_clock();
	}
	kernel.now_ns += kernel.step_ns;
	return kernel.now_ns;
}

void gi_kernel_release(unsigned *out_major, unsigned *out_minor)
{
	*out_major = 6;
	*out_minor = 1;
}

int gi_kernel_entropy(void *out_bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		((unsigned char *)out_bytes)[i] = (unsigned char)(i * 37 + 11);
	}
	return 0;
}

/* Just before the aligned memory: where it was taken. */
struct mapping {
	void *whole;
};

static void *map(size_t size, size_t alignment)
{
	if (kernel.map_left == 0) {
		return NULL;
	}
	kernel.map_left -= kernel.map_left != UINT32_MAX;
	char *whole = calloc(1, size + alignment + sizeof(struct mapping));
	kernel_check(whole != NULL, "out of memory");
	uintptr_t start = (uintptr_t)whole + sizeof(struct mapping);
	char *memory = whole + ((start + alignment - 1) / alignment * alignment - (uintptr_t)whole);
	((struct mapping *)(void *)memory)[-1].whole = whole;
	kernel.map_count++;
	return memory;
}

static void unmap(void *memory, size_t size)
{
	(void)size;
	kernel.unmap_count++;
	free(((struct mapping *)memory)[-1].whole);
}

static int advise_huge(void *memory, size_t size)
{
	(void)memory;
	(void)size;
	return kernel.advise_error;
}

static int bind_to_node(void *memory, size_t size, int node)
{
	(void)memory;
	(void)size;
	kernel.node_seen = node;
	kernel.bind_count++;
	return kernel.bind_error;
}

const struct gi_memory_door gi_kernel_memory = {
        .map = map, .unmap = unmap, .advise_huge = advise_huge, .bind = bind_to_node};

int gi_kernel_pin(uint32_t cpu)
{
	kernel.pinned_cpu = cpu;
	kernel.pin_count++;
	return kernel.pin_error;
}

int gi_kernel_write(int fd, const void *bytes, size_t size)
{
	(void)fd;
	if (kernel.write_error) {
		return kernel.write_error;
	}
	snprintf(kernel.written, sizeof(kernel.written), "%.*s", (int)size, (const char *)bytes);
	return (int)size;
}

int gi_kernel_signal_open(void)
{
	if (kernel.signal_error) {
		return kernel.signal_error;
	}
	kernel_check(kernel.signal_count < KERNEL_SIGNALS_MAX, "too many signals");
	return SIGNAL_FD_FIRST + (int)kernel.signal_count++;
}

int gi_kernel_signal_raise(int fd)
{
	uint32_t index = (uint32_t)(fd - SIGNAL_FD_FIRST);
	kernel_check(index < kernel.signal_count, "a signal that is not open");
	kernel.signals[index].value++;
	kernel_signal_read(&kernel.signals[index]);
	return 0;
}

int gi_kernel_listen(const struct gi_kernel_listen *options)
{
	(void)options;
	return OTHER_FD_FIRST;
}

int gi_kernel_socket_name(int fd, struct sockaddr_storage *out_address)
{
	(void)fd;
	memset(out_address, 0, sizeof(*out_address));
	return 0;
}

int gi_kernel_socket_peer(int fd, struct sockaddr_storage *out_address)
{
	return gi_kernel_socket_name(fd, out_address);
}

int gi_kernel_close(int fd)
{
	(void)fd;
	kernel.closed_count++;
	return 0;
}

uint64_t gi_kernel_descriptor_max(void)
{
	return 1024;
}

void gi_kernel_pause_ns(uint64_t ns)
{
	kernel.now_ns += ns;
	kernel.pause_count++;
	if (kernel.pause_count == kernel.open_error_pauses) {
		kernel.open_error = 0;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Sequence: see sequence.h. */
#include "tests/sim/differential/sequence.h"

#include "base/assert.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MIN 3u
#define STEPS_MAX 12u
#define TRIES_MAX 40u

/* ---- Chance and words -------------------------------------------------------------------------------------------- */

/* splitmix64. */
uint64_t diff_draw(struct diff_world *world, uint64_t bound)
{
	uint64_t word = world->dice += UINT64_C(0x9e3779b97f4a7c15);
	word = (word ^ (word >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	word = (word ^ (word >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (word ^ (word >> 31)) % bound;
}

bool diff_chance(struct diff_world *world, uint32_t percent)
{
	return diff_draw(world, 100) < percent;
}

void diff_say(struct diff_world *world, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	/* clang-tidy 14 does not see va_start. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
	int size = vsnprintf(world->text + world->text_size, DIFF_TEXT_MAX - world->text_size,
	                     format, arguments);
	va_end(arguments);
	gi_assert(size >= 0 && world->text_size + (size_t)size < DIFF_TEXT_MAX);
	world->text_size += (size_t)size;
}

void diff_say_result(struct diff_world *world, int result)
{
	const char *name = result < 0 ? strerrorname_np(-result) : NULL;
	if (name) {
		diff_say(world, " %s", name);
	} else {
		diff_say(world, " %d", result);
	}
}

uint32_t diff_sum(const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	uint32_t sum = 1;
	for (size_t i = 0; i < size; i++) {
		sum = sum * 31 + at[i];
	}
	return sum & 0xffff;
}

/* ---- Handles ----------------------------------------------------------------------------------------------------- */

struct diff_handle *diff_handle_open(struct diff_world *world, enum diff_kind kind, int fd)
{
	for (uint32_t i = 0; i < DIFF_HANDLES_MAX; i++) {
		struct diff_handle *handle = &world->handles[i];
		if (!handle->is_open) {
			*handle = (struct diff_handle){.is_open = true,
			                               .kind = kind,
			                               .fd = fd,
			                               .number = ++world->names_last};
			return handle;
		}
	}
	(void)gi_kernel_close(fd);
	world->is_over = true;
	return NULL;
}

void diff_handle_gone(struct diff_handle *handle)
{
	gi_assert(handle->is_open);
	handle->is_open = false;
}

static struct diff_handle *one_of(struct diff_world *world, uint32_t kinds)
{
	struct diff_handle *found[DIFF_HANDLES_MAX];
	uint32_t count = 0;
	for (uint32_t i = 0; i < DIFF_HANDLES_MAX; i++) {
		if (world->handles[i].is_open && kinds & 1u << world->handles[i].kind) {
			found[count++] = &world->handles[i];
		}
	}
	return count > 0 ? found[diff_draw(world, count)] : NULL;
}

struct diff_handle *diff_handle_of(struct diff_world *world, enum diff_kind kind)
{
	return one_of(world, 1u << kind);
}

bool diff_handle_any(struct diff_world *world, enum diff_kind kind, struct diff_handle **out_handle)
{
	struct diff_handle *handle = diff_handle_of(world, kind);
	*out_handle = handle;
	if (handle ? diff_chance(world, 6) : diff_chance(world, 15)) {
		*out_handle = diff_chance(world, 30) ? NULL : one_of(world, UINT32_MAX);
		return true;
	}
	return handle;
}

int diff_fd(const struct diff_handle *handle)
{
	return handle ? handle->fd : DIFF_NOBODY_FD;
}

bool diff_is_waited_for(const struct diff_handle *handle)
{
	return handle && (handle->waiting[GI_DIRECTION_IN] || handle->waiting[GI_DIRECTION_OUT]);
}

const char *diff_name(const struct diff_handle *handle)
{
	static const char *const kinds[DIFF_KIND_COUNT] = {"listener", "claim", "stream", "event",
	                                                   "set"};
	static char names[3][32];
	static uint32_t last;
	if (!handle) {
		return "nobody";
	}
	char *name = names[++last % 3];
	snprintf(name, sizeof(names[0]), "%s%u", kinds[handle->kind], handle->number);
	return name;
}

/* ---- A sequence --------------------------------------------------------------------------------------------------- */

static void take_step(struct diff_world *world)
{
	static const struct {
		bool (*step)(struct diff_world *world);
		uint32_t weights[DIFF_THEME_COUNT];
	} steps[] = {{diff_rings_submit, {42, 10, 30}}, {diff_peer_step, {28, 0, 20}},
	             {diff_call_step, {20, 4, 10}},     {diff_address_step, {2, 80, 0}},
	             {diff_readiness_step, {2, 2, 38}}, {diff_rings_give_back, {2, 0, 1}},
	             {diff_rings_wait, {1, 0, 0}},      {diff_rings_try, {1, 1, 0}},
	             {diff_listen_step, {2, 3, 1}}};
	for (uint32_t i = 0; i < TRIES_MAX; i++) {
		uint64_t at = diff_draw(world, 100);
		size_t j = 0;
		while (at >= steps[j].weights[world->theme]) {
			at -= steps[j++].weights[world->theme];
		}
		if (steps[j].step(world)) {
			return;
		}
	}
}

/* Nothing of it is left for the next one. */
static void clean_up(struct diff_world *world)
{
	diff_say(world, "  end:");
	diff_rings_cancel_all(world);
	for (uint32_t i = 0; i < DIFF_HANDLES_MAX; i++) {
		struct diff_handle *handle = &world->handles[i];
		if (handle->is_open) {
			gi_kernel_socket_reset(handle->fd);
			(void)gi_kernel_close(handle->fd);
			diff_handle_gone(handle);
		}
	}
	for (uint32_t i = 0; i < DIFF_PEERS_MAX; i++) {
		if (world->peers[i]) {
			diff_peer_close(world->peers[i], true);
			world->peers[i] = NULL;
		}
	}
	(void)diff_rings_give_back(world);
	diff_rings_settle(world);
}

static void print(struct diff_world *world, uint64_t index)
{
	char line[64];
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < world->text_size; i++) {
		hash = (hash ^ (unsigned char)world->text[i]) * UINT64_C(0x100000001b3);
	}
	int size = snprintf(line, sizeof(line), "%llu %016llx\n", (unsigned long long)index,
	                    (unsigned long long)hash);
	diff_machine_print(line, (size_t)size);
	if (world->options->is_told) {
		diff_machine_print(world->text, world->text_size);
	}
}

/* Most have connections to begin with. */
static void begin(struct diff_world *world)
{
	(void)diff_listen_step(world);
	uint64_t count = world->theme == DIFF_ADDRESSES ? 0 : diff_draw(world, 3);
	for (uint64_t i = 0; i < count; i++) {
		(void)diff_connect_step(world);
		diff_machine_settle(world->options->settle_us);
		(void)diff_accept_step(world);
	}
}

static void run_sequence(struct diff_world *world, uint64_t index)
{
	world->dice = world->options->seed * UINT64_C(0x2545f4914f6cdd1d) ^
	              index * UINT64_C(0x9fb21c651e98df25);
	world->text_size = 0;
	world->names_last = 0;
	world->user_data_last = 0;
	world->is_over = false;
	uint64_t theme = diff_draw(world, 10);
	world->theme = theme < 7 ? DIFF_ANYTHING : theme < 8 ? DIFF_ADDRESSES : DIFF_READINESS;
	world->keeps_buffers = diff_chance(world, 15);
	uint64_t count = STEPS_MIN + diff_draw(world, STEPS_MAX - STEPS_MIN + 1);
	begin(world);
	for (uint64_t i = 0; i < count && !world->is_over; i++) {
		diff_say(world, "\n  %llu.", (unsigned long long)i + 1);
		take_step(world);
		diff_rings_settle(world);
	}
	diff_say(world, "\n");
	clean_up(world);
	diff_say(world, "\n");
	print(world, index);
}

int diff_sequences_run(const struct diff_options *options)
{
	struct diff_world *world = calloc(1, sizeof(*world));
	gi_assert(world);
	world->options = options;
	int err = diff_addresses_prepare(world);
	err = err ? err : diff_rings_open(world);
	if (err) {
		fprintf(stderr, "the kernel refuses: %s\n", strerror(-err));
		return err == -EPERM || err == -ENOSYS || err == -EACCES ? 77 : 1;
	}
	for (uint64_t i = 0; i < options->count; i++) {
		run_sequence(world, options->first + i);
	}
	diff_rings_close(world);
	free(world);
	return 0;
}

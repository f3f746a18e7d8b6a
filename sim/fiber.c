/* SPDX-License-Identifier: Apache-2.0 */
/* Fiber: see fiber.h. */
#undef _FORTIFY_SOURCE /* its longjmp takes a jump to another stack for a mistake */
#include "sim/fiber.h"
#include "sim/kept.h"

#include "base/assert.h"

#include <link.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#	define HAS_ASAN 1
#elif defined(__has_feature)
#	if __has_feature(address_sanitizer)
#		define HAS_ASAN 1
#	endif
#endif
#ifdef HAS_ASAN
#	include <sanitizer/asan_interface.h>
#endif

#define STACK_SIZE ((size_t)1 << 20)
#define GUARD_SIZE ((size_t)4096)

struct gi_fiber {
	jmp_buf at;
	void (*run)(void *argument);
	void *argument;
	char *stack;
	void *locals; /* what is local to the thread it stands for; NULL: it stands for none */
	void *fake_stack;
	bool has_started;
	bool has_returned;
};

/* ---- What is local to a thread ----------------------------------------------------------------------------------- */

static GI_SIM_KEPT struct {
	bool is_known;
	size_t size;
	size_t image_size;
	const void *image;
	void *block;             /* of the thread of the simulation */
	struct gi_fiber *loaded; /* whose values are there */
} locals;

static GI_SIM_KEPT struct gi_fiber *current;
static GI_SIM_KEPT jmp_buf resumer;
static GI_SIM_KEPT void *resumer_fake_stack;
static GI_SIM_KEPT const void *resumer_stack;
static GI_SIM_KEPT size_t resumer_stack_size;

/* The program itself is the first. */
static int find_locals(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)size;
	(void)context;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		if (header->p_type == PT_TLS) {
			locals.size = header->p_memsz;
			locals.image_size = header->p_filesz;
			locals.image = (const void *)(info->dlpi_addr + header->p_vaddr);
			locals.block = info->dlpi_tls_data;
		}
	}
	return 1;
}

/* Not memcpy(): a sanitizer has its own idea of what lies between variables. */
__attribute__((no_sanitize("address"))) static void copy(void *to, const void *from, size_t size)
{
	uint64_t *t = to;
	const uint64_t *f = from;
	size_t i = 0;
	for (; i < size / sizeof(*t); i++) {
		t[i] = f[i];
	}
	for (i *= sizeof(*t); i < size; i++) {
		((char *)to)[i] = ((const char *)from)[i];
	}
}

static void *new_locals(void)
{
	if (!locals.is_known) {
		dl_iterate_phdr(find_locals, NULL);
		locals.is_known = true;
	}
	char *made = calloc(1, locals.size + 1);
	if (made && locals.size > 0) {
		copy(made, locals.image, locals.image_size);
	}
	return made;
}

static void load_locals(struct gi_fiber *fiber)
{
	if (!fiber->locals || locals.loaded == fiber || locals.size == 0) {
		return;
	}
	if (locals.loaded) {
		copy(locals.loaded->locals, locals.block, locals.size);
	}
	copy(locals.block, fiber->locals, locals.size);
	locals.loaded = fiber;
}

/* ---- Switching --------------------------------------------------------------------------------------------------- */

static void before_switch(void **save, const void *stack, size_t size)
{
#ifdef HAS_ASAN
	__sanitizer_start_switch_fiber(save, stack, size);
#else
	(void)save;
	(void)stack;
	(void)size;
#endif
}

/* NOLINTNEXTLINE(readability-non-const-parameter): a sanitizer writes there */
static void after_switch(void *saved, const void **out_stack, size_t *out_size)
{
#ifdef HAS_ASAN
	__sanitizer_finish_switch_fiber(saved, out_stack, out_size);
#else
	(void)saved;
	(void)out_stack;
	(void)out_size;
#endif
}

/* What a sanitizer has marked on a stack that is given up. */
static void before_reuse(void *stack, size_t size)
{
#ifdef HAS_ASAN
	ASAN_UNPOISON_MEMORY_REGION(stack, size);
#else
	(void)stack;
	(void)size;
#endif
}

static void fiber_main(void)
{
	struct gi_fiber *fiber = current;
	after_switch(NULL, &resumer_stack, &resumer_stack_size);
	fiber->run(fiber->argument);
	fiber->has_returned = true;
	before_switch(NULL, resumer_stack, resumer_stack_size);
	_longjmp(resumer, 1);
}

/* Those that nobody uses, linked through their highest words: pages that have been touched are worth keeping. */
static GI_SIM_KEPT char *free_stacks;

static char **link_of(char *stack)
{
	return (char **)(void *)(stack + STACK_SIZE) - 1;
}

/* NULL: no memory. */
static char *take_stack(void)
{
	char *stack = free_stacks;
	if (stack) {
		free_stacks = *link_of(stack);
		return stack;
	}
	stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
	             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED) {
		return NULL;
	}
	return mprotect(stack, GUARD_SIZE, PROT_NONE) ? NULL : stack;
}

static void put_stack(char *stack)
{
	before_reuse(stack + GUARD_SIZE, STACK_SIZE - GUARD_SIZE);
	*link_of(stack) = free_stacks;
	free_stacks = stack;
}

struct gi_fiber *gi_fiber_create(void (*run)(void *argument), void *argument, bool is_thread)
{
	struct gi_fiber *fiber = calloc(1, sizeof(*fiber));
	if (!fiber) {
		return NULL;
	}
	fiber->run = run;
	fiber->argument = argument;
	fiber->stack = take_stack();
	fiber->locals = is_thread ? new_locals() : NULL;
	if (!fiber->stack || (is_thread && !fiber->locals)) {
		gi_fiber_destroy(fiber);
		return NULL;
	}
	return fiber;
}

void gi_fiber_destroy(struct gi_fiber *fiber)
{
	gi_assert(fiber != current);
	if (locals.loaded == fiber) {
		locals.loaded = NULL;
	}
	if (fiber->stack) {
		put_stack(fiber->stack);
	}
	free(fiber->locals);
	free(fiber);
}

/* On the fiber's own stack, by hand where that is known: getcontext(3) and setcontext(3) make a system call each. */
static void enter_first(struct gi_fiber *fiber)
{
#if defined(__x86_64__)
	uintptr_t top = ((uintptr_t)fiber->stack + STACK_SIZE) & ~(uintptr_t)63;
	__asm__ volatile("movq %0, %%rsp\n\txorl %%ebp, %%ebp\n\tcallq *%1" ::"r"(top),
	                 "r"(fiber_main)
	                 : "memory");
#elif defined(__aarch64__)
	uintptr_t top = ((uintptr_t)fiber->stack + STACK_SIZE) & ~(uintptr_t)63;
	__asm__ volatile("mov sp, %0\n\tmov x29, xzr\n\tblr %1" ::"r"(top), "r"(fiber_main)
	                 : "memory");
#else
	ucontext_t context;
	getcontext(&context);
	context.uc_stack.ss_sp = fiber->stack + GUARD_SIZE;
	context.uc_stack.ss_size = STACK_SIZE - GUARD_SIZE;
	context.uc_link = NULL;
	makecontext(&context, fiber_main, 0);
	setcontext(&context);
#endif
}

void gi_fiber_resume(struct gi_fiber *fiber)
{
	gi_assert(!current);
	gi_assert(!fiber->has_returned);
	current = fiber;
	load_locals(fiber);
	before_switch(&resumer_fake_stack, fiber->stack + GUARD_SIZE, STACK_SIZE - GUARD_SIZE);
	if (_setjmp(resumer) == 0) {
		if (fiber->has_started) {
			_longjmp(fiber->at, 1);
		}
		fiber->has_started = true;
		enter_first(fiber);
	}
	after_switch(resumer_fake_stack, NULL, NULL);
	current = NULL;
}

void gi_fiber_yield(void)
{
	struct gi_fiber *fiber = current;
	gi_assert(fiber);
	before_switch(&fiber->fake_stack, resumer_stack, resumer_stack_size);
	if (_setjmp(fiber->at) == 0) {
		_longjmp(resumer, 1);
	}
	after_switch(fiber->fake_stack, &resumer_stack, &resumer_stack_size);
}

struct gi_fiber *gi_fiber_current(void)
{
	return current;
}

bool gi_fiber_has_returned(const struct gi_fiber *fiber)
{
	return fiber->has_returned;
}

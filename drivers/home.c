/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks on their way home. */
#include "drivers/home.h"

#include "base/assert.h"
#include "drivers/outside.h"
#include "drivers/route.h"

static void send_to_driver(struct gi_driver *driver, const struct gi_block_chain *chain)
{
	gi_assert(chain->home_index < driver->group->driver_count);
	gi_assert(chain->home_index != driver->index); /* its own are free at once */
	struct gi_driver *to = driver->group->drivers[chain->home_index];
	void *last = gi_heap_chain_last(chain->first);
	void *before = gi_load_relaxed(&to->home); /* a guess, the exchange confirms it */
	do {                                       /* each failure is the success of another */
		gi_heap_chain_link(last, before);
	} while (!gi_compare_exchange_acq_rel(&to->home, &before, chain->first)); /* home */
	/* Who finds one there already knows that its home has been told. */
	if (!before && !driver->is_quiet && gi_bell_kick(&to->bell)) {
		gi_doorbell_ring(driver, chain->home_index);
	}
}

/* This driver's TPC is short of memory, or is not any more: all drivers are told by a count. */
static void look_at_memory(struct gi_driver *driver)
{
	bool is_short = gi_arena_is_short(driver->options.arena);
	if (is_short != driver->is_short) {
		gi_assert(gi_load_relaxed(&driver->group->short_count) <=
		          driver->group->driver_count);
		driver->is_short = is_short;
		/* Relaxed: a hint; chains that learn of it a turn later go a turn later. */
		gi_fetch_add_relaxed(&driver->group->short_count, is_short ? 1 : (uint32_t)-1);
	}
}

void gi_home_send(struct gi_driver *driver, bool is_idle)
{
	look_at_memory(driver);
	if (gi_heap_chains_waiting(driver->heap) == 0) {
		return;
	}
	bool takes_all = is_idle || gi_load_relaxed(&driver->group->short_count) > 0; /* a hint */
	struct gi_block_chain chain;
	while (gi_heap_take_chain(driver->heap, takes_all ? 1 : GI_BLOCK_CHAIN_COUNT, &chain)) {
		gi_assert(chain.first);
		gi_assert(chain.count > 0);
		if (chain.home_index == GI_OUTSIDE_INDEX(driver->group)) {
			gi_outside_put_chain(driver->group->outside, chain.first);
		} else {
			send_to_driver(driver, &chain);
		}
	}
}

uint32_t gi_home_take_some(struct gi_driver *driver)
{
	gi_assert_on_driver(driver);
	void *first = gi_exchange_acq_rel(&driver->home, NULL); /* home */
	gi_assert(first); /* it was seen, and this driver alone takes it */
	gi_heap_put_chain(driver->heap, first);
	return 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Turn: see turn.h. */
#include "sim/turn.h"
#include "sim/task.h"

#include "drivers/driver.h"

#define TURN_MIN_NS  UINT64_C(200)
#define STALL_MIN_NS UINT64_C(500000000)
#define STALL_MAX_NS UINT64_C(5000000000)
#define LONG_MIN_NS  UINT64_C(100000)
#define LONG_MAX_NS  UINT64_C(50000000)
#define JUMP_MIN_NS  UINT64_C(1000000)
#define JUMP_MAX_NS  UINT64_C(10000000000)
#define HOUR_NS      INT64_C(3600000000000)

static uint64_t draw(uint64_t low, uint64_t high)
{
	return gi_random_spread(&gi_sim_here->time, low, high);
}

/* A wake-up that is lost shall be seen: the second that a driver sleeps at most hides it. */
static void end_safety_sleep(void)
{
	struct gi_task *task = gi_task_current();
	struct gi_driver *driver = gi_driver_current();
	if (!task->is_entered && driver) {
		task->is_entered = true;
		driver->options.sleep_ns = UINT64_MAX;
	}
}

/* The machine stands still, and its wall clock is set. */
static void jump(void)
{
	uint64_t jump_ns = draw(JUMP_MIN_NS, JUMP_MAX_NS);
	gi_sim_here->wall_ns += (int64_t)gi_random_below(&gi_sim_here->time, 2 * HOUR_NS) - HOUR_NS;
	gi_sim_advance(gi_sim_here->now_ns + jump_ns);
}

void gi_turn_pass(void)
{
	end_safety_sleep();
	uint64_t turn_ns = draw(TURN_MIN_NS, gi_sim_here->turn_ns);
	if (gi_sim_strikes(GI_FAULT_TURN_LONG)) {
		turn_ns += draw(LONG_MIN_NS, LONG_MAX_NS);
	}
	if (gi_sim_strikes(GI_FAULT_DRIVER_STALL)) {
		turn_ns += draw(STALL_MIN_NS, STALL_MAX_NS);
	}
	if (gi_sim_strikes(GI_FAULT_CLOCK_JUMP)) {
		jump();
	}
	gi_task_spend(turn_ns);
}

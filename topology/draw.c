/* SPDX-License-Identifier: Apache-2.0 */
/* Draw: what text, JSON and SVG have in common. */
#include "topology/draw.h"

#include <errno.h>

#include "base/assert.h"

int gi_draw_finish(FILE *out)
{
	return fflush(out) || ferror(out) ? -EIO : 0;
}

const char *gi_role_name(enum gi_role role)
{
	static const char *const names[] = {
	        [GI_ROLE_BOTH] = "both",
	        [GI_ROLE_IO] = "io",
	        [GI_ROLE_TASKS] = "tasks",
	};
	gi_assert(role <= GI_ROLE_TASKS);
	return names[role];
}

struct gi_draw_size gi_draw_size(uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	struct gi_draw_size size = {"none"};
	if (bytes == GI_LIMIT_NONE) {
		return size;
	}
	unsigned unit = 0;
	double value = (double)bytes;
	while (value >= 1024) {
		value /= 1024;
		unit++;
	}
	bool is_whole = value == (double)(uint64_t)value || value >= 100;
	snprintf(size.text, sizeof(size.text), is_whole ? "%.0f %s" : "%.1f %s", value,
	         units[unit]);
	return size;
}

uint32_t gi_draw_drivers_of(const struct gi_drawing *drawing, uint32_t pu_index,
                            uint32_t *out_count)
{
	uint32_t first = GI_INDEX_NONE;
	uint32_t cpu = drawing->topology->pus[pu_index].os_index;
	*out_count = 0;
	for (uint32_t i = 0; i < drawing->plan->driver_count; i++) {
		if (drawing->plan->drivers[i].cpu == cpu) {
			first = first == GI_INDEX_NONE ? i : first;
			++*out_count;
		}
	}
	return first;
}

uint32_t gi_draw_role_count(const struct gi_plan *plan, uint32_t tpc_index, enum gi_role role)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < plan->driver_count; i++) {
		bool is_here =
		        tpc_index == GI_INDEX_NONE || plan->drivers[i].tpc_index == tpc_index;
		count += is_here && plan->drivers[i].role == role;
	}
	return count;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A library with another idea of the program's message. */
#include <gatio/gatio.h>

GATIO_MESSAGE(plugin_question, { char text[40]; });

struct rival {
	uint64_t heard_count;
};

static void on_question(struct rival *self, const struct plugin_question *question)
{
	(void)question;
	self->heard_count++;
}

GATIO_BEHAVIOR(rival, on(plugin_question, on_question));

GATIO_API struct gatio_address plugin_spawn(struct gatio_system *system);
GATIO_API struct gatio_address plugin_spawn(struct gatio_system *system)
{
	return gatio_system_spawn(system, GATIO_ANYWHERE, rival);
}

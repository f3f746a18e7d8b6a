/* SPDX-License-Identifier: Apache-2.0 */
/* A library with a message and a behaviour of its own, which is loaded and unloaded while the program runs. */
#include "tests/actors/plugin/plugin.h"

GATIO_MESSAGE(plugin_own, { uint64_t number; });

struct tripler {
	uint64_t answered_count;
};

static void on_question(struct tripler *self, const struct plugin_question *question)
{
	self->answered_count++;
	if (question->number == 0) {
		gatio_exit(0);
		return;
	}
	(void)gatio_reply(plugin_question, .number = 3 * question->number);
}

static void on_own(struct tripler *self, const struct plugin_own *own)
{
	self->answered_count += own->number;
}

GATIO_BEHAVIOR(tripler, on(plugin_question, on_question), on(plugin_own, on_own));

GATIO_API struct gatio_address plugin_spawn(struct gatio_system *system);
GATIO_API struct gatio_address plugin_spawn(struct gatio_system *system)
{
	return gatio_system_spawn(system, GATIO_ANYWHERE, tripler);
}

GATIO_API const struct gatio_message_type *plugin_type(void);
GATIO_API const struct gatio_message_type *plugin_type(void)
{
	return &gatio_message_plugin_own;
}

GATIO_API int plugin_open(struct gatio_system *system);
GATIO_API int plugin_open(struct gatio_system *system)
{
	struct gatio_port_options options = {.listen = "127.0.0.1:0"};
	return gatio_port_open(system, &options, tripler, .answered_count = 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* People: ann, bob and cat in a world. */
#include "tests/chat/people.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

struct gatio_address ann;
struct gatio_address bob;
struct gatio_address cat;

static struct gatio_address *const people[] = {&ann, &bob, &cat};
static const char *const nicks[] = {"ann", "bob", "cat"};
static unsigned people_count;

void people_begin(uint64_t seed, uint32_t driver_count, unsigned count)
{
	world_start(seed, driver_count, 0);
	people_count = count;
	for (unsigned i = 0; i < count; i++) {
		*people[i] = world_person(nicks[i]);
	}
}

void people_clear(void)
{
	for (unsigned i = 0; i < people_count; i++) {
		world_clear(*people[i]);
	}
}

void people_play(const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		people_clear();
		world_type(*steps[i].who, steps[i].line);
		const char *output = fake_output(*steps[i].looks);
		const char *sees = steps[i].sees ? steps[i].sees : output;
		if (strcmp(output, sees) != 0) {
			printf("\n  %s: not '%s' but '%s'", steps[i].line, sees, output);
		}
		CU_ASSERT_STRING_EQUAL(output, sees);
	}
}

void people_play_parts(const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		people_clear();
		world_type(*steps[i].who, steps[i].line);
		CU_ASSERT_TRUE(world_sees(*steps[i].looks, steps[i].sees));
	}
}

bool people_see_in_order(struct gatio_address client, const char *parts)
{
	const char *at = fake_output(client);
	while (*parts) {
		char part[200];
		size_t size = strcspn(parts, "\n");
		snprintf(part, sizeof(part), "%.*s", (int)size, parts);
		at = strstr(at, part);
		if (!at) {
			printf("\n  not in order: '%s' in\n%s", part, fake_output(client));
			return false;
		}
		at += size;
		parts += size + (parts[size] == '\n');
	}
	return true;
}

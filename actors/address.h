/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address: driver (10 bits), slot in that driver's registry (22), and an identity (32): system (6, from 1) and
 * generation (26, from 1). A slot whose generations are used up is never used again, so no two actors of a system ever
 * share an address; two systems of a process have different ids, so an address of one names nobody in the other.
 * Identity 0 is nobody; the upper half then holds why.
 */
#ifndef GI_ACTORS_ADDRESS_H
#define GI_ACTORS_ADDRESS_H

#include <gatio/message.h>

#include <stdint.h>

#define GI_SLOT_BITS       22u
#define GI_SLOT_COUNT      (1u << GI_SLOT_BITS)
#define GI_SLOT_MASK       (GI_SLOT_COUNT - 1)
#define GI_DRIVER_BITS     10u
#define GI_GENERATION_BITS 26u
#define GI_GENERATION_MAX  ((1u << GI_GENERATION_BITS) - 1)

static inline uint32_t gi_identity_make(uint32_t system, uint32_t generation)
{
	return system << GI_GENERATION_BITS | generation;
}

static inline uint32_t gi_identity_system(uint32_t identity)
{
	return identity >> GI_GENERATION_BITS;
}

static inline uint32_t gi_identity_generation(uint32_t identity)
{
	return identity & GI_GENERATION_MAX;
}

static inline uint64_t gi_address_make(uint32_t driver, uint32_t slot, uint32_t identity)
{
	return (uint64_t)driver << (64 - GI_DRIVER_BITS) | (uint64_t)slot << 32 | identity;
}

static inline uint32_t gi_address_driver(uint64_t address)
{
	return (uint32_t)(address >> (64 - GI_DRIVER_BITS));
}

static inline uint32_t gi_address_slot(uint64_t address)
{
	return (uint32_t)(address >> 32) & GI_SLOT_MASK;
}

static inline uint32_t gi_address_identity(uint64_t address)
{
	return (uint32_t)address;
}

static inline uint32_t gi_address_system(uint64_t address)
{
	return gi_identity_system((uint32_t)address);
}

/* err: negative errno. */
static inline struct gatio_address gi_address_failed(int err)
{
	return (struct gatio_address){.bits = (uint64_t)(uint32_t)-err << 32};
}

#endif

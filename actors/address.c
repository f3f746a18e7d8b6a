/* SPDX-License-Identifier: Apache-2.0 */
/* What anyone may ask of an address. */
#include "actors/address.h"

int gatio_address_error(struct gatio_address address)
{
	return gi_address_identity(address.bits) == 0 ? -(int)(address.bits >> 32) : 0;
}

bool gatio_address_equal(struct gatio_address a, struct gatio_address b)
{
	return a.bits == b.bits;
}

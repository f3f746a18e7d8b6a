/* SPDX-License-Identifier: Apache-2.0 */
/* One file of the program, with its own idea of a point. */
#include <gatio/message.h>

GATIO_MESSAGE(point, { uint32_t x, y; });

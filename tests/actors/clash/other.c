/* SPDX-License-Identifier: Apache-2.0 */
/* Another file of the same program: a name with different fields. */
#include <gatio/message.h>

GATIO_MESSAGE(point, { double x, y, z; });

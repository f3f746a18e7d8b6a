/* SPDX-License-Identifier: Apache-2.0 */
/* gatio: services as actors in C, on Linux. */
#ifndef GATIO_GATIO_H
#define GATIO_GATIO_H

#include <gatio/actor.h>
#include <gatio/defs.h>
#include <gatio/message.h>
#include <gatio/net.h>
#include <gatio/system.h>

#endif

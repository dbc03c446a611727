/* SPDX-License-Identifier: Apache-2.0 */
/* json.h -- the plan itself, as docs/plan.schema.json describes it: what ipsec-run and other programs read. */
#ifndef BACKENDS_JSON_H
#define BACKENDS_JSON_H

#include "backends/backend.h"

extern const struct backend json_backend;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* pfkey.h -- the PF_KEY v2 backend (RFC 2367 with KAME's extensions, as Linux af_key reads them). */
#ifndef BACKENDS_PFKEY_PFKEY_H
#define BACKENDS_PFKEY_PFKEY_H

#include "backends/backend.h"

extern const struct backend pfkey_backend;

#endif

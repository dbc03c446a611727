/* SPDX-License-Identifier: Apache-2.0 */
/* pfkey_msg.h -- policies as messages of PF_KEY v2 (RFC 2367 section 2, with KAME's extensions as Linux af_key reads them; linux/pfkeyv2.h). */
#ifndef BACKENDS_PFKEY_MSG_H
#define BACKENDS_PFKEY_MSG_H

#include "base/buf.h"
#include "plan/plan.h"

/* Of a policy request only the level "unique" carries a reqid, and only up to here; the kernel replaces a larger one in silence. */
#define PFKEY_REQID_MAX	16383u

enum pfkey_level { PFKEY_LEVEL_USE = 1, PFKEY_LEVEL_REQUIRE, PFKEY_LEVEL_UNIQUE };

enum pfkey_level pfkey_level_of(const struct plan_tmpl *t);
/* Appends one SADB_X_SPDUPDATE, which creates or replaces; sequence number and process are 0. What PF_KEY cannot express (mark, if_id) must be
 * kept away. Failure sticks in `out`. */
void pfkey_msg_policy(struct buf *out, const struct plan_policy *policy);

#endif

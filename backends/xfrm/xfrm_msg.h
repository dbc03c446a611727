/* SPDX-License-Identifier: Apache-2.0 */
/* xfrm_msg.h -- policies of the plan as netlink messages of NETLINK_XFRM (linux/xfrm.h; rules X-001 ... X-007).
 *
 * Used by the xfrm backend (`--format=netlink`, `--apply`) and by the runtime's kernel data plane, so that both install the same
 * bytes.
 */
#ifndef BACKENDS_XFRM_MSG_H
#define BACKENDS_XFRM_MSG_H

#include "base/buf.h"
#include "plan/plan.h"

/* Appends one whole message with NLM_F_REQUEST | NLM_F_ACK. `type` is XFRM_MSG_NEWPOLICY, XFRM_MSG_UPDPOLICY, XFRM_MSG_DELPOLICY, or
 * XFRM_MSG_GETPOLICY, which without NLM_F_ACK has one answer; sequence numbers are the sender's matter. Failure sticks in `out`. */
void xfrm_msg_policy(struct buf *out, uint16_t type, uint32_t seq, const struct plan_policy *policy);

#endif

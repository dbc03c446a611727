/* SPDX-License-Identifier: Apache-2.0 */
/* lockout.h -- whether a change would catch the packets of the session that it is made from.
 *
 * The session is the TCP connection of SSH_CONNECTION. Of the plan's policies that its packets match, in each direction the one with the
 * smallest priority number decides, as in the kernel. What blocks them, and what demands protection (they are in clear now), ends the
 * session, unless that policy stands already. Policies of others in the kernel are not looked at, nor those for an XFRM interface.
 */
#ifndef APPLY_LOCKOUT_H
#define APPLY_LOCKOUT_H

#include "apply/change.h"

struct session {
	struct ip_addr here, there;
	uint16_t here_port, there_port;
};

/* "192.0.2.9 51234 192.0.2.1 22": their address and port, then ours. False: it is nothing like that. */
bool session_parse(const char *ssh_connection, struct session *ret);
/* After change_prepare(). The policy that would end the session; NULL: none. */
const struct plan_policy *change_locks_out(const struct change *c, const struct session *session);
void lockout_report(const struct plan_policy *policy, const struct session *session, struct diag *diag, struct span span);

#endif

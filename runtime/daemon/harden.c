/* SPDX-License-Identifier: Apache-2.0 */
#include <cap-ng.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "runtime/daemon/state.h"

/* I-348: netlink, TUN and socket options need CAP_NET_ADMIN for as long as SAs come and go; ports are bound already. */
void daemon_harden(struct daemon *d)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		DAEMON_LOG(d, IKE_LOG_WARNING, RULE_COUNT, NULL, "cannot give up new privileges: %s", strerror(errno));
	capng_clear(CAPNG_SELECT_BOTH);
	if (d->dataplane_ops != &dataplane_dry)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN);
	if (capng_apply(CAPNG_SELECT_BOTH) < 0)
		DAEMON_LOG(d, IKE_LOG_WARNING, RULE_COUNT, NULL, "cannot drop capabilities");
}

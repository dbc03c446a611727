/* SPDX-License-Identifier: Apache-2.0 */
/* mobike.c -- a peer that changes its address tells so, and its SAs follow (RFC 4555), where the data plane can move them. We are the end
 * that stays: our own address is that of the plan. The message itself has moved the IKE SA already (I-113); here it is answered.
 */
#include <errno.h>
#include <string.h>

#include "runtime/ike/internal.h"

#define COOKIE2_MAX	64u	/* RFC 4555 section 4.2.5 */

bool mobike_possible(const struct ike *ike, const struct ike_peer *p)
{
	return p->plan->mobike && (ike->env->dataplane->ops->caps & DP_CAP_MOVE);
}

void mobike_announce(struct ike_sa *sa, struct wire_builder *w)
{
	if (mobike_possible(sa->ike, sa->peer))
		wire_add_notify(w, NOTIFY_MOBIKE_SUPPORTED, (struct slice){ NULL, 0 });
}

void mobike_read(struct ike_sa *sa, const struct wire_message *m)
{
	sa->mobike = mobike_possible(sa->ike, sa->peer) && wire_find_notify(m, NOTIFY_MOBIKE_SUPPORTED, NULL);
}

void mobike_answer(struct ike_sa *sa, const struct wire_message *m, struct draft *d)
{
	struct ike_datagram here = { .local = sa->local, .remote = sa->remote, .local_port = sa->local_port, .remote_port = sa->remote_port };
	struct wire_notify n;

	if (!sa->mobike)
		return;
	if (wire_find_notify(m, NOTIFY_COOKIE2, &n) && n.data.n <= COOKIE2_MAX)
		wire_add_notify(&d->w, NOTIFY_COOKIE2, n.data);
	if (sa->initiator || !wire_find_notify(m, NOTIFY_UPDATE_SA_ADDRESSES, NULL))
		return;
	natd_read(sa, m, &here);
	keepalive_arm(sa);
	natd_add(sa, &d->w, sa->spi_r);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/backend.h"

#include <string.h>

/* The kernel's key of a policy: E-047, E-049. */
static bool same_slot(const struct plan_policy *a, const struct plan_policy *b)
{
	return a->dir == b->dir && ip_prefix_eq(&a->src, &b->src) && ip_prefix_eq(&a->dst, &b->dst) && a->proto == b->proto &&
	       a->sport == b->sport && a->dport == b->dport && a->sport_set == b->sport_set && a->dport_set == b->dport_set &&
	       a->mark.value == b->mark.value && a->mark.mask == b->mark.mask && a->if_id == b->if_id;
}

/* The policies of one conn stand together, so looking around the policy is enough and a plan of any size stays linear. */
static bool replaced_when_up(const struct plan *plan, const struct plan_policy *policy)
{
	const struct plan_policy *first = plan->policies.v, *end = first + plan->policies.n, *p = policy;

	while (p > first && strcmp(p[-1].conn, policy->conn) == 0)
		p--;
	for (; p < end && strcmp(p->conn, policy->conn) == 0; p++)
		if (p->when == PLAN_WHEN_UP && !p->strict && same_slot(p, policy))
			return true;
	return false;
}

bool backend_renders(const struct plan *plan, const struct plan_policy *policy, const struct backend_options *options)
{
	if (policy->strict && !options->strict)
		return false;
	if (options->phase == PHASE_ROUTE)
		return policy->when != PLAN_WHEN_UP;
	return policy->when == PLAN_WHEN_UP || !replaced_when_up(plan, policy);
}

static bool is_transport(const struct plan_policy *policy)
{
	return policy->tmpl.n && policy->tmpl.v[0].mode == PLAN_MODE_TRANSPORT;
}

void backend_comment(struct buf *out, const struct plan_policy *policy)
{
	static const char *const actions[] = { [PLAN_PASS] = "passthrough", [PLAN_BLOCK] = "drop" };
	char src[IP_PREFIX_TEXT], dst[IP_PREFIX_TEXT];

	buf_printf(out, "# %s  %s:%u  %s %s <-> %s", policy->conn, policy->origin.file ? policy->origin.file : "(built in)", policy->origin.line,
		   policy->action != PLAN_PROTECT ? actions[policy->action] : is_transport(policy) ? "transport" : "tunnel",
		   ip_prefix_format(&policy->src, src), ip_prefix_format(&policy->dst, dst));
	buf_add_char(out, '\n');
}

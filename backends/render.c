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

/* What replaces a policy in the rendering asked for: while up an `up` policy, and in the strict rendering a strict one. The
 * policies of one conn stand together, so looking around the policy is enough and a plan of any size stays linear. */
static bool is_replaced(const struct plan *plan, const struct plan_policy *policy, const struct backend_options *options)
{
	const struct plan_policy *first = plan->policies.v, *end = first + plan->policies.n, *p = policy;
	bool up = options->phase == PHASE_UP, strict = options->strict && !policy->strict;

	while (p > first && strcmp(p[-1].conn, policy->conn) == 0)
		p--;
	for (; p < end && strcmp(p->conn, policy->conn) == 0; p++)
		if (((up && p->when == PLAN_WHEN_UP) || (strict && p->strict)) && same_slot(p, policy))
			return true;
	return false;
}

bool backend_renders(const struct plan *plan, const struct plan_policy *policy, const struct backend_options *options)
{
	if (policy->strict && !options->strict)
		return false;
	if (policy->when == PLAN_WHEN_UP)
		return options->phase == PHASE_UP;
	return !is_replaced(plan, policy, options);
}

static const char *kind_of(const struct plan_policy *policy)
{
	if (policy->action != PLAN_PROTECT)
		return policy->action == PLAN_PASS ? "passthrough" : "drop";
	return policy->mode == PLAN_MODE_TRANSPORT ? "transport" : "tunnel";
}

void backend_comment(struct buf *out, const struct plan_policy *policy)
{
	const struct plan_tmpl *t = policy->tmpl.n ? &policy->tmpl.v[0] : NULL;
	char src[IP_PREFIX_TEXT], dst[IP_PREFIX_TEXT];

	/* a name from the input must not end the line and begin a command */
	buf_add_str(out, "# ");
	diag_add_visible(out, slice_of(policy->conn), true);
	buf_add_str(out, "  ");
	diag_add_visible(out, slice_of(policy->origin.file ? policy->origin.file : "(built in)"), true);
	buf_printf(out, ":%u  %s %s <-> %s", policy->origin.line, kind_of(policy), ip_prefix_format(&policy->src, src),
		   ip_prefix_format(&policy->dst, dst));
	if (t && t->src.family != AF_UNSPEC)
		buf_printf(out, "  %s <-> %s", ip_addr_format(&t->src, src), ip_addr_format(&t->dst, dst));
	buf_add_char(out, '\n');
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/backend.h"

#include <stdlib.h>
#include <string.h>

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Those of a phase come before those of the strict rendering. */
static int by_slot(const void *x, const void *y)
{
	const struct plan_policy *const *a = x, *const *b = y;
	int order = plan_slot_cmp(*a, *b);

	order = order ? order : compare((*b)->when == PLAN_WHEN_UP, (*a)->when == PLAN_WHEN_UP);
	return order ? order : compare((uintptr_t)*a, (uintptr_t)*b);
}

static bool replaces(const struct rendering *r, const struct plan_policy *p)
{
	return (r->options->phase == PHASE_UP && p->when == PLAN_WHEN_UP) || (r->options->strict && p->strict);
}

/* The policies of the next conn, which stand together. */
static void take_conn(struct rendering *r)
{
	const struct plan_policy *v = r->plan->policies.v;
	size_t first = r->end;

	r->replacing.n = 0;
	while (r->end < r->plan->policies.n && strcmp(v[r->end].conn, v[first].conn) == 0) {
		if (replaces(r, &v[r->end]))
			vec_push(r->arena, &r->replacing, &v[r->end]);
		r->end++;
	}
	if (r->replacing.n > 1)
		qsort(r->replacing.v, r->replacing.n, sizeof(*r->replacing.v), by_slot);
}

static bool shows(const struct rendering *r, const struct plan_policy *policy)
{
	const struct plan_policy *other;

	if (policy->strict && !r->options->strict)
		return false;
	if (policy->when == PLAN_WHEN_UP)
		return r->options->phase == PHASE_UP;
	other = plan_slot_find(r->replacing.v, r->replacing.n, policy);
	return !other || (policy->strict && !(r->options->phase == PHASE_UP && other->when == PLAN_WHEN_UP));
}

struct rendering rendering_of(const struct plan *plan, const struct backend_options *options, struct arena *a)
{
	return (struct rendering){ .plan = plan, .options = options, .arena = a };
}

const struct plan_policy *rendering_next(struct rendering *r)
{
	while (r->at < r->plan->policies.n) {
		if (r->at == r->end)
			take_conn(r);
		if (shows(r, &r->plan->policies.v[r->at++]))
			return &r->plan->policies.v[r->at - 1];
	}
	return NULL;
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

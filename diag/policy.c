/* SPDX-License-Identifier: Apache-2.0 */
#include "diag/policy.h"

#include <strings.h>

#define IDENTIFIER_BYTES	6u	/* of "IC5001"; a name counts the same */
#define FAMILY_BYTES		2u	/* of "IC" */

/* Length of the selector when it names the rule; 0: it does not. */
static size_t strength_for(const struct rule *rule, struct slice selector)
{
	if (slice_eq_nocase(selector, rule->name))
		return IDENTIFIER_BYTES;
	if (selector.n < FAMILY_BYTES || selector.n > IDENTIFIER_BYTES || strncasecmp(rule->id, selector.p, selector.n) != 0)
		return 0;
	return selector.n;
}

bool policy_set(struct policy *p, struct slice selector, enum policy_level level)
{
	bool named = false;

	for (int rule = 0; rule < RULE_COUNT; rule++) {
		size_t strength = strength_for(&rule_table[rule], selector);

		named |= strength != 0;
		/* What tells of hidden refusals is not switched off in passing, with a family. */
		if (rule == RULE_REFUSAL_HIDDEN && strength < IDENTIFIER_BYTES)
			continue;
		if (!strength || strength < p->strength[rule])
			continue;
		p->level[rule] = (uint8_t)level;
		p->strength[rule] = (uint8_t)strength;
	}
	return named;
}

void policy_lay_over(struct policy *p, const struct policy *over)
{
	for (int rule = 0; rule < RULE_COUNT; rule++) {
		p->strength[rule] = over->strength[rule];
		if (over->strength[rule])
			p->level[rule] = over->level[rule];
	}
}

static enum hidden_by judge(const void *context, struct finding *f)
{
	const struct policy *p = context;

	return p->level[f->rule] == POLICY_IGNORE ? HIDDEN_BY_OPTION : HIDDEN_NOT;
}

void policy_apply(const struct policy *p, struct diag *d)
{
	for (size_t i = 0; i < d->findings.n; i++) {
		struct finding *f = d->findings.v[i];

		if (p->level[f->rule] == POLICY_ERROR)
			diag_set_severity(d, f, SEVERITY_ERROR);
		else if (p->level[f->rule] == POLICY_WARNING)
			diag_set_severity(d, f, SEVERITY_WARNING);
	}
	diag_hide(d, judge, p);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* policy.h -- what weight each rule has for one reader: an error, a warning, or nothing that is shown.
 *
 * A selector is the identifier of a rule (IC5001), its name (same-traffic), or the beginning of identifiers (IC, IC5, IC50), in any
 * case. The longest selector that names a rule decides, among equal ones the later. A policy may be laid over another: what it says
 * wins whatever the lengths are, as a command line does over a project file.
 */
#ifndef DIAG_POLICY_H
#define DIAG_POLICY_H

#include "diag/diag.h"

enum policy_level { POLICY_AS_IT_IS, POLICY_ERROR, POLICY_WARNING, POLICY_IGNORE };

struct policy {			/* all zero: every rule as it is */
	uint8_t level[RULE_COUNT];	/* enum policy_level */
	uint8_t strength[RULE_COUNT];	/* length of the selector that decided; 0: none */
};

/* False: the selector names no rule. */
bool policy_set(struct policy *p, struct slice selector, enum policy_level level);
void policy_lay_over(struct policy *p, const struct policy *over);
/* Gives the findings their severities and hides (HIDDEN_BY_OPTION) what is ignored. May be done again when more
 * has been reported. */
void policy_apply(const struct policy *p, struct diag *d);

#endif

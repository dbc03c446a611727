/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/result.h"

bool concerns_result(const struct finding *f)
{
	const char *id = rule_table[f->rule].id;

	switch (f->rule) {
	case RULE_OTHER_IN_LATER_RELEASE:
	case RULE_OTHER_DEFAULTS_LATER:
	case RULE_OLD_NAME:
	case RULE_OLD_WORD:
		return false;
	default:
		return f->severity == SEVERITY_ERROR || (id[2] >= '7' && id[2] <= '9');
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/dump.h"

#include <errno.h>

#include "base/limits.h"
#include "compare/dump_read.h"

bool dump_next_line(struct dump_reader *r)
{
	r->line = r->next;
	if (r->rest.p == NULL || !slice_split(&r->rest, "\n", &r->next))
		r->next = (struct slice){ 0 };
	if (r->next.n && r->next.p[r->next.n - 1] == '\r')
		r->next.n--;
	return r->line.p != NULL;
}

bool dump_word(struct slice *rest, struct slice *ret)
{
	*rest = slice_trim(*rest);
	if (!rest->n)
		return false;
	*ret = slice_sub(*rest, 0, 0);
	while (ret->n < rest->n && rest->p[ret->n] != ' ' && rest->p[ret->n] != '\t')
		ret->n++;
	*rest = slice_sub(*rest, ret->n, rest->n);
	return true;
}

void dump_complain(struct dump_reader *r, struct slice at, const char *why)
{
	uint32_t start = r->base + (uint32_t)(at.p - r->text.p);
	struct finding *f = diag_report(r->diag, RULE_DUMP_SYNTAX, (struct span){ start, start + (uint32_t)(at.n ? at.n : 1) }, "%s", why);

	diag_note(r->diag, f, "this policy is left out of the comparison");
	r->bad = true;
}

void dump_direction(struct dump_reader *r, struct slice word, struct plan_policy *p)
{
	if (slice_eq_str(word, "out"))
		p->dir = PLAN_OUT;
	else if (slice_eq_str(word, "in"))
		p->dir = PLAN_IN;
	else if (slice_eq_str(word, "fwd"))
		p->dir = PLAN_FWD;
	else
		dump_complain(r, word.n ? word : r->line, "a direction is in, out or fwd");
}

bool dump_number(struct slice word, uint64_t max, uint64_t *ret)
{
	uint64_t n = 0;

	if (!slice_starts(word, "0x"))
		return slice_to_u64(word, max, ret) == 0;
	if (word.n == 2 || word.n > 2 + 16)
		return false;
	for (size_t i = 2; i < word.n; i++) {
		if (digit_hex(word.p[i]) < 0)
			return false;
		n = n << 4 | (uint64_t)digit_hex(word.p[i]);
	}
	*ret = n;
	return n <= max;
}

void dump_finish_policy(struct dump_reader *r, const struct plan_policy *p)
{
	if (r->bad || r->skip)
		return;
	vec_push(r->arena, &r->plan->policies, *p);
}

enum dump_kind dump_recognise(struct slice text)
{
	struct slice line, word, rest = slice_trim(text);

	while (rest.n && rest.p[0] == '\n')
		rest = slice_trim(slice_sub(rest, 1, rest.n));
	if (!slice_split(&rest, "\n", &line))
		return DUMP_NONE;
	if (slice_starts(line, "src ") && dump_word(&line, &word) && dump_word(&line, &word) && dump_word(&line, &word) && slice_eq_str(word, "dst"))
		return DUMP_XFRM;
	/* 10.1.0.0/24[any] 10.2.0.0/24[any] any */
	if (!dump_word(&line, &word) || !word.n || word.p[word.n - 1] != ']' || !dump_word(&line, &word) || !word.n || word.p[word.n - 1] != ']')
		return DUMP_NONE;
	return DUMP_SETKEY;
}

int dump_read(struct arena *a, struct slice text, const char *path, uint32_t base, struct diag *diag, struct plan **ret)
{
	struct dump_reader r = {
		.arena = a, .diag = diag, .plan = arena_new(a, struct plan), .text = text, .rest = text, .path = path, .base = base,
	};
	enum dump_kind kind = dump_recognise(text);

	if (kind == DUMP_NONE)
		return -EINVAL;
	dump_next_line(&r);		/* looks at the first one */
	while (dump_next_line(&r)) {
		r.line_number++;
		if (!slice_trim(r.line).n)
			continue;
		if (r.plan->policies.n >= LIMIT_DUMP_POLICIES) {
			diag_report(diag, RULE_DUMP_LIMIT, (struct span){ 0, 0 }, "%s has more than %u policies", path, LIMIT_DUMP_POLICIES);
			return -EINVAL;
		}
		r.bad = r.skip = false;
		if (kind == DUMP_XFRM)
			dump_read_xfrm(&r);
		else
			dump_read_setkey(&r);
	}
	*ret = r.plan;
	return 0;
}

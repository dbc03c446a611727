/* SPDX-License-Identifier: Apache-2.0 */
#include "apply/change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TAKE_BACK_TRIES	3	/* answers may be lost; what was asked for twice is done once */

const struct carrier *carrier_for(const char *target)
{
	static const struct carrier *const all[] = { &carrier_xfrm, &carrier_pfkey };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (strcmp(all[i]->target, target) == 0)
			return all[i];
	return NULL;
}

void change_init(struct change *c, const struct carrier *carrier)
{
	*c = (struct change){ .carrier = carrier };
}

void change_release(struct change *c)
{
	if (c->link)
		c->carrier->close(c);
	free(c->steps);
	free(c->order);
	buf_release(&c->requests);
	buf_release(&c->undos);
	*c = (struct change){ 0 };
}

/* --- what is to be done ------------------------------------------------------------------------------------------------------- */

void change_add(void *change, const struct plan_policy *policy, size_t size)
{
	struct change *c = change;

	if (c->n == c->room) {
		size_t room = c->room ? 2 * c->room : 64;
		struct change_step *steps = reallocarray(c->steps, room, sizeof(*steps));

		if (!steps) {
			c->out_of_memory = true;
			return;
		}
		c->steps = steps;
		c->room = room;
	}
	c->steps[c->n++] = (struct change_step){ .policy = policy, .put = c->requests.n - size, .put_size = size };
}

static int by_slot(const void *a, const void *b, void *context)
{
	const struct change *c = context;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int order = plan_slot_cmp(c->steps[x].policy, c->steps[y].policy);

	return order ? order : (x > y) - (x < y);
}

/* Of several in one slot the last is what would stand in the end; the others are not sent. */
static void mark_superseded(struct change *c)
{
	for (size_t i = 0; i < c->n; i++)
		c->order[i] = i;
	if (c->n > 1)
		qsort_r(c->order, c->n, sizeof(*c->order), by_slot, c);
	for (size_t i = 1; i < c->n; i++)
		if (plan_slot_cmp(c->steps[c->order[i - 1]].policy, c->steps[c->order[i]].policy) == 0)
			c->steps[c->order[i - 1]].superseded = true;
}

int change_prepare(struct change *c)
{
	int error;

	c->refused = c->n;
	c->order = reallocarray(NULL, c->n ? c->n : 1, sizeof(*c->order));
	if (!c->order || c->out_of_memory || buf_failed(&c->requests))
		return -ENOMEM;
	mark_superseded(c);
	error = c->carrier->open(c);
	return error ? error : c->carrier->save(c);
}

bool change_save(struct change *c, size_t step, const void *undo, size_t size, bool stood)
{
	struct change_step *s = &c->steps[step];

	s->undo = c->undos.n;
	s->undo_size = size;
	s->stood = stood;
	buf_add(&c->undos, undo, size);
	return !buf_failed(&c->undos);
}

/* --- doing it, and taking it back --------------------------------------------------------------------------------------------- */

void change_sending(struct change *c, size_t step, bool undo)
{
	if (!undo)
		c->steps[step].state = CHANGE_SENT;
}

static void keep_why(struct change *c, const char *why)
{
	size_t n = strnlen(why, sizeof(c->why) - 1);

	memcpy(c->why, why, n);
	c->why[n] = '\0';
}

bool change_answered(struct change *c, size_t step, bool undo, int error, const char *why)
{
	struct change_step *s = &c->steps[step];

	if (undo) {
		if (!error || (error == -ENOENT && !s->stood))	/* somebody else has removed it: what we want is so */
			s->state = CHANGE_TAKEN_BACK;
		else
			keep_why(c, why);
		return true;
	}
	s->state = error ? CHANGE_REFUSED : CHANGE_DONE;
	if (error && c->refused == c->n) {
		c->refused = step;
		keep_why(c, why);
	}
	return !error;
}

static bool may_stand(const struct change_step *s)
{
	return s->state == CHANGE_SENT || s->state == CHANGE_DONE;
}

int change_take_back(struct change *c)
{
	size_t n;

	for (unsigned tries = 0; ; tries++) {
		n = 0;
		for (size_t i = c->n; i-- > 0; )	/* the last one put is the first to go */
			if (may_stand(&c->steps[i]))
				c->order[n++] = i;
		if (n == 0 || tries == TAKE_BACK_TRIES)
			break;
		c->carrier->send(c, c->order, n, true);	/* what the answers say counts */
	}
	c->left = n;
	return n ? -EIO : 0;
}

int change_put(struct change *c)
{
	char why[sizeof(c->why)];
	size_t n = 0;
	int error;

	for (size_t i = 0; i < c->n; i++)
		if (!c->steps[i].superseded && !c->steps[i].unchanged)
			c->order[n++] = i;
	error = c->carrier->send(c, c->order, n, false);
	if (!error && c->refused == c->n)
		return 0;
	memcpy(why, c->why, sizeof(why));
	if (change_take_back(c) == 0)
		memcpy(c->why, why, sizeof(why));
	return error ? error : -EINVAL;
}

/* --- what came of it ---------------------------------------------------------------------------------------------------------- */

struct change_counts change_count(const struct change *c)
{
	struct change_counts counts = { 0 };

	for (size_t i = 0; i < c->n; i++) {
		const struct change_step *s = &c->steps[i];

		if (!s->superseded)
			(s->unchanged ? &counts.unchanged : s->stood ? &counts.replaced : &counts.added)[0]++;
	}
	return counts;
}

static struct finding *report_step(struct diag *diag, enum rule_id rule, struct span span, const struct change_step *s, const char *what,
				   const char *why)
{
	char src[IP_PREFIX_TEXT], dst[IP_PREFIX_TEXT];
	const struct plan_policy *p = s->policy;
	struct finding *f = diag_report(diag, rule, span, "the kernel refuses to %s a policy of conn '%s': %s", what, p->conn, why);

	diag_set_conn(f, p->conn);
	diag_note(diag, f, "the policy is src %s dst %s dir %s", ip_prefix_format(&p->src, src), ip_prefix_format(&p->dst, dst), plan_dir_words[p->dir]);
	return f;
}

void change_report(const struct change *c, struct diag *diag, struct span (*span_of)(const void *context, const struct plan_origin *origin),
		   const void *context)
{
	if (c->refused < c->n) {
		const struct change_step *s = &c->steps[c->refused];
		struct finding *f = report_step(diag, RULE_KERNEL_REFUSES_POLICY, span_of(context, &s->policy->origin), s, "put", c->why);

		if (!c->left)
			diag_note(diag, f, "all is taken back: the kernel's policies are as before");
	}
	for (size_t i = 0; c->left && i < c->n; i++) {
		const struct change_step *s = &c->steps[i];

		if (may_stand(s))
			report_step(diag, RULE_POLICY_NOT_TAKEN_BACK, span_of(context, &s->policy->origin), s, s->stood ? "put back" : "remove", c->why);
	}
}

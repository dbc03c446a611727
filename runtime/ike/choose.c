/* SPDX-License-Identifier: Apache-2.0 */
/* choose.c -- one proposal and one transform of each type out of two lists (RFC 7296 sections 2.7, 3.3; I-042): as responder by
 * our order of preference, as initiator to check that the answer is one that we offered.
 */
#include <stdio.h>
#include <string.h>

#include "runtime/ike/internal.h"

struct side {			/* the transforms of one type of one proposal */
	const struct proposal_transform *v[LIMIT_TRANSFORMS + 1];
	unsigned n;
	bool none;		/* may do without: lists NONE, or nothing of that type */
};

static void side_of(const struct proposal *p, enum transform_type type, struct side *ret)
{
	bool any = false;

	ret->n = 0;
	ret->none = false;
	for (size_t i = 0; i < p->transforms.n; i++) {
		const struct proposal_transform *t = &p->transforms.v[i];

		if (t->transform->type != type)
			continue;
		any = true;
		if (transform_is_none(t->transform))
			ret->none = true;
		else if (ret->n < LIMIT_TRANSFORMS)
			ret->v[ret->n++] = t;
	}
	if (!any)
		ret->none = true;
}

static const struct proposal_transform *common(const struct side *ours, const struct side *theirs)
{
	for (unsigned i = 0; i < ours->n; i++)
		for (unsigned k = 0; k < theirs->n; k++)
			if (ours->v[i]->transform == theirs->v[k]->transform &&
			    (ours->v[i]->transform->type != TRANSFORM_ENCR ||
			     proposal_transform_bits(ours->v[i]) == proposal_transform_bits(theirs->v[k])))
				return ours->v[i];
	return NULL;
}

/* Picks for one type; false when the proposals cannot meet there. *ret NULL: both do without. */
static bool pick(const struct proposal *ours, const struct proposal *theirs, enum transform_type type, struct chosen *c,
		 const struct transform **ret)
{
	struct side a, b;
	const struct proposal_transform *t;

	side_of(ours, type, &a);
	side_of(theirs, type, &b);
	t = common(&a, &b);
	*ret = NULL;
	if (!t)
		return a.none && b.none;
	*ret = t->transform;
	c->transforms[c->answer.transforms.n++] = *t;
	return true;
}

static bool pick_esn(const struct wire_offer *o, enum plan_tristate esn, struct chosen *c)
{
	c->has_esn = o->esn_yes || o->esn_no;
	c->esn = o->esn_yes && esn != PLAN_NO;
	return c->esn || o->esn_no || !o->esn_yes;
}

static bool match(const struct proposal *ours, const struct wire_offer *o, enum ke_rule ke, enum plan_tristate esn,
		  struct chosen *c)
{
	const struct transform *encr;

	*c = (struct chosen){ .number = o->number, .spi = o->spi };
	c->answer.protocol = ours->protocol;
	if (o->proposal.protocol != ours->protocol || !pick_esn(o, esn, c))
		return false;
	if (!pick(ours, &o->proposal, TRANSFORM_ENCR, c, &encr) || (!encr && ours->protocol != PROTOCOL_AH))
		return false;
	c->suite.encr = encr;
	c->suite.encr_key_bits = encr ? proposal_transform_bits(&c->transforms[0]) : 0;
	if (ours->protocol == PROTOCOL_IKE && (!pick(ours, &o->proposal, TRANSFORM_PRF, c, &c->suite.prf) || !c->suite.prf))
		return false;
	/* An AEAD cipher has no integrity algorithm beside it, whatever the lists say (RFC 5282 section 8, RFC 4106 section
	 * 8.5). */
	if (!(encr && encr->aead) && (!pick(ours, &o->proposal, TRANSFORM_INTEG, c, &c->suite.integ) || !c->suite.integ))
		return false;
	if (ke == KE_CHOSEN && !pick(ours, &o->proposal, TRANSFORM_KE, c, &c->suite.ke))
		return false;
	return ours->protocol != PROTOCOL_IKE || c->suite.ke;
}

static void finish(struct chosen *c)
{
	c->answer.transforms.v = c->transforms;
	c->answer.transforms.cap = c->answer.transforms.n;
}

bool choose_proposal(struct arena *a, const proposal_list *ours, struct slice sa_payload, enum ke_rule ke, enum plan_tristate esn,
		     struct chosen *ret)
{
	struct wire_offer *offers = arena_new_array(a, LIMIT_PROPOSALS, struct wire_offer);
	struct wire_proposal p;
	unsigned n = 0;

	while (n < LIMIT_PROPOSALS && wire_next_proposal(&sa_payload, &p))
		wire_read_offer(a, &p, &offers[n++]);
	for (size_t i = 0; i < ours->n; i++) {
		for (unsigned k = 0; k < n; k++) {
			if (offers[k].unusable || !match(&ours->v[i], &offers[k], ke, esn, ret))
				continue;
			finish(ret);
			return true;
		}
	}
	return false;
}

bool check_answer(struct arena *a, const proposal_list *ours, struct slice sa_payload, enum ke_rule ke, enum plan_tristate esn,
		  struct chosen *ret)
{
	struct wire_proposal p, more;
	struct wire_offer o;
	unsigned counts[TRANSFORM_ESN + 1] = { 0 };

	if (!wire_next_proposal(&sa_payload, &p) || wire_next_proposal(&sa_payload, &more))
		return false;
	wire_read_offer(a, &p, &o);
	if (o.unusable || o.number < 1 || o.number > ours->n || (o.esn_yes && o.esn_no))
		return false;
	for (size_t i = 0; i < o.proposal.transforms.n; i++)
		if (++counts[o.proposal.transforms.v[i].transform->type] > 1)
			return false;
	if (!match(&ours->v[o.number - 1], &o, ke, esn, ret))
		return false;
	finish(ret);
	return true;
}

static bool lists(const struct proposal *p, enum transform_type type, const struct transform *t, uint16_t key_bits)
{
	struct side s;

	side_of(p, type, &s);
	for (unsigned i = 0; t && i < s.n; i++)
		if (s.v[i]->transform == t && (key_bits == 0 || proposal_transform_bits(s.v[i]) == key_bits))
			return true;
	return !t && (s.none || type == TRANSFORM_INTEG);
}

bool suite_within(const proposal_list *ours, const struct suite_choice *s)
{
	for (size_t i = 0; i < ours->n; i++)
		if (lists(&ours->v[i], TRANSFORM_ENCR, s->encr, s->encr_key_bits) && lists(&ours->v[i], TRANSFORM_PRF, s->prf, 0) &&
		    lists(&ours->v[i], TRANSFORM_INTEG, s->integ, 0) && lists(&ours->v[i], TRANSFORM_KE, s->ke, 0))
			return true;
	return false;
}

void suite_describe(const struct suite_choice *s, bool esn, char text[IKE_PROPOSAL_TEXT])
{
	const struct transform *const parts[] = { s->encr, s->prf, s->integ, s->ke };
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < 4; i++) {
		if (!parts[i] || n >= IKE_PROPOSAL_TEXT)
			continue;
		n += (size_t)snprintf(text + n, IKE_PROPOSAL_TEXT - n, "%s%s", n ? "-" : "", parts[i]->name);
		if (i == 0 && s->encr->key_attribute && n < IKE_PROPOSAL_TEXT)
			n += (size_t)snprintf(text + n, IKE_PROPOSAL_TEXT - n, "_%u", s->encr_key_bits);
	}
	if (esn && n < IKE_PROPOSAL_TEXT)
		snprintf(text + n, IKE_PROPOSAL_TEXT - n, "-ESN");
}

const struct transform *nth_group(const proposal_list *list, unsigned n)
{
	const struct transform *seen[64];
	unsigned count = 0;

	for (size_t i = 0; i < list->n; i++) {
		for (size_t k = 0; k < list->v[i].transforms.n; k++) {
			const struct transform *t = list->v[i].transforms.v[k].transform;
			unsigned at = 0;

			if (t->type != TRANSFORM_KE || transform_is_none(t))
				continue;
			while (at < count && seen[at] != t)
				at++;
			if (at < count)
				continue;
			if (count == n)
				return t;
			if (count == 64)
				return NULL;
			seen[count++] = t;
		}
	}
	return NULL;
}

int find_group(const proposal_list *list, uint16_t method)
{
	const struct transform *t;

	for (unsigned i = 0; i < 64 && (t = nth_group(list, i)) != NULL; i++)
		if (t->ikev2_id == method)
			return (int)i;
	return -1;
}

uint16_t group_of(struct slice data)
{
	const uint8_t *p = (const uint8_t *)data.p;

	return data.n == 2 ? (uint16_t)(p[0] * 256u + p[1]) : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* compare.c -- where two plans of one tunnel say what does not go together. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/simulate/run.h"

/* "subnet" of our end: "leftsubnet". */
static const char *sided(struct arena *a, const struct plan_peer *p, bool local, const char *keyword)
{
	bool left = (p->side == PLAN_SIDE_RIGHT) != local;

	return arena_printf(a, "%s%s", left ? "left" : "right", keyword);
}

/* The line of the keyword, else that of the plan. */
static struct sim_place place_of(const struct sim_compare *c, unsigned side, const char *keyword, const struct plan_origin *otherwise,
				 const char *value)
{
	struct sim_place p = { .origin = *otherwise, .keyword = keyword, .value = value };
	struct plan_origin written = { 0 };

	if (c->options->where)
		written = c->options->where(c->options->context, side, c->peer[side]->conn, keyword);
	if (written.file)
		p.origin = written;
	return p;
}

static struct sim_dispute *dispute(struct sim_compare *c, const char *what, const char *why, const char *help)
{
	struct sim_dispute *d = vec_add(c->arena, c->disputes);

	*d = (struct sim_dispute){ .what = what, .why = why, .help = help };
	return d;
}

/* --- proposals ---------------------------------------------------------------------------------------------------------------- */

enum { MISS_ENCR = 1, MISS_PRF = 2, MISS_INTEG = 4, MISS_KE = 8 };

static bool same_transform(const struct proposal_transform *a, const struct proposal_transform *b)
{
	return a->transform == b->transform && (a->transform->type != TRANSFORM_ENCR || proposal_transform_bits(a) == proposal_transform_bits(b));
}

static bool lists_any(const struct proposal *p, enum transform_type type)
{
	for (size_t i = 0; i < p->transforms.n; i++)
		if (p->transforms.v[i].transform->type == type && !transform_is_none(p->transforms.v[i].transform))
			return true;
	return false;
}

/* A transform of that type which both list. aead: -1 of any kind, else ciphers that are AEAD or not. */
static bool common(const struct proposal *a, const struct proposal *b, enum transform_type type, int aead)
{
	for (size_t i = 0; i < a->transforms.n; i++)
		for (size_t k = 0; k < b->transforms.n; k++)
			if (a->transforms.v[i].transform->type == type && same_transform(&a->transforms.v[i], &b->transforms.v[k]) &&
			    (aead < 0 || a->transforms.v[i].transform->aead == (aead > 0)))
				return true;
	return !lists_any(a, type) && !lists_any(b, type);
}

static unsigned missing(const struct proposal *a, const struct proposal *b, bool with_ke)
{
	bool aead = lists_any(a, TRANSFORM_ENCR) && common(a, b, TRANSFORM_ENCR, 1);
	unsigned miss = 0;

	if (!aead && !common(a, b, TRANSFORM_ENCR, -1))
		miss |= MISS_ENCR;
	if (!aead && !(miss & MISS_ENCR) && !common(a, b, TRANSFORM_INTEG, -1))
		miss |= MISS_INTEG;
	if (a->protocol == PROTOCOL_IKE && !common(a, b, TRANSFORM_PRF, -1))
		miss |= MISS_PRF;
	if (with_ke && !common(a, b, TRANSFORM_KE, -1))
		miss |= MISS_KE;
	return miss;
}

static unsigned least_missing(const proposal_list *a, const proposal_list *b, bool with_ke)
{
	unsigned least = MISS_ENCR | MISS_PRF | MISS_INTEG | MISS_KE;

	for (size_t i = 0; i < a->n; i++) {
		for (size_t k = 0; k < b->n; k++) {
			unsigned miss = missing(&a->v[i], &b->v[k], with_ke);

			if (__builtin_popcount(miss) < __builtin_popcount(least))
				least = miss;
		}
	}
	return least;
}

static const char *name_missing(struct arena *a, unsigned miss)
{
	static const char *const names[] = { "cipher", "PRF", "integrity algorithm", "group" };
	const char *text = "no common ", *separator = "";

	for (unsigned i = 0; i < 4; i++) {
		if (!(miss & 1u << i))
			continue;
		text = arena_printf(a, "%s%s%s", text, separator, names[i]);
		separator = ", ";
	}
	return text;
}

static void compare_ike(struct sim_compare *c)
{
	unsigned miss = least_missing(&c->peer[0]->proposals, &c->peer[1]->proposals, true);
	struct sim_dispute *d;

	if (!miss)
		return;
	d = dispute(c, "IKE proposals", name_missing(c->arena, miss), "write ike= with an algorithm of each kind that both ends have");
	for (unsigned i = 0; i < 2; i++)
		d->place[i] = place_of(c, i, "ike", &c->peer[i]->proposals_origin, proposals_format(c->arena, &c->peer[i]->proposals));
}

static void compare_esp(struct sim_compare *c)
{
	const struct plan_child *const *child = c->child;
	unsigned miss;
	struct sim_dispute *d;

	if (child[0]->protocol != child[1]->protocol) {
		d = dispute(c, "protocol of the SA", "", "write phase2= alike on both ends");
		for (unsigned i = 0; i < 2; i++)
			d->place[i] = place_of(c, i, "phase2", &child[i]->origin, child[i]->protocol == PROTOCOL_AH ? "ah" : "esp");
		return;
	}
	miss = least_missing(&child[0]->proposals, &child[1]->proposals, false);
	if (!miss)
		return;
	d = dispute(c, "ESP proposals", name_missing(c->arena, miss), "write esp= with an algorithm of each kind that both ends have");
	for (unsigned i = 0; i < 2; i++)
		d->place[i] = place_of(c, i, "esp", &child[i]->proposals_origin, proposals_format(c->arena, &child[i]->proposals));
}

/* --- perfect forward secrecy: nobody notices before the first rekey ---------------------------------------------------------- */

static bool names_groups(const proposal_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (lists_any(&list->v[i], TRANSFORM_KE))
			return true;
	return false;
}

/* What CREATE_CHILD_SA may agree on: the groups of esp=, else that of the IKE SA. */
static const proposal_list *group_source(const struct sim_compare *c, unsigned side)
{
	return names_groups(&c->child[side]->proposals) ? &c->child[side]->proposals : &c->peer[side]->proposals;
}

static bool groups_meet(const proposal_list *a, const proposal_list *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if (common(&a->v[i], &b->v[k], TRANSFORM_KE, -1))
				return true;
	return false;
}

static const char *pfs_text(struct sim_compare *c, unsigned side)
{
	const proposal_list *from = group_source(c, side);
	const char *text = "";

	if (!c->child[side]->pfs)
		return "no";
	for (size_t i = 0; i < from->n; i++) {
		for (size_t k = 0; k < from->v[i].transforms.n; k++) {
			const struct transform *t = from->v[i].transforms.v[k].transform;

			if (t->type == TRANSFORM_KE && !transform_is_none(t) && !strstr(text, t->name))
				text = arena_printf(c->arena, "%s%s%s", text, *text ? ", " : "", t->name);
		}
	}
	return arena_printf(c->arena, "yes, %s", text);
}

static void compare_pfs(struct sim_compare *c)
{
	bool both = c->child[0]->pfs && c->child[1]->pfs;
	struct sim_dispute *d;

	if (both && !names_groups(&c->child[0]->proposals) && !names_groups(&c->child[1]->proposals))
		return;			/* both take the group that IKE agreed on */
	if (c->child[0]->pfs == c->child[1]->pfs && (!both || groups_meet(group_source(c, 0), group_source(c, 1))))
		return;
	d = dispute(c, "key exchange of a rekey", both ? "no common group" : "one end demands it, the other does not offer it",
		    both ? "name a group in esp= that both ends have" : "write pfs= alike on both ends");
	for (unsigned i = 0; i < 2; i++)
		d->place[i] = both ? place_of(c, i, "esp", &c->child[i]->proposals_origin, pfs_text(c, i))
				   : place_of(c, i, "pfs", &c->child[i]->origin, pfs_text(c, i));
}

/* --- who they are ------------------------------------------------------------------------------------------------------------- */

static const char *const auth_names[] = {
	[PLAN_AUTH_PSK] = "shared key", [PLAN_AUTH_RSA] = "RSA signature", [PLAN_AUTH_ECDSA] = "ECDSA signature",
	[PLAN_AUTH_ANY_SIGNATURE] = "signature", [PLAN_AUTH_NULL] = "none (null)", [PLAN_AUTH_NEVER] = "never",
};

static bool auth_fits(enum plan_auth does, enum plan_auth wanted)
{
	if (wanted == PLAN_AUTH_ANY_SIGNATURE)
		return plan_auth_signs(does);
	return does == wanted || (does == PLAN_AUTH_ANY_SIGNATURE && (wanted == PLAN_AUTH_RSA || wanted == PLAN_AUTH_ECDSA));
}

static bool ppk_fits(const struct plan_peer *a, const struct plan_peer *b)
{
	return !(a->ppk == PLAN_PPK_INSIST && b->ppk == PLAN_PPK_NEVER) && !(b->ppk == PLAN_PPK_INSIST && a->ppk == PLAN_PPK_NEVER);
}

bool compare_auth(const struct plan_peer *a, const struct plan_peer *b)
{
	return auth_fits(a->local.auth, b->remote.auth) && auth_fits(b->local.auth, a->remote.auth) && ppk_fits(a, b);
}

static void compare_ppk(struct sim_compare *c)
{
	static const char *const words[] = { [PLAN_PPK_NEVER] = "never", [PLAN_PPK_PROPOSE] = "propose", [PLAN_PPK_INSIST] = "insist" };
	struct sim_dispute *d;

	if (ppk_fits(c->peer[0], c->peer[1]))
		return;
	d = dispute(c, "post-quantum key", "one end demands it, the other does not offer it", "write ppk=propose or insist on both ends");
	for (unsigned i = 0; i < 2; i++)
		d->place[i] = place_of(c, i, "ppk", &c->peer[i]->origin, words[c->peer[i]->ppk]);
}

static bool compare_auth_of(struct sim_compare *c, unsigned side)
{
	const struct plan_peer *owner = c->peer[side], *judge = c->peer[1 - side];
	struct sim_dispute *d;

	if (auth_fits(owner->local.auth, judge->remote.auth))
		return true;
	d = dispute(c, "authentication", "", "write authby= alike on both ends");
	d->place[side] = place_of(c, side, "authby", &owner->origin, auth_names[owner->local.auth]);
	d->place[1 - side] = place_of(c, 1 - side, "authby", &judge->origin, auth_names[judge->remote.auth]);
	return false;
}

static void compare_id(struct sim_compare *c, unsigned side)
{
	const struct plan_end *owner = &c->peer[side]->local, *judge = &c->peer[1 - side]->remote;
	struct sim_dispute *d;

	if (owner->id.type >= IDENT_FROM_CERT || judge->id.type >= IDENT_FROM_CERT || owner->auth == PLAN_AUTH_NULL ||
	    ident_matches(&judge->id, &owner->id))
		return;
	d = dispute(c, "identity", "", "write both ids alike on both ends");
	d->place[side] = place_of(c, side, sided(c->arena, c->peer[side], true, "id"), &c->peer[side]->origin,
				  ident_format(c->arena, &owner->id));
	d->place[1 - side] = place_of(c, 1 - side, sided(c->arena, c->peer[1 - side], false, "id"), &c->peer[1 - side]->origin,
				      ident_format(c->arena, &judge->id));
}

static const struct secret_entry *psk_of(const struct sim_compare *c, unsigned side)
{
	const struct plan_peer *p = c->peer[side];
	const struct secrets *s = c->sides[side].secrets;

	return s ? secrets_find_psk_or_address(s, &p->local.id, &p->remote.id, &p->local.addr, &p->remote.addr) : NULL;
}

/* Never the keys: only whether each end has one, and whether they are equal. */
static void compare_psk(struct sim_compare *c)
{
	const struct secret_entry *e[2];
	struct sim_dispute *d;

	if (c->options->assume || c->peer[0]->local.auth != PLAN_AUTH_PSK || c->peer[1]->local.auth != PLAN_AUTH_PSK)
		return;
	for (unsigned i = 0; i < 2; i++)
		e[i] = psk_of(c, i);
	if (e[0] && e[1] && e[0]->value.n == e[1]->value.n && memcmp(e[0]->value.bytes, e[1]->value.bytes, e[0]->value.n) == 0)
		return;
	d = dispute(c, "shared key", e[0] && e[1] ? "the two ends have different keys" : "an end has none for these identities",
		    "give both files of secrets the same key for the two ids");
	for (unsigned i = 0; i < 2; i++)
		d->place[i] = place_of(c, i, e[i] ? "secret" : "authby", &c->peer[i]->origin, e[i] ? "a key" : "no key");
}

static bool compare_version(struct sim_compare *c)
{
	struct sim_dispute *d;

	if (c->peer[0]->version == c->peer[1]->version)
		return true;
	d = dispute(c, "version of IKE", "", "write ikev2=insist on both ends");
	for (unsigned i = 0; i < 2; i++)
		d->place[i] = place_of(c, i, "ikev2", &c->peer[i]->origin, c->peer[i]->version == 1 ? "IKEv1" : "IKEv2");
	return false;
}

/* --- what they carry ---------------------------------------------------------------------------------------------------------- */

static bool covers(const struct traffic_selector *a, size_t an, const struct traffic_selector *b, size_t bn)
{
	for (size_t k = 0; k < bn; k++) {
		bool found = false;

		for (size_t i = 0; i < an; i++)
			found |= ts_eq(&a[i], &b[k]);
		if (!found)
			return false;
	}
	return true;
}

static const char *ts_text(struct arena *a, const struct traffic_selector *v, size_t n)
{
	return n ? run_selectors(a, v, n) : "the host itself";
}

/* The selectors of the end that is local to `side`. */
static void compare_selectors(struct sim_compare *c, unsigned side)
{
	const struct plan_child *owner = c->child[side], *other = c->child[1 - side];
	struct sim_dispute *d;

	if (!owner->local_ts.n || !other->remote_ts.n ||
	    (covers(owner->local_ts.v, owner->local_ts.n, other->remote_ts.v, other->remote_ts.n) &&
	     covers(other->remote_ts.v, other->remote_ts.n, owner->local_ts.v, owner->local_ts.n)))
		return;
	d = dispute(c, "traffic selectors", "", "make both equal, or write narrowing=yes on both ends");
	d->place[side] = place_of(c, side, sided(c->arena, c->peer[side], true, "subnet"), &owner->local_ts_origin,
				  ts_text(c->arena, owner->local_ts.v, owner->local_ts.n));
	d->place[1 - side] = place_of(c, 1 - side, sided(c->arena, c->peer[1 - side], false, "subnet"), &other->remote_ts_origin,
				      ts_text(c->arena, other->remote_ts.v, other->remote_ts.n));
}

static void compare_mode(struct sim_compare *c)
{
	struct sim_dispute *d;

	if (c->child[0]->mode == c->child[1]->mode)
		return;
	d = dispute(c, "mode", "", "write type= alike on both ends");
	for (unsigned i = 0; i < 2; i++)
		d->place[i] = place_of(c, i, "type", &c->child[i]->origin,
				       c->child[i]->mode == PLAN_MODE_TRANSPORT ? "transport" : "tunnel");
}

/* In the order of the negotiation, so that the first one is what stops it. */
void compare_pair(struct sim_compare *c)
{
	if (!compare_version(c))	/* the rest is of two languages */
		return;
	compare_ike(c);
	if (compare_auth_of(c, 0))
		compare_auth_of(c, 1);
	for (unsigned side = 0; side < 2; side++)
		compare_id(c, side);
	compare_psk(c);
	compare_ppk(c);
	compare_esp(c);
	compare_mode(c);
	for (unsigned side = 0; side < 2; side++)
		compare_selectors(c, side);
	compare_pfs(c);
}

/* --- only one end has it ------------------------------------------------------------------------------------------------------ */

void compare_alone(struct sim_compare *c, unsigned side)
{
	const struct plan *ignored = c->sides[1 - side].ignored;
	struct sim_lookup l = { .plan = { c->sides[0].plan, c->sides[1].plan } };
	struct sim_dispute *d;
	int found;

	l.plan[1 - side] = ignored;
	found = ignored ? pair_child(&l, side, c->child[side]) : -1;
	if (found < 0)
		return;
	d = dispute(c, "whether it is loaded", "", "write auto=add, so that it answers");
	d->place[side] = (struct sim_place){ c->child[side]->origin, "conn", c->child[side]->peer };
	c->peer[1 - side] = plan_peer_by_conn(ignored, ignored->children.v[found].peer);
	d->place[1 - side] = place_of(c, 1 - side, "auto", &ignored->children.v[found].origin, "ignore");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about IKE versions, modes and proposals of one conn (sections A.6 and A.8 of the C-rules). */
#include "compiler/sema/checks.h"

static enum keyword_id version_keyword(const struct check *k)
{
	return check_is_set(k, KW_KEYEXCHANGE, SIDE_NONE) && k->release >= RELEASE_5_0 ? KW_KEYEXCHANGE : KW_IKEV2;
}

/* C-210 */
void check_ikev1_refused(struct check *k)
{
	const struct setting *policy = resolved_setup_get(k->resolved, KW_IKEV1_POLICY);
	const struct build *other = build_other(k->ir->build);
	struct finding *f;

	if (k->conn->ike_version != 1 || k->release < RELEASE_4_10 || k->ir->setup.ikev1_policy == PLAN_YES)
		return;
	f = check_report(k, RULE_IKEV1_REFUSED, EFFECT_REFUSED, version_keyword(k), SIDE_NONE, "IKEv1 is switched off, but conn '%s' needs it",
			 k->conn->name);
	if (policy)
		diag_related(k->diag, f, policy->param->value.span, "switched off here");
	else if (other && other->accepts_ikev1)
		diag_note(k->diag, f, "%s builds libreswan %s with ikev1-policy=drop as the default; %s (--dialect=%s) does not",
			  k->ir->build->by, release_name(k->release), other->by, other->name);
	diag_help(k->diag, f, "write ikev1-policy=accept in config setup, or better use IKEv2");
}

/* One option that an IKEv1 conn must not have. */
static void refuse_option(struct check *k, bool used, enum keyword_id id, enum side side, const char *what)
{
	if (used)
		check_report(k, RULE_IKEV1_OPTION, EFFECT_REFUSED, id, side, "IKEv1 has no %s", what);
}

/* C-109, C-111, C-112, C-215, C-216, C-223 */
void check_ikev1_options(struct check *k)
{
	const struct ir_conn *c = k->conn;
	unsigned methods = c->auth_psk + c->auth_rsa + c->auth_ecdsa;

	if (c->ike_version != 1 || k->release < RELEASE_4_10 || ir_is_shunt(c))
		return;
	refuse_option(k, c->mobike, KW_MOBIKE, SIDE_NONE, "mobike");
	refuse_option(k, c->narrowing, KW_NARROWING, SIDE_NONE, "narrowing");
	refuse_option(k, c->auth_null, KW_AUTHBY, SIDE_NONE, "authentication without a key");
	refuse_option(k, c->auth_ecdsa && check_is_set(k, KW_AUTHBY, SIDE_NONE), KW_AUTHBY, SIDE_NONE, "ECDSA");
	refuse_option(k, methods > 1 && c->auth_psk, KW_AUTHBY, SIDE_NONE, "choice between a secret and signatures");
	refuse_option(k, k->release >= RELEASE_5_0 && check_is_set(k, KW_SEC_LABEL, SIDE_NONE), KW_SEC_LABEL, SIDE_NONE, "security labels");
	for (int side = 0; side < 2; side++) {
		refuse_option(k, c->end[side].has_auth, KW_AUTH, (enum side)side, "method of its own for each end");
		refuse_option(k,
			      ir_end_is_opportunistic(&c->end[side]),
			      KW_HOST, (enum side)side, "opportunistic encryption");
	}
}

/* P-096: the array that the daemon puts them into has room for ten of a kind (run: 4.10 aborts). */
#define TRANSFORMS_OF_A_KIND	10u

/* The daemon counts before it drops what is there twice, so the names are counted too. */
static bool has_too_many(const struct proposal *p, struct slice text)
{
	unsigned counts[TRANSFORM_ESN + 1] = { 0 };
	struct slice part, name;

	while (slice_split(&text, "-;", &part)) {
		unsigned names = 0;

		while (slice_split(&part, "+", &name))
			if (++names > TRANSFORMS_OF_A_KIND)
				return true;
	}
	for (size_t i = 0; i < p->transforms.n; i++)
		if (++counts[p->transforms.v[i].transform->type] > TRANSFORMS_OF_A_KIND)
			return true;
	return false;
}

static void check_count(struct check *k, enum keyword_id id, const proposal_list *list)
{
	const struct setting *setting = resolved_get(k->conn->resolved, id, SIDE_NONE);
	uint32_t base = ir_origin(k->conn, id, SIDE_NONE).start;

	for (size_t i = 0; setting && i < list->n; i++) {
		const struct proposal *p = &list->v[i];
		struct finding *f;

		if (!has_too_many(p, slice_sub(setting->param->value.text, p->from, p->to)))
			continue;
		f = check_report_at(k, RULE_TOO_MANY_TRANSFORMS, EFFECT_REFUSED, (struct span){ base + p->from, base + p->to },
				    "more than %u algorithms of a kind in one proposal", TRANSFORMS_OF_A_KIND);
		diag_note(k->diag, f, "the daemon aborts on it, with all its conns");
		diag_help(k->diag, f, "make two proposals of it, with a comma; a cipher without a key size counts for each of its sizes");
		return;
	}
}

void check_too_many_transforms(struct check *k)
{
	const struct ir_conn *c = k->conn;

	if (c->ike_version != 2 || k->release < RELEASE_4_10 || ir_is_shunt(c))
		return;
	if (c->ike_written)
		check_count(k, KW_IKE, &c->ike);
	if (c->phase2_written)
		check_count(k, check_is_set(k, KW_ESP, SIDE_NONE) ? KW_ESP : KW_AH, &c->phase2);
}

/* --- aggressive mode ------------------------------------------------------------------------------------------------------------- */

static const struct transform *group_of(const struct proposal *p)
{
	for (size_t i = 0; i < p->transforms.n; i++)
		if (p->transforms.v[i].transform->type == TRANSFORM_KE)
			return p->transforms.v[i].transform;
	return NULL;
}

/* P-084, P-086; what is filled in for a missing group counts too. */
void check_aggressive_groups(struct check *k)
{
	const struct ir_conn *c = k->conn;
	const struct transform *first = c->ike.n ? group_of(&c->ike.v[0]) : NULL;

	if (c->ike_version != 1 || !c->aggressive || !c->ike_written)
		return;
	for (size_t i = 1; i < c->ike.n; i++) {
		const struct transform *group = group_of(&c->ike.v[i]);
		struct finding *f;

		if (group == first)
			continue;
		f = check_report(k, RULE_AGGRESSIVE_GROUPS, EFFECT_COMPLAINT, KW_IKE, SIDE_NONE, "aggressive mode can offer one DH group only");
		check_related(k, f, KW_AGGRESSIVE, SIDE_NONE, "aggressive mode");
		diag_help(k->diag, f, "write one group in every proposal, such as ;%s", first && first->aliases[0] ? first->aliases[0] : "modp2048");
		return;
	}
}

/* C-166 */
void check_aggressive_psk(struct check *k)
{
	const struct ir_conn *c = k->conn;
	struct finding *f;

	if (c->ike_version != 1 || !c->aggressive || !c->auth_psk)
		return;
	f = check_report(k, RULE_AGGRESSIVE_PSK, EFFECT_NONE, KW_AGGRESSIVE, SIDE_NONE, "aggressive mode gives away a hash of the secret");
	check_related(k, f, KW_AUTHBY, SIDE_NONE, "a preshared key");
}

/* --- advice ---------------------------------------------------------------------------------------------------------------------- */

/* Does one of the proposals before `n` have it too? Then it has been said. */
static bool said_before(const proposal_list *list, size_t n, const struct transform *t)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < list->v[i].transforms.n; j++)
			if (list->v[i].transforms.v[j].transform == t)
				return true;
	return false;
}

/* Is this piece of a proposal one of the algorithm's names, perhaps with a key size? */
static bool names_transform(struct slice piece, const struct transform *t)
{
	for (size_t i = 0; t->aliases[i]; i++) {
		size_t n = strlen(t->aliases[i]);
		struct slice rest;

		if (!slice_starts_nocase(piece, t->aliases[i]))
			continue;
		rest = slice_sub(piece, n, piece.n);
		if (rest.n && rest.p[0] == '_')
			rest = slice_sub(rest, 1, rest.n);
		while (rest.n && rest.p[0] >= '0' && rest.p[0] <= '9')
			rest = slice_sub(rest, 1, rest.n);
		if (rest.n == 0)
			return true;
	}
	return false;
}

/* Where the algorithm is written within a proposal; the whole proposal when the release has filled it in. */
static struct span place_of(const struct setting *setting, const struct proposal *proposal, const struct transform *t)
{
	uint32_t base = setting->param->value.span.start;
	struct slice text = setting->param->value.text, rest = slice_sub(text, proposal->from, proposal->to), piece;

	while (slice_split(&rest, "-;+", &piece))
		if (names_transform(piece, t)) {
			uint32_t start = base + (uint32_t)(piece.p - text.p);

			return (struct span){ start, start + (uint32_t)piece.n };
		}
	return (struct span){ base + proposal->from, base + proposal->to };
}

static void advise(struct check *k, const struct setting *setting, const proposal_list *list, bool ike)
{
	const char *rfc = ike ? "RFC 8247" : "RFC 8221";

	for (size_t i = 0; i < list->n; i++)
		for (size_t j = 0; j < list->v[i].transforms.n; j++) {
			const struct transform *t = list->v[i].transforms.v[j].transform;
			const char *status = ike ? t->rfc8247 : t->rfc8221;
			struct finding *f;

			if (!status || (strncmp(status, "MUST NOT", 8) != 0 && strncmp(status, "SHOULD NOT", 10) != 0) ||
			    said_before(list, i, t) || !list->v[i].to)
				continue;
			/* RFC 8247 speaks of the transform's own place: the MAC made of a weak PRF is the same word of the user */
			if (ike && t->type == TRANSFORM_INTEG)
				continue;
			f = check_report_at(k, RULE_WEAK_ALGORITHM, EFFECT_NONE, place_of(setting, &list->v[i], t),
					    "this proposal allows %s", t->name);
			diag_note(k->diag, f, "%s says '%s'", rfc, status);
		}
}

void check_weak_algorithms(struct check *k)
{
	const struct setting *ike = resolved_get(k->conn->resolved, KW_IKE, SIDE_NONE);
	const struct setting *child = resolved_get(k->conn->resolved, KW_ESP, SIDE_NONE);

	if (!child)
		child = resolved_get(k->conn->resolved, KW_AH, SIDE_NONE);
	if (ike && k->conn->ike_written && !ir_is_shunt(k->conn))
		advise(k, ike, &k->conn->ike, true);
	if (child && k->conn->phase2_written && !ir_is_shunt(k->conn))
		advise(k, child, &k->conn->phase2, false);
}

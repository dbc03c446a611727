/* SPDX-License-Identifier: Apache-2.0 */
/* host.c -- findings about conns on one host. Orientation is never a load error (part C); an end without any address is one (C-020, C-023). */
#include "compiler/lower/host.h"

struct host {
	struct arena *arena;
	struct ir *ir;
	const struct host_facts *facts;
	struct diag *diag;
	struct ip_addr listen;		/* listen= of config setup; AF_UNSPEC: all addresses */
};

/* --- reporting ------------------------------------------------------------------------------------------------------------------- */

static struct finding *report(struct host *h, struct ir_conn *c, enum rule_id rule, enum ir_verdict verdict, struct span span,
			      const char *message)
{
	struct finding *f = diag_report(h->diag, rule, span_known(span) ? span : c->span, "%s", message);

	diag_set_conn(f, c->name);
	if (verdict == VERDICT_WILL_NOT_LOAD) {
		diag_set_severity(h->diag, f, SEVERITY_ERROR);
		diag_note(h->diag, f, "libreswan %s refuses the conn on this host", release_name(h->ir->release));
	} else if (c->start == PLAN_START_IGNORE && verdict == VERDICT_LOADS_WITH_WARNINGS) {
		diag_set_severity(h->diag, f, SEVERITY_NOTE);	/* nothing loads it by itself */
		return f;
	}
	if (c->verdict == VERDICT_LOADS || c->verdict == VERDICT_LOADS_WITH_WARNINGS || verdict == VERDICT_WILL_NOT_LOAD)
		c->verdict = verdict;
	return f;
}

/* Whether the release refuses the conn when the host does not give an address to this end. */
static bool is_needed(const struct host *h, const struct ir_conn *c, unsigned i)
{
	return ir_end_is_anybody(&c->end[1 - i]) || (c->end[i].host_kind == IR_HOST_INTERFACE && h->ir->release >= RELEASE_5_0);
}

static struct span place_of(const struct ir_conn *c, unsigned i)
{
	return ir_origin(c, KW_HOST, (enum side)i);
}

/* --- without facts --------------------------------------------------------------------------------------------------------------- */

/* C-024: that a host has a default route is taken for granted, as are its certificates; that it has an interface of some name is not. */
static void report_unknown(struct host *h, struct ir_conn *c)
{
	for (unsigned i = 0; i < 2; i++) {
		const char *name = c->end[i].host_name;
		struct finding *f;

		if (c->end[i].host_kind != IR_HOST_INTERFACE || !is_needed(h, c, i) || c->verdict == VERDICT_WILL_NOT_LOAD)
			continue;
		f = report(h, c, RULE_HOST_FACT_MISSING, VERDICT_UNKNOWN, place_of(c, i),
			   arena_printf(h->arena, "whether conn '%s' loads depends on the host's interface '%s'", c->name, name));
		diag_note(h->diag, f, "libreswan %s refuses the conn where '%s' does not exist or has no address", release_name(h->ir->release), name);
		diag_help(h->diag, f, "say --host-facts=FILE with what 'ipsecc facts' prints on that host");
		return;
	}
}

/* --- with facts ------------------------------------------------------------------------------------------------------------------ */

static bool is_ours(const struct host *h, const struct ip_addr *addr)
{
	if (addr->family == AF_UNSPEC || (h->listen.family != AF_UNSPEC && !ip_addr_eq(&h->listen, addr)))
		return false;
	return facts_have_address(h->facts, addr);
}

/* C-023 ... C-025, O-011, O-012. True: an end that is to be this host has no address here. */
static bool report_missing(struct host *h, struct ir_conn *c, const struct lower_side *side)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct ir_end *end = &c->end[i];
		enum ir_verdict verdict = is_needed(h, c, i) ? VERDICT_WILL_NOT_LOAD : VERDICT_LOADS_WITH_WARNINGS;

		if (side->host[i].family != AF_UNSPEC)
			continue;
		if (end->host_kind == IR_HOST_DEFAULTROUTE) {
			if (h->ir->release >= RELEASE_5_0)
				verdict = VERDICT_LOADS_WITH_WARNINGS;	/* C-023: unoriented, tried again */
			report(h, c, RULE_NO_DEFAULT_ROUTE, verdict, place_of(c, i), "the host has no default route, which '%defaultroute' asks for");
			return true;
		}
		if (end->host_kind == IR_HOST_INTERFACE) {
			report(h, c, RULE_NO_SUCH_INTERFACE, verdict, place_of(c, i),
			       arena_printf(h->arena, "the host has no interface '%s' that is up and has an address", end->host_name));
			return true;
		}
	}
	return false;
}

static void report_none(struct host *h, struct ir_conn *c, const struct lower_side *side)
{
	char left[IP_ADDR_TEXT], right[IP_ADDR_TEXT];
	const char *message;
	struct finding *f;

	for (unsigned i = 0; i < 2; i++)
		if (c->end[i].host_kind == IR_HOST_NAME)
			return;		/* its address is asked for at run time */
	if (side->host[0].family != AF_UNSPEC && side->host[1].family != AF_UNSPEC)
		message = arena_printf(h->arena, "neither '%s' nor '%s' is an address of this host", ip_addr_format(&side->host[0], left),
				       ip_addr_format(&side->host[1], right));
	else if (side->host[0].family != AF_UNSPEC || side->host[1].family != AF_UNSPEC)
		message = arena_printf(h->arena, "'%s' is no address of this host",
				       ip_addr_format(&side->host[side->host[0].family == AF_UNSPEC], left));
	else
		return;
	f = report(h, c, RULE_NEITHER_END_HERE, VERDICT_LOADS_WITH_WARNINGS, (struct span){ 0, 0 },
		   arena_printf(h->arena, "conn '%s' is not for this host: %s", c->name, message));
	diag_note(h->diag, f, "libreswan %s loads the conn, but can neither route nor start it", release_name(h->ir->release));
	diag_help(h->diag, f, "behind NAT write the private address or %%defaultroute, and the public one in leftid= or rightid=");
}

static void report_both(struct host *h, struct ir_conn *c)
{
	struct finding *f = report(h, c, RULE_BOTH_ENDS_OURS, VERDICT_LOADS_WITH_WARNINGS, (struct span){ 0, 0 },
				   arena_printf(h->arena, "both ends of conn '%s' are addresses of this host", c->name));

	diag_note(h->diag, f, "libreswan %s does not orient such a conn: it can neither be routed nor started", release_name(h->ir->release));
}

/* O-010 ... O-041, without ports. */
static enum ir_orientation orientation_of(const struct host *h, const struct ir_conn *c, const struct lower_side *side)
{
	bool here[2];

	if (h->facts == NULL)
		return side->side == PLAN_SIDE_LEFT ? IR_IS_LEFT : side->side == PLAN_SIDE_RIGHT ? IR_IS_RIGHT : IR_ORIENTATION_UNKNOWN;
	for (unsigned i = 0; i < 2; i++)
		here[i] = is_ours(h, &side->host[i]);
	if (here[0] && here[1])
		return IR_IS_BOTH;
	if (here[0] || here[1])
		return here[0] ? IR_IS_LEFT : IR_IS_RIGHT;
	return c->end[0].host_kind == IR_HOST_NAME || c->end[1].host_kind == IR_HOST_NAME ? IR_ORIENTATION_UNKNOWN : IR_IS_NEITHER;
}

/* --- FIPS mode and the kernel's algorithms --------------------------------------------------------------------------------------- */

/* Section 9 of the P-rules: what 4.10 and later take out of their tables in FIPS mode. */
static bool is_approved(const struct transform *t)
{
	static const char *const names[] = {
		"HMAC_MD5", "HMAC_MD5_96", "HMAC_MD5_128", "AES128_XCBC", "AES_XCBC_96", "CAMELLIA_CBC", "CAMELLIA_CTR", "CAMELLIA_CCM_8",
		"CAMELLIA_CCM_12", "CAMELLIA_CCM_16", "CHACHA20_POLY1305", "NULL", "MODP1024", "MODP1536", "DH22", "DH23", "DH24", "DH31",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(t->name, names[i]) == 0)
			return t->type == TRANSFORM_INTEG && strcmp(t->name, "NULL") == 0;
	return true;
}

/* Unknown: the release has filled the proposal in. */
static struct span place_of_proposal(const struct ir_conn *c, enum keyword_id id, const struct proposal *p)
{
	uint32_t base = ir_origin(c, id, SIDE_NONE).start;

	return base && p->to ? (struct span){ base + p->from, base + p->to } : (struct span){ 0, 0 };
}

static enum keyword_id child_keyword(const struct ir_conn *c)
{
	return span_known(ir_origin(c, KW_ESP, SIDE_NONE)) ? KW_ESP : KW_AH;
}

static void report_unapproved(struct host *h, struct ir_conn *c, enum keyword_id id, const proposal_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		for (size_t j = 0; j < list->v[i].transforms.n; j++) {
			const struct transform *t = list->v[i].transforms.v[j].transform;

			if (is_approved(t) || !list->v[i].to)
				continue;
			report(h, c, RULE_FIPS_ALGORITHM, VERDICT_WILL_NOT_LOAD, place_of_proposal(c, id, &list->v[i]),
			       arena_printf(h->arena, "the host is in FIPS mode, which has no %s", t->name));
			return;
		}
}

static bool kernel_lists(const struct host_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->algorithms.n; i++)
		if (strcmp(facts->algorithms.v[i], name) == 0)
			return true;
	return false;
}

/* P-048: /proc/crypto lists what has been loaded, so that a missing line proves little. */
static void note_unlisted(struct host *h, struct ir_conn *c)
{
	for (size_t i = 0; i < c->phase2.n; i++)
		for (size_t j = 0; j < c->phase2.v[i].transforms.n; j++) {
			const struct transform *t = c->phase2.v[i].transforms.v[j].transform;
			struct finding *f;

			if (!t->xfrm || kernel_lists(h->facts, t->xfrm) || !c->phase2.v[i].to)
				continue;
			f = diag_report(h->diag, RULE_KERNEL_ALGORITHM, place_of_proposal(c, child_keyword(c), &c->phase2.v[i]), "the kernel of the host does not list '%s'", t->xfrm);
			diag_set_conn(f, c->name);
			return;
		}
}

static void check_algorithms(struct host *h, struct ir_conn *c)
{
	bool negotiates = c->type == IR_TUNNEL || c->type == IR_TRANSPORT;

	if (negotiates && h->facts->fips == 1 && h->ir->release >= RELEASE_4_10) {
		if (c->ike_written)
			report_unapproved(h, c, KW_IKE, &c->ike);
		if (c->phase2_written)
			report_unapproved(h, c, child_keyword(c), &c->phase2);
	}
	if (negotiates && h->facts->algorithms.n && c->phase2_written)
		note_unlisted(h, c);
}

/* --- all ------------------------------------------------------------------------------------------------------------------------- */

static void judge_conn(struct host *h, struct ir_conn *c, const struct lower_side *side)
{
	if (c->is_template || c->end[0].host_kind == IR_HOST_UNSET || c->end[1].host_kind == IR_HOST_UNSET)
		return;
	if (!h->facts) {
		report_unknown(h, c);
		return;
	}
	check_algorithms(h, c);
	if (report_missing(h, c, side))
		return;
	if (c->orientation == IR_IS_BOTH)
		report_both(h, c);
	else if (c->orientation == IR_IS_NEITHER)
		report_none(h, c, side);
}

/* C-341, O-002 */
static void read_listen(struct host *h, const struct resolved *resolved, bool judge)
{
	const struct setting *listen = resolved_setup_get(resolved, KW_LISTEN);
	struct ip_addr addr;
	struct finding *f;

	if (!listen || ip_addr_parse(listen->param->value.text, &addr) < 0)
		return;
	if (judge && h->facts && !is_ours(h, &addr)) {
		f = diag_report(h->diag, RULE_LISTENS_ELSEWHERE, listen->param->value.span, "'" SLICE_FMT "' is no address of this host",
				SLICE_ARG(listen->param->value.text));
		diag_note(h->diag, f, "pluto then listens nowhere, and no conn can be routed or started");
	}
	h->listen = addr;
}

void host_check(struct arena *a, struct ir *ir, const struct resolved *resolved, const struct host_facts *facts, bool judge, struct diag *diag)
{
	struct host h = { .arena = a, .ir = ir, .facts = facts, .diag = diag };

	read_listen(&h, resolved, judge);
	for (size_t i = 0; i < ir->conns.n; i++) {
		struct ir_conn *c = ir->conns.v[i];
		struct lower_side side = lower_side_of(facts, c);

		c->orientation = orientation_of(&h, c, &side);
		if (c->orientation == IR_IS_LEFT || c->orientation == IR_IS_RIGHT)
			c->local_address = side.host[c->orientation == IR_IS_RIGHT];
		if (judge && !ir->file_refused)
			judge_conn(&h, c, &side);
	}
}

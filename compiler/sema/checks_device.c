/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about marks, request ids and virtual interfaces of one conn (section A.10 of the C-rules). */
#include <errno.h>

#include "compiler/sema/checks.h"

static enum keyword_id mark_keyword(const struct check *k, enum keyword_id half)
{
	return check_is_set(k, half, SIDE_NONE) ? half : KW_MARK;
}

/* C-271: the kernel is given value AND mask. */
void check_mark_mask(struct check *k)
{
	const struct plan_mark marks[] = { k->conn->mark_in, k->conn->mark_out };
	static const enum keyword_id halves[] = { KW_MARK_IN, KW_MARK_OUT };

	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		enum keyword_id id = mark_keyword(k, halves[i]);
		struct finding *f;

		if (!marks[i].mask || !(marks[i].value & ~marks[i].mask) || k->release < RELEASE_4_10)
			continue;
		f = check_report(k, RULE_MARK_OUTSIDE_MASK, k->release < RELEASE_5_0 ? EFFECT_COMPLAINT : EFFECT_REFUSED, id, SIDE_NONE,
				 "the mark has bits outside of its mask");
		if (k->release < RELEASE_5_0)
			diag_note(k->diag, f, "the kernel compares with 0x%x/0x%x", marks[i].value & marks[i].mask, marks[i].mask);
		if (id == KW_MARK)
			return;		/* both halves are this one */
	}
}

/* -1 means a mark of its own for each instance. */
static bool is_unique(const struct setting *mark)
{
	return mark && slice_starts_nocase(mark->param->value.text, "-1");
}

/* C-273: what has one instance needs no mark of its own, and the kernel sees the number 0xffffffff. */
static void check_unique_mark(struct check *k)
{
	const struct ir_end *left = &k->conn->end[SIDE_LEFT], *right = &k->conn->end[SIDE_RIGHT];

	if (is_unique(resolved_get(k->conn->resolved, KW_MARK, SIDE_NONE)) && !ir_end_is_anybody(left) && !ir_end_is_anybody(right))
		check_report(k, RULE_MARK_CONFLICT, EFFECT_NONE, KW_MARK, SIDE_NONE, "a mark for each instance, but the conn has one only");
}

/* C-272 ... C-274 */
void check_mark_conflict(struct check *k)
{
	bool mark = check_is_set(k, KW_MARK, SIDE_NONE), in = check_is_set(k, KW_MARK_IN, SIDE_NONE);
	bool out = check_is_set(k, KW_MARK_OUT, SIDE_NONE);
	struct finding *f;

	if (mark && (in || out)) {
		f = check_report(k, RULE_MARK_CONFLICT, EFFECT_COMPLAINT, in ? KW_MARK_IN : KW_MARK_OUT, SIDE_NONE,
				 "%s= stands beside mark=", in ? "mark-in" : "mark-out");
		check_related(k, f, KW_MARK, SIDE_NONE, "which sets both directions");
	} else if (in != out) {
		f = check_report(k, RULE_MARK_CONFLICT, EFFECT_NONE, in ? KW_MARK_IN : KW_MARK_OUT, SIDE_NONE,
				 "only one direction has a mark");
		diag_help(k->diag, f, "add mark-%s=, or write mark= for both", in ? "out" : "in");
	}
	check_unique_mark(k);
}

/* C-276, C-279, C-284, S-359 */
void check_vti(struct check *k)
{
	const struct ir_conn *c = k->conn;
	struct finding *f;

	if (!check_is_set(k, KW_VTI_INTERFACE, SIDE_NONE))
		return;
	if (!c->mark_in.mask || !c->mark_out.mask) {
		f = check_report(k, RULE_VTI_USE, EFFECT_NONE, KW_VTI_INTERFACE, SIDE_NONE, "a VTI needs mark=, by which the kernel finds it");
		diag_note(k->diag, f, "libreswan %s loads the conn, but the interface cannot be made", release_name(k->release));
		diag_help(k->diag, f, "add a mark that no other conn has, such as mark=5/0xffffffff");
	}
	if (c->has_if_id) {
		f = check_report(k, RULE_VTI_USE, EFFECT_NONE, KW_IPSEC_INTERFACE, SIDE_NONE, "an XFRM interface beside a VTI");
		check_related(k, f, KW_VTI_INTERFACE, SIDE_NONE, "the VTI");
	}
	if ((ir_end_is_anybody(&c->end[0]) || ir_end_is_anybody(&c->end[1])) && !check_is_yes(k, KW_VTI_SHARED, SIDE_NONE)) {
		f = check_report(k, RULE_VTI_USE, EFFECT_NONE, KW_VTI_INTERFACE, SIDE_NONE,
				 "each client wants this interface for itself, and only the first one gets it");
		diag_help(k->diag, f, "write vti-shared=yes");
	}
}

static bool is_everything(const struct ir_end *end)
{
	return end->has_subnet && end->subnet.len == 0;
}

/* S-364: the route of everything into the tunnel catches the tunnel's own packets. vti-routing= is on by default. */
void check_vti_routing(struct check *k)
{
	const struct ir_conn *c = k->conn;
	bool off = check_is_set(k, KW_VTI_ROUTING, SIDE_NONE) && !check_is_yes(k, KW_VTI_ROUTING, SIDE_NONE);
	struct finding *f;

	if (!check_is_set(k, KW_VTI_INTERFACE, SIDE_NONE) || off || !is_everything(&c->end[0]) || !is_everything(&c->end[1]))
		return;
	f = check_report(k, RULE_VTI_ROUTING, EFFECT_NONE, check_is_set(k, KW_VTI_ROUTING, SIDE_NONE) ? KW_VTI_ROUTING : KW_VTI_INTERFACE,
			 SIDE_NONE, "all traffic of the host is routed into the VTI, that of the tunnel itself too");
	diag_help(k->diag, f, "write vti-routing=no, and route into the interface what is to go there");
}

/* C-280: IR and plan have an automatic one instead. */
void check_reqid(struct check *k)
{
	const struct setting *setting = resolved_get(k->conn->resolved, KW_REQID, SIDE_NONE);
	struct finding *f;
	uint64_t number;

	if (!setting || slice_to_u64(setting->param->value.text, UINT32_MAX, &number) == -EINVAL || (number > 0 && number < 16384))
		return;
	f = check_report(k, RULE_REQID_OUT_OF_RANGE, k->release < RELEASE_5_0 ? EFFECT_COMPLAINT : EFFECT_REFUSED, KW_REQID, SIDE_NONE,
			 "the reqid is not in 1 to 16383");
	if (k->release < RELEASE_5_0)
		diag_note(k->diag, f, "libreswan %s chooses one itself", release_name(k->release));
}

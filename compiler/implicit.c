/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/implicit.h"

/* As the manual of 3.18 has them (E-054), apart from packetdefault's second left=, which can only have meant leftsubnet=. */
#define NEGOTIATED(failure)										\
	"\tleft=%defaultroute\n\tleftid=%myid\n\tright=%opportunisticgroup\n\tfailureshunt=" failure "\n"	\
	"\tkeyingtries=3\n\tikelifetime=1h\n\tsalifetime=1h\n\trekey=no\n\tauto=route\n"

static const char manual_of_4[] =
	"conn clear\n\ttype=passthrough\n\tauthby=never\n\tleft=%defaultroute\n\tright=%group\n\tauto=route\n"
	"conn clear-or-private\n\ttype=passthrough\n" NEGOTIATED("passthrough")
	"conn private-or-clear\n\ttype=tunnel\n" NEGOTIATED("passthrough")
	"conn private\n\ttype=tunnel\n" NEGOTIATED("drop")
	"conn block\n\ttype=reject\n\tauthby=never\n\tleft=%defaultroute\n\tright=%group\n\tauto=route\n";

static const char manual_of_3[] =
	"conn packetdefault\n\ttype=tunnel\n\tleft=%defaultroute\n\tleftid=%myid\n\tleftsubnet=0.0.0.0/0\n\tright=%opportunistic\n"
	"\tfailureshunt=passthrough\n\tkeyingtries=3\n\tikelifetime=1h\n\tsalifetime=1h\n\trekey=no\n\tauto=route\n";

/* S-496: a conn of the user's replaces the implicit one, and suppresses it by auto=ignore (S-497). */
static bool is_written(const struct syntax *syntax, struct slice name)
{
	for (size_t i = 0; i < syntax->sections.n; i++) {
		const struct syntax_section *section = syntax->sections.v[i];

		if (section->type == SECTION_IS_CONN && slice_eq(section->name.text, name))
			return true;
	}
	return false;
}

const struct syntax *implicit_add(struct unit *u)
{
	struct syntax *all = arena_new(&u->arena, struct syntax);
	const struct syntax *implicit;
	const char *text;
	int file;

	if (u->release >= RELEASE_5_0)
		return u->syntax;
	text = arena_printf(&u->arena, "%s%s", manual_of_4, u->release < RELEASE_4_10 ? manual_of_3 : "");
	file = sources_add_text(&u->sources, IMPLICIT_FILE, slice_of(text), (struct span){ 0, 0 });
	if (file < 0)
		return u->syntax;	/* the user's files have used up all room, which is reported */
	implicit = syntax_parse(&u->arena, &u->sources, file, &u->diag);
	*all = *u->syntax;
	all->sections.cap = all->sections.n;		/* the storage is the other syntax's */
	for (size_t i = 0; i < implicit->sections.n; i++) {
		struct syntax_section *section = arena_new(&u->arena, struct syntax_section);

		*section = *implicit->sections.v[i];
		section->implicit = true;
		if (!is_written(u->syntax, section->name.text))
			vec_push(&u->arena, &all->sections, section);
	}
	return all;
}

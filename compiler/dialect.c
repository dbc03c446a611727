/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/dialect.h"

#include <string.h>

static bool known(const struct syntax_param *p, int release)
{
	return !p->keyword || p->keyword->status[release] != STATUS_UNKNOWN;
}

/* How many names each release does not know. */
static void count_unknown(const struct syntax *syntax, uint32_t unknown[RELEASE_COUNT])
{
	for (size_t i = 0; i < syntax->sections.n; i++)
		for (size_t j = 0; j < syntax->sections.v[i]->param_count; j++)
			for (int r = 0; r < RELEASE_COUNT; r++)
				unknown[r] += !known(&syntax->sections.v[i]->params[j], r);
}

/* The first name that `newer` knows and the release before it does not. */
static const struct syntax_param *first_new(const struct syntax *syntax, int newer)
{
	for (size_t i = 0; i < syntax->sections.n; i++) {
		const struct syntax_section *section = syntax->sections.v[i];

		for (size_t j = 0; j < section->param_count; j++)
			if (known(&section->params[j], newer) && !known(&section->params[j], newer - 1))
				return &section->params[j];
	}
	return NULL;
}

/* The real reader refuses a whole file for one unknown keyword (L-031), so a file that somebody uses has none for its own release:
 * the release that knows most of the names; of equally good ones the oldest, which is the specification's own. */
static void choose_by_names(struct unit *u)
{
	uint32_t unknown[RELEASE_COUNT] = { 0 };
	const struct syntax_param *reason;
	struct diag_place place;
	int best = RELEASE_3_18;

	count_unknown(u->syntax, unknown);
	for (int r = best + 1; r < RELEASE_COUNT; r++)
		if (unknown[r] < unknown[best])
			best = r;
	u->release = (enum release)best;
	reason = best == RELEASE_3_18 ? NULL : first_new(u->syntax, best);
	if (!reason) {
		u->release_why = "nothing in the file tells the release";
		return;
	}
	place = sources_locate(&u->sources, reason->key_span.start);
	u->release_why = arena_printf(&u->arena, "from " SLICE_FMT "=, %s:%u", SLICE_ARG(reason->key), place.file, place.line);
}

int dialect_choose(struct unit *u, const char *wanted)
{
	if (wanted && strcmp(wanted, "auto") != 0) {
		u->release_why = "asked for";
		return release_parse(slice_of(wanted), &u->release);
	}
	u->release_chosen_auto = true;
	if (u->facts && u->facts->libreswan && release_parse(slice_of(u->facts->libreswan), &u->release) == 0) {
		u->release_why = "installed, by the host facts";
		return 0;
	}
	choose_by_names(u);
	return 0;
}

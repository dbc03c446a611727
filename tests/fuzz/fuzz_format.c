/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_format.c -- any bytes as a file to lay out: a layout is understood again, a second one changes nothing, the parser says what
 * is wrong with a file that is refused, and the sections, names and values that the parser sees stay the same. */
#include <stdlib.h>

#include "include/ipsecc.h"
#include "tests/one_file.h"

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* Braces may have blanks at their inside, which are no part of the value; so all that the parser sees stays. */
static void describe(struct slice text, struct buf *out)
{
	struct slice in = text;
	struct arena arena;
	struct sources sources;
	struct diag diag;
	struct syntax *syntax;

	arena_init(&arena);
	sources_init(&sources, &arena, one_file_reader(&in));
	diag_init(&diag, &arena, sources_for_diag(&sources));
	syntax = syntax_parse(&arena, &sources, sources_add_text(&sources, "fuzz.conf", text, (struct span){ 0, 0 }), &diag);
	for (size_t i = 0; i < syntax->sections.n; i++) {
		const struct syntax_section *s = syntax->sections.v[i];

		buf_printf(out, "%d ", s->type);
		buf_add_slice(out, s->name.text);
		for (size_t k = 0; k < s->param_count; k++) {
			const struct syntax_param *p = &s->params[k];

			buf_printf(out, "\n\t%d %d %d ", p->keyword ? (int)p->keyword->id : -1, p->side, p->value.quoting);
			buf_add_slice(out, p->value.text);
		}
		buf_add_char(out, '\n');
	}
	arena_release(&arena);
}

static void check_layout(const struct format *format, struct slice before)
{
	struct buf text = { 0 }, meant = { 0 }, means = { 0 };
	struct format *twice;
	struct arena arena;
	struct slice once;

	arena_init(&arena);
	format_write(format, &text);
	once = arena_slice(&arena, text.n ? buf_slice(&text) : SLICE(""));
	must(format_changes(format, before) == !slice_eq(before, once));
	twice = format_text(&arena, once, 1);
	must(twice->refused.n == 0 && !format_changes(twice, once));
	describe(before, &meant);
	describe(once, &means);
	must(slice_eq(buf_slice(&meant), buf_slice(&means)));
	buf_clear(&text);
	format_diff(&arena, format, before, "fuzz.conf", &(struct diag_style){ .width = 80 }, &text);
	must((text.n > 0) == !slice_eq(before, once));
	buf_release(&text);
	buf_release(&meant);
	buf_release(&means);
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = { (const char *)data, n };
	struct unit_options options = {
		.reader = one_file_reader(&in), .memory_limit = (size_t)512 << 20,
	};
	const struct format *format;
	struct unit *u;

	if (unit_format("fuzz.conf", &options, &u, &format) < 0)
		return 0;
	if (format->refused.n) {
		must(u->diag.findings.n > 0 && u->diag.reported == 0);	/* none that had to be made up */
	} else {
		check_layout(format, u->sources.files.v[0].text);
	}
	unit_free(u);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/ipsecc/command.h"
#include "compiler/schema/schema.h"
#include "proto/transform.h"

#define VALUE_COLUMN	12	/* "default     9m" */
#define WRAP_COLUMN	100

struct page {
	struct buf *out;
	struct diag_style style;
};

static void bold(struct page *p, const char *text)
{
	buf_printf(p->out, "%s%s%s", p->style.color ? "\033[1m" : "", text, p->style.color ? "\033[0m" : "");
}

/* "default     9m", the words wrapped below the first one. Empty text: no line. */
static void row(struct page *p, const char *head, const char *text)
{
	struct slice rest = slice_of(text), word;
	size_t at = VALUE_COLUMN;

	if (!text || !text[0])
		return;
	buf_printf(p->out, "%-*s", VALUE_COLUMN, head);
	for (bool first = true; slice_split(&rest, " \n", &word); first = false) {
		if (!first && at + 1 + word.n > WRAP_COLUMN) {
			buf_printf(p->out, "\n%*s", VALUE_COLUMN, "");
			at = VALUE_COLUMN;
		} else if (!first) {
			buf_add_char(p->out, ' ');
			at++;
		}
		buf_add_slice(p->out, word);
		at += word.n;
	}
	buf_add_char(p->out, '\n');
}

static void paragraph(struct page *p, const char *text)
{
	struct slice rest = slice_of(text), word;
	size_t at = 0;

	while (slice_split(&rest, " \n", &word)) {
		if (at && at + 1 + word.n > WRAP_COLUMN) {
			buf_add_char(p->out, '\n');
			at = 0;
		} else if (at) {
			buf_add_char(p->out, ' ');
			at++;
		}
		buf_add_slice(p->out, word);
		at += word.n;
	}
	buf_add_char(p->out, '\n');
}

/* --- a rule: its page; headings become bold --- */

static void explain_rule(struct page *p, const struct rule *rule)
{
	static const char *const severities[SEVERITY_COUNT] = { "error", "warning", "note" };
	struct slice rest = slice_of(rule->page), line;

	bold(p, rule->id);
	buf_printf(p->out, " %s (%s)\n%s\n\n", rule->name, severities[rule->severity], rule->summary);
	while (slice_split(&rest, "\n", &line)) {
		if (!rest.p && !line.n)			/* after the last line end */
			break;
		if (slice_starts(line, "## ")) {
			CLEANUP(buf_release) struct buf heading = { 0 };

			buf_add_slice(&heading, slice_sub(line, 3, line.n));
			bold(p, heading.p ? heading.p : "");
		} else {
			buf_add_slice(p->out, line);
		}
		buf_add_char(p->out, '\n');
	}
}

/* --- a keyword: its row of the table --- */

static void add_releases(struct buf *b, const struct keyword *k, enum keyword_status status, const char *words)
{
	bool first = true;

	for (int r = 0; r < RELEASE_COUNT; r++) {
		if (k->status[r] != status)
			continue;
		buf_printf(b, "%s%s%s", first ? (b->n ? "; " : "") : " ", first ? words : "", release_name((enum release)r));
		first = false;
	}
}

/* "since 4.10", "until 3.32", "3.32 4.10", "no release"; nothing when all of them take the word. */
static void add_takers(struct buf *b, unsigned releases)
{
	const unsigned all = (1u << RELEASE_COUNT) - 1;
	const char *separator = "";

	if (releases == all)
		return;
	for (unsigned r = 1; r < RELEASE_COUNT; r++) {
		if (releases == (all & ~0u << r)) {
			buf_printf(b, "since %s", release_name((enum release)r));
			return;
		}
		if (releases == (1u << r) - 1) {
			buf_printf(b, "until %s", release_name((enum release)(r - 1)));
			return;
		}
	}
	buf_add_str(b, releases ? "" : "no release");
	for (int r = 0; r < RELEASE_COUNT; r++) {
		if (!(releases & 1u << r))
			continue;
		buf_printf(b, "%s%s", separator, release_name((enum release)r));
		separator = " ";
	}
}

/* "keep (since 4.10; ...)": what it stands for, who takes it, a remark. */
static void add_value(struct buf *list, const struct keyword_value *v)
{
	CLEANUP(buf_release) struct buf takers = { 0 };
	const char *separator = " (";

	buf_printf(list, "%s%s", list->n ? ", " : "", v->word);
	add_takers(&takers, v->releases);
	if (strcmp(v->meaning, v->word) != 0) {
		buf_printf(list, "%s= %s", separator, v->meaning);
		separator = "; ";
	}
	if (takers.n) {
		buf_printf(list, "%s%s", separator, takers.p);
		separator = "; ";
	}
	if (v->doc) {
		buf_printf(list, "%s%s", separator, v->doc);
		separator = "; ";
	}
	if (*separator == ';')
		buf_add_char(list, ')');
}

static void explain_values(struct page *p, const struct keyword *k)
{
	CLEANUP(buf_release) struct buf list = { 0 };

	for (const struct keyword_value *v = k->values; v && v->word; v++)
		add_value(&list, v);
	row(p, "values", list.p);
}

/* What differs between releases, equal neighbours together: "30s (3.18 3.32 4.10), 0 (5.0 5.4)"; one text when all are equal. */
static void add_by_release(struct buf *b, const char *const text[RELEASE_COUNT])
{
	const char *before = NULL;
	bool differs = false;

	for (int r = 0; r < RELEASE_COUNT; r++)
		differs |= !text[r] || !text[0] || strcmp(text[r], text[0]) != 0;
	for (int r = 0; r < RELEASE_COUNT; r++) {
		if (!text[r])
			continue;
		if (!before || strcmp(before, text[r]) != 0)
			buf_printf(b, "%s%s%s%s", before && differs ? "), " : "", text[r], differs ? " (" : "",
				   differs ? release_name((enum release)r) : "");
		else if (differs)
			buf_printf(b, " %s", release_name((enum release)r));
		before = text[r];
	}
	if (before && differs)
		buf_add_char(b, ')');
}

static void explain_default(struct page *p, const struct keyword *k)
{
	CLEANUP(buf_release) struct buf program = { 0 }, text = { 0 };

	bool differs = false;

	for (int r = 0; r < RELEASE_COUNT; r++)
		differs |= k->default_code[r] && k->default_documented && strcmp(k->default_code[r], k->default_documented) != 0;
	add_by_release(&program, k->default_code);
	if (k->default_documented && differs)
		buf_printf(&text, "%s; in the program %s", k->default_documented, program.p);
	else if (k->default_documented || program.n)
		buf_add_str(&text, k->default_documented ? k->default_documented : program.p);
	row(p, "default", text.p);
}

static void explain_limits(struct page *p, const struct keyword *k)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	if (k->has_min)
		buf_printf(&text, "from %llu", (unsigned long long)k->min);
	if (k->has_max)
		buf_printf(&text, "%sup to %llu", k->has_min ? " " : "", (unsigned long long)k->max);
	if (text.n && k->unit)
		buf_printf(&text, " %s", k->unit);
	row(p, "limits", text.p);
}

static void explain_history(struct page *p, const struct keyword *k)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	add_releases(&text, k, STATUS_ACTIVE, "");
	add_releases(&text, k, STATUS_ALIAS, "another spelling in ");
	add_releases(&text, k, STATUS_IGNORED, "ignored by ");
	add_releases(&text, k, STATUS_NOT_IN_FILES, "not in files in ");
	add_releases(&text, k, STATUS_CHANGED, "with another meaning in ");
	add_releases(&text, k, STATUS_UNKNOWN, "refused, with the whole file, by ");
	row(p, "in", text.p);
	row(p, "kernel stack", k->stack);
	row(p, "built with", k->build);
}

/* What stands after '=' in a synopsis: "yes|no", or the type in capitals. */
static void add_shape(struct buf *out, const struct keyword *k)
{
	size_t n = 0;

	while (k->values && k->values[n].word)
		n++;
	if (k->type == TYPE_ENUM && n && n <= 6) {
		for (size_t i = 0; i < n; i++)
			buf_printf(out, "%s%s", i ? "|" : "", k->values[i].word);
		return;
	}
	for (const char *c = schema_type_name(k->type); *c; c++)
		buf_add_char(out, (char)toupper((unsigned char)*c));
}

/* Forms of backends/whack/whack.h that are no option. */
static void explain_whack(struct page *p, const struct keyword *k)
{
	static const struct { const char *form, *text; } words[] = {
		{ "special", "by other options" }, { "none", "no option" }, { "nothing", NULL },
	};
	CLEANUP(buf_release) struct buf text = { 0 };
	const char *shown[RELEASE_COUNT];

	for (int r = 0; r < RELEASE_COUNT; r++) {
		shown[r] = k->whack[r];
		for (size_t i = 0; shown[r] && i < sizeof words / sizeof words[0]; i++)
			if (strcmp(shown[r], words[i].form) == 0)
				shown[r] = words[i].text;
	}
	add_by_release(&text, shown);
	row(p, "whack", text.p);
}

/* "rules S-074 ... S-084, S-100": neighbours together. */
static void add_rules(struct buf *b, const char *const *rules)
{
	for (size_t i = 0, last; rules[i]; i = last + 1) {
		for (last = i; rules[last + 1] && atoi(rules[last + 1] + 2) == atoi(rules[last] + 2) + 1; last++)
			;
		buf_printf(b, "%s%s", i ? ", " : "rules ", rules[i]);
		if (last > i)
			buf_printf(b, "%s%s", last == i + 1 ? ", " : " ... ", rules[last]);
	}
}

static void explain_keyword(struct page *p, const struct keyword *k)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	bold(p, k->name);
	buf_add_char(p->out, '=');
	add_shape(p->out, k);
	buf_printf(p->out, "        %s%s\n", k->section == SECTION_CONN ? "conn" : "config setup",
		   k->sided ? ", also for the right side" : "");
	paragraph(p, k->doc);
	if (k->alias_of != KW_NONE && !k->own)
		paragraph(p, keyword_table[k->alias_of].doc);
	buf_add_char(p->out, '\n');
	explain_values(p, k);
	explain_default(p, k);
	explain_limits(p, k);
	explain_history(p, k);
	if (k->alias_of != KW_NONE)
		row(p, "same as", keyword_table[k->alias_of].name);
	row(p, "instead", k->replaced_by);
	for (size_t i = 0; k->conflicts && k->conflicts[i]; i++)
		row(p, i ? "" : "with", k->conflicts[i]);
	explain_whack(p, k);
	add_rules(&text, k->rules);
	row(p, "source", text.p);
	for (size_t i = 0; k->notes && k->notes[i]; i++)
		row(p, i ? "" : "notes", k->notes[i]);
}

/* --- a transform --- */

static void add_number(struct buf *b, const char *what, uint16_t number)
{
	if (number != TRANSFORM_NONE)
		buf_printf(b, "%s%s %u", b->n ? ", " : "", what, number);
}

/* "ike= (IKEv2), esp=" of one release's bits. */
static void add_use(struct buf *b, unsigned use)
{
	static const char *const keywords[] = { "ike=", "esp=", "ah=" };
	bool first = true;

	for (unsigned i = 0; i < 3; i++) {
		unsigned versions = use >> 2 * i & (USE_IKE1 | USE_IKE2);

		if (!versions)
			continue;
		buf_printf(b, "%s%s%s", first ? "" : ", ", keywords[i],
			   versions == USE_IKE1 ? " (IKEv1)" : versions == USE_IKE2 ? " (IKEv2)" : "");
		first = false;
	}
}

/* A row for each run of releases that take it in the same places. */
static void explain_use(struct page *p, const struct transform *t)
{
	const char *head = "accepted";

	for (int r = 0, next; r < RELEASE_COUNT; r = next) {
		CLEANUP(buf_release) struct buf text = { 0 };

		for (next = r; next < RELEASE_COUNT && t->use[next] == t->use[r]; next++)
			buf_printf(&text, "%s%s", next > r ? " " : "", release_name((enum release)next));
		if (!t->use[r])
			continue;
		buf_add_str(&text, ": ");
		add_use(&text, t->use[r]);
		row(p, head, text.p);
		head = "";
	}
}

static void explain_transform(struct page *p, const struct transform *t)
{
	CLEANUP(buf_release) struct buf names = { 0 }, numbers = { 0 }, keys = { 0 }, status = { 0 }, openssl = { 0 };

	bold(p, t->name);
	buf_printf(p->out, "        %s\n", transform_type_name(t->type));
	paragraph(p, t->doc);
	buf_add_char(p->out, '\n');
	for (size_t i = 0; t->aliases && t->aliases[i]; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", t->aliases[i]);
	add_number(&numbers, "IKEv2", t->ikev2_id);
	add_number(&numbers, "IKEv1", t->ikev1_ike_id);
	add_number(&numbers, t->type == TRANSFORM_INTEG ? "IKEv1 child" : "IKEv1 ESP", t->ikev1_esp_id);
	add_number(&numbers, "AH", t->ikev1_ah_id);
	for (size_t i = 0; i < sizeof(t->key_bits) / sizeof(t->key_bits[0]) && t->key_bits[i]; i++)
		buf_printf(&keys, "%s%u", i ? ", " : "", t->key_bits[i]);
	if (keys.n)
		buf_add_str(&keys, " bits");
	if (t->rfc8247[0])
		buf_printf(&status, "IKE %s (RFC 8247)", t->rfc8247);
	if (t->rfc8221[0])
		buf_printf(&status, "%sESP and AH %s (RFC 8221)", status.n ? ", " : "", t->rfc8221);
	row(p, "written", names.p);
	row(p, "numbers", numbers.p);
	row(p, "keys", keys.p);
	explain_use(p, t);
	row(p, "status", status.p);
	row(p, "kernel", t->xfrm);
	for (const char *c = t->openssl; c && *c; c++) {		/* "AES-%u-GCM": the key size is part of the name */
		bool size = strncmp(c, "%u", 2) == 0;

		buf_add_slice(&openssl, size ? SLICE("BITS") : (struct slice){ c, 1 });
		c += size;
	}
	row(p, "OpenSSL", openssl.p);
}

static bool explain_transforms(struct page *p, struct slice word)
{
	bool found = false;

	for (unsigned i = 0; i < transform_count; i++) {
		const struct transform *t = transform_table[i];

		if (!slice_eq_nocase(word, t->name) && transform_by_alias(t->type, word, RELEASE_ANY) != t)
			continue;
		if (found)
			buf_add_char(p->out, '\n');
		explain_transform(p, t);
		found = true;
	}
	return found;
}

/* --- the command --- */

static bool explain_keywords(struct page *p, struct slice word)
{
	const struct keyword *last = NULL;

	for (int section = SECTION_CONN; section <= SECTION_SETUP; section++) {
		enum side side;
		const struct keyword *k = schema_find(word, (enum section_kind)section, &side);

		if (!k || k == last)
			continue;
		if (last)
			buf_add_char(p->out, '\n');
		explain_keyword(p, k);
		last = k;
	}
	return last;
}

static void suggest(struct slice word)
{
	const char *near = rule_nearest(word);
	char text[64];

	if (!near && (schema_nearest(word, SECTION_CONN, text) || schema_nearest(word, SECTION_SETUP, text)))
		near = text;
	for (int type = TRANSFORM_ENCR; !near && type <= TRANSFORM_ESN; type++)
		near = transform_nearest((enum transform_type)type, word, RELEASE_ANY);
	if (near)
		complain("'" SLICE_FMT "' is no rule, keyword or transform; did you mean '%s'?", SLICE_ARG(word), near);
	else
		complain("'" SLICE_FMT "' is no rule, keyword or transform; 'ipsecc rules' lists the rules", SLICE_ARG(word));
}

/* A rule by its id, its name, or the name of an IKE notification: NO_PROPOSAL_CHOSEN is told by ike-no-proposal-chosen. */
static const struct rule *find_rule(struct slice word)
{
	CLEANUP(buf_release) struct buf name = { 0 };
	const struct rule *rule = rule_by_id(word);

	if (rule)
		return rule;
	buf_add_str(&name, "ike-");
	for (size_t i = 0; i < word.n; i++)
		buf_add_char(&name, word.p[i] == '_' ? '-' : word.p[i]);
	return rule_by_id(buf_slice(&name));
}

enum exit_status command_explain(const struct arguments *args)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	struct page page = { .out = &out, .style = terminal_style(stdout, args->color) };
	/* "leftsubnet=" is what a configuration has, and "leftsubnet" is meant. */
	struct slice word = slice_sub(slice_of(args->operands[0]), 0, strcspn(args->operands[0], "="));
	const struct rule *rule = find_rule(word);

	if (rule)
		explain_rule(&page, rule);
	else if (!explain_keywords(&page, word) && !explain_transforms(&page, word)) {
		suggest(word);
		return EXIT_TROUBLE;
	}
	return write_stream(stdout, &out) ? EXIT_TROUBLE : EXIT_DONE;
}

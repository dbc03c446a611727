/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are words: one of a list, several, yes and no (L-051, L-058, C-006). */
#include <string.h>

#include "base/nearest.h"
#include "compiler/sema/values.h"

static bool is_setup(const struct value_parser *v)
{
	return v->keyword->section == SECTION_SETUP;
}

/* --- words ----------------------------------------------------------------------------------------------------------------------- */

static bool in_release(const struct keyword_value *word, enum release release)
{
	return word->releases & 1u << release;
}

static const char *nearest_word(const struct value_parser *v, struct slice word)
{
	struct nearest nearest = nearest_to(word);

	for (const struct keyword_value *w = v->keyword->values; w && w->word; w++)
		if (in_release(w, v->release))
			nearest_offer(&nearest, w->word, w);
	return nearest.name;
}

/* "yes, no or force", without synonyms; NULL when there are too many to read. */
static const char *list_words(const struct value_parser *v)
{
	const char *words[8], *text = "";
	size_t n = 0;

	for (const struct keyword_value *w = v->keyword->values; w && w->word; w++) {
		if (!in_release(w, v->release) || strcmp(w->word, w->meaning) != 0)
			continue;
		if (n == sizeof words / sizeof *words)
			return NULL;
		words[n++] = w->word;
	}
	for (size_t i = 0; i < n; i++)
		text = arena_printf(v->arena, "%s%s%s", text, i == 0 ? "" : i + 1 == n ? " or " : ", ", words[i]);
	return n ? text : NULL;
}

/* authby=psk and the like: what strongSwan's legacy files say (section 11 of the proposal rules has the same for algorithms). */
static const char *strongswan_word(const struct value_parser *v, struct slice word)
{
	static const char *const words[][2] = {
		{ "psk", "secret" }, { "xauthpsk", "secret" }, { "pubkey", "rsasig" }, { "rsa-sig", "rsasig" }, { "xauthrsasig", "rsasig" },
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (slice_eq_nocase(word, words[i][0]) && schema_value(v->keyword, slice_of(words[i][1]), v->release))
			return words[i][1];
	return NULL;
}

/* C-006: words are checked while the file is read up to 4.x, and when the conn is added in 5.x. */
static void report_bad_word(const struct value_parser *v, enum consequence consequence, struct slice word)
{
	struct finding *f = value_report_slice(v, RULE_BAD_WORD, consequence, word, "'" SLICE_FMT "' is no value of " SLICE_FMT,
					       SLICE_ARG(word), SLICE_ARG(v->key));
	const struct keyword_value *known = schema_value(v->keyword, word, RELEASE_ANY);
	const char *nearest = nearest_word(v, word), *all = list_words(v);

	if (known && known->releases)
		diag_note(v->diag, f, "other releases know the word; libreswan %s does not", release_name(v->release));
	else if (known)
		diag_note(v->diag, f, "the manual has the word, but no release takes it");
	if (known && schema_value(v->keyword, slice_of(known->meaning), v->release))
		diag_fix(v->diag, f, false, f->span, known->meaning, "write '%s'", known->meaning);
	else if (strongswan_word(v, word))
		diag_fix(v->diag, f, false, f->span, strongswan_word(v, word), "strongSwan's word for '%s'", strongswan_word(v, word));
	else if (nearest)
		diag_fix(v->diag, f, false, f->span, nearest, "did you mean '%s'?", nearest);
	else if (all)
		diag_help(v->diag, f, "write %s", all);
}

/* Two are read as a text, and the daemon starts without it (C-331, run with Debian's 4.10; 3.20 reads any protostack= too). */
static enum consequence of_bad_word(const struct value_parser *v)
{
	if (v->keyword->id == KW_PROTOSTACK || (v->keyword->id == KW_GLOBAL_REDIRECT && v->release < RELEASE_5_0))
		return VALUE_IGNORED;
	return v->release < RELEASE_5_0 || is_setup(v) ? FILE_REFUSED : CONN_REFUSED;
}

/* authby= is a list of words, which 4.x compares with case (C-100); 3.32 and later split it at commas only: "secret, rsasig" has an
 * unknown word " rsasig" (run with 4.10). */
static bool parse_authby(const struct value_parser *v, struct value *ret)
{
	bool old = v->release == RELEASE_3_18;
	const char *separators = old || v->release >= RELEASE_5_0 ? ", \t" : ",";
	struct slice rest = v->value.text, word;
	enum consequence consequence = old ? FILE_REFUSED : CONN_REFUSED;
	bool good = true;
	struct value value = { 0 };

	while (slice_split(&rest, separators, &word)) {
		const struct keyword_value *known = schema_value(v->keyword, word, v->release);

		if (word.n == 0)
			continue;
		if (known && (old || (slice_eq_str(word, known->word) && !memchr(word.p, '|', word.n)))) {
			vec_push(v->arena, &value.words, known);
			continue;
		}
		report_bad_word(v, consequence, word);
		good = false;
	}
	if (good)
		*ret = value;
	return good;
}

/* --- one word -------------------------------------------------------------------------------------------------------------------- */

/* What 4.10 takes a number for where a word is expected (found by running it with type=0, type=1 and so on). Others do not change
 * whether the conn loads. */
static const struct {
	enum keyword_id keyword;
	const char *number, *word;
} codes[] = {
	{ KW_TYPE, "2", "passthrough" }, { KW_TYPE, "3", "drop" },  { KW_TYPE, "4", "reject" }, { KW_IKEV2, "0", "never" },
	{ KW_IKEV2, "1", "never" },	 { KW_PHASE2, "1", "esp" }, { KW_PHASE2, "2", "ah" },
};

static const struct keyword_value *word_of_code(const struct value_parser *v, struct slice number)
{
	for (size_t i = 0; i < sizeof codes / sizeof *codes && v->release == RELEASE_4_10; i++)
		if (v->keyword->id == codes[i].keyword && slice_eq_str(number, codes[i].number))
			return schema_value(v->keyword, slice_of(codes[i].word), v->release);
	return NULL;
}

/* phase2= is two bits, of which one must be set. */
static bool is_refused_code(const struct value_parser *v, struct slice number)
{
	char last = number.n ? number.p[number.n - 1] : '0';

	return v->release == RELEASE_4_10 && v->keyword->id == KW_PHASE2 && number.n <= 1 && (last % 4 == 0 || last % 4 == 3);
}

/* Where a word is expected the readers store the number as the word's code, and nobody looks whether there is one (run with 4.10). */
static bool report_code(const struct value_parser *v, struct value *ret)
{
	struct slice number = slice_eq_str(v->value.text, "%forever") ? slice_of("0") : v->value.text;
	const struct keyword_value *word = word_of_code(v, number);
	bool refused = is_refused_code(v, number);
	struct finding *f = value_report(v, RULE_BAD_WORD, refused ? CONN_REFUSED : VALUE_KEPT, 0, v->value.text.n,
					 "'" SLICE_FMT "' is no value of " SLICE_FMT, SLICE_ARG(v->value.text), SLICE_ARG(v->key));
	const char *all = list_words(v);

	if (!refused)
		diag_set_severity(v->diag, f, SEVERITY_WARNING);
	if (word)
		diag_note(v->diag, f, "libreswan %s takes the number for '%s'", release_name(v->release), word->word);
	else if (!refused)
		diag_note(v->diag, f, "libreswan %s loads it, and takes the number for its own code of some word", release_name(v->release));
	if (all)
		diag_help(v->diag, f, "write %s", all);
	if (word)
		*ret = (struct value){ .word = word, .text = word->meaning };
	return word != NULL;
}

/* C-006, run with 4.10: of several words one is taken, and what it does not know behind it is not looked at. */
static const struct keyword_value *first_of_words(const struct value_parser *v, struct slice *ret_first, unsigned *ret_known)
{
	const struct keyword_value *first = NULL;
	struct slice rest = v->value.text, piece;

	*ret_first = (struct slice){ v->value.text.p, 0 };
	*ret_known = 0;
	while (slice_split(&rest, ":, \t", &piece)) {
		const struct keyword_value *known = schema_value(v->keyword, piece, v->release);

		if (piece.n == 0)
			continue;
		if (ret_first->n == 0) {
			*ret_first = piece;
			first = known;
		}
		*ret_known += known != NULL;
	}
	return first;
}

static void report_words_behind(const struct value_parser *v, struct slice first)
{
	struct finding *f = value_report(v, RULE_BAD_WORD, VALUE_KEPT, (size_t)(first.p - v->value.text.p) + first.n, v->value.text.n,
					 SLICE_FMT " takes one word", SLICE_ARG(v->key));

	diag_set_severity(v->diag, f, SEVERITY_WARNING);
	diag_note(v->diag, f, "libreswan %s takes '" SLICE_FMT "' and does not look at the rest", release_name(v->release), SLICE_ARG(first));
}

/* Several words, blanks at an end, or nothing but separators. False: it is no value of any release before 5. */
static bool parse_words(const struct value_parser *v, struct value *ret)
{
	struct slice first;
	unsigned known;
	const struct keyword_value *word = first_of_words(v, &first, &known);

	if (v->release >= RELEASE_5_0 || known > 1 || (first.n && !word))
		return false;
	if (first.n == 0)
		value_report(v, RULE_EMPTY_VALUE, VALUE_KEPT, 0, v->value.text.n, SLICE_FMT " has no value", SLICE_ARG(v->key));
	else if (slice_trim(v->value.text).n > first.n)
		report_words_behind(v, first);
	if (word)
		*ret = (struct value){ .word = word, .text = word->meaning };
	return true;
}

bool value_parse_enum(const struct value_parser *v, struct value *ret)
{
	struct value value = { 0 };

	if (v->keyword->id == KW_AUTHBY)
		return parse_authby(v, ret);
	value.word = schema_value(v->keyword, v->value.text, v->release);
	if (!value.word && value_is_number_token(v))
		return report_code(v, ret);
	if (!value.word && of_bad_word(v) == FILE_REFUSED && parse_words(v, &value)) {
		*ret = value;
		return value.word != NULL;
	}
	if (!value.word) {
		report_bad_word(v, of_bad_word(v), v->value.text);
		return false;
	}
	value.text = value.word->meaning;
	*ret = value;
	return true;
}

/* --- lists and booleans ---------------------------------------------------------------------------------------------------------- */

/* 4.x compares "all" and "none" with case, the other words without (run with 4.10). */
static bool differs_in_case(const struct value_parser *v, struct slice word)
{
	return v->release < RELEASE_5_0 && v->release != RELEASE_3_18 && v->keyword->id == KW_PLUTODEBUG &&
	       ((slice_eq_nocase(word, "all") && !slice_eq_str(word, "all")) || (slice_eq_nocase(word, "none") && !slice_eq_str(word, "none")));
}

bool value_parse_flags(const struct value_parser *v, struct value *ret)
{
	struct slice rest = v->value.text, word;
	bool good = true;
	struct value value = { 0 };

	if (value_is_number_token(v))
		return report_code(v, ret);
	while (slice_split(&rest, ":, \t", &word)) {
		/* 4.x and later take a flag back with "no-" (KEYWORDS: plutodebug) */
		struct slice bare = slice_starts_nocase(word, "no-") ? slice_sub(word, 3, word.n) : word;
		const struct keyword_value *known = schema_value(v->keyword, word, v->release);

		if (!known)
			known = schema_value(v->keyword, bare, v->release);
		if (word.n == 0)
			continue;
		if (known && !differs_in_case(v, word)) {
			vec_push(v->arena, &value.words, known);
		} else {
			report_bad_word(v, of_bad_word(v), word);
			good = false;
		}
	}
	if (good)
		*ret = value;
	return good;
}

/* L-051: "On" is no to the readers before 5. */
static bool misread_boolean(const struct value_parser *v, struct value *ret)
{
	struct slice text = v->value.text;
	struct finding *f;
	bool scanned;

	if (v->release >= RELEASE_5_0 || v->value.quoting == QUOTING_BRACES || !schema_scan_boolean(text, &scanned))
		return false;
	f = value_report(v, RULE_BAD_BOOLEAN, VALUE_KEPT, 0, text.n, "'" SLICE_FMT "' is neither yes nor no", SLICE_ARG(text));
	diag_set_severity(v->diag, f, SEVERITY_WARNING);
	diag_note(v->diag, f, "libreswan %s reads it as %s, the first word of this kind in it", release_name(v->release), scanned ? "yes" : "no");
	if (schema_boolean(text) >= 0)
		diag_fix(v->diag, f, false, f->span, schema_boolean(text) ? "yes" : "no", "write '%s'", schema_boolean(text) ? "yes" : "no");
	else
		diag_help(v->diag, f, "write yes or no");
	*ret = (struct value){ .boolean = scanned };
	return true;
}

/* L-051: eight words in lower case, not in braces; 5.x any case, and 1 and 0. */
static int boolean_of(const struct value_parser *v)
{
	struct slice text = v->value.text;
	int boolean = schema_boolean(text);

	if (v->release >= RELEASE_5_0)
		return slice_eq_str(text, "1") ? 1 : slice_eq_str(text, "0") ? 0 : boolean;
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] >= 'A' && text.p[i] <= 'Z')
			return -1;
	return v->value.quoting == QUOTING_BRACES ? -1 : boolean;
}

bool value_parse_bool(const struct value_parser *v, struct value *ret)
{
	struct slice text = v->value.text;
	int boolean = boolean_of(v), meant = schema_boolean(text);
	struct finding *f;

	if (boolean >= 0) {
		*ret = (struct value){ .boolean = boolean };
		return true;
	}
	if (misread_boolean(v, ret))
		return true;
	if (slice_eq_str(text, "1") || slice_eq_str(text, "0"))
		meant = text.p[0] == '1';
	f = value_report(v, RULE_BAD_BOOLEAN, v->release < RELEASE_5_0 || is_setup(v) ? FILE_REFUSED : CONN_REFUSED, 0, text.n,
			 "'" SLICE_FMT "' is neither yes nor no", SLICE_ARG(text));
	if (meant >= 0)
		diag_fix(v->diag, f, true, f->span, meant ? "yes" : "no", "write '%s'", meant ? "yes" : "no");
	else
		diag_help(v->diag, f, "write yes or no");
	return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/sema/proposals.h"

#include "base/limits.h"

/* A name with its place. transform NULL: "none". */
struct part {
	const struct transform *transform;
	uint16_t key_bits;
	size_t from, to;
};
typedef VEC(struct part) part_list;

enum { ENCR, PRF, INTEG, KE, N_TYPES };		/* indices of an element's lists, in the order of the text */

struct element {
	part_list parts[N_TYPES];
	size_t from, to;
};

struct token {
	char before;		/* separator in front: '-' ';' '+', '\0' for the first */
	size_t from, to;
};

struct parser {
	struct arena *arena;
	const struct proposal_text *in;
	proposal_problems *problems;
	VEC(struct element) elements;
	VEC(struct token) tokens;	/* of the element at hand */
	size_t next;
	size_t end;			/* of the element at hand */
	bool keep_lists;		/* of 3.18's built-in IKEv2 sets, which no text of that release can express */
};

static const enum transform_type types[N_TYPES] = { TRANSFORM_ENCR, TRANSFORM_PRF, TRANSFORM_INTEG, TRANSFORM_KE };
static const char *const kinds[N_TYPES] = { "cipher", "PRF", "integrity algorithm", "DH group" };
static const char *const a_kind[N_TYPES] = { "a cipher", "a PRF", "an integrity algorithm", "a DH group" };

static bool full_grammar(const struct parser *p)
{
	return p->in->ike_version == 2;		/* IKEv1 lists have no '+' (P-007) */
}

static struct slice text_of(const struct parser *p, size_t from, size_t to)
{
	return slice_sub(p->in->text, from, to);
}

/* --- problems -------------------------------------------------------------------------------------------------------------------- */

static struct proposal_problem *problem(struct parser *p, enum rule_id rule, bool fatal, size_t from, size_t to, const char *message)
{
	struct proposal_problem *q = vec_add(p->arena, p->problems);

	*q = (struct proposal_problem){ .rule = rule, .fatal = fatal, .from = from, .to = to, .message = message };
	return q;
}

static bool fail(struct parser *p, enum rule_id rule, size_t from, size_t to, const char *label, const char *message)
{
	problem(p, rule, true, from, to, message)->label = label;
	return false;
}

static bool fail_with_help(struct parser *p, enum rule_id rule, size_t from, size_t to, const char *help, const char *message)
{
	problem(p, rule, true, from, to, message)->help = help;
	return false;
}

/* --- names ----------------------------------------------------------------------------------------------------------------------- */

static bool is_none(struct slice name)
{
	return slice_eq_nocase(name, "none") || slice_eq_nocase(name, "null");
}

/* Has the release this algorithm for this protocol and IKE version? */
static bool is_available(const struct proposal_text *in, const struct transform *t)
{
	static const unsigned uses[][2] = {
		[PROTOCOL_IKE] = { USE_IKE1, USE_IKE2 }, [PROTOCOL_AH] = { USE_AH1, USE_AH2 }, [PROTOCOL_ESP] = { USE_ESP1, USE_ESP2 },
	};

	return t->use[in->release] & uses[in->protocol][in->ike_version == 2];
}

/* "aes256gcm16" and the like: strongSwan's spelling of what is called aes_gcm256 here (section 11). NULL: it is none. */
static const char *libreswan_spelling(struct parser *p, struct slice name)
{
	static const char *const modes[] = { "gcm", "ccm", "ctr", "gmac" };

	if (!slice_starts_nocase(name, "aes") || name.n < 9)
		return NULL;
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (slice_starts_nocase(slice_sub(name, 6, name.n), modes[i]))
			return arena_printf(p->arena, "libreswan writes 'aes_%s" SLICE_FMT "'", modes[i], SLICE_ARG(slice_sub(name, 3, 6)));
	return NULL;
}

static int known_elsewhere(const struct parser *p, int kind, struct slice name)
{
	for (int other = 0; other < N_TYPES; other++)
		if (other != kind && transform_by_alias(types[other], name, p->in->release))
			return other;
	return -1;
}

/* A name that is no `kind`: says why as precisely as it can. */
static bool unknown_name(struct parser *p, int kind, size_t from, size_t to)
{
	struct slice name = text_of(p, from, to);
	const struct transform *t = transform_by_alias(types[kind], name, RELEASE_ANY);
	const char *release = release_name(p->in->release), *blank, *nearest;
	int other = known_elsewhere(p, kind, name);

	if (from == to)
		return fail(p, RULE_BAD_PROPOSAL, from, to, NULL, arena_printf(p->arena, "%s is missing here", a_kind[kind]));
	if (name.p[name.n - 1] == '!')
		return fail_with_help(p, RULE_BAD_PROPOSAL, to - 1, to, "leave the '!' out: libreswan takes every list as strict",
				      "'!' is no part of a proposal");
	blank = memchr(name.p, ' ', name.n);
	if (blank)
		return fail(p, RULE_BAD_PROPOSAL, from + (size_t)(blank - name.p), from + (size_t)(blank - name.p) + 1, NULL,
			    "a proposal holds no blanks");
	if (memchr(name.p, '+', name.n))
		return fail(p, RULE_BAD_PROPOSAL, from, to, NULL, "IKEv1 takes one algorithm of a kind, not a list with '+'");
	if (t && is_available(&(struct proposal_text){ .protocol = p->in->protocol, .release = p->in->release, .ike_version = 2 }, t))
		return fail(p, RULE_UNSUPPORTED_ALGORITHM, from, to, NULL,
			    arena_printf(p->arena, "IKEv1 has no %s '" SLICE_FMT "'", kinds[kind], SLICE_ARG(name)));
	if (other >= 0)
		return fail_with_help(p, RULE_BAD_PROPOSAL, from, to, other == KE ? "write ';' before a DH group" : NULL,
				      arena_printf(p->arena, "'" SLICE_FMT "' is %s, but in this place stands the %s", SLICE_ARG(name),
						   a_kind[other], kinds[kind]));
	if (t || transform_by_name(types[kind], arena_strdup(p->arena, name)))
		return fail(p, RULE_UNSUPPORTED_ALGORITHM, from, to, NULL,
			    arena_printf(p->arena, "libreswan %s does not support the %s '" SLICE_FMT "' here", release, kinds[kind],
					 SLICE_ARG(name)));
	nearest = transform_nearest(types[kind], name, p->in->release);
	return fail_with_help(p, RULE_UNKNOWN_ALGORITHM, from, to,
			      kind == ENCR && libreswan_spelling(p, name) ? libreswan_spelling(p, name) :
			      nearest ? arena_printf(p->arena, "did you mean '%s'", nearest) : NULL,
			      arena_printf(p->arena, "'" SLICE_FMT "' is no %s", SLICE_ARG(name), kinds[kind]));
}

static const struct transform *find(const struct parser *p, int kind, struct slice name)
{
	const struct transform *t = transform_by_alias(types[kind], name, p->in->release);

	return t && is_available(p->in, t) ? t : NULL;
}

/* May "none" stand for this kind? Group none came with IKEv2's ESP and AH (P-039); integrity none goes with AEAD. */
static bool none_allowed(const struct parser *p, int kind, struct slice name)
{
	if (kind == KE)
		return (is_none(name) || slice_eq_nocase(name, "dh0")) && p->in->ike_version == 2;
	return kind == INTEG && is_none(name) && p->in->protocol != PROTOCOL_AH;
}

/* P-092: of equal ones in a list the later is dropped; one without a size covers all sizes. */
static bool already_listed(const part_list *list, const struct part *part)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].transform == part->transform && (list->v[i].key_bits == 0 || list->v[i].key_bits == part->key_bits))
			return true;
	return false;
}

static void add_part(struct parser *p, part_list *list, struct part part)
{
	struct slice name = text_of(p, part.from, part.to);

	if (already_listed(list, &part)) {
		problem(p, RULE_DUPLICATE_ALGORITHM, false, part.from, part.to,
			arena_printf(p->arena, "'" SLICE_FMT "' is listed before", SLICE_ARG(name)));
		return;
	}
	vec_push(p->arena, list, part);
}

static bool add_name(struct parser *p, struct element *e, int kind, struct token token)
{
	struct slice name = text_of(p, token.from, token.to);
	struct part part = { .from = token.from, .to = token.to };

	if (!none_allowed(p, kind, name)) {
		part.transform = find(p, kind, name);
		if (!part.transform)
			return unknown_name(p, kind, token.from, token.to);
	} else if (kind == KE && p->in->protocol == PROTOCOL_IKE) {
		return fail(p, RULE_BAD_PROPOSAL, token.from, token.to, NULL, "ike= needs a DH group");
	}
	add_part(p, &e->parts[kind], part);
	return true;
}

/* --- ciphers with their key sizes ------------------------------------------------------------------------------------------------ */

static bool is_digits(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

static const char *sizes_text(struct parser *p, const struct transform *t)
{
	char *text = arena_printf(p->arena, "%u", t->key_bits[0]);

	for (size_t i = 1; i < 4 && t->key_bits[i]; i++)
		text = arena_printf(p->arena, "%s%s%u", text, i == 3 || !t->key_bits[i + 1] ? " or " : ", ", t->key_bits[i]);
	return text;
}

static bool check_size(struct parser *p, const struct transform *t, size_t from, size_t to, uint16_t *ret)
{
	struct slice digits = text_of(p, from, to);
	uint64_t bits = 0;
	bool number = slice_to_u64(digits, UINT16_MAX, &bits) == 0;

	if (is_digits(digits) && !t->key_attribute)
		return fail(p, RULE_BAD_KEY_SIZE, from, to, NULL, arena_printf(p->arena, "%s takes no key size", t->name));
	for (size_t i = 0; number && i < 4 && t->key_bits[i]; i++)
		if (t->key_bits[i] == bits) {
			*ret = (uint16_t)bits;
			return true;
		}
	if (number && bits == 0 && p->in->release == RELEASE_3_18) {
		*ret = 0;
		return true;
	}
	return fail(p, RULE_BAD_KEY_SIZE, from, to, sizes_text(p, t),
		    arena_printf(p->arena, "%s has no key of '" SLICE_FMT "' bits", t->name, SLICE_ARG(digits)));
}

/* A cipher is a whole name, or a name, then perhaps '_', then digits (section 4); "-256" after it was already found by the caller. */
static bool add_glued_cipher(struct parser *p, struct element *e, struct token token)
{
	struct part part = { .from = token.from, .to = token.to };
	size_t digits = token.to, name_end;

	part.transform = find(p, ENCR, text_of(p, token.from, token.to));
	if (!part.transform) {
		while (digits > token.from && p->in->text.p[digits - 1] >= '0' && p->in->text.p[digits - 1] <= '9')
			digits--;
		name_end = digits;
		if (name_end > token.from && p->in->text.p[name_end - 1] == '_')
			name_end--;
		part.transform = find(p, ENCR, text_of(p, token.from, name_end));
		if (!part.transform || digits == token.to) {
			struct slice bare = text_of(p, token.from, name_end);

			/* speak of the name without its size when that is the one people know */
			return unknown_name(p, ENCR, token.from,
					    bare.n && transform_by_alias(TRANSFORM_ENCR, bare, RELEASE_ANY) ? name_end : token.to);
		}
		if (!check_size(p, part.transform, digits, token.to, &part.key_bits))
			return false;
	}
	add_part(p, &e->parts[ENCR], part);
	return true;
}

static bool starts_with_digit(struct slice s)
{
	return s.n && s.p[0] >= '0' && s.p[0] <= '9';
}

static bool add_cipher(struct parser *p, struct element *e)
{
	struct token token = p->tokens.v[p->next++];
	struct token *size = p->next < p->tokens.n ? &p->tokens.v[p->next] : NULL;
	struct part part = { .from = token.from };

	if (!size || size->before != '-' || !starts_with_digit(text_of(p, size->from, size->to)))
		return add_glued_cipher(p, e, token);
	p->next++;
	part.to = size->to;
	part.transform = find(p, ENCR, text_of(p, token.from, token.to));
	if (!part.transform) {
		if (!add_glued_cipher(p, e, token))
			return false;
		return fail(p, RULE_BAD_PROPOSAL, size->from, size->to, NULL, "a cipher has one key size");
	}
	if (!check_size(p, part.transform, size->from, size->to, &part.key_bits))
		return false;
	add_part(p, &e->parts[ENCR], part);
	return true;
}

/* --- one element by the grammar of 3.20 and later -------------------------------------------------------------------------------- */

static void split_tokens(struct parser *p, size_t from, size_t to)
{
	const char *separators = full_grammar(p) ? "-;+" : "-;";
	struct token token = { .from = from };

	p->tokens.n = 0;
	p->next = 0;
	for (size_t i = from; i <= to; i++) {
		char c = i < to ? p->in->text.p[i] : '\0';

		if (i < to && !(c && strchr(separators, c)))
			continue;
		token.to = i;
		vec_push(p->arena, &p->tokens, token);
		token = (struct token){ .before = c, .from = i + 1 };
	}
}

static char next_separator(const struct parser *p)
{
	return p->next < p->tokens.n ? p->tokens.v[p->next].before : '\0';
}

static bool add_names(struct parser *p, struct element *e, int kind)
{
	do {
		if (!add_name(p, e, kind, p->tokens.v[p->next]))
			return false;
		p->next++;
	} while (next_separator(p) == '+');
	return true;
}

static bool add_ciphers(struct parser *p, struct element *e)
{
	do {
		if (!add_cipher(p, e))
			return false;
	} while (next_separator(p) == '+');
	return true;
}

/* Would all names of the list at hand do as `kind`? */
static bool all_names_are(const struct parser *p, int kind)
{
	size_t i = p->next;

	do {
		struct slice name = text_of(p, p->tokens.v[i].from, p->tokens.v[i].to);

		if (!none_allowed(p, kind, name) && !find(p, kind, name))
			return false;
		i++;
	} while (i < p->tokens.n && p->tokens.v[i].before == '+');
	return true;
}

static void wrong_order(struct parser *p, size_t from, size_t to)
{
	problem(p, RULE_BAD_PROPOSAL, false, from, to, "the PRF should stand before the integrity algorithm")->help =
		"write CIPHER-PRF-INTEGRITY;GROUP";
}

/* The parts between cipher and group of ike=: PRFs, or integrity algorithms and then PRFs (P-057 ... P-065). */
static bool add_ike_hashes(struct parser *p, struct element *e)
{
	size_t from = p->tokens.v[p->next].from;

	if (full_grammar(p) && !all_names_are(p, PRF) && all_names_are(p, INTEG)) {
		if (!add_names(p, e, INTEG))
			return false;
		if (next_separator(p) != '-')
			return true;
		if (p->in->release >= RELEASE_5_4 && e->parts[INTEG].v[0].transform)
			wrong_order(p, from, p->tokens.v[p->next].to);
		return add_names(p, e, PRF);
	}
	if (!add_names(p, e, PRF))
		return false;
	/* 5.4 reads a second part as integrity when it is nothing else (P-059, P-060) */
	if (p->in->release >= RELEASE_5_4 && full_grammar(p) && next_separator(p) == '-' && !all_names_are(p, KE) && !all_names_are(p, PRF) &&
	    all_names_are(p, INTEG))
		return add_names(p, e, INTEG);
	return true;
}

static const char *type_names[N_TYPES] = { "encrypt", "prf", "integ", "ke" };

/* TYPE=NAMES of 5.4 (P-018 ... P-024); -1: an ordinary part. The "TYPE=" is cut off the token. */
static int explicit_type(struct parser *p)
{
	struct token *token = p->next < p->tokens.n ? &p->tokens.v[p->next] : NULL;
	struct slice text = token ? text_of(p, token->from, token->to) : (struct slice){ NULL, 0 };
	const char *equals = text.n ? memchr(text.p, '=', text.n) : NULL;

	if (p->in->release < RELEASE_5_4 || !equals)
		return -1;
	for (int kind = 0; kind < N_TYPES; kind++)
		if (slice_eq_nocase(slice_sub(text, 0, (size_t)(equals - text.p)), type_names[kind])) {
			token->from += (size_t)(equals - text.p) + 1;
			return kind;
		}
	return -1;
}

/* sn= and addkeN= of 5.4. pluto stops on an assertion at the first, so it is refused here (P-097); the second is read over and said. */
static bool skip_newer_types(struct parser *p)
{
	while (p->in->release >= RELEASE_5_4 && p->next < p->tokens.n) {
		struct token *token = &p->tokens.v[p->next];
		struct slice text = text_of(p, token->from, token->to);

		if (slice_starts_nocase(text, "sn="))
			return fail_with_help(p, RULE_UNSUPPORTED_ALGORITHM, token->from, token->to, "use the keyword esn=",
					      "pluto stops on 'sn=' in a proposal");
		if (!slice_starts_nocase(text, "addke") || text.n < 7 || text.p[5] < '1' || text.p[5] > '7' || text.p[6] != '=' ||
		    !full_grammar(p))
			break;
		for (p->next++; next_separator(p) == '+'; p->next++)
			;
		problem(p, RULE_NOT_CARRIED_YET, false, token->from, p->tokens.v[p->next - 1].to,
			"additional key exchanges are read over: ipsecc does not carry them yet");
	}
	return true;
}

static bool add_explicit(struct parser *p, struct element *e, int kind)
{
	bool ike = p->in->protocol == PROTOCOL_IKE;

	if (p->in->ike_version == 1 && e->parts[kind].n)
		return fail(p, RULE_BAD_PROPOSAL, p->tokens.v[p->next].from, p->tokens.v[p->next].to, NULL,
			    arena_printf(p->arena, "IKEv1 takes one %s", kinds[kind]));
	if (kind == INTEG && ike && e->parts[PRF].n == 0)
		wrong_order(p, p->tokens.v[p->next].from, p->tokens.v[p->next].to);
	if ((kind == PRF && !ike) || (kind == INTEG && ike && p->in->ike_version == 1) || (kind == ENCR && p->in->protocol == PROTOCOL_AH))
		return fail(p, RULE_BAD_PROPOSAL, p->tokens.v[p->next].from, p->tokens.v[p->next].to, NULL,
			    arena_printf(p->arena, "there is no %s in this kind of proposal", kinds[kind]));
	return kind == ENCR ? add_ciphers(p, e) : add_names(p, e, kind);
}

static bool parse_parts(struct parser *p, struct element *e)
{
	int kind = explicit_type(p);

	if (kind < 0 && p->in->protocol == PROTOCOL_AH) {
		if (!add_names(p, e, INTEG))
			return false;
	} else if (kind < 0) {
		if (!add_ciphers(p, e))
			return false;
		if (next_separator(p) == '-' && (kind = explicit_type(p)) < 0 &&
		    !(p->in->protocol == PROTOCOL_IKE ? add_ike_hashes(p, e) : add_names(p, e, INTEG)))
			return false;
	}
	if (kind < 0 && !skip_newer_types(p))
		return false;
	if (kind < 0 && p->next < p->tokens.n && (kind = explicit_type(p)) < 0 && !add_names(p, e, KE))
		return false;
	for (; kind >= 0; kind = explicit_type(p))
		if (!add_explicit(p, e, kind))
			return false;
	return skip_newer_types(p);
}

static bool parse_element(struct parser *p, struct element *e)
{
	split_tokens(p, e->from, e->to);
	if (!parse_parts(p, e))
		return false;
	if (p->next < p->tokens.n)
		return fail(p, RULE_BAD_PROPOSAL, p->tokens.v[p->next].from, e->to, NULL,
			    arena_printf(p->arena, "'" SLICE_FMT "' is too much: the DH group comes last",
					 SLICE_ARG(text_of(p, p->tokens.v[p->next].from, e->to))));
	return true;
}

/* --- one element by 3.18's character machine (section 3) ------------------------------------------------------------------------- */

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool unexpected_character(struct parser *p, size_t at)
{
	return fail(p, RULE_BAD_PROPOSAL, at, at < p->end ? at + 1 : at, NULL,
		    at < p->end ? arena_printf(p->arena, "libreswan 3.18 does not expect '%c' here", p->in->text.p[at])
				: "libreswan 3.18 expects more here");
}

static bool old_cipher(struct parser *p, struct element *e, size_t *at)
{
	const char *s = p->in->text.p;
	struct part part = { .from = *at };
	size_t i = *at, size;

	while (i < p->end && (s[i] == ' ' || s[i] == '\t'))
		i++;
	part.from = i;
	if (i == p->end || !(is_alpha(s[i]) || is_digit(s[i])))
		return unexpected_character(p, i);
	for (i++; i < p->end && (is_alpha(s[i]) || s[i] == '_'); i++)
		;
	part.to = i;
	part.transform = find(p, ENCR, text_of(p, part.from, part.to));
	size = i + (i + 1 < p->end && s[i] == '-' && is_digit(s[i + 1]));
	for (i = size; i < p->end && is_digit(s[i]); i++)
		;
	if (!part.transform)
		return unknown_name(p, ENCR, part.from, part.to);
	if (i > size && !check_size(p, part.transform, size, i, &part.key_bits))
		return false;
	if (i == size)
		i = part.to;
	part.to = i;
	vec_push(p->arena, &e->parts[ENCR], part);
	*at = i;
	return true;
}

static bool old_name(struct parser *p, struct element *e, int kind, size_t *at)
{
	const char *s = p->in->text.p;
	struct token token = { .from = *at };
	size_t i = *at;

	if (i == p->end || !(is_alpha(s[i]) || (is_digit(s[i]) && p->in->protocol == PROTOCOL_AH)))
		return unexpected_character(p, i);
	while (i < p->end && (is_alpha(s[i]) || is_digit(s[i]) || (s[i] == '_' && kind != KE)))
		i++;
	token.to = i;
	*at = i;
	return add_name(p, e, kind, token);
}

static bool parse_old_element(struct parser *p, struct element *e)
{
	const char *s = p->in->text.p;
	bool ike = p->in->protocol == PROTOCOL_IKE;
	size_t i = e->from;

	p->end = e->to;
	if (p->in->protocol == PROTOCOL_AH) {
		if (!old_name(p, e, INTEG, &i))
			return false;
	} else if (!old_cipher(p, e, &i)) {
		return false;
	} else if (i < p->end && s[i] == '-') {
		i++;
		if (!old_name(p, e, ike ? PRF : INTEG, &i))
			return false;
		if (ike && i < p->end && (s[i] == ';' || s[i] == '-')) {
			i++;
			if (!old_name(p, e, KE, &i))
				return false;
		}
	}
	return i == p->end || unexpected_character(p, i);
}

/* esp= and ah= of 3.18 have one group behind the whole list; the text before it is returned (P-073, P-079). */
static bool old_pfs_group(struct parser *p, size_t *end, struct part *ret)
{
	const char *semicolon = memchr(p->in->text.p, ';', p->in->text.n);
	struct slice name;

	if (p->in->protocol == PROTOCOL_IKE || !semicolon)
		return true;
	*end = (size_t)(semicolon - p->in->text.p);
	*ret = (struct part){ .from = *end + 1, .to = p->in->text.n };
	name = text_of(p, ret->from, ret->to);
	if (name.n == 0 || name.p[0] == '0')
		return true;
	ret->transform = transform_by_alias(TRANSFORM_KE, name, RELEASE_3_18);
	return ret->transform || unknown_name(p, KE, ret->from, ret->to);
}

/* --- filling in and judging an element (sections 5 and 6.3) ---------------------------------------------------------------------- */

struct fill {
	enum release from;		/* this release and later, until the next row */
	unsigned ike_version;
	uint8_t prf[4], integ[4], ke[10];	/* IKEv2 numbers, 0-terminated */
};

static const struct fill fills[] = {
	{ RELEASE_3_18, 1, { 2, 1 }, { 1, 2 }, { 14, 5, 2 } },
	{ RELEASE_3_18, 2, { 2, 1 }, { 1, 2 }, { 14, 5, 2 } },
	{ RELEASE_3_32, 1, { 5, 7, 2 }, { 2 }, { 14, 5 } },
	{ RELEASE_3_32, 2, { 7, 5 }, { 14, 12 }, { 14, 15, 16, 18, 19, 20, 21, 31 } },
	{ RELEASE_5_0, 1, { 5, 7, 2 }, { 2, 14, 12 }, { 14, 5 } },
	{ RELEASE_5_4, 1, { 5, 7, 2 }, { 2, 14, 12 }, { 14, 5, 19, 31 } },
	{ RELEASE_5_0, 2, { 7, 5 }, { 14, 12 }, { 19, 20, 21, 31, 16, 15, 14, 18 } },
};

static const struct fill *find_fill(const struct proposal_text *in)
{
	const struct fill *found = NULL;

	for (size_t i = 0; i < sizeof fills / sizeof *fills; i++)
		if (fills[i].ike_version == in->ike_version && fills[i].from <= in->release && (!found || found->from <= fills[i].from))
			found = &fills[i];
	return found;
}

static void fill_list(struct parser *p, struct element *e, int kind, const uint8_t *numbers)
{
	for (; *numbers; numbers++) {
		const struct transform *t = transform_by_ikev2_id(types[kind], *numbers);

		if (t)
			vec_push(p->arena, &e->parts[kind], (struct part){ .transform = t, .from = e->from, .to = e->to });
	}
}

/* GMAC without encryption is no AEAD by RFC 4543, but it brings its integrity along just the same. */
static bool is_aead(const struct part *part)
{
	return part->transform->aead || part->transform->ikev2_id == 21;
}

/* RFC 7296 has no table for it; pluto pairs a PRF with the MAC made of the same hash. 0: there is none. */
static uint16_t integ_of_prf(uint16_t prf)
{
	static const struct { uint8_t prf, integ; } pairs[] = { { 1, 1 }, { 2, 2 }, { 4, 5 }, { 5, 12 }, { 6, 13 }, { 7, 14 } };

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (pairs[i].prf == prf)
			return pairs[i].integ;
	return 0;
}

static void fill_integ_from_prf(struct parser *p, struct element *e)
{
	for (size_t i = 0; i < e->parts[PRF].n; i++) {
		const struct part *prf = &e->parts[PRF].v[i];
		const struct transform *t = transform_by_ikev2_id(TRANSFORM_INTEG, integ_of_prf(prf->transform->ikev2_id));

		if (t)
			vec_push(p->arena, &e->parts[INTEG], (struct part){ .transform = t, .from = prf->from, .to = prf->to });
	}
}

/* Cipher and integrity must fit: AEAD brings its own, the others need one (P-053 ... P-065). */
static bool judge_integrity(struct parser *p, struct element *e)
{
	part_list *encr = &e->parts[ENCR], *integ = &e->parts[INTEG];
	bool aead;

	if (encr->n == 0)
		return true;
	aead = is_aead(&encr->v[0]);
	for (size_t i = 1; i < encr->n; i++)
		if (is_aead(&encr->v[i]) != aead)
			return fail(p, RULE_INTEGRITY_MISMATCH, encr->v[i].from, encr->v[i].to, NULL,
				    "ciphers with and without integrity of their own cannot stand in one list");
	for (size_t i = 0; i < integ->n; i++) {
		struct part *part = &integ->v[i];
		struct slice name = text_of(p, part->from, part->to);

		if (aead && part->transform)
			return fail(p, RULE_INTEGRITY_MISMATCH, part->from, part->to, NULL,
				    arena_printf(p->arena, "%s has its own integrity: it takes no '" SLICE_FMT "'", encr->v[0].transform->name,
						 SLICE_ARG(name)));
		if (!aead && !part->transform)
			return fail(p, RULE_INTEGRITY_MISMATCH, part->from, part->to, NULL,
				    arena_printf(p->arena, "%s needs an integrity algorithm", encr->v[0].transform->name));
	}
	return true;
}

static void fill_in(struct parser *p, struct element *e)
{
	const struct fill *fill = find_fill(p->in);
	bool aead = e->parts[ENCR].n && is_aead(&e->parts[ENCR].v[0]);
	bool ike = p->in->protocol == PROTOCOL_IKE;

	if (ike && e->parts[PRF].n == 0)
		fill_list(p, e, PRF, fill->prf);
	if (e->parts[INTEG].n == 0 && ike && !aead)
		fill_integ_from_prf(p, e);
	else if (e->parts[INTEG].n == 0 && !ike && (!aead || p->in->release == RELEASE_3_18))	/* P-050 */
		fill_list(p, e, INTEG, fill->integ);
	if (ike && e->parts[KE].n == 0)
		fill_list(p, e, KE, fill->ke);
}

/* --- PFS groups across elements (section 6.5) ------------------------------------------------------------------------------------ */

static void drop_groups(struct parser *p)
{
	for (size_t i = 0; i < p->elements.n; i++) {
		part_list *ke = &p->elements.v[i].parts[KE];

		if (ke->n)
			problem(p, RULE_PFS_GROUP_IGNORED, false, ke->v[0].from, ke->v[ke->n - 1].to,
				"this DH group has no effect: the conn has pfs=no");
		ke->n = 0;
	}
}

static bool judge_groups(struct parser *p)
{
	const struct element *with = NULL, *without = NULL;

	for (size_t i = 0; i < p->elements.n; i++) {
		const struct element *e = &p->elements.v[i];
		const struct part *group = e->parts[KE].n ? &e->parts[KE].v[0] : NULL;

		if (!group) {
			without = e;
		} else if (group->transform && with && with->parts[KE].v[0].transform &&
			   group->transform != with->parts[KE].v[0].transform) {
			return fail(p, RULE_PFS_GROUP_MISMATCH, group->from, group->to, NULL,
				    "all proposals of a child SA must have the same DH group");
		} else if (!with || !with->parts[KE].v[0].transform) {
			with = e;
		}
	}
	if (with && without)
		return fail_with_help(p, RULE_PFS_GROUP_MISMATCH, without->from, without->to,
				      arena_printf(p->arena, "add ';" SLICE_FMT "' here",
						   SLICE_ARG(text_of(p, with->parts[KE].v[0].from, with->parts[KE].v[0].to))),
				      "this proposal has no DH group, but another one has");
	return true;
}

/* --- elements to proposals ------------------------------------------------------------------------------------------------------- */

static bool same_parts(const part_list *a, const part_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].transform != b->v[i].transform || (a->v[i].key_bits && a->v[i].key_bits != b->v[i].key_bits))
			return false;
	return true;
}

/* P-090, P-091: an element that an earlier one covers is dropped without a word. */
static bool is_covered(const struct parser *p, const struct element *e)
{
	for (size_t i = 0; i < p->elements.n; i++) {
		bool same = true;

		for (int kind = 0; kind < N_TYPES; kind++)
			same = same && same_parts(&p->elements.v[i].parts[kind], &e->parts[kind]);
		if (same)
			return true;
	}
	return false;
}

static void add_transforms(struct parser *p, struct proposal *proposal, const part_list *list, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (list->v[i].transform)
			vec_push(p->arena, &proposal->transforms,
				 (struct proposal_transform){ list->v[i].transform, list->v[i].key_bits });
}

static struct proposal *add_proposal(struct parser *p, const struct element *e, proposal_list *list)
{
	struct proposal *proposal = vec_add(p->arena, list);

	proposal->protocol = p->in->protocol;
	proposal->from = (uint32_t)e->from;
	proposal->to = (uint32_t)e->to;
	return proposal;
}

/* One proposal for IKEv2; for IKEv1 the product, groups outermost, then ciphers, then hashes (section 5). */
static void element_to_proposals(struct parser *p, const struct element *e, proposal_list *list)
{
	const part_list *parts = e->parts;
	size_t n[N_TYPES];

	if (full_grammar(p) && (p->in->release != RELEASE_3_18 || p->keep_lists)) {
		struct proposal *proposal = add_proposal(p, e, list);

		for (int kind = 0; kind < N_TYPES; kind++)
			add_transforms(p, proposal, &parts[kind], 0, parts[kind].n);
		return;
	}
	for (int kind = 0; kind < N_TYPES; kind++)
		n[kind] = parts[kind].n ? parts[kind].n : 1;
	for (size_t ke = 0; ke < n[KE]; ke++)
		for (size_t encr = 0; encr < n[ENCR]; encr++)
			for (size_t hash = 0; hash < (p->in->protocol == PROTOCOL_IKE ? n[PRF] : n[INTEG]); hash++) {
				struct proposal *proposal = add_proposal(p, e, list);

				add_transforms(p, proposal, &parts[ENCR], encr, encr + (parts[ENCR].n > 0));
				add_transforms(p, proposal, &parts[PRF], hash, hash + (parts[PRF].n > 0));
				add_transforms(p, proposal, &parts[INTEG], hash, hash + (parts[INTEG].n > 0));
				add_transforms(p, proposal, &parts[KE], ke, ke + (parts[KE].n > 0));
			}
}

static bool parse_list(struct parser *p, size_t end)
{
	bool ok = true, old = p->in->release == RELEASE_3_18;
	size_t from = 0;

	for (size_t i = 0; i <= end; i++) {
		struct element e = { .from = from, .to = i };

		if (i < end && p->in->text.p[i] != ',')
			continue;
		from = i + 1;
		if (!(old ? parse_old_element(p, &e) : parse_element(p, &e)) || !judge_integrity(p, &e)) {
			ok = false;
			continue;
		}
		if (p->elements.n >= LIMIT_VALUE_LIST)
			return fail(p, RULE_BAD_PROPOSAL, e.from, end, NULL, arena_printf(p->arena, "more than %u proposals", LIMIT_VALUE_LIST));
		fill_in(p, &e);
		if (!is_covered(p, &e))
			vec_push(p->arena, &p->elements, e);
	}
	return ok;
}

bool proposals_parse(struct arena *a, const struct proposal_text *in, proposal_list *ret, proposal_problems *problems)
{
	struct parser p = { .arena = a, .in = in, .problems = problems };
	struct part pfs_group = { 0 };
	size_t end = in->text.n;
	proposal_list list = { 0 };

	if (in->text.n == 0)
		return fail(&p, RULE_BAD_PROPOSAL, 0, 0, NULL, "the proposal is empty");
	if (in->release == RELEASE_3_18 && !old_pfs_group(&p, &end, &pfs_group))
		return false;
	if (!parse_list(&p, end))
		return false;
	for (size_t i = 0; pfs_group.transform && i < p.elements.n; i++)
		vec_push(a, &p.elements.v[i].parts[KE], pfs_group);
	if (in->protocol != PROTOCOL_IKE && !in->pfs)
		drop_groups(&p);
	else if (in->protocol != PROTOCOL_IKE && !judge_groups(&p))
		return false;
	for (size_t i = 0; i < p.elements.n; i++)
		element_to_proposals(&p, &p.elements.v[i], &list);
	*ret = list;
	return true;
}

/* --- key sizes (section 7) ------------------------------------------------------------------------------------------------------- */

/* The two sizes of a cipher written without one: in ike= the longest first from 4.x on, in esp= the usual one first. 0: only the first. */
static void sizes_of(const struct proposal_transform *t, enum ipsec_protocol protocol, enum release release, unsigned ike_version,
		     uint16_t ret[2])
{
	uint16_t longest = 0, usual = t->transform->key_bits_default;
	bool longest_first = protocol == PROTOCOL_IKE && (release != RELEASE_3_18 || ike_version == 2);

	for (size_t i = 0; i < 4 && t->transform->key_bits[i]; i++)
		if (t->transform->key_bits[i] > longest)
			longest = t->transform->key_bits[i];
	ret[0] = ret[1] = 0;
	if (t->key_bits || t->transform->type != TRANSFORM_ENCR || !t->transform->key_attribute) {
		ret[0] = t->key_bits;
		return;
	}
	ret[0] = longest_first ? longest : usual;
	if (longest != usual)
		ret[1] = longest_first ? usual : longest;
}

/* Copies `from` with the choice-th size of its ciphers; with choice 2 both. */
static struct proposal with_sizes(struct arena *a, const struct proposal *from, enum release release, unsigned ike_version, int choice)
{
	struct proposal to = { .protocol = from->protocol, .from = from->from, .to = from->to };

	for (size_t i = 0; i < from->transforms.n; i++) {
		struct proposal_transform t = from->transforms.v[i];
		uint16_t sizes[2];

		sizes_of(&t, from->protocol, release, ike_version, sizes);
		for (int k = 0; k < 2; k++) {
			t.key_bits = sizes[k];
			if (choice == k || (choice == 2 && (k == 0 || sizes[1])) || (k == 0 && !sizes[1]))
				vec_push(a, &to.transforms, t);
		}
	}
	return to;
}

static bool has_two_sizes(const struct proposal *p, enum release release, unsigned ike_version)
{
	for (size_t i = 0; i < p->transforms.n; i++) {
		uint16_t sizes[2];

		sizes_of(&p->transforms.v[i], p->protocol, release, ike_version, sizes);
		if (sizes[1])
			return true;
	}
	return false;
}

void proposals_expand(struct arena *a, enum release release, unsigned ike_version, proposal_list *list)
{
	proposal_list expanded = { 0 };

	for (size_t i = 0; i < list->n; i++) {
		const struct proposal *p = &list->v[i];

		if (ike_version == 2) {
			vec_push(a, &expanded, with_sizes(a, p, release, ike_version, 2));
			continue;
		}
		vec_push(a, &expanded, with_sizes(a, p, release, ike_version, 0));
		if (has_two_sizes(p, release, ike_version))
			vec_push(a, &expanded, with_sizes(a, p, release, ike_version, 1));
	}
	*list = expanded;
}

/* --- defaults (section 8) -------------------------------------------------------------------------------------------------------- */

/* Written as texts in the grammar of 4.x with IKEv2's '+', so that the fill-in tables are used where the release uses them too. */
static const struct {
	enum release from;
	enum ipsec_protocol protocol;
	unsigned ike_version;
	const char *text;
} defaults[] = {
	{ RELEASE_3_18, PROTOCOL_IKE, 1, "aes256-sha1;modp2048,aes128-sha1;modp2048,aes256-md5;modp2048,aes128-md5;modp2048,3des-sha1;modp2048,"
		"3des-md5;modp2048,aes256-sha1;modp1536,aes128-sha1;modp1536,aes256-md5;modp1536,aes128-md5;modp1536,3des-sha1;modp1536,"
		"3des-md5;modp1536,aes256-sha1;modp1024,aes128-sha1;modp1024,aes256-md5;modp1024,aes128-md5;modp1024,3des-sha1;modp1024,"
		"3des-md5;modp1024" },
	{ RELEASE_3_18, PROTOCOL_IKE, 2, "aes_gcm_c256-sha2_512+sha2_256+sha1;modp2048+modp3072+modp4096+modp8192,"
		"aes_gcm_c128-sha2_512+sha2_256+sha1;modp2048+modp3072+modp4096+modp8192,"
		"aes256-sha2_512+sha2_256+sha1;modp2048+modp3072+modp1536,aes128-sha2_512+sha2_256+sha1;modp2048+modp3072+modp1536" },
	{ RELEASE_3_18, PROTOCOL_ESP, 1, "aes128-sha1,aes128-md5,3des-sha1,3des-md5" },
	{ RELEASE_3_18, PROTOCOL_ESP, 2, "aes_gcm_c256-null,aes_gcm_c128-null,aes256-sha2_512+sha2_256,aes128-sha2_512+sha2_256,aes128-sha1" },
	{ RELEASE_3_18, PROTOCOL_AH, 1, "sha1,md5" },
	{ RELEASE_3_18, PROTOCOL_AH, 2, "sha2_512,sha2_256" },
	{ RELEASE_3_32, PROTOCOL_IKE, 1, "aes,3des" },
	{ RELEASE_3_32, PROTOCOL_IKE, 2, "aes_gcm_16_256,aes_gcm_16_128,aes256,aes128" },
	{ RELEASE_3_32, PROTOCOL_ESP, 1, "aes128-sha1,3des-sha1" },
	{ RELEASE_3_32, PROTOCOL_ESP, 2, "aes_gcm_16_256,aes_gcm_16_128,aes256,aes128" },
	{ RELEASE_3_32, PROTOCOL_AH, 1, "sha1" },
	{ RELEASE_3_32, PROTOCOL_AH, 2, "sha2_512,sha2_256,sha1" },
	{ RELEASE_5_0, PROTOCOL_IKE, 1, "aes,3des" },
	{ RELEASE_5_0, PROTOCOL_IKE, 2, "aes_gcm_16_256,aes_gcm_16_128,chacha20_poly1305,aes256,aes128" },
	{ RELEASE_5_0, PROTOCOL_ESP, 1, "aes,aes_gcm_16_128,aes_gcm_16_256,3des" },
	{ RELEASE_5_0, PROTOCOL_ESP, 2, "aes_gcm_16_256,aes_gcm_16_128,chacha20_poly1305,aes256,aes128" },
	{ RELEASE_5_0, PROTOCOL_AH, 1, "sha1,sha2_512,sha2_256" },
	{ RELEASE_5_0, PROTOCOL_AH, 2, "sha2_512,sha2_256" },
};

void proposals_default(struct arena *a, enum ipsec_protocol protocol, enum release release, unsigned ike_version, proposal_list *ret)
{
	struct proposal_text in = { .protocol = protocol, .release = release, .ike_version = ike_version, .pfs = true };
	proposal_problems problems = { 0 };
	struct parser p = { .arena = a, .in = &in, .problems = &problems, .keep_lists = true };
	const char *text = "";

	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
		if (defaults[i].protocol == protocol && defaults[i].ike_version == ike_version && defaults[i].from <= release)
			text = defaults[i].text;
	in.text = slice_of(text);
	*ret = (proposal_list){ 0 };
	for (size_t from = 0, i = 0; i <= in.text.n; i++) {
		struct element e = { .from = from, .to = i };

		if (i < in.text.n && text[i] != ',')
			continue;
		from = i + 1;
		if (!parse_element(&p, &e))
			continue;
		fill_in(&p, &e);
		element_to_proposals(&p, &e, ret);
	}
	proposals_expand(a, release, ike_version, ret);
	for (size_t i = 0; i < ret->n; i++)
		ret->v[i].from = ret->v[i].to = 0;
}

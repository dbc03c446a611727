/* SPDX-License-Identifier: Apache-2.0 */
/* The table of keywords: its contents, and finding them by what people write. With $IPSECC_SPEC its contents against the facts. */
#include "compiler/schema/schema.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tap.h"

static const struct keyword *find(const char *text, enum section_kind section, enum side *side)
{
	*side = (enum side)99;
	return schema_find(slice_of(text), section, side);
}

static void found(const char *text, enum section_kind section, enum keyword_id id, enum side side)
{
	enum side got;
	const struct keyword *k = find(text, section, &got);

	ck_assert_msg(k != NULL, "'%s' is not found", text);
	ck_assert_msg(k->id == id, "'%s' is found as '%s'", text, k->name);
	ck_assert_msg(got == side, "'%s' has side %d", text, got);
}

static void unknown(const char *text, enum section_kind section)
{
	enum side side;
	const struct keyword *k = find(text, section, &side);

	ck_assert_msg(k == NULL, "'%s' is found as '%s'", text, k->name);
	ck_assert_msg(side == (enum side)99, "'%s': the side was touched", text);
}

/* --- look-ups ----------------------------------------------------------------------------------------------------------------- */

/* L-028, L-029, L-030 on every keyword. */
START_TEST(every_spelling_is_found)
{
	for (unsigned id = 0; id < KW_COUNT; id++) {
		const struct keyword *k = &keyword_table[id];
		char text[80];
		size_t n = 0;

		ck_assert_int_eq(k->id, id);
		for (; k->name[n]; n++)
			text[n] = (char)toupper((unsigned char)k->name[n]);
		text[n] = '\0';
		found(k->name, k->section, k->id, k->sided ? SIDE_LEFT : SIDE_NONE);
		found(text, k->section, k->id, k->sided ? SIDE_LEFT : SIDE_NONE);
		if (!k->sided)
			continue;
		found(k->right, k->section, k->id, SIDE_RIGHT);
		if (!*k->base)
			continue;
		snprintf(text, sizeof text, "Right-%s", k->base);
		found(text, k->section, k->id, SIDE_RIGHT);
		if (k->id != KW_AUTH)				/* auth= is a keyword of 3.18 */
			found(k->base, k->section, k->id, SIDE_NONE);
	}
}
END_TEST

START_TEST(what_people_write)
{
	found("left", SECTION_CONN, KW_HOST, SIDE_LEFT);
	found("RIGHT", SECTION_CONN, KW_HOST, SIDE_RIGHT);
	found("LeftSubnet", SECTION_CONN, KW_SUBNET, SIDE_LEFT);
	found("left-id", SECTION_CONN, KW_ID, SIDE_LEFT);
	found("left-interface-ip", SECTION_CONN, KW_INTERFACE_IP, SIDE_LEFT);
	found("subnet", SECTION_CONN, KW_SUBNET, SIDE_NONE);
	found("ike-frag", SECTION_CONN, KW_ALIAS_IKE_FRAG, SIDE_NONE);
	found("ike_frag", SECTION_CONN, KW_ALIAS_IKE__FRAG, SIDE_NONE);
	found("auth", SECTION_CONN, KW_ALIAS_AUTH, SIDE_NONE);
	found("leftauth", SECTION_CONN, KW_AUTH, SIDE_LEFT);
	/* the same word in both sections, and a word of the other section (L-079, L-080) */
	found("ikeport", SECTION_CONN, KW_IKEPORT, SIDE_NONE);
	found("ikeport", SECTION_SETUP, KW_SETUP_IKEPORT, SIDE_NONE);
	found("uniqueids", SECTION_CONN, KW_UNIQUEIDS, SIDE_NONE);
	found("leftsubnet", SECTION_SETUP, KW_SUBNET, SIDE_LEFT);
}
END_TEST

START_TEST(what_nobody_knows)
{
	static char huge[70000];

	memset(huge, 'l', sizeof huge - 1);
	unknown("", SECTION_CONN);
	unknown("left-", SECTION_CONN);
	unknown("right-", SECTION_CONN);
	unknown("left-rekey", SECTION_CONN);
	unknown("leftrekey", SECTION_CONN);
	unknown("left--id", SECTION_CONN);
	unknown("left-leftid", SECTION_CONN);
	unknown("leftsubnetx", SECTION_CONN);
	unknown("leftsubne", SECTION_CONN);
	unknown("x-note", SECTION_CONN);
	unknown("left\xc3\xa4", SECTION_CONN);
	unknown("dns-match-id,", SECTION_CONN);
	unknown(huge, SECTION_CONN);
	memcpy(huge, "left-", 5);
	unknown(huge, SECTION_CONN);
}
END_TEST

static void nearest(const char *text, enum section_kind section, const char *expected)
{
	char got[64] = "";
	const struct keyword *k = schema_nearest(slice_of(text), section, got);

	if (!expected) {
		ck_assert_msg(k == NULL, "'%s': '%s' was proposed", text, got);
		return;
	}
	ck_assert_msg(k != NULL, "'%s': nothing was proposed", text);
	ck_assert_str_eq(got, expected);
}

START_TEST(did_you_mean)
{
	nearest("leftsubent", SECTION_CONN, "leftsubnet");
	nearest("RightSubnt", SECTION_CONN, "rightsubnet");
	nearest("dpdtimout", SECTION_CONN, "dpdtimeout");
	nearest("keyexchnge", SECTION_CONN, "keyexchange");
	nearest("atuhby", SECTION_CONN, "authby");
	nearest("lefft", SECTION_CONN, "left");
	nearest("uniqueid", SECTION_SETUP, "uniqueids");
	nearest("uniqueid", SECTION_CONN, NULL);		/* it belongs to the other section */
	nearest("modecfgdns3", SECTION_CONN, NULL);		/* dns1, dns2 and dns are as near */
	nearest("leftsubnetwithi", SECTION_CONN, NULL);		/* gone in every release: no advice */
	nearest("esq", SECTION_CONN, NULL);			/* esp, esn */
	nearest("wireguard", SECTION_CONN, NULL);
	nearest("", SECTION_CONN, NULL);
	nearest("x", SECTION_CONN, NULL);
}
END_TEST

static void stored(enum keyword_id written, enum release release, enum keyword_id expected)
{
	const struct keyword *target = schema_target(&keyword_table[written], release);

	ck_assert_msg(target->id == expected, "'%s' is stored as '%s' in %s", keyword_table[written].name, target->name,
		      release_name(release));
}

START_TEST(other_spellings)
{
	stored(KW_REKEYMARGIN, RELEASE_4_10, KW_REKEYMARGIN);
	stored(KW_ALIAS_KEYLIFE, RELEASE_3_18, KW_IPSEC_LIFETIME);
	stored(KW_ALIAS_SALIFETIME, RELEASE_3_18, KW_IPSEC_LIFETIME);
	stored(KW_ALIAS_AGGRMODE, RELEASE_5_4, KW_AGGRESSIVE);
	/* D-048: up to 4.15 phase2alg, esp and ah fill one place; ah= of 5.x selects AH */
	stored(KW_ALIAS_PHASE2ALG, RELEASE_3_18, KW_ESP);
	stored(KW_AH, RELEASE_3_18, KW_ESP);
	stored(KW_AH, RELEASE_4_10, KW_ESP);
	stored(KW_AH, RELEASE_5_4, KW_AH);
	stored(KW_AH, RELEASE_ANY, KW_ESP);
	ck_assert_str_eq(schema_spelling_in(&keyword_table[KW_IPSEC_LIFETIME], SIDE_NONE, RELEASE_3_18), "salifetime");
	ck_assert_str_eq(schema_spelling_in(&keyword_table[KW_ALIAS_KEYLIFE], SIDE_NONE, RELEASE_4_10), "ipsec-lifetime");
	ck_assert_str_eq(schema_spelling_in(&keyword_table[KW_ESP], SIDE_NONE, RELEASE_3_18), "phase2alg");
	ck_assert_str_eq(schema_spelling_in(&keyword_table[KW_ESP], SIDE_NONE, RELEASE_4_10), "esp");
	ck_assert_str_eq(schema_spelling_in(&keyword_table[KW_DPDTIMEOUT], SIDE_NONE, RELEASE_5_0), "ikev1-dpdtimeout");
	ck_assert_str_eq(schema_spelling_in(&keyword_table[KW_ALIAS_XAUTHNAME], SIDE_RIGHT, RELEASE_5_4), "rightusername");
	ck_assert_str_eq(schema_spelling(&keyword_table[KW_HOST], SIDE_RIGHT), "right");
	ck_assert_str_eq(schema_spelling(&keyword_table[KW_AUTO], SIDE_NONE), "auto");
	ck_assert_ptr_null(schema_active(&keyword_table[KW_IPTFS], RELEASE_4_10));
}
END_TEST

static void means(enum keyword_id id, const char *word, enum release release, const char *expected)
{
	const struct keyword_value *v = schema_value(&keyword_table[id], slice_of(word), release);

	if (!expected) {
		ck_assert_msg(v == NULL, "'%s' is taken by %s", word, release_name(release));
		return;
	}
	ck_assert_msg(v != NULL, "'%s' is not taken by %s", word, release_name(release));
	ck_assert_str_eq(v->meaning, expected);
}

START_TEST(words_by_release)
{
	means(KW_TYPE, "Pass", RELEASE_3_18, "passthrough");
	means(KW_TYPE, "bridge", RELEASE_ANY, NULL);
	means(KW_AUTO, "route", RELEASE_5_4, "ondemand");
	means(KW_AUTO, "keep", RELEASE_3_18, NULL);
	means(KW_AUTO, "keep", RELEASE_4_10, "keep");
	means(KW_KEYEXCHANGE, "ikev2", RELEASE_4_10, NULL);
	means(KW_KEYEXCHANGE, "ikev2", RELEASE_5_0, "ikev2");
	means(KW_KEYEXCHANGE, "ikev2", RELEASE_ANY, "ikev2");
	means(KW_IKEV2, "insist", RELEASE_3_18, "insist");
	means(KW_HOST, "%OppoGroup", RELEASE_4_10, "%opportunisticgroup");
	means(KW_RSASIGKEY, "%dnsonload", RELEASE_3_18, NULL);	/* only the manual has it */
	means(KW_REKEYMARGIN, "9m", RELEASE_4_10, NULL);	/* no words at all */
	means(KW_TYPE, "", RELEASE_4_10, NULL);
}
END_TEST

/* --- contents ----------------------------------------------------------------------------------------------------------------- */

static bool whole_sentences(const char *text)
{
	size_t n = strlen(text);

	return n > 20 && text[n - 1] == '.' && !strchr(text, '\n') && !strstr(text, "  ");
}

START_TEST(every_keyword_is_documented)
{
	for (unsigned id = 0; id < KW_COUNT; id++) {
		const struct keyword *k = &keyword_table[id];

		ck_assert_msg(whole_sentences(k->doc), "%s: '%s'", k->name, k->doc);
		ck_assert_msg(k->type < TYPE_COUNT_OF_TYPES && schema_type_name(k->type), "%s", k->name);
		for (unsigned other = 0; other < id && k->alias_of == KW_NONE; other++)
			ck_assert_msg(strcmp(k->doc, keyword_table[other].doc) != 0, "%s and %s have one text", k->name,
				      keyword_table[other].name);
		for (size_t i = 0; k->rules[i]; i++)
			ck_assert_msg(strncmp(k->rules[i], "S-", 2) == 0 && strlen(k->rules[i]) == 5, "%s: rule %s", k->name,
				      k->rules[i]);
		for (size_t i = 0; k->notes && k->notes[i]; i++)
			ck_assert_msg(*k->notes[i], "%s: an empty note", k->name);
	}
}
END_TEST

START_TEST(aliases_point_at_keywords)
{
	for (unsigned id = 0; id < KW_COUNT; id++) {
		const struct keyword *k = &keyword_table[id], *to;

		if (k->alias_of == KW_NONE)
			continue;
		to = &keyword_table[k->alias_of];
		ck_assert_msg(to->alias_of == KW_NONE, "%s -> %s is itself an alias", k->name, to->name);
		ck_assert_msg(to->sided == k->sided && to->section == k->section, "%s -> %s", k->name, to->name);
		for (int r = 0; r < RELEASE_COUNT; r++)
			ck_assert_msg(k->status[r] != STATUS_ALIAS || schema_active(k, (enum release)r),
				      "%s is an alias in %s of nothing that is active there", k->name,
				      release_name((enum release)r));
	}
}
END_TEST

static bool is_digits_and_unit(const char *text, const char *const *units)
{
	text += strspn(text, "0123456789");
	if (!*text)
		return true;
	for (; *units; units++)
		if (strcmp(text, *units) == 0)
			return true;
	return false;
}

static bool is_of_its_type(const struct keyword *k, const char *text, enum release release)
{
	static const char *const times[] = { "ms", "s", "m", "h", "d", "w", NULL }, *const percent[] = { "%", NULL };

	switch (k->type) {
	case TYPE_BOOL:
		return strcmp(text, "yes") == 0 || strcmp(text, "no") == 0;
	case TYPE_ENUM:
		return schema_value(k, slice_of(text), release);
	case TYPE_TIME:
	case TYPE_TIME_MS:
		return isdigit((unsigned char)*text) && is_digits_and_unit(text, times);
	case TYPE_PERCENT:
		return isdigit((unsigned char)*text) && is_digits_and_unit(text, percent) && text[strlen(text) - 1] == '%';
	case TYPE_INTEGER:
	case TYPE_PORT:
	case TYPE_COUNT:
		return strspn(text, "0123456789") == strlen(text) && *text;
	default:
		return *text;
	}
}

/* A default that the release itself would refuse could never be what it does. */
START_TEST(defaults_are_words_of_their_type)
{
	unsigned n = 0;

	for (unsigned id = 0; id < KW_COUNT; id++) {
		const struct keyword *k = &keyword_table[id];

		for (int r = 0; r < RELEASE_COUNT; r++) {
			const char *text = k->default_code[r];

			if (!text || !schema_active(k, (enum release)r))
				continue;
			ck_assert_msg(is_of_its_type(k, text, (enum release)r), "%s: default '%s' in %s", k->name, text,
				      release_name((enum release)r));
			n++;
		}
	}
	ck_assert_uint_gt(n, 400);
}
END_TEST

static void has_default(enum keyword_id id, enum release release, const char *expected)
{
	const char *text = keyword_table[id].default_code[release];

	ck_assert_msg(expected ? text && strcmp(text, expected) == 0 : !text, "%s in %s: '%s'", keyword_table[id].name,
		      release_name(release), text ? text : "unset");
}

/* S-306, S-327, S-186 and what became of them. */
START_TEST(defaults_by_release)
{
	has_default(KW_IKELIFETIME, RELEASE_3_18, "1h");
	has_default(KW_IKELIFETIME, RELEASE_4_10, "8h");
	has_default(KW_IPSEC_LIFETIME, RELEASE_3_18, "8h");
	has_default(KW_REKEYMARGIN, RELEASE_5_4, "9m");
	has_default(KW_REKEYFUZZ, RELEASE_5_4, "100%");
	has_default(KW_ESN, RELEASE_3_18, "no");
	has_default(KW_ESN, RELEASE_4_10, "either");
	has_default(KW_REPLAY_WINDOW, RELEASE_3_18, "32");
	has_default(KW_REPLAY_WINDOW, RELEASE_4_10, "128");
	has_default(KW_IKEV2, RELEASE_3_18, "permit");
	has_default(KW_DPDDELAY, RELEASE_3_18, NULL);		/* D-042: the manual's 30s is not in the code */
	ck_assert_str_eq(keyword_table[KW_DPDDELAY].default_documented, "30s");
	has_default(KW_SENDCERT, RELEASE_3_18, "always");
	has_default(KW_DPDACTION, RELEASE_4_10, "hold");
	has_default(KW_DPDACTION, RELEASE_5_4, NULL);
}
END_TEST

/* The forms of backends/whack/whack.h. */
static bool is_whack_form(const char *form)
{
	static const char *const arguments[] = { "VALUE", "SECONDS", "MS", "NUMBER", NULL };
	const char *argument = strpbrk(form, " =");

	if (strcmp(form, "special") == 0 || strcmp(form, "none") == 0 || strcmp(form, "nothing") == 0)
		return true;
	if (strncmp(form, "no: ", 4) == 0)
		return strncmp(form + 4, "--", 2) == 0 && !strpbrk(form + 4, " =");
	if (strncmp(form, "--", 2) != 0 || !islower((unsigned char)form[2]))
		return false;
	for (size_t i = 0; argument && arguments[i]; i++)
		if (strcmp(argument + 1, arguments[i]) == 0)
			return true;
	return !argument;
}

/* Every conn keyword that a release acts on says what becomes of it, so that nothing is left out of a script silently. */
START_TEST(whack_options)
{
	for (unsigned id = 0; id < KW_COUNT; id++) {
		const struct keyword *k = &keyword_table[id];

		for (int r = 0; r < RELEASE_COUNT; r++) {
			const char *form = k->whack[r];

			ck_assert_msg(!form || is_whack_form(form), "%s: '%s'", k->name, form);
			ck_assert_msg(form || k->section != SECTION_CONN || k->status[r] != STATUS_ACTIVE, "%s in %s has none",
				      k->name, release_name((enum release)r));
		}
	}
	ck_assert_str_eq(keyword_table[KW_REKEYMARGIN].whack[RELEASE_4_10], "--rekeymargin SECONDS");
	ck_assert_str_eq(keyword_table[KW_ALIAS_KEYLIFE].whack[RELEASE_3_18], "--ipseclifetime SECONDS");
	ck_assert_str_eq(keyword_table[KW_SOURCEIP].whack[RELEASE_5_4], "--sourceip VALUE");
	ck_assert_ptr_null(keyword_table[KW_MOBIKE].whack[RELEASE_3_18]);
}
END_TEST

/* --- against the facts -------------------------------------------------------------------------------------------------------- */

static json_t *facts(void)
{
	const char *dir = getenv("IPSECC_SPEC");
	json_error_t error;
	char path[4096];
	json_t *list;

	if (!dir)
		return NULL;
	snprintf(path, sizeof path, "%s/keywords.json", dir);
	list = json_load_file(path, JSON_DECODE_INT_AS_REAL, &error);
	ck_assert_msg(list != NULL, "%s: %s", path, error.text);
	return list;
}

static const char *text_of(const json_t *fact, const char *key)
{
	const char *text = json_string_value(json_object_get(fact, key));

	ck_assert_msg(text != NULL, "a fact has no %s", key);
	return text;
}

/* "active (only if built in)", "alias of x", "unknown (...)", "obsolete (...)", ... */
static enum keyword_status status_of(const char *text)
{
	static const struct { const char *start; enum keyword_status status; } words[] = {
		{ "active", STATUS_ACTIVE }, { "alias", STATUS_ALIAS }, { "unknown", STATUS_UNKNOWN },
		{ "documented, but unknown", STATUS_UNKNOWN },
		{ "obsolete", STATUS_IGNORED }, { "parsed", STATUS_IGNORED }, { "error (command line", STATUS_NOT_IN_FILES },
		{ "changed meaning", STATUS_CHANGED },
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strncmp(text, words[i].start, strlen(words[i].start)) == 0)
			return words[i].status;
	ck_abort_msg("the facts say '%s'", text);
	return STATUS_UNKNOWN;
}

static const struct keyword *keyword_of(const json_t *fact)
{
	const char *name = text_of(fact, "name");
	enum section_kind section = strcmp(text_of(fact, "section"), "conn") == 0 ? SECTION_CONN : SECTION_SETUP;
	enum side side;
	const struct keyword *k = schema_find(slice_of(name), section, &side);

	ck_assert_msg(k != NULL, "%s is missing", name);
	ck_assert_msg(strcmp(k->name, name) == 0 && k->section == section, "%s is found as %s", name, k->name);
	return k;
}

/* Where Debian's 4.10, which is run by tests/differential, is another program than the facts speak of: built without seccomp, and
 * accept-redirect= not yet yes or no only (docs/compatibility.md). */
static bool is_otherwise(const struct keyword *k, int release)
{
	return k->id == KW_SECCOMP && release == RELEASE_4_10;
}

static const char *type_of(const struct keyword *k, const char *type)
{
	return k->id == KW_AH ? "ah-proposal" : k->id == KW_ACCEPT_REDIRECT ? "enum" : type;
}

static void compare_keyword(const json_t *fact)
{
	static const char *const releases[RELEASE_COUNT] = { "v3.18", "v3.32", "v4.10", "v5.0", "v5.4" };
	const struct keyword *k = keyword_of(fact);
	const char *type = text_of(fact, "type");

	ck_assert_str_eq(k->base, text_of(fact, "base"));
	ck_assert_msg(k->sided == json_is_true(json_object_get(fact, "sided")), "%s", k->name);
	ck_assert_msg(strcmp(schema_type_name(k->type), type_of(k, type)) == 0, "%s: type %s", k->name, type);
	for (int r = 0; r < RELEASE_COUNT; r++) {
		const char *text = text_of(json_object_get(fact, "versions"), releases[r]);

		ck_assert_msg(k->status[r] == status_of(text) || is_otherwise(k, r), "%s in %s: '%s', not status %d", k->name, releases[r], text,
			      k->status[r]);
	}
	ck_assert_msg((k->rules[0] != NULL) == (json_array_size(json_object_get(fact, "rules")) > 0), "%s: rules", k->name);
	for (size_t i = 0; i < json_array_size(json_object_get(fact, "rules")); i++)
		ck_assert_str_eq(k->rules[i], json_string_value(json_array_get(json_object_get(fact, "rules"), i)));
}

START_TEST(facts_names_types_releases)
{
	json_t *list = facts(), *fact;
	size_t i;

	if (!list) {
		printf("ok 0 - names, types and releases of the facts # SKIP no $IPSECC_SPEC\n");
		return;
	}
	ck_assert_uint_eq(json_array_size(list), KW_COUNT);
	json_array_foreach(list, i, fact)
		compare_keyword(fact);
	json_decref(list);
}
END_TEST

static bool in_list(const json_t *list, const char *word)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), word) == 0)
			return true;
	return false;
}

/* Which words real programs took when they were run; protostack= is a mere string for them, any word passes. */
static unsigned compare_words(const json_t *fact, const char *version, enum release release)
{
	const struct keyword *k = keyword_of(fact);
	const json_t *accepted = json_object_get(json_object_get(fact, "accepted_values_run"), version);
	json_t *meaning;
	const char *word;
	unsigned n = 0;

	if (!accepted || k->type == TYPE_BOOL || k->id == KW_PROTOSTACK)
		return 0;
	json_object_foreach(json_object_get(fact, "values"), word, meaning) {
		const struct keyword_value *v = schema_value(k, slice_of(word), release);

		ck_assert_msg((v != NULL) == in_list(accepted, word), "%s=%s in %s", k->name, word, version);
		ck_assert_msg(!v || strcmp(v->meaning, json_string_value(meaning)) == 0, "%s=%s means %s", k->name, word,
			      v->meaning);
		n++;
	}
	return n;
}

START_TEST(facts_words_that_programs_took)
{
	json_t *list = facts(), *fact;
	unsigned n = 0;
	size_t i;

	if (!list) {
		printf("ok 0 - words that real programs took # SKIP no $IPSECC_SPEC\n");
		return;
	}
	json_array_foreach(list, i, fact)
		n += compare_words(fact, "v3.18", RELEASE_3_18) + compare_words(fact, "v4.10", RELEASE_4_10);
	ck_assert_uint_gt(n, 250);
	json_decref(list);
}
END_TEST

/* --- releases ----------------------------------------------------------------------------------------------------------------- */

static void release_is(const char *text, enum release expected)
{
	enum release got = RELEASE_ANY;

	ck_assert_msg(release_parse(slice_of(text), &got) == 0, "'%s' is refused", text);
	ck_assert_msg(got == expected, "'%s' is %s", text, release_name(got));
}

static void release_refused(const char *text)
{
	enum release got = RELEASE_ANY;

	ck_assert_msg(release_parse(slice_of(text), &got) < 0, "'%s' is %s", text, release_name(got));
	ck_assert_int_eq(got, RELEASE_ANY);
}

START_TEST(names_of_releases)
{
	release_is("3.18", RELEASE_3_18);
	release_is("3.31", RELEASE_3_18);
	release_is("3.9", RELEASE_3_18);	/* the nearest of the same major */
	release_is("4.3", RELEASE_4_10);
	release_is("3.32", RELEASE_3_32);
	release_is("4.12", RELEASE_4_10);
	release_is("v4.15", RELEASE_4_10);
	release_is("5.3", RELEASE_5_0);
	release_is("5.10", RELEASE_5_4);
	release_is("libreswan-3", RELEASE_3_18);
	release_is("LIBRESWAN-4", RELEASE_4_10);
	release_is("libreswan-5", RELEASE_5_4);
	release_refused("");
	release_refused("2.6");
	release_refused("6.0");
	release_refused("4");
	release_refused("4.");
	release_refused("4.10.1");
	release_refused("4.10x");
	release_refused("strongswan-5");
	ck_assert_str_eq(release_name(RELEASE_4_10), "4.10");
	ck_assert_str_eq(release_dialect(RELEASE_3_32), "libreswan-3");
}
END_TEST

TAP_MAIN("schema", every_spelling_is_found, what_people_write, what_nobody_knows, did_you_mean, other_spellings, words_by_release,
	 every_keyword_is_documented, aliases_point_at_keywords, defaults_are_words_of_their_type, defaults_by_release,
	 whack_options,
	 facts_names_types_releases, facts_words_that_programs_took, names_of_releases)

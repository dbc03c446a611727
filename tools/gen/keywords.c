/* SPDX-License-Identifier: Apache-2.0 */
/* keywords.c -- makes the keyword table: keywords OUTDIR FILE writes OUTDIR/keyword_ids.h and OUTDIR/keywords.c.
 *
 * The fields of an entry are described at the head of compiler/schema/keywords.yaml. A spelling that exists twice, an alias of
 * nothing, a default that its own type does not take, or a keyword without a sentence stop the build.
 */
#include "gen.h"

#include "compiler/schema/spelling.h"

enum { RELEASES = RELEASE_COUNT };
#define SLOTS 1024u	/* of the spelling index, a power of two, about a third full */

struct value { char *word, *meaning, *doc; unsigned releases; };

struct keyword {
	const yaml_node_t *node;
	const char *name, *base, *section, *type, *unit, *doc;
	char *id;
	bool sided, has_min, has_max;
	uint64_t min, max;
	struct value *values;
	size_t n_values;
	const char *default_documented, *default_code[RELEASES], *status[RELEASES];
	char *whack[RELEASES], *daemon[RELEASES];
	int alias_of;			/* -1: none */
	unsigned own;
	char **rules;
	size_t n_rules;
};

static struct keyword *keywords;
static size_t n_keywords;

static const char *const fields[] = {
	"name", "section", "sided", "type", "values", "default", "default_code", "min", "max", "unit", "releases", "alias_of",
	"own", "replaced_by", "stack", "build", "rules", "doc", "conflicts", "notes", "changes", "whack", "daemon", "supported",
};

/* Names as spec/ has them, in the order of enum value_type. */
static const char *const types[] = {
	"bool", "enum", "flags-list", "integer", "count", "bytes", "time", "time-ms", "percent", "port", "string", "label", "uri",
	"nickname", "ifname", "hex", "dn", "id", "pubkey", "host", "ipaddr", "ipaddr-list", "cidr", "subnet", "subnet-list",
	"range", "protoport", "ike-proposal", "esp-proposal", "ah-proposal", "mark", "command", "filename", "dirname",
	"ifpair-list", "ifid", "net-policy-list", "section-ref", "section-ref-list", "name-list", "string-list", "obsolete",
};

static const struct { const char *word, *constant; } statuses[] = {
	{ "active", "STATUS_ACTIVE" }, { "ignored", "STATUS_IGNORED" }, { "alias", "STATUS_ALIAS" },
	{ "command-line", "STATUS_NOT_IN_FILES" }, { "changed", "STATUS_CHANGED" },
};

/* --- reading ------------------------------------------------------------------------------------------------------------------ */

static int find_keyword(const char *name)
{
	for (size_t i = 0; i < n_keywords; i++)
		if (strcmp(keywords[i].name, name) == 0)
			return (int)i;
	return -1;
}

static bool is_type(const struct keyword *k, const char *type)
{
	return strcmp(k->type, type) == 0;
}

/* "word", "word = meaning", "word = meaning in 3.18-4.10", each with " -- remark" behind. */
static struct value read_value(const char *text)
{
	struct value v = { .word = strdup(text), .releases = (1u << RELEASES) - 1 };
	char *remark = strstr(v.word, " -- "), *in, *equals;

	if (remark) {
		*remark = '\0';
		v.doc = remark + strlen(" -- ");
	}
	in = strstr(v.word, " in ");
	if (in) {
		*in = '\0';
		in += strlen(" in ");
		v.releases = strcmp(in, "none") == 0 ? 0 : gen_releases(in, strlen(in));
	}
	equals = strstr(v.word, " = ");
	v.meaning = v.word;
	if (equals) {
		*equals = '\0';
		v.meaning = equals + strlen(" = ");
	}
	return v;
}

static void read_values(struct keyword *k)
{
	const yaml_node_t *list = gen_list(k->node, "values");

	k->values = calloc(gen_length(list) + 1, sizeof *k->values);
	for (; k->n_values < gen_length(list); k->n_values++)
		k->values[k->n_values] = read_value(gen_text(gen_item(list, k->n_values)));
}

/* "3.18-3.32, ignored 4.10": releases with what becomes of the keyword there; the others refuse it. */
static void read_releases(struct keyword *k)
{
	char *rest = strdup(gen_required(k->node, "releases")), *piece;

	for (int r = 0; r < RELEASES; r++)
		k->status[r] = "STATUS_UNKNOWN";
	if (strcmp(rest, "none") == 0)
		return;
	while ((piece = strsep(&rest, ","))) {
		const char *word = "active", *status = NULL;
		char *range = piece + strspn(piece, " ");
		char *blank = strchr(range, ' ');
		unsigned bits;

		if (blank) {
			*blank = '\0';
			word = range;
			range = blank + 1;
		}
		for (size_t i = 0; i < LENGTH(statuses); i++)
			if (strcmp(statuses[i].word, word) == 0)
				status = statuses[i].constant;
		if (!status)
			die("'%s' is no word for a release's reading", word);
		bits = gen_releases(range, strlen(range));
		for (int r = 0; r < RELEASES; r++)
			if (bits & 1u << r)
				k->status[r] = status;
	}
}

/* A text for all releases, or a mapping from releases to texts. */
static void read_per_release(const yaml_node_t *node, const char **ret)
{
	if (node->type == YAML_SCALAR_NODE) {
		for (int r = 0; r < RELEASES; r++)
			ret[r] = gen_text(node);
		return;
	}
	for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
		const char *range = gen_text(gen_node(p->key));
		unsigned bits = gen_releases(range, strlen(range));

		for (int r = 0; r < RELEASES; r++)
			if (bits & 1u << r)
				ret[r] = gen_text(gen_node(p->value));
	}
}

static void read_defaults(struct keyword *k)
{
	const yaml_node_t *code = gen_field(k->node, "default_code");

	k->default_documented = gen_string(k->node, "default");
	for (int r = 0; r < RELEASES && (!code || code->type == YAML_SCALAR_NODE); r++)
		k->default_code[r] = k->default_documented;
	if (code)
		read_per_release(code, k->default_code);
	for (int r = 0; r < RELEASES; r++)
		if (k->default_code[r] && strcmp(k->default_code[r], "unset") == 0)
			k->default_code[r] = NULL;
}

static void read_limit(const yaml_node_t *node, const char *key, bool *ret_has, uint64_t *ret)
{
	const char *text = gen_string(node, key);

	if (!text)
		return;
	if (!gen_number(text, ret))
		die("'%s: %s' is no number", key, text);
	*ret_has = true;
}

/* "S-036..S-038 S-050" becomes each of them. */
static void read_rules(struct keyword *k)
{
	const char *text = gen_string(k->node, "rules");
	char *rest = text ? strdup(text) : NULL, *piece;

	while ((piece = strsep(&rest, " "))) {
		unsigned from, to;
		int n = sscanf(piece, "S-%u..S-%u", &from, &to);

		if (n < 1)
			die("'%s' is no rule number", piece);
		for (unsigned i = from; i <= (n == 2 ? to : from); i++) {
			k->rules = realloc(k->rules, (k->n_rules + 1) * sizeof *k->rules);
			k->rules[k->n_rules++] = text_printf("S-%03u", i);
		}
	}
}

static const char *base_of(const struct keyword *k)
{
	if (!k->sided)
		return k->name;
	if (strncmp(k->name, "left", 4) != 0)
		die("a sided keyword is written with 'left'");
	return k->name + 4;
}

static void read_keyword(struct keyword *k, const yaml_node_t *node)
{
	const char *own = gen_string(node, "own");
	const yaml_node_t *whack = gen_field(node, "whack"), *daemon = gen_field(node, "daemon");

	gen_check_fields(node, fields, LENGTH(fields));
	k->node = node;
	k->name = gen_entry = gen_required(node, "name");
	k->doc = gen_required(node, "doc");
	k->sided = gen_bool(node, "sided");
	k->base = base_of(k);
	k->section = gen_string(node, "section");
	k->type = gen_string(node, "type");
	k->unit = gen_string(node, "unit");
	k->own = own ? gen_releases(own, strlen(own)) : 0;
	k->alias_of = -1;
	read_values(k);
	read_releases(k);
	read_defaults(k);
	read_limit(node, "min", &k->has_min, &k->min);
	read_limit(node, "max", &k->has_max, &k->max);
	read_rules(k);
	if (whack)
		read_per_release(whack, (const char **)k->whack);
	if (daemon)
		read_per_release(daemon, (const char **)k->daemon);
}

/* Another spelling is like the keyword it stands for where it does not say otherwise. */
static void inherit(struct keyword *k, const struct keyword *from)
{
	if (from->alias_of >= 0 || gen_field(from->node, "alias_of"))
		die("'%s' is itself an alias", from->name);
	if (from->sided != k->sided)
		die("'%s' is %ssided", from->name, from->sided ? "" : "not ");
	k->section = k->section ? k->section : from->section;
	k->type = k->type ? k->type : from->type;
	k->unit = k->unit ? k->unit : from->unit;
	if (!gen_field(k->node, "values") && is_type(k, from->type)) {
		k->values = from->values;
		k->n_values = from->n_values;
	}
	if (!k->has_min && (k->has_min = from->has_min))
		k->min = from->min;
	if (!k->has_max && (k->has_max = from->has_max))
		k->max = from->max;
	if (!gen_field(k->node, "default") && is_type(k, from->type)) {
		k->default_documented = from->default_documented;
		memcpy(k->default_code, from->default_code, sizeof k->default_code);
	}
	if (!gen_field(k->node, "whack"))
		memcpy(k->whack, from->whack, sizeof k->whack);
	if (!gen_field(k->node, "daemon"))
		memcpy(k->daemon, from->daemon, sizeof k->daemon);
}

static void resolve_aliases(void)
{
	for (size_t i = 0; i < n_keywords; i++) {
		struct keyword *k = &keywords[i];
		const char *target = gen_string(k->node, "alias_of");

		gen_entry = k->name;
		if (!target)
			continue;
		k->alias_of = find_keyword(target);
		if (k->alias_of < 0)
			die("is an alias of '%s', which does not exist", target);
		inherit(k, &keywords[k->alias_of]);
	}
}

/* --- checks ------------------------------------------------------------------------------------------------------------------- */

static bool one_of(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

static const struct value *value_of(const struct keyword *k, const char *word)
{
	for (size_t i = 0; i < k->n_values; i++)
		if (strcmp(k->values[i].word, word) == 0)
			return &k->values[i];
	return NULL;
}

/* A number followed by one of the blank-separated units. */
static bool is_number(const struct keyword *k, const char *text, const char *units, bool unit_wanted)
{
	size_t digits = strspn(text, "0123456789");
	char *number = strndup(text, digits);
	char *unit = text_printf(" %s ", text + digits);
	bool ok = digits && (text[digits] ? strstr(units, unit) != NULL : !unit_wanted);
	uint64_t n;

	ok = ok && gen_number(number, &n);
	if (ok && !text[digits])
		ok = (!k->has_min || n >= k->min || n == 0) && (!k->has_max || n <= k->max);
	free(number);
	free(unit);
	return ok;
}

static bool default_fits(const struct keyword *k, const char *text)
{
	static const char *const yes_no[] = { "yes", "no" };

	if (is_type(k, "bool"))
		return one_of(text, yes_no, LENGTH(yes_no));
	if (is_type(k, "enum"))
		return value_of(k, text);
	if (is_type(k, "time") || is_type(k, "time-ms"))
		return is_number(k, text, " ms s m h d w ", false);
	if (is_type(k, "percent"))
		return is_number(k, text, " % ", true);
	if (is_type(k, "count") || is_type(k, "bytes"))
		return is_number(k, text, " Ki Mi Gi Ti Pi Ei KiB MiB GiB TiB PiB EiB ", false);
	if (is_type(k, "integer") || is_type(k, "port"))
		return value_of(k, text) || is_number(k, text, "", false);
	return true;
}

static void check_values(const struct keyword *k)
{
	if (is_type(k, "enum") != (k->n_values > 0) && (is_type(k, "enum") || is_type(k, "bool")))
		die("type %s %s 'values'", k->type, is_type(k, "enum") ? "needs" : "has no");
	for (size_t i = 0; i < k->n_values; i++) {
		if (value_of(k, k->values[i].word) != &k->values[i])
			die("word '%s' stands twice", k->values[i].word);
		if (is_type(k, "enum") && !value_of(k, k->values[i].meaning))
			die("word '%s' means '%s', which is none of its words", k->values[i].word, k->values[i].meaning);
	}
}

static bool is_target(const struct keyword *k)
{
	for (size_t i = 0; i < n_keywords; i++)
		if (keywords[i].alias_of == (int)(k - keywords))
			return true;
	return false;
}

static void check_keyword(const struct keyword *k)
{
	gen_entry = k->name;
	if (!k->section || !k->type)
		die("has no section or no type");
	if (strcmp(k->section, "conn") != 0 && strcmp(k->section, "setup") != 0)
		die("section is conn or setup, not '%s'", k->section);
	if (!one_of(k->type, types, LENGTH(types)))
		die("type '%s' is unknown", k->type);
	if (k->doc[strlen(k->doc) - 1] != '.')
		die("its sentence does not end with a full stop");
	if (k->own && k->alias_of < 0)
		die("'own' is for aliases");
	check_values(k);
	if (k->default_documented && !default_fits(k, k->default_documented))
		die("its default '%s' is no %s", k->default_documented, k->type);
	for (int r = 0; r < RELEASES; r++) {
		if (k->default_code[r] && !default_fits(k, k->default_code[r]))
			die("its default '%s' is no %s", k->default_code[r], k->type);
		if (strcmp(k->status[r], "STATUS_ALIAS") == 0 && k->alias_of < 0 && !is_target(k))
			die("is called an alias and names no target");
	}
}

/* --- ids and spellings -------------------------------------------------------------------------------------------------------- */

static bool base_taken(const struct keyword *k)
{
	for (size_t i = 0; i < n_keywords; i++)
		if (&keywords[i] != k && strcmp(keywords[i].section, "conn") == 0 && strcmp(keywords[i].base, k->base) == 0)
			return true;
	return false;
}

/* '-' and '_' tell spellings apart, so '_' is doubled where put_constant() makes '_' of '-': ike-frag and ike_frag. */
static char *id_of(const char *prefix, const char *base)
{
	char *id = calloc(strlen(prefix) + 2 * strlen(base) + 1, 1), *to = stpcpy(id, prefix);

	for (; *base; base++) {
		*to++ = *base;
		if (*base == '_')
			*to++ = '_';
	}
	return id;
}

static void name_ids(void)
{
	for (size_t i = 0; i < n_keywords; i++) {
		struct keyword *k = &keywords[i];
		const char *prefix = "";

		gen_entry = k->name;
		if (k->alias_of >= 0 && !k->own)
			prefix = "ALIAS_";
		else if (strcmp(k->section, "setup") == 0 && base_taken(k))
			prefix = "SETUP_";
		k->id = id_of(prefix, *k->base ? k->base : "host");
		for (size_t j = 0; j < i; j++)
			if (strcasecmp(keywords[j].id, k->id) == 0)
				die("gets the same id as '%s'", keywords[j].name);
	}
}

static struct spelling *spellings;
static size_t n_spellings;

static void add_spelling(const struct keyword *k, char *text, uint8_t side)
{
	for (size_t i = 0; i < n_spellings; i++)
		if (strcmp(spellings[i].text, text) == 0 && strcmp(keywords[spellings[i].keyword].section, k->section) == 0)
			die("'%s' is also a spelling of '%s'", text, keywords[spellings[i].keyword].name);
	spellings = realloc(spellings, (n_spellings + 1) * sizeof *spellings);
	spellings[n_spellings++] = (struct spelling){ text, (uint16_t)(k - keywords), (uint8_t)strlen(text), side };
}

static bool is_conn_keyword(const char *name)
{
	int i = find_keyword(name);

	return i >= 0 && strcmp(keywords[i].section, "conn") == 0;
}

/* The bare name of a sided keyword (L-029) gives way to a keyword of that very name: auth. */
static void collect_spellings(void)
{
	for (size_t i = 0; i < n_keywords; i++) {
		const struct keyword *k = &keywords[i];

		gen_entry = k->name;
		for (const char *p = k->name; *p; p++)
			if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && *p != '-' && *p != '_')
				die("its name has other characters than a-z, 0-9, '-' and '_'");
		add_spelling(k, strdup(k->name), k->sided ? 0 : 2);
		if (!k->sided)
			continue;
		add_spelling(k, text_printf("right%s", k->base), 1);
		if (*k->base && !is_conn_keyword(k->base))
			add_spelling(k, strdup(k->base), 2);
	}
	if (n_spellings * 2 > SLOTS)
		die("SLOTS is too small for %zu spellings", n_spellings);
}

/* Fills the index; the sum of the steps to find each spelling once. */
static unsigned fill(uint32_t seed, int slots[SLOTS])
{
	unsigned steps = 0;

	memset(slots, -1, SLOTS * sizeof *slots);
	for (size_t i = 0; i < n_spellings; i++) {
		uint32_t slot = spelling_hash(spellings[i].text, spellings[i].length, seed) % SLOTS;

		for (; slots[slot] >= 0; slot = (slot + 1) % SLOTS)
			steps++;
		slots[slot] = (int)i;
	}
	return steps;
}

/* --- writing ------------------------------------------------------------------------------------------------------------------ */

static void write_ids(const char *dir)
{
	FILE *out = gen_create(dir, "keyword_ids.h");

	fputs("/* made from compiler/schema/keywords.yaml by tools/gen/keywords.c */\n"
	      "#ifndef GEN_KEYWORD_IDS_H\n#define GEN_KEYWORD_IDS_H\n\n"
	      "enum keyword_id {\n", out);
	for (size_t i = 0; i < n_keywords; i++) {
		fputc('\t', out);
		put_constant(out, "KW_", keywords[i].id);
		fprintf(out, ",\t/* %s */\n", keywords[i].name);
	}
	fputs("\tKW_COUNT,\n\tKW_NONE = KW_COUNT\n};\n\n#endif\n", out);
	gen_close(out);
}

static void put_list(FILE *out, const char *field, const yaml_node_t *list)
{
	if (!gen_length(list))
		return;
	fprintf(out, "\t\t.%s = (const char *const[]){ ", field);
	for (size_t i = 0; i < gen_length(list); i++) {
		put_string(out, gen_text(gen_item(list, i)));
		fputs(", ", out);
	}
	fputs("NULL },\n", out);
}

static void put_strings(FILE *out, const char *field, char *const *texts, size_t n)
{
	fprintf(out, "\t\t.%s = { ", field);
	for (size_t i = 0; i < n; i++) {
		put_string(out, texts[i]);
		fputs(", ", out);
	}
	fputs("},\n", out);
}

static void put_values(FILE *out, const struct keyword *k)
{
	if (!k->n_values)
		return;
	fputs("\t\t.values = (const struct keyword_value[]){\n", out);
	for (size_t i = 0; i < k->n_values; i++) {
		fputs("\t\t\t{ ", out);
		put_string(out, k->values[i].word);
		fputs(", ", out);
		put_string(out, k->values[i].meaning);
		fputs(", ", out);
		put_string(out, k->values[i].doc);
		fprintf(out, ", 0x%02x },\n", k->values[i].releases);
	}
	fputs("\t\t\t{ 0 } },\n", out);
}

static void put_field(FILE *out, const char *field, const char *text)
{
	if (!text)
		return;
	fprintf(out, "\t\t.%s = ", field);
	put_string(out, text);
	fputs(",\n", out);
}

static void put_limits(FILE *out, const struct keyword *k)
{
	if (k->has_min)
		fprintf(out, "\t\t.has_min = true, .min = %lluu,\n", (unsigned long long)k->min);
	if (k->has_max)
		fprintf(out, "\t\t.has_max = true, .max = %lluu,\n", (unsigned long long)k->max);
}

static void put_rules(FILE *out, const struct keyword *k)
{
	fputs("\t\t.rules = (const char *const[]){ ", out);
	for (size_t i = 0; i < k->n_rules; i++)
		fprintf(out, "\"%s\", ", k->rules[i]);
	fputs("NULL },\n", out);
}

static void put_alias(FILE *out, const struct keyword *k)
{
	fputs("\t\t.alias_of = ", out);
	put_constant(out, "KW_", k->alias_of < 0 ? "NONE" : keywords[k->alias_of].id);
	fprintf(out, ", .own = 0x%02x,\n\t\t.status = { ", k->own);
	for (int r = 0; r < RELEASES; r++)
		fprintf(out, "%s, ", k->status[r]);
	fputs("},\n", out);
}

static const char *inherited(const struct keyword *k, const char *key)
{
	const char *text = gen_string(k->node, key);

	return text || k->alias_of < 0 ? text : gen_string(keywords[k->alias_of].node, key);
}

static bool is_supported(const struct keyword *k)
{
	return gen_bool(k->alias_of < 0 || gen_field(k->node, "supported") ? k->node : keywords[k->alias_of].node, "supported");
}

/* "WORD in 3.32-5.4: what it means there", "in 5.4: what the keyword means there". */
static void put_changes(FILE *out, const yaml_node_t *list)
{
	if (!list)
		return;
	fputs("\t\t.changes = (const struct keyword_change[]){\n", out);
	for (size_t i = 0; i < gen_length(list); i++) {
		char *text = strdup(gen_text(gen_item(list, i)));
		char *colon = strstr(text, ": "), *in = strncmp(text, "in ", 3) == 0 ? text : strstr(text, " in ");

		if (!colon || !in || in > colon)
			die("a change is 'WORD in RELEASES: what it means there', not '%s'", text);
		*colon = '\0';
		fputs("\t\t\t{ ", out);
		put_string(out, in == text ? NULL : text_printf("%.*s", (int)(in - text), text));
		in += in == text ? strlen("in ") : strlen(" in ");
		fprintf(out, ", 0x%02x, ", gen_releases(in, strlen(in)));
		put_string(out, colon + 2);
		fputs(" },\n", out);
	}
	fputs("\t\t\t{ 0 } },\n", out);
}

static void put_keyword(FILE *out, const struct keyword *k)
{
	fputs("\t[", out);
	put_constant(out, "KW_", k->id);
	fputs("] = {\n\t\t.id = ", out);
	put_constant(out, "KW_", k->id);
	fputs(", .section = ", out);
	put_constant(out, "SECTION_", k->section);
	fputs(", .type = ", out);
	put_constant(out, "TYPE_", is_type(k, "flags-list") ? "flags" : k->type);
	fprintf(out, ", .sided = %s, .supported = %s,\n", k->sided ? "true" : "false", is_supported(k) ? "true" : "false");
	put_field(out, "name", k->name);
	put_field(out, "base", k->base);
	if (k->sided)
		put_field(out, "right", text_printf("right%s", k->base));
	put_values(out, k);
	put_field(out, "default_documented", k->default_documented);
	put_strings(out, "default_code", (char *const *)k->default_code, RELEASES);
	put_limits(out, k);
	put_field(out, "unit", k->unit);
	put_alias(out, k);
	put_field(out, "replaced_by", inherited(k, "replaced_by"));
	put_field(out, "stack", inherited(k, "stack"));
	put_field(out, "build", inherited(k, "build"));
	put_rules(out, k);
	put_field(out, "doc", k->doc);
	put_list(out, "conflicts", gen_list(k->alias_of < 0 ? k->node : keywords[k->alias_of].node, "conflicts"));
	put_list(out, "notes", gen_list(k->node, "notes"));
	put_changes(out, gen_list(k->alias_of < 0 || gen_field(k->node, "changes") ? k->node : keywords[k->alias_of].node, "changes"));
	put_strings(out, "whack", k->whack, RELEASES);
	put_strings(out, "daemon", k->daemon, RELEASES);
	fputs("\t},\n", out);
}

static void write_index(FILE *out)
{
	static int slots[SLOTS];
	uint32_t best = 0;
	unsigned fewest = ~0u;

	for (uint32_t seed = 0; seed < 2000; seed++) {
		unsigned steps = fill(seed, slots);

		if (steps < fewest) {
			fewest = steps;
			best = seed;
		}
	}
	fill(best, slots);
	fprintf(out, "const uint32_t spelling_seed = %u;\t/* %u extra steps for %zu spellings */\n", best, fewest, n_spellings);
	fprintf(out, "const uint32_t spelling_slots = %u;\nconst struct spelling spelling_table[%u] = {\n", SLOTS, SLOTS);
	for (unsigned i = 0; i < SLOTS; i++) {
		const struct spelling *s = slots[i] < 0 ? NULL : &spellings[slots[i]];

		if (!s)
			continue;
		fprintf(out, "\t[%u] = { \"%s\", ", i, s->text);
		put_constant(out, "KW_", keywords[s->keyword].id);
		fprintf(out, ", %u, %s },\n", s->length, s->side == 0 ? "SIDE_LEFT" : s->side == 1 ? "SIDE_RIGHT" : "SIDE_NONE");
	}
	fputs("};\n", out);
}

static void write_table(const char *dir)
{
	FILE *out = gen_create(dir, "keywords.c");

	fputs("/* made from compiler/schema/keywords.yaml by tools/gen/keywords.c */\n#include \"compiler/schema/schema.h\"\n"
	      "#include \"compiler/schema/spelling.h\"\n\nconst struct keyword keyword_table[KW_COUNT] = {\n", out);
	for (size_t i = 0; i < n_keywords; i++)
		put_keyword(out, &keywords[i]);
	fputs("};\n\n", out);
	write_index(out);
	gen_close(out);
}

int main(int argc, char **argv)
{
	const yaml_node_t *root;

	if (argc != 3)
		die("usage: keywords OUTDIR FILE");
	root = gen_load(argv[2]);
	n_keywords = gen_length(root);
	keywords = calloc(n_keywords + 1, sizeof *keywords);
	for (size_t i = 0; i < n_keywords; i++)
		read_keyword(&keywords[i], gen_item(root, i));
	resolve_aliases();
	for (size_t i = 0; i < n_keywords; i++)
		check_keyword(&keywords[i]);
	name_ids();
	collect_spellings();
	write_ids(argv[1]);
	write_table(argv[1]);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* transforms.c -- makes the table of algorithms: transforms OUTDIR FILE writes OUTDIR/transforms.c.
 *
 * The fields of an entry are described at the head of proto/transforms.yaml. A name or a number that two entries of a type claim in
 * the same release, sizes that contradict each other, or an entry without a sentence stop the build.
 */
#include "gen.h"

enum { RELEASES = RELEASE_COUNT };

struct alias { char *name; unsigned releases, use_3_18; };

struct transform {
	const yaml_node_t *node;
	const char *name;
	int type;
	struct alias *aliases;
	size_t n_aliases;
	uint64_t keys[4];
	unsigned use[RELEASES];
};

static struct transform *transforms;
static size_t n_transforms;

static const char *const fields[] = {
	"name", "type", "aliases", "ikev2", "ikev1_ike", "ikev1_esp", "ikev1_ah", "keys", "key_default", "key_attribute", "aead",
	"block", "iv", "salt", "icv_bits", "output_bits", "xfrm", "pfkey", "openssl", "strength_bits", "use", "rfc8247", "rfc8221",
	"doc",
};

/* In the order of enum transform_type, from 1. */
static const struct { const char *word, *constant; } types[] = {
	{ "encr", "TRANSFORM_ENCR" }, { "prf", "TRANSFORM_PRF" }, { "integ", "TRANSFORM_INTEG" }, { "ke", "TRANSFORM_KE" },
	{ "esn", "TRANSFORM_ESN" },
};

/* Bits of enum transform_use. */
static const struct { const char *word; unsigned bits; } uses[] = {
	{ "ike", 0x03 }, { "ike1", 0x01 }, { "ike2", 0x02 }, { "esp", 0x0c }, { "esp1", 0x04 }, { "esp2", 0x08 },
	{ "ah", 0x30 }, { "ah1", 0x10 }, { "ah2", 0x20 },
};

/* --- reading ------------------------------------------------------------------------------------------------------------------ */

static unsigned read_use(const char *text)
{
	char *rest = strdup(text), *word;
	unsigned bits = 0;

	while ((word = strsep(&rest, " "))) {
		size_t i = 0;

		while (i < LENGTH(uses) && strcmp(uses[i].word, word) != 0)
			i++;
		if (i == LENGTH(uses))
			die("'%s' is no use", word);
		bits |= uses[i].bits;
	}
	return bits;
}

/* "3des_cbc", "aes_gcm_16 3.32-5.4", "ecp_256 3.18-5.4, 3.18 esp". */
static struct alias read_alias(const char *text)
{
	struct alias a = { .name = strdup(text), .releases = (1u << RELEASES) - 1, .use_3_18 = 0x3f };
	char *limit = strstr(a.name, ", 3.18 "), *range;

	if (limit) {
		*limit = '\0';
		a.use_3_18 = read_use(limit + strlen(", 3.18 "));
	}
	range = strchr(a.name, ' ');
	if (range) {
		*range++ = '\0';
		a.releases = gen_releases(range, strlen(range));
	}
	for (const char *p = a.name; *p; p++)
		if (isupper((unsigned char)*p))
			die("alias '%s' is not in lower case", a.name);
	return a;
}

static void read_aliases(struct transform *t)
{
	const yaml_node_t *list = gen_list(t->node, "aliases");

	t->aliases = calloc(gen_length(list) + 1, sizeof *t->aliases);
	for (; t->n_aliases < gen_length(list); t->n_aliases++)
		t->aliases[t->n_aliases] = read_alias(gen_text(gen_item(list, t->n_aliases)));
}

static void read_keys(struct transform *t)
{
	const char *text = gen_string(t->node, "keys");
	char *rest = text ? strdup(text) : NULL, *word;
	size_t n = 0;

	while ((word = strsep(&rest, " "))) {
		if (n == LENGTH(t->keys) - 1 || !gen_number(word, &t->keys[n]) || (n && t->keys[n] <= t->keys[n - 1]))
			die("'keys: %s': at most three rising numbers", text);
		n++;
	}
}

static void read_uses(struct transform *t)
{
	const yaml_node_t *map = gen_field(t->node, "use");

	if (!map)
		return;
	if (map->type != YAML_MAPPING_NODE)
		die("'use' is a mapping from releases");
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++) {
		const char *range = gen_text(gen_node(p->key));
		unsigned releases = gen_releases(range, strlen(range));

		for (int r = 0; r < RELEASES; r++)
			if (releases & 1u << r)
				t->use[r] = read_use(gen_text(gen_node(p->value)));
	}
}

static void read_transform(struct transform *t, const yaml_node_t *node)
{
	const char *type;
	size_t i = 0;

	gen_check_fields(node, fields, LENGTH(fields));
	t->node = node;
	t->name = gen_entry = gen_required(node, "name");
	type = gen_required(node, "type");
	while (i < LENGTH(types) && strcmp(types[i].word, type) != 0)
		i++;
	if (i == LENGTH(types))
		die("type '%s' is unknown", type);
	t->type = (int)i + 1;
	read_aliases(t);
	read_keys(t);
	read_uses(t);
}

/* A number of the entry; `none` where it is not given. */
static uint64_t number_of(const struct transform *t, const char *key, uint64_t none)
{
	const char *text = gen_string(t->node, key);
	uint64_t n = none;

	if (text && (!gen_number(text, &n) || n > 0xfffe))
		die("'%s: %s' is no number of 16 bits", key, text);
	return n;
}

/* --- checks ------------------------------------------------------------------------------------------------------------------- */

static void check_pair(const struct transform *a, const struct transform *b)
{
	static const char *const numbers[] = { "ikev2", "ikev1_ike" };

	if (strcmp(a->name, b->name) == 0)
		die("stands twice");
	for (size_t i = 0; i < LENGTH(numbers); i++)
		if (gen_string(a->node, numbers[i]) && number_of(a, numbers[i], 0) == number_of(b, numbers[i], UINT64_MAX))
			die("has the same %s as %s", numbers[i], b->name);
	for (size_t i = 0; i < a->n_aliases; i++)
		for (size_t j = 0; j < b->n_aliases; j++)
			if (strcmp(a->aliases[i].name, b->aliases[j].name) == 0 && a->aliases[i].releases & b->aliases[j].releases)
				die("alias '%s' is also one of %s", a->aliases[i].name, b->name);
}

static bool is_size(const struct transform *t, uint64_t bits)
{
	for (size_t i = 0; i < LENGTH(t->keys); i++)
		if (bits && t->keys[i] == bits)
			return true;
	return false;
}

static void check_transform(const struct transform *t)
{
	const char *doc;
	uint64_t key_default;

	gen_entry = t->name;
	doc = gen_required(t->node, "doc");
	if (doc[strlen(doc) - 1] != '.')
		die("its sentence does not end with a full stop");
	key_default = number_of(t, "key_default", 0);
	if (key_default && !is_size(t, key_default))
		die("key_default %llu is none of its keys", (unsigned long long)key_default);
	if (t->keys[1] && !gen_bool(t->node, "key_attribute"))
		die("has several key sizes and does not send which");
	if (gen_bool(t->node, "aead") && t->n_aliases && !number_of(t, "icv_bits", 0))
		die("is an AEAD cipher without icv_bits");
	for (size_t i = 0; &transforms[i] != t; i++)
		if (transforms[i].type == t->type)
			check_pair(t, &transforms[i]);
}

/* --- writing ------------------------------------------------------------------------------------------------------------------ */

static void put_number(FILE *out, const struct transform *t, const char *key, const char *field, uint64_t none)
{
	uint64_t n = number_of(t, key, none);

	if (n)
		fprintf(out, "\t.%s = %llu,\n", field, (unsigned long long)n);
}

static void put_text(FILE *out, const struct transform *t, const char *key, const char *missing)
{
	const char *text = gen_string(t->node, key);

	fprintf(out, "\t.%s = ", key);
	put_string(out, text ? text : missing);
	fputs(",\n", out);
}

static void put_aliases(FILE *out, const struct transform *t)
{
	fputs("\t.aliases = (const char *const[]){ ", out);
	for (size_t i = 0; i < t->n_aliases; i++)
		fprintf(out, "\"%s\", ", t->aliases[i].name);
	fputs("NULL },\n\t.alias_releases = (const uint8_t[]){ ", out);
	for (size_t i = 0; i < t->n_aliases; i++)
		fprintf(out, "0x%02x, ", t->aliases[i].releases);
	fputs("0 },\n\t.alias_use_3_18 = (const uint8_t[]){ ", out);
	for (size_t i = 0; i < t->n_aliases; i++)
		fprintf(out, "0x%02x, ", t->aliases[i].use_3_18);
	fputs("0 },\n", out);
}

static void put_uses(FILE *out, const struct transform *t)
{
	fputs("\t.use = { ", out);
	for (int r = 0; r < RELEASES; r++)
		fprintf(out, "0x%02x, ", t->use[r]);
	fputs("},\n", out);
}

static void put_transform(FILE *out, const struct transform *t, size_t index)
{
	uint64_t key_default = number_of(t, "key_default", t->keys[0]);

	fprintf(out, "static const struct transform transform_%zu = {\n\t.type = %s,\n\t.name = \"%s\",\n", index,
		types[t->type - 1].constant, t->name);
	put_aliases(out, t);
	put_number(out, t, "ikev2", "ikev2_id", 0xffff);
	put_number(out, t, "ikev1_ike", "ikev1_ike_id", 0xffff);
	put_number(out, t, "ikev1_esp", "ikev1_esp_id", 0xffff);
	put_number(out, t, "ikev1_ah", "ikev1_ah_id", 0xffff);
	fputs("\t.key_bits = { ", out);
	for (size_t i = 0; i < LENGTH(t->keys) && t->keys[i]; i++)
		fprintf(out, "%llu, ", (unsigned long long)t->keys[i]);
	fprintf(out, "0 },\n\t.key_bits_default = %llu,\n\t.key_attribute = %s, .aead = %s,\n", (unsigned long long)key_default,
		gen_bool(t->node, "key_attribute") ? "true" : "false", gen_bool(t->node, "aead") ? "true" : "false");
	put_number(out, t, "block", "block", 0);
	put_number(out, t, "iv", "iv", 0);
	put_number(out, t, "salt", "salt", 0);
	put_number(out, t, "icv_bits", "icv_bits", 0);
	put_number(out, t, "output_bits", "output_bits", 0);
	put_number(out, t, "pfkey", "pfkey", 0);
	put_number(out, t, "strength_bits", "strength_bits", 0);
	put_text(out, t, "xfrm", NULL);
	put_text(out, t, "openssl", NULL);
	put_uses(out, t);
	put_text(out, t, "rfc8247", "");
	put_text(out, t, "rfc8221", "");
	put_text(out, t, "doc", NULL);
	fputs("};\n\n", out);
}

int main(int argc, char **argv)
{
	const yaml_node_t *root;
	FILE *out;

	if (argc != 3)
		die("usage: transforms OUTDIR FILE");
	root = gen_load(argv[2]);
	n_transforms = gen_length(root);
	transforms = calloc(n_transforms + 1, sizeof *transforms);
	for (size_t i = 0; i < n_transforms; i++)
		read_transform(&transforms[i], gen_item(root, i));
	for (size_t i = 0; i < n_transforms; i++) {
		check_transform(&transforms[i]);
		if (i && transforms[i].type < transforms[i - 1].type)
			die("stands after an entry of a later type");
	}
	out = gen_create(argv[1], "transforms.c");
	fputs("/* made from proto/transforms.yaml by tools/gen/transforms.c */\n#include \"proto/transform.h\"\n\n", out);
	for (size_t i = 0; i < n_transforms; i++)
		put_transform(out, &transforms[i], i);
	fputs("const struct transform *const transform_table[] = {\n", out);
	for (size_t i = 0; i < n_transforms; i++)
		fprintf(out, "\t&transform_%zu,\n", i);
	fprintf(out, "};\nconst unsigned transform_count = %zu;\n", n_transforms);
	gen_close(out);
	return 0;
}

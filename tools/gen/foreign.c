/* SPDX-License-Identifier: Apache-2.0 */
/* foreign.c -- makes the table of other programs' words: foreign OUTDIR FILE writes OUTDIR/foreign.c.
 *
 * The fields of an entry are described at the head of compiler/foreign/foreign.yaml. A mark of a program that has no entry, or one
 * that stands twice, stops the build.
 */
#include "gen.h"

static const char *const fields[] = {
	"program", "advice", "name", "of", "in", "sided", "values", "weight", "libreswan",
};

/* In the order of enum foreign_place. */
static const char *const places[] = { "setup", "conn", "line" };

static const yaml_node_t *root;

static const char *program_of(size_t i)
{
	return gen_string(gen_item(root, i), "program");
}

/* Index among the programs. */
static int find_program(const char *name)
{
	int index = 0;

	for (size_t i = 0; i < gen_length(root); i++) {
		if (!program_of(i))
			continue;
		if (strcmp(program_of(i), name) == 0)
			return index;
		index++;
	}
	die("'%s' is no program of this file", name);
}

static int place_of(const yaml_node_t *entry)
{
	const char *in = gen_required(entry, "in");

	for (size_t i = 0; i < LENGTH(places); i++)
		if (strcmp(places[i], in) == 0)
			return (int)i;
	die("'in' is setup, conn or line, not '%s'", in);
}

static unsigned weight_of(const yaml_node_t *entry)
{
	const char *text = gen_string(entry, "weight");
	uint64_t weight = 1;

	if (text && (!gen_number(text, &weight) || weight > 2))
		die("'weight' is 0, 1 or 2, not '%s'", text);
	return (unsigned)weight;
}

static void check_unique(size_t at)
{
	const yaml_node_t *entry = gen_item(root, at);

	for (size_t i = 0; i < at; i++) {
		const yaml_node_t *other = gen_item(root, i);

		if (!program_of(i) && strcmp(gen_required(other, "name"), gen_required(entry, "name")) == 0 &&
		    strcmp(gen_required(other, "of"), gen_required(entry, "of")) == 0 && place_of(other) == place_of(entry))
			die("has two entries");
	}
}

static void put_program(FILE *out, const yaml_node_t *entry)
{
	fputs("\t{ ", out);
	put_string(out, gen_required(entry, "program"));
	fputs(", ", out);
	put_string(out, gen_required(entry, "advice"));
	fputs(" },\n", out);
}

static void put_mark(FILE *out, const yaml_node_t *entry)
{
	static const char *const constants[] = { "FOREIGN_SETUP", "FOREIGN_CONN", "FOREIGN_LINE" };
	const char *name = gen_required(entry, "name");
	const yaml_node_t *values = gen_list(entry, "values");
	bool sided = gen_bool(entry, "sided");

	if (sided && strncmp(name, "left", 4) != 0)
		die("is sided and does not begin with 'left'");
	fprintf(out, "\t{\n\t\t.name = \"%s\", .right = ", name);
	put_string(out, sided ? text_printf("right%s", name + 4) : NULL);
	fprintf(out, ", .place = %s, .program = %d, .weight = %u,\n\t\t.libreswan = ", constants[place_of(entry)],
		find_program(gen_required(entry, "of")), weight_of(entry));
	put_string(out, gen_string(entry, "libreswan"));
	if (values) {
		fputs(",\n\t\t.values = (const char *const[]){ ", out);
		for (size_t i = 0; i < gen_length(values); i++) {
			put_string(out, gen_text(gen_item(values, i)));
			fputs(", ", out);
		}
		fputs("NULL }", out);
	}
	fputs(",\n\t},\n", out);
}

int main(int argc, char **argv)
{
	size_t n, marks = 0;
	FILE *out;

	if (argc != 3)
		die("usage: foreign OUTDIR FILE");
	root = gen_load(argv[2]);
	n = gen_length(root);
	for (size_t i = 0; i < n; i++) {
		gen_check_fields(gen_item(root, i), fields, LENGTH(fields));
		if (!program_of(i))
			check_unique(i);
	}
	out = gen_create(argv[1], "foreign.c");
	fputs("/* made from compiler/foreign/foreign.yaml by tools/gen/foreign.c */\n#include \"compiler/foreign/foreign.h\"\n\n"
	      "const struct foreign_program foreign_programs[] = {\n", out);
	for (size_t i = 0; i < n; i++)
		if (program_of(i))
			put_program(out, gen_item(root, i));
	fputs("};\n\nconst struct foreign_mark foreign_marks[] = {\n", out);
	for (size_t i = 0; i < n; i++) {
		if (program_of(i))
			continue;
		gen_entry = gen_string(gen_item(root, i), "name");
		put_mark(out, gen_item(root, i));
		marks++;
	}
	fprintf(out, "};\nconst size_t foreign_mark_count = %zu;\n", marks);
	gen_close(out);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* rules.c -- makes the rule table from the pages: rules OUTDIR PAGEDIR writes OUTDIR/rules.h and OUTDIR/rules.c.
 *
 * A page that is not complete stops the build with its name: what a test would find too late is found here.
 */
#include <dirent.h>

#include "gen.h"

struct page {
	char *file, *text;
	char *id, *name, *severity, *summary, *snippets, *why, *options;
};

static char *read_file(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = NULL;
	size_t n = 0;

	if (!in || getdelim(&text, &n, '\0', in) < 0)
		die("cannot read %s: %s", path, strerror(errno));
	fclose(in);
	return text;
}

static void set_field(struct page *p, const char *key, char *value)
{
	struct { const char *key; char **where; } fields[] = {
		{ "id", &p->id }, { "name", &p->name }, { "severity", &p->severity }, { "summary", &p->summary },
		{ "snippets", &p->snippets }, { "why", &p->why }, { "options", &p->options },
	};

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		if (strcmp(fields[i].key, key) != 0)
			continue;
		if (*fields[i].where)
			die("%s: '%s' stands twice", p->file, key);
		*fields[i].where = value;
		return;
	}
	die("%s: unknown field '%s'", p->file, key);
}

/* The lines between the two "---". */
static void read_front_matter(struct page *p)
{
	char *copy = strdup(p->text), *line, *rest = copy;

	line = strsep(&rest, "\n");
	if (!line || strcmp(line, "---") != 0)
		die("%s: the first line is not '---'", p->file);
	while ((line = strsep(&rest, "\n")) && strcmp(line, "---") != 0) {
		char *colon = strchr(line, ':');

		if (!colon || colon[1] != ' ')
			die("%s: '%s' is not 'field: text'", p->file, line);
		*colon = '\0';
		set_field(p, line, colon + 2);
	}
	if (!line)
		die("%s: the front matter does not end", p->file);
}

static bool one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

static void check_page(const struct page *p)
{
	static const char *const severities[] = { "error", "warning", "note", NULL };
	char expected[256];

	if (!p->id || !p->name || !p->severity || !p->summary)
		die("%s: needs id, name, severity and summary", p->file);
	if (!one_of(p->severity, severities))
		die("%s: severity is error, warning or note, not '%s'", p->file, p->severity);
	if (strlen(p->id) != 6 || strncmp(p->id, "IC", 2) != 0 || strspn(p->id + 2, "0123456789") != 4)
		die("%s: '%s' is not IC and four digits", p->file, p->id);
	if (strspn(p->name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(p->name))
		die("%s: '%s' has other characters than a-z, 0-9 and '-'", p->file, p->name);
	snprintf(expected, sizeof expected, "%s-%s.md", p->id, p->name);
	if (strcmp(strrchr(p->file, '/') + 1, expected) != 0)
		die("%s: should be called %s", p->file, expected);
	if (p->snippets) {
		if (strcmp(p->snippets, "none") != 0 || !p->why)
			die("%s: 'snippets: none' goes with 'why:'", p->file);
	} else if (!strstr(p->text, "\n## Fires\n") || !strstr(p->text, "\n## Silent\n")) {
		die("%s: needs the sections '## Fires' and '## Silent', or 'snippets: none' with 'why:'", p->file);
	}
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct page *)a)->id, ((const struct page *)b)->id);
}

static void check_unique(const struct page *pages, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(pages[i].id, pages[k].id) == 0 || strcmp(pages[i].name, pages[k].name) == 0)
				die("%s and %s share an id or a name", pages[i].file, pages[k].file);
}

static const char *page_body(const char *text)
{
	const char *end = strstr(text + 3, "\n---\n");

	return end ? end + strlen("\n---\n") : text;
}

static void write_header(const char *dir, const struct page *pages, size_t n)
{
	FILE *out = gen_create(dir, "rules.h");

	fputs("/* made from docs/rules by tools/gen/rules.c */\n#ifndef GEN_RULES_H\n#define GEN_RULES_H\n\nenum rule_id {\n", out);
	for (size_t i = 0; i < n; i++) {
		fputc('\t', out);
		put_constant(out, "RULE_", pages[i].name);
		fprintf(out, ",\t/* %s */\n", pages[i].id);
	}
	fputs("\tRULE_COUNT\n};\n\n#endif\n", out);
	gen_close(out);
}

static void write_table(const char *dir, const struct page *pages, size_t n)
{
	FILE *out = gen_create(dir, "rules.c");

	fputs("/* made from docs/rules by tools/gen/rules.c */\n#include \"diag/diag.h\"\n\n"
	      "const struct rule rule_table[RULE_COUNT] = {\n", out);
	for (size_t i = 0; i < n; i++) {
		const struct page *p = &pages[i];

		fputs("\t[", out);
		put_constant(out, "RULE_", p->name);
		fprintf(out, "] = { \"%s\", \"%s\", SEVERITY_%s,\n\t\t", p->id, p->name,
			p->severity[0] == 'e' ? "ERROR" : p->severity[0] == 'w' ? "WARNING" : "NOTE");
		put_string(out, p->summary);
		fputs(",\n\t\t", out);
		put_string(out, page_body(p->text));
		fputs(" },\n", out);
	}
	fputs("};\n", out);
	gen_close(out);
}

int main(int argc, char **argv)
{
	struct page *pages = NULL;
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	gen_path = "rules";
	if (argc != 3)
		die("usage: rules OUTDIR PAGEDIR");
	dir = opendir(argv[2]);
	if (!dir)
		die("cannot open %s: %s", argv[2], strerror(errno));
	while ((entry = readdir(dir))) {
		char path[4096];

		if (strncmp(entry->d_name, "IC", 2) != 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", argv[2], entry->d_name);
		pages = realloc(pages, (n + 1) * sizeof *pages);
		pages[n] = (struct page){ .file = strdup(path), .text = read_file(path) };
		read_front_matter(&pages[n]);
		check_page(&pages[n++]);
	}
	closedir(dir);
	if (n == 0)
		die("no pages in %s", argv[2]);
	qsort(pages, n, sizeof *pages, by_id);
	check_unique(pages, n);
	write_header(argv[1], pages, n);
	write_table(argv[1], pages, n);
	return 0;
}

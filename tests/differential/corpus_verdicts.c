/* SPDX-License-Identifier: Apache-2.0 */
/* corpus_verdicts [-d] COMPATIBILITY.md -- compares our verdicts with the index of the shared corpus ($IPSECC_CORPUS), and prints TAP.
 *
 * Per release and folder: which files are refused as a whole, and how many conns of the others load. Every difference must be listed in
 * docs/compatibility.md, in an indented line "RELEASE FOLDER PATTERN" below the heading that gives its cause; a line that no difference needs
 * is a mistake too. Headings with "measured" in them are about the index, not about ipsecc: such differences are excused from the share that
 * must agree, and counted apart. With -d the differences are printed in that form, with numbers.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "include/ipsecc.h"

#define FLOOR_PERCENT	98
#define CONNS_ASKED	40	/* of a file with more, the index knows the first ones */
#define COLUMNS		32

static unsigned test_number;
static bool failed_any, show_differences;

static void result(bool ok, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void result(bool ok, const char *format, ...)
{
	va_list args;

	printf("%sok %u - ", ok ? "" : "not ", ++test_number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	failed_any |= !ok;
}

_Noreturn static void die(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(1);
}

/* --- the list of known differences ----------------------------------------------------------------------------------------------- */

struct known {
	char release[8], folder[32], pattern[256];
	bool measured, used;
};

static struct known known[1024];
static size_t known_count;

static void read_known(const char *path)
{
	CLEANUP(cleanup_fclose) FILE *file = fopen(path, "r");
	bool measured = false;
	char line[1024];

	if (!file)
		die(path);
	while (fgets(line, sizeof(line), file)) {
		struct known k = { .measured = measured };
		int end = 0;

		if (line[0] == '#')
			measured = strstr(line, "measured") != NULL;
		if (strncmp(line, "    ", 4) != 0 ||
		    sscanf(line, "    %7[0-9.main] %31[a-z0-9.-] %255s %n", k.release, k.folder, k.pattern, &end) != 3 || line[end])
			continue;
		if (known_count == sizeof known / sizeof *known)
			die("too many known differences");
		known[known_count++] = k;
	}
}

static bool matches(const struct known *k, const char *release, const char *folder, const char *file)
{
	return strcmp(k->release, release) == 0 && strcmp(k->folder, folder) == 0 && fnmatch(k->pattern, file, 0) == 0;
}

static const struct known *find_known(const char *release, const char *folder, const char *file)
{
	for (size_t i = 0; i < known_count; i++)
		if (matches(&known[i], release, folder, file))
			return &known[i];
	return NULL;
}

static void use_known(const char *release, const char *folder, const char *file)
{
	for (size_t i = 0; i < known_count; i++)
		known[i].used |= matches(&known[i], release, folder, file);
}

/* --- the index ------------------------------------------------------------------------------------------------------------------- */

struct index {
	char *columns[COLUMNS];
	size_t n;
};

static size_t split(char *line, char **fields)
{
	size_t n = 0;

	line[strcspn(line, "\n")] = 0;
	while (line && n < COLUMNS)
		fields[n++] = strsep(&line, "\t");
	return n;
}

static const char *field(const struct index *index, char *const *fields, size_t n, const char *name, const char *release)
{
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "%s%s", name, release);
	for (size_t i = 0; i < index->n && i < n; i++)
		if (strcmp(index->columns[i], wanted) == 0)
			return fields[i];
	return "";
}

/* --- one file -------------------------------------------------------------------------------------------------------------------- */

struct tally {
	unsigned files, files_agree, files_excused, conns, conns_agree, conns_excused, unknown;
};

struct target {
	const char *release;		/* as the index names it */
	const char *dialect;		/* whose facts are nearest */
	const char *folder;
	bool conns;			/* the index has counts of conns */
};

static bool is_first_of_name(const struct ir *ir, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(ir->conns.v[i]->name, ir->conns.v[j]->name) == 0)
			return false;
	return true;
}

/* The conns of the file itself that load; of many the first ones. */
static unsigned count_loading(const struct unit *u, unsigned asked, unsigned *unknown)
{
	unsigned loading = 0, seen = 0;

	for (size_t i = 0; i < u->ir->conns.n && (asked < CONNS_ASKED || seen < asked); i++) {
		const struct ir_conn *c = u->ir->conns.v[i];
		struct diag_place place = { 0 };

		if (span_known(c->span))
			place = sources_locate(&u->sources, c->span.start);
		if (!place.file || strcmp(place.file, u->sources.files.v[0].path) != 0 || !is_first_of_name(u->ir, i))
			continue;
		seen++;
		loading += c->verdict != VERDICT_WILL_NOT_LOAD;
		*unknown += c->verdict == VERDICT_UNKNOWN;
	}
	return loading;
}

static void report_difference(const struct target *t, const char *file, const struct known *k, const char *theirs, const char *ours)
{
	if (show_differences)
		printf("    %s %s %s # index: %s; ipsecc: %s%s\n", t->release, t->folder, file, theirs, ours, k ? "" : "; not listed");
	use_known(t->release, t->folder, file);
	if (!k)
		result(false, "%s: %s/%s is listed in docs/compatibility.md (index: %s; ipsecc: %s)", t->release, t->folder, file, theirs, ours);
}

static void compare(const struct target *t, const char *path, const char *file, const char *verdict, const char *loaded, struct tally *tally)
{
	CLEANUP(cleanup_free) char *root = NULL;
	struct unit_options options = { .reader = source_reader_system, .dialect = t->dialect, .judge_host = true };
	bool refused = strcmp(verdict, "reject") == 0 || strcmp(verdict, "crash") == 0;
	const struct known *k = find_known(t->release, t->folder, file);
	unsigned taken, asked, ours, apart;
	char text[32];
	struct unit *u;

	if (asprintf(&root, "%.*s", (int)(strlen(path) - strlen(file) - 1), path) < 0)
		die("asprintf");
	options.root = root;
	if (unit_compile(path, &options, &u, NULL)) {
		result(false, "%s can be read", path);
		return;
	}
	tally->files++;
	tally->files_agree += refused == u->ir->file_refused;
	tally->files_excused += refused != u->ir->file_refused && k && k->measured;
	if (refused != u->ir->file_refused)
		report_difference(t, file, k, verdict, u->ir->file_refused ? "refused" : "not refused");
	if (t->conns && !refused && !u->ir->file_refused && sscanf(loaded, "%u/%u", &taken, &asked) == 2) {
		ours = count_loading(u, asked, &tally->unknown);
		apart = ours > taken ? ours - taken : taken - ours;
		tally->conns += asked;
		apart = apart < asked ? apart : asked;
		tally->conns_agree += asked - apart;
		tally->conns_excused += k && k->measured ? apart : 0;
		snprintf(text, sizeof(text), "%u/%u", ours, asked);
		if (apart)
			report_difference(t, file, k, loaded, text);
	}
	unit_free(u);
}

static void report_count(const struct target *t, const char *what, unsigned all, unsigned agree, unsigned excused)
{
	result(all && (agree + excused) * 100 >= all * FLOOR_PERCENT,
	       "%s: %s: of %u %s %u agree with the index, %u more are listed as measured otherwise", t->release, t->folder, all, what, agree, excused);
}

/* --- a folder -------------------------------------------------------------------------------------------------------------------- */

static void compare_folder(const char *corpus, const struct target *t, unsigned *conns, unsigned *unknown)
{
	CLEANUP(cleanup_free) char *index_path = NULL, *line = NULL, *header = NULL;
	CLEANUP(cleanup_fclose) FILE *file = NULL;
	struct index index = { .n = 0 };
	struct tally tally = { 0 };
	size_t size = 0, header_size = 0;

	if (asprintf(&index_path, "%s/%s/index.tsv", corpus, t->folder) < 0)
		die("asprintf");
	file = fopen(index_path, "r");
	if (!file || getline(&header, &header_size, file) < 0)
		die(index_path);
	index.n = split(header, index.columns);
	while (getline(&line, &size, file) >= 0) {
		CLEANUP(cleanup_free) char *path = NULL;
		char *fields[COLUMNS];
		size_t n = split(line, fields);
		const char *name = field(&index, fields, n, "file", "");
		const char *verdict = field(&index, fields, n, "verdict_", t->release);

		if (strcmp(field(&index, fields, n, "role", ""), "case") != 0 || !*verdict)
			continue;
		if (asprintf(&path, "%s/%s/%s", corpus, t->folder, name) < 0)
			die("asprintf");
		compare(t, path, name, verdict, field(&index, fields, n, "loaded_by_", t->release), &tally);
	}
	report_count(t, "files", tally.files, tally.files_agree, tally.files_excused);
	if (!t->conns)
		return;
	report_count(t, "conns", tally.conns, tally.conns_agree, tally.conns_excused);
	*conns += tally.conns;
	*unknown += tally.unknown;
}

int main(int argc, char **argv)
{
	static const struct target targets[] = {
		{ "4.10", "4.10", "libreswan-3.20", true }, { "4.10", "4.10", "libreswan-main", true }, { "4.10", "4.10", "wild", true },
		{ "main", "5.4", "libreswan-3.20", false }, { "main", "5.4", "libreswan-main", true }, { "main", "5.4", "wild", true },
		{ "3.20", "3.18", "libreswan-3.20", true }, { "3.20", "3.18", "wild", true },
	};
	const char *corpus = getenv("IPSECC_CORPUS");
	unsigned conns = 0, unknown = 0;

	show_differences = argc == 3 && strcmp(argv[1], "-d") == 0;
	if (argc < 2)
		die("usage: corpus_verdicts [-d] COMPATIBILITY.md");
	if (!corpus) {
		printf("ok 1 - verdicts of the shared corpus # SKIP IPSECC_CORPUS is not set\n1..1\n");
		return 0;
	}
	read_known(argv[argc - 1]);
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		bool last = i + 1 == sizeof targets / sizeof *targets || strcmp(targets[i].release, targets[i + 1].release) != 0;

		compare_folder(corpus, &targets[i], &conns, &unknown);
		if (!last)
			continue;
		result(unknown * 20 <= conns, "%s: of %u conns the verdict on %u is unknown, at most 5 %%", targets[i].release, conns, unknown);
		conns = unknown = 0;
	}
	for (size_t i = 0; i < known_count; i++)
		if (!known[i].used)
			result(false, "%s %s %s of docs/compatibility.md is a difference", known[i].release, known[i].folder, known[i].pattern);
	printf("1..%u\n", test_number);
	return failed_any;
}

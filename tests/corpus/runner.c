/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the real program on rule pages, cases and the shared corpus, and prints TAP. README.md here says what each must give. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <yaml.h>

#include "base/buf.h"
#include "base/cleanup.h"

#define SECONDS_PER_RUN		20
#define SANITIZER_STATUS	99
#define ARGUMENTS_MAX		32

static char *program, *top, scratch[] = "/tmp/ipsecc-corpus.XXXXXX";
static unsigned test_number;
static bool failed_any, update;

/* --- TAP --- */

static void result(bool ok, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* One line; a failure is explained in comment lines. */
static void result(bool ok, const char *name, const char *format, ...)
{
	CLEANUP(buf_release) struct buf why = { 0 };
	struct slice rest, line;
	va_list args;

	printf("%sok %u - %s\n", ok ? "" : "not ", ++test_number, name);
	if (ok)
		return;
	failed_any = true;
	va_start(args, format);
	buf_vprintf(&why, format, args);
	va_end(args);
	rest = buf_slice(&why);
	while (slice_split(&rest, "\n", &line))
		printf("# " SLICE_FMT "\n", SLICE_ARG(line));
}

_Noreturn static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *text_of(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		die("vasprintf");
	va_end(args);
	return text;
}

/* --- running the program --- */

struct outcome {
	int status;		/* exit status, or -1: a signal, or a sanitizer spoke */
	struct buf out, err;
};

static void outcome_release(struct outcome *o)
{
	buf_release(&o->out);
	buf_release(&o->err);
}

static void read_back(FILE *file, struct buf *into)
{
	char chunk[65536];
	size_t n;

	rewind(file);
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_add(into, chunk, n);
	fclose(file);
	if (!into->p)
		buf_add_str(into, "");
}

/* arguments[0] is left free for the program's name. The child ends by SIGALRM when it takes too long. */
static void run_program(const char *directory, const char **arguments, struct outcome *ret)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int status;
	pid_t child;

	if (!out || !err)
		die("tmpfile");
	*ret = (struct outcome){ 0 };
	arguments[0] = "ipsecc";
	fflush(stdout);
	child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		alarm(SECONDS_PER_RUN);
		if (chdir(directory) < 0 || dup2(fileno(out), 1) < 0 || dup2(fileno(err), 2) < 0)
			_exit(126);
		execv(program, (char **)arguments);
		_exit(127);
	}
	if (waitpid(child, &status, 0) < 0)
		die("waitpid");
	read_back(out, &ret->out);
	read_back(err, &ret->err);
	ret->status = WIFEXITED(status) && WEXITSTATUS(status) != SANITIZER_STATUS ? WEXITSTATUS(status) : -1;
	if (strstr(ret->err.p, "runtime error: ") || strstr(ret->err.p, "Sanitizer"))
		ret->status = -1;
	if (WIFSIGNALED(status))
		buf_printf(&ret->err, "\nended by signal %d\n", WTERMSIG(status));
}

/* Appends the blank-separated words of `text` (changed) to the arguments. */
static size_t add_words(const char **arguments, size_t n, char *text)
{
	for (char *word; text && (word = strsep(&text, " "));)
		if (*word && n < ARGUMENTS_MAX - 2)
			arguments[n++] = word;
	arguments[n] = NULL;
	return n;
}

static bool read_file(const char *path, struct buf *into)
{
	FILE *file = fopen(path, "r");

	if (!file)
		return false;
	read_back(file, into);
	return true;
}

/* The directories of the path are made when they are not there. */
static void write_file(const char *path, struct slice text)
{
	FILE *file;

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		CLEANUP(cleanup_free) char *directory = text_of("%.*s", (int)(slash - path), path);

		if (mkdir(directory, 0777) && errno != EEXIST)
			die(directory);
	}
	file = fopen(path, "w");

	if (!file || (text.n && fwrite(text.p, text.n, 1, file) != 1) || fclose(file))
		die(path);
}

/* --- rule pages --- */

/* The indented block of a section, or an empty slice. */
static struct slice page_section(struct slice page, const char *heading)
{
	const char *p = strstr(page.p, heading), *end;

	if (!p)
		return (struct slice){ "", 0 };
	p += strlen(heading);
	end = strstr(p, "\n## ");
	return (struct slice){ p, end ? (size_t)(end - p) : strlen(p) };
}

/* Writes the block without its indentation below `directory`; "# file: NAME" begins another file. */
static void write_snippet(struct slice section, const char *directory)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	CLEANUP(cleanup_free) char *path = text_of("%s/ipsec.conf", directory);
	struct slice line;

	buf_add_str(&text, "");
	while (slice_split(&section, "\n", &line)) {
		if (slice_starts(line, "    # file: ")) {
			write_file(path, buf_slice(&text));
			buf_clear(&text);
			free(path);
			path = text_of("%s/%.*s", directory, (int)line.n - 12, line.p + 12);
			continue;
		}
		if (!slice_starts(line, "    "))
			line = line.n ? (struct slice){ "", 0 } : line;
		else
			line = slice_sub(line, 4, line.n);
		if (line.n || text.n) {
			buf_add_slice(&text, line);
			buf_add_char(&text, '\n');
		}
	}
	write_file(path, buf_slice(&text));
}

static int remove_below(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st;
	(void)type;
	return place->level ? remove(path) : 0;
}

static void empty_directory(const char *directory)
{
	nftw(directory, remove_below, 8, FTW_DEPTH | FTW_PHYS);
}

/* Whether the outcome has a finding of the rule: by the JSON document of check, by the text of other commands. */
static bool has_rule(const struct outcome *o, const char *id)
{
	json_t *document = json_loads(o->out.p, 0, NULL), *finding;
	char tag[32];
	bool found = false;
	size_t i;

	snprintf(tag, sizeof(tag), "[%s]", id);
	json_array_foreach(json_object_get(document, "findings"), i, finding)
		found |= strcmp(json_string_value(json_object_get(finding, "rule")), id) == 0;
	json_decref(document);
	return found || strstr(o->err.p, tag);
}

static void run_snippet(const char *file, const char *id, struct slice section, const char *options, bool fires)
{
	CLEANUP(outcome_release) struct outcome o = { 0 };
	CLEANUP(cleanup_free) char *words = strdup(options);
	const char *arguments[ARGUMENTS_MAX];
	CLEANUP(cleanup_free) char *path = text_of("%s/ipsec.conf", scratch);
	CLEANUP(cleanup_free) char *root = text_of("--root=%s", scratch);
	CLEANUP(cleanup_free) char *name = text_of("%s: %s", file, fires ? "fires" : "is silent");
	bool compiles = strncmp(options, "compile ", 8) == 0;
	size_t n = 1;
	bool found;

	empty_directory(scratch);
	write_snippet(section, scratch);
	if (!compiles) {
		arguments[n++] = "check";
		arguments[n++] = "--format=json";
	}
	n = add_words(arguments, n, words);
	for (size_t i = 1; i < n; i++)
		if (strcmp(arguments[i], "--root=DIR") == 0)
			arguments[i] = root;
	arguments[n++] = path;
	arguments[n] = NULL;
	run_program(top, arguments, &o);
	found = has_rule(&o, id);
	result((o.status == 0 || o.status == 1) && found == fires, name, "%s, status %d\n%s%s",
	       found ? "has the finding" : "no such finding", o.status, o.out.n < 1500 ? o.out.p : "", o.err.p);
}

/* A field of the front matter, copied; NULL when it is not there. */
static char *page_field(struct slice page, const char *field)
{
	struct slice line;

	for (int n = 0; n < 16 && slice_split(&page, "\n", &line) && (n == 0 || !slice_eq_str(line, "---")); n++)
		if (slice_starts(line, field))
			return strndup(line.p + strlen(field), line.n - strlen(field));
	return NULL;
}

static void run_page(const char *path)
{
	CLEANUP(buf_release) struct buf page = { 0 };
	CLEANUP(cleanup_free) char *id = NULL, *options = NULL, *snippets = NULL;
	const char *file = strrchr(path, '/') + 1;

	if (!read_file(path, &page))
		die(path);
	id = page_field(buf_slice(&page), "id: ");
	options = page_field(buf_slice(&page), "options: ");
	snippets = page_field(buf_slice(&page), "snippets: ");
	if (snippets || !id)
		return;
	run_snippet(file, id, page_section(buf_slice(&page), "\n## Fires\n"), options ? options : "", true);
	run_snippet(file, id, page_section(buf_slice(&page), "\n## Silent\n"), options ? options : "", false);
}

/* --- cases --- */

struct test_case {
	const char *directory;		/* below tests/corpus */
	char *about, *options;
	long exit;
	struct buf findings;		/* "IC2003 at 14:9" lines */
};

static char *scalar(yaml_document_t *document, int index)
{
	yaml_node_t *node = yaml_document_get_node(document, index);

	return node && node->type == YAML_SCALAR_NODE ? strdup((const char *)node->data.scalar.value) : NULL;
}

static bool take_member(struct test_case *c, yaml_document_t *document, const yaml_node_pair_t *pair)
{
	CLEANUP(cleanup_free) char *key = scalar(document, pair->key);
	CLEANUP(cleanup_free) char *value = scalar(document, pair->value);
	yaml_node_t *list = yaml_document_get_node(document, pair->value);

	if (!key)
		return false;
	if (strcmp(key, "about") == 0 && value) {
		c->about = strdup(value);
	} else if (strcmp(key, "options") == 0 && value) {
		c->options = strdup(value);
	} else if (strcmp(key, "exit") == 0 && value) {
		c->exit = strtol(value, NULL, 10);
	} else if (strcmp(key, "findings") == 0 && list && list->type == YAML_SEQUENCE_NODE) {
		for (yaml_node_item_t *item = list->data.sequence.items.start; item < list->data.sequence.items.top; item++) {
			CLEANUP(cleanup_free) char *line = scalar(document, *item);

			buf_printf(&c->findings, "%s\n", line ? line : "?");
		}
	} else {
		return strcmp(key, "proves") == 0;
	}
	return true;
}

static bool read_manifest(const char *path, struct test_case *c)
{
	CLEANUP(cleanup_fclose) FILE *file = fopen(path, "r");
	yaml_parser_t parser;
	yaml_document_t document;
	yaml_node_t *root;
	bool ok;

	if (!file || !yaml_parser_initialize(&parser))
		return false;
	yaml_parser_set_input_file(&parser, file);
	ok = yaml_parser_load(&parser, &document);
	if (ok) {
		root = yaml_document_get_root_node(&document);
		ok = root && root->type == YAML_MAPPING_NODE;
		for (yaml_node_pair_t *pair = ok ? root->data.mapping.pairs.start : NULL;
		     ok && pair < root->data.mapping.pairs.top; pair++)
			ok = take_member(c, &document, pair);
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
	return ok && c->about && c->exit >= 0;
}

/* The findings of a check document as a manifest names them. */
static void list_findings(const char *text, struct buf *into)
{
	json_t *document = json_loads(text, 0, NULL), *f;
	size_t i;

	json_array_foreach(json_object_get(document, "findings"), i, f) {
		const char *file = json_string_value(json_object_get(f, "file"));

		buf_add_str(into, json_string_value(json_object_get(f, "rule")));
		if (file)
			buf_printf(into, " at %s%s%lld:%lld\n", strcmp(file, "input.conf") == 0 ? "" : file,
				   strcmp(file, "input.conf") == 0 ? "" : ":",
				   (long long)json_integer_value(json_object_get(f, "line")),
				   (long long)json_integer_value(json_object_get(f, "column")));
		else
			buf_add_char(into, '\n');
	}
	json_decref(document);
}

static void check_findings(const struct test_case *c, const char *directory)
{
	CLEANUP(outcome_release) struct outcome o = { 0 };
	CLEANUP(buf_release) struct buf seen = { 0 };
	CLEANUP(cleanup_free) char *words = c->options ? strdup(c->options) : NULL;
	const char *arguments[ARGUMENTS_MAX] = { NULL, "check", "--format=json" };
	CLEANUP(cleanup_free) char *name = text_of("%s: %s", c->directory, c->about);
	size_t n = add_words(arguments, 3, words);
	bool same;

	arguments[n++] = "input.conf";
	arguments[n] = NULL;
	run_program(directory, arguments, &o);
	list_findings(o.out.p, &seen);
	same = slice_eq(buf_slice(&seen), buf_slice(&c->findings));
	result(same && o.status == c->exit, name, "status %d, expected %ld\nfindings:\n%sexpected:\n%s%s", o.status, c->exit,
	       seen.p ? seen.p : "", c->findings.p ? c->findings.p : "", o.err.p);
}

struct golden {
	const char *file, *command;
	bool compiles, standard_error, plain;	/* plain: without the options of the case */
};

static const struct golden goldens[] = {
	{ .file = "human.txt", .command = "check --color=never" },
	{ .file = "findings.json", .command = "check --format=json" },
	{ .file = "show.txt", .command = "show --origin" },
	{ .file = "formatted.conf", .command = "fmt", .plain = true },
	{ .file = "plan.json", .command = "compile --target=json", .compiles = true },
	{ .file = "xfrm.txt", .command = "compile --target=xfrm", .compiles = true },
	{ .file = "route.txt", .command = "compile --target=xfrm --phase=route", .compiles = true },
	{ .file = "pfkey.txt", .command = "compile --target=pfkey", .compiles = true },
	{ .file = "whack.sh", .command = "compile --target=whack", .compiles = true },
	{ .file = "errors.txt", .command = "compile --target=json", .compiles = true, .standard_error = true },
};

static void show_difference(const char *golden, struct slice seen, struct buf *into)
{
	CLEANUP(cleanup_free) char *path = text_of("%s/seen", scratch);
	CLEANUP(cleanup_free) char *command = text_of("diff -u '%s' '%s' | tail -n +3 | head -n 60", golden, path);
	char chunk[4096];
	FILE *diff;
	size_t n;

	write_file(path, seen);
	diff = popen(command, "r");
	while (diff && (n = fread(chunk, 1, sizeof(chunk), diff)) > 0)
		buf_add(into, chunk, n);
	if (diff)
		pclose(diff);
}

static void check_golden(const struct test_case *c, const char *directory, const struct golden *g)
{
	CLEANUP(outcome_release) struct outcome o = { 0 };
	CLEANUP(buf_release) struct buf expected = { 0 }, difference = { 0 };
	CLEANUP(cleanup_free) char *command = strdup(g->command);
	CLEANUP(cleanup_free) char *words = c->options && !g->plain ? strdup(c->options) : NULL;
	CLEANUP(cleanup_free) char *path = text_of("%s/%s", directory, g->file);
	CLEANUP(cleanup_free) char *name = text_of("%s: %s", c->directory, g->file);
	CLEANUP(cleanup_free) char *facts = text_of("%s/host.json", directory);
	const char *arguments[ARGUMENTS_MAX];
	const struct buf *seen;
	size_t n;

	if (!read_file(path, &expected))
		return;
	n = add_words(arguments, 1, command);
	n = add_words(arguments, n, words);
	if (g->compiles)
		arguments[n++] = access(facts, R_OK) == 0 ? "--host-facts=host.json" : "--host-facts=../../host.json";
	arguments[n++] = "input.conf";
	arguments[n] = NULL;
	run_program(directory, arguments, &o);
	seen = g->standard_error ? &o.err : &o.out;
	if (update)
		write_file(path, buf_slice(seen));
	else if (!slice_eq(buf_slice(&expected), buf_slice(seen)))
		show_difference(path, buf_slice(seen), &difference);
	result((o.status == 0 || o.status == 1) && !difference.n, name, "status %d\n%s%s", o.status,
	       difference.p ? difference.p : "", g->standard_error ? "" : o.err.p);
}

static void run_case(const char *path)
{
	struct test_case c = { .directory = strstr(path, "tests/corpus/") + strlen("tests/corpus/"), .exit = -1 };
	CLEANUP(cleanup_free) char *manifest = text_of("%s/case.yaml", path);

	if (!read_manifest(manifest, &c)) {
		result(false, c.directory, "%s: no case.yaml with about, exit and known members", manifest);
	} else {
		check_findings(&c, path);
		for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]); i++)
			check_golden(&c, path, &goldens[i]);
	}
	free(c.about);
	free(c.options);
	buf_release(&c.findings);
}

/* --- the shared corpus --- */

/* Every file of one index: ends in time with 0 or 1, and the document is JSON. */
static void run_index(const char *index)
{
	CLEANUP(buf_release) struct buf table = { 0 }, bad = { 0 };
	CLEANUP(cleanup_free) char *root = text_of("%.*s", (int)(strrchr(index, '/') - index), index);
	CLEANUP(cleanup_free) char *option = text_of("--root=%s", root);
	CLEANUP(cleanup_free) char *name = NULL;
	unsigned count = 0, wrong = 0;
	struct slice rest, line, field, path;

	if (!read_file(index, &table))
		die(index);
	rest = buf_slice(&table);
	slice_split(&rest, "\n", &line);
	while (slice_split(&rest, "\n", &line)) {
		CLEANUP(outcome_release) struct outcome o = { 0 };
		CLEANUP(buf_release) struct buf file = { 0 };
		const char *arguments[] = { NULL, "check", "--format=json", option, NULL, NULL };
		json_t *document;

		if (!slice_split(&line, "\t", &field) || !slice_split(&line, "\t", &path))
			continue;
		buf_printf(&file, "%s/" SLICE_FMT, root, SLICE_ARG(path));
		arguments[4] = file.p;
		run_program(root, arguments, &o);
		document = json_loads(o.out.p, 0, NULL);
		count++;
		if ((o.status != 0 && o.status != 1) || !document) {
			wrong++;
			buf_printf(&bad, SLICE_FMT ": status %d%s\n%.400s", SLICE_ARG(path), o.status, document ? "" : ", no JSON",
				   o.err.p);
		}
		json_decref(document);
	}
	name = text_of("%u files of %s end with a verdict", count, strrchr(root, '/') + 1);
	result(!wrong && count, name, "%u of %u:\n%.8000s", wrong, count, bad.p ? bad.p : "");
}

static void for_each(const char *pattern, void (*run)(const char *path))
{
	glob_t found;

	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			run(found.gl_pathv[i]);
	globfree(&found);
}

static void run_shared(void)
{
	const char *corpus = getenv("IPSECC_CORPUS");
	CLEANUP(cleanup_free) char *pattern = corpus ? text_of("%s/*/index.tsv", corpus) : NULL;

	if (!corpus) {
		printf("ok %u - every file of the shared corpus # SKIP IPSECC_CORPUS is not set\n", ++test_number);
		return;
	}
	for_each(pattern, run_index);
}

static void run_case_of_manifest(const char *manifest)
{
	CLEANUP(cleanup_free) char *path = text_of("%.*s", (int)(strrchr(manifest, '/') - manifest), manifest);

	run_case(path);
}

static void run_cases(const char *below)
{
	CLEANUP(cleanup_free) char *pattern = text_of("%s/%s/case.yaml", top, below);

	for_each(pattern, run_case_of_manifest);
}

int main(int argc, char **argv)
{
	const char *build = getenv("BUILD");
	char *path = text_of("%s/ipsecc", build ? build : "build");

	program = realpath(path, NULL);
	top = getcwd(NULL, 0);
	if (!program || !top || !mkdtemp(scratch))
		die(path);
	setenv("ASAN_OPTIONS", "exitcode=99", 1);
	setenv("UBSAN_OPTIONS", "exitcode=99:print_stacktrace=1", 1);
	update = argc > 1 && strcmp(argv[1], "--update") == 0;
	for (int i = 1 + update; i < argc; i++)
		run_cases(argv[i]);
	if (argc == 1 + update)
		run_cases("tests/corpus/*/*");
	if (argc == 1) {
		for_each("docs/rules/*.md", run_page);
		run_shared();
	}
	empty_directory(scratch);
	rmdir(scratch);
	free(path);
	free(program);
	free(top);
	printf("1..%u\n", test_number);
	return failed_any || !test_number;
}

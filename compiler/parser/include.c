/* SPDX-License-Identifier: Apache-2.0 */
/* include.c -- which files an include line means (L-060 ... L-071, S-008 ... S-014), and what keeps them from being read. */
#include "compiler/parser/parse.h"

#include <errno.h>

#include "base/limits.h"

static bool is_pattern(struct slice name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] && strchr("*?[{", name.p[i]))
			return true;
	return false;
}

static void cycle(struct parser *p, const struct source_match *m, int again)
{
	struct finding *f = diag_report(p->diag, RULE_INCLUDE_CYCLE, p->include.span, "%s includes itself", m->path);
	int i = p->file;

	for (; i != again && i >= 0; i = p->sources->files.v[i].parent)
		diag_related(p->diag, f, p->sources->files.v[i].included_from, "which is how this line came in");
	diag_note(p->diag, f, "libreswan 3 crashes, later releases read it ten times; here it is read once");
	diag_help(p->diag, f, "remove the line, or name the other files in it one by one");
}

static void too_deep(struct parser *p, const struct source_match *m)
{
	struct finding *f = diag_report(p->diag, RULE_INCLUDE_TOO_DEEP, p->include.span,
					"%s would be the %uth file inside each other", m->path, LIMIT_INCLUDE_DEPTH + 1);

	diag_note(p->diag, f, "libreswan 3 crashes, later releases leave it out");
}

static void pipe_included(struct parser *p, const struct source_match *m)
{
	struct finding *f = diag_report(p->diag, RULE_INCLUDE_UNREADABLE, p->include.span, "%s is a pipe, and is not read",
					m->path);

	diag_note(p->diag, f, "libreswan waits until its far end has written everything");
}

static void unreadable(struct parser *p, const struct source_match *m, int error)
{
	struct finding *f;

	if (error == -EISDIR) {
		f = diag_report(p->diag, RULE_INCLUDE_DIRECTORY, p->include.span, "%s is a directory", m->path);
		diag_note(p->diag, f, "every release stops there and loads nothing");
		diag_help(p->diag, f, "write '%s/*.conf'", m->path);
	} else if (error == -EFBIG || error == -EMFILE) {
		f = diag_report(p->diag, RULE_INCLUDE_TOO_MUCH, p->include.span, "%s is not read: more than %u files or %u MiB",
				m->path, LIMIT_FILES, LIMIT_FILE_BYTES >> 20);
		diag_note(p->diag, f, "the limits keep a mistaken pattern from filling the memory");
	} else {
		f = diag_report(p->diag, RULE_INCLUDE_UNREADABLE, p->include.span, "cannot read %s: %s", m->path, strerror(-error));
		diag_note(p->diag, f, "every release refuses the whole configuration");
	}
}

static void read_match(struct parser *p, const struct source_match *m)
{
	struct source_id id = { 0 };
	const char *key = NULL;
	struct finding *f;
	void *before;
	int index;

	if (p->sources->reader.identify(p->sources->reader.context, m->opened, &id) == 0) {
		index = sources_reading(p->sources, p->file, id);
		if (index >= 0) {
			cycle(p, m, index);
			return;
		}
		if (id.is_pipe) {
			pipe_included(p, m);
			return;
		}
		key = arena_printf(p->arena, "%llx:%llx", (unsigned long long)id.device, (unsigned long long)id.inode);
	}
	if (p->sources->files.v[p->file].depth + 1 >= LIMIT_INCLUDE_DEPTH) {
		too_deep(p, m);
		return;
	}
	before = key ? map_get(&p->included, slice_of(key)) : NULL;
	if (before) {
		f = diag_report(p->diag, RULE_INCLUDE_TWICE, p->include.span, "%s is included a second time", m->path);
		diag_related(p->diag, f, p->sources->files.v[(uintptr_t)before - 1].included_from, "the first time");
		diag_note(p->diag, f, "libreswan reads it again, so every conn in it exists twice; here it is read once");
		return;
	}
	index = sources_add_match(p->sources, m, p->include_line);
	if (index < 0) {
		unreadable(p, m, index);
		return;
	}
	if (key)
		map_set(&p->included, slice_of(key), (void *)(uintptr_t)(index + 1));
	parser_read_file(p, index);
}

/* --- names -------------------------------------------------------------------------------------------------------------------- */

static void nothing_found(struct parser *p, struct slice name, int error)
{
	struct finding *f;

	if (error == -E2BIG)
		f = diag_report(p->diag, RULE_INCLUDE_TOO_MUCH, p->include.span, "the pattern stands for too many names");
	else if (error)
		f = diag_report(p->diag, RULE_INCLUDE_UNREADABLE, p->include.span, "cannot look for '" SLICE_FMT "': %s",
				SLICE_ARG(name), strerror(-error));
	else if (is_pattern(name))
		f = diag_report(p->diag, RULE_INCLUDE_MATCHES_NOTHING, p->include.span, "no file matches '" SLICE_FMT "'",
				SLICE_ARG(name));
	else
		f = diag_report(p->diag, RULE_INCLUDE_NOT_FOUND, p->include.span, "there is no file '" SLICE_FMT "'",
				SLICE_ARG(name));
	if (error == -E2BIG)
		diag_help(p->diag, f, "use wildcards in at most %u parts of the path, and as many pairs of braces, where there are "
			  "few names",
			  LIMIT_GLOB_PARTS);
	else
		diag_note(p->diag, f, "libreswan goes on without it");
}

static bool same_files(const struct parser *p, const struct source_matches *a, const struct source_matches *b)
{
	const struct source_reader *r = &p->sources->reader;
	struct source_id x, y;

	if (a->list.n != b->list.n)
		return false;
	return a->list.n == 0 ||
	       (r->identify(r->context, a->list.v[0].opened, &x) == 0 && r->identify(r->context, b->list.v[0].opened, &y) == 0 &&
		source_id_eq(x, y));
}

/* S-010 says the including file's directory, every release takes the process's own (L-063): where the two differ the user must
 * know. */
static void compare_directories(struct parser *p, struct slice name, struct source_matches *matches)
{
	const struct source_file *file = &p->sources->files.v[p->file];
	struct source_matches here;
	struct finding *f;

	if (name.p[0] == '/' || p->sources->root || !strchr(file->path, '/') || sources_glob(p->sources, -1, name, &here) ||
	    same_files(p, matches, &here))
		return;
	f = diag_report(p->diag, RULE_INCLUDE_RELATIVE, p->include.span,
			"'" SLICE_FMT "' depends on the directory libreswan runs in", SLICE_ARG(name));
	if (matches->list.n == 0) {
		*matches = here;
		diag_note(p->diag, f, "it exists in the current directory, not beside %s; ipsec.conf(5) promises the latter",
			  file->path);
	} else {
		if (here.list.n == 0)
			diag_set_severity(p->diag, f, SEVERITY_NOTE);
		diag_note(p->diag, f, "here it is %s, as ipsec.conf(5) promises; every release looks in its current directory",
			  matches->list.v[0].path);
	}
	diag_help(p->diag, f, "write the whole path");
}

/* --- what a pattern leaves out ------------------------------------------------------------------------------------------------ */

#define LEFT_OUT_SHOWN	3u

static struct slice last_part(struct slice path)
{
	const char *slash = memrchr(path.p, '/', path.n);

	return slash ? slice_sub(path, (size_t)(slash - path.p) + 1, path.n) : path;
}

static bool slice_ends_nocase(struct slice s, struct slice end)
{
	return s.n >= end.n && strncasecmp(s.p + s.n - end.n, end.p, end.n) == 0;
}

/* Whether somebody may take the file for a part of the configuration: "vpn.conf.bak", "vpn.CONF" and "vpn.cfg" beside "*.conf". */
static bool looks_included(struct slice name, struct slice suffix)
{
	static const char *const others[] = { ".conf", ".cfg", ".config", ".cnf", ".conn" };

	if (slice_ends_nocase(name, SLICE(".d")))		/* a directory */
		return false;
	for (size_t i = 0; i + suffix.n <= name.n; i++)
		if (strncasecmp(name.p + i, suffix.p, suffix.n) == 0)
			return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (slice_ends_nocase(name, slice_of(others[i])))
			return true;
	return false;
}

static bool is_match(const struct source_matches *matches, const char *path)
{
	for (size_t i = 0; i < matches->list.n; i++)
		if (strcmp(matches->list.v[i].path, path) == 0)
			return true;
	return false;
}

/* The end that all names have that the pattern takes, when it is one like "*.conf" in a directory that it names; else empty. */
static struct slice suffix_of(struct slice pattern)
{
	struct slice last = last_part(pattern), none = { NULL, 0 };

	if (last.n < 3 || last.p[0] != '*' || last.p[1] != '.' || is_pattern(slice_sub(last, 1, last.n)) ||
	    is_pattern(slice_sub(pattern, 0, pattern.n - last.n)))
		return none;
	return slice_sub(last, 1, last.n);
}

static void look_for_left_out(struct parser *p, struct slice pattern, const struct source_matches *matches)
{
	struct slice suffix = suffix_of(pattern), all = slice_sub(pattern, 0, pattern.n - suffix.n);
	struct source_matches there;
	const char *names = NULL;
	unsigned n = 0;
	struct finding *f;

	if (!suffix.n || sources_glob(p->sources, p->file, all, &there))
		return;
	for (size_t i = 0; i < there.list.n; i++) {
		struct slice name = last_part(slice_of(there.list.v[i].path));

		if (!looks_included(name, suffix) || is_match(matches, there.list.v[i].path) || n++ >= LEFT_OUT_SHOWN)
			continue;
		names = arena_printf(p->arena, "%s%s'" SLICE_FMT "'", names ? names : "", names ? ", " : "", SLICE_ARG(name));
	}
	if (!n)
		return;
	f = diag_report(p->diag, RULE_INCLUDE_LEAVES_OUT, p->include.span, "'" SLICE_FMT "' leaves out %s%s", SLICE_ARG(pattern),
			names,
			n > LEFT_OUT_SHOWN ? " and others" : "");
	diag_note(p->diag, f, "their names do not end in '" SLICE_FMT "'", SLICE_ARG(suffix));
}

void include_read(struct parser *p)
{
	struct slice name = p->include.text;
	struct syntax_section *section = p->section;
	struct span cut = p->cut;
	bool skipping = p->skipping;
	struct source_matches matches;
	int error = sources_glob(p->sources, p->file, name, &matches);

	if (!error)
		compare_directories(p, name, &matches);
	if (error || matches.list.n == 0)
		nothing_found(p, name, error);
	else
		look_for_left_out(p, name, &matches);
	for (size_t i = 0; i < matches.list.n; i++) {
		struct token include = p->include;
		struct span line = p->include_line;

		p->include.kind = 0;
		read_match(p, &matches.list.v[i]);
		p->include = include;
		p->include_line = line;
		parser_set_section(p, section);		/* what follows, here or in the next file, is about this one (L-068) */
		p->cut = cut;
		p->skipping = skipping;
	}
	p->include.kind = 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What decides which findings count, and what is done about them, as an editor would use it by the library: policies, comments with
 * a last day, project file, baseline, fixes, diffs. Memory may run out anywhere. */
#include "compiler/baseline.h"
#include "compiler/fix.h"
#include "diag/text_diff.h"
#include "include/ipsecc.h"

#include "base/cleanup.h"
#include "tests/unit/memory_files.h"
#include "tests/unit/tap.h"

static struct unit_options options_for(struct front *f, const struct memory_file *files)
{
	*f = (struct front){ .files = files };
	return (struct unit_options){ .reader = { f, memory_read, memory_glob, memory_identify }, .dialect = "4.10" };
}

static void free_unit(struct unit **u)
{
	unit_free(*u);
}

/* "IC2003 IC3105": what is in sight. */
static const char *rules_of(const struct unit *u, struct buf *out)
{
	buf_clear(out);
	for (size_t i = 0; i < u->diag.findings.n; i++)
		buf_printf(out, "%s%s", i ? " " : "", rule_table[u->diag.findings.v[i]->rule].id);
	return out->p && out->n ? out->p : "";
}

#define TWICE "conn a\n\tleft=192.0.2.1\n\tright=192.0.2.9\n\tauthby=secret\n\trightid=@a\n"

/* --- weights ------------------------------------------------------------------------------------------------------------------ */

START_TEST(longer_selectors_win)
{
	struct policy p = { 0 }, over = { 0 };

	ck_assert(policy_set(&p, SLICE("IC2003"), POLICY_WARNING));
	ck_assert(policy_set(&p, SLICE("ic20"), POLICY_IGNORE));
	ck_assert_int_eq(p.level[RULE_DUPLICATE_KEYWORD], POLICY_WARNING);
	ck_assert_int_eq(p.level[RULE_UNKNOWN_KEYWORD], POLICY_IGNORE);
	ck_assert(policy_set(&p, SLICE("Duplicate-Keyword"), POLICY_ERROR));
	ck_assert_int_eq(p.level[RULE_DUPLICATE_KEYWORD], POLICY_ERROR);
	ck_assert(!policy_set(&p, SLICE("IC98"), POLICY_ERROR));
	ck_assert(!policy_set(&p, SLICE("I"), POLICY_ERROR));
	ck_assert(!policy_set(&p, SLICE(""), POLICY_ERROR));
	ck_assert(!policy_set(&p, SLICE("IC20030"), POLICY_ERROR));
	ck_assert(policy_set(&over, SLICE("IC"), POLICY_WARNING));
	policy_lay_over(&p, &over);
	ck_assert_int_eq(p.level[RULE_DUPLICATE_KEYWORD], POLICY_WARNING);
	ck_assert_int_eq(p.level[RULE_REFUSAL_HIDDEN], POLICY_AS_IT_IS);
}
END_TEST

/* --- comments ----------------------------------------------------------------------------------------------------------------- */

static const char *found_on(const char *today, struct buf *out)
{
	static const struct memory_file files[] = {
		{ .path = "a.conf", .text = TWICE "\trightid=@b # ipsecc: ignore IC2003 until 2026-11-24 -- x\n" }, { 0 },
	};
	struct front f;
	struct unit_options options = options_for(&f, files);
	CLEANUP(free_unit) struct unit *u = NULL;

	options.today = today;
	ck_assert_int_eq(unit_compile("a.conf", &options, &u, NULL), 0);
	return rules_of(u, out);
}

START_TEST(the_last_day_is_included)
{
	CLEANUP(buf_release) struct buf out = { 0 };

	ck_assert_str_eq(found_on("2026-11-23", &out), "IC1507");
	ck_assert_str_eq(found_on("2026-11-24", &out), "IC1507");
	ck_assert_str_eq(found_on("2026-11-25", &out), "IC2003 IC1504");
	ck_assert_str_eq(found_on("2027-01-01", &out), "IC2003 IC1504");
	ck_assert_str_eq(found_on(NULL, &out), "IC1507");
}
END_TEST

/* A section of another file with the same name: what is said about the conn there is hidden too, by its also=. */
START_TEST(a_section_speaks_for_its_conn_elsewhere)
{
	static const struct memory_file files[] = {
		{ .path = "a.conf", .text = "conn a\n\t# ipsecc: ignore-section IC4017 -- x\n\tleft=192.0.2.1\n\tright=192.0.2.9\n"
			"\tauthby=secret\n\talso=base\n\tauto=add\ninclude b.conf\n" },
		{ .path = "b.conf",
			.text = "config setup\n\tikev1-policy=accept\nconn base\n\tikev2=no\n\tdpdaction=hold\n\tdpddelay=30\n"
			"\tdpdtimeout=3\n" }, { 0 },
	};
	struct front f;
	struct unit_options options = options_for(&f, files);
	CLEANUP(free_unit) struct unit *u = NULL;
	CLEANUP(buf_release) struct buf out = { 0 };

	ck_assert_int_eq(unit_compile("a.conf", &options, &u, NULL), 0);
	ck_assert_uint_eq(u->diag.hidden_counts[HIDDEN_BY_COMMENT], 1);
	ck_assert_ptr_null(strstr(rules_of(u, &out), "IC4017"));
	ck_assert_ptr_null(strstr(rules_of(u, &out), "IC1503"));
}
END_TEST

/* --- project file ------------------------------------------------------------------------------------------------------------- */

#define PROJECT "dialect: 4.10\nsecrets: keys/x\nignore: [IC20, bad-boolean]\n" \
	"overrides:\n  - files: [old/*, '?.conf']\n    error: IC2003\n    root: /r\n  - files: '*d/x.conf'\n    dialect: '5.4'\n"

START_TEST(settings_of_a_file)
{
	static const struct memory_file files[] = { { .path = "site/.ipsecc.yaml", .text = PROJECT }, { 0 } };
	struct project_settings s;
	struct project *p;
	struct front f;

	options_for(&f, files);
	ck_assert_int_eq(project_read("site/.ipsecc.yaml", (struct source_reader){ &f, memory_read, memory_glob, memory_identify },
				      &p), 0);
	ck_assert_uint_eq(p->diag.findings.n, 0);
	project_settings_for(p, "main.conf", &s);
	ck_assert_str_eq(s.secrets, "site/keys/x");
	ck_assert_ptr_null(s.root);
	ck_assert_int_eq(s.policy.level[RULE_DUPLICATE_KEYWORD], POLICY_IGNORE);
	project_settings_for(p, "old/deep/x.conf", &s);
	ck_assert_str_eq(s.root, "/r");
	ck_assert_str_eq(s.dialect, "4.10");
	ck_assert_int_eq(s.policy.level[RULE_DUPLICATE_KEYWORD], POLICY_ERROR);
	ck_assert_int_eq(s.policy.level[RULE_UNKNOWN_KEYWORD], POLICY_IGNORE);
	project_settings_for(p, "old/x.conf", &s);
	ck_assert_str_eq(s.dialect, "5.4");
	project_settings_for(p, "a.conf", &s);
	ck_assert_str_eq(s.root, "/r");
	project_free(p);
}
END_TEST

static const char *found_above(const struct memory_file *files, const char *directory)
{
	static char text[100];
	CLEANUP(cleanup_free) char *path = NULL;
	struct front f;
	struct unit_options options = options_for(&f, files);

	ck_assert_int_eq(project_find(&options.reader, directory, &path), 0);
	snprintf(text, sizeof(text), "%s", path ? path : "none");
	return text;
}

START_TEST(looked_for_upwards)
{
	static const struct memory_file files[] = {
		{ .path = "/.ipsecc.yaml", .text = "" }, { .path = "/a/.ipsecc.yaml", .text = "" }, { .path = "/r/.git",
			.text = "" },
		{ .path = "/a/b/.git", .text = "" }, { .path = "/a/b/.ipsecc.yaml", .text = "" }, { 0 },
	};

	ck_assert_str_eq(found_above(files, "/a/c/d"), "/a/.ipsecc.yaml");
	ck_assert_str_eq(found_above(files, "/a/b/c/"), "/a/b/.ipsecc.yaml");
	ck_assert_str_eq(found_above(files, "/x"), "/.ipsecc.yaml");
	ck_assert_str_eq(found_above(files, "/"), "/.ipsecc.yaml");
	ck_assert_str_eq(found_above(files, "/r/x"), "none");
}
END_TEST

/* --- fixes -------------------------------------------------------------------------------------------------------------------- */

static const struct memory_file broken[] = {
	{ .path = "a.conf", .text = "include b.conf\ninclude b.conf\nconn a\nleft-id=@x\n\tleft=192.0.2.1\n\talso=base\n" },
	{ .path = "b.conf", .text = "conn base\n\tright-id=@y\nauthby=secret\n" }, { 0 },
};

static struct slice text_in(const struct fixer *f, const char *path)
{
	for (size_t i = 0; i < f->files.n; i++)
		if (strcmp(f->files.v[i]->path, path) == 0)
			return f->files.v[i]->now;
	return (struct slice){ 0 };
}

/* What touches waits for a round, what is included twice is fixed once. */
START_TEST(fixes_in_rounds)
{
	struct front front;
	struct unit_options options = options_for(&front, broken);
	CLEANUP(free_unit) struct unit *u = NULL;
	struct fix_result result;
	const char *failed;
	struct fixer f;

	fixer_init(&f, options.reader);
	ck_assert_int_eq(fixer_run(&f, "a.conf", &options, &u, &result, &failed), 0);
	ck_assert(slice_eq_str(text_in(&f, "a.conf"),
			       "include b.conf\ninclude b.conf\nconn a\n\tleftid=@x\n\tleft=192.0.2.1\n\talso=base\n"));
	ck_assert(slice_eq_str(text_in(&f, "b.conf"), "conn base\n\trightid=@y\n\tauthby=secret\n"));
	ck_assert_uint_eq(result.fixes, 4);
	ck_assert(!result.unfinished && !result.undone);
	fixer_release(&f);
}
END_TEST

static bool never(void *context, const char *path)
{
	(*(unsigned *)context)++;
	return strcmp(path, "b.conf") != 0;
}

START_TEST(locked_files_are_asked_for_once)
{
	struct front front;
	struct unit_options options = options_for(&front, broken);
	CLEANUP(free_unit) struct unit *u = NULL;
	struct fix_result result;
	unsigned asked = 0;
	const char *failed;
	struct fixer f;

	fixer_init(&f, options.reader);
	f.may_change = never;
	f.context = &asked;
	ck_assert_int_eq(fixer_run(&f, "a.conf", &options, &u, &result, &failed), 0);
	ck_assert(slice_eq_str(text_in(&f, "b.conf"), broken[1].text));
	ck_assert_uint_eq(asked, 2);
	fixer_release(&f);
}
END_TEST

/* --- diffs -------------------------------------------------------------------------------------------------------------------- */

/* Both texts are in the diff, and equal neighbours are not given away. */
static void check_diff(const char *before, const char *after, const char *fates)
{
	CLEANUP(buf_release) struct buf old = { 0 };
	CLEANUP(buf_release) struct buf new = { 0 };
	CLEANUP(buf_release) struct buf seen = { 0 };
	struct text_diff d;
	struct arena a;

	arena_init(&a);
	text_diff_make(&a, slice_of(before), slice_of(after), &d);
	for (size_t i = 0; i < d.lines.n; i++) {
		const struct diff_line *l = &d.lines.v[i];

		buf_add_char(&seen, (char)l->fate);
		if (l->fate != LINE_ADDED)
			buf_printf(&old, SLICE_FMT "%s", SLICE_ARG(l->text), l->unended ? "" : "\n");
		if (l->fate != LINE_REMOVED)
			buf_printf(&new, SLICE_FMT "%s", SLICE_ARG(l->text), l->unended ? "" : "\n");
	}
	ck_assert(slice_eq_str(buf_slice(&old), before) && slice_eq_str(buf_slice(&new), after));
	if (fates)
		ck_assert(slice_eq_str(buf_slice(&seen), fates));
	arena_release(&a);
}

START_TEST(the_shortest_diff)
{
	check_diff("a\nb\nc\n", "a\nb\nc\n", "   ");
	check_diff("", "a\n", "+");
	check_diff("a\nb\n", "", "--");
	check_diff("a\nb\nc\nd\n", "a\nx\nc\nd\ny\n", " -+  +");
	check_diff("a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n", "-- +  - +");	/* Myers' own example: five differences */
	check_diff("a\nb", "a\nb\n", " -+");
	for (unsigned seed = 1; seed < 500; seed++) {
		char texts[2][64] = { "", "" };
		unsigned state = seed;

		for (int t = 0; t < 2; t++)
			for (int i = 0; i < 12; i++) {
				state = state * 1103515245 + 12345;
				if (state >> 28)
					snprintf(texts[t] + strlen(texts[t]), 4, "%c\n", 'a' + (int)(state >> 24) % 4);
			}
		check_diff(texts[0], texts[1], NULL);
	}
}
END_TEST

/* More differences than are searched: each change stays a change of its line. */
START_TEST(many_differences)
{
	CLEANUP(buf_release) struct buf before = { 0 };
	CLEANUP(buf_release) struct buf after = { 0 };
	CLEANUP(buf_release) struct buf fates = { 0 };

	for (int i = 0; i < 3000; i++) {
		buf_printf(&before, "line %d\n\tsame\nold %d\n", i, i);
		buf_printf(&after, "line %d\n\tsame\n%s", i, i % 2 ? "new\n" : "");
		buf_add_str(&fates, i % 2 ? "  -+" : "  -");
	}
	buf_add_str(&before, "end");
	buf_add_str(&after, "end");
	buf_add_str(&fates, " ");
	buf_add_char(&fates, '\0');
	ck_assert(!buf_failed(&before) && !buf_failed(&after) && !buf_failed(&fates));
	check_diff(before.p, after.p, fates.p);
	check_diff(before.p, "", NULL);
	check_diff(after.p, before.p, NULL);
}
END_TEST

/* --- memory ------------------------------------------------------------------------------------------------------------------- */

static const struct memory_file all[] = {
	{ .path = "a.conf",
		.text = "# ipsecc: ignore-file IC3105 -- x\n" TWICE "\trightid=@b # ipsecc: ignore IC2003 until 2020-01-01\n"
		"left-id=@c\n\tleftsubnet=10.0.0.0/33\n" },
	{ .path = ".ipsecc.yaml", .text = PROJECT "bad: [1]\n" },
	{ .path = "b.json",
		.text = "{\"version\": 1, \"kind\": \"ipsecc-baseline\", \"findings\": [{\"file\": \"a.conf\", "
			"\"rule\": \"IC2003\", "
		"\"fingerprint\": \"55450420e37e0995305f3ea9e6131cf3\"}]}" }, { 0 },
};

/* One run through everything; -ENOMEM or 0. */
static int everything(void)
{
	struct policy policy = { 0 };
	struct fix_result result;
	struct front front;
	struct unit_options options = options_for(&front, all);
	CLEANUP(free_unit) struct unit *u = NULL;
	struct project *project;
	struct baseline *baseline;
	const char *failed;
	struct fixer f;
	int r;

	policy_set(&policy, SLICE("IC2"), POLICY_WARNING);
	options.policy = &policy;
	options.today = "2026-11-24";
	r = project_read(".ipsecc.yaml", options.reader, &project);
	if (r)
		return r;
	project_free(project);
	fixer_init(&f, options.reader);
	r = fixer_run(&f, "a.conf", &options, &u, &result, &failed);
	fixer_release(&f);
	if (r)
		return r;
	r = baseline_read("b.json", "/", options.reader, false, &baseline);
	if (r)
		return r;
	r = baseline_compare(baseline, u, "/", true);
	baseline_free(baseline);
	return r;
}

/* Whatever allocation fails, the answer is -ENOMEM, without a leak (the sanitizer build sees those). */
START_TEST(every_allocation_may_fail)
{
	uint64_t n = 0;
	int r;

	ck_assert_int_eq(everything(), 0);
	do {
		arena_fail_at(++n);
		r = everything();
		ck_assert_int_eq(r, arena_failure_reached() ? -ENOMEM : 0);
	} while (arena_failure_reached());
	arena_fail_at(0);
	ck_assert_uint_gt(n, 20);
}
END_TEST

TAP_MAIN("manners", longer_selectors_win, the_last_day_is_included, a_section_speaks_for_its_conn_elsewhere, settings_of_a_file,
	 looked_for_upwards, fixes_in_rounds, locked_files_are_asked_for_once, the_shortest_diff, many_differences,
	 every_allocation_may_fail)

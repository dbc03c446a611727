/* SPDX-License-Identifier: Apache-2.0 */
/* test_verdicts [--update] -- the cases of tests/verdicts: what is found in a configuration, where, and each conn's verdict, by release.
 *
 * A case is a heading "## C-247 what it is about", the configuration in lines that begin with "|", and for each release its number with
 * "NAME:VERDICT" of every conn, followed by the findings, indented. With --update the files are written anew from what comes out.
 * tests/differential/rule_verdicts.sh gives the same configurations to Debian's pluto.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "include/ipsecc.h"

static unsigned test_number;
static bool failed_any;

/* "  error 5:2 IC4034 both ends have an address pool"; what ipsecc does not carry yet is not the matter here. */
static void add_finding(struct buf *out, const struct unit *u, const struct finding *f)
{
	static const char *const severities[] = { "error", "warning", "note" };
	struct diag_place place = { .line = 0 };

	if (f->rule == RULE_NOT_CARRIED_YET)
		return;
	if (span_known(f->span))
		place = sources_locate(&u->sources, f->span.start);
	buf_printf(out, "  %s %u:%u %s %s\n", severities[f->severity], place.line, place.column, rule_table[f->rule].id, f->message);
}

static struct slice config_text;

static int read_text(void *context, const char *path, size_t limit, char **ret_text, size_t *ret_size, struct source_id *ret_id)
{
	(void)context, (void)limit;
	if (strcmp(path, "ipsec.conf") != 0)
		return -ENOENT;		/* policy groups */
	*ret_id = (struct source_id){ 0 };
	*ret_text = strndup(config_text.p, config_text.n);
	*ret_size = config_text.n;
	return *ret_text ? 0 : -ENOMEM;
}

static void outcome(const struct buf *config, const char *release, struct buf *out)
{
	struct unit_options options = { .reader = source_reader_system, .dialect = release, .judge_host = true };
	struct unit *u;

	config_text = buf_slice(config);
	options.reader.read = read_text;
	buf_printf(out, "%s", release);
	if (unit_compile("ipsec.conf", &options, &u, NULL)) {
		buf_add_str(out, " cannot be read\n");
		return;
	}
	for (size_t i = 0; i < u->ir->conns.n; i++)
		if (span_known(u->ir->conns.v[i]->span))
			buf_printf(out, " %.20s:%s", u->ir->conns.v[i]->name, unit_verdict_name(u->ir->conns.v[i]->verdict));
	buf_add_char(out, '\n');
	for (size_t i = 0; i < u->diag.findings.n; i++)
		add_finding(out, u, u->diag.findings.v[i]);
	unit_free(u);
}

static void result(const char *title, const char *release, const char *expected, const char *ours)
{
	bool ok = strcmp(expected, ours) == 0;

	printf("%sok %u - %s: %s\n", ok ? "" : "not ", ++test_number, title, release);
	failed_any |= !ok;
	if (!ok)
		printf("# expected: %s\n# got: %s\n", expected, ours);
}

/* --- the file of cases ----------------------------------------------------------------------------------------------------------- */

struct run {
	struct buf config, expected, written;
	char title[256], release[32];
};

static void finish_release(struct run *r)
{
	CLEANUP(buf_release) struct buf ours = { 0 };

	if (!r->release[0])
		return;
	outcome(&r->config, r->release, &ours);
	result(r->title, r->release, r->expected.p, ours.p);
	buf_add_str(&r->written, ours.p);
	r->release[0] = 0;
	buf_clear(&r->expected);
}

static void take_line(struct run *r, const char *line)
{
	if (line[0] == ' ') {
		buf_add_str(&r->expected, line);
		return;
	}
	finish_release(r);
	if (line[0] >= '0' && line[0] <= '9') {
		snprintf(r->release, sizeof(r->release), "%.*s", (int)strcspn(line, " \n"), line);
		buf_add_str(&r->expected, line);
		return;
	}
	if (line[0] == '#') {
		snprintf(r->title, sizeof(r->title), "%.*s", (int)strcspn(line, "\n") - 3, line + 3);
		buf_clear(&r->config);
	} else if (line[0] == '|') {
		buf_add_str(&r->config, line[1] == ' ' ? line + 2 : line + 1);
	}
	buf_add_str(&r->written, line);
}

static void run_file(const char *path, bool update)
{
	CLEANUP(cleanup_fclose) FILE *file = fopen(path, "r");
	CLEANUP(cleanup_free) char *line = NULL;
	struct run r = { .title = "" };
	size_t size = 0;

	while (file && getline(&line, &size, file) >= 0)
		take_line(&r, line);
	finish_release(&r);
	if (file && update) {
		CLEANUP(cleanup_fclose) FILE *out = fopen(path, "w");

		if (out)
			fwrite(r.written.p, 1, r.written.n, out);
	}
	buf_release(&r.config);
	buf_release(&r.expected);
	buf_release(&r.written);
}

int main(int argc, char **argv)
{
	glob_t found;

	if (glob("tests/verdicts/*.txt", 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			run_file(found.gl_pathv[i], argc > 1 && strcmp(argv[1], "--update") == 0);
	globfree(&found);
	if (!test_number)
		printf("not ok 1 - tests/verdicts has cases\n");
	printf("1..%u\n", test_number ? test_number : 1);
	return failed_any || !test_number;
}

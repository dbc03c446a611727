/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/project.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "diag/yaml_input.h"
#include "proto/build.h"

struct reader {
	struct project *project;
	struct slice directory;		/* with its '/'; empty: the working directory */
};

/* --- values ------------------------------------------------------------------------------------------------------------------- */

static struct finding *bad_value(struct reader *r, const struct yaml_node *node, const char *key, const char *wanted)
{
	struct finding *f;

	if (node->kind == NODE_TEXT)
		f = diag_report(&r->project->diag, RULE_PROJECT_BAD_VALUE, node->span, "%s: is %s, not '" SLICE_FMT "'", key,
				wanted,
				SLICE_ARG(node->text));
	else
		f = diag_report(&r->project->diag, RULE_PROJECT_BAD_VALUE, node->span, "%s: is %s, not %s", key, wanted,
				yaml_kind(node));
	return f;
}

static void take_path(struct reader *r, const char *key, const struct yaml_node *node, const char **into)
{
	if (node->kind != NODE_TEXT || node->text.n == 0) {
		bad_value(r, node, key, "a path");
		return;
	}
	*into = node->text.p[0] == '/' ? node->text.p :
		arena_printf(&r->project->arena, SLICE_FMT "%s", SLICE_ARG(r->directory), node->text.p);
}

static void take_dialect(struct reader *r, const char *key, const struct yaml_node *node, const char **into)
{
	if (node->kind == NODE_TEXT && (slice_eq_str(node->text, "auto") || build_parse(node->text)))
		*into = node->text.p;
	else
		bad_value(r, node, key, "auto, libreswan-3, libreswan-4, libreswan-5, a release such as 4.10 or a build such as "
			  "4.10-upstream");
}

static void take_fail_on(struct reader *r, const char *key, const struct yaml_node *node, const char **into)
{
	static const char *const words[] = { "error", "warning", "note", "never" };

	for (size_t i = 0; node->kind == NODE_TEXT && i < sizeof(words) / sizeof(words[0]); i++) {
		if (!slice_eq_str(node->text, words[i]))
			continue;
		*into = words[i];
		return;
	}
	bad_value(r, node, key, "error, warning, note or never");
}

static void take_rule(struct reader *r, const char *key, const struct yaml_node *node, enum policy_level level,
		      struct policy *policy)
{
	if (node->kind == NODE_TEXT && policy_set(policy, node->text, level))
		return;
	diag_help(&r->project->diag, bad_value(r, node, key, "a rule or a prefix of rules"), "'ipsecc rules' lists them");
}

/* One rule, or a list of them. */
static void take_rules(struct reader *r, const char *key, const struct yaml_node *node, enum policy_level level,
		       struct policy *policy)
{
	if (node->kind != NODE_LIST)
		take_rule(r, key, node, level, policy);
	for (size_t i = 0; node->kind == NODE_LIST && i < node->items.n; i++)
		take_rule(r, key, node->items.v[i], level, policy);
}

/* --- keys --------------------------------------------------------------------------------------------------------------------- */

struct key {
	const char *name;
	void (*take)(struct reader *r, const char *key, const struct yaml_node *node, const char **into);
	size_t offset;			/* in struct project_settings, of the text */
	enum policy_level level;	/* of a list of rules, which has no `take` */
	bool whole_project;		/* not in an override */
};

static const struct key keys[] = {
	{ "dialect", take_dialect, offsetof(struct project_settings, dialect), 0, false },
	{ "root", take_path, offsetof(struct project_settings, root), 0, false },
	{ "host-facts", take_path, offsetof(struct project_settings, host_facts), 0, false },
	{ "secrets", take_path, offsetof(struct project_settings, secrets), 0, false },
	{ "fail-on", take_fail_on, offsetof(struct project_settings, fail_on), 0, false },
	{ "baseline", take_path, offsetof(struct project_settings, baseline), 0, true },
	{ "error", NULL, 0, POLICY_ERROR, false },
	{ "warn", NULL, 0, POLICY_WARNING, false },
	{ "ignore", NULL, 0, POLICY_IGNORE, false },
};

/* False: there is no such key. */
static bool take_key(struct reader *r, const struct yaml_node *key, const struct yaml_node *value, bool whole_project,
		     struct project_settings *into)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct key *k = &keys[i];

		if (!slice_eq_str(key->text, k->name) || (k->whole_project && !whole_project))
			continue;
		if (k->take)
			k->take(r, k->name, value, (const char **)((char *)into + k->offset));
		else
			take_rules(r, k->name, value, k->level, &into->policy);
		return true;
	}
	return false;
}

/* The key that was meant, out of all of them and `other`; NULL. */
static const char *nearest_key(struct slice text, const char *other)
{
	struct nearest nearest = nearest_to(text);

	nearest_offer(&nearest, other, other);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		nearest_offer(&nearest, keys[i].name, &keys[i]);
	return nearest.name;
}

static void report_unknown_key(struct reader *r, const struct yaml_node *key, const char *other)
{
	struct diag *d = &r->project->diag;
	struct finding *f = diag_report(d, RULE_PROJECT_UNKNOWN_KEY, key->span, "there is no key '" SLICE_FMT "' here",
					SLICE_ARG(key->text));
	const char *nearest = nearest_key(key->text, other);

	if (nearest && slice_eq_str(key->text, nearest))
		diag_help(d, f, "'%s' is for the whole project", nearest);
	else if (nearest)
		diag_help(d, f, "did you mean '%s'?", nearest);
	else if (slice_eq_str(key->text, "format"))
		diag_help(d, f, "give --format on the command line: who calls decides the form of the output");
	else
		diag_help(d, f,
			  "the keys are dialect, root, host-facts, secrets, fail-on, error, warn, ignore, and for the whole "
			  "project baseline and overrides");
}

static void take_files(struct reader *r, const struct yaml_node *node, struct project_override *o)
{
	if (node->kind == NODE_TEXT && node->text.n)
		vec_push(&r->project->arena, &o->files, node->text.p);
	else if (node->kind != NODE_LIST || !node->items.n)
		bad_value(r, node, "files", "a pattern or a list of patterns");
	for (size_t i = 0; node->kind == NODE_LIST && i < node->items.n; i++) {
		if (node->items.v[i]->kind == NODE_TEXT && node->items.v[i]->text.n)
			vec_push(&r->project->arena, &o->files, node->items.v[i]->text.p);
		else
			bad_value(r, node->items.v[i], "files", "a pattern or a list of patterns");
	}
}

static void take_override(struct reader *r, const struct yaml_node *node)
{
	struct project_override *o = arena_new(&r->project->arena, struct project_override);
	bool files = false;

	if (node->kind != NODE_MAP) {
		bad_value(r, node, "overrides", "a list of maps with files: and other keys");
		return;
	}
	for (size_t i = 0; i + 1 < node->items.n; i += 2) {
		if (slice_eq_str(node->items.v[i]->text, "files")) {
			files = true;
			take_files(r, node->items.v[i + 1], o);
		} else if (!take_key(r, node->items.v[i], node->items.v[i + 1], false, &o->settings)) {
			report_unknown_key(r, node->items.v[i], "files");
		}
	}
	if (!files)
		diag_report(&r->project->diag, RULE_PROJECT_BAD_VALUE, node->span, "this override has no key 'files'");
	vec_push(&r->project->arena, &r->project->overrides, o);
}

static void take_overrides(struct reader *r, const struct yaml_node *node)
{
	if (node->kind != NODE_LIST)
		bad_value(r, node, "overrides", "a list of maps with files: and other keys");
	for (size_t i = 0; node->kind == NODE_LIST && i < node->items.n; i++) {
		if (i == LIMIT_OVERRIDES) {
			diag_report(&r->project->diag, RULE_PROJECT_LIMIT, node->items.v[i]->span, "more than %u overrides",
				    LIMIT_OVERRIDES);
			return;
		}
		take_override(r, node->items.v[i]);
	}
}

static void take_document(struct reader *r, const struct yaml_node *root)
{
	if (!root || (root->kind == NODE_TEXT && root->text.n == 0))		/* comments only */
		return;
	if (root->kind != NODE_MAP) {
		diag_report(&r->project->diag, RULE_PROJECT_BAD_VALUE, root->span, "a project file is a map of keys, not %s",
			    yaml_kind(root));
		return;
	}
	for (size_t i = 0; i + 1 < root->items.n; i += 2) {
		if (slice_eq_str(root->items.v[i]->text, "overrides"))
			take_overrides(r, root->items.v[i + 1]);
		else if (!take_key(r, root->items.v[i], root->items.v[i + 1], true, &r->project->settings))
			report_unknown_key(r, root->items.v[i], "overrides");
	}
}

/* --- reading ------------------------------------------------------------------------------------------------------------------ */

static int read_project(struct project *p, const char *path, struct source_reader reader)
{
	static const struct yaml_rules rules = { RULE_PROJECT_SYNTAX, RULE_PROJECT_LIMIT };
	const char *slash = strrchr(path, '/');
	struct reader r = { .project = p, .directory = { path, slash ? (size_t)(slash - path) + 1 : 0 } };
	struct yaml_node *root = NULL;
	int index, result;

	sources_init(&p->sources, &p->arena, reader);
	diag_init(&p->diag, &p->arena, sources_for_diag(&p->sources));
	index = sources_add_file(&p->sources, path, (struct span){ 0, 0 });
	if (index < 0)
		return index;
	p->path = p->sources.files.v[index].path;
	result = yaml_input_read(&p->arena, p->sources.files.v[index].text, p->sources.files.v[index].base, &p->diag, rules, &root);
	if (result == -ENOMEM)
		return result;
	if (result == 0)
		take_document(&r, root);
	diag_finish(&p->diag);
	return 0;
}

int project_read(const char *path, struct source_reader reader, struct project **ret)
{
	struct project *p = calloc(1, sizeof(*p));
	jmp_buf oom;
	int r;

	if (!p)
		return -ENOMEM;
	arena_init(&p->arena);
	p->arena.on_oom = &oom;
	if (setjmp(oom)) {
		project_free(p);
		return -ENOMEM;
	}
	r = read_project(p, path, reader);
	if (r) {
		project_free(p);
		return r;
	}
	p->arena.on_oom = NULL;
	*ret = p;
	return 0;
}

void project_free(struct project *p)
{
	if (!p)
		return;
	arena_release(&p->arena);
	free(p);
}

/* --- what holds --------------------------------------------------------------------------------------------------------------- */

/* Only the last '*' is ever tried again, so this is not exponential. */
static bool matches(const char *pattern, const char *text)
{
	const char *star = NULL, *again = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			again = text;
		} else if (*pattern && (*pattern == '?' || *pattern == *text)) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++again;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static void lay_over(struct project_settings *s, const struct project_settings *over)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *const *value = (const char *const *)((const char *)over + keys[i].offset);

		if (keys[i].take && *value)
			*(const char **)((char *)s + keys[i].offset) = *value;
	}
	policy_lay_over(&s->policy, &over->policy);
}

void project_settings_for(const struct project *p, const char *path, struct project_settings *ret)
{
	*ret = p->settings;
	for (size_t i = 0; i < p->overrides.n; i++) {
		const struct project_override *o = p->overrides.v[i];
		bool holds = false;

		for (size_t j = 0; !holds && j < o->files.n; j++)
			holds = matches(o->files.v[j], path);
		if (holds)
			lay_over(ret, &o->settings);
	}
}

static int is_there(const struct source_reader *reader, struct slice directory, const char *name, char **ret_path)
{
	CLEANUP(buf_release) struct buf path = { 0 };
	struct source_id id;

	buf_printf(&path, SLICE_FMT "/%s", SLICE_ARG(directory), name);
	if (buf_failed(&path))
		return -ENOMEM;
	if (reader->identify(reader->context, path.p, &id) < 0)
		return 0;
	if (ret_path && !(*ret_path = strdup(path.p)))
		return -ENOMEM;
	return 1;
}

int project_find(const struct source_reader *reader, const char *directory, char **ret)
{
	struct slice d = slice_of(directory);
	int r;

	*ret = NULL;
	for (;;) {
		while (d.n && d.p[d.n - 1] == '/')
			d.n--;
		r = is_there(reader, d, PROJECT_FILE, ret);
		if (r == 0)
			r = is_there(reader, d, ".git", NULL);
		if (r || !d.n)
			return r < 0 ? r : 0;
		while (d.n && d.p[d.n - 1] != '/')
			d.n--;
	}
}

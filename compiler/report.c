/* SPDX-License-Identifier: Apache-2.0 */
/* A unit as the formats of diag/report.h want it. */
#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/map.h"
#include "include/ipsecc.h"

const char *unit_verdict_name(enum ir_verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_LOADS] = "loads", [VERDICT_LOADS_WITH_WARNINGS] = "loads-with-warnings",
		[VERDICT_WILL_NOT_LOAD] = "will-not-load", [VERDICT_UNKNOWN] = "unknown",
	};

	return names[verdict];
}

const char *unit_orientation_name(enum ir_orientation orientation)
{
	static const char *const names[] = {
		[IR_ORIENTATION_UNKNOWN] = "unknown", [IR_IS_LEFT] = "left", [IR_IS_RIGHT] = "right", [IR_IS_NEITHER] = "none",
		[IR_IS_BOTH] = "both",
	};

	return names[orientation];
}

const char *unit_start_name(enum plan_start start)
{
	static const char *const names[] = {
		[PLAN_START_IGNORE] = "ignore", [PLAN_START_ADD] = "add", [PLAN_START_ROUTE] = "ondemand",
		[PLAN_START_UP] = "start", [PLAN_START_KEEP] = "keep",
	};

	return names[start];
}

/* --- the way to a finding --- */

/* What the steps of all findings of a unit need; made once. */
struct way {
	const struct unit *unit;
	struct map conns;	/* name -> struct resolved_conn */
};

static const struct way *make_way(struct unit *u)
{
	struct way *way = arena_new(&u->arena, struct way);

	way->unit = u;
	map_init(&way->conns, &u->arena);
	for (size_t i = 0; u->resolved && i < u->resolved->conns.n; i++) {
		struct resolved_conn *conn = &u->resolved->conns.v[i];

		if (!map_get(&way->conns, slice_of(conn->name)))
			map_set(&way->conns, slice_of(conn->name), conn);
	}
	return way;
}

/* Include statements from the outermost one on. */
static size_t include_steps(const struct report_run *run, const struct finding *f, struct report_step *ret, size_t max)
{
	struct span chain[LIMIT_INCLUDE_DEPTH + 1];
	struct span from = report_locate(run, f->span).included_from;
	size_t n = 0, count = 0;

	for (; span_known(from) && n <= LIMIT_INCLUDE_DEPTH; from = report_locate(run, from).included_from)
		chain[n++] = from;
	while (n && count < max)
		ret[count++] = (struct report_step){ chain[--n], "this file is included" };
	return count;
}

static const struct setting *setting_at(const struct resolved_conn *conn, uint32_t position)
{
	for (size_t i = 0; i < conn->settings.n; i++) {
		const struct syntax_param *param = conn->settings.v[i]->param;

		if (param->key_span.start <= position && position <= param->value.span.end)
			return conn->settings.v[i];
	}
	return NULL;
}

/* The line of a section that includes `name`; unknown: none. */
static struct span also_line(const struct syntax_section *section, const char *name)
{
	for (size_t i = 0; i < section->param_count; i++) {
		const struct syntax_param *param = &section->params[i];

		if (param->keyword && (param->keyword->id == KW_ALSO || param->keyword->id == KW_ALSOFLIP) &&
		    slice_eq_str(param->value.text, name))
			return (struct span){ param->key_span.start, param->value.span.end };
	}
	return (struct span){ 0, 0 };
}

/* The conn's header and the also= lines by which the line in question came to it. */
static size_t also_steps(const struct way *way, const struct finding *f, struct report_step *ret, size_t max)
{
	const struct resolved_conn *conn = f->conn ? map_get(&way->conns, slice_of(f->conn)) : NULL;
	const struct setting *setting = conn && conn->section && span_known(f->span) ? setting_at(conn, f->span.start) : NULL;
	size_t n = 0;

	if (!setting || setting->from == conn->section || max == 0)
		return 0;
	ret[n++] = (struct report_step){ conn->section->span, "this conn is concerned" };
	for (const char *const *name = setting->path; name && *name && n < max; name++) {
		struct span line = also_line(conn->section, *name);

		if (span_known(line))
			ret[n++] = (struct report_step){ line, "its settings are included" };
		conn = map_get(&way->conns, slice_of(*name));
		if (!conn || !conn->section)
			break;
	}
	return n;
}

static size_t steps(const struct report_run *run, const struct finding *f, struct report_step *ret, size_t max)
{
	size_t n = also_steps(run->steps_context, f, ret, max);

	return n + include_steps(run, f, ret + n, max - n);
}

/* --- files and conns --- */

/* The configuration and its policy group files. */
static const struct report_file *make_files(struct unit *u, size_t *ret_count)
{
	struct report_file *files = arena_new_array(&u->arena, u->sources.files.n, struct report_file);
	size_t n = 0;

	for (size_t i = 0; i < u->group_files_end; i++) {
		const struct source_file *file = &u->sources.files.v[i];

		if (i >= u->config_files && i < u->group_files)
			continue;
		files[n].path = file->path;
		files[n].included_from = file->parent < 0 ? NULL : u->sources.files.v[file->parent].path;
		if (!file->secret)
			files[n].text = file->text;
		n++;
	}
	*ret_count = n;
	return files;
}

/* --- keys --- */

static const struct report_loser *make_losers(struct unit *u, const struct conn_key *key)
{
	struct report_loser *losers = arena_new_array(&u->arena, key->loser_count + 1, struct report_loser);

	for (size_t i = 0; i < key->loser_count; i++) {
		const struct secret_loser *loser = &key->losers[i];
		struct diag_place place = sources_locate(&u->sources, loser->entry->span.start);

		losers[i] = (struct report_loser){
			.file = place.file, .line = place.line, .match = keys_fit_word(loser->sum),
			.why = arena_printf(&u->arena, "%s, %s", keys_fit(loser->sum), keys_why_lost(key, loser)),
		};
	}
	return losers;
}

static const struct report_key *make_keys(struct unit *u, const struct conn_keys *keys)
{
	static const char *const kinds[] = { [KEY_PSK] = "psk", [KEY_XAUTH] = "xauth", [KEY_PRIVATE] = "private-key" };
	static const char *const statuses[] = { [KEY_FOUND] = "found", [KEY_MISSING] = "missing", [KEY_UNKNOWN] = "unknown" };
	static const char *const sides[] = { [PLAN_SIDE_UNKNOWN] = NULL, [PLAN_SIDE_LEFT] = "left", [PLAN_SIDE_RIGHT] = "right" };
	struct report_key *all = arena_new_array(&u->arena, keys->list.n + 1, struct report_key);

	for (size_t i = 0; i < keys->list.n; i++) {
		const struct conn_key *key = &keys->list.v[i];

		all[i] = (struct report_key){
			.kind = kinds[key->kind], .status = statuses[key->status], .side = sides[key->side],
			.why = key->why, .losers = make_losers(u, key), .loser_count = key->loser_count,
		};
		if (key->choice.entry) {
			struct diag_place place = sources_locate(&u->sources, key->choice.entry->span.start);

			all[i].file = place.file;
			all[i].line = place.line;
			all[i].match = keys_fit_word(key->choice.sum);
			all[i].words = keys_fit(key->choice.sum);
		}
	}
	return all;
}

static const char *address_text(struct arena *a, const struct ip_addr *addr)
{
	char text[IP_ADDR_TEXT];

	return addr->family == AF_UNSPEC ? NULL : arena_strdup(a, slice_of(ip_addr_format(addr, text)));
}

static const struct report_conn *make_conns(struct unit *u)
{
	struct report_conn *conns = arena_new_array(&u->arena, u->ir->conns.n, struct report_conn);

	for (size_t i = 0; i < u->ir->conns.n; i++) {
		const struct ir_conn *conn = u->ir->conns.v[i];
		struct diag_place place = { 0 };

		if (span_known(conn->span) && !conn->resolved->section->implicit)
			place = sources_locate(&u->sources, conn->span.start);
		conns[i] = (struct report_conn){
			.name = conn->name, .file = place.file, .line = place.line, .verdict = unit_verdict_name(conn->verdict),
			.orientation = unit_orientation_name(conn->orientation),
			.local_address = address_text(&u->arena, &conn->local_address),
			.start = unit_start_name(conn->start), .is_template = conn->is_template,
		};
		if (!u->keys)
			continue;
		conns[i].has_keys = true;
		conns[i].keys = make_keys(u, &u->keys[i]);
		conns[i].key_count = u->keys[i].list.n;
	}
	return conns;
}

int unit_report(struct unit *u, struct report_run *ret)
{
	const struct report_file *files;
	size_t file_count;
	jmp_buf oom;

	u->arena.on_oom = &oom;
	if (setjmp(oom)) {
		u->arena.on_oom = NULL;
		return -ENOMEM;
	}
	files = make_files(u, &file_count);
	*ret = (struct report_run){
		.diag = &u->diag, .files = files, .file_count = file_count, .conns = make_conns(u),
		.conn_count = u->ir->conns.n, .suppressed = u->withheld + u->diag.hidden.n, .steps = steps,
		.steps_context = make_way(u),
		.dialect = {
			.name = release_dialect(u->release), .release = release_name(u->release), .build = u->build->name,
			.chosen = u->release_chosen_auto ? "auto" : "option", .why = u->release_why, .written_for = u->written_for,
		},
	};
	u->arena.on_oom = NULL;
	return 0;
}

int unit_write_check_json(struct unit *const *units, size_t n, struct buf *out)
{
	struct report_run *runs = calloc(n ? n : 1, sizeof(*runs));
	struct report report = { .tool_version = IPSECC_VERSION, .runs = runs, .n = n };
	int r = runs ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = unit_report(units[i], &runs[i]);
	if (r == 0)
		report_json(&report, out);
	free(runs);
	return r ? r : buf_failed(out) ? -ENOMEM : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/ipsecc/operand.h"
#include "compiler/effective.h"
#include "compiler/groups/groups.h"
#include "compiler/implicit.h"

#define KEYWORD_COLUMN	4
#define VALUE_COLUMN	24
#define ORIGIN_COLUMN	50
#define PLACE_COLUMN	70

struct screen {
	const struct unit *unit;
	struct buf *out;
	struct diag_style style;
	bool origin, builtin;
	size_t line_start;	/* in out */
};

static void start_line(struct screen *s)
{
	s->line_start = s->out->n;
}

/* Blanks up to a column, at least two; columns are counted in bytes, which is exact for what stands before them nearly always. */
static void column(struct screen *s, size_t wanted)
{
	size_t at = s->out->n - s->line_start;

	buf_add_repeated(s->out, ' ', at + 2 > wanted && at ? 2 : wanted - at);
}

static void add_text(struct screen *s, struct slice text)
{
	diag_add_visible(s->out, text, s->style.ascii);
}

/* "also base-hq", "%default", "built in"; nothing for the conn's own lines */
static void add_source(struct screen *s, const struct setting *setting)
{
	if (!setting)
		buf_printf(s->out, "built in (%s)", release_name(s->unit->release));
	else if (setting->from->implicit && !setting->path)
		buf_add_str(s->out, "built in");
	else if (setting->source == SOURCE_DEFAULT)
		buf_add_str(s->out, "%default");
	for (size_t i = 0; setting && setting->path && setting->path[i]; i++) {
		buf_add_str(s->out, i ? ", also " : "also ");
		add_text(s, slice_of(setting->path[i]));
	}
}

static void add_place(struct screen *s, struct span span)
{
	struct diag_place place = sources_locate(&s->unit->sources, span.start);

	if (!place.file)
		return;
	add_text(s, slice_of(place.file));
	if (strcmp(place.file, IMPLICIT_FILE) != 0)
		buf_printf(s->out, ":%u", place.line);
}

static void show_value(struct screen *s, const struct effective_value *v)
{
	start_line(s);
	column(s, KEYWORD_COLUMN);
	buf_add_str(s->out, v->keyword);
	column(s, VALUE_COLUMN);
	add_text(s, v->text);
	if (s->origin || !v->setting) {
		column(s, ORIGIN_COLUMN);
		add_source(s, v->setting);
	}
	if (s->origin && v->setting) {
		column(s, PLACE_COLUMN);
		add_place(s, v->setting->param->key_span);
	}
	buf_add_char(s->out, '\n');
	for (const struct setting *loser = v->setting && s->origin ? v->setting->loser : NULL; loser; loser = loser->loser) {
		start_line(s);
		column(s, VALUE_COLUMN);
		add_text(s, loser->param->value.text);
		column(s, ORIGIN_COLUMN);
		buf_add_str(s->out, "hidden: ");
		add_source(s, loser);
		column(s, PLACE_COLUMN);
		add_place(s, loser->param->key_span);
		buf_add_char(s->out, '\n');
	}
}

static int show_settings(struct screen *s, const struct resolved_conn *conn)
{
	CLEANUP(effective_release) struct effective list = { 0 };
	int r = effective_list(s->unit, conn, s->builtin, &list);

	for (size_t i = 0; i < list.n; i++)
		show_value(s, &list.values[i]);
	for (size_t i = 0; conn && i < conn->user_data.n; i++) {
		const struct syntax_param *extra = conn->user_data.v[i];

		start_line(s);
		column(s, KEYWORD_COLUMN);
		add_text(s, sources_text(&s->unit->sources, extra->key_span));
		column(s, VALUE_COLUMN);
		add_text(s, extra->value.text);
		buf_add_char(s->out, '\n');
	}
	return r;
}

/* What a group conn stands for, by the names that the daemon gives its members. */
static void show_members(struct screen *s, const struct ir_conn *conn)
{
	struct arena names;
	jmp_buf oom;

	arena_init(&names);
	names.on_oom = &oom;
	if (setjmp(oom)) {
		s->out->failed = true;
		arena_release(&names);
		return;
	}
	for (size_t i = 0; conn->group && i < conn->group->entries.n; i++) {
		const struct ir_group_entry *entry = &conn->group->entries.v[i];

		start_line(s);
		column(s, KEYWORD_COLUMN);
		buf_add_str(s->out, "member");
		column(s, VALUE_COLUMN);
		add_text(s, slice_of(groups_member_name(&names, conn, entry)));
		if (s->origin) {
			column(s, PLACE_COLUMN);
			add_place(s, entry->span);
		}
		buf_add_char(s->out, '\n');
	}
	arena_release(&names);
}

static const char *verdict_words(const struct ir_conn *conn)
{
	static const char *const words[] = {
		[VERDICT_LOADS] = "loads", [VERDICT_LOADS_WITH_WARNINGS] = "loads with warnings",
		[VERDICT_WILL_NOT_LOAD] = "will not load", [VERDICT_UNKNOWN] = "unknown whether it loads",
	};

	return conn->is_template ? "a template for also=" : words[conn->verdict];
}

static const char *start_words(enum plan_start start)
{
	static const char *const words[] = {
		[PLAN_START_IGNORE] = "ignored at start", [PLAN_START_ADD] = "loaded at start, waits",
		[PLAN_START_ROUTE] = "up on demand", [PLAN_START_UP] = "up at start",
		[PLAN_START_KEEP] = "up at start, and kept up",
	};

	return words[start];
}

static int show_conn(struct screen *s, const struct ir_conn *conn)
{
	int r;

	start_line(s);
	if (s->style.color)
		buf_add_str(s->out, "\033[1m");
	buf_add_str(s->out, "conn ");
	add_text(s, slice_of(conn->name));
	if (s->style.color)
		buf_add_str(s->out, "\033[0m");
	column(s, VALUE_COLUMN + (s->style.color ? 8 : 0));
	buf_add_str(s->out, verdict_words(conn));
	if (!conn->is_template && conn->verdict != VERDICT_WILL_NOT_LOAD)
		buf_printf(s->out, ", %s", start_words(conn->start));
	if (conn->resolved->section->implicit)
		buf_add_str(s->out, "; implicit, by the manual only");
	buf_add_char(s->out, '\n');
	r = show_settings(s, conn->resolved);
	show_members(s, conn);
	return r;
}

static int show_text(struct screen *s, char **names)
{
	int r = 0;

	if (!*names) {
		buf_add_str(s->out, "config setup\n");
		r = show_settings(s, NULL);
		for (size_t i = 0; i < s->unit->ir->conns.n && !r; i++) {
			buf_add_char(s->out, '\n');
			r = show_conn(s, s->unit->ir->conns.v[i]);
		}
	}
	for (size_t i = 0; names[i] && !r; i++) {
		if (i)
			buf_add_char(s->out, '\n');
		r = show_conn(s, unit_conn(s->unit, names[i]));
	}
	return r;
}

enum exit_status command_show(const struct arguments *args)
{
	CLEANUP(projects_release) struct projects projects = { 0 };
	struct operand operand;
	CLEANUP(free_unit) struct unit *u = operand_open(&operand, args->operands[0], &projects, args);
	CLEANUP(buf_release) struct buf out = { 0 };
	char **names = args->operands + 1;
	int r;

	if (!u || !known_conns(u, names))
		return EXIT_TROUBLE;
	if (arguments_format_is(args, "json")) {
		r = unit_write_show_json(u, *names ? (const char *const *)names : NULL, &out);
	} else {
		struct screen s = {
			.unit = u, .out = &out, .style = terminal_style(stdout, args->color), .origin = args->value[OPTION_ORIGIN],
			.builtin = args->verbose,
		};

		r = show_text(&s, names);
	}
	out.failed |= r != 0;
	if (write_stream(stdout, &out))
		return EXIT_TROUBLE;
	if (u->diag.counts[SEVERITY_ERROR] && !args->quiet)
		complain("%s has %u error%s; to see: ipsecc check %s", args->operands[0], u->diag.counts[SEVERITY_ERROR],
			 u->diag.counts[SEVERITY_ERROR] == 1 ? "" : "s", args->operands[0]);
	return EXIT_DONE;
}

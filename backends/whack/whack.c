/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/whack/whack.h"

#include <errno.h>

#include "base/cleanup.h"
#include "backends/whack/writer.h"
#include "compiler/lower/lower.h"

/* Everything else is quoted, although a shell would pass on more. */
static bool plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("_@%+=:,./-", c));
}

void whack_word(struct buf *out, struct slice word)
{
	bool quote = word.n == 0;

	for (size_t i = 0; i < word.n; i++)
		quote |= !plain(word.p[i]);
	buf_add_char(out, ' ');
	if (!quote) {
		buf_add_slice(out, word);
		return;
	}
	buf_add_char(out, '\'');
	for (size_t i = 0; i < word.n; i++) {
		if (word.p[i] == '\'')
			buf_add_str(out, "'\\''");
		else
			buf_add_char(out, word.p[i]);
	}
	buf_add_char(out, '\'');
}

void whack_option(struct buf *out, const char *option)
{
	buf_add_char(out, ' ');
	buf_add_str(out, option);
}

void whack_option_value(struct buf *out, const char *option, struct slice value)
{
	whack_option(out, option);
	whack_word(out, value);
}

void whack_option_number(struct buf *out, const char *option, uint64_t number)
{
	buf_printf(out, " %s %llu", option, (unsigned long long)number);
}

void whack_cannot_say(struct whack_writer *w, const struct ir_conn *conn, struct span span, const char *what, const char *note)
{
	struct finding *f;

	w->incomplete = true;
	f = diag_report(w->diag, RULE_WHACK_CANNOT_EXPRESS, span, "the whack command of libreswan %s cannot say %s", release_name(w->release), what);
	diag_set_conn(f, conn->name);
	if (note)
		diag_note(w->diag, f, "%s", note);
	if (w->release >= RELEASE_5_4)
		diag_help(w->diag, f, "--format=addconn can say it; or load this conn with: ipsec auto --add %s", conn->name);
	else
		diag_help(w->diag, f, "load this conn with: ipsec auto --add %s", conn->name);
}

void whack_says_less(struct whack_writer *w, const struct ir_conn *conn, struct span span, const char *what)
{
	struct finding *f = diag_report(w->diag, RULE_WHACK_SAYS_LESS, span, "with the whack command of libreswan %s, %s", release_name(w->release), what);

	diag_set_conn(f, conn->name);
}

void whack_command_end(struct whack_writer *w)
{
	buf_add_str(w->out, " || status=$?\n");
}

static void named_command(struct whack_writer *w, const char *action, const char *name)
{
	buf_add_str(w->out, "ipsec whack");
	whack_option_value(w->out, "--name", slice_of(name));
	buf_add_char(w->out, ' ');
	buf_add_str(w->out, action);
	whack_command_end(w);
}

/* E-003: the side's own subnet counts 0, the elements of subnets= from 1. Index i of the side's list, NULL past its end. */
static bool client_at(const struct ir_conn *conn, enum side side, size_t i, const struct ip_prefix **ret_client, size_t *ret_number)
{
	const struct ir_end *end = &conn->end[side];
	size_t elements = end->subnet_list ? 0 : end->subnets.n;	/* E-007: a list in subnet= is of one conn */
	bool own = elements == 0 || ir_end_has_single(end);

	if (own && i == 0) {
		*ret_client = end->has_subnet ? &end->subnet : NULL;
		*ret_number = 0;
		return true;
	}
	i -= own;
	if (i >= elements)
		return false;
	*ret_client = &end->subnets.v[i];
	*ret_number = i + 1;
	return true;
}

static bool is_product(const struct ir_conn *conn)
{
	return resolved_get(conn->resolved, KW_SUBNETS, SIDE_LEFT) || resolved_get(conn->resolved, KW_SUBNETS, SIDE_RIGHT);
}

static void add_member(struct whack_writer *w, const struct ir_conn *conn, const struct whack_member *member)
{
	size_t before = w->out->n;

	/* v5 takes one command per process, and its delete ends with 21 when the name is not there. */
	if (w->release >= RELEASE_5_0) {
		buf_add_str(w->out, "ipsec whack --delete");
		whack_option_value(w->out, "--name", slice_of(member->name));
		buf_add_str(w->out, " || test $? -eq 21 || status=1\n");
	}
	if (whack_conn(w, conn, member)) {
		if (w->release >= RELEASE_5_0 && is_product(conn) && !resolved_get(conn->resolved, KW_CONNALIAS, SIDE_NONE))
			whack_option_value(w->out, "--connalias", slice_of(conn->name));	/* so that --up NAME reaches all */
		whack_command_end(w);
	} else {
		w->out->n = before;
		if (w->out->p)
			w->out->p[before] = '\0';
	}
}

/* What auto= asks for after everything is loaded. */
static const char *start_action(const struct ir_conn *conn)
{
	switch (conn->start) {
	case PLAN_START_ROUTE:
		return "--route";
	case PLAN_START_UP:
		return "--initiate --asynchronous";
	default:
		return NULL;
	}
}

static void each_member(struct whack_writer *w, const struct ir_conn *conn,
			void (*act)(struct whack_writer *, const struct ir_conn *, const struct whack_member *))
{
	CLEANUP(buf_release) struct buf name = { 0 };
	struct whack_member member;
	size_t l, r;

	for (size_t i = 0; client_at(conn, SIDE_LEFT, i, &member.client[0], &l); i++) {
		for (size_t k = 0; client_at(conn, SIDE_RIGHT, k, &member.client[1], &r); k++) {
			member.name = conn->name;
			if (is_product(conn)) {
				buf_clear(&name);
				buf_printf(&name, "%s/%zux%zu", conn->name, l, r);
				member.name = buf_failed(&name) ? "" : name.p;
				w->out->failed |= buf_failed(&name);
			}
			act(w, conn, &member);
		}
	}
}

static void start_member(struct whack_writer *w, const struct ir_conn *conn, const struct whack_member *member)
{
	named_command(w, start_action(conn), member->name);
}

static bool asked_for(const struct ir_conn *conn, const char *const *names)
{
	if (!names)
		return !conn->is_template && conn->start != PLAN_START_IGNORE;
	for (; *names; names++)
		if (strcmp(*names, conn->name) == 0)
			return true;
	return false;
}

static void script_head(struct whack_writer *w)
{
	CLEANUP(buf_release) struct buf arguments = { 0 };

	buf_printf(w->out, "#!/bin/sh\n# ipsec whack commands for libreswan %s", release_name(w->release));
	if (w->plan->source.files.n) {
		buf_add_str(w->out, ", from ");
		diag_add_visible(w->out, slice_of(w->plan->source.files.v[0].path), true);	/* a line end in it would begin a command */
	}
	buf_add_str(w->out, "; safe to run twice, but SAs of the conns named here are dropped each time\n");
	whack_daemon_arguments(w, &arguments);
	if (arguments.n) {
		buf_add_str(w->out, "# config setup as arguments of pluto:");
		diag_add_visible(w->out, buf_slice(&arguments), true);
		buf_add_char(w->out, '\n');
	}
	buf_add_str(w->out, "status=0\n");
}

/* Which conns the script loads. */
static bool *choose(struct whack_writer *w, const char *const *names)
{
	bool *chosen = arena_new_array(w->diag->arena, w->ir->conns.n, bool);
	size_t total = 0;

	for (size_t i = 0; i < w->ir->conns.n; i++) {
		const struct ir_conn *conn = w->ir->conns.v[i];

		if (!asked_for(conn, names))
			continue;
		chosen[i] = conn->verdict != VERDICT_WILL_NOT_LOAD && lower_pairs_fit(w->diag, conn, &total);
		w->incomplete |= !chosen[i];	/* findings say why */
	}
	return chosen;
}

/* pluto's own order: all conns, then sockets and secrets, then routes, then starts. */
static void script_starts(struct whack_writer *w, const bool *chosen, enum plan_start start)
{
	for (size_t i = 0; i < w->ir->conns.n; i++)
		if (chosen[i] && w->ir->conns.v[i]->start == start)
			each_member(w, w->ir->conns.v[i], start_member);
}

/* What addconn does and the commands do not. */
static void report_differences(struct whack_writer *w, const struct ir_conn *conn)
{
	if (whack_spells_defaults(w) && is_product(conn))
		whack_says_less(w, conn, conn->span, "the pairs have their own names only: --initiate --name must be said for each");
	if (w->release == RELEASE_3_18 && conn->nat_keepalive && !ir_is_shunt(conn))
		whack_says_less(w, conn, conn->span, "no NAT keepalives are sent");
	if (conn->start == PLAN_START_KEEP)
		whack_cannot_say(w, conn, ir_origin(conn, KW_AUTO, SIDE_NONE), "auto=keep", "the conn is added, and not brought up again");
}

static void write_whack(struct whack_writer *w, const bool *chosen)
{
	script_head(w);
	for (size_t i = 0; i < w->ir->conns.n; i++) {
		const struct ir_conn *conn = w->ir->conns.v[i];

		if (!chosen[i])
			continue;
		report_differences(w, conn);
		each_member(w, conn, add_member);
		whack_keys(w, conn);
	}
	buf_add_str(w->out, "ipsec whack --listen || status=$?\nipsec whack --rereadsecrets || status=$?\n");
	script_starts(w, chosen, PLAN_START_ROUTE);
	script_starts(w, chosen, PLAN_START_UP);
	buf_add_str(w->out, "exit $status\n");
}

/* addconn acts on auto= at once, so sockets and secrets come first. */
static void write_addconn(struct whack_writer *w, const bool *chosen)
{
	script_head(w);
	buf_add_str(w->out, "ipsec whack --listen || status=$?\nipsec whack --rereadsecrets || status=$?\n");
	for (size_t i = 0; i < w->ir->conns.n; i++)
		if (chosen[i])
			whack_addconn(w, w->ir->conns.v[i]);
	buf_add_str(w->out, "exit $status\n");
}

static void write_daemon_arguments(struct whack_writer *w)
{
	CLEANUP(buf_release) struct buf arguments = { 0 };

	whack_daemon_arguments(w, &arguments);
	buf_add_slice(w->out, slice_sub(buf_slice(&arguments), 1, arguments.n));	/* without the first blank */
	buf_add_char(w->out, '\n');
}

static bool format_is(const struct backend_options *options, const char *format)
{
	return options->format && strcmp(options->format, format) == 0;
}

static int whack_emit(const struct plan *plan, const struct backend_options *options, struct diag *diag, struct buf *out)
{
	struct whack_writer w = {
		.plan = plan, .ir = options->ir, .resolved = options->resolved, .facts = options->facts, .diag = diag, .out = out,
	};

	if (!w.ir) {
		diag_report(diag, RULE_WHACK_NEEDS_CONFIGURATION, (struct span){ 0, 0 }, "whack commands are made from a configuration, not from a plan");
		return -EINVAL;
	}
	w.release = w.ir->release;
	if (format_is(options, "addconn") && w.release < RELEASE_5_4) {
		diag_report(diag, RULE_WHACK_CANNOT_EXPRESS, (struct span){ 0, 0 }, "addconn of libreswan %s takes no words of a conn; from 5.4 on it does",
			    release_name(w.release));
		return -EINVAL;
	}
	if (format_is(options, "daemon-args"))
		write_daemon_arguments(&w);
	else if (format_is(options, "addconn"))
		write_addconn(&w, choose(&w, options->conns));
	else
		write_whack(&w, choose(&w, options->conns));
	if (buf_failed(out))
		return -ENOMEM;
	return w.incomplete ? -EINVAL : 0;
}

static const char *const whack_formats[] = { "sh", "addconn", "daemon-args", NULL };

const struct backend whack_backend = {
	.name = "whack",
	.summary = "a shell script of ipsec whack commands for the chosen release",
	.says_words = true,
	.formats = whack_formats,
	.emit = whack_emit,
};

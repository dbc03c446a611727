/* SPDX-License-Identifier: Apache-2.0 */
/* simulate.c -- `ipsec-run --simulate A B`: which host each of the two is, whose keys serve, and the report. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/ipsec-run/run.h"
#include "cli/ipsec-run/sides.h"
#include "compiler/schema/schema.h"
#include "runtime/simulate/report.h"

struct simulation {
	struct arena arena;
	struct run_arguments args[2];	/* of each side, as if it were run alone */
	struct run_input in[2];
	struct host_side sides[2];
	const char *names[2];
	struct sim_options options;
	bool oriented;			/* at least one side's host was made up */
};

/* --- names of the two ends ---------------------------------------------------------------------------------------------------- */

static struct slice base_of(struct slice path)
{
	struct slice name = path;

	for (size_t i = 0; i + 1 < path.n; i++)
		if (path.p[i] == '/')
			name = slice_sub(path, i + 1, path.n);
	return name;
}

static const char *stem_of(struct arena *a, const char *path)
{
	struct slice name = base_of(slice_of(path));
	char *stem = arena_strdup(a, name), *dot = strrchr(stem, '.');

	if (dot && dot > stem)
		*dot = '\0';
	return stem;
}

static const char *directory_of(struct arena *a, const char *path)
{
	struct slice name = base_of(slice_of(path)), rest = slice_sub(slice_of(path), 0, strlen(path) - name.n);

	while (rest.n && rest.p[rest.n - 1] == '/')
		rest.n--;
	return arena_strdup(a, base_of(rest));
}

/* "left" and "right" where the two are the ends of one text, and all conns see it so. */
static bool is_side(const struct plan *plan, enum plan_side side)
{
	for (size_t i = 0; i < plan->peers.n; i++)
		if (plan->peers.v[i].side != side)
			return false;
	return plan->peers.n > 0;
}

static void name_ends(struct simulation *s)
{
	for (unsigned i = 0; i < 2; i++)
		s->names[i] = stem_of(&s->arena, s->args[i].file);
	if (strcmp(s->names[0], s->names[1]) != 0)
		return;
	for (unsigned i = 0; i < 2; i++)
		s->names[i] = directory_of(&s->arena, s->args[i].file);
	if (*s->names[0] && *s->names[1] && strcmp(s->names[0], s->names[1]) != 0)
		return;
	s->names[0] = "first";
	s->names[1] = "second";
	if (is_side(s->in[0].plan, PLAN_SIDE_LEFT) && is_side(s->in[1].plan, PLAN_SIDE_RIGHT)) {
		s->names[0] = "left";
		s->names[1] = "right";
	}
}

/* --- plans -------------------------------------------------------------------------------------------------------------------- */

/* A look into a configuration whose host is not known, only to see its addresses. Findings come when it is compiled for good. */
static int look_into(struct simulation *s, unsigned i, struct unit **ret)
{
	struct unit_options options = { .reader = source_reader_system, .dialect = s->args[i].dialect };
	const char *failed = s->args[i].file;
	int r = unit_compile(s->args[i].file, &options, ret, &failed);

	if (r)
		complain("%s: %s", failed, strerror(-r));
	else
		s->sides[i].ir = (*ret)->ir;
	return r;
}

static int make_up_facts(struct simulation *s, unsigned i)
{
	CLEANUP(buf_release) struct buf facts = { 0 };
	char path[40];
	int r;

	side_write_facts(&s->sides[i], &facts);
	r = run_memory_file(&facts, "host facts", path);
	s->args[i].host_facts = arena_strdup(&s->arena, slice_of(path));
	s->oriented = true;
	return r;
}

static int load_side(struct simulation *s, unsigned i)
{
	int r = run_load_plan(&s->in[i], &s->args[i]);

	s->sides[i].plan = s->in[i].plan;
	return r;
}

static int load_plans(struct simulation *s)
{
	struct unit *looked[2] = { NULL, NULL };
	int r = 0;

	for (unsigned i = 0; i < 2 && !r; i++) {
		if (!s->args[i].host_facts && run_is_configuration(s->args[i].file))
			r = look_into(s, i, &looked[i]);
		else
			r = load_side(s, i);
	}
	if (!r)
		sides_choose(&s->arena, s->sides);
	for (unsigned i = 0; i < 2 && !r; i++) {
		if (!looked[i])
			continue;
		r = make_up_facts(s, i);
		if (!r)
			r = load_side(s, i);
	}
	unit_free(looked[0]);
	unit_free(looked[1]);
	return r;
}

/* The conns that are not in the plan since nothing loads them: a peer that knocks there finds nobody, and should hear why. */
static const struct plan *plan_ignored(struct run_input *in)
{
	struct lower_options lowering = { 0 };
	VEC(const char *) names = { 0 };
	bool incomplete;

	if (!in->unit)
		return NULL;
	for (size_t i = 0; i < in->unit->ir->conns.n; i++) {
		const struct ir_conn *c = in->unit->ir->conns.v[i];

		if (c->start == PLAN_START_IGNORE && !c->is_template && c->verdict != VERDICT_WILL_NOT_LOAD && !ir_is_shunt(c))
			vec_push(&in->arena, &names, c->name);
	}
	if (!names.n)
		return NULL;
	vec_push(&in->arena, &names, NULL);
	lowering.conns = names.v;
	return unit_plan(in->unit, &lowering, &incomplete);
}

/* --- keys --------------------------------------------------------------------------------------------------------------------- */

static bool signs(const struct plan *plan)
{
	for (size_t i = 0; i < plan->peers.n; i++) {
		enum plan_auth own = plan->peers.v[i].local.auth, other = plan->peers.v[i].remote.auth;

		if ((own != PLAN_AUTH_PSK && own != PLAN_AUTH_NULL) || (other != PLAN_AUTH_PSK && other != PLAN_AUTH_NULL))
			return true;
	}
	return false;
}

static bool secrets_readable(const struct plan *plan, bool keys_too)
{
	for (size_t i = 0; i < plan->secrets.n; i++)
		if ((plan->secrets.v[i].kind == PLAN_SECRET_PSK || keys_too) && plan->secrets.v[i].file &&
		    access(plan->secrets.v[i].file, R_OK))
			return false;
	return true;
}

/* Whether the side's keys are there, as far as it needs any. */
static bool has_keys(const struct simulation *s, unsigned i)
{
	return (s->args[i].secrets || secrets_readable(s->in[i].plan, false)) && (s->args[i].certs || !signs(s->in[i].plan));
}

static bool keys_given(const struct run_arguments *args)
{
	return args->secrets || args->certs || args->simulate.peer_secrets || args->simulate.peer_certs;
}

/* Half of the keys would make every tunnel fail, or prove nothing: then none are read, which is said. */
static int choose_keys(struct simulation *s, const struct run_arguments *args)
{
	bool both = has_keys(s, 0) && has_keys(s, 1);

	if (s->options.assume || (!both && !keys_given(args))) {
		s->options.assume = true;
		return 0;
	}
	for (unsigned i = 0; i < 2; i++) {
		if (has_keys(s, i))
			continue;
		complain("%s: its keys are not known; give --%s and --%s, or --assume-secrets", s->args[i].file,
			 i ? "peer-secrets" : "secrets", i ? "peer-certs" : "certs");
		return -ENOKEY;
	}
	return 0;
}

static int load_keys(struct simulation *s)
{
	int r = 0;

	for (unsigned i = 0; i < 2 && !r && !s->options.assume; i++) {
		if (s->args[i].secrets || secrets_readable(s->in[i].plan, true))	/* private keys are in the directory of certificates */
			r = run_load_secrets(&s->in[i], &s->args[i]);
		if (!r && s->args[i].certs)
			r = run_load_credentials(&s->in[i], &s->args[i]);
	}
	return r;
}

/* --- lines -------------------------------------------------------------------------------------------------------------------- */

static struct plan_origin origin_at(const struct sources *sources, struct span span)
{
	struct diag_place place = { 0 };

	if (span_known(span))
		place = sources_locate(sources, span.start);
	return (struct plan_origin){ place.file, place.line, place.column };
}

static struct plan_origin where_secret(struct run_input *in, const char *conn)
{
	const struct plan_peer *p = plan_peer_by_conn(in->plan, conn);
	const struct secret_entry *e =
		p ? secrets_find_psk_or_address(&in->secrets, &p->local.id, &p->remote.id, &p->local.addr, &p->remote.addr) : NULL;

	return e ? origin_at(&in->sources, e->span) : (struct plan_origin){ 0 };
}

/* What else a setting may be written as, and what it follows from when it is not written. */
static const char *const instead[][3] = {
	{ "esp", "ah", "phase2alg" }, { "authby", "leftauth", "rightauth" },
	{ "leftsubnet", "leftsubnets", "left" }, { "rightsubnet", "rightsubnets", "right" },
	{ "leftid", "left" }, { "rightid", "right" },
};

static struct span span_of(const struct ir_conn *c, const char *keyword)
{
	enum side side;
	const struct keyword *k = schema_find(slice_of(keyword), SECTION_CONN, &side);

	return k ? ir_origin(c, k->id, side) : (struct span){ 0, 0 };
}

static struct plan_origin where(void *context, unsigned side, const char *conn, const char *keyword)
{
	struct run_input *in = &((struct simulation *)context)->in[side];
	const struct ir_conn *c;
	struct span span;

	if (strcmp(keyword, "secret") == 0)
		return where_secret(in, conn);
	c = in->unit ? unit_conn(in->unit, conn) : NULL;
	if (!c)
		return (struct plan_origin){ 0 };
	span = span_of(c, keyword);
	for (size_t i = 0; i < sizeof(instead) / sizeof(*instead) && !span_known(span); i++)
		for (unsigned k = 1; k < 3 && strcmp(instead[i][0], keyword) == 0 && instead[i][k] && !span_known(span); k++)
			span = span_of(c, instead[i][k]);
	return origin_at(&in->unit->sources, span);
}

static const struct source_file *file_named(const struct sources *sources, const char *path)
{
	for (size_t i = 0; i < sources->files.n; i++)
		if (strcmp(sources->files.v[i].path, path) == 0)
			return &sources->files.v[i];
	return NULL;
}

/* The file that a plan was made of, if it is here and still the same. */
static const struct source_file *file_of_plan(struct run_input *in, const char *path)
{
	const struct source_file *file = file_named(&in->sources, path);
	uint8_t sum[32];

	if (!file && access(path, R_OK) == 0 && sources_add_file(&in->sources, path, (struct span){ 0, 0 }) >= 0)
		file = file_named(&in->sources, path);
	for (size_t i = 0; file && i < in->plan->source.files.n; i++) {
		if (strcmp(in->plan->source.files.v[i].path, path) != 0)
			continue;
		source_sha256(file, sum);
		return memcmp(sum, in->plan->source.files.v[i].sha256, sizeof(sum)) == 0 ? file : NULL;
	}
	return NULL;
}

static struct slice line_of(void *context, unsigned side, const struct plan_origin *origin)
{
	struct run_input *in = &((struct simulation *)context)->in[side];
	const struct source_file *file = in->unit ? file_named(&in->unit->sources, origin->file) : file_of_plan(in, origin->file);
	struct slice rest, line;

	if (!file || file->secret || !origin->line || origin->line > file->line_count)
		return (struct slice){ 0 };
	rest = slice_sub(file->text, source_line_start(file, origin->line), file->text.n);
	return slice_split(&rest, "\n", &line) ? slice_trim(line) : (struct slice){ 0 };
}

/* --- what is said before ------------------------------------------------------------------------------------------------------ */

static void tell_host(struct buf *out, const struct simulation *s, unsigned i)
{
	const struct host_side *side = &s->sides[i];

	buf_printf(out, "%s is %s", s->names[i], side->own_list.n ? side->own_list.v[0] : "no host of its conns");
	if (side->own_list.n > 1)
		buf_printf(out, " (and %zu more)", side->own_list.n - 1);
}

static void tell_assumptions(const struct simulation *s)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	if (s->oriented) {
		tell_host(&text, s, 0);
		buf_add_str(&text, " and ");
		tell_host(&text, s, 1);
		complain("%s, read off the files; else give --host-facts, --peer-host-facts", text.p ? text.p : "");
	}
	if (s->options.assume)
		complain("no keys are read: both ends are taken to have the right ones%s; else give --secrets, --peer-secrets, --certs, "
			 "--peer-certs", signs(s->in[0].plan) || signs(s->in[1].plan) ? ", and a shared key stands for certificates" : "");
}

static bool in_plan(const struct plan *plan, const char *name)
{
	for (size_t i = 0; plan && i < plan->children.n; i++)
		if (strcmp(plan->children.v[i].name, name) == 0 || strcmp(plan->children.v[i].peer, name) == 0)
			return true;
	return false;
}

static bool names_known(const struct simulation *s, const struct sim_side sides[2])
{
	for (const char *const *name = s->options.conns; name && *name; name++) {
		if (in_plan(sides[0].plan, *name) || in_plan(sides[1].plan, *name))
			continue;
		complain("conn '%s' is in neither of the two", *name);
		return false;
	}
	return true;
}

/* --- the whole ---------------------------------------------------------------------------------------------------------------- */

static int report(struct simulation *s, const struct run_arguments *args, const struct sim_result *result)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	struct diag_style terminal = terminal_style(stdout, COLOR_AUTO);
	struct sim_style style = {
		.color = terminal.color, .ascii = terminal.ascii, .all = args->daemon.payloads || s->options.conns, .line = line_of, .context = s,
	};

	if (args->json)
		sim_write_json(result, &out);
	else
		sim_write_text(result, &style, &out);
	return write_stream(stdout, &out);
}

static enum exit_status run(struct simulation *s, const struct run_arguments *args)
{
	struct sim_side sides[2];
	struct sim_result *result;
	int r;

	for (unsigned i = 0; i < 2; i++)
		sides[i] = (struct sim_side){
			.name = s->names[i], .plan = s->in[i].plan, .ignored = plan_ignored(&s->in[i]), .secrets = &s->in[i].secrets,
			.credentials = s->in[i].credentials,
		};
	if (!names_known(s, sides))
		return EXIT_TROUBLE;
	tell_assumptions(s);
	r = simulate(&s->arena, sides, &s->options, &result);
	if (r < 0) {
		complain("the simulation: %s", strerror(-r));
		return EXIT_TROUBLE;
	}
	if (report(s, args, result) < 0)
		return EXIT_TROUBLE;
	if (!result->conns.n)
		complain("no conn of the two is between them; conns that auto= does not load are simulated when they are named");
	return result->good ? EXIT_DONE : EXIT_FINDINGS;
}

static void begin(struct simulation *s, const struct run_arguments *args)
{
	arena_init(&s->arena);
	s->options = args->simulate.options;
	s->options.where = where;
	s->options.context = s;
	s->options.wall_clock = time(NULL);
	s->options.conns = args->operand_count > 2 ? (const char *const *)args->operands + 2 : NULL;
	for (unsigned i = 0; i < 2; i++) {
		s->args[i] = *args;
		s->args[i].file = args->operands[i];
		s->args[i].also = s->options.conns;
		run_input_init(&s->in[i]);
	}
	s->args[1].secrets = args->simulate.peer_secrets;
	s->args[1].certs = args->simulate.peer_certs;
	s->args[1].host_facts = args->simulate.peer_host_facts;
}

enum exit_status run_simulate(const struct run_arguments *args)
{
	struct simulation s = { 0 };
	enum exit_status status = EXIT_TROUBLE;

	secrets_protect();
	begin(&s, args);
	if (load_plans(&s) == 0 && choose_keys(&s, args) == 0 && load_keys(&s) == 0) {
		name_ends(&s);
		status = run(&s, args);
	}
	for (unsigned i = 0; i < 2; i++)
		run_unload(&s.in[i]);
	arena_release(&s.arena);
	return status;
}

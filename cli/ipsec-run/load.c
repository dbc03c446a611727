/* SPDX-License-Identifier: Apache-2.0 */
/* load.c -- the plan (read, or compiled on the spot) and the secrets, into memory. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/installed.h"
#include "cli/ipsec-run/run.h"
#include "cli/result.h"
#include "compiler/secrets/load.h"

void run_show_findings(struct diag *diag)
{
	struct diag shown;

	diag_finish(diag);
	shown = *diag;
	shown.findings.n = 0;
	for (size_t i = 0; i < diag->findings.n; i++)
		if (diag->findings.v[i]->severity != SEVERITY_NOTE || concerns_result(diag->findings.v[i]))
			shown.findings.v[shown.findings.n++] = diag->findings.v[i];
	show_findings(&shown, COLOR_AUTO);
}

/* --- the plan ----------------------------------------------------------------------------------------------------------------- */

static int add_file(struct sources *sources, const char *path, size_t limit, int *ret_index)
{
	struct source_id id;
	char *text = NULL;
	size_t size = 0;
	int r = source_reader_system.read(NULL, path, limit, &text, &size, &id);

	if (r == 0)
		r = sources_add_text(sources, path, (struct slice){ text, size }, (struct span){ 0, 0 });
	free(text);
	if (r < 0) {
		complain("%s: %s", path, strerror(-r));
		return r;
	}
	*ret_index = r;
	return 0;
}

static int read_plan(struct run_input *in, const struct source_file *file, struct diag *diag)
{
	struct plan *plan;
	int r = plan_read(&in->arena, file->text, file->base, diag, &plan);

	run_show_findings(diag);
	if (r) {
		complain("%s: the plan is refused", file->path);
		return r;
	}
	in->plan = plan;
	return 0;
}

int run_memory_file(const struct buf *text, const char *what, char path[40])
{
	int fd = memfd_create(what, MFD_CLOEXEC);
	int r = fd < 0 ? -errno : buf_failed(text) ? -ENOMEM : 0;

	if (!r && write(fd, text->p, text->n) != (ssize_t)text->n)
		r = -EIO;
	if (r)
		complain("%s: %s", what, strerror(-r));
	else
		snprintf(path, 40, "/proc/self/fd/%d", fd);
	return r;
}

/* This host's facts: without them a conn does not know which end it is. */
static int gather_facts(char path[40])
{
	CLEANUP(buf_release) struct buf facts = { 0 };
	struct installed installed;
	int r = facts_gather(&facts, installed_libreswan(NULL, &installed) ? installed.release : NULL);

	if (r) {
		complain("this host's facts: %s", strerror(-r));
		return r;
	}
	return run_memory_file(&facts, "host facts", path);
}

bool run_is_configuration(const char *path)
{
	CLEANUP(cleanup_fclose) FILE *f = fopen(path, "re");
	int c = ' ';

	while (f && c != EOF && isspace(c))
		c = getc(f);
	return c != '{';
}

static bool is_named(const char *const *names, const char *name)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

/* What auto= loads, and what was asked for beside; names of the other end's conns may be among them. */
static const char *const *with_named(struct run_input *in, const char *const *also)
{
	VEC(const char *) names = { 0 };

	for (size_t i = 0; i < in->unit->ir->conns.n; i++) {
		const struct ir_conn *c = in->unit->ir->conns.v[i];

		if (!c->is_template && (c->start != PLAN_START_IGNORE || is_named(also, c->name)))
			vec_push(&in->arena, &names, c->name);
	}
	vec_push(&in->arena, &names, NULL);
	return names.v;
}

static int compile_plan(struct run_input *in, const struct run_arguments *args)
{
	struct lower_options lowering = { .secrets_file = args->secrets ? args->secrets : "/etc/ipsec.secrets" };
	struct unit_options options = { .reader = source_reader_system, .dialect = args->dialect, .host_facts = args->host_facts };
	const char *failed = args->file;
	bool incomplete = false;
	char facts[40];
	int r = options.host_facts ? 0 : gather_facts(facts);

	if (r)
		return r;
	if (!options.host_facts)
		options.host_facts = facts;
	r = unit_compile(args->file, &options, &in->unit, &failed);
	if (r) {
		complain("%s: %s", failed, strerror(-r));
		return r;
	}
	if (args->also)
		lowering.conns = with_named(in, args->also);
	in->plan = unit_plan(in->unit, &lowering, &incomplete);
	run_show_findings(&in->unit->diag);
	if (!in->plan)
		return -ENOMEM;
	if (!incomplete)
		return 0;
	complain("%s: not everything could be compiled, see above", args->file); /* half a configuration is not what was written */
	return -EINVAL;
}

int run_load_plan(struct run_input *in, const struct run_arguments *args)
{
	/* The text of a plan is many times what the plan itself takes, and is done with when the plan is read. */
	struct arena arena;
	struct sources sources;
	struct diag diag;
	bool compiled = false;
	int index, r;

	arena_init(&arena);
	sources_init(&sources, &arena, source_reader_system);
	diag_init(&diag, &arena, sources_for_diag(&sources));
	r = add_file(&sources, args->file, LIMIT_PLAN_BYTES, &index);
	if (!r) {
		struct slice text = slice_trim(sources.files.v[index].text);

		compiled = !text.n || text.p[0] != '{';		/* */
		if (!compiled)
			r = read_plan(in, &sources.files.v[index], &diag);
	}
	arena_release(&arena);
	if (compiled)
		r = compile_plan(in, args);
	malloc_trim(0);
	return r;
}

/* --- secrets ------------------------------------------------------------------------------------------------------------------ */

/* I-346: who can read the file can be either end. */
bool run_file_is_private(struct run_input *in, const char *path)
{
	struct finding *f;
	struct stat st;

	if (stat(path, &st) || ((st.st_uid == 0 || st.st_uid == geteuid()) && !(st.st_mode & 077)))
		return true;	/* a missing one is told by the reader */
	f = diag_report(&in->diag, RULE_SECRETS_NOT_PRIVATE, (struct span){ 0, 0 }, "'%s' can be read or replaced by others", path);
	if (st.st_uid == 0 || st.st_uid == geteuid())
		diag_help(&in->diag, f, "chmod 600 '%s'", path);
	else
		diag_help(&in->diag, f, "chown root: '%s'; chmod 600 '%s'", path, path);
	return false;
}

static int load_secrets_file(struct run_input *in, const char *path)
{
	const struct source_match file = { .path = path, .opened = path };
	size_t first = in->diag.findings.n;
	int r;

	if (!run_file_is_private(in, path))
		return -EACCES;
	r = secrets_load(&in->sources, &file, geteuid(), &in->diag, &in->secrets);
	if (r)
		complain("%s: %s", path, strerror(-r));
	for (size_t i = first; i < in->diag.findings.n; i++) {		/* what it includes */
		if (in->diag.findings.v[i]->rule != RULE_SECRETS_OPEN_TO_OTHERS)
			continue;
		diag_set_severity(&in->diag, in->diag.findings.v[i], SEVERITY_ERROR);
		r = r ? r : -EACCES;
	}
	return r;
}

static bool named_before(const struct plan *plan, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(plan->secrets.v[j].file, plan->secrets.v[i].file) == 0)
			return true;
	return false;
}

int run_load_secrets(struct run_input *in, const struct run_arguments *args)
{
	int r = 0;

	if (args->secrets)
		r = load_secrets_file(in, args->secrets);
	for (size_t i = 0; i < in->plan->secrets.n && !args->secrets && !r; i++)
		if (in->plan->secrets.v[i].file && !named_before(in->plan, i))
			r = load_secrets_file(in, in->plan->secrets.v[i].file);
	run_show_findings(&in->diag);
	return r;
}

/* --- together ----------------------------------------------------------------------------------------------------------------- */

/* a peer that no socket can reach is an error at start, not a tunnel that never comes up. */
static int check_families(const struct run_input *in, const struct run_arguments *args)
{
	int r = 0;

	for (size_t i = 0; i < in->plan->peers.n; i++) {
		const struct plan_peer *peer = &in->plan->peers.v[i];
		bool closed = (peer->remote.addr.family == AF_INET && !args->daemon.ipv4) ||
			      (peer->remote.addr.family == AF_INET6 && !args->daemon.ipv6);

		if (peer->remote.kind != PLAN_ADDRESS_FIXED || !closed)
			continue;
		complain("conn '%s' has an IPv%c peer, but only IPv%c is asked for (%s:%u)", peer->conn,
			 args->daemon.ipv4 ? '6' : '4', args->daemon.ipv4 ? '4' : '6',
			 peer->origin.file ? peer->origin.file : "plan", peer->origin.line);
		r = -EAFNOSUPPORT;
	}
	return r;
}

void run_input_init(struct run_input *in)
{
	memset(in, 0, sizeof(*in));
	arena_init(&in->arena);
	sources_init(&in->sources, &in->arena, source_reader_system);
	diag_init(&in->diag, &in->arena, sources_for_diag(&in->sources));
}

int run_load(struct run_input *in, const struct run_arguments *args)
{
	int r;

	run_input_init(in);
	r = run_load_plan(in, args);
	if (!r)
		r = check_families(in, args);
	if (!r)
		r = run_load_secrets(in, args);
	return r ? r : run_load_credentials(in, args);
}

void run_unload(struct run_input *in)
{
	credentials_free(in->credentials);
	secrets_release(&in->secrets);
	unit_free(in->unit);
	arena_release(&in->arena);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/ipsecc/compile.h"

#define CONFIRM_MAX	86400u	/* a day */

/* --- options ------------------------------------------------------------------------------------------------------------------ */

/* 0: it is no such number. */
static unsigned confirm_seconds(const char *text)
{
	uint64_t n = 0;

	return slice_to_u64(slice_of(text), CONFIRM_MAX, &n) == 0 ? (unsigned)n : 0;
}

static bool needs_apply(const struct arguments *args, int option)
{
	if (args->value[option] && !args->value[OPTION_APPLY]) {
		complain("--%s goes with --apply", option_table[option].name);
		return false;
	}
	return true;
}

static bool excludes_apply(const struct arguments *args, int option)
{
	if (args->value[option] && args->value[OPTION_APPLY]) {
		complain("--apply writes nothing: --%s has no place beside it", option_table[option].name);
		return false;
	}
	return true;
}

bool apply_options_ok(const struct arguments *args)
{
	const char *confirm = args->value[OPTION_CONFIRM], *target = args->value[OPTION_TARGET];

	if (!needs_apply(args, OPTION_ALLOW_LOCKOUT) || !needs_apply(args, OPTION_CONFIRM) || !excludes_apply(args, OPTION_FORMAT) ||
	    !excludes_apply(args, OPTION_OUTPUT))
		return false;
	if (args->value[OPTION_APPLY] && !carrier_for(target)) {
		complain("--target=%s is nothing that --apply can put into the kernel", target);
		return false;
	}
	if (confirm && !confirm_seconds(confirm)) {
		complain("--confirm is a number of seconds from 1 to %u, not '%s'", CONFIRM_MAX, confirm);
		return false;
	}
	return true;
}

/* --- the change --------------------------------------------------------------------------------------------------------------- */

static struct span span_of(const void *unit, const struct plan_origin *origin)
{
	return unit_span_of(unit, origin);
}

static bool locks_out(struct unit *u, const struct change *c, const struct arguments *args)
{
	const struct plan_policy *policy = NULL;
	struct session session;

	if (!args->value[OPTION_ALLOW_LOCKOUT] && session_find(&session))
		policy = change_locks_out(c, &session);
	if (policy)
		lockout_report(policy, &session, &u->diag, span_of(u, &policy->origin));
	return policy;
}

static bool change_made(struct unit *u, struct change *c, const struct arguments *args)
{
	int r = change_prepare(c);

	if (r) {
		complain("%s", c->why[0] ? c->why : strerror(-r));
		if (r == -EPERM)
			complain("changing policies needs CAP_NET_ADMIN: run it as root");
		return false;
	}
	if (locks_out(u, c, args))
		return false;
	r = change_put(c);
	if (r && c->refused == c->n)
		complain("%s; %s", c->why, c->left ? "not all could be taken back" : "the kernel's policies are as before");
	if (r)
		change_report(c, &u->diag, span_of, u);
	return r == 0;
}

static bool take_back(struct unit *u, struct change *c, const char *because)
{
	if (change_take_back(c)) {
		complain("%s, but not all could be taken back", because);
		change_report(c, &u->diag, span_of, u);
	} else {
		complain("%s: the change is taken back", because);
	}
	return false;
}

static bool confirmed(struct unit *u, struct change *c, const struct arguments *args)
{
	unsigned seconds = args->value[OPTION_CONFIRM] ? confirm_seconds(args->value[OPTION_CONFIRM]) : 0;
	struct change_counts counts = change_count(c);

	if (!seconds || (!counts.added && !counts.replaced))
		return true;
	complain("press Enter within %u second%s to keep the change", seconds, seconds == 1 ? "" : "s");
	switch (confirm_wait(seconds, strcmp(args->operands[0], "-") != 0)) {
	case CONFIRMED:
		return true;
	case CONFIRM_REFUSED:
		return take_back(u, c, "not confirmed");
	case CONFIRM_TIMEOUT:
		return take_back(u, c, "nobody has confirmed");
	case CONFIRM_SIGNAL:
		return take_back(u, c, "interrupted");
	case CONFIRM_NOBODY:
		break;
	}
	return take_back(u, c, "nobody is there to confirm");
}

static void add_count(struct buf *out, size_t n, const char *what)
{
	if (n)
		buf_printf(out, "%s%zu %s", out->n ? ", " : "", n, what);
}

static enum exit_status print_summary(const struct change *c, const struct arguments *args)
{
	CLEANUP(buf_release) struct buf out = { 0 }, parts = { 0 };
	struct change_counts counts = change_count(c);
	size_t n = counts.added + counts.replaced + counts.unchanged;

	if (args->quiet)
		return EXIT_DONE;
	add_count(&parts, counts.added, "new");
	add_count(&parts, counts.replaced, "replaced");
	add_count(&parts, counts.unchanged, "as they were");
	buf_printf(&out, n == 1 ? "%zu policy" : "%zu policies", n);
	if (n)
		buf_printf(&out, ": %s", parts.p ? parts.p : "");
	buf_add_char(&out, '\n');
	return write_stream(stdout, &out) ? EXIT_TROUBLE : EXIT_DONE;
}

/* The change, what is said of it, and its confirmation. False: nothing of it stands, or a complaint says what does. */
static bool change_kept(struct unit *u, const struct backend *backend, struct change *c, const struct arguments *args)
{
	bool made = change_made(u, c, args);

	diag_finish(&u->diag);
	compile_report(u, backend, args);
	u->diag.findings.n = made ? 0 : u->diag.findings.n;	/* shown; what comes now is about taking back */
	if (!made || confirmed(u, c, args))
		return made;
	compile_report(u, backend, args);
	return false;
}

/* Words are made of memory, too: when there is none for them, what was put does not stay behind with nothing said of it. */
static bool change_or_nothing(struct unit *u, const struct backend *backend, struct change *c, const struct arguments *args)
{
	jmp_buf oom;
	bool kept;

	u->arena.on_oom = &oom;
	if (setjmp(oom)) {
		u->arena.on_oom = NULL;
		complain("%s: %s", strerror(ENOMEM), change_take_back(c) ? "not all could be taken back" : "the kernel's policies are as before");
		return false;
	}
	kept = change_kept(u, backend, c, args);
	u->arena.on_oom = NULL;
	return kept;
}

enum exit_status apply_plan(struct unit *u, const struct backend *backend, const struct plan *plan, const struct backend_options *options,
			    const struct arguments *args, bool incomplete)
{
	CLEANUP(change_release) struct change c;
	struct backend_options ours = *options;
	enum exit_status status;
	int r;

	change_init(&c, carrier_for(backend->name));
	ours.format = c.carrier->format;
	ours.made = change_add;
	ours.made_context = &c;
	r = unit_emit(u, backend, plan, &ours, &c.requests);
	if (r && r != -EINVAL) {
		complain("%s", strerror(-r));
		return EXIT_TROUBLE;
	}
	confirm_begin();
	status = change_or_nothing(u, backend, &c, args) ? print_summary(&c, args) : EXIT_TROUBLE;
	confirm_end();
	return status != EXIT_DONE ? status : incomplete || r ? EXIT_FINDINGS : EXIT_DONE;
}

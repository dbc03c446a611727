/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/unit_secrets.h"

#include "compiler/secrets/load.h"

/* "x/NAME.secrets" for "x/NAME.conf". NULL: it has another name. */
static const char *name_beside(struct unit *u, const char *path)
{
	size_t n = strlen(path), ending = strlen(".conf");

	if (n <= ending || strcmp(path + n - ending, ".conf") != 0)
		return NULL;
	return arena_printf(&u->arena, "%.*s.secrets", (int)(n - ending), path);
}

/* K-024: what the daemon reads at its start ends it, and with it every conn. */
static void judge_deadly(struct unit *u, struct ir *ir)
{
	bool deadly = false;

	for (size_t i = 0; i < u->diag.findings.n; i++)
		deadly |= u->diag.findings.v[i]->rule == RULE_SECRETS_EMPTY_KEY;
	if (!deadly)
		return;
	ir->file_refused = true;
	for (size_t i = 0; i < ir->conns.n; i++)
		ir->conns.v[i]->verdict = VERDICT_WILL_NOT_LOAD;
}

int unit_check_secrets(struct unit *u, struct ir *ir, const char *path, const struct unit_options *options, const char **ret_failed)
{
	const char *file = options->secrets ? options->secrets : options->secrets_beside ? name_beside(u, path) : NULL;
	struct keys_options ours = { .facts = u->facts, .losers = options->secrets_losers, .path = file };
	int r;

	if (!file)
		return 0;
	r = secrets_load(&u->sources, &(struct source_match){ file, file }, options->user, &u->diag, &u->secrets);
	if (r && options->secrets)
		*ret_failed = file;
	if (r)
		return options->secrets ? r : 0;
	u->keys = keys_check(&u->arena, ir, &u->secrets, &ours, &u->diag);
	secrets_forget(&u->secrets);
	judge_deadly(u, ir);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* missing.c -- children of which no policy can be written down before the daemon runs, the same for each backend that writes policies. */
#include "backends/backend.h"

#include <string.h>

#include "base/map.h"

struct span backend_span(const struct backend_options *options, const struct plan_origin *origin)
{
	return options->span_of ? options->span_of(options->span_context, origin) : (struct span){ 0, 0 };
}

static const char *why_no_policies(const struct plan_peer *peer, const char **ret_name)
{
	*ret_name = "";
	if (peer->side == PLAN_SIDE_UNKNOWN)
		return peer->side_why;
	if (peer->local.kind != PLAN_ADDRESS_FIXED)
		return "the address of this host is not known";
	if (peer->remote.kind == PLAN_ADDRESS_NAME) {
		*ret_name = peer->remote.name;
		return "its address is looked up at run time: ";
	}
	if (peer->remote.virtual_subnet || peer->local.virtual_subnet)
		return "they come with each peer, which asks for its network";
	if (peer->remote.any_port || peer->local.any_port)
		return "they come with each peer, whose port may be any";
	return "they come with each peer, whose address may be any";
}

/* Nothing is missing: the conn waits for peers that call. */
static bool waits(const struct plan_peer *peer)
{
	return peer->side != PLAN_SIDE_UNKNOWN && peer->local.kind == PLAN_ADDRESS_FIXED &&
	       (peer->remote.kind == PLAN_ADDRESS_ANY || peer->remote.any_port || peer->local.any_port || peer->remote.virtual_subnet);
}

static bool named(const struct backend_options *options, const char *conn)
{
	for (const char *const *name = options->conns; name && *name; name++)
		if (strcmp(*name, conn) == 0)
			return true;
	return false;
}

/* Whether nothing of what was asked for is missing. */
static bool report_no_policies(const struct plan *plan, const struct backend_options *options, struct diag *diag, const struct plan_child *child)
{
	const struct plan_peer *peer = plan_peer_by_conn(plan, child->peer);
	const char *name, *why = peer ? why_no_policies(peer, &name) : "its peer is missing";
	bool template = peer && waits(peer) && !named(options, child->peer);
	struct finding *f;

	if (options->ir && peer && peer->side == PLAN_SIDE_UNKNOWN)	/* lowering has said it */
		return template;
	f = diag_report(diag, RULE_NO_POLICIES, backend_span(options, &child->origin), "conn '%s' has no policies yet: %s%s", child->name,
			why, peer ? name : "");
	diag_set_conn(f, child->name);
	if (template)
		diag_set_severity(diag, f, SEVERITY_NOTE);
	return template;
}

bool backend_all_have_policies(const struct plan *plan, const struct backend_options *options, struct diag *diag)
{
	struct map seen;
	bool all = true;

	map_init(&seen, diag->arena);
	for (size_t i = 0; i < plan->policies.n; i++)
		map_set(&seen, slice_of(plan->policies.v[i].conn), (void *)&plan->policies.v[i]);
	for (size_t i = 0; i < plan->children.n; i++)
		if (!map_get(&seen, slice_of(plan->children.v[i].name)))
			all &= report_no_policies(plan, options, diag, &plan->children.v[i]);
	return all;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/secrets/needs.h"

struct needs {
	struct arena *arena;
	const struct ir_conn *conn;
	struct lower_side side;
	struct conn_keys *keys;
};

static const char *end_name(unsigned i)
{
	return i ? "right" : "left";
}

/* An end whose address the daemon does not know before somebody calls. */
static bool is_anybody(const struct ir_end *end)
{
	return end->host_kind == IR_HOST_ANY;
}

/* An identity that is not written is the address. False with *ret_why: it is known at run time only. */
static bool identity_of(const struct needs *n, unsigned i, struct ident *ret, const char **ret_why)
{
	const struct ir_end *end = &n->conn->end[i];
	const struct ip_addr *host = &n->side.host[i];

	if (end->id.type == IDENT_FROM_CERT) {
		*ret_why = arena_printf(n->arena, "the identity of '%s' stands in a certificate", end_name(i));
		return false;
	}
	if (ir_end_is_group(end) || end->host_kind == IR_HOST_OPPORTUNISTIC) {
		*ret_why = "the peers of a group are known at run time only";
		return false;
	}
	*ret = end->id;
	if (end->id.type != IDENT_NONE)
		return true;
	ret->type = IDENT_ANY;
	if (is_anybody(end))
		return true;
	if (host->family == AF_UNSPEC) {
		*ret_why = arena_printf(n->arena, "the address of '%s' is known at run time only; %sid= or --host-facts=FILE would tell", end_name(i),
					end_name(i));
		return false;
	}
	*ret = ident_of_address(n->arena, host);
	return true;
}

/* K-030: of a peer that may call from anywhere the daemon does not have the identity when it looks for the key, in IKEv1's main mode; an
 * address as identity of such a peer never counts. */
static bool is_too_late(const struct ir_conn *conn, unsigned remote, const struct ident *id)
{
	if (!is_anybody(&conn->end[remote]) || id->type == IDENT_ANY)
		return false;
	return (conn->ike_version == 1 && !conn->aggressive) || id->type == IDENT_IPV4 || id->type == IDENT_IPV6;
}

static bool is_psk(const struct ir_conn *conn)
{
	return lower_auth(conn, &conn->end[0]) == PLAN_AUTH_PSK || lower_auth(conn, &conn->end[1]) == PLAN_AUTH_PSK;
}

static void need_psk(struct needs *n, unsigned local)
{
	struct conn_key *key = vec_add(n->arena, &n->keys->list);

	*key = (struct conn_key){ .kind = KEY_PSK, .status = KEY_UNKNOWN, .side = local ? PLAN_SIDE_RIGHT : PLAN_SIDE_LEFT };
	if (!identity_of(n, local, &key->local, &key->why) || !identity_of(n, 1 - local, &key->remote, &key->why))
		return;
	if (key->local.type == IDENT_ANY) {
		key->why = arena_printf(n->arena, "the address of '%s' is known at run time only", end_name(local));
		return;
	}
	key->identity_unused = is_too_late(n->conn, 1 - local, &key->remote);
	key->status = KEY_MISSING;
}

/* K-037: "@USERNAME", and no peer. */
static void need_password(struct needs *n, unsigned i)
{
	const struct setting *name = resolved_get(n->conn->resolved, KW_USERNAME, (enum side)i);
	struct conn_key *key;

	if (!n->conn->end[i].xauth_client || n->conn->ike_version != 1 || !name || !name->param->value.text.n)
		return;
	key = vec_add(n->arena, &n->keys->list);
	*key = (struct conn_key){ .kind = KEY_XAUTH, .status = KEY_MISSING, .side = i ? PLAN_SIDE_RIGHT : PLAN_SIDE_LEFT };
	key->local = (struct ident){ .type = IDENT_FQDN, .text = name->param->value.text, .wire = name->param->value.text };
	key->remote.type = IDENT_ANY;
}

static bool signs(const struct ir_conn *conn, unsigned i)
{
	return plan_auth_signs(lower_auth(conn, &conn->end[i]));
}

void needs_of(struct arena *a, const struct host_facts *facts, const struct ir_conn *conn, struct conn_keys *ret)
{
	struct needs n = { .arena = a, .conn = conn, .keys = ret };
	bool ours[2];

	if (conn->is_template || ir_is_shunt(conn) || conn->auth_never)
		return;
	n.side = lower_side_of(facts, conn);
	ours[0] = n.side.side != PLAN_SIDE_RIGHT;
	ours[1] = n.side.side != PLAN_SIDE_LEFT;
	for (unsigned i = 0; i < 2; i++)
		if (ours[i] && is_psk(conn))
			need_psk(&n, i);
	for (unsigned i = 0; i < 2; i++)
		if (ours[i])
			need_password(&n, i);
	if ((ours[0] && signs(conn, 0)) || (ours[1] && signs(conn, 1)))
		vec_push(a, &ret->list, (struct conn_key){ .kind = KEY_PRIVATE, .status = KEY_UNKNOWN, .side = n.side.side,
			.why = "private keys lie in the NSS database, which is not read" });
}

/* SPDX-License-Identifier: Apache-2.0 */
/* peer.c -- the IKE relation of a conn, and the child SA of each of its members. */
#include "compiler/lower/lowering.h"

#include <openssl/evp.h>

#define DEFAULT_SECRETS	"/etc/ipsec.secrets"

enum plan_auth lower_auth(const struct ir_conn *conn, const struct ir_end *end)
{
	bool signature = conn->auth_rsa || conn->auth_ecdsa;

	if (end->has_auth)
		return end->auth;
	if (conn->auth_never)
		return PLAN_AUTH_NEVER;
	/* a conn that allows both: a certificate is a promise to sign */
	if (conn->auth_psk && !(signature && (end->cert || end->public_key.n)))
		return PLAN_AUTH_PSK;
	if (signature)
		return !conn->auth_ecdsa ? PLAN_AUTH_RSA : !conn->auth_rsa ? PLAN_AUTH_ECDSA : PLAN_AUTH_ANY_SIGNATURE;
	return conn->auth_null ? PLAN_AUTH_NULL : PLAN_AUTH_NEVER;
}

/* leftauth= names a kind, authby= the signatures of that kind that may be made; where it names none of them, all will do. */
static uint32_t signatures_of(const struct ir_conn *conn, enum plan_auth auth)
{
	const uint32_t rsa = PLAN_SIGN_RSA_SHA1 | PLAN_SIGN_RSA_SHA2 | PLAN_SIGN_PSS, ecdsa = PLAN_SIGN_ECDSA | PLAN_SIGN_EDDSA;
	uint32_t kind = auth == PLAN_AUTH_RSA ? rsa : auth == PLAN_AUTH_ECDSA ? ecdsa : rsa | ecdsa;

	if (!plan_auth_signs(auth))
		return 0;
	return conn->signatures & kind ? conn->signatures & kind : kind;
}

/* An unset id is the address. Of an end without a known address nothing is demanded. */
static struct ident identity_of(const struct lowering *l, const struct ir_end *end, const struct ip_addr *host)
{
	if (end->id.type != IDENT_NONE)
		return end->id;
	return host->family != AF_UNSPEC ? ident_of_address(l->arena, host) : (struct ident){ .type = IDENT_ANY };
}

static enum plan_role role(bool client, bool server)
{
	return client ? PLAN_ROLE_CLIENT : server ? PLAN_ROLE_SERVER : PLAN_ROLE_NONE;
}

/* A pool says it without modecfgclient= and modecfgserver=: who is given its addresses asks for one. */
static enum plan_role config_role(const struct ir_conn *conn, unsigned i)
{
	const struct ir_end *end = &conn->end[i], *other = &conn->end[1 - i];

	return role(end->modecfg_client || ir_end_has_pool(end), end->modecfg_server || ir_end_has_pool(other));
}

static const char *public_key(const struct lowering *l, struct slice der)
{
	size_t n = der.n ? 4 * ((der.n + 2) / 3) + 1 : 0;
	char *text = n ? arena_alloc(l->arena, n, 1) : NULL;

	if (text)
		EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)der.p, (int)der.n);
	return text;
}

static struct plan_end lower_end(const struct lowering *l, const struct ir_conn *conn, unsigned i, const struct ip_addr *host)
{
	const struct ir_end *end = &conn->end[i];
	struct plan_end ret = {
		.kind = host->family != AF_UNSPEC ? PLAN_ADDRESS_FIXED :
			end->host_kind == IR_HOST_NAME ? PLAN_ADDRESS_NAME :
			end->host_kind == IR_HOST_OPPORTUNISTICGROUP ? PLAN_ADDRESS_OPPORTUNISTIC : PLAN_ADDRESS_ANY,
		.addr = *host,
		.name = end->host_kind == IR_HOST_NAME ? end->host_name : NULL,
		.port = end->ike_port,
		.id = identity_of(l, end, host),
		.auth = lower_auth(conn, end),
		.cert = end->cert,
		.public_key = end->cert ? NULL : public_key(l, end->public_key),	/* a certificate beside it wins */
		.ca = end->ca,
		.send_cert = end->send_cert,
	};

	ret.signatures = signatures_of(conn, ret.auth);
	ret.config = config_role(conn, i);
	ret.xauth = role(end->xauth_client, end->xauth_server);
	ret.virtual_subnet = end->virtual_subnet;
	ret.any_port = end->port_any;
	if (ir_end_has_pool(end))
		vec_push(l->arena, &ret.pools, end->addresspool);
	return ret;
}

static const char *add_secret(struct lowering *l, const struct ir_conn *conn, const struct plan_peer *peer)
{
	bool psk = peer->local.auth == PLAN_AUTH_PSK || peer->remote.auth == PLAN_AUTH_PSK;
	struct plan_secret *secret;

	if (!psk && !plan_auth_signs(peer->local.auth))
		return NULL;
	secret = vec_add(l->arena, &l->plan->secrets);
	*secret = (struct plan_secret){
		.name = arena_printf(l->arena, "%s:%s", psk ? "psk" : "key", conn->name),
		.kind = psk ? PLAN_SECRET_PSK : PLAN_SECRET_PRIVATE_KEY,
		.file = l->options->secrets_file ? l->options->secrets_file : DEFAULT_SECRETS,
		.local_id = peer->local.id,
		.remote_id = peer->remote.id,
		.origin = peer->origin,
	};
	return secret->name;
}

void lower_peer(struct lowering *l, const struct ir_conn *conn, const struct orientation *o)
{
	struct plan_peer *peer = vec_add(l->arena, &l->plan->peers);

	*peer = (struct plan_peer){
		.conn = conn->name,
		.origin = lower_conn_origin(l, conn),
		.version = conn->ike_version,
		.side = o->side,
		.side_why = o->why,
		.local = lower_end(l, conn, o->local, &o->host[o->local]),
		.remote = lower_end(l, conn, 1 - o->local, &o->host[1 - o->local]),
		.proposals_origin = lower_origin(l, conn, KW_IKE, SIDE_NONE),
		.aggressive = conn->aggressive,
		.rekey = conn->rekey,
		.reauth = conn->reauth,
		.fragmentation = conn->fragmentation,
		.mobike = conn->mobike,
		.initial_contact = conn->initial_contact,
		.encapsulation = conn->encapsulation,
		.lifetime = conn->ike_lifetime,
		.rekey_margin = conn->rekey_margin,
		.rekey_fuzz = conn->rekey_fuzz,
		.keying_tries = conn->keying_tries,
		.retransmit_timeout_ms = conn->retransmit_timeout_ms,
		.retransmit_interval_ms = conn->retransmit_interval_ms,
		.dpd_delay = conn->dpd_delay,
		.dpd_timeout = conn->dpd_timeout,
		.dpd_action = conn->dpd_action,
		.nat_keepalive = conn->nat_keepalive,
		.ppk = conn->ike_version == 2 ? conn->ppk : PLAN_PPK_NEVER,
		.ppk_ids = conn->ppk_ids,
	};
	memcpy(&peer->proposals, &conn->ike, sizeof(peer->proposals));
	peer->secret = add_secret(l, conn, peer);
}

/* E-010: without a subnet the client is the host itself. Nothing: an address that is known at run time only, from a pool or by a template. */
static void add_selector(struct lowering *l, const struct ir_conn *conn, unsigned i, const struct lower_member *m,
			 const struct ip_addr *host, void *list)
{
	VEC(struct traffic_selector) selectors = { 0 };
	struct ip_prefix client = m->client[i];

	if (conn->end[i].subnet_list)
		for (size_t j = 0; j < l->clients[i].n; j++)
			vec_push(l->arena, &selectors, ts_of_prefix(&l->clients[i].v[j].prefix, m->proto[i], m->port[i]));
	else if (m->has_client[i] || (host->family != AF_UNSPEC && !lower_client_comes(conn, i))) {
		if (!m->has_client[i])
			client = ip_prefix_of_host(host);
		vec_push(l->arena, &selectors, ts_of_prefix(&client, m->proto[i], m->port[i]));
	}
	memcpy(list, &selectors, sizeof(selectors));
}

static enum keyword_id client_keyword(const struct ir_conn *conn, unsigned i)
{
	return conn->end[i].subnets.n && !conn->end[i].subnet_list ? KW_SUBNETS : conn->end[i].has_subnet || conn->end[i].subnet_list ? KW_SUBNET : KW_HOST;
}

/* E-080, E-081 */
static uint32_t sa_reqid(const struct ir_conn *conn, const struct lower_member *m)
{
	return conn->reqid ? conn->reqid : m->reqid + (conn->protocol == PROTOCOL_ESP);
}

void lower_child(struct lowering *l, const struct ir_conn *conn, const struct orientation *o, const struct lower_member *m)
{
	struct plan_child *child = vec_add(l->arena, &l->plan->children);
	unsigned local = o->local, remote = 1 - o->local;

	*child = (struct plan_child){
		.name = m->name,
		.peer = conn->name,
		.origin = lower_conn_origin(l, conn),
		.protocol = conn->protocol,
		.proposals_origin = lower_origin(l, conn, conn->protocol == PROTOCOL_AH ? KW_AH : KW_ESP, SIDE_NONE),
		.mode = conn->type == IR_TRANSPORT ? PLAN_MODE_TRANSPORT : PLAN_MODE_TUNNEL,
		.pfs = conn->pfs,
		.local_ts_origin = lower_origin(l, conn, client_keyword(conn, local), (enum side)local),
		.remote_ts_origin = lower_origin(l, conn, client_keyword(conn, remote), (enum side)remote),
		.lifetime = conn->sa_lifetime,
		.rekey_margin = conn->rekey_margin,
		.rekey_fuzz = conn->rekey_fuzz,
		.rekey = conn->rekey,
		.max_bytes = conn->max_bytes,
		.max_packets = conn->max_packets,
		.reqid = sa_reqid(conn, m),
		.mark_in = conn->mark_in,
		.mark_out = conn->mark_out,
		.if_id = lower_if_id(conn),
		.priority = conn->priority,
		.replay_window = conn->replay_window,
		.esn = conn->esn,
		.compress = conn->compress,
		.narrowing = conn->narrowing,
		.tfc = conn->tfc,
		.start = conn->start,
		.negotiation_shunt = conn->negotiation_shunt,
		.failure_shunt = conn->failure_shunt,
		.updown = conn->end[local].updown,
	};
	memcpy(&child->proposals, &conn->phase2, sizeof(child->proposals));
	add_selector(l, conn, local, m, &o->host[local], &child->local_ts);
	add_selector(l, conn, remote, m, &o->host[remote], &child->remote_ts);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Peers and identities: which conn answers, which key counts, which IKE SA is shared (section B.3 of the X-rules). */
#include "compiler/sema/between.h"

/* What the rules need of a conn's ends beside the IR: numbers for texts, so that they can be compared and be parts of keys. 0: not known
 * from the file (%fromcert, %any, no certificate). */
struct names {
	uint32_t id[2];			/* an unset one is the host's address */
	uint32_t own_key, ca;		/* leftcert of this host; rightca or rightcert */
};

struct work {
	struct between *b;
	struct names *names;		/* by place in b->live */
	struct map numbers;		/* text -> its number + 1 */
};

static uint32_t number_of_text(struct work *w, const char *text)
{
	uintptr_t known;

	if (!text)
		return 0;
	known = (uintptr_t)map_get(&w->numbers, slice_of(text));
	if (!known) {
		known = w->numbers.n + 1;
		map_set(&w->numbers, slice_of(text), (void *)known);
	}
	return (uint32_t)known;
}

static const char *id_text(struct arena *a, const struct ir_end *end)
{
	switch (end->id.type) {
	case IDENT_NONE:
		if (end->host_kind == IR_HOST_ADDR) {
			char text[IP_ADDR_TEXT];

			return arena_strdup(a, slice_of(ip_addr_format(&end->host, text)));
		}
		return end->host_kind == IR_HOST_NAME ? end->host_name : NULL;
	case IDENT_FROM_CERT:
	case IDENT_ANY:
	case IDENT_NULL:
		return NULL;
	default:
		return ident_format(a, &end->id);
	}
}

static void name_all(struct work *w)
{
	w->names = arena_new_array(w->b->arena, w->b->live.n + 1, struct names);
	map_init(&w->numbers, w->b->arena);
	for (size_t i = 0; i < w->b->live.n; i++) {
		const struct live *l = &w->b->live.v[i];
		const struct ir_end *peer = live_remote(l);

		for (int side = 0; side < 2; side++)
			w->names[i].id[side] = number_of_text(w, id_text(w->b->arena, &l->conn->end[side]));
		w->names[i].own_key = number_of_text(w, live_local(l)->cert);
		w->names[i].ca = number_of_text(w, peer->ca ? peer->ca : peer->cert);
	}
}

static const struct names *names_of(const struct work *w, const struct live *l)
{
	return &w->names[l - w->b->live.v];
}

static uint32_t own_id(const struct work *w, const struct live *l)
{
	return names_of(w, l)->id[l->local];
}

static uint32_t peer_id(const struct work *w, const struct live *l)
{
	return names_of(w, l)->id[1 - l->local];
}

/* A name with "*" stands for many. */
static bool is_pattern(const struct ident *id)
{
	return id->type == IDENT_DN && memchr(id->text.p, '*', id->text.n);
}

static bool is_negotiated(const struct ir_conn *c)
{
	return !ir_is_shunt(c) && !c->auth_never;
}

/* What is proposed before anybody is authenticated: "secret", "signature" and "null" are told apart, and XAUTH in IKEv1. */
static uint32_t method_of(const struct live *l)
{
	const struct ir_conn *c = l->conn;
	const struct ir_end *here = live_local(l), *there = live_remote(l);
	uint32_t method = c->auth_psk | (uint32_t)(c->auth_rsa || c->auth_ecdsa) << 1 | (uint32_t)c->auth_null << 2;

	if (here->has_auth)
		method |= 1u << (4 + here->auth);
	if (there->has_auth)
		method |= 1u << (12 + there->auth);
	if (c->ike_version == 1)
		method |= (uint32_t)(here->xauth_server || here->xauth_client) << 24;
	return method;
}

/* --- keys ------------------------------------------------------------------------------------------------------------------------ */

struct key_use {
	struct live live;		/* with the end that has the key as its remote one: for the groups below */
	struct slice key;
};

/* pluto keeps keys by identity and kind, whatever conn they came with. */
static void check_key_of_ids(struct work *w, enum keyword_id kind)
{
	struct between *b = w->b;
	struct groups groups;

	groups_init(&groups, b->arena);
	for (size_t i = 0; i < b->live.n; i++)
		for (int side = 0; side < 2; side++) {
			const struct setting *setting = resolved_get(b->live.v[i].conn->resolved, kind, (enum side)side);
			struct key_use *use;

			if (!setting || setting->param->value.text.n == 0 || setting->param->value.text.p[0] == '%' || !w->names[i].id[side])
				continue;
			use = arena_new(b->arena, struct key_use);
			*use = (struct key_use){ b->live.v[i], setting->param->value.text };
			use->live.local = (enum side)(1 - side);
			groups_add_struct(&groups, &w->names[i].id[side], &use->live);
		}
	for (size_t i = 0; i < groups.shared.n; i++) {
		const live_list *all = groups.shared.v[i];
		live_list conns = { 0 };
		struct finding *f;

		for (size_t j = 0; j < all->n; j++)	/* `live` is the first member of struct key_use */
			if (j == 0 || !slice_eq(((const struct key_use *)all->v[j])->key, ((const struct key_use *)all->v[0])->key))
				vec_push(b->arena, &conns, all->v[j]);
		f = between_report(b, RULE_ID_WITH_TWO_KEYS, &conns, kind, (enum side)(conns.n > 1 ? 1 - conns.v[1]->local : 0),
				   "identity '%s' has different keys in conns %s", id_text(b->arena, live_remote(all->v[0])),
				   between_names(b, &conns));
		if (f)
			diag_note(b->diag, f, "there is one key for each identity, and the conn that is loaded last sets it for all");
	}
}

/* --- conns of one pair of hosts -------------------------------------------------------------------------------------------------- */

static bool same_text(const struct ir_conn *a, const struct ir_conn *b, enum keyword_id id)
{
	const struct setting *x = resolved_get(a->resolved, id, SIDE_NONE), *y = resolved_get(b->resolved, id, SIDE_NONE);

	return (!x && !y) || (x && y && slice_eq(x->param->value.text, y->param->value.text));
}

/* The keyword about the IKE SA in which they differ, KW_NONE: none. */
static enum keyword_id differing_keyword(const struct ir_conn *a, const struct ir_conn *b)
{
	if (a->ike_version != b->ike_version)
		return resolved_get(b->resolved, KW_KEYEXCHANGE, SIDE_NONE) ? KW_KEYEXCHANGE : KW_IKEV2;
	if (!same_text(a, b, KW_IKE))
		return KW_IKE;
	if (a->ike_lifetime != b->ike_lifetime)
		return KW_IKELIFETIME;
	if (a->aggressive != b->aggressive)
		return KW_AGGRESSIVE;
	if (a->dpd_delay != b->dpd_delay)
		return KW_DPDDELAY;
	if (a->dpd_action != b->dpd_action)
		return KW_DPDACTION;
	return a->fragmentation != b->fragmentation ? KW_FRAGMENTATION : KW_NONE;
}

/* X-046 (S-517) */
static void report_ike_options(struct work *w, const live_list *conns)
{
	enum keyword_id id = conns->n > 1 ? differing_keyword(conns->v[0]->conn, conns->v[1]->conn) : KW_NONE;
	struct finding *f;

	if (id == KW_NONE)
		return;
	f = between_report(w->b, RULE_IKE_OPTIONS_DIFFER, conns, id, SIDE_NONE, "conns %s have the same peer, but differ in '%s'",
			   between_names(w->b, conns), schema_spelling_in(&keyword_table[id], SIDE_NONE, w->b->ir->release));
	diag_note(w->b->diag, f, conns->v[0]->conn->ike_version == conns->v[1]->conn->ike_version
					 ? "they share one IKE SA, and the one that negotiates it decides"
					 : "the peer is kept in two IKE SAs of different versions, each of which may replace the other");
}

/* X-045 (S-523) */
static void report_pair(struct work *w, const live_list *conns)
{
	struct finding *f;
	const char *what;
	enum side side;

	if (conns->n < 2)
		return;
	side = own_id(w, conns->v[0]) != own_id(w, conns->v[1]) ? conns->v[1]->local : (enum side)(1 - conns->v[1]->local);
	what = own_id(w, conns->v[0]) == own_id(w, conns->v[1]) && peer_id(w, conns->v[0]) == peer_id(w, conns->v[1])
	     ? "ways of authentication" : "identities";
	f = between_report(w->b, RULE_PAIR_IDENTITIES, conns, KW_ID, side, "conns %s have the same peer, but different %s",
			   between_names(w->b, conns), what);
	diag_note(w->b->diag, f, "ipsec.conf(5): this does not work reliably, since the peer is first known by its address only");
}

static void check_pairs(struct work *w)
{
	struct between *b = w->b;
	struct groups groups;

	groups_init(&groups, b->arena);
	for (size_t i = 0; i < b->live.n; i++) {
		const struct live *l = &b->live.v[i];
		uint32_t key[2] = { l->host[l->local], live_peer(l) };

		if (key[0] && key[1] && live_is_active(l) && is_negotiated(l->conn))
			groups_add_struct(&groups, &key, l);
	}
	for (size_t i = 0; i < groups.shared.n; i++) {
		const live_list *all = groups.shared.v[i];
		const struct live *first = all->v[0];
		live_list ids = { 0 }, options = { 0 };

		vec_push(b->arena, &ids, first);
		vec_push(b->arena, &options, first);
		for (size_t j = 1; j < all->n; j++) {
			const struct live *l = all->v[j];

			if (own_id(w, l) != own_id(w, first) || peer_id(w, l) != peer_id(w, first) ||
			    (l->conn->ike_version == first->conn->ike_version && method_of(l) != method_of(first)))
				vec_push(b->arena, &ids, l);
			else if (differing_keyword(first->conn, l->conn) != KW_NONE)
				vec_push(b->arena, &options, l);
		}
		report_pair(w, &ids);
		report_ike_options(w, &options);
	}
}

/* --- one identity, several peers ------------------------------------------------------------------------------------------------- */

/* what authenticates as an old peer replaces it. */
static void check_unique_ids(struct work *w)
{
	struct between *b = w->b;
	struct groups groups;

	if (!b->ir->setup.unique_ids)
		return;
	groups_init(&groups, b->arena);
	for (size_t i = 0; i < b->live.n; i++) {
		const struct live *l = &b->live.v[i];
		uint32_t key[2] = { own_id(w, l), peer_id(w, l) };

		if (live_peer(l) && live_remote(l)->id.type != IDENT_NONE && key[1] && live_is_active(l) && is_negotiated(l->conn) &&
		    !is_pattern(&live_remote(l)->id))
			groups_add_struct(&groups, &key, l);
	}
	for (size_t i = 0; i < groups.shared.n; i++) {
		const live_list *all = groups.shared.v[i];
		live_list conns = { 0 };
		struct finding *f;

		for (size_t j = 0; j < all->n; j++)
			if (j == 0 || live_peer(all->v[j]) != live_peer(all->v[0]))
				vec_push(b->arena, &conns, all->v[j]);
		if (conns.n < 2)
			continue;
		f = between_report(b, RULE_PEERS_WITH_ONE_ID, &conns, KW_ID, (enum side)(1 - conns.v[1]->local),
				   "the peers of conns %s have the same identity", between_names(b, &conns));
		diag_note(b->diag, f, "with uniqueids=yes each new IKE SA of that identity removes the other one");
		diag_help(b->diag, f, "if it is one peer with several addresses, set uniqueids=no in config setup");
	}
}

/* How many conns have a pool: conns for one client each may share one. */
static size_t *users_of_pool(const struct map *pools, const struct ip_range *pool)
{
	return map_get(pools, (struct slice){ (const char *)pool, sizeof *pool });
}

static void count_pools(struct work *w, struct map *pools)
{
	map_init(pools, w->b->arena);
	for (size_t i = 0; i < w->b->live.n; i++) {
		const struct ip_range *pool = &live_remote(&w->b->live.v[i])->addresspool;
		size_t *users = pool->first.family == AF_UNSPEC ? NULL : users_of_pool(pools, pool);

		if (pool->first.family != AF_UNSPEC && !users) {
			users = arena_new(w->b->arena, size_t);
			map_set(pools, (struct slice){ (const char *)pool, sizeof *pool }, users);
		}
		if (users)
			++*users;
	}
}

/* of those who share an identity only one stays connected. XAUTH has a user's name for it. */
static void check_shared_id(struct work *w)
{
	struct map pools;

	count_pools(w, &pools);
	for (size_t i = 0; i < w->b->live.n && w->b->ir->setup.unique_ids; i++) {
		const struct live *l = &w->b->live.v[i];
		const struct ir_end *peer = live_remote(l);
		struct finding *f;

		if (live_peer(l) || peer->id.type == IDENT_NONE || !peer_id(w, l) || !ir_end_has_pool(peer) ||
		    ip_addr_eq(&peer->addresspool.first, &peer->addresspool.last) || live_local(l)->xauth_server || is_pattern(&peer->id) ||
		    *users_of_pool(&pools, &peer->addresspool) > 1)
			continue;
		f = diag_report(w->b->diag, RULE_CLIENTS_WITH_ONE_ID, between_place(l->conn, KW_ID, 1 - l->local),
				"all clients of conn '%s' have the identity '%s'", l->conn->name, id_text(w->b->arena, peer));
		diag_set_conn(f, l->conn->name);
		diag_related(w->b->diag, f, between_place(l->conn, KW_ADDRESSPOOL, 1 - l->local), "the pool has addresses for several");
		diag_note(w->b->diag, f, "with uniqueids=yes each new client of that identity removes the one before");
	}
}

/* */
static void check_authorities(struct work *w)
{
	struct between *b = w->b;
	struct groups groups;

	groups_init(&groups, b->arena);
	for (size_t i = 0; i < b->live.n; i++) {
		const struct live *l = &b->live.v[i];
		uint32_t key[4] = { own_id(w, l), peer_id(w, l), l->host[l->local], live_peer(l) };

		if (key[0] && key[1] && is_negotiated(l->conn) && names_of(w, l)->ca)
			groups_add_struct(&groups, &key, l);
	}
	for (size_t i = 0; i < groups.shared.n; i++) {
		const live_list *all = groups.shared.v[i];
		live_list conns = { 0 };
		struct finding *f;

		for (size_t j = 0; j < all->n; j++)
			if (j == 0 || names_of(w, all->v[j])->ca != names_of(w, all->v[0])->ca)
				vec_push(b->arena, &conns, all->v[j]);
		if (conns.n < 2)
			continue;
		f = between_report(b, RULE_CERTIFICATES_DIFFER, &conns, live_remote(conns.v[1])->ca ? KW_CA : KW_CERT,
				   (enum side)(1 - conns.v[1]->local), "conns %s expect different certificates from one peer",
				   between_names(b, &conns));
		diag_note(b->diag, f, "the peer is first checked by the conn that was found by its address");
	}
}

/* --- conns for any peer ---------------------------------------------------------------------------------------------------------- */

struct any_key {
	uint32_t host, own_id, peer_id, method, version, type, protoport[2], ca, own_key;
	uint32_t has_subnet[2];
	struct ip_prefix subnet[2];
	uint32_t virtual_subnet, aggressive, modecfg;
};

static bool is_for_anybody(const struct live *l)
{
	const struct ir_end *peer = live_remote(l);

	return peer->host_kind == IR_HOST_ANY && is_negotiated(l->conn);
}

static struct any_key any_key_of(struct work *w, const struct live *l)
{
	struct any_key key;

	memset(&key, 0, sizeof key);
	key.host = l->host[l->local];
	key.own_id = own_id(w, l);
	key.peer_id = peer_id(w, l);
	key.method = method_of(l);
	key.version = l->conn->ike_version;
	key.type = l->conn->type;
	key.ca = names_of(w, l)->ca;
	key.own_key = names_of(w, l)->own_key;
	key.virtual_subnet = number_of_text(w, live_remote(l)->virtual_subnet);
	key.aggressive = l->conn->aggressive;
	key.modecfg = live_local(l)->modecfg_server;
	for (int i = 0; i < 2; i++) {
		const struct ir_end *end = i ? live_remote(l) : live_local(l);

		key.protoport[i] = (uint32_t)end->proto << 17 | (uint32_t)end->port_any << 16 | end->port;
		key.has_subnet[i] = (uint32_t)(end->has_subnet + end->subnets.n);
		if (end->has_subnet)
			key.subnet[i] = end->subnet;
	}
	return key;
}

/* everything by which a peer could choose is equal. */
static void check_alike(struct work *w)
{
	struct groups groups;

	groups_init(&groups, w->b->arena);
	for (size_t i = 0; i < w->b->live.n; i++) {
		const struct live *l = &w->b->live.v[i];

		if (is_for_anybody(l)) {
			struct any_key key = any_key_of(w, l);

			groups_add_struct(&groups, &key, l);
		}
	}
	for (size_t i = 0; i < groups.shared.n; i++) {
		const live_list *all = groups.shared.v[i];
		struct finding *f = between_report(w->b, RULE_ANY_PEER_ALIKE, all, KW_HOST, 1 - all->v[1]->local,
						   "conns %s for any peer cannot be told apart", between_names(w->b, all));

		diag_note(w->b->diag, f, "the one that is loaded last answers all peers, whatever else they differ in");
	}
}

/* */
static void report_nameless(struct work *w, const live_list *all)
{
	live_list conns = { 0 };
	const struct live *nameless = NULL;
	struct finding *f;

	for (size_t i = 0; i < all->n && !nameless; i++)
		nameless = peer_id(w, all->v[i]) ? NULL : all->v[i];
	for (size_t i = 0; i < all->n && nameless; i++) {
		if (!peer_id(w, all->v[i]))
			continue;
		vec_push(w->b->arena, &conns, all->v[i]);
		if (conns.n == 1)
			vec_push(w->b->arena, &conns, nameless);
	}
	if (conns.n < 2)
		return;
	f = between_report(w->b, RULE_ANY_PEER_NAMELESS, &conns, KW_HOST, 1 - nameless->local,
			   "conn '%s' also takes the peers of conn '%s'%s", nameless->conn->name, conns.v[0]->conn->name,
			   conns.n > 2 ? arena_printf(w->b->arena, " and %zu others", conns.n - 2) : "");
	diag_note(w->b->diag, f, "it takes every peer that authenticates, and which of them answers depends on the order of loading");
}

/* IKEv1 needs the secret before it knows who calls, so there is one for all of them. */
static void report_one_secret(struct work *w, const live_list *all)
{
	live_list conns = { 0 };
	struct finding *f;

	for (size_t i = 0; i < all->n; i++) {
		const struct live *l = all->v[i];

		if (l->conn->ike_version != 1 || l->conn->aggressive || !l->conn->auth_psk)
			continue;
		if (conns.n == 0 || own_id(w, l) != own_id(w, conns.v[0]) ||
		    (peer_id(w, l) && peer_id(w, conns.v[0]) && peer_id(w, l) != peer_id(w, conns.v[0])))
			vec_push(w->b->arena, &conns, l);
	}
	if (conns.n < 2)
		return;
	f = between_report(w->b, RULE_ANY_PEER_ONE_SECRET, &conns, KW_ID, 1 - conns.v[1]->local,
			   "conns %s for any peer have one secret", between_names(w->b, &conns));
	diag_note(w->b->diag, f, "in IKEv1 main mode it is chosen before the peer says who it is; with different secrets all but one fail");
	diag_help(w->b->diag, f, "give them the same secret, or use IKEv2");
}

static void check_any_peers(struct work *w)
{
	struct groups by_method, by_host;

	groups_init(&by_method, w->b->arena);
	groups_init(&by_host, w->b->arena);
	for (size_t i = 0; i < w->b->live.n; i++) {
		const struct live *l = &w->b->live.v[i];
		uint32_t key[6] = { l->host[l->local], l->conn->ike_version, method_of(l), own_id(w, l), names_of(w, l)->ca, l->conn->type };

		if (!is_for_anybody(l))
			continue;
		groups_add_struct(&by_method, &key, l);
		groups_add_struct(&by_host, &key[0], l);
	}
	for (size_t i = 0; i < by_method.shared.n; i++)
		report_nameless(w, by_method.shared.v[i]);
	for (size_t i = 0; i < by_host.shared.n; i++)
		report_one_secret(w, by_host.shared.v[i]);
}

/* --- all ------------------------------------------------------------------------------------------------------------------------- */

void between_identities(struct between *b)
{
	static const enum keyword_id kinds[] = { KW_RSASIGKEY, KW_ECDSAKEY, KW_EDDSAKEY, KW_PUBKEY };
	struct work w = { .b = b };

	name_all(&w);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		check_key_of_ids(&w, kinds[i]);
	check_pairs(&w);
	check_unique_ids(&w);
	check_shared_id(&w);
	check_authorities(&w);
	check_alike(&w);
	check_any_peers(&w);
}

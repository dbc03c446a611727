/* SPDX-License-Identifier: Apache-2.0 */
/* lowering.h -- what the parts of lowering share. Private to compiler/lower. */
#ifndef COMPILER_LOWERING_H
#define COMPILER_LOWERING_H

#include "compiler/lower/lower.h"

/* One of the networks that an end of a conn stands for. */
struct lower_client {
	bool given;			/* false: the host itself */
	struct ip_prefix prefix;
	unsigned counter;		/* E-003: the singular subnet= is 0 */
};
typedef VEC(struct lower_client) lower_clients;

struct lowering {
	struct arena *arena;
	const struct ir *ir;
	const struct sources *sources;
	const struct lower_options *options;
	struct diag *diag;
	struct plan *plan;
	unsigned without_facts;		/* conns whose side is unknown because no facts were given */
	bool incomplete;
	lower_clients clients[2];	/* of the conn at hand; the storage is used again for the next one */
};

/* Which end of a conn this host is (E-117 ... E-121), and the addresses of both ends as far as they are known before run time. */
struct orientation {
	enum plan_side side;
	unsigned local;			/* index of our end; 0 when the side is unknown */
	const char *why;		/* when unknown */
	struct ip_addr host[2];		/* AF_UNSPEC: not known */
};

/* One connection of pluto's: a conn, one pair of a subnet product (E-001 ... E-005), or one entry of a policy group (E-059). */
struct lower_member {
	const char *name;
	bool has_client[2];		/* false: the host itself */
	struct ip_prefix client[2];
	uint8_t proto[2];
	uint16_t port[2];
	uint32_t reqid;			/* base of the automatic numbers (E-080) */
	bool of_group;
	bool further;			/* one more pair of selectors of the member before it (E-007) */
};
typedef VEC(struct lower_member) lower_members;

/* False: a conn with both ends on this host, which pluto terminates (reported). */
bool lower_orient(struct lowering *l, const struct ir_conn *conn, struct orientation *ret);

/* How many connections there are, whether or not the families of pairs fit. */
size_t lower_pairs(const struct ir_conn *conn);
/* In pluto's order, in place of what *ret has; *next_reqid moves on for each. Reports families that do not fit. */
void lower_product(struct lowering *l, const struct ir_conn *conn, uint32_t *next_reqid, lower_members *ret);

void lower_peer(struct lowering *l, const struct ir_conn *conn, const struct orientation *o);
void lower_child(struct lowering *l, const struct ir_conn *conn, const struct orientation *o, const struct lower_member *m);
/* The policies of one connection in all phases. False, and none, when an address that they need is not known. */
bool lower_policies(struct lowering *l, const struct ir_conn *conn, const struct orientation *o, const struct lower_member *m);

/* Place of a value of the conn; of the conn's name when the value is a default. */
struct plan_origin lower_origin(const struct lowering *l, const struct ir_conn *conn, enum keyword_id keyword, enum side side);
struct plan_origin lower_conn_origin(const struct lowering *l, const struct ir_conn *conn);

/* E-090: ipsec-interface=0 is the device ipsec0, whose number is 0x4000. 0: none. */
static inline uint32_t lower_if_id(const struct ir_conn *conn)
{
	return !conn->has_if_id ? 0 : conn->if_id ? conn->if_id : 0x4000;
}

/* E-007: a list in subnet= makes one connection, with a pair of selectors for each pair of networks. */
static inline bool lower_is_list(const struct ir_conn *conn)
{
	return conn->end[0].subnet_list || conn->end[1].subnet_list;
}

static inline bool is_group(const struct ir_conn *conn)
{
	return ir_end_is_group(&conn->end[0]) || ir_end_is_group(&conn->end[1]);
}

/* Whether what the end has behind it is known only when the SA is up: an address that the other end gives it, or a network that it asks for. */
static inline bool lower_client_comes(const struct ir_conn *conn, unsigned i)
{
	const struct ir_end *end = &conn->end[i];

	return end->modecfg_client || ir_end_has_pool(end) || end->virtual_subnet;
}

/* A group of ordinary peers has nobody to call for a packet (run: 4.10); opportunistic ones are called at its destination. */
static inline bool group_waits(const struct ir_conn *conn)
{
	return !ir_is_shunt(conn) && (conn->end[0].host_kind == IR_HOST_GROUP || conn->end[1].host_kind == IR_HOST_GROUP);
}

#endif

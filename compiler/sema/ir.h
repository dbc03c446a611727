/* SPDX-License-Identifier: Apache-2.0 */
/* ir.h -- typed configuration: what each conn says, as values, with its defaults filled in by the chosen release.
 *
 * The values hold no pointers into the syntax tree, so that comparing IR compares meaning. Where a value came from is asked with
 * ir_origin(); unknown: it is a default. Left is 0, right is 1. Times in seconds.
 */
#ifndef COMPILER_IR_H
#define COMPILER_IR_H

#include "compiler/resolve/resolve.h"
#include "plan/plan.h"
#include "proto/build.h"

enum ir_host_kind { IR_HOST_UNSET, IR_HOST_ADDR, IR_HOST_NAME, IR_HOST_ANY, IR_HOST_DEFAULTROUTE, IR_HOST_INTERFACE, IR_HOST_GROUP,
	IR_HOST_OPPORTUNISTIC, IR_HOST_OPPORTUNISTICGROUP };

struct ir_end {
	enum ir_host_kind host_kind;
	struct ip_addr host;
	const char *host_name;			/* NAME, INTERFACE */
	struct ident id;			/* IDENT_NONE: unset */
	bool has_subnet;
	struct ip_prefix subnet;
	VEC(struct ip_prefix) subnets;		/* subnets=; products are made by lowering (E-003) */
	bool subnet_list;			/* they are a list in subnet=, which 5.x takes as selectors of one conn (E-007) */
	bool subnet_of_list;			/* subnet is the only element of subnets=, and no element besides */
	const char *virtual_subnet;		/* vhost:/vnet: text, or NULL */
	uint8_t proto;
	uint16_t port;				/* of protoport */
	bool port_any;				/* PROTO/%any */
	uint16_t ike_port;
	const char *cert, *ca, *ckaid, *updown;
	struct slice public_key;		/* SubjectPublicKeyInfo of a raw key; empty: none, or of a kind that is not read */
	bool has_auth;
	enum plan_send_cert send_cert;
	enum plan_auth auth;			/* leftauth= */
	struct ip_addr sourceip, nexthop;	/* AF_UNSPEC: none */
	bool xauth_client, xauth_server, modecfg_client, modecfg_server;
	struct ip_range addresspool;		/* family AF_UNSPEC: none */
	struct ip_addr vti;			/* of the VTI device at this end; AF_UNSPEC: none */
	uint8_t vti_len;
};

/* subnet= is given, beside which subnets= counts its own elements (E-003). */
static inline bool ir_end_has_single(const struct ir_end *end)
{
	return end->has_subnet && !end->subnet_of_list && !end->subnet_list;
}

/* C-040: up to 4.x a source address without a network is the network. */
static inline bool ir_end_source_is_network(const struct ir_end *end, enum release release)
{
	return !end->has_subnet && !end->subnets.n && end->sourceip.family != AF_UNSPEC && release < RELEASE_5_0;
}

static inline bool ir_end_is_group(const struct ir_end *end)
{
	return end->host_kind == IR_HOST_GROUP || end->host_kind == IR_HOST_OPPORTUNISTICGROUP;
}

static inline bool ir_end_is_opportunistic(const struct ir_end *end)
{
	return end->host_kind == IR_HOST_OPPORTUNISTIC || end->host_kind == IR_HOST_OPPORTUNISTICGROUP;
}

/* It has no address of its own: whoever calls, or is called, is the end. */
static inline bool ir_end_is_anybody(const struct ir_end *end)
{
	return end->host_kind == IR_HOST_ANY || ir_end_is_group(end) || ir_end_is_opportunistic(end);
}

static inline bool ir_end_has_pool(const struct ir_end *end)
{
	return end->addresspool.first.family != AF_UNSPEC;
}

/* One line of a policy group file. Ports: 0 is any. */
struct ir_group_entry {
	struct ip_prefix remote;
	uint8_t proto;
	uint16_t local_port, remote_port;
	struct span span;
};

/* What a conn with %group or %opportunisticgroup stands for (E-055): compiler/groups reads it. */
struct ir_group {
	const char *path;
	VEC(struct ir_group_entry) entries;
};

enum ir_type { IR_TUNNEL, IR_TRANSPORT, IR_PASSTHROUGH, IR_DROP, IR_REJECT };

/* Which end this host is. Without facts about the host only words such as %defaultroute tell. */
enum ir_orientation { IR_ORIENTATION_UNKNOWN, IR_IS_LEFT, IR_IS_RIGHT, IR_IS_NEITHER, IR_IS_BOTH };

enum ir_verdict { VERDICT_LOADS, VERDICT_LOADS_WITH_WARNINGS, VERDICT_WILL_NOT_LOAD, VERDICT_UNKNOWN };

struct ir_conn {
	const char *name;
	const struct resolved_conn *resolved;	/* for findings and `show`; not a value */
	struct span span;			/* of the section's name */
	bool is_template;
	enum ir_verdict verdict;
	enum ir_orientation orientation;	/* compiler/lower/host.h sets these two */
	struct ip_addr local_address;		/* of the end that is here, AF_UNSPEC: not known */
	struct ir_end end[2];
	enum ir_type type;
	enum plan_start start;
	uint8_t ike_version;			/* 1 or 2 */
	bool auth_psk, auth_rsa, auth_ecdsa, auth_null, auth_never;	/* authby= */
	uint32_t signatures;			/* enum plan_signature, of authby= */
	enum ipsec_protocol protocol;
	proposal_list ike, phase2;		/* defaults of the release when unset */
	bool pfs, rekey, reauth, aggressive, fragmentation, mobike, compress, narrowing, overlapip, initial_contact;
	bool ike_written, phase2_written;	/* ike=, esp= or ah= was written: the proposals are not the release's own */
	enum plan_tristate encapsulation, esn;
	uint32_t ike_lifetime, sa_lifetime, rekey_margin;
	uint16_t rekey_fuzz;
	uint32_t keying_tries;
	uint32_t retransmit_timeout_ms, retransmit_interval_ms;
	uint32_t dpd_delay, dpd_timeout;
	enum plan_dpd_action dpd_action;
	uint32_t nat_keepalive;
	enum plan_shunt negotiation_shunt, failure_shunt;
	uint32_t reqid, priority;		/* 0: automatic */
	struct plan_mark mark_in, mark_out;
	bool has_if_id;
	uint32_t if_id;
	uint32_t replay_window, tfc;
	uint64_t max_bytes, max_packets;
	const char *vti_interface;		/* NULL: none */
	bool vti_routing, vti_shared;
	uint32_t nflog_group;			/* 0: none */
	enum plan_ppk ppk;
	const char *ppk_ids;			/* NULL: any */
	const char *connalias;			/* names with blanks between; NULL: none */
	const struct ir_group *group;		/* NULL: it is no group, or has no file */
};

/* One entry of virtual-private=: %v4:NET or, excluded, %v4:!NET. */
struct ir_virtual_net {
	struct ip_prefix net;
	bool excluded;
	struct span span;
};

/* It negotiates nothing. */
static inline bool ir_is_shunt(const struct ir_conn *c)
{
	return c->type == IR_PASSTHROUGH || c->type == IR_DROP || c->type == IR_REJECT;
}

struct ir_setup {
	bool unique_ids;
	uint32_t nat_keepalive;
	enum plan_tristate ikev1_policy;	/* YES accept, NO drop or reject */
	VEC(struct ir_virtual_net) virtual_private;
};

struct ir {
	enum release release;
	const struct build *build;		/* of that release */
	struct ir_setup setup;
	bool file_refused;			/* the release loads nothing of the file; every conn's verdict says so */
	VEC(struct ir_conn *) conns;		/* one per resolved conn, in order */
};

/* Span of the value that was written for a keyword; unknown: nothing was. Left or right for sided keywords, else SIDE_NONE. */
struct span ir_origin(const struct ir_conn *c, enum keyword_id id, enum side side);

/* Types every setting of every conn and fills in defaults; a bad value is a finding with its caret, and the default stands in. Then runs
 * the checks (checks.h: one function per rule) and sets the verdicts, from these findings and those that `diag` has already. Never fails. */
struct ir *sema(struct arena *a, const struct resolved *resolved, const struct build *build, struct diag *diag);

#endif

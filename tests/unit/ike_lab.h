/* SPDX-License-Identifier: Apache-2.0 */
/* ike_lab.h -- two IKE engines in one process with a virtual clock, a virtual network that can lose, double, delay, change and
 * translate datagrams, and data planes that keep books. Everything is seeded: a run that fails fails again.
 *
 *    ends[0] "west" 192.0.2.1   10.1.0.0/16          ends[1] "east" 192.0.2.2   10.2.0.0/16
 */
#ifndef TESTS_IKE_LAB_H
#define TESTS_IKE_LAB_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/ike/ike.h"
#include "runtime/simulate/network.h"
#include "runtime/wire/wire.h"

#define LAB_DELAY_MS	10
#define LAB_PSK		"not a real secret, but a long one"
#define LAB_MAX_SAS	256
#define LAB_MAX_PACKETS	4096

struct lab;

struct lab_sa {			/* in a data plane */
	struct dp_sa sa;
	uint8_t encr_key[68], integ_key[64];
	char child[32];
	bool filled;
	unsigned order;
};

struct lab_dataplane {
	struct dataplane dp;
	struct lab_sa sas[LAB_MAX_SAS];
	unsigned count, order, added, deleted, wrong_deletes;
	uint32_t next_spi;
	int policies_up, policies_route;	/* calls of add minus calls of del; those that were negotiated are up */
	const struct plan_policy *negotiated;	/* the last ones */
	size_t negotiated_count;
	struct ip_addr inner;			/* the last address that was added */
	int inner_count;
	uint64_t packets_in;			/* what query_sa tells */
	int refuse_add, refuse_policies;	/* -errno of the next ones; 0: none */
};

struct lab_end {
	struct lab *lab;
	const char *name;
	struct ip_addr addr;
	struct arena arena;
	struct plan *plan;
	struct secrets secrets;
	struct ike_env env;
	struct lab_dataplane dp;
	struct diag diag;
	struct ike *ike;
	struct buf log;
	enum rule_id rules[256];
	unsigned rule_count;
	struct { uint64_t token; int status; char reason[400]; char origin[80]; } done[32];
	unsigned done_count;
	unsigned keepalives;
};

struct lab_packet {
	uint64_t at;
	unsigned from, sequence;
	struct ike_datagram d;
	uint8_t *bytes;
};

enum lab_fate { LAB_DELIVER, LAB_LOSE, LAB_DOUBLE };

struct lab {
	uint64_t now, random;
	struct lab_end ends[2];
	struct lab_packet packets[LAB_MAX_PACKETS];
	unsigned packet_count, sent;
	bool cut[2];				/* what this end sends is lost */
	/* Decides about datagram number `sent` (from 0); may change p->bytes, p->d.n and p->at. */
	enum lab_fate (*rule)(struct lab *lab, struct lab_packet *p);
	unsigned rule_number, rule_bit;		/* for the rule's own use */
	void (*after)(struct lab *lab);		/* called after each event: invariants */
	bool nat;				/* west is seen by east as 198.51.100.9, ports + 20000 */
	bool flows_broken;
	uint64_t broken_since[2];		/* lab_watch(): 0 while it flows */
};

static inline uint64_t lab_random(struct lab *lab)
{
	return network_random(&lab->random);
}

static inline struct ip_addr lab_addr(const char *text)
{
	struct ip_addr a = { 0 };

	if (ip_addr_parse(slice_of(text), &a) < 0)
		abort();
	return a;
}

/* --- data plane --------------------------------------------------------------------------------------------------------------- */

static struct lab_sa *lab_find_sa(struct lab_dataplane *dp, uint32_t spi, bool inbound)
{
	for (unsigned i = 0; i < dp->count; i++)
		if (dp->sas[i].sa.spi == spi && dp->sas[i].sa.inbound == inbound)
			return &dp->sas[i];
	return NULL;
}

static inline int lab_alloc_spi(struct dataplane *dataplane, const struct dp_sa_id *id, uint32_t *ret)
{
	struct lab_dataplane *dp = (struct lab_dataplane *)dataplane;
	struct lab_sa *sa;

	(void)id;
	if (dp->count == LAB_MAX_SAS)
		return -ENOMEM;
	sa = &dp->sas[dp->count++];
	*sa = (struct lab_sa){ .sa = { .spi = dp->next_spi++, .inbound = true } };
	*ret = sa->sa.spi;
	return 0;
}

static inline int lab_add_sa(struct dataplane *dataplane, const struct dp_sa *s, const char **ret_why)
{
	struct lab_dataplane *dp = (struct lab_dataplane *)dataplane;
	struct lab_sa *sa = lab_find_sa(dp, s->spi, s->inbound);

	if (dp->refuse_add) {
		*ret_why = "Protocol not supported";
		return dp->refuse_add;
	}
	if ((sa && sa->filled) || s->encr_key_size > 68 || s->integ_key_size > 64 || dp->count == LAB_MAX_SAS) {
		*ret_why = "File exists";
		return -EEXIST;
	}
	if (!sa)
		sa = &dp->sas[dp->count++];
	*sa = (struct lab_sa){ .sa = *s, .filled = true, .order = ++dp->order };
	if (s->encr_key_size)
		memcpy(sa->encr_key, s->encr_key, s->encr_key_size);
	if (s->integ_key_size)
		memcpy(sa->integ_key, s->integ_key, s->integ_key_size);
	snprintf(sa->child, sizeof(sa->child), "%s", s->child);
	sa->sa.encr_key = sa->sa.integ_key = NULL;
	dp->added++;
	return 0;
}

static inline int lab_del_sa(struct dataplane *dataplane, const struct dp_sa_id *id)
{
	struct lab_dataplane *dp = (struct lab_dataplane *)dataplane;
	struct lab_sa *sa = lab_find_sa(dp, id->spi, id->inbound);

	if (!sa || (sa->filled && (!ip_addr_eq(&sa->sa.src, &id->src) || !ip_addr_eq(&sa->sa.dst, &id->dst)))) {
		dp->wrong_deletes++;
		return -ENOENT;
	}
	dp->deleted += sa->filled;
	*sa = dp->sas[--dp->count];
	return 0;
}

static inline int lab_query_sa(struct dataplane *dataplane, const struct dp_sa_id *id, struct dp_counters *ret)
{
	struct lab_dataplane *dp = (struct lab_dataplane *)dataplane;

	if (!lab_find_sa(dp, id->spi, id->inbound))
		return -ENOENT;
	ret->packets = id->inbound ? dp->packets_in : 0;
	return 0;
}

static inline int lab_move_sa(struct dataplane *dataplane, const struct dp_sa_id *id, const struct ip_addr *src, uint16_t src_port,
			      const struct ip_addr *dst, uint16_t dst_port, const char **ret_why)
{
	struct lab_sa *sa = lab_find_sa((struct lab_dataplane *)dataplane, id->spi, id->inbound);

	(void)ret_why;
	if (!sa)
		return -ENOENT;
	sa->sa.src = *src;
	sa->sa.dst = *dst;
	sa->sa.src_port = src_port;
	sa->sa.dst_port = dst_port;
	return 0;
}

static inline int lab_add_policies(struct dataplane *dataplane, const char *child, enum plan_when when, const char **ret_why)
{
	struct lab_dataplane *dp = (struct lab_dataplane *)dataplane;

	(void)child;
	if (dp->refuse_policies) {
		*ret_why = "Invalid argument";
		return dp->refuse_policies;
	}
	*(when == PLAN_WHEN_UP ? &dp->policies_up : &dp->policies_route) += 1;
	return 0;
}

static inline int lab_del_policies(struct dataplane *dataplane, const char *child, enum plan_when when)
{
	struct lab_dataplane *dp = (struct lab_dataplane *)dataplane;

	(void)child;
	*(when == PLAN_WHEN_UP ? &dp->policies_up : &dp->policies_route) -= 1;
	return 0;
}

static inline int lab_add_negotiated(struct dataplane *dataplane, const struct plan_policy *policies, size_t n, const char **ret_why)
{
	struct lab_dataplane *dp = (struct lab_dataplane *)dataplane;
	int error = lab_add_policies(dataplane, NULL, PLAN_WHEN_UP, ret_why);

	if (error)
		return error;
	dp->negotiated = policies;
	dp->negotiated_count = n;
	return 0;
}

static inline int lab_del_negotiated(struct dataplane *dataplane, const struct plan_policy *policies, size_t n)
{
	struct lab_dataplane *dp = (struct lab_dataplane *)dataplane;

	if (dp->negotiated == policies && dp->negotiated_count == n)
		dp->negotiated_count = 0;
	return lab_del_policies(dataplane, NULL, PLAN_WHEN_UP);
}

static inline int lab_add_address(struct dataplane *dataplane, const struct ip_addr *addr, const char **ret_why)
{
	struct lab_dataplane *dp = (struct lab_dataplane *)dataplane;

	(void)ret_why;
	dp->inner = *addr;
	dp->inner_count++;
	return 0;
}

static inline int lab_del_address(struct dataplane *dataplane, const struct ip_addr *addr)
{
	struct lab_dataplane *dp = (struct lab_dataplane *)dataplane;

	(void)addr;
	dp->inner_count--;
	return 0;
}

static const struct dataplane_ops lab_dataplane_ops = {
	.name = "lab",
	.summary = "keeps books for a test",
	.caps = DP_CAP_TRANSPORT | DP_CAP_ENCAP | DP_CAP_PROTO50 | DP_CAP_MARK | DP_CAP_IF_ID | DP_CAP_MOVE,
	.alloc_spi = lab_alloc_spi,
	.add_sa = lab_add_sa,
	.del_sa = lab_del_sa,
	.query_sa = lab_query_sa,
	.move_sa = lab_move_sa,
	.add_policies = lab_add_policies,
	.del_policies = lab_del_policies,
	.add_negotiated = lab_add_negotiated,
	.del_negotiated = lab_del_negotiated,
	.add_address = lab_add_address,
	.del_address = lab_del_address,
};

/* The kernel's rule: the newest outbound SA carries the traffic. The packet gets through if the other end has that SA with the
 * same keys. */
static const struct lab_sa *lab_newest_out(struct lab_dataplane *dp)
{
	const struct lab_sa *best = NULL;

	for (unsigned i = 0; i < dp->count; i++)
		if (dp->sas[i].filled && !dp->sas[i].sa.inbound && (!best || dp->sas[i].order > best->order))
			best = &dp->sas[i];
	return best;
}

static inline bool lab_flows(struct lab *lab, unsigned from)
{
	const struct lab_sa *out = lab_newest_out(&lab->ends[from].dp), *in;

	if (!out)
		return false;
	in = lab_find_sa(&lab->ends[1 - from].dp, out->sa.spi, true);
	return in && in->filled && in->sa.encr == out->sa.encr && in->sa.encr_key_size == out->sa.encr_key_size &&
	       in->sa.integ == out->sa.integ && in->sa.esn == out->sa.esn && in->sa.mode == out->sa.mode &&
	       in->sa.encap == out->sa.encap && memcmp(in->encr_key, out->encr_key, sizeof(in->encr_key)) == 0 &&
	       memcmp(in->integ_key, out->integ_key, sizeof(in->integ_key)) == 0;
}

/* For `after`. A responder sends by its new SA while its answer is still on the way to the initiator, and the packet behind it: a break
 * that is shorter than a datagram takes is none. */
static inline void lab_watch(struct lab *lab)
{
	for (unsigned i = 0; i < 2; i++) {
		if (lab_flows(lab, i))
			lab->broken_since[i] = 0;
		else if (!lab->broken_since[i])
			lab->broken_since[i] = lab->now;
		if (lab->broken_since[i] && lab->now > lab->broken_since[i] + LAB_DELAY_MS)
			lab->flows_broken = true;
	}
}

/* --- effects ------------------------------------------------------------------------------------------------------------------ */

static inline void lab_env_random(void *context, void *p, size_t n)
{
	struct lab_end *end = context;
	uint8_t *at = p;

	while (n--)
		*at++ = (uint8_t)lab_random(end->lab);
}

static inline void lab_put(struct lab *lab, const struct lab_packet *p)
{
	struct lab_packet copy = *p;

	if (lab->packet_count == LAB_MAX_PACKETS)
		abort();
	copy.bytes = malloc(p->d.n ? p->d.n : 1);
	memcpy(copy.bytes, p->bytes, p->d.n);
	lab->packets[lab->packet_count++] = copy;
}

static inline void lab_send(void *context, const struct ike_datagram *d)
{
	struct lab_end *end = context;
	struct lab *lab = end->lab;
	struct lab_packet p = {
		.at = lab->now + LAB_DELAY_MS, .from = (unsigned)(end - lab->ends), .sequence = lab->sent, .d = *d
	};
	enum lab_fate fate = LAB_DELIVER;

	if (d->keepalive) {
		end->keepalives++;
		return;
	}
	lab->sent++;
	p.bytes = malloc(d->n ? d->n : 1);
	memcpy(p.bytes, d->data, d->n);
	if (lab->rule)
		fate = lab->rule(lab, &p);
	if (!lab->cut[p.from] && fate != LAB_LOSE) {
		lab_put(lab, &p);
		p.at += LAB_DELAY_MS / 2;
		if (fate == LAB_DOUBLE)
			lab_put(lab, &p);
	}
	free(p.bytes);
}

static inline void lab_log(void *context, const char *place, enum ike_log_level level, enum rule_id rule,
			   const struct plan_origin *origin, const char *text)
{
	struct lab_end *end = context;

	(void)place;
	if (level <= IKE_LOG_INFO) {
		if (rule != RULE_COUNT)
			buf_printf(&end->log, "%s: ", rule_table[rule].id);
		if (origin && origin->file)
			buf_printf(&end->log, "%s:%u: ", origin->file, origin->line);
		buf_printf(&end->log, "%s\n", text);
	}
	if (getenv("LAB_VERBOSE"))
		fprintf(stderr, "%8llu %s %s\n", (unsigned long long)end->lab->now, end->name, text);
	if (rule != RULE_COUNT && end->rule_count < 256)
		end->rules[end->rule_count++] = rule;
}

static inline void lab_done(void *context, uint64_t token, int status, const char *reason, const struct plan_origin *origin)
{
	struct lab_end *end = context;

	if (end->done_count == 32)
		abort();
	end->done[end->done_count].token = token;
	end->done[end->done_count].status = status;
	snprintf(end->done[end->done_count].reason, sizeof(end->done[0].reason), "%s", reason);
	if (origin && origin->file)
		snprintf(end->done[end->done_count].origin, sizeof(end->done[0].origin), "%s:%u", origin->file, origin->line);
	end->done_count++;
}

static inline bool lab_told(const struct lab_end *end, enum rule_id rule)
{
	for (unsigned i = 0; i < end->rule_count; i++)
		if (end->rules[i] == rule)
			return true;
	return false;
}

/* --- plans -------------------------------------------------------------------------------------------------------------------- */

static inline void lab_add_proposal(struct arena *a, proposal_list *list, enum ipsec_protocol protocol, const char *names)
{
	struct proposal *p = vec_add(a, list);
	struct slice rest = slice_of(names), name;

	/* "AES_GCM_16:256 HMAC_SHA2_256 DH19": each name is looked up in all types */
	*p = (struct proposal){ .protocol = protocol };
	while (slice_split(&rest, " ", &name)) {
		struct slice text = name, word;
		const struct transform *t = NULL;
		uint64_t bits = 0;

		slice_split(&text, ":", &word);
		if (text.p)
			slice_to_u64(text, 65535, &bits);
		for (enum transform_type type = TRANSFORM_ENCR; type <= TRANSFORM_KE && !t; type++)
			t = transform_by_name(type, arena_strdup(a, word));
		if (!t)
			abort();
		vec_push(a, &p->transforms, (struct proposal_transform){ t, (uint16_t)bits });
	}
}

static inline struct ident lab_ident(struct arena *a, const char *text)
{
	struct ident id;
	const char *why;
	size_t at;

	if (ident_parse(a, slice_of(text), &id, &why, &at) < 0)
		abort();
	return id;
}

static inline void lab_add_ts(struct arena *a, void *list, const char *prefix)
{
	VEC(struct traffic_selector) v;
	struct ip_prefix p;

	memcpy(&v, list, sizeof(v));
	if (ip_prefix_parse(slice_of(prefix), &p, NULL) < 0)
		abort();
	vec_push(a, &v, ts_of_prefix(&p, 0, 0));
	memcpy(list, &v, sizeof(v));
}

static inline struct plan_child *lab_add_child(struct lab_end *end, const char *name, const char *local, const char *remote)
{
	struct plan_child *c = vec_add(&end->arena, &end->plan->children);
	const char *file = arena_printf(&end->arena, "%s.conf", end->name);

	*c = (struct plan_child){
		.name = name,
		.peer = "net",
		.origin = { file, 10, 1 },
		.protocol = PROTOCOL_ESP,
		.proposals_origin = { file, 11, 2 },
		.pfs = true,
		.local_ts_origin = { file, 12, 2 },
		.remote_ts_origin = { file, 13, 2 },
		.lifetime = 3600,
		.rekey_margin = 300,
		.rekey_fuzz = 100,
		.rekey = true,
		.reqid = 16385 + (uint32_t)end->plan->children.n,
		.replay_window = 128,
		.start = PLAN_START_ADD,
	};
	lab_add_proposal(&end->arena, &c->proposals, PROTOCOL_ESP, "AES_GCM_16:128");
	lab_add_ts(&end->arena, &c->local_ts, local);
	lab_add_ts(&end->arena, &c->remote_ts, remote);
	*vec_add(&end->arena, &end->plan->policies) = (struct plan_policy){ .conn = name, .when = PLAN_WHEN_UP };
	return c;
}

static inline void lab_plan(struct lab_end *end, unsigned side)
{
	struct arena *a = &end->arena;
	const char *file = arena_printf(a, "%s.conf", end->name);
	struct plan_peer *p;

	end->plan = arena_new(a, struct plan);
	p = vec_add(a, &end->plan->peers);
	*p = (struct plan_peer){
		.conn = "net",
		.origin = { file, 2, 1 },
		.version = 2,
		.side = side ? PLAN_SIDE_RIGHT : PLAN_SIDE_LEFT,
		.rekey = true,
		.proposals_origin = { file, 5, 2 },
		.initial_contact = true,
		.lifetime = 28800,
		.rekey_margin = 600,
		.rekey_fuzz = 100,
		.retransmit_timeout_ms = 60000,
		.retransmit_interval_ms = 500,
		.nat_keepalive = 20,
		.dpd_action = PLAN_DPD_HOLD,
		.local = { .kind = PLAN_ADDRESS_FIXED,
			   .addr = lab_addr(side ? "192.0.2.2" : "192.0.2.1"),
			   .auth = PLAN_AUTH_PSK,
			   .id = lab_ident(a, side ? "@east.example" : "@west.example") },
		.remote = { .kind = PLAN_ADDRESS_FIXED,
			    .addr = lab_addr(side ? "192.0.2.1" : "192.0.2.2"),
			    .auth = PLAN_AUTH_PSK,
			    .id = lab_ident(a, side ? "@west.example" : "@east.example") },
	};
	lab_add_proposal(a, &p->proposals, PROTOCOL_IKE, "AES_GCM_16:256 HMAC_SHA2_256 DH31");
	lab_add_child(end, "net", side ? "10.2.0.0/16" : "10.1.0.0/16", side ? "10.1.0.0/16" : "10.2.0.0/16");
}

static inline void lab_set_psk(struct lab_end *end, const char *psk)
{
	struct secret_entry *e;

	secrets_release(&end->secrets);
	end->secrets = (struct secrets){ 0 };
	e = vec_add(&end->arena, &end->secrets.entries);
	e->kind = SECRET_PSK;
	e->form = SECRET_QUOTED;
	if (secret_set(&e->value, psk, strlen(psk)) < 0)
		abort();
}

/* --- the lab ------------------------------------------------------------------------------------------------------------------ */

static inline struct diag_place lab_locate(const void *context, uint32_t position)
{
	(void)context;
	(void)position;
	return (struct diag_place){ 0 };
}

static inline struct lab *lab_new(uint64_t seed)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	lab->random = seed;
	lab->now = 1000000;
	for (unsigned i = 0; i < 2; i++) {
		struct lab_end *end = &lab->ends[i];

		end->lab = lab;
		end->name = i ? "east" : "west";
		end->addr = lab_addr(i ? "192.0.2.2" : "192.0.2.1");
		arena_init(&end->arena);
		diag_init(&end->diag, &end->arena, (struct diag_source){ NULL, lab_locate });
		lab_plan(end, i);
		lab_set_psk(end, LAB_PSK);
		end->dp.dp.ops = &lab_dataplane_ops;
		end->dp.next_spi = i ? 0x2000 : 0x1000;
		end->env = (struct ike_env){
			.context = end,
			.random = lab_env_random,
			.send = lab_send,
			.log = lab_log,
			.done = lab_done,
			.secrets = &end->secrets,
			.dataplane = &end->dp.dp,
			.ike_port = 500,
			.natt_port = 4500,
		};
	}
	return lab;
}

static inline int lab_open_end(struct lab_end *end)
{
	return ike_new(end->plan, &end->env, &end->diag, &end->ike);
}

static inline void lab_open(struct lab *lab)
{
	for (unsigned i = 0; i < 2; i++)
		if (lab_open_end(&lab->ends[i]) < 0)
			abort();
}

static inline void lab_free(struct lab *lab)
{
	for (unsigned i = 0; i < 2; i++) {
		ike_free(lab->ends[i].ike);
		secrets_release(&lab->ends[i].secrets);
		buf_release(&lab->ends[i].log);
		arena_release(&lab->ends[i].arena);
	}
	for (unsigned i = 0; i < lab->packet_count; i++)
		free(lab->packets[i].bytes);
	free(lab);
}

static inline void lab_translate(struct lab *lab, struct ike_datagram *d, unsigned from)
{
	struct ip_addr local = d->remote;
	uint16_t port = d->remote_port;

	if (lab->nat && from == 1) {		/* back through the mapping */
		local = lab->ends[0].addr;
		port = (uint16_t)(port - 20000);
	}
	d->remote = d->local;
	d->remote_port = d->local_port;
	d->local = local;
	d->local_port = port;
	if (lab->nat && from == 0) {
		d->remote = lab_addr("198.51.100.9");
		d->remote_port = (uint16_t)(d->remote_port + 20000);
	}
}

static inline void lab_deliver(struct lab *lab, unsigned i)
{
	struct lab_packet p = lab->packets[i];
	struct lab_end *to = &lab->ends[1 - p.from];

	memmove(&lab->packets[i], &lab->packets[i + 1], (--lab->packet_count - i) * sizeof(lab->packets[0]));
	p.d.data = p.bytes;
	lab_translate(lab, &p.d, p.from);
	p.d.natt = p.d.local_port == 4500;
	if (to->ike)
		ike_receive(to->ike, &p.d, lab->now);
	free(p.bytes);
}

/* One event: the earliest packet or timer up to `until`. False: there is none. */
static inline bool lab_step(struct lab *lab, uint64_t until)
{
	unsigned packet = 0;
	uint64_t at = UINT64_MAX, deadline;
	int timer = -1;

	for (unsigned i = 0; i < lab->packet_count; i++) {
		if (lab->packets[i].at < at) {
			at = lab->packets[i].at;
			packet = i;
		}
	}
	for (int i = 0; i < 2; i++) {
		deadline = lab->ends[i].ike ? ike_deadline(lab->ends[i].ike) : UINT64_MAX;
		if (deadline < at) {
			at = deadline;
			timer = i;
		}
	}
	if (at > until || at == UINT64_MAX)
		return false;
	if (at > lab->now)
		lab->now = at;
	if (timer >= 0)
		ike_timer(lab->ends[timer].ike, lab->now);
	else
		lab_deliver(lab, packet);
	if (lab->after)
		lab->after(lab);
	return true;
}

static inline void lab_run(struct lab *lab, uint64_t ms)
{
	uint64_t until = lab->now + ms;

	while (lab_step(lab, until))
		;
	lab->now = until;
}

struct lab_status {		/* of one end */
	unsigned established, connecting, others, children;
	char state[32], child_state[32], remote_id[64], last_error[400];
	struct ike_sa_status sa;
};

static inline void lab_each(void *context, const struct ike_sa_status *sa)
{
	struct lab_status *s = context;

	if (strcmp(sa->state, "established") == 0)
		s->established++;
	else if (sa->spi_i)
		s->others++;
	s->children += sa->child_count;
	snprintf(s->state, sizeof(s->state), "%s", sa->state);
	snprintf(s->last_error, sizeof(s->last_error), "%s", sa->last_error ? sa->last_error : "");
	snprintf(s->remote_id, sizeof(s->remote_id), "%s", sa->remote_id ? sa->remote_id : "");
	if (sa->child_count)
		snprintf(s->child_state, sizeof(s->child_state), "%s", sa->children[0].state);
	s->sa = *sa;
}

static inline struct lab_status lab_status(struct lab *lab, unsigned end)
{
	struct lab_status s = { 0 };

	ike_status(lab->ends[end].ike, lab->now, lab_each, &s);
	return s;
}

#endif

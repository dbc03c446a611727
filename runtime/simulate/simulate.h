/* SPDX-License-Identifier: Apache-2.0 */
/* simulate.h -- two plans negotiate in one process, over a network that is only memory and by a clock that only counts; then what
 * became of each conn, and where the two plans disagree.
 *
 * The engines, the messages and the cryptography are those of the daemon; only sockets, kernel and time are not. The same input and
 * seed give the same result, but for keys and so for signatures. Nothing is printed here: report.h makes text and JSON of a result.
 */
#ifndef RUNTIME_SIMULATE_H
#define RUNTIME_SIMULATE_H

#include "runtime/simulate/network.h"

struct sim_side {
	const char *name;			/* as it is to be called: "hq" */
	const struct plan *plan;
	const struct plan *ignored;		/* conns of the same file that are not in the plan since they have auto=ignore; NULL: none known */
	const struct secrets *secrets;		/* NULL with `assume` */
	const struct credentials *credentials;	/* NULL: none */
};

struct sim_options {
	uint64_t seed;
	struct network_options network;		/* addresses of the NAT: chosen here */
	unsigned initiator;			/* the side that brings up what both could */
	uint64_t until_ms;			/* 0: until each SA has been rekeyed once */
	int64_t wall_clock;			/* seconds since 1970 at the start, for certificates */
	/* No keys are at hand: shared keys are taken to be equal, and stand for certificates and raw keys too. */
	bool assume;
	const char *const *conns;		/* of either side, NULL-terminated; NULL: all */
	/* Where a keyword of a conn was written: {NULL} for a default. May be NULL, then the plan's own origins serve. */
	struct plan_origin (*where)(void *context, unsigned side, const char *conn, const char *keyword);
	void *context;
};

#define SIM_NEVER	UINT64_MAX
#define SIM_START_MS	1000u		/* what the clock shows at the beginning: engines take 0 for "never" */

struct sim_message {			/* a datagram */
	uint64_t at_ms;
	unsigned from;
	uint8_t exchange;
	bool response, again;		/* again: sent before */
	uint32_t id;
	unsigned fragment, fragments;	/* 0, 0: whole */
	enum network_fate fate;
	const char *text;		/* payloads, as wire_describe() */
	const struct plan_peer *peer[2];	/* of each side's plan; NULL: not known */
};

enum sim_verdict {
	SIM_ESTABLISHED,		/* and rekeyed, where that was to be seen */
	SIM_NARROWED,			/* the same, with less than the plan's selectors */
	SIM_REKEY_FAILED,
	SIM_FAILED,
	SIM_REFUSED,			/* one engine cannot run it */
	SIM_ALONE,			/* the other side has nothing that would meet it */
	SIM_VERDICT_COUNT
};
extern const char *const sim_verdict_names[SIM_VERDICT_COUNT];

struct sim_place {
	struct plan_origin origin;
	const char *keyword;		/* "leftsubnet", "conn" */
	const char *value;		/* in words of the plan */
};

struct sim_dispute {			/* what the two plans say of the same thing */
	const char *what;		/* "IKE proposals" */
	const char *why;		/* "no common encryption"; "" */
	const char *help;		/* NULL: none */
	struct sim_place place[2];
};

typedef VEC(struct sim_dispute) sim_disputes;

struct sim_conn {
	const char *name, *other_name;	/* of child conns; other_name NULL: there is none */
	unsigned side;			/* whose name that is: 0, and 1 for what only the second side has */
	const struct plan_peer *peer[2];	/* NULL: none */
	const struct plan_child *child[2];
	enum sim_verdict verdict;
	unsigned initiator;
	bool started;
	uint64_t started_ms;
	uint64_t established_ms, failed_ms;	/* SIM_NEVER */
	uint64_t child_rekeyed_ms, ike_rekeyed_ms;
	bool child_rekeys, ike_rekeys;		/* the plans say that it is to happen */
	uint16_t notify;			/* the error that was sent; 0: none */
	unsigned notify_from;
	uint8_t notify_exchange;
	const char *reason;			/* in the engine's words; NULL when all is well */
	unsigned reason_side;			/* whose words these are */
	const struct plan_origin *origin;	/* of the line that it blames */
	const char *other_reason;		/* of the end that answered; NULL: it said nothing */
	const struct plan_origin *other_origin;
	const char *ike_proposal, *proposal;	/* NULL: not established */
	const char *selectors[2];		/* seen from `side`: local, remote; NULL: not established */
	sim_disputes disputes;
};

struct sim_result {
	const struct sim_side *sides;
	struct sim_options options;
	VEC(struct sim_message) messages;
	VEC(struct sim_conn) conns;
	unsigned elsewhere;		/* conns of either side whose peer is not the other side */
	unsigned counts[SIM_VERDICT_COUNT];
	uint64_t end_ms;
	VEC(const char *) unpaired[2];	/* what a data plane was told and never told back; a mistake of ours */
	bool good;			/* all conns are established, and there is one */
};

/* Everything of the result is in the arena or borrowed. 0; -ENOMEM; another -errno when an engine could not be made. */
int simulate(struct arena *a, const struct sim_side sides[2], const struct sim_options *options, struct sim_result **ret);

/* pair.c: which conns of the two plans belong together, by addresses, identities, selectors and names. */
struct sim_lookup {
	const struct plan *plan[2];
	const struct ip_addr *seen[2];	/* of each side as the other sees it, where a NAT changes that; NULL: as its plan says */
};
/* The best fit on the other side for a child of side `from`, with what it belongs to; -1: none. */
int pair_child(const struct sim_lookup *l, unsigned from, const struct plan_child *child);
bool pair_meets(const struct sim_lookup *l, unsigned from, const struct plan_peer *peer);	/* is its peer an address of the other side */

/* compare.c */
struct sim_compare {
	struct arena *arena;
	const struct sim_options *options;
	const struct sim_side *sides;
	const struct plan_peer *peer[2];	/* one may be NULL for compare_alone() */
	const struct plan_child *child[2];
	sim_disputes *disputes;
};
void compare_pair(struct sim_compare *c);
void compare_alone(struct sim_compare *c, unsigned side);	/* only that side has it: does the other one ignore it? */
bool compare_auth(const struct plan_peer *a, const struct plan_peer *b);	/* do the ends agree on how each proves itself */

#endif

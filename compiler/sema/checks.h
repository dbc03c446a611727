/* SPDX-License-Identifier: Apache-2.0 */
/* checks.h -- the rules about whole conns: each a function over the IR that reports or stays silent (C- and X-rules).
 *
 * A rule of one conn is a line in the table of checks.c and a function in checks_TOPIC.c; its page in docs/rules/ says what it means.
 */
#ifndef COMPILER_SEMA_CHECKS_H
#define COMPILER_SEMA_CHECKS_H

#include "compiler/sema/ir.h"

/* What the daemon does about it. */
enum effect {
	EFFECT_NONE,		/* nothing: advice, the rule's own severity */
	EFFECT_REMARK,		/* nothing, and it needs nobody's attention: a note */
	EFFECT_COMPLAINT,	/* loads, but says so or changes something: a warning */
	EFFECT_REFUSED,		/* does not load the conn: an error */
};

/* A keyword whose value could not be read: its default stands in, and says nothing about what the user wanted. */
struct unread {
	enum keyword_id id;
	enum side side;
};
typedef VEC(struct unread) unread_list;

struct check {
	struct arena *arena;
	const struct ir *ir;
	const struct ir_conn *conn;
	const struct resolved *resolved;
	struct diag *diag;
	enum release release;
	const unread_list *unread;
	uint8_t written[KW_COUNT];	/* bit 1 << enum side: which keywords the conn sets, for check_is_set() */
	bool refused;		/* a finding of this conn had EFFECT_REFUSED */
	bool warned;		/* ... EFFECT_COMPLAINT, or is a warning or error */
};

/* Runs all rules about one conn, then those about its neighbours. */
void checks_run(struct check *k);
/* Rules about config setup; *file_refused is set when the release refuses the whole file for one. */
void checks_setup(const struct resolved *resolved, enum release release, struct diag *diag, bool *file_refused);
/* Rules between conns, over all of them at once: at most n log n. refused[i] tells
 * that the daemon does not load conn i, and is set when it is so because of another. The arena is for indexes, and freed afterwards. */
void checks_between(struct arena *scratch, const struct ir *ir, struct diag *diag, bool *refused);

/* A finding about k->conn, at the value written for a keyword; where nothing was written, at the conn's name. */
struct finding *check_report(struct check *k, enum rule_id rule, enum effect effect, enum keyword_id id, enum side side,
			     const char *format, ...) __attribute__((format(printf, 6, 7)));
struct finding *check_report_at(struct check *k, enum rule_id rule, enum effect effect, struct span span, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* Further label at the value of a keyword, when one was written. */
void check_related(struct check *k, struct finding *f, enum keyword_id id, enum side side, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
bool check_is_set(const struct check *k, enum keyword_id id, enum side side);
bool check_is_unread(const struct check *k, enum keyword_id id, enum side side);
const char *check_side_name(enum side side);	/* "left" */
/* For what the IR has no member for: whether a keyword is set to one of its words (by meaning), or to a boolean that is true. */
bool check_says(const struct check *k, enum keyword_id id, enum side side, const char *word);
bool check_is_yes(const struct check *k, enum keyword_id id, enum side side);
/* Written for this conn, here or in what it includes; what %default says to all conns need not concern each. */
bool check_is_own(const struct check *k, enum keyword_id id, enum side side);

/* --- the rules ------------------------------------------------------------------------------------------------------------------- */

/* checks_ends.c: addresses, subnets, protocols */
void check_missing_end(struct check *k);
void check_no_fixed_end(struct check *k);
void check_same_ends(struct check *k);
void check_host_family(struct check *k);
void check_subnet_family(struct check *k);
void check_subnets_one_sided(struct check *k);
void check_subnet_and_subnets(struct check *k);
void check_addresspool(struct check *k);
void check_transport_subnet(struct check *k);
void check_ports_any(struct check *k);
void check_protocols_differ(struct check *k);
void check_sourceip(struct check *k);
void check_peer_inside(struct check *k);
void check_virtual_subnet(struct check *k);
void check_virtual_words(struct check *k);
void check_both_default_routes(struct check *k);
void check_next_hop(struct check *k);
void check_source_address(struct check *k);
void check_subnets_list(struct check *k);
void check_all_traffic(struct check *k);
void check_port_without_use(struct check *k);

/* checks_auth.c: authentication and identities */
void check_shunt_authentication(struct check *k);
void check_one_sided_auth(struct check *k);
void check_no_key(struct check *k);
void check_cert_and_ckaid(struct check *k);
void check_fromcert(struct check *k);
void check_same_identities(struct check *k);
void check_null_authentication(struct check *k);
void check_partly_carried(struct check *k);
void check_ikev1_method(struct check *k);
void check_eap(struct check *k);
void check_key_and_cert(struct check *k);
void check_psk_by_identity(struct check *k);

/* checks_ike.c: versions, modes, proposals */
void check_ikev1_refused(struct check *k);
void check_ikev1_options(struct check *k);
void check_too_many_transforms(struct check *k);
void check_aggressive_groups(struct check *k);
void check_aggressive_psk(struct check *k);
void check_weak_algorithms(struct check *k);

/* checks_options.c: options that exclude each other */
void check_tcp(struct check *k);
void check_both_protocols(struct check *k);
void check_ah_and_esp(struct check *k);
void check_aggressive_mode(struct check *k);
void check_two_keys(struct check *k);
void check_tunnel_options(struct check *k);

/* checks_time.c: lifetimes, dead peers, start */
void check_lifetimes(struct check *k);
void check_margin(struct check *k);
void check_dpd_timeout(struct check *k);
void check_dpd_complete(struct check *k);
void check_nobody_to_call(struct check *k);
void check_dpd_restart(struct check *k);
void check_retransmission(struct check *k);
void check_replay_window(struct check *k);
void check_ends_with_sa(struct check *k);
void check_opportunistic_tries(struct check *k);

/* checks_modecfg.c: XAUTH, ModeConfig, address pools */
void check_two_pools(struct check *k);
void check_pool_size(struct check *k);
void check_pool_reach(struct check *k);
void check_modecfg_roles(struct check *k);
void check_modecfg_values(struct check *k);
void check_xauth_roles(struct check *k);
void check_xauth_start(struct check *k);

/* checks_device.c: marks, reqid, VTI and XFRM interfaces */
void check_mark_mask(struct check *k);
void check_mark_conflict(struct check *k);
void check_vti(struct check *k);
void check_vti_routing(struct check *k);
void check_reqid(struct check *k);

/* checks_type.c: types of conns, shunts, groups */
void check_shunt_start(struct check *k);
void check_clear_shunt(struct check *k);
void check_group_subnet(struct check *k);
void check_opportunistic_psk(struct check *k);

/* checks_release.c: what newer releases refuse */
void check_newer_refusals(struct check *k);
void check_ranges(struct check *k);

/* checks_effect.c: what has no effect in this conn */
void check_without_effect(struct check *k);

#endif

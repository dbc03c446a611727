/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h -- the contract between the compiler and everything that executes: backends and ipsec-run.
 *
 * A plan is a document (docs/plan.schema.json, docs/plan.md); these structs are its members one to one. Each item carries its
 * origin, so that a kernel's or a peer's refusal can name the user's line hours later. Secrets appear as references only.
 * Ownership: all memory of a plan is in one arena, given by whoever builds or reads it. Times in seconds unless named otherwise.
 * Writing is deterministic: same structs, same bytes; reading what was written and writing again gives the same bytes.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "diag/diag.h"
#include "proto/addr.h"
#include "proto/ident.h"
#include "proto/proposal.h"
#include "proto/release.h"

#define PLAN_VERSION 1

struct plan_origin {
	const char *file;	/* NULL: built in */
	uint32_t line, column;
};

struct plan_file {
	const char *path;
	uint8_t sha256[32];
};

enum plan_side { PLAN_SIDE_UNKNOWN, PLAN_SIDE_LEFT, PLAN_SIDE_RIGHT };	/* which end of the conn this host is */

enum plan_address_kind {
	PLAN_ADDRESS_FIXED,
	PLAN_ADDRESS_ANY,	/* %any: a template, the peer tells */
	PLAN_ADDRESS_NAME,	/* a DNS name, resolved at run time */
	PLAN_ADDRESS_OPPORTUNISTIC,	/* whoever a packet of the children's selectors goes to */
};

enum plan_auth { PLAN_AUTH_PSK, PLAN_AUTH_RSA, PLAN_AUTH_ECDSA, PLAN_AUTH_ANY_SIGNATURE, PLAN_AUTH_NULL, PLAN_AUTH_NEVER };

static inline bool plan_auth_signs(enum plan_auth auth)
{
	return auth == PLAN_AUTH_RSA || auth == PLAN_AUTH_ECDSA || auth == PLAN_AUTH_ANY_SIGNATURE;
}

/* Kinds of signatures, as bits: what an end may sign with (authby=). SHA2 without a number is all of SHA2-256, -384, -512. */
enum plan_signature {
	PLAN_SIGN_RSA_SHA1 = 1 << 0,		/* PKCS#1 v1.5; the AUTH method 1 of RFC 7296 only */
	PLAN_SIGN_RSA_SHA2 = 1 << 1,		/* PKCS#1 v1.5 */
	PLAN_SIGN_PSS_SHA2_256 = 1 << 2,
	PLAN_SIGN_PSS_SHA2_384 = 1 << 3,
	PLAN_SIGN_PSS_SHA2_512 = 1 << 4,
	PLAN_SIGN_ECDSA_SHA2_256 = 1 << 5,
	PLAN_SIGN_ECDSA_SHA2_384 = 1 << 6,
	PLAN_SIGN_ECDSA_SHA2_512 = 1 << 7,
	PLAN_SIGN_EDDSA = 1 << 8,
};
#define PLAN_SIGN_PSS	(PLAN_SIGN_PSS_SHA2_256 | PLAN_SIGN_PSS_SHA2_384 | PLAN_SIGN_PSS_SHA2_512)
#define PLAN_SIGN_ECDSA	(PLAN_SIGN_ECDSA_SHA2_256 | PLAN_SIGN_ECDSA_SHA2_384 | PLAN_SIGN_ECDSA_SHA2_512)

/* Whether an end asks the other for an inner address or a password, or is the one that gives the address and asks for the password. */
enum plan_role { PLAN_ROLE_NONE, PLAN_ROLE_CLIENT, PLAN_ROLE_SERVER };

/* Whether a secret that quantum computers do not break goes into the keys (ppk=; RFC 8784). */
enum plan_ppk { PLAN_PPK_NEVER, PLAN_PPK_PROPOSE, PLAN_PPK_INSIST };

enum plan_send_cert { PLAN_CERT_ALWAYS, PLAN_CERT_IF_ASKED, PLAN_CERT_NEVER };	/* sendcert= */

struct plan_end {
	enum plan_address_kind kind;
	struct ip_addr addr;		/* FIXED */
	const char *name;		/* NAME */
	uint16_t port;			/* IKE port; 0: the usual ones */
	struct ident id;		/* IDENT_NONE never: an unset id is the address, or IDENT_ANY for %any */
	enum plan_auth auth;
	const char *cert;		/* nickname or file, NULL: none */
	const char *public_key;		/* without a certificate: base64 of its SubjectPublicKeyInfo (RFC 5280); NULL: none */
	const char *ca;			/* DN of the wanted CA, NULL: any */
	enum plan_send_cert send_cert;
	uint32_t signatures;		/* enum plan_signature; none where auth is not a signature */
	enum plan_role config;		/* addresses: configuration payloads of IKEv2, ModeConfig of IKEv1 */
	enum plan_role xauth;		/* IKEv1 */
	VEC(struct ip_range) pools;	/* from which the other end gives this one its inner address: one for each family at most */
	const char *virtual_subnet;	/* vhost: or vnet:, what this end may ask for behind a NAT (IKEv1); NULL: none */
	bool any_port;			/* of protoport: whichever single port this end comes with */
};

enum plan_secret_kind { PLAN_SECRET_PSK, PLAN_SECRET_PRIVATE_KEY };

struct plan_secret {			/* where a secret lies; the runtime looks it up */
	const char *name;		/* unique in the plan: "psk:hq" */
	enum plan_secret_kind kind;
	const char *file;		/* /etc/ipsec.secrets */
	struct ident local_id, remote_id;
	struct plan_origin origin;
};

enum plan_start { PLAN_START_IGNORE, PLAN_START_ADD, PLAN_START_ROUTE, PLAN_START_UP, PLAN_START_KEEP };	/* auto= */
enum plan_dpd_action { PLAN_DPD_HOLD, PLAN_DPD_CLEAR, PLAN_DPD_RESTART };
enum plan_tristate { PLAN_AUTO, PLAN_YES, PLAN_NO };
enum plan_shunt { PLAN_SHUNT_NONE, PLAN_SHUNT_PASS, PLAN_SHUNT_DROP, PLAN_SHUNT_REJECT, PLAN_SHUNT_HOLD };

struct plan_peer {			/* one IKE relation */
	const char *conn;		/* name of the conn; unique among peers */
	struct plan_origin origin;
	uint8_t version;		/* 1 or 2 */
	enum plan_side side;
	const char *side_why;		/* reason when UNKNOWN, else NULL */
	struct plan_end local, remote;	/* left and right when the side is UNKNOWN */
	const char *secret;		/* name in secrets, NULL: none needed */
	proposal_list proposals;	/* PROTOCOL_IKE, with explicit transforms */
	struct plan_origin proposals_origin;
	bool aggressive;		/* IKEv1 */
	bool rekey, reauth;
	bool fragmentation;
	bool mobike;
	bool initial_contact;		/* uniqueids */
	enum plan_tristate encapsulation;	/* ESP in UDP: AUTO is by NAT detection */
	uint32_t lifetime, rekey_margin;
	uint16_t rekey_fuzz;		/* percent of the margin */
	uint32_t keying_tries;		/* 0: for ever */
	uint32_t retransmit_timeout_ms;	/* all tries together */
	uint32_t retransmit_interval_ms;	/* the first wait, doubled each time */
	uint32_t dpd_delay, dpd_timeout;	/* 0: no liveness checks */
	enum plan_dpd_action dpd_action;
	uint32_t nat_keepalive;		/* 0: none */
	enum plan_ppk ppk;
	const char *ppk_ids;		/* those that may be used, with commas or blanks between; NULL: any */
};

struct plan_mark {
	uint32_t value, mask;		/* mask 0: no mark */
};

enum plan_mode { PLAN_MODE_TUNNEL, PLAN_MODE_TRANSPORT };

struct plan_child {			/* one child SA to be negotiated under a peer */
	const char *name;		/* conn name, or "conn/1x2" of a subnet product; unique */
	const char *peer;		/* conn of the peer */
	struct plan_origin origin;
	enum ipsec_protocol protocol;	/* ESP or AH */
	proposal_list proposals;
	struct plan_origin proposals_origin;
	enum plan_mode mode;
	bool pfs;
	/* empty: the host itself, by an address that is known only at run time (a peer %any or a DNS name) */
	VEC(struct traffic_selector) local_ts, remote_ts;
	struct plan_origin local_ts_origin, remote_ts_origin;
	uint32_t lifetime, rekey_margin;
	uint16_t rekey_fuzz;
	bool rekey;
	uint64_t max_bytes, max_packets;	/* 0: none; at most INT64_MAX */
	uint32_t reqid;			/* of the ESP or AH SA */
	struct plan_mark mark_in, mark_out;
	uint32_t if_id;			/* 0: none */
	uint32_t priority;		/* of policies that only the negotiation tells; 0: by the formula of the release (plan/priority.h) */
	uint32_t replay_window;		/* packets; 0: off */
	enum plan_tristate esn;		/* YES: offered and preferred */
	bool compress;
	bool narrowing;
	uint32_t tfc;
	enum plan_start start;
	enum plan_shunt negotiation_shunt, failure_shunt;
	const char *updown;		/* command, NULL: none */
};

enum plan_dir { PLAN_OUT, PLAN_IN, PLAN_FWD };
enum plan_action { PLAN_PROTECT, PLAN_PASS, PLAN_BLOCK };
/* The words of the document: "out", "protect". */
extern const char *const plan_dir_words[], *const plan_action_words[];
enum plan_level { PLAN_LEVEL_REQUIRED, PLAN_LEVEL_USE };

struct plan_tmpl {
	enum { PLAN_TMPL_ESP, PLAN_TMPL_AH, PLAN_TMPL_COMP } proto;
	struct ip_addr src, dst;	/* AF_UNSPEC: all zero, in the selector's family */
	enum plan_mode mode;
	uint32_t reqid;
	enum plan_level level;
};

/* When a policy stands: `load` since the conn is loaded; `route` since it is routed (a trap or a shunt); `up` while an SA
 * exists. An `up` policy replaces the `route` policy with equal selector, direction, mark and if_id (design note 1 of the
 * expansion rules). */
/* Shunts of a conn that auto= routes are `load`: no SA belongs to them, so no engine would install them. Policies marked strict
 * are those of the up phase, standing early: ipsec-run installs them, and they come before the trap with equal key that they
 * replace. */
enum plan_when { PLAN_WHEN_LOAD, PLAN_WHEN_ROUTE, PLAN_WHEN_UP };

struct plan_policy {
	const char *conn;		/* child name, or conn name of a shunt */
	struct plan_origin origin;
	enum plan_dir dir;
	enum plan_action action;	/* PASS and BLOCK with templates: as pluto installs them */
	struct ip_prefix src, dst;
	uint8_t proto;			/* 0: any */
	uint16_t sport, dport;		/* 0: any */
	bool sport_set, dport_set;	/* not any: also true for a port that is really 0 */
	uint32_t priority;
	struct plan_mark mark;
	uint32_t if_id;
	enum plan_mode mode;		/* of the conn's SAs; PROTECT only, a trap's own template is always transport */
	VEC(struct plan_tmpl) tmpl;
	enum plan_when when;
	bool strict;			/* only part of the --strict rendering, and of what ipsec-run installs */
};

/* By what the kernel tells policies apart by, which is selector, direction, mark and if_id, not the priority (E-047, E-049): <0, 0, >0. */
int plan_slot_cmp(const struct plan_policy *a, const struct plan_policy *b);
/* Index of the first of a list, sorted by that, which does not come before `policy`; n: there is none. */
size_t plan_slot_first(const struct plan_policy *const *list, size_t n, const struct plan_policy *policy);
/* The first in the very slot of `policy`; NULL: there is none. */
const struct plan_policy *plan_slot_find(const struct plan_policy *const *list, size_t n, const struct plan_policy *policy);

struct plan_source {
	enum release release;		/* whose semantics the plan has */
	VEC(struct plan_file) files;
};

struct plan_host {
	bool known;			/* host facts were given */
	const char *why;		/* reason when not */
	VEC(struct ip_addr) addresses;
};

struct plan {
	struct plan_source source;
	struct plan_host host;
	VEC(struct plan_peer) peers;
	VEC(struct plan_child) children;
	VEC(struct plan_policy) policies;
	VEC(struct plan_secret) secrets;
	struct map peers_by_conn;	/* made by plan_index(), not part of the document */
};

/* Appends the document, with a final newline. 0, -ENOMEM (or the sink failed), or -EFBIG and a part for one that plan_read() would not take. */
int plan_write(const struct plan *plan, struct buf *out);

/* Reads untrusted JSON. Every mistake (unknown version, wrong type, limit, duplicate name, dangling reference, bad address) is a
 * finding in `diag` with the JSON path in its message and its place; then -EINVAL and *ret untouched; -ENOMEM. Unknown members
 * are warnings and ignored. The text must have been added to the sources behind `diag` at position `base`, so that findings have
 * line and column (base 0: no positions). */
int plan_read(struct arena *a, struct slice json, uint32_t base, struct diag *diag, struct plan **ret);

/* Whoever built the plan calls this once its peers are complete; until then looking one up walks the list. */
void plan_index(struct plan *plan, struct arena *a);
const struct plan_peer *plan_peer_by_conn(const struct plan *plan, const char *conn);

#endif

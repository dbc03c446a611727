/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/members.h"

#include "base/limits.h"

#define OF(type, name)			offsetof(struct type, name)
#define SIZE(type, name)		(uint8_t)sizeof(((struct type *)NULL)->name)
#define MAX(type, name)			(UINT64_MAX >> (64 - 8 * SIZE(type, name)))

#define BOOL(type, name)		{ #name, MEMBER_BOOL, .offset = OF(type, name) }
#define NUMBER(type, name)		NUMBER_TO(type, name, MAX(type, name))
#define NUMBER_TO(type, name, maximum)	{ #name, MEMBER_NUMBER, .offset = OF(type, name), .size = SIZE(type, name), .max = maximum }
#define WORD(type, name, list)		{ #name, MEMBER_ENUM, .offset = OF(type, name), .words = list }
#define FLAGS(type, name, list)		{ #name, MEMBER_FLAGS, true, .offset = OF(type, name), .words = list }
#define WORD_OR_FIRST(type, name, list)	{ #name, MEMBER_ENUM, true, .offset = OF(type, name), .words = list }
#define TEXT(type, name)		{ #name, MEMBER_TEXT, .offset = OF(type, name) }
#define TEXT_OR_NULL(type, name)	{ #name, MEMBER_TEXT, true, .offset = OF(type, name) }
#define IDENTITY(type, name)		{ #name, MEMBER_IDENTITY, .offset = OF(type, name) }
#define PREFIX(type, name)		{ #name, MEMBER_PREFIX, .offset = OF(type, name) }
#define PORT(type, name)		{ #name, MEMBER_PORT, true, .offset = OF(type, name), .set_offset = OF(type, name##_set) }
#define OBJECT(type, name, of)		{ #name, MEMBER_OBJECT, .offset = OF(type, name), .shape = &of##_shape }
#define OBJECT_OR_NULL(type, name, of)	{ #name, MEMBER_OBJECT, true, .offset = OF(type, name), .shape = &of##_shape }
#define LIST(type, name, of, maximum)	{ #name, MEMBER_LIST, .offset = OF(type, name), .max = maximum, .element = of }
#define OBJECTS(type, name, of, maximum) \
	{ #name, MEMBER_LIST, .offset = OF(type, name), .max = maximum, .element = MEMBER_OBJECT, .shape = &of##_shape }
#define SHAPE(name, type)		static const struct shape name##_shape = { sizeof(struct type), name##_members }

#define MAX_TEMPLATES	6u	/* XFRM_MAX_DEPTH of the kernel */
#define MAX_POOLS	2u	/* one for each family */
#define MAX_POLICIES	(8u * LIMIT_CONNS)
#define MAX_LIMIT	(UINT64_MAX >> 1)	/* a JSON number of jansson is an int64_t */

static const char *const sides[] = { "unknown", "left", "right", NULL };
static const char *const address_kinds[] = { "address", "any", "name", "opportunistic", NULL };
static const char *const auths[] = { "psk", "rsa", "ecdsa", "any-signature", "null", "never", NULL };
static const char *const send_certs[] = { "always", "if-asked", "never", NULL };
static const char *const signatures[] = {
	"rsa-sha1", "rsa-sha2", "rsa-pss-sha2_256", "rsa-pss-sha2_384", "rsa-pss-sha2_512", "ecdsa-sha2_256", "ecdsa-sha2_384",
	"ecdsa-sha2_512", "eddsa", NULL
};
static const char *const roles[] = { "none", "client", "server", NULL };
static const char *const ppks[] = { "never", "propose", "insist", NULL };
static const char *const secret_kinds[] = { "psk", "private-key", NULL };
static const char *const starts[] = { "ignore", "add", "route", "up", "keep", NULL };
static const char *const dpd_actions[] = { "hold", "clear", "restart", NULL };
static const char *const tristates[] = { "auto", "yes", "no", NULL };
static const char *const shunts[] = { "none", "passthrough", "drop", "reject", "hold", NULL };
static const char *const modes[] = { "tunnel", "transport", NULL };
const char *const plan_dir_words[] = { "out", "in", "fwd", NULL };
const char *const plan_action_words[] = { "protect", "pass", "block", NULL };
static const char *const levels[] = { "required", "use", NULL };
static const char *const template_protocols[] = { "esp", "ah", "comp", NULL };
static const char *const whens[] = { "load", "route", "up", NULL };
static const char *const protocols[] = { "", "ike", "ah", "esp", NULL };

const char *const plan_transform_words[] = { "", "encr", "prf", "integ", "ke", "esn", NULL };

static const struct member origin_members[] = {
	TEXT(plan_origin, file), NUMBER(plan_origin, line), NUMBER(plan_origin, column), { 0 },
};
SHAPE(origin, plan_origin);

static const struct member file_members[] = {
	TEXT(plan_file, path), { "sha256", MEMBER_SHA256, .offset = OF(plan_file, sha256) }, { 0 },
};
SHAPE(file, plan_file);

static const struct member proposal_members[] = {
	WORD(proposal, protocol, protocols), LIST(proposal, transforms, MEMBER_TRANSFORM, LIMIT_TRANSFORMS), { 0 },
};
SHAPE(proposal, proposal);

static const struct member end_members[] = {
	WORD(plan_end, kind, address_kinds),
	{ "address", MEMBER_ADDRESS, true, .offset = OF(plan_end, addr) },
	TEXT_OR_NULL(plan_end, name),
	NUMBER(plan_end, port),
	IDENTITY(plan_end, id),
	WORD(plan_end, auth, auths),
	TEXT_OR_NULL(plan_end, cert),
	{ "public_key", MEMBER_TEXT, true, true, .offset = OF(plan_end, public_key) },
	TEXT_OR_NULL(plan_end, ca),
	WORD_OR_FIRST(plan_end, send_cert, send_certs),
	FLAGS(plan_end, signatures, signatures),
	{ "config", MEMBER_ENUM, true, true, .offset = OF(plan_end, config), .words = roles },
	{ "xauth", MEMBER_ENUM, true, true, .offset = OF(plan_end, xauth), .words = roles },
	{ "pools", MEMBER_LIST, true, true, .offset = OF(plan_end, pools), .max = MAX_POOLS, .element = MEMBER_RANGE },
	{ "virtual_subnet", MEMBER_TEXT, true, true, .offset = OF(plan_end, virtual_subnet) },
	{ "any_port", MEMBER_BOOL, true, true, .offset = OF(plan_end, any_port) },
	{ 0 },
};
SHAPE(end, plan_end);

static const struct member peer_members[] = {
	TEXT(plan_peer, conn),
	OBJECT_OR_NULL(plan_peer, origin, origin),
	NUMBER_TO(plan_peer, version, 2),
	WORD(plan_peer, side, sides),
	TEXT_OR_NULL(plan_peer, side_why),
	OBJECT(plan_peer, local, end),
	OBJECT(plan_peer, remote, end),
	TEXT_OR_NULL(plan_peer, secret),
	OBJECTS(plan_peer, proposals, proposal, LIMIT_PROPOSALS),
	OBJECT_OR_NULL(plan_peer, proposals_origin, origin),
	BOOL(plan_peer, aggressive),
	BOOL(plan_peer, rekey),
	BOOL(plan_peer, reauth),
	BOOL(plan_peer, fragmentation),
	BOOL(plan_peer, mobike),
	BOOL(plan_peer, initial_contact),
	WORD(plan_peer, encapsulation, tristates),
	NUMBER(plan_peer, lifetime),
	NUMBER(plan_peer, rekey_margin),
	NUMBER(plan_peer, rekey_fuzz),
	NUMBER(plan_peer, keying_tries),
	NUMBER(plan_peer, retransmit_timeout_ms),
	NUMBER(plan_peer, retransmit_interval_ms),
	NUMBER(plan_peer, dpd_delay),
	NUMBER(plan_peer, dpd_timeout),
	WORD(plan_peer, dpd_action, dpd_actions),
	NUMBER(plan_peer, nat_keepalive),
	{ "ppk", MEMBER_ENUM, true, true, .offset = OF(plan_peer, ppk), .words = ppks },
	{ "ppk_ids", MEMBER_TEXT, true, true, .offset = OF(plan_peer, ppk_ids) },
	{ 0 },
};
SHAPE(peer, plan_peer);

static const struct member mark_members[] = {
	NUMBER(plan_mark, value), NUMBER(plan_mark, mask), { 0 },
};
SHAPE(mark, plan_mark);

static const struct member child_members[] = {
	TEXT(plan_child, name),
	TEXT(plan_child, peer),
	OBJECT_OR_NULL(plan_child, origin, origin),
	WORD(plan_child, protocol, protocols),
	OBJECTS(plan_child, proposals, proposal, LIMIT_PROPOSALS),
	OBJECT_OR_NULL(plan_child, proposals_origin, origin),
	WORD(plan_child, mode, modes),
	BOOL(plan_child, pfs),
	LIST(plan_child, local_ts, MEMBER_SELECTOR, LIMIT_SELECTORS),
	OBJECT_OR_NULL(plan_child, local_ts_origin, origin),
	LIST(plan_child, remote_ts, MEMBER_SELECTOR, LIMIT_SELECTORS),
	OBJECT_OR_NULL(plan_child, remote_ts_origin, origin),
	NUMBER(plan_child, lifetime),
	NUMBER(plan_child, rekey_margin),
	NUMBER(plan_child, rekey_fuzz),
	BOOL(plan_child, rekey),
	NUMBER_TO(plan_child, max_bytes, MAX_LIMIT),
	NUMBER_TO(plan_child, max_packets, MAX_LIMIT),
	NUMBER(plan_child, reqid),
	OBJECT_OR_NULL(plan_child, mark_in, mark),
	OBJECT_OR_NULL(plan_child, mark_out, mark),
	NUMBER(plan_child, if_id),
	{ "priority", MEMBER_NUMBER, true, true, .offset = OF(plan_child, priority), .size = SIZE(plan_child, priority), .max = UINT32_MAX },
	NUMBER_TO(plan_child, replay_window, LIMIT_REPLAY_WINDOW),
	WORD(plan_child, esn, tristates),
	BOOL(plan_child, compress),
	BOOL(plan_child, narrowing),
	NUMBER(plan_child, tfc),
	WORD(plan_child, start, starts),
	WORD(plan_child, negotiation_shunt, shunts),
	WORD(plan_child, failure_shunt, shunts),
	TEXT_OR_NULL(plan_child, updown),
	{ 0 },
};
SHAPE(child, plan_child);

static const struct member tmpl_members[] = {
	WORD(plan_tmpl, proto, template_protocols),
	{ "src", MEMBER_ADDRESS, true, .offset = OF(plan_tmpl, src) },
	{ "dst", MEMBER_ADDRESS, true, .offset = OF(plan_tmpl, dst) },
	WORD(plan_tmpl, mode, modes),
	NUMBER(plan_tmpl, reqid),
	WORD(plan_tmpl, level, levels),
	{ 0 },
};
SHAPE(tmpl, plan_tmpl);

static const struct member policy_members[] = {
	TEXT(plan_policy, conn),
	OBJECT_OR_NULL(plan_policy, origin, origin),
	WORD(plan_policy, dir, plan_dir_words),
	WORD(plan_policy, action, plan_action_words),
	PREFIX(plan_policy, src),
	PREFIX(plan_policy, dst),
	NUMBER(plan_policy, proto),
	PORT(plan_policy, sport),
	PORT(plan_policy, dport),
	NUMBER(plan_policy, priority),
	OBJECT_OR_NULL(plan_policy, mark, mark),
	NUMBER(plan_policy, if_id),
	WORD(plan_policy, mode, modes),
	OBJECTS(plan_policy, tmpl, tmpl, MAX_TEMPLATES),
	WORD(plan_policy, when, whens),
	BOOL(plan_policy, strict),
	{ 0 },
};
SHAPE(policy, plan_policy);

static const struct member secret_members[] = {
	TEXT(plan_secret, name),
	WORD(plan_secret, kind, secret_kinds),
	TEXT(plan_secret, file),
	IDENTITY(plan_secret, local_id),
	IDENTITY(plan_secret, remote_id),
	OBJECT_OR_NULL(plan_secret, origin, origin),
	{ 0 },
};
SHAPE(secret, plan_secret);

static const struct member source_members[] = {
	{ "release", MEMBER_RELEASE, .offset = OF(plan_source, release) },
	{ "dialect", MEMBER_DIALECT, .offset = OF(plan_source, release) },
	OBJECTS(plan_source, files, file, LIMIT_FILES),
	{ 0 },
};
SHAPE(source, plan_source);

static const struct member host_members[] = {
	BOOL(plan_host, known),
	TEXT_OR_NULL(plan_host, why),
	LIST(plan_host, addresses, MEMBER_ADDRESS, LIMIT_VALUE_LIST),
	{ 0 },
};
SHAPE(host, plan_host);

static const struct member plan_members[] = {
	OBJECT(plan, source, source),
	OBJECT(plan, host, host),
	OBJECTS(plan, peers, peer, LIMIT_CONNS),
	OBJECTS(plan, children, child, LIMIT_CHILDREN),
	OBJECTS(plan, policies, policy, MAX_POLICIES),
	OBJECTS(plan, secrets, secret, LIMIT_CONNS),
	{ 0 },
};
const struct shape plan_shape = { sizeof(struct plan), plan_members };

size_t plan_element_size(const struct member *list)
{
	switch (list->element) {
	case MEMBER_OBJECT:
		return list->shape->size;
	case MEMBER_TRANSFORM:
		return sizeof(struct proposal_transform);
	case MEMBER_SELECTOR:
		return sizeof(struct traffic_selector);
	case MEMBER_RANGE:
		return sizeof(struct ip_range);
	default:
		return sizeof(struct ip_addr);
	}
}

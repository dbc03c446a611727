/* SPDX-License-Identifier: Apache-2.0 */
/* values.h -- the text of one setting to a typed value, by the type in the keyword table and the chosen release (L-048 ... L-059).
 *
 * One parser per type, chosen by a table. What is wrong is reported under exactly the wrong characters, with what the release does about it:
 * it decides the severity (refused: error; altered or ignored: warning).
 */
#ifndef COMPILER_SEMA_VALUES_H
#define COMPILER_SEMA_VALUES_H

#include "compiler/sema/ir.h"

struct value {
	bool boolean;
	const struct keyword_value *word;		/* ENUM, and the known word of another type (%any); NULL: none */
	VEC(const struct keyword_value *) words;	/* FLAGS, authby= */
	uint64_t number;				/* INTEGER, COUNT, BYTES, PORT, IFID; TIME: s; TIME_MS: ms; PERCENT */
	const char *text;				/* text types; NULL where another member says it */
	struct ip_addr addr;				/* IPADDR, HOST; of CIDR the address with its host bits */
	struct ip_prefix prefix;			/* SUBNET, CIDR */
	bool has_prefix;				/* SUBNET: false for vhost: and vnet:, which are in text */
	VEC(struct ip_prefix) prefixes;			/* SUBNET_LIST; several in SUBNET (5.x) */
	struct ip_range range;				/* RANGE */
	enum ir_host_kind host_kind;			/* HOST; text has the name of NAME and INTERFACE */
	uint8_t proto;					/* PROTOPORT */
	uint16_t port;
	bool port_any;
	struct ident id;				/* ID, DN */
	struct slice key;				/* PUBKEY: SubjectPublicKeyInfo; empty for words and kinds that are not read */
	struct plan_mark mark;
	VEC(struct ir_virtual_net) virtual_nets;	/* NET_POLICY_LIST */
	bool if_id_yes;					/* IFID: "yes", the release chooses */
};

struct value_parser {
	struct arena *arena;
	struct diag *diag;
	enum release release;
	const struct keyword *keyword;
	enum side side;
	struct slice key;				/* the keyword as the user wrote it */
	struct syntax_value value;
	const char *conn;				/* NULL: config setup */
	bool in_default;				/* it stands in conn %default */
	bool *file_refused;				/* set when the release refuses the whole file; may be NULL */
	bool *depends_on_host;				/* set when the host decides whether the conn loads; may be NULL */
};

/* True: *ret is the value. False: a finding has been made, or the value is empty and counts as left out; *ret is untouched. Proposals have
 * a parser of their own (proposals.h), since they need to know the conn: for them any text is good here. */
bool value_parse(const struct value_parser *v, struct value *ret);

/* What the release does about a mistake. */
enum consequence {
	FILE_REFUSED,
	CONN_REFUSED,
	VALUE_IGNORED,		/* the line has no effect, silently or not */
	VALUE_KEPT,		/* taken as it is */
};

/* A finding at bytes from..to of the value; severity and a note by the consequence. */
struct finding *value_report(const struct value_parser *v, enum rule_id rule, enum consequence consequence, size_t from, size_t to,
			     const char *format, ...) __attribute__((format(printf, 6, 7)));
/* The same where the place is given by a slice of the value's text. */
struct finding *value_report_slice(const struct value_parser *v, enum rule_id rule, enum consequence consequence, struct slice where,
				   const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Whether the readers before 5 scan the value as a number, whatever the keyword wants (L-048, L-033b). */
bool value_is_number_token(const struct value_parser *v);

/* Parsers of the other files, by the same contract as value_parse(). */
bool value_parse_bool(const struct value_parser *v, struct value *ret);
bool value_parse_enum(const struct value_parser *v, struct value *ret);
bool value_parse_flags(const struct value_parser *v, struct value *ret);
bool value_parse_host(const struct value_parser *v, struct value *ret);
bool value_parse_ipaddr(const struct value_parser *v, struct value *ret);
bool value_parse_ipaddr_list(const struct value_parser *v, struct value *ret);
bool value_parse_cidr(const struct value_parser *v, struct value *ret);
bool value_parse_subnet(const struct value_parser *v, struct value *ret);
bool value_parse_subnet_list(const struct value_parser *v, struct value *ret);
bool value_parse_range(const struct value_parser *v, struct value *ret);
bool value_parse_protoport(const struct value_parser *v, struct value *ret);
bool value_parse_net_policy_list(const struct value_parser *v, struct value *ret);
bool value_parse_id(const struct value_parser *v, struct value *ret);
bool value_parse_dn(const struct value_parser *v, struct value *ret);
bool value_parse_hex(const struct value_parser *v, struct value *ret);
bool value_parse_ifname(const struct value_parser *v, struct value *ret);
bool value_parse_mark(const struct value_parser *v, struct value *ret);
bool value_parse_pubkey(const struct value_parser *v, struct value *ret);

#endif

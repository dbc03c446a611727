/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h -- the IKEv2 message format (RFC 7296 section 3, RFC 7383): bytes to views and back. It knows no SA, no key and no
 * policy.
 *
 * Reading: wire_parse() checks the header and walks the payloads of a datagram; wire_parse_inner() does the same for what was
 * decrypted from SK or SKF. Both check the *inside* of every payload of a known type too, so the typed views below cannot fail
 * afterwards. Views borrow from the datagram: nothing is copied. Rules I-020..I-029; limits from base/limits.h.
 *
 * Errors: WIRE_OK (0), or a fault that says what, where and why. What to answer is the engine's choice (section 14 of the rules):
 * a fault outside SK is met with silence, the same fault inside SK, after the ICV was right, with INVALID_SYNTAX.
 *
 * Building: struct wire_builder appends to a struct buf of the caller and patches next-payload fields and lengths; a failed
 * allocation sticks in the buf. Integers are in host order in all structs; SPIs of IKE SAs are 64-bit numbers whose most
 * significant byte goes first.
 */
#ifndef RUNTIME_WIRE_H
#define RUNTIME_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/slice.h"
#include "proto/addr.h"
#include "proto/ident.h"
#include "proto/proposal.h"

#define WIRE_HEADER_SIZE	28u	/* IKE header */
#define WIRE_GENERIC_SIZE	4u	/* generic payload header */
#define WIRE_SKF_SIZE		4u	/* fragment number and total, behind the generic header of SKF */

enum ike_exchange {
	IKE_SA_INIT = 34,
	IKE_AUTH = 35,
	IKE_CREATE_CHILD_SA = 36,
	IKE_INFORMATIONAL = 37,
	IKE_INTERMEDIATE = 43,		/* RFC 9242 */
	IKE_FOLLOWUP_KE = 44,		/* RFC 9370 */
};

enum ike_flag { IKE_FLAG_INITIATOR = 0x08, IKE_FLAG_VERSION = 0x10, IKE_FLAG_RESPONSE = 0x20 };	/* I-022 */

enum payload_type {
	PAYLOAD_NONE = 0,
	PAYLOAD_SA = 33,
	PAYLOAD_KE = 34,
	PAYLOAD_IDI = 35,
	PAYLOAD_IDR = 36,
	PAYLOAD_CERT = 37,
	PAYLOAD_CERTREQ = 38,
	PAYLOAD_AUTH = 39,
	PAYLOAD_NONCE = 40,
	PAYLOAD_NOTIFY = 41,
	PAYLOAD_DELETE = 42,
	PAYLOAD_VENDOR = 43,
	PAYLOAD_TSI = 44,
	PAYLOAD_TSR = 45,
	PAYLOAD_SK = 46,
	PAYLOAD_CP = 47,
	PAYLOAD_EAP = 48,
	PAYLOAD_SKF = 53,		/* RFC 7383 */
};

/* IANA "IKEv2 Notify Message Types"; below 16384 errors, from there on status. */
enum notify_type {
	NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD = 1,
	NOTIFY_INVALID_IKE_SPI = 4,
	NOTIFY_INVALID_MAJOR_VERSION = 5,
	NOTIFY_INVALID_SYNTAX = 7,
	NOTIFY_INVALID_MESSAGE_ID = 9,
	NOTIFY_INVALID_SPI = 11,
	NOTIFY_NO_PROPOSAL_CHOSEN = 14,
	NOTIFY_INVALID_KE_PAYLOAD = 17,
	NOTIFY_AUTHENTICATION_FAILED = 24,
	NOTIFY_SINGLE_PAIR_REQUIRED = 34,
	NOTIFY_NO_ADDITIONAL_SAS = 35,
	NOTIFY_INTERNAL_ADDRESS_FAILURE = 36,
	NOTIFY_FAILED_CP_REQUIRED = 37,
	NOTIFY_TS_UNACCEPTABLE = 38,
	NOTIFY_INVALID_SELECTORS = 39,
	NOTIFY_UNACCEPTABLE_ADDRESSES = 40,
	NOTIFY_UNEXPECTED_NAT_DETECTED = 41,
	NOTIFY_USE_ASSIGNED_HOA = 42,
	NOTIFY_TEMPORARY_FAILURE = 43,
	NOTIFY_CHILD_SA_NOT_FOUND = 44,
	NOTIFY_INVALID_GROUP_ID = 45,
	NOTIFY_AUTHORIZATION_FAILED = 46,
	NOTIFY_STATE_NOT_FOUND = 47,

	NOTIFY_INITIAL_CONTACT = 16384,
	NOTIFY_SET_WINDOW_SIZE = 16385,
	NOTIFY_ADDITIONAL_TS_POSSIBLE = 16386,
	NOTIFY_IPCOMP_SUPPORTED = 16387,
	NOTIFY_NAT_DETECTION_SOURCE_IP = 16388,
	NOTIFY_NAT_DETECTION_DESTINATION_IP = 16389,
	NOTIFY_COOKIE = 16390,
	NOTIFY_USE_TRANSPORT_MODE = 16391,
	NOTIFY_HTTP_CERT_LOOKUP_SUPPORTED = 16392,
	NOTIFY_REKEY_SA = 16393,
	NOTIFY_ESP_TFC_PADDING_NOT_SUPPORTED = 16394,
	NOTIFY_NON_FIRST_FRAGMENTS_ALSO = 16395,
	NOTIFY_MOBIKE_SUPPORTED = 16396,
	NOTIFY_ADDITIONAL_IP4_ADDRESS = 16397,
	NOTIFY_ADDITIONAL_IP6_ADDRESS = 16398,
	NOTIFY_NO_ADDITIONAL_ADDRESSES = 16399,
	NOTIFY_UPDATE_SA_ADDRESSES = 16400,
	NOTIFY_COOKIE2 = 16401,
	NOTIFY_NO_NATS_ALLOWED = 16402,
	NOTIFY_AUTH_LIFETIME = 16403,
	NOTIFY_MULTIPLE_AUTH_SUPPORTED = 16404,
	NOTIFY_ANOTHER_AUTH_FOLLOWS = 16405,
	NOTIFY_REDIRECT_SUPPORTED = 16406,
	NOTIFY_REDIRECT = 16407,
	NOTIFY_REDIRECTED_FROM = 16408,
	NOTIFY_EAP_ONLY_AUTHENTICATION = 16417,
	NOTIFY_CHILDLESS_IKEV2_SUPPORTED = 16418,
	NOTIFY_QUICK_CRASH_DETECTION = 16419,
	NOTIFY_MESSAGE_ID_SYNC_SUPPORTED = 16420,
	NOTIFY_FRAGMENTATION_SUPPORTED = 16430,
	NOTIFY_SIGNATURE_HASH_ALGORITHMS = 16431,
	NOTIFY_USE_PPK = 16435,
	NOTIFY_PPK_IDENTITY = 16436,
	NOTIFY_NO_PPK_AUTH = 16437,
	NOTIFY_INTERMEDIATE_EXCHANGE_SUPPORTED = 16438,
	NOTIFY_ADDITIONAL_KEY_EXCHANGE = 16441,
};

#define NOTIFY_FIRST_STATUS 16384u

/* Names for people, from tables: "IKE_SA_INIT", "Ni" is written NONCE, "AUTHENTICATION_FAILED"; NULL when the number has none
 * here. */
const char *wire_exchange_name(uint8_t exchange);
const char *wire_payload_name(uint8_t type);
const char *wire_notify_name(uint16_t type);

/* --- reading ----------------------------------------------------------------------------------------------------------------- */

enum wire_error {
	WIRE_OK = 0,
	WIRE_HEADER,		/* I-020: not an IKE header, or its length is not the datagram's: drop */
	WIRE_VERSION,		/* I-021: major version above 2 (ret header is valid) */
	WIRE_VERSION_1,		/* version 1.x: for the IKEv1 half, or drop (ret header is valid) */
	WIRE_SYNTAX,		/* I-023, I-026, I-027: malformed */
	WIRE_CRITICAL,		/* I-024: unknown payload with the critical bit; fault.payload is its type */
	WIRE_LIMIT,		/* I-029: over a limit of ours: as WIRE_SYNTAX, but the log should say so */
};

struct wire_fault {
	enum wire_error error;
	uint8_t payload;	/* type of the payload at fault, 0: the header */
	uint32_t offset;	/* in the datagram, or in the decrypted text */
	const char *why;	/* static, for the log: "a transform is longer than its proposal" */
};

struct wire_header {
	uint64_t spi_i, spi_r;
	uint8_t next;		/* type of the first payload */
	uint8_t version;	/* major << 4 | minor; 0x20 */
	uint8_t exchange;	/* enum ike_exchange, or one we do not know */
	uint8_t flags;		/* enum ike_flag; unknown bits as received */
	uint32_t message_id;
	uint32_t length;	/* of the whole message; wire_begin() fills it in */
};

struct wire_payload {
	uint8_t type;
	bool critical;
	bool inner;		/* was inside SK */
	uint8_t next;		/* next-payload field: for SK and SKF the type of the first inner payload */
	struct slice body;	/* behind the generic header */
};

struct wire_message {
	struct wire_header header;
	struct slice datagram;	/* whole message as received, without non-ESP marker */
	struct wire_payload payloads[LIMIT_PAYLOADS];	/* in order; unknown ones without the critical bit are left out */
	unsigned count;
	unsigned skipped;	/* unknown payloads left out */
	bool encrypted;		/* the last outer payload is SK or SKF */
	bool opened;		/* wire_parse_inner() has run */
};

/* Header only: for the dispatcher, which looks at SPIs before anything else. */
enum wire_error wire_parse_header(struct slice datagram, struct wire_header *ret, struct wire_fault *fault);
/* Header and outer payloads. On WIRE_VERSION, WIRE_VERSION_1, WIRE_CRITICAL and WIRE_SYNTAX ret->header is valid. */
enum wire_error wire_parse(struct slice datagram, struct wire_message *ret, struct wire_fault *fault);
/* Appends the payloads of `plain` (the text of SK without padding, or the joined texts of all SKF) to msg; `first` is the type
 * of the first. */
enum wire_error wire_parse_inner(struct wire_message *msg, uint8_t first, struct slice plain, struct wire_fault *fault);

/* Are the payloads of the (decrypted) message those that its exchange and direction may have: at least the necessary, none twice
 * that may come once, each inside or outside SK as the table says? WIRE_SYNTAX with why. A response with an error notify or a
 * cookie need not be complete. An exchange type that is unknown here is WIRE_SYNTAX. Payloads that an exchange does not list are
 * ignored, as RFC 7296 section 2.5 asks. */
enum wire_error wire_check(const struct wire_message *msg, struct wire_fault *fault);

/* The n-th payload (from 0) of that type; NULL: there is none. */
const struct wire_payload *wire_find(const struct wire_message *msg, enum payload_type type, unsigned n);

/* Views. The payload must be of the type the name says, and come from wire_parse() or wire_parse_inner(). */

struct wire_sk {
	bool fragment;		/* SKF */
	uint8_t first;		/* type of the first inner payload; 0 in fragments 2.. */
	uint16_t number, total;	/* 1..total; 1, 1 for SK (I-122: number 0, or above total, is WIRE_SYNTAX) */
	size_t offset;		/* of the IV in the datagram: what stands before is authenticated but not encrypted */
};
bool wire_sk(const struct wire_message *msg, struct wire_sk *ret);	/* false: the message is not encrypted */

struct wire_proposal {
	uint8_t number;
	uint8_t protocol;	/* enum ipsec_protocol, or unknown */
	struct slice spi;
	struct slice transforms;
	uint8_t transform_count;
};
struct wire_transform {
	uint8_t type;		/* enum transform_type, or unknown */
	uint16_t id;
	uint16_t key_bits;	/* key length attribute; 0: none */
	bool unknown_attribute;	/* the transform must not be chosen */
};
/* Iteration: start with *rest = payload->body, or proposal->transforms; false at the end. */
bool wire_next_proposal(struct slice *rest, struct wire_proposal *ret);
bool wire_next_transform(struct slice *rest, struct wire_transform *ret);

/* A proposal with entries of our transform table; what the table does not know is left out (I-042). */
struct wire_offer {
	uint8_t number;
	struct slice spi;	/* borrowed from the datagram */
	struct proposal proposal;	/* transforms in the order of the message, without ESN; span is empty */
	bool esn_yes, esn_no;	/* ESN transforms that were listed */
	/* NULL, or why the whole proposal cannot be chosen: a protocol or transform type that we do not know, or a type of which
	 * we know none of the transforms listed */
	const char *unusable;
};
void wire_read_offer(struct arena *a, const struct wire_proposal *p, struct wire_offer *ret);

struct wire_ke {
	uint16_t method;	/* group number */
	struct slice data;
};
struct wire_ke wire_ke(const struct wire_payload *p);

struct wire_id {
	uint8_t type;		/* enum ident_type, or unknown; ident_from_wire() reads on */
	struct slice data;
};
struct wire_id wire_id(const struct wire_payload *p);

struct wire_cert {
	uint8_t encoding;
	struct slice data;
};
struct wire_cert wire_cert(const struct wire_payload *p);	/* CERT and CERTREQ */

struct wire_auth {
	uint8_t method;
	struct slice data;
};
struct wire_auth wire_auth(const struct wire_payload *p);

struct wire_notify {
	uint8_t protocol;
	uint16_t type;		/* enum notify_type, or unknown */
	struct slice spi, data;
};
struct wire_notify wire_notify(const struct wire_payload *p);
static inline bool wire_notify_is_error(uint16_t type)
{
	return type < NOTIFY_FIRST_STATUS;
}
/* First notify of that type; false: none. ret may be NULL. */
bool wire_find_notify(const struct wire_message *msg, enum notify_type type, struct wire_notify *ret);
/* First error notify of any type; false: none. */
bool wire_find_error(const struct wire_message *msg, struct wire_notify *ret);

struct wire_delete {
	uint8_t protocol;
	uint8_t spi_size;	/* 0 for IKE, 4 for AH and ESP */
	uint16_t count;
	struct slice spis;	/* count * spi_size bytes */
};
struct wire_delete wire_delete(const struct wire_payload *p);
uint32_t wire_delete_spi(const struct wire_delete *d, unsigned i);	/* 32-bit SPI; i below count */

/* Selectors of a TS payload: at most LIMIT_SELECTORS; those of unknown types are skipped (I-160). Iteration as above, with
 * *rest from wire_ts_list(). A selector whose range is backwards does not parse: WIRE_SYNTAX. */
struct slice wire_ts_list(const struct wire_payload *p);
bool wire_next_ts(struct slice *rest, struct traffic_selector *ret);

struct wire_attribute {		/* of a CP payload */
	uint16_t type;
	struct slice data;
};
uint8_t wire_cp_type(const struct wire_payload *p);
struct slice wire_cp_list(const struct wire_payload *p);
bool wire_next_attribute(struct slice *rest, struct wire_attribute *ret);

/* Nonce, vendor ID, EAP: payload->body itself. */

/* One line for the log: "SA(aes256-sha2_512-dh19) KE Ni NATD NATD N(COOKIE)". Only names and numbers of protocol items: no key, no
 * nonce, no identity. An SK payload that was decrypted shows as its contents ("empty" when there are none), else as "SK". */
void wire_describe(const struct wire_message *msg, struct buf *out);

/* --- building ---------------------------------------------------------------------------------------------------------------- */

struct wire_builder {
	struct buf *out;
	size_t start;		/* offset of the message in out */
	size_t next_at;		/* offset of the next-payload byte to be patched; SIZE_MAX: `first` is it */
	size_t payload;		/* offset of the open payload; SIZE_MAX: none */
	uint8_t first;		/* type of the first payload of a text for SK; PAYLOAD_NONE while empty */
	bool has_header;
	bool failed;		/* a length did not fit in 16 bits */
};

/* A message with header (SA_INIT), or only payloads (the text of SK). out is appended to. */
void wire_begin(struct wire_builder *w, struct buf *out, const struct wire_header *h);
void wire_begin_inner(struct wire_builder *w, struct buf *out);
/* Patches the length. 0; -ENOMEM when the buf failed; -EMSGSIZE when something did not fit. */
int wire_end(struct wire_builder *w);

void wire_payload_begin(struct wire_builder *w, uint8_t type);	/* then append the body to w->out, */
void wire_payload_end(struct wire_builder *w);			/* then this */
void wire_add_payload(struct wire_builder *w, uint8_t type, struct slice body);

/* NONE: no ESN transform (IKE); YES_OR_NO lists both, yes first */
enum wire_esn { WIRE_ESN_NONE, WIRE_ESN_NO, WIRE_ESN_YES, WIRE_ESN_YES_OR_NO };

struct wire_sa_options {
	struct slice spi;	/* 0 bytes (first IKE SA), 8 (IKE rekey), 4 (AH, ESP); the same in each proposal */
	enum wire_esn esn;
	bool without_ke;	/* I-072: KE transforms are left out in IKE_AUTH */
	uint8_t first_number;	/* 0 means 1; for an answer: the number of the chosen proposal */
};
/* SA payload with the proposals in order. The transform NONE (of INTEG, KE) is left out where it is the only one of its type,
 * as peers do. An answer is a list of one proposal with one transform per type. */
void wire_add_sa(struct wire_builder *w, const struct proposal *proposals, size_t n, const struct wire_sa_options *options);
void wire_add_ke(struct wire_builder *w, uint16_t method, struct slice data);
void wire_add_nonce(struct wire_builder *w, struct slice nonce);
void wire_add_id(struct wire_builder *w, enum payload_type idi_or_idr, uint8_t type, struct slice data);
void wire_add_cert(struct wire_builder *w, enum payload_type cert_or_certreq, uint8_t encoding, struct slice data);
void wire_add_auth(struct wire_builder *w, uint8_t method, struct slice data);
/* protocol 0 and an empty SPI except where I-190 says otherwise. */
void wire_add_notify(struct wire_builder *w, enum notify_type type, struct slice data);
void wire_add_notify_spi(struct wire_builder *w, enum notify_type type, uint8_t protocol, uint32_t spi, struct slice data);
void wire_add_delete_ike(struct wire_builder *w);
void wire_add_delete(struct wire_builder *w, uint8_t protocol, const uint32_t *spis, size_t n);
void wire_add_ts(struct wire_builder *w, enum payload_type tsi_or_tsr, const struct traffic_selector *ts, size_t n);

/* The outside of an encrypted message: IKE header and SK (or, with total above 1, SKF) header with final lengths, for a sealed
 * part (IV, text, padding, ICV) of `sealed` bytes that the caller appends next. `first` is the type of the first inner
 * payload. h->length and h->next are ignored. 0, -ENOMEM or -EMSGSIZE. */
int wire_begin_sk(struct buf *out, const struct wire_header *h, uint8_t first, uint16_t number, uint16_t total, size_t sealed);

#endif

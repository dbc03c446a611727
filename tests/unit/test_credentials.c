/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures and certificates: what charon made is accepted, what is written matches RFC 7427's bytes, and what proves nothing is
 * refused with a reason. */
#include <errno.h>

#include "plan/plan.h"
#include "runtime/auth/auth.h"
#include "runtime/auth/credentials.h"
#include "tests/unit/certs.h"
#include "tests/unit/tap.h"
#include "tests/unit/vectors.h"

#define ALL_SIGNATURES	0x1ffu
#define ALL_HASHES	(1u << 2 | 1u << 3 | 1u << 4 | 1u << 5)

static struct arena arena;

static struct ident ident(const char *text)
{
	struct ident id;
	const char *why;
	size_t at;

	ck_assert_msg(ident_parse(&arena, slice_of(text), &id, &why, &at) == 0, "%s", text);
	return id;
}

/* --- signatures --------------------------------------------------------------------------------------------------------------- */

/* I-082: the AUTH payload of a capture, with the certificate of that capture. */
START_TEST(ecdsa_of_a_capture)
{
	json_t *v = vector("v2-auth-ecdsa");
	struct credentials *c;
	const struct certificate *cert;
	char why[SIGNATURE_WHY];
	struct slice body, octets;

	if (!v)
		return;
	c = credentials_new("test");
	ck_assert_int_eq(credentials_add_certificate(c, "left", bytes_of(v, "certificate_der")), 1);
	cert = credentials_find(c, "left");
	ck_assert(certificate_names(&arena, cert, &(struct ident){ .type = IDENT_FQDN, .wire = SLICE("LEFT.example") }));
	body = bytes_of(v, "auth_payload_body");
	ck_assert_int_eq(body.p[0], AUTH_SIGNATURE);
	body = slice_sub(body, 4, body.n);
	octets = bytes_of(v, "octets_i");
	ck_assert_int_eq(signature_verify(certificate_public_key(cert), PLAN_SIGN_ECDSA, AUTH_SIGNATURE, body, octets, why), 0);
	ck_assert_int_eq(signature_verify(certificate_public_key(cert), PLAN_SIGN_ECDSA, AUTH_SIGNATURE, body,
					  slice_sub(octets, 1, octets.n), why), -EKEYREJECTED);
	ck_assert_str_eq(why, "its signature (ECDSA with SHA2-256) is wrong");
	for (size_t n = 0; n < body.n; n++)		/* every truncation */
		ck_assert_int_eq(signature_verify(certificate_public_key(cert), ALL_SIGNATURES, AUTH_SIGNATURE,
						  slice_sub(body, 0, n), octets, why), -EKEYREJECTED);
	credentials_free(c);
}
END_TEST

static const struct {
	const char *key, *algorithm;	/* name in v2-algid; NULL: an older method */
	uint32_t allowed;
	uint8_t method;
} kinds[] = {
	{ "RSA", "pss_sha256", PLAN_SIGN_PSS_SHA2_256, AUTH_SIGNATURE },
	{ "RSA", "pss_sha384", PLAN_SIGN_PSS_SHA2_384, AUTH_SIGNATURE },
	{ "RSA", "pss_sha512", PLAN_SIGN_PSS, AUTH_SIGNATURE },			/* the strongest of all */
	{ "RSA", "pss_sha512", ALL_SIGNATURES, AUTH_SIGNATURE },		/* PSS before v1.5 (I-082) */
	{ "RSA", "rsa_sha512", PLAN_SIGN_RSA_SHA2, AUTH_SIGNATURE },
	{ "RSA", NULL, PLAN_SIGN_RSA_SHA1, AUTH_RSA },
	{ "P-256", "ecdsa_sha256", PLAN_SIGN_ECDSA, AUTH_SIGNATURE },
	{ "P-384", "ecdsa_sha384", PLAN_SIGN_ECDSA, AUTH_SIGNATURE },
	{ "P-521", "ecdsa_sha512", PLAN_SIGN_ECDSA, AUTH_SIGNATURE },
	{ "P-256", "ecdsa_sha512", PLAN_SIGN_ECDSA_SHA2_512, AUTH_SIGNATURE },	/* a curve takes other hashes too */
	{ "P-256", NULL, PLAN_SIGN_ECDSA, AUTH_ECDSA_256 },
	{ "P-384", NULL, PLAN_SIGN_ECDSA, AUTH_ECDSA_384 },
	{ "P-521", NULL, PLAN_SIGN_ECDSA, AUTH_ECDSA_521 },
	{ "ED25519", "ed25519", PLAN_SIGN_EDDSA, AUTH_SIGNATURE },
	{ "ED448", "ed448", PLAN_SIGN_EDDSA, AUTH_SIGNATURE },
};

/* The DER in front of a signature is that of RFC 7427 appendix A, byte by byte (v2-algid), and it verifies. */
START_TEST(each_kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		EVP_PKEY *key = cert_key(kinds[i].key);
		json_t *v = kinds[i].algorithm ? vector("v2-algid") : NULL;
		struct slice octets = SLICE("the octets"), der;
		struct buf out = { 0 };
		char why[SIGNATURE_WHY];
		uint8_t method;

		ck_assert_int_eq(signature_make(key, kinds[i].allowed, kinds[i].algorithm ? ALL_HASHES : 0, octets, &method,
						&out), 0);
		ck_assert_uint_eq(method, kinds[i].method);
		if (v) {
			der = bytes_of(v, kinds[i].algorithm);
			ck_assert_uint_eq((uint8_t)out.p[0], der.n);
			assert_bytes("AlgorithmIdentifier", out.p + 1, der.n, der);
		}
		ck_assert_int_eq(signature_verify(key, kinds[i].allowed, method, buf_slice(&out), octets, why), 0);
		ck_assert_int_eq(signature_verify(key, 0, method, buf_slice(&out), octets, why), -EKEYREJECTED);
		out.p[out.n - 1] ^= 1;
		ck_assert_int_eq(signature_verify(key, kinds[i].allowed, method, buf_slice(&out), octets, why), -EKEYREJECTED);
		buf_release(&out);
		EVP_PKEY_free(key);
	}
}
END_TEST

/* I-083, I-085: the reason names both; the key's own algorithm decides. */
START_TEST(what_is_not_allowed)
{
	EVP_PKEY *rsa = cert_key("RSA"), *small = cert_key("RSA1024"), *ec = cert_key("P-256");
	struct slice octets = SLICE("the octets");
	struct buf out = { 0 };
	char why[SIGNATURE_WHY];
	const char *static_why;
	uint8_t method;

	ck_assert_int_eq(signature_make(rsa, PLAN_SIGN_RSA_SHA2, 1u << 2, octets, &method, &out), 0);
	ck_assert_int_eq(signature_verify(rsa, PLAN_SIGN_PSS_SHA2_256, method, buf_slice(&out), octets, why), -EKEYREJECTED);
	ck_assert_str_eq(why, "it signs by RSA (PKCS#1 v1.5) with SHA2-256, but the conn allows only RSA-PSS with SHA2-256");
	ck_assert_int_eq(signature_verify(ec, ALL_SIGNATURES, method, buf_slice(&out), octets, why), -EKEYREJECTED);
	ck_assert_str_eq(why, "it signs by RSA (PKCS#1 v1.5) with SHA2-256, which is not what its key can do");
	ck_assert_int_eq(signature_verify(small, ALL_SIGNATURES, method, buf_slice(&out), octets, why), -EKEYREJECTED);
	ck_assert_str_eq(why, "its RSA key has 1024 bits, less than 2048");
	ck_assert_int_eq(signature_key_fits(small, ALL_SIGNATURES, &static_why), -ENOTSUP);
	/* I-084: an older method only where the plan has it; no hash in common is no way */
	ck_assert_int_eq(signature_make(rsa, PLAN_SIGN_PSS, 0, octets, &method, &out), -ENOTSUP);
	ck_assert_int_eq(signature_make(rsa, PLAN_SIGN_PSS_SHA2_512, 1u << 2, octets, &method, &out), -ENOTSUP);
	ck_assert_int_eq(signature_make(ec, PLAN_SIGN_PSS, ALL_HASHES, octets, &method, &out), -ENOTSUP);
	ck_assert_uint_eq(signature_hashes(PLAN_SIGN_PSS_SHA2_256 | PLAN_SIGN_EDDSA | PLAN_SIGN_RSA_SHA1), 1u << 2 | 1u << 5);
	buf_release(&out);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(small);
	EVP_PKEY_free(ec);
}
END_TEST

/* --- certificates ------------------------------------------------------------------------------------------------------------- */

/* I-069: the body of a capture, from a CA with that key. */
START_TEST(certreq_of_a_capture)
{
	json_t *v = vector("v2-certreq");
	struct credentials *c;
	struct buf der = { 0 }, list = { 0 };
	const unsigned char *p;
	struct slice spki, want;
	struct cert ca;
	EVP_PKEY *key;

	if (!v)
		return;
	c = credentials_new("test");
	ca.key = cert_key("P-256");
	ca = cert_make(ca.key, &(struct cert_spec){ .cn = "ca", .ca = true }, NULL);
	spki = bytes_of(v, "ca_spki");
	p = (const unsigned char *)spki.p;
	key = d2i_PUBKEY(NULL, &p, (long)spki.n);
	ck_assert(key != NULL && X509_set_pubkey(ca.x509, key) && X509_sign(ca.x509, ca.key, EVP_sha256()));
	cert_add_der(&ca, &der);
	ck_assert_int_eq(credentials_add_anchors(c, buf_slice(&der)), 1);
	credentials_certreq(c, &list);
	want = bytes_of(v, "certreq_body");
	ck_assert_int_eq(want.p[0], CERT_X509);
	assert_bytes("CERTREQ", list.p, list.n, slice_sub(want, 1, want.n));
	buf_release(&der);
	buf_release(&list);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca.key);
	cert_free(&ca);
	credentials_free(c);
}
END_TEST

static struct cert ca, other_ca, middle;
static struct credentials *store;

static struct cert made(const char *kind, const struct cert_spec *spec, const struct cert *issuer)
{
	EVP_PKEY *key = cert_key(kind);
	struct cert c = cert_make(key, spec, issuer);

	EVP_PKEY_free(key);
	return c;
}

static void add_anchor(const struct cert *c)
{
	struct buf pem = { 0 };

	cert_add_pem(c, &pem);
	ck_assert_int_eq(credentials_add_anchors(store, buf_slice(&pem)), 1);
	buf_release(&pem);
}

/* first in each test: others make certificates of its CAs in their declarations */
static bool set_up(void)
{
	store = credentials_new("test");
	ca = made("P-256", &(struct cert_spec){ .cn = "ca", .ca = true }, NULL);
	other_ca = made("P-256", &(struct cert_spec){ .cn = "other", .ca = true }, NULL);
	middle = made("P-256", &(struct cert_spec){ .cn = "middle", .ca = true }, &ca);
	add_anchor(&ca);
	return true;
}

static void tear_down(bool ready)
{
	ck_assert(ready);
	credentials_free(store);
	cert_free(&ca);
	cert_free(&other_ca);
	cert_free(&middle);
}

static struct slice der_of(const struct cert *c)
{
	struct buf out = { 0 };
	struct slice s;

	cert_add_der(c, &out);
	s = arena_slice(&arena, buf_slice(&out));
	buf_release(&out);
	return s;
}

/* Empty: believed; else the reason. */
static const char *judged(const struct chain *chain, const char *id, const struct certificate *pinned, const char *ca_name)
{
	static char why[SIGNATURE_WHY];
	struct ident ca_id = ca_name ? ident(ca_name) : (struct ident){ 0 };
	struct trust trust = { .id = ident(id), .pinned = pinned, .ca = ca_name ? &ca_id : NULL, .now = CERT_NOW };
	EVP_PKEY *key = NULL;
	int r = credentials_verify(store, &arena, chain, &trust, &key, why);

	ck_assert(r == 0 || r == -EKEYREJECTED);
	ck_assert_int_eq(r == 0, key != NULL);
	credentials_key_free(&key);
	return r ? why : "";
}

static const char *judged_one(const char *kind, const struct cert_spec *spec, const struct cert *issuer, const char *id)
{
	struct cert c = made(kind, spec, issuer);
	struct chain chain = { { der_of(&c) }, 1 };
	const char *why = judged(&chain, id, NULL, NULL);

	cert_free(&c);
	return why;
}

/* I-063: which identity which certificate proves. */
START_TEST(identities)
{
	bool ready = set_up();
	static const struct {
		const char *cn, *san, *id, *why;
	} t[] = {
		{ "east", "DNS:east.example", "@east.example", "" },
		{ "east", "DNS:East.Example", "@eAST.example", "" },
		{ "east", "DNS:west.example,DNS:east.example", "@east.example", "" },
		{ "east", "DNS:east.example.org", "@east.example",
		  "that name is not in its certificate, whose subject is O=Lab, CN=east" },
		{ "east.example", NULL, "@east.example",
		  "that name is not in its certificate, whose subject is O=Lab, CN=east.example" },	/* never by CN alone */
		{ "east", "DNS:*.example", "@east.example",
		  "that name is not in its certificate, whose subject is O=Lab, CN=east" },
		{ "east", "DNS:192.0.2.2", "192.0.2.2", "that name is not in its certificate, whose subject is O=Lab, CN=east" },
		{ "east", "IP:192.0.2.2", "192.0.2.2", "" },
		{ "east", "IP:2001:db8::2", "2001:db8::2", "" },
		{ "east", "email:east@example.org", "east@example.org", "" },
		{ "east", "DNS:east.example", "O=Lab, CN=east", "" },
		{ "east", NULL, "O=Lab, CN=west", "that name is not in its certificate, whose subject is O=Lab, CN=east" },
		{ "*", NULL, "O=Lab, CN=west", "that name is not in its certificate, whose subject is O=Lab, CN=*" },
		{ "east", NULL, "O=Lab, CN=*", "that name is not in its certificate, whose subject is O=Lab, CN=east" },
		{ "east", NULL, "@[east]", "that name is not in its certificate, whose subject is O=Lab, CN=east" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		const char *why = judged_one("P-256", &(struct cert_spec){ .cn = t[i].cn, .san = t[i].san }, &ca, t[i].id);

		ck_assert_msg(strcmp(why, t[i].why) == 0, "%s with %s: '%s'", t[i].id, t[i].san ? t[i].san : t[i].cn, why);
	}
	tear_down(ready);
}
END_TEST

/* I-071 */
START_TEST(chains)
{
	bool ready = set_up();
	static const char id[] = "O=Lab, CN=east";
	struct cert below = made("P-256", &(struct cert_spec){ .cn = "east" }, &middle);
	struct chain chain = { { der_of(&below), der_of(&middle) }, 2 };

	ck_assert_str_eq(judged(&chain, id, NULL, NULL), "");
	ck_assert_str_eq(judged(&chain, id, NULL, "O=Lab, CN=middle"), "");	/* rightca= */
	ck_assert_str_eq(judged(&chain, id, NULL, "O=Lab, CN=other"), "its certificate is not of the CA O=Lab, CN=other");
	chain.n = 1;
	ck_assert_str_eq(judged(&chain, id, NULL, NULL), "its certificate is refused: unable to get local issuer certificate");
	chain.n = 0;
	ck_assert_str_eq(judged(&chain, id, NULL, NULL), "it sent no certificate");
	chain = (struct chain){ { SLICE("no certificate") }, 1 };
	ck_assert_str_eq(judged(&chain, id, NULL, NULL), "its certificate cannot be read");
	cert_free(&below);
	ck_assert_str_eq(judged_one("P-256", &(struct cert_spec){ .cn = "east" }, &other_ca, id),
			 "its certificate is refused: unable to get local issuer certificate");
	ck_assert_str_eq(judged_one("P-256", &(struct cert_spec){ .cn = "east" }, NULL, id),
			 "its certificate is refused: self-signed certificate");
	ck_assert_str_eq(judged_one("P-256", &(struct cert_spec){ .cn = "east", .from = -100, .to = -1 }, &ca, id),
			 "its certificate is refused: certificate has expired");
	ck_assert_str_eq(judged_one("P-256", &(struct cert_spec){ .cn = "east", .from = 60, .to = 100 }, &ca, id),
			 "its certificate is refused: certificate is not yet valid");
	ck_assert_str_eq(judged_one("RSA1024", &(struct cert_spec){ .cn = "east" }, &ca, id),
			 "its certificate is refused: EE certificate key too weak");
	ck_assert_str_eq(judged_one("P-256", &(struct cert_spec){ .cn = "east", .key_usage = "keyEncipherment" }, &ca, id),
			 "its certificate is not for signatures (keyUsage)");
	ck_assert_str_eq(judged_one("P-256", &(struct cert_spec){ .cn = "east", .key_usage = "nonRepudiation" }, &ca, id), "");
	tear_down(ready);
}
END_TEST

/* A certificate that is no CA's cannot make others. */
START_TEST(leaf_as_issuer)
{
	bool ready = set_up();
	struct cert leaf = made("P-256", &(struct cert_spec){ .cn = "leaf" }, &ca);
	struct cert below = made("P-256", &(struct cert_spec){ .cn = "east" }, &leaf);
	struct chain chain = { { der_of(&below), der_of(&leaf) }, 2 };

	ck_assert_str_eq(judged(&chain, "O=Lab, CN=east", NULL, NULL), "its certificate is refused: invalid CA certificate");
	cert_free(&leaf);
	cert_free(&below);
	tear_down(ready);
}
END_TEST

START_TEST(revoked)
{
	bool ready = set_up();
	struct cert bad = made("P-256", &(struct cert_spec){ .cn = "bad" }, &ca), good = made("P-256",
		&(struct cert_spec){ .cn = "good" }, &ca);
	struct chain chain = { { der_of(&bad) }, 1 };
	struct buf crl = { 0 };

	ck_assert_str_eq(judged(&chain, "O=Lab, CN=bad", NULL, NULL), "");
	cert_add_crl(&ca, &bad, &crl);
	ck_assert_int_eq(credentials_add_crls(store, buf_slice(&crl)), 1);
	ck_assert_str_eq(judged(&chain, "O=Lab, CN=bad", NULL, NULL), "its certificate is refused: certificate revoked");
	chain.der[0] = der_of(&good);
	ck_assert_str_eq(judged(&chain, "O=Lab, CN=good", NULL, NULL), "");
	buf_release(&crl);
	cert_free(&bad);
	cert_free(&good);
	tear_down(ready);
}
END_TEST

/* rightcert=: that key and no other, without any CA; the peer need not even send it (I-070). */
START_TEST(pinned)
{
	bool ready = set_up();
	struct cert east = made("P-256", &(struct cert_spec){ .cn = "east" }, NULL);
	struct cert false_east = made("P-256", &(struct cert_spec){ .cn = "east" }, &ca);
	struct chain chain = { { der_of(&east) }, 1 };
	const struct certificate *pin;

	ck_assert_int_eq(credentials_add_certificate(store, "east", der_of(&east)), 1);
	ck_assert_int_eq(credentials_add_certificate(store, "east", der_of(&east)), -EEXIST);
	pin = credentials_find(store, "east");
	ck_assert_str_eq(judged(&chain, "O=Lab, CN=east", pin, NULL), "");
	ck_assert_str_eq(judged(&chain, "@east.example", pin, NULL),
			 "that name is not in its certificate, whose subject is O=Lab, CN=east");
	chain.der[0] = der_of(&false_east);
	ck_assert_str_eq(judged(&chain, "O=Lab, CN=east", pin, NULL), "its certificate is not the one that the conn names");
	chain.n = 0;
	ck_assert_str_eq(judged(&chain, "O=Lab, CN=east", pin, NULL), "");
	cert_free(&east);
	cert_free(&false_east);
	tear_down(ready);
}
END_TEST

/* The key is found by its public half, whichever comes first; roots are not sent (I-070). */
START_TEST(keys_and_chains)
{
	bool ready = set_up();
	struct cert own = made("RSA", &(struct cert_spec){ .cn = "own" }, &middle), stranger = made("P-256",
		&(struct cert_spec){ .cn = "stranger" }, &ca);
	struct buf pem = { 0 }, key = { 0 }, other = { 0 }, locked = { 0 };
	const struct certificate *cert;
	struct slice der;

	cert_add_pem(&own, &pem);
	cert_add_pem(&ca, &pem);
	cert_add_pem(&middle, &pem);
	cert_add_key_pem(&own, NULL, &key);
	cert_add_key_pem(&stranger, NULL, &other);
	cert_add_key_pem(&own, "secret", &locked);
	ck_assert_int_eq(credentials_add_key(store, buf_slice(&other)), 1);
	ck_assert_int_eq(credentials_add_certificate(store, "own", buf_slice(&pem)), 3);
	cert = credentials_find(store, "own");
	ck_assert(certificate_private_key(cert) == NULL);
	ck_assert_int_eq(credentials_add_key(store, buf_slice(&locked)), -ENOKEY);
	ck_assert_int_eq(credentials_add_key(store, SLICE("-----BEGIN NOTHING-----")), -EINVAL);
	ck_assert_int_eq(credentials_add_key(store, SLICE("")), -EINVAL);
	ck_assert_int_eq(credentials_add_key(store, buf_slice(&key)), 1);
	ck_assert(certificate_private_key(cert) != NULL);
	ck_assert(certificate_der(&arena, cert, 0, &der) && slice_eq(der, der_of(&own)));
	ck_assert(certificate_der(&arena, cert, 1, &der) && slice_eq(der, der_of(&middle)));
	ck_assert(!certificate_der(&arena, cert, 2, &der));
	ck_assert_str_eq(ident_format(&arena, &(struct ident[]){ certificate_issuer(&arena, cert) }[0]), "O=Lab, CN=middle");
	ck_assert_int_eq(credentials_add_anchors(store, SLICE("")), -EINVAL);
	ck_assert_int_eq(credentials_add_crls(store, SLICE("x")), -EINVAL);
	buf_release(&pem);
	buf_release(&key);
	buf_release(&other);
	buf_release(&locked);
	cert_free(&own);
	cert_free(&stranger);
	tear_down(ready);
}
END_TEST

TAP_MAIN("credentials", ecdsa_of_a_capture, each_kind, what_is_not_allowed, certreq_of_a_capture, identities, chains,
	 leaf_as_issuer, revoked, pinned, keys_and_chains)

/* SPDX-License-Identifier: Apache-2.0 */
/* certs.h -- keys and certificates made on the spot, for tests of the runtime. Aborts where OpenSSL fails. */
#ifndef TESTS_CERTS_H
#define TESTS_CERTS_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define CERT_NOW	2000000000	/* seconds since 1970: the time of all tests */

struct cert {
	EVP_PKEY *key;
	X509 *x509;
};

struct cert_spec {
	const char *cn, *san, *key_usage;	/* san: "DNS:a.example,IP:192.0.2.1"; NULL: none */
	bool ca;
	long from, to;				/* seconds around CERT_NOW; 0, 0: valid for a day */
};

static inline EVP_PKEY *cert_key(const char *kind)
{
	EVP_PKEY *key = strncmp(kind, "P-", 2) == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind)
		: strcmp(kind, "RSA") == 0	    ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048)
		: strcmp(kind, "RSA1024") == 0	    ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024)
						    : EVP_PKEY_Q_keygen(NULL, NULL, kind);

	if (!key)
		abort();
	return key;
}

static inline void cert_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!e || !X509_add_ext(x, e, -1))
		abort();
	X509_EXTENSION_free(e);
}

/* issuer NULL: signed by itself. `key` is borrowed with a reference of its own. */
static inline struct cert cert_make(EVP_PKEY *key, const struct cert_spec *s, const struct cert *issuer)
{
	static long serial;
	struct cert c = { key, X509_new() };
	X509_NAME *name = X509_get_subject_name(c.x509);
	const EVP_MD *md = EVP_PKEY_get_base_id(issuer ? issuer->key : key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();

	EVP_PKEY_up_ref(key);
	X509_set_version(c.x509, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(c.x509), ++serial);
	ASN1_TIME_set(X509_getm_notBefore(c.x509), CERT_NOW + (s->from || s->to ? s->from : -86400));
	ASN1_TIME_set(X509_getm_notAfter(c.x509), CERT_NOW + (s->from || s->to ? s->to : 86400));
	X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"Lab", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)s->cn, -1, -1, 0);
	X509_set_issuer_name(c.x509, issuer ? X509_get_subject_name(issuer->x509) : name);
	X509_set_pubkey(c.x509, key);
	if (s->ca)
		cert_extension(c.x509, issuer ? issuer->x509 : c.x509, NID_basic_constraints, "critical,CA:true");
	if (s->san)
		cert_extension(c.x509, c.x509, NID_subject_alt_name, s->san);
	if (s->key_usage)
		cert_extension(c.x509, c.x509, NID_key_usage, s->key_usage);
	if (!X509_sign(c.x509, issuer ? issuer->key : key, md))
		abort();
	return c;
}

static inline void cert_free(struct cert *c)
{
	EVP_PKEY_free(c->key);
	X509_free(c->x509);
	*c = (struct cert){ 0 };
}

static inline void cert_add_bio(BIO *bio, struct buf *out)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);

	buf_add(out, p, (size_t)n);
	BIO_free(bio);
}

static inline void cert_add_pem(const struct cert *c, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());

	PEM_write_bio_X509(bio, c->x509);
	cert_add_bio(bio, out);
}

static inline void cert_add_key_pem(const struct cert *c, const char *passphrase, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());

	PEM_write_bio_PrivateKey(bio, c->key, passphrase ? EVP_aes_128_cbc() : NULL, (const unsigned char *)passphrase,
				 passphrase ? (int)strlen(passphrase) : 0, NULL, NULL);
	cert_add_bio(bio, out);
}

static inline void cert_add_der(const struct cert *c, struct buf *out)
{
	unsigned char *der = NULL;
	int n = i2d_X509(c->x509, &der);

	buf_add(out, der, (size_t)n);
	OPENSSL_free(der);
}

static inline void cert_add_crl(const struct cert *ca, const struct cert *revoked, struct buf *out)
{
	X509_CRL *crl = X509_CRL_new();
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *at = ASN1_TIME_set(NULL, CERT_NOW - 3600);
	BIO *bio = BIO_new(BIO_s_mem());

	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->x509));
	X509_CRL_set1_lastUpdate(crl, at);
	X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked->x509));
	X509_REVOKED_set_revocationDate(entry, at);
	ASN1_TIME_set(at, CERT_NOW + 3600);
	X509_CRL_set1_nextUpdate(crl, at);
	ASN1_TIME_free(at);
	X509_CRL_add0_revoked(crl, entry);
	X509_CRL_sort(crl);
	if (!X509_CRL_sign(crl, ca->key, EVP_sha256()))
		abort();
	PEM_write_bio_X509_CRL(bio, crl);
	X509_CRL_free(crl);
	cert_add_bio(bio, out);
}

#endif

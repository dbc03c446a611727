/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/auth/credentials.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define CHAIN_DEPTH	8	/* intermediates between a peer and an anchor */
#define AUTH_LEVEL	2	/* OpenSSL: 112 bits, no SHA-1 signatures, RSA from 2048 bits */

struct certificate {
	char *name;
	X509 *leaf;
	STACK_OF(X509) *more;
	EVP_PKEY *key;		/* private; NULL: unknown */
	struct certificate *next;
};

struct credentials {
	char *place;
	struct certificate *certificates;
	STACK_OF(X509) *anchors;
	X509_STORE *store;	/* anchors and CRLs */
	EVP_PKEY **keys;
	size_t key_count;
};

static void free_bio(BIO **b)
{
	BIO_free(*b);
}

static void free_stack(STACK_OF(X509) **s)
{
	sk_X509_pop_free(*s, X509_free);
}

static void free_x509(X509 **x)
{
	X509_free(*x);
}

static void certificate_free(struct certificate *c)
{
	if (!c)
		return;
	free(c->name);
	X509_free(c->leaf);
	sk_X509_pop_free(c->more, X509_free);
	EVP_PKEY_free(c->key);
	free(c);
}

/* I-071, not strict: a CRL that is not there, or is old, does not speak against a certificate; one that lists it does. */
static int judge(int ok, X509_STORE_CTX *ctx)
{
	int e = X509_STORE_CTX_get_error(ctx);

	if (!ok && (e == X509_V_ERR_UNABLE_TO_GET_CRL || e == X509_V_ERR_CRL_HAS_EXPIRED || e == X509_V_ERR_CRL_NOT_YET_VALID)) {
		X509_STORE_CTX_set_error(ctx, X509_V_OK);
		return 1;
	}
	return ok;
}

struct credentials *credentials_new(const char *place)
{
	struct credentials *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->place = strdup(place);
	c->anchors = sk_X509_new_null();
	c->store = X509_STORE_new();
	if (!c->place || !c->anchors || !c->store) {
		credentials_free(c);
		return NULL;
	}
	X509_STORE_set_flags(c->store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_PARTIAL_CHAIN);
	X509_STORE_set_depth(c->store, CHAIN_DEPTH);
	X509_STORE_set_verify_cb(c->store, judge);
	return c;
}

void credentials_free(struct credentials *c)
{
	if (!c)
		return;
	for (struct certificate *cert = c->certificates, *next; cert; cert = next) {
		next = cert->next;
		certificate_free(cert);
	}
	for (size_t i = 0; i < c->key_count; i++)
		EVP_PKEY_free(c->keys[i]);
	free(c->keys);
	free(c->place);
	sk_X509_pop_free(c->anchors, X509_free);
	X509_STORE_free(c->store);
	free(c);
}

/* --- reading ------------------------------------------------------------------------------------------------------------------ */

static bool is_pem(struct slice text)
{
	return memmem(text.p, text.n, "-----BEGIN ", 11) != NULL;
}

static X509 *from_der(struct slice der)
{
	const unsigned char *p = (const unsigned char *)der.p, *end = p + der.n;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);

	if (x && p == end)
		return x;
	X509_free(x);
	ERR_clear_error();
	return NULL;
}

static int push(STACK_OF(X509) *to, X509 *x)
{
	if (sk_X509_push(to, x) > 0)
		return 0;
	X509_free(x);
	return -ENOMEM;
}

static int read_certificates(struct slice text, STACK_OF(X509) *to)
{
	CLEANUP(free_bio) BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
	X509 *x;

	if (!bio)
		return -ENOMEM;
	if (!is_pem(text)) {
		x = from_der(text);
		return x ? push(to, x) : -EINVAL;
	}
	while ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		if (push(to, x) < 0)
			return -ENOMEM;
	ERR_clear_error();
	return sk_X509_num(to) ? 0 : -EINVAL;
}

EVP_PKEY *credentials_private_key(const struct credentials *c, EVP_PKEY *public_key)
{
	for (size_t i = 0; c && i < c->key_count; i++)
		if (EVP_PKEY_eq(public_key, c->keys[i]) == 1)
			return c->keys[i];
	ERR_clear_error();
	return NULL;
}

static EVP_PKEY *key_of(const struct credentials *c, X509 *leaf)
{
	EVP_PKEY *key = credentials_private_key(c, X509_get0_pubkey(leaf));

	if (key)
		EVP_PKEY_up_ref(key);
	return key;
}

int public_key_read(struct slice base64, EVP_PKEY **ret)
{
	unsigned char *der = base64.n > INT_MAX ? NULL : malloc(base64.n + 1);
	const unsigned char *at = der;
	int n = der ? EVP_DecodeBlock(der, (const unsigned char *)base64.p, (int)base64.n) : -1;
	EVP_PKEY *key;

	/* EVP_DecodeBlock() counts the zero bytes that '=' stands for */
	for (size_t i = base64.n; n > 0 && i > 0 && base64.n - i < 2 && base64.p[i - 1] == '='; i--)
		n--;
	key = n > 0 ? d2i_PUBKEY(NULL, &at, n) : NULL;
	if (key && at != der + n) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	free(der);
	ERR_clear_error();
	if (!key)
		return -EINVAL;
	*ret = key;
	return 0;
}

int credentials_add_certificate(struct credentials *c, const char *name, struct slice text)
{
	struct certificate *cert;
	int r;

	if (credentials_find(c, name))
		return -EEXIST;
	cert = calloc(1, sizeof(*cert));
	if (!cert)
		return -ENOMEM;
	cert->name = strdup(name);
	cert->more = sk_X509_new_null();
	r = cert->name && cert->more ? read_certificates(text, cert->more) : -ENOMEM;
	if (r == 0)
		cert->leaf = sk_X509_shift(cert->more);
	if (r == 0 && !X509_get0_pubkey(cert->leaf))
		r = -EINVAL;
	if (r < 0) {
		certificate_free(cert);
		return r;
	}
	cert->key = key_of(c, cert->leaf);
	cert->next = c->certificates;
	c->certificates = cert;
	return 1 + sk_X509_num(cert->more);
}

int credentials_add_anchors(struct credentials *c, struct slice text)
{
	CLEANUP(free_stack) STACK_OF(X509) *list = sk_X509_new_null();
	int r = list ? read_certificates(text, list) : -ENOMEM, n = 0;
	X509 *x;

	while (r == 0 && (x = sk_X509_shift(list)) != NULL) {
		if (X509_STORE_add_cert(c->store, x) != 1 || sk_X509_push(c->anchors, x) <= 0) {
			X509_free(x);
			return -ENOMEM;
		}
		n++;
	}
	return r < 0 ? r : n;
}

static X509_CRL *next_crl(BIO *bio, struct slice text, int already)
{
	const unsigned char *p = (const unsigned char *)text.p;

	if (is_pem(text))
		return PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
	return already ? NULL : d2i_X509_CRL(NULL, &p, (long)text.n);
}

int credentials_add_crls(struct credentials *c, struct slice text)
{
	CLEANUP(free_bio) BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
	X509_CRL *crl;
	int n = 0;

	if (!bio)
		return -ENOMEM;
	while ((crl = next_crl(bio, text, n)) != NULL) {
		int added = X509_STORE_add_crl(c->store, crl);

		X509_CRL_free(crl);
		if (!added)
			return -ENOMEM;
		n++;
	}
	ERR_clear_error();
	return n ? n : -EINVAL;
}

static int refuse_password(char *buffer, int size, int writing, void *asked)
{
	(void)buffer;
	(void)size;
	(void)writing;
	*(bool *)asked = true;
	return -1;
}

int credentials_add_key(struct credentials *c, struct slice text)
{
	CLEANUP(free_bio) BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
	bool asked = false;
	EVP_PKEY **keys = realloc(c->keys, (c->key_count + 1) * sizeof(*keys)), *key;

	if (keys)
		c->keys = keys;
	if (!bio || !keys)
		return -ENOMEM;
	key = is_pem(text) ? PEM_read_bio_PrivateKey(bio, NULL, refuse_password, &asked) : d2i_PrivateKey_bio(bio, NULL);
	ERR_clear_error();
	if (!key)
		return asked ? -ENOKEY : -EINVAL;
	c->keys[c->key_count++] = key;
	for (struct certificate *cert = c->certificates; cert; cert = cert->next)
		if (!cert->key)
			cert->key = key_of(c, cert->leaf);
	return 1;
}

/* --- our own ------------------------------------------------------------------------------------------------------------------ */

const struct certificate *credentials_find(const struct credentials *c, const char *name)
{
	for (const struct certificate *cert = c ? c->certificates : NULL; cert; cert = cert->next)
		if (strcmp(cert->name, name) == 0)
			return cert;
	return NULL;
}

const char *credentials_place(const struct credentials *c)
{
	return c ? c->place : "(no directory)";
}

unsigned credentials_anchor_count(const struct credentials *c)
{
	return c ? (unsigned)sk_X509_num(c->anchors) : 0;
}

EVP_PKEY *certificate_private_key(const struct certificate *cert)
{
	return cert->key;
}

EVP_PKEY *certificate_public_key(const struct certificate *cert)
{
	return X509_get0_pubkey(cert->leaf);
}

static struct ident name_of(struct arena *a, X509_NAME *name)
{
	struct ident id = { 0 };
	const unsigned char *der;
	size_t n;

	if (X509_NAME_get0_der(name, &der, &n) != 1 ||
	    ident_from_wire(a, IDENT_DN, (struct slice){ (const char *)der, n }, &id) < 0)
		return (struct ident){ 0 };
	return id;
}

struct ident certificate_subject(struct arena *a, const struct certificate *cert)
{
	return name_of(a, X509_get_subject_name(cert->leaf));
}

struct ident certificate_issuer(struct arena *a, const struct certificate *cert)
{
	return name_of(a, X509_get_issuer_name(cert->leaf));
}

static bool is_root(X509 *x)
{
	return X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0;
}

bool certificate_der(struct arena *a, const struct certificate *cert, unsigned i, struct slice *ret)
{
	X509 *x = i ? NULL : cert->leaf;
	unsigned char *p;
	int n;

	for (int j = 0, left = (int)i; !x && j < sk_X509_num(cert->more); j++)
		if (!is_root(sk_X509_value(cert->more, j)) && --left == 0)
			x = sk_X509_value(cert->more, j);
	n = x ? i2d_X509(x, NULL) : 0;
	if (n <= 0)
		return false;
	ret->p = (const char *)(p = arena_alloc(a, (size_t)n, 1));
	ret->n = (size_t)n;
	return i2d_X509(x, &p) == n;
}

void credentials_certreq(const struct credentials *c, struct buf *out)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = credentials_anchor_count(c);

	for (unsigned i = 0; i < n && n <= CERTREQ_MAX; i++) {
		unsigned char *der = NULL;
		int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(sk_X509_value(c->anchors, (int)i)), &der);
		size_t got;

		if (size > 0 && EVP_Q_digest(NULL, "SHA1", NULL, der, (size_t)size, digest, &got) == 1)
			buf_add(out, digest, got);
		OPENSSL_free(der);
	}
}

/* --- a peer's ----------------------------------------------------------------------------------------------------------------- */

static bool same_text(const ASN1_STRING *s, const char *want)
{
	return slice_eq_nocase((struct slice){ (const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s) }, want);
}

static bool same_bytes(const ASN1_STRING *s, struct slice want)
{
	return slice_eq((struct slice){ (const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s) }, want);
}

static bool name_matches(const GENERAL_NAME *name, const struct ident *id, const char *text)
{
	switch (id->type) {
	case IDENT_FQDN:
		return name->type == GEN_DNS && same_text(name->d.dNSName, text);
	case IDENT_EMAIL:
		return name->type == GEN_EMAIL && same_text(name->d.rfc822Name, text);
	case IDENT_IPV4:
	case IDENT_IPV6:
		return name->type == GEN_IPADD && same_bytes(name->d.iPAddress, id->wire);
	default:
		return false;
	}
}

/* I-063: the subject for a DN, a subjectAltName of the same type for the rest; never the CN. */
static bool names(struct arena *a, X509 *x, const struct ident *id)
{
	struct ident subject = name_of(a, X509_get_subject_name(x));
	const char *text = arena_printf(a, SLICE_FMT, SLICE_ARG(id->wire));
	GENERAL_NAMES *list;
	bool found = false;

	/* in both directions, so that a value "*" is no wildcard, in whichever of them it stands */
	if (id->type == IDENT_DN)
		return subject.type == IDENT_DN && ident_matches(&subject, id) && ident_matches(id, &subject);
	list = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; !found && i < sk_GENERAL_NAME_num(list); i++)
		found = name_matches(sk_GENERAL_NAME_value(list, i), id, text);
	GENERAL_NAMES_free(list);
	ERR_clear_error();
	return found;
}

bool certificate_names(struct arena *a, const struct certificate *cert, const struct ident *id)
{
	return names(a, cert->leaf, id);
}

static int refuse(char why[SIGNATURE_WHY], const char *text, const char *detail)
{
	snprintf(why, SIGNATURE_WHY, "%s%s", text, detail);
	ERR_clear_error();
	return -EKEYREJECTED;
}

static int read_chain(const struct chain *chain, STACK_OF(X509) *to)
{
	for (unsigned i = 0; i < chain->n; i++) {
		X509 *x = from_der(chain->der[i]);

		if (!x)
			return -EINVAL;
		if (push(to, x) < 0)
			return -ENOMEM;
	}
	return 0;
}

static bool holds_ca(struct arena *a, STACK_OF(X509) *built, const struct ident *ca)
{
	for (int i = 1; i < sk_X509_num(built); i++) {
		struct ident subject = name_of(a, X509_get_subject_name(sk_X509_value(built, i)));

		if (subject.type == IDENT_DN && ident_matches(ca, &subject))
			return true;
	}
	return false;
}

static int verify_chain(const struct credentials *c, struct arena *a, X509 *leaf, STACK_OF(X509) *more, const struct trust *trust,
			char why[SIGNATURE_WHY])
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int r = 0;

	if (!ctx || X509_STORE_CTX_init(ctx, c->store, leaf, more) != 1) {
		X509_STORE_CTX_free(ctx);
		return -ENOMEM;
	}
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), (time_t)trust->now);
	X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(ctx), AUTH_LEVEL);
	if (X509_verify_cert(ctx) != 1)
		r = refuse(why, "its certificate is refused: ", X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	else if (trust->ca && !holds_ca(a, X509_STORE_CTX_get0_chain(ctx), trust->ca))
		r = refuse(why, "its certificate is not of the CA ", ident_format(a, trust->ca));
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return r;
}

static int believe(const struct credentials *c, struct arena *a, X509 *leaf, STACK_OF(X509) *more, const struct trust *trust,
		   char why[SIGNATURE_WHY])
{
	if (!X509_get0_pubkey(leaf))
		return refuse(why, "the key of its certificate cannot be read", "");
	if (trust->pinned && EVP_PKEY_eq(X509_get0_pubkey(trust->pinned->leaf), X509_get0_pubkey(leaf)) != 1)
		return refuse(why, "its certificate is not the one that the conn names", "");
	/* RFC 4945 section 5.1.3.2 */
	if (!(X509_get_key_usage(leaf) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
		return refuse(why, "its certificate is not for signatures (keyUsage)", "");
	if (!trust->pinned) {
		int r = verify_chain(c, a, leaf, more, trust, why);

		if (r < 0)
			return r;
	}
	if (!names(a, leaf, &trust->id)) {
		struct ident subject = name_of(a, X509_get_subject_name(leaf));

		return refuse(why, "that name is not in its certificate, whose subject is ", ident_format(a, &subject));
	}
	return 0;
}

static int take_key(EVP_PKEY *key, EVP_PKEY **ret)
{
	if (!EVP_PKEY_up_ref(key))
		return -ENOMEM;
	*ret = key;
	return 0;
}

int credentials_verify(const struct credentials *c, struct arena *a, const struct chain *chain, const struct trust *trust,
		       EVP_PKEY **ret, char why[SIGNATURE_WHY])
{
	CLEANUP(free_stack) STACK_OF(X509) *list = sk_X509_new_null();
	CLEANUP(free_x509) X509 *leaf = NULL;
	int r;

	if (trust->raw)			/* I-070: it needs no CERT payload */
		return take_key(trust->raw, ret);
	r = c && list ? read_chain(chain, list) : -ENOMEM;

	if (r == -EINVAL)
		return refuse(why, "its certificate cannot be read", "");
	if (r < 0)
		return r;
	leaf = sk_X509_shift(list);
	if (!leaf && trust->pinned) {		/* I-070: a key that is known needs no CERT payload */
		leaf = trust->pinned->leaf;
		X509_up_ref(leaf);
	}
	if (!leaf)
		return refuse(why, "it sent no certificate", "");
	r = believe(c, a, leaf, list, trust, why);
	if (r == 0)
		*ret = X509_get_pubkey(leaf);
	return r;
}

void credentials_key_free(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
	*key = NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Two engines that prove themselves by certificates, by nothing, or each in its own way; and what is refused. */
#include "tests/unit/certs.h"
#include "tests/unit/ike_lab.h"
#include "tests/unit/tap.h"

struct scene {
	struct lab *lab;
	struct cert ca, ends[2];
	struct credentials *credentials[2];
};

static int64_t wall_clock(void *context)
{
	(void)context;
	return CERT_NOW;
}

static void add_own(struct credentials *c, const char *name, const struct cert *cert)
{
	struct buf pem = { 0 }, key = { 0 };

	cert_add_pem(cert, &pem);
	cert_add_key_pem(cert, NULL, &key);
	ck_assert_int_eq(credentials_add_certificate(c, name, buf_slice(&pem)), 1);
	ck_assert_int_eq(credentials_add_key(c, buf_slice(&key)), 1);
	buf_release(&pem);
	buf_release(&key);
}

static struct cert made(const char *kind, const struct cert_spec *spec, const struct cert *issuer)
{
	EVP_PKEY *key = cert_key(kind);
	struct cert c = cert_make(key, spec, issuer);

	EVP_PKEY_free(key);
	return c;
}

/* A lab whose ends have certificates for @west.example and @east.example, and the plans ask for them. */
static struct scene scene_new(uint64_t seed, const char *kind)
{
	static const char *const sans[] = { "DNS:west.example", "DNS:east.example" };
	struct scene s = { .lab = lab_new(seed) };
	struct buf anchor = { 0 };

	s.ca = made("P-256", &(struct cert_spec){ .cn = "ca", .ca = true }, NULL);
	cert_add_der(&s.ca, &anchor);
	for (unsigned i = 0; i < 2; i++) {
		struct lab_end *end = &s.lab->ends[i];
		struct plan_peer *p = &end->plan->peers.v[0];

		s.ends[i] = made(kind, &(struct cert_spec){ .cn = end->name, .san = sans[i] }, &s.ca);
		s.credentials[i] = credentials_new("the lab");
		add_own(s.credentials[i], "own", &s.ends[i]);
		ck_assert_int_eq(credentials_add_anchors(s.credentials[i], buf_slice(&anchor)), 1);
		end->env.credentials = s.credentials[i];
		end->env.wall_clock = wall_clock;
		secrets_release(&end->secrets);
		end->secrets = (struct secrets){ 0 };
		p->local.auth = p->remote.auth = PLAN_AUTH_ANY_SIGNATURE;
		p->local.signatures = p->remote.signatures = PLAN_SIGN_PSS | PLAN_SIGN_ECDSA | PLAN_SIGN_EDDSA;
		p->local.cert = "own";
	}
	buf_release(&anchor);
	return s;
}

static void scene_free(struct scene *s)
{
	lab_free(s->lab);
	cert_free(&s->ca);
	for (unsigned i = 0; i < 2; i++) {
		cert_free(&s->ends[i]);
		credentials_free(s->credentials[i]);
	}
}

static struct plan_peer *peer(struct scene *s, unsigned end)
{
	return &s->lab->ends[end].plan->peers.v[0];
}

static void bring_up(struct scene *s, unsigned from)
{
	lab_open(s->lab);
	ike_up(s->lab->ends[from].ike, "net", 1, s->lab->now);
	lab_run(s->lab, 1000);
}

static void assert_up(struct scene *s)
{
	for (unsigned i = 0; i < 2; i++)
		ck_assert_msg(lab_status(s->lab, i).established == 1 && lab_status(s->lab, i).children == 1, "%s: %s",
			      s->lab->ends[i].name, s->lab->ends[i].log.p);
	ck_assert(lab_flows(s->lab, 0) && lab_flows(s->lab, 1));
}

/* The attempt failed, nothing is installed, and `end` says why. */
static void assert_refused(struct scene *s, unsigned end, const char *why)
{
	const char *log = s->lab->ends[end].log.p ? s->lab->ends[end].log.p : "";

	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(lab_status(s->lab, i).established, 0);
		ck_assert_uint_eq(s->lab->ends[i].dp.added, 0);
	}
	ck_assert_msg(strstr(log, why) != NULL, "no '%s' in\n%s", why, log);
}

static const char *raw_key(struct lab_end *end, EVP_PKEY *key)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der);
	char *text = arena_alloc(&end->arena, (size_t)n * 2, 1);

	EVP_EncodeBlock((unsigned char *)text, der, n);
	OPENSSL_free(der);
	return text;
}

/* Without certificates and CA: each end knows the other's public key. */
static void go_raw(struct scene *s)
{
	for (unsigned i = 0; i < 2; i++) {
		peer(s, i)->local.cert = NULL;
		peer(s, i)->local.public_key = raw_key(&s->lab->ends[i], s->ends[i].key);
		peer(s, i)->remote.public_key = raw_key(&s->lab->ends[i], s->ends[1 - i].key);
	}
}

/* I-070: raw keys of each kind, with no CERT payload. */
START_TEST(raw_public_keys)
{
	static const char *const keys[] = { "RSA", "P-256", "P-384", "ED25519" };

	for (unsigned i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct scene s = scene_new(40 + i, keys[i]);

		go_raw(&s);
		bring_up(&s, i % 2);
		assert_up(&s);
		scene_free(&s);
	}
}
END_TEST

/* A certificate of a CA that both trust is not the key that the conn names (I-070, I-350). */
START_TEST(raw_key_of_another)
{
	struct scene s = scene_new(50, "P-256");

	go_raw(&s);
	peer(&s, 1)->local.cert = "own";
	peer(&s, 0)->remote.public_key = raw_key(&s.lab->ends[0], s.ca.key);
	bring_up(&s, 1);
	assert_refused(&s, 0, "could not prove to be @east.example");
	scene_free(&s);
}
END_TEST

START_TEST(raw_key_without_its_private_half)
{
	struct scene s = scene_new(51, "P-256");

	go_raw(&s);
	peer(&s, 0)->local.public_key = raw_key(&s.lab->ends[0], s.ca.key);
	ck_assert_int_eq(lab_open_end(&s.lab->ends[0]), -ENOTSUP);
	ck_assert_ptr_nonnull(strstr(s.lab->ends[0].diag.findings.v[0]->message, "west.conf:2: conn 'net': there is no private key for our public key"));
	scene_free(&s);

	s = scene_new(52, "P-256");
	go_raw(&s);
	peer(&s, 0)->remote.public_key = "MAMBAgM=";
	ck_assert_int_eq(lab_open_end(&s.lab->ends[0]), -ENOTSUP);
	ck_assert_ptr_nonnull(strstr(s.lab->ends[0].diag.findings.v[0]->message, "the public key of the peer cannot be read"));
	scene_free(&s);
}
END_TEST

/* I-082: each kind of key, from either end. */
START_TEST(each_kind_of_key)
{
	static const char *const keys[] = { "RSA", "P-256", "P-384", "P-521", "ED25519" };

	for (unsigned i = 0; i < 2 * sizeof(keys) / sizeof(*keys); i++) {
		struct scene s = scene_new(i, keys[i / 2]);

		bring_up(&s, i % 2);
		assert_up(&s);
		scene_free(&s);
	}
}
END_TEST

/* %fromcert is the subject; the peer may be whoever a certificate proves. */
START_TEST(identity_from_the_certificate)
{
	struct scene s = scene_new(1, "P-256");

	peer(&s, 0)->local.id.type = peer(&s, 0)->remote.id.type = IDENT_FROM_CERT;
	peer(&s, 1)->remote.id = lab_ident(&s.lab->ends[1].arena, "O=Lab, CN=west");
	bring_up(&s, 0);
	assert_up(&s);
	ck_assert_str_eq(lab_status(s.lab, 1).remote_id, "O=Lab, CN=west");
	ck_assert_str_eq(lab_status(s.lab, 0).remote_id, "@east.example");
	scene_free(&s);
}
END_TEST

/* I-063: a good certificate of the CA, for somebody else. */
START_TEST(identity_of_another)
{
	struct scene s = scene_new(2, "P-256");

	peer(&s, 0)->local.id = lab_ident(&s.lab->ends[0].arena, "@boss.example");
	peer(&s, 1)->remote.id = lab_ident(&s.lab->ends[1].arena, "@boss.example");
	bring_up(&s, 0);
	ck_assert_uint_eq(s.lab->ends[0].diag.findings.n, 1);
	ck_assert(s.lab->ends[0].diag.findings.v[0]->rule == RULE_IKE_CERTIFICATE_NAMES_OTHER);
	assert_refused(&s, 1,
		       "could not prove to be @boss.example: that name is not in its certificate, whose subject is O=Lab, CN=west; "
		       "sent AUTHENTICATION_FAILED; compare the certificates and authby= on both ends");
	scene_free(&s);
}
END_TEST

/* I-071: the right name, in a certificate that nobody stands for. */
START_TEST(certificate_of_no_ca)
{
	struct scene s = scene_new(3, "P-256");
	struct cert thief = made("P-256", &(struct cert_spec){ .cn = "thief", .san = "DNS:west.example" }, NULL);

	add_own(s.credentials[0], "thief", &thief);
	peer(&s, 0)->local.cert = "thief";
	bring_up(&s, 0);
	assert_refused(&s, 1, "could not prove to be @west.example: its certificate is refused: self-signed certificate");
	cert_free(&thief);
	scene_free(&s);
}
END_TEST

/* I-070: without CERT payload the key must be known. */
START_TEST(certificate_not_sent)
{
	for (unsigned known = 0; known < 2; known++) {
		struct scene s = scene_new(4, "P-256");
		struct buf pem = { 0 };

		peer(&s, 0)->local.send_cert = PLAN_CERT_NEVER;
		if (known) {
			cert_add_pem(&s.ends[0], &pem);
			ck_assert_int_eq(credentials_add_certificate(s.credentials[1], "peer", buf_slice(&pem)), 1);
			peer(&s, 1)->remote.cert = "peer";
		}
		bring_up(&s, 0);
		if (known)
			assert_up(&s);
		else
			assert_refused(&s, 1, "could not prove to be @west.example: it sent no certificate");
		buf_release(&pem);
		scene_free(&s);
	}
}
END_TEST

/* I-069: sendcert=sendifasked, in both roles; our CERTREQ is the question. */
START_TEST(certificate_if_asked)
{
	struct scene s = scene_new(5, "P-256");

	peer(&s, 0)->local.send_cert = peer(&s, 1)->local.send_cert = PLAN_CERT_IF_ASKED;
	bring_up(&s, 0);
	assert_up(&s);
	scene_free(&s);
}
END_TEST

/* I-083 */
START_TEST(signature_not_allowed)
{
	struct scene s = scene_new(6, "RSA");

	peer(&s, 0)->local.signatures = PLAN_SIGN_RSA_SHA2;
	peer(&s, 1)->remote.signatures = PLAN_SIGN_PSS_SHA2_256;
	bring_up(&s, 0);
	assert_refused(&s, 1, "it signs by RSA (PKCS#1 v1.5) with SHA2-256, but the conn allows only RSA-PSS with SHA2-256");
	scene_free(&s);
}
END_TEST

/* I-048: east can check SHA2-384 only, and says so; west's plan has nothing for that. */
START_TEST(no_hash_in_common)
{
	struct scene s = scene_new(7, "RSA");

	peer(&s, 0)->local.signatures = PLAN_SIGN_PSS_SHA2_256;
	peer(&s, 1)->remote.signatures = PLAN_SIGN_PSS_SHA2_384;
	bring_up(&s, 0);
	assert_refused(&s, 0, "we cannot authenticate: "
		       "the peer can check no signature that authby= allows with our key");
	scene_free(&s);
}
END_TEST

/* One end by a secret, the other by a certificate (leftauth=, rightauth=). */
START_TEST(each_in_its_own_way)
{
	struct scene s = scene_new(8, "P-384");

	for (unsigned i = 0; i < 2; i++) {
		struct plan_end *west = i ? &peer(&s, 1)->remote : &peer(&s, 0)->local;

		west->auth = PLAN_AUTH_PSK;
		west->signatures = 0;
		lab_set_psk(&s.lab->ends[i], LAB_PSK);
	}
	bring_up(&s, 0);
	assert_up(&s);
	scene_free(&s);
}
END_TEST

/* A peer with the right secret is no peer with a certificate: no conn takes it. */
START_TEST(secret_where_a_certificate_is_wanted)
{
	struct scene s = scene_new(9, "P-256");

	peer(&s, 0)->local.auth = PLAN_AUTH_PSK;
	for (unsigned i = 0; i < 2; i++)
		lab_set_psk(&s.lab->ends[i], LAB_PSK);
	bring_up(&s, 0);
	assert_refused(&s, 1, "no conn for a peer that calls itself @west.example and wants @east.example "
		       "and authenticates by shared key");
	scene_free(&s);
}
END_TEST

/* I-086: only where both plans say so, and per direction. */
START_TEST(without_authentication)
{
	for (unsigned both = 0; both < 2; both++) {
		struct scene s = scene_new(10, "P-256");

		peer(&s, 0)->local.auth = PLAN_AUTH_NULL;
		peer(&s, 0)->local.id = (struct ident){ .type = IDENT_NULL };
		if (both) {
			peer(&s, 1)->remote.auth = PLAN_AUTH_NULL;
			peer(&s, 1)->remote.id = (struct ident){ .type = IDENT_ANY };
		}
		bring_up(&s, 0);
		if (both)
			assert_up(&s);
		else
			assert_refused(&s, 1, "and authenticates by NULL");
		scene_free(&s);
	}
}
END_TEST

/* --- at load ------------------------------------------------------------------------------------------------------------------ */

static void no_name(struct scene *s)
{
	peer(s, 0)->local.cert = NULL;
}

static void unknown_name(struct scene *s)
{
	peer(s, 0)->local.cert = "elsewhere";
}

static void other_kind(struct scene *s)
{
	peer(s, 0)->local.signatures = PLAN_SIGN_PSS;
}

static void unknown_peer(struct scene *s)
{
	peer(s, 0)->remote.cert = "east";
}

static void no_identity(struct scene *s)
{
	peer(s, 0)->local.auth = PLAN_AUTH_NULL;
	peer(s, 0)->local.id.type = IDENT_FROM_CERT;
	peer(s, 0)->local.cert = NULL;
}

static void never(struct scene *s)
{
	peer(s, 0)->remote.auth = PLAN_AUTH_NEVER;
}

static void without_credentials(struct scene *s)
{
	peer(s, 0)->local.auth = PLAN_AUTH_NULL;
	s->lab->ends[0].env.credentials = NULL;
}

START_TEST(refused_at_load)
{
	static const struct {
		void (*spoil)(struct scene *s);
		enum rule_id rule;
		const char *text;
	} t[] = {
		{ no_name, RULE_IKE_NO_CERTIFICATE,
		  "our end is to sign (authby=), but the conn names neither a certificate (cert=) nor a key for it (rsasigkey=, pubkey=)" },
		{ unknown_name, RULE_IKE_NO_CERTIFICATE, "there is no certificate 'elsewhere' in 'the lab'" },
		{ other_kind, RULE_IKE_NO_CERTIFICATE,
		  "the key of the certificate 'own' is of a kind that authby= does not allow" },
		{ unknown_peer, RULE_IKE_NO_CERTIFICATE, "there is no certificate 'east' in 'the lab'" },
		{ no_identity, RULE_IKE_NO_CERTIFICATE,
		  "our identity is to come from a certificate (%fromcert), but the conn names none (cert=)" },
		{ never, RULE_IKE_AUTHENTICATION_UNSUPPORTED, "an end of it never authenticates (authby=never)" },
		{ without_credentials, RULE_IKE_NO_CERTIFICATE,
		  "there is no CA certificate in '(no directory)' to judge the peer's certificate by" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct scene s = scene_new(20, "P-256");
		struct lab_end *west = &s.lab->ends[0];
		struct buf want = { 0 };

		t[i].spoil(&s);
		ck_assert_int_eq(lab_open_end(west), -ENOTSUP);
		ck_assert(west->diag.findings.v[0]->rule == t[i].rule);
		buf_printf(&want, "west.conf:2: conn 'net': %s", t[i].text);
		ck_assert_str_eq(west->diag.findings.v[0]->message, want.p);
		buf_release(&want);
		scene_free(&s);
	}
}
END_TEST

TAP_MAIN("ike certificate", each_kind_of_key, raw_public_keys, raw_key_of_another, raw_key_without_its_private_half,
	 identity_from_the_certificate, identity_of_another, certificate_of_no_ca, certificate_not_sent, certificate_if_asked, signature_not_allowed, no_hash_in_common, each_in_its_own_way,
	 secret_where_a_certificate_is_wanted, without_authentication, refused_at_load)

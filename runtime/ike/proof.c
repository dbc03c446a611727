/* SPDX-License-Identifier: Apache-2.0 */
/* proof.c -- how each end proves who it is (I-062, I-063, I-069 ... I-071, I-080 ... I-086): what a conn needs for it at load, the
 * hints of IKE_SA_INIT, and the CERT, CERTREQ and AUTH payloads of IKE_AUTH.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/ike/internal.h"

static enum auth_method kind_of(const struct plan_end *e)
{
	return plan_auth_signs(e->auth) ? AUTH_SIGNATURE : e->auth == PLAN_AUTH_NULL ? AUTH_NULL : AUTH_PSK;
}

bool ident_concrete(const struct ident *id)
{
	return id->type != IDENT_NONE && id->type != IDENT_ANY && id->type != IDENT_FROM_CERT;
}

/* Who we are towards this peer: leftid, or the address in use. */
struct ident own_ident(const struct ike_sa *sa)
{
	return ident_concrete(sa->peer->local_id) ? *sa->peer->local_id : ident_borrow_address(&sa->local);
}

/* --- at load ------------------------------------------------------------------------------------------------------------------ */

/* The private half of our raw key, which has no name: it is found by its public half. */
static const char *load_raw(struct ike *ike, struct ike_peer *p)
{
	const struct credentials *c = ike->env->credentials;
	EVP_PKEY *public_key = NULL;

	if (public_key_read(slice_of(p->plan->local.public_key), &public_key) < 0)
		return "our public key cannot be read (rsasigkey=, pubkey=)";
	p->key = credentials_private_key(c, public_key);
	credentials_key_free(&public_key);
	return p->key ? NULL : arena_printf(&ike->arena, "there is no private key for our public key in '%s'", credentials_place(c));
}

static const char *load_own(struct ike *ike, struct ike_peer *p, enum rule_id *ret_rule)
{
	const struct plan_end *own = &p->plan->local;
	const struct credentials *c = ike->env->credentials;
	const char *why;

	*ret_rule = RULE_IKE_NO_CERTIFICATE;
	if (own->cert)
		p->cert = credentials_find(c, own->cert);
	if (!own->cert && !own->public_key && plan_auth_signs(own->auth))
		return "our end is to sign (authby=), but the conn names neither a certificate (cert=) nor a key for it (rsasigkey=, pubkey=)";
	if (!own->cert && own->id.type == IDENT_FROM_CERT)
		return "our identity is to come from a certificate (%fromcert), but the conn names none (cert=)";
	if (own->cert && !p->cert && (plan_auth_signs(own->auth) || own->id.type == IDENT_FROM_CERT))
		return arena_printf(&ike->arena, "there is no certificate '%s' in '%s'", own->cert, credentials_place(c));
	if (!plan_auth_signs(own->auth))
		return NULL;
	why = own->cert ? NULL : load_raw(ike, p);
	if (why)
		return why;
	if (own->cert)
		p->key = certificate_private_key(p->cert);
	if (!p->key)
		return arena_printf(&ike->arena, "there is no private key for the certificate '%s' in '%s'", own->cert,
				    credentials_place(c));
	if (signature_key_fits(p->key, own->signatures, &why) < 0)
		return arena_printf(&ike->arena, "%s%s%s is %s", own->cert ? "the key of the certificate '" : "our raw key",
				    own->cert ? own->cert : "", own->cert ? "'" : "", why);
	return NULL;
}

/* rightca=: a name, %same as ours, or none. What is no name is as good as none (C-141 told about it). */
static void load_ca(struct ike *ike, struct ike_peer *p)
{
	const char *text = p->plan->remote.ca, *why;
	size_t at;

	if (text && strcmp(text, "%same") == 0 && p->cert)
		p->ca = certificate_issuer(&ike->arena, p->cert);
	else if (text && *text != '%' && ident_parse(&ike->arena, slice_of(text), &p->ca, &why, &at) < 0)
		p->ca = (struct ident){ 0 };
}

static const char *load_remote(struct ike *ike, struct ike_peer *p, enum rule_id *ret_rule)
{
	const struct plan_end *remote = &p->plan->remote;
	const struct credentials *c = ike->env->credentials;

	*ret_rule = RULE_IKE_NO_CERTIFICATE;
	if (!plan_auth_signs(remote->auth))
		return NULL;
	if (remote->cert) {
		p->remote_cert = credentials_find(c, remote->cert);
		return p->remote_cert ? NULL : arena_printf(&ike->arena, "there is no certificate '%s' in '%s'", remote->cert,
							    credentials_place(c));
	}
	if (remote->public_key)
		return public_key_read(slice_of(remote->public_key), &p->remote_key) < 0
			       ? "the public key of the peer cannot be read (rsasigkey=, pubkey=)" : NULL;
	load_ca(ike, p);
	if (credentials_anchor_count(c) == 0)
		return arena_printf(&ike->arena, "there is no CA certificate in '%s' to judge the peer's certificate by",
				    credentials_place(c));
	return NULL;
}

static const struct ident *subject_of(struct ike *ike, const struct certificate *cert)
{
	struct ident *id = arena_new(&ike->arena, struct ident);

	*id = certificate_subject(&ike->arena, cert);
	return id;
}

static void load_identities(struct ike *ike, struct ike_peer *p)
{
	static const struct ident any = { .type = IDENT_ANY };

	p->local_id = &p->plan->local.id;
	p->remote_id = &p->plan->remote.id;
	if (p->local_id->type == IDENT_FROM_CERT)
		p->local_id = subject_of(ike, p->cert);
	if (p->remote_id->type == IDENT_FROM_CERT)	/* without a certificate of it: whatever a certificate proves */
		p->remote_id = p->remote_cert ? subject_of(ike, p->remote_cert) : &any;
}

const char *proof_load(struct ike *ike, struct ike_peer *p, enum rule_id *ret_rule)
{
	const struct plan_end *own = &p->plan->local, *remote = &p->plan->remote;
	const char *why;

	*ret_rule = RULE_IKE_AUTHENTICATION_UNSUPPORTED;
	if (own->auth == PLAN_AUTH_NEVER || remote->auth == PLAN_AUTH_NEVER)
		return "an end of it never authenticates (authby=never)";
	why = load_own(ike, p, ret_rule);
	if (!why)
		why = load_remote(ike, p, ret_rule);
	if (!why)
		load_identities(ike, p);
	return why;
}

void proof_unload(struct ike_peer *p)
{
	credentials_key_free(&p->remote_key);
}

bool proof_by_psk(const struct ike_peer *p)
{
	return kind_of(&p->plan->local) == AUTH_PSK || kind_of(&p->plan->remote) == AUTH_PSK;
}

/* A peer would refuse us, and only its log would tell why. */
bool proof_names_us(struct ike *ike, const struct ike_peer *p)
{
	return !plan_auth_signs(p->plan->local.auth) || !p->cert || !ident_concrete(p->local_id) || certificate_names(&ike->arena, p->cert, p->local_id);
}

/* --- IKE_SA_INIT -------------------------------------------------------------------------------------------------------------- */

/* What the peer may sign with. A responder may still go to another conn of these addresses (I-061). */
static uint32_t signatures_from_peer(const struct ike_sa *sa)
{
	const struct ike *ike = sa->ike;
	uint32_t set = sa->peer->plan->remote.signatures;

	for (size_t i = 0; i < ike->peer_count && !sa->initiator; i++)
		if (peer_fits_addresses(&ike->peers[i], &sa->local, &sa->remote))
			set |= ike->peers[i].plan->remote.signatures;
	return set;
}

/* I-048 */
void proof_add_hashes(const struct ike_sa *sa, struct wire_builder *w)
{
	uint32_t signatures = signatures_from_peer(sa);
	unsigned set = signature_hashes(signatures ? signatures : UINT32_MAX);
	CLEANUP(buf_release) struct buf list = { 0 };

	for (uint16_t hash = 0; hash < 16; hash++)
		if (set & 1u << hash)
			buf_add_be16(&list, hash);
	if (list.n)
		wire_add_notify(w, NOTIFY_SIGNATURE_HASH_ALGORITHMS, buf_slice(&list));
}

void proof_add_certreq(const struct ike_sa *sa, struct wire_builder *w)
{
	CLEANUP(buf_release) struct buf list = { 0 };

	if (!signatures_from_peer(sa))
		return;
	credentials_certreq(sa->ike->env->credentials, &list);
	wire_add_cert(w, PAYLOAD_CERTREQ, CERT_X509, buf_slice(&list));
}

void proof_read_hints(struct ike_sa *sa, const struct wire_message *m)
{
	struct wire_notify n;

	if (wire_find(m, PAYLOAD_CERTREQ, 0))
		sa->initial->cert_asked = true;
	if (!wire_find_notify(m, NOTIFY_SIGNATURE_HASH_ALGORITHMS, &n))
		return;
	for (size_t i = 0; i + 1 < n.data.n; i += 2) {
		unsigned hash = (unsigned)((uint8_t)n.data.p[i] << 8 | (uint8_t)n.data.p[i + 1]);

		if (hash < 16)
			sa->initial->hashes |= 1u << hash;
	}
}

/* --- IKE_AUTH ----------------------------------------------------------------------------------------------------------------- */

/* I-069: CERTREQ is a hint about CAs; whether any came decides only with sendcert=sendifasked. */
void proof_add_certs(const struct ike_sa *sa, struct wire_builder *w)
{
	const struct plan_end *own = &sa->peer->plan->local;
	struct slice der;

	if (!plan_auth_signs(own->auth) || !sa->peer->cert || own->send_cert == PLAN_CERT_NEVER ||
	    (own->send_cert == PLAN_CERT_IF_ASKED && !sa->initial->cert_asked))
		return;
	for (unsigned i = 0; i < LIMIT_CERTIFICATES && certificate_der(&sa->ike->scratch, sa->peer->cert, i, &der); i++)
		wire_add_cert(w, PAYLOAD_CERT, CERT_X509, der);
}

static const struct secret *psk_for(const struct ike_sa *sa)
{
	struct ident own = own_ident(sa);

	return find_psk(sa->ike, &own, &sa->remote_id, &sa->local, &sa->remote);
}

/* The octets of the original initiator's or responder's AUTH. */
static struct auth_octets octets(const struct ike_sa *sa, const struct ike_keys *k, bool of_initiator, struct slice id)
{
	const struct initial *in = sa->initial;

	if (of_initiator)
		return (struct auth_octets){ buf_slice(&in->request), slice_bytes(in->nonce_r, in->nonce_r_size), id,
					     slice_bytes(k->pi, k->prf_size), { NULL, 0 } };
	return (struct auth_octets){ buf_slice(&in->response),
				     slice_bytes(in->nonce_i, in->nonce_i_size),
				     id,
				     slice_bytes(k->pr, k->prf_size),
				     { NULL, 0 } };
}

int proof_make(struct ike_sa *sa, const struct ike_keys *keys, const struct buf *id, uint8_t *ret_method, struct buf *out, const char **ret_why)
{
	const struct plan_end *own = &sa->peer->plan->local;
	struct auth_key key = { .method = kind_of(own), .signatures = own->signatures, .hashes = sa->initial->hashes };
	struct auth_octets o = octets(sa, keys, sa->initiator, buf_slice(id));
	int r;

	*ret_why = "no shared key for the two identities";
	key.psk = key.method == AUTH_PSK ? psk_for(sa) : NULL;
	key.key = sa->peer->key;
	if (key.method == AUTH_PSK && !key.psk)
		return -ENOKEY;
	r = auth_make(sa->prf, &key, &o, ret_method, out);
	*ret_why = r == -ENOTSUP ? "the peer can check no signature that authby= allows with our key"
				 : "out of memory";
	return r;
}

int proof_add(struct ike_sa *sa, const struct buf *id, struct wire_builder *w, const char **ret_why)
{
	CLEANUP(buf_wipe_release) struct buf data = { 0 };
	uint8_t method;
	int r = proof_make(sa, sa->keys, id, &method, &data, ret_why);

	if (r == 0)
		wire_add_auth(w, method, buf_slice(&data));
	return r;
}

bool proof_fits(const struct ike_peer *p, uint8_t method)
{
	return auth_method_fits(kind_of(&p->plan->remote), method);
}

static void read_certs(const struct wire_message *m, struct chain *chain)
{
	const struct wire_payload *p;

	chain->n = 0;
	for (unsigned i = 0; chain->n < LIMIT_CERTIFICATES && (p = wire_find(m, PAYLOAD_CERT, i)) != NULL; i++)
		if (wire_cert(p).encoding == CERT_X509)
			chain->der[chain->n++] = wire_cert(p).data;
}

static int key_of_peer(struct ike_sa *sa, const struct wire_message *m, EVP_PKEY **ret, char why[SIGNATURE_WHY])
{
	const struct ike_env *env = sa->ike->env;
	const struct ike_peer *p = sa->peer;
	struct trust trust = { .id = sa->remote_id, .pinned = p->remote_cert, .raw = p->remote_key,
			       .ca = p->ca.type == IDENT_DN ? &p->ca : NULL };
	struct chain chain;

	trust.now = env->wall_clock ? env->wall_clock(env->context) : 0;
	read_certs(m, &chain);
	return credentials_verify(env->credentials, &sa->ike->scratch, &chain, &trust, ret, why);
}

bool proof_check(struct ike_sa *sa, const struct wire_message *m, char why[SIGNATURE_WHY])
{
	CLEANUP(credentials_key_free) EVP_PKEY *public_key = NULL;
	const struct plan_end *remote = &sa->peer->plan->remote;
	struct wire_auth auth = wire_auth(wire_find(m, PAYLOAD_AUTH, 0));
	struct auth_key key = { .method = kind_of(remote), .signatures = remote->signatures };
	struct auth_octets o = octets(sa, sa->keys, !sa->initiator, wire_find(m, sa->initiator ? PAYLOAD_IDR : PAYLOAD_IDI, 0)->body);

	if (key.method == AUTH_PSK) {
		key.psk = psk_for(sa);
		snprintf(why, SIGNATURE_WHY, "no shared key for this identity");
		if (!key.psk)
			return false;
	} else if (key.method == AUTH_SIGNATURE) {
		snprintf(why, SIGNATURE_WHY, "out of memory");
		if (!proof_fits(sa->peer, auth.method)) {
			snprintf(why, SIGNATURE_WHY, "it does not sign (its method is '%s')",
				 auth_method_name(auth.method) ? auth_method_name(auth.method) : "unknown");
			return false;
		}
		if (key_of_peer(sa, m, &public_key, why) < 0)
			return false;
		key.key = public_key;
	}
	return auth_verify(sa->prf, &key, &o, auth.method, sa->initial->proof.n ? sa->initial->proof : auth.data, why) == 0;
}

/* RFC 7619: whoever does not prove anything replaces nobody, and is replaced by nobody. */
bool proof_is_null(const struct ike_peer *p)
{
	return kind_of(&p->plan->remote) == AUTH_NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* ppk.c -- a preshared key that quantum computers do not break, mixed into the keys between IKE_SA_INIT and IKE_AUTH (RFC 8784;
 * I-090, I-091).
 *
 * SK_d, SK_pi and SK_pr change, SK_e and SK_a do not. While it is open whether the peer has the PPK, sa->initial->plain holds the keys
 * without it.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/ike/internal.h"

#define PPK_ID_FIXED	2u	/* types of PPK_IDENTITY; 1 is opaque, and has no meaning here */

static const struct secret_entry *find(const struct ike *ike, const struct ike_peer *p, const struct ident *local, const struct ident *remote,
				       struct slice id)
{
	if (!ike->env->secrets || p->plan->ppk == PLAN_PPK_NEVER)
		return NULL;
	return secrets_find_ppk(ike->env->secrets, local, remote, p->plan->ppk_ids, id);
}

const char *ppk_load(const struct ike *ike, const struct ike_peer *p)
{
	if (p->plan->ppk != PLAN_PPK_INSIST || !ident_concrete(p->remote_id) ||
	    find(ike, p, p->local_id, p->remote_id, (struct slice){ NULL, 0 }))
		return NULL;
	return "it insists on a PPK (ppk=insist), and the secrets have none (PPKS) for its two identities";
}

/* A responder may still go to another conn of these addresses (I-061). */
static bool wanted(const struct ike_sa *sa)
{
	const struct ike *ike = sa->ike;

	if (sa->initiator)
		return sa->peer->plan->ppk != PLAN_PPK_NEVER;
	for (size_t i = 0; i < ike->peer_count; i++)
		if (ike->peers[i].plan->ppk != PLAN_PPK_NEVER && peer_fits_addresses(&ike->peers[i], &sa->local, &sa->remote))
			return true;
	return false;
}

void ppk_add_use(const struct ike_sa *sa, struct wire_builder *w)
{
	if (sa->initiator ? wanted(sa) : sa->initial->ppk_agreed)
		wire_add_notify(w, NOTIFY_USE_PPK, (struct slice){ NULL, 0 });
}

void ppk_read_use(struct ike_sa *sa, const struct wire_message *m)
{
	sa->initial->ppk_agreed = wanted(sa) && wire_find_notify(m, NOTIFY_USE_PPK, NULL);
}

/* 0, with the keys as they were in initial->plain; or -ENOMEM. */
static int mix(struct ike_sa *sa, const struct secret_entry *e)
{
	struct ike_keys *plain = secret_alloc(sizeof(*plain));
	int r = plain ? 0 : -ENOMEM;

	if (r == 0) {
		*plain = *sa->keys;
		r = ike_keys_mix_ppk(sa->prf, secret_slice(&e->value), sa->keys);
	}
	if (r < 0) {
		secret_free(plain);
		return r;
	}
	sa->initial->plain = plain;
	sa->ppk = true;
	return 0;
}

/* --- initiator ---------------------------------------------------------------------------------------------------------------- */

int ppk_begin(struct ike_sa *sa)
{
	struct ident own = own_ident(sa);
	const struct secret_entry *e =
		sa->initial->ppk_agreed ? find(sa->ike, sa->peer, &own, &sa->remote_id, (struct slice){ NULL, 0 }) : NULL;

	if (!e)
		return 0;
	sa->initial->ppk_id = e->reference;
	return mix(sa, e);
}

/* Where the PPK is not demanded, a proof without it goes along, for a peer that does not have it. */
int ppk_add_identity(struct ike_sa *sa, const struct buf *id, struct wire_builder *w, const char **ret_why)
{
	CLEANUP(buf_release) struct buf name = { 0 };
	CLEANUP(buf_wipe_release) struct buf proof = { 0 };
	uint8_t method;
	int r = 0;

	if (!sa->initial->plain)
		return 0;
	buf_add_u8(&name, PPK_ID_FIXED);
	buf_add_str(&name, sa->initial->ppk_id);
	wire_add_notify(w, NOTIFY_PPK_IDENTITY, buf_slice(&name));
	if (sa->peer->plan->ppk == PLAN_PPK_INSIST)
		return 0;
	r = proof_make(sa, sa->initial->plain, id, &method, &proof, ret_why);
	if (r == 0)
		wire_add_notify(w, NOTIFY_NO_PPK_AUTH, buf_slice(&proof));
	return r;
}

bool ppk_settle(struct ike_sa *sa, const struct wire_message *m)
{
	if (sa->initial->plain && !wire_find_notify(m, NOTIFY_PPK_IDENTITY, NULL)) {
		*sa->keys = *sa->initial->plain;
		sa->ppk = false;
	}
	return sa->ppk || sa->peer->plan->ppk != PLAN_PPK_INSIST;
}

/* --- responder ---------------------------------------------------------------------------------------------------------------- */

bool ppk_take(struct ike_sa *sa, const struct wire_message *m, char why[SIGNATURE_WHY])
{
	struct ident own = own_ident(sa);
	const struct secret_entry *e = NULL;
	struct wire_notify n;
	bool named = sa->initial->ppk_agreed && wire_find_notify(m, NOTIFY_PPK_IDENTITY, &n);

	if (named && n.data.n > 1 && (uint8_t)n.data.p[0] == PPK_ID_FIXED)
		e = find(sa->ike, sa->peer, &own, &sa->remote_id, (struct slice){ n.data.p + 1, n.data.n - 1 });
	snprintf(why, SIGNATURE_WHY, "out of memory");
	if (e)
		return mix(sa, e) == 0;
	if (sa->peer->plan->ppk == PLAN_PPK_INSIST) {		/* I-350 */
		snprintf(why, SIGNATURE_WHY, named ? "the secrets have no PPK with the identity that it names"
						   : "it uses no PPK, and the conn insists on one (ppk=insist)");
		return false;
	}
	if (!named)
		return true;
	if (!wire_find_notify(m, NOTIFY_NO_PPK_AUTH, &n)) {
		snprintf(why, SIGNATURE_WHY, "it insists on a PPK that the secrets do not have for it");
		return false;
	}
	sa->initial->proof = n.data;
	return true;
}

void ppk_add_answer(const struct ike_sa *sa, struct wire_builder *w)
{
	if (sa->ppk)
		wire_add_notify(w, NOTIFY_PPK_IDENTITY, (struct slice){ NULL, 0 });
}

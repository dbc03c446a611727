/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/secrets/keys.h"

#include "compiler/secrets/needs.h"

/* What was found about one entry, so that a key of a thousand conns is told of once. */
struct entry_state {
	bool used, told, rival_told;
	bool several_told;
	enum severity floor;		/* told so far; SEVERITY_COUNT: nothing */
	const struct ir_conn *conn;	/* the first that takes it */
	struct ident remote;		/* its peer */
};

struct keys {
	struct arena *arena;
	const struct ir *ir;
	const struct secrets *secrets;
	const struct keys_options *options;
	struct diag *diag;
	struct secret_index *psk, *xauth;
	struct entry_state *entries;	/* parallel to secrets->entries */
	const struct secret_entry *by_name;	/* the first shared key whose peer the DNS decides; NULL: none */
};

/* --- words --------------------------------------------------------------------------------------------------------------------- */

static const struct fit {
	unsigned sum;
	const char *words, *word;
} fits[] = {
	{ SECRET_LOCAL | SECRET_REMOTE, "names both ends", "local+remote" },
	{ SECRET_LOCAL | SECRET_ANY, "names the own end and anybody", "local+any" },
	{ SECRET_LOCAL | SECRET_ALONE, "names the own end alone", "local" },
	{ SECRET_REMOTE | SECRET_ANY, "names the peer and anybody", "remote+any" },
	{ SECRET_ANY, "serves everybody", "any" },
	{ SECRET_LOCAL, "names the own end beside others", "local+others" },
	{ SECRET_REMOTE, "names the peer without the own end", "remote" },
	{ SECRET_LOCAL | SECRET_REMOTE | SECRET_ANY, "names both ends and anybody", "local+remote+any" },
};

static const struct fit *fit_of(unsigned sum)
{
	static const struct fit other = { 0, "does not fit", "other" };

	for (size_t i = 0; i < sizeof fits / sizeof *fits; i++)
		if (fits[i].sum == sum)
			return &fits[i];
	return &other;
}

const char *keys_fit(unsigned sum)
{
	return fit_of(sum)->words;
}

const char *keys_fit_word(unsigned sum)
{
	return fit_of(sum)->word;
}

const char *keys_why_lost(const struct conn_key *key, const struct secret_loser *loser)
{
	enum secret_kind kind = key->kind == KEY_XAUTH ? SECRET_XAUTH : SECRET_PSK;

	if (!secret_sum_serves(loser->sum, kind))
		return "which serves no conn";
	return loser->sum == key->choice.sum ? "as the winner does, but comes later" : "which counts for less";
}

/* --- reporting ----------------------------------------------------------------------------------------------------------------- */

static struct entry_state *state_of(const struct keys *k, const struct secret_entry *e)
{
	return &k->entries[e - k->secrets->entries.v];
}

static struct finding *report_conn(const struct keys *k, struct ir_conn *conn, enum rule_id rule, struct span span, const char *message)
{
	struct finding *f = diag_report(k->diag, rule, span, "%s", message);

	diag_set_conn(f, conn->name);
	if (conn->verdict == VERDICT_LOADS && f->severity != SEVERITY_NOTE)
		conn->verdict = VERDICT_LOADS_WITH_WARNINGS;
	return f;
}

static void add_losers(const struct keys *k, struct finding *f, const struct conn_key *key)
{
	for (size_t i = 0; i < key->loser_count; i++)
		diag_related(k->diag, f, key->losers[i].entry->span, "%s, %s", keys_fit(key->losers[i].sum), keys_why_lost(key, &key->losers[i]));
}

static const char *line_to_type(const struct keys *k, const struct conn_key *key, const struct ident *remote)
{
	return arena_printf(k->arena, "%s %s : PSK \"...\"", ident_format(k->arena, &key->local), ident_format(k->arena, remote));
}

/* K-042, C-145 */
static void report_missing(const struct keys *k, struct ir_conn *conn, const struct conn_key *key)
{
	const struct ident any = { .type = IDENT_ANY };
	struct finding *f = report_conn(k, conn, RULE_NO_SHARED_KEY, conn->span,
					arena_printf(k->arena, "no shared key serves conn '%s'", conn->name));

	add_losers(k, f, key);
	diag_note(k->diag, f, "libreswan %s loads the conn, and cannot authenticate", release_name(k->ir->release));
	diag_help(k->diag, f, "add to %s: %s", k->options->path, line_to_type(k, key, key->identity_unused ? &any : &key->remote));
}

/* K-048 */
static void report_too_late(const struct keys *k, struct ir_conn *conn, const struct conn_key *key, const struct secret_entry *meant)
{
	struct finding *f = report_conn(k, conn, RULE_SHARED_KEY_BEFORE_IDENTITY, meant->span,
					arena_printf(k->arena, "this key is not found for conn '%s'", conn->name));
	const struct ident any = { .type = IDENT_ANY };

	diag_related(k->diag, f, conn->span, "this conn is for a peer that may call from anywhere");
	if (key->choice.entry)
		diag_related(k->diag, f, key->choice.entry->span, "the conn takes this one");
	diag_note(k->diag, f, conn->ike_version == 1 ? "IKEv1's main mode needs the key before the peer says who it is" :
			      "an address that the peer calls itself does not count where it may call from anywhere");
	diag_help(k->diag, f, "use %s, or %s", conn->ike_version == 1 ? "ikev2=insist" : "a name as identity", line_to_type(k, key, &any));
	state_of(k, meant)->told = true;
}

/* K-045 */
static void report_rival(const struct keys *k, struct ir_conn *conn, const struct conn_key *key)
{
	struct entry_state *state = state_of(k, key->choice.rival);
	struct finding *f;

	state->used = true;
	if (state->rival_told)
		return;
	state->rival_told = true;
	f = report_conn(k, conn, RULE_SECRETS_AMBIGUOUS, key->choice.rival->span,
			arena_printf(k->arena, "conn '%s' has two keys that fit equally well", conn->name));
	diag_related(k->diag, f, key->choice.entry->span, "the other one");
	diag_note(k->diag, f, "libreswan takes the first of the file; ipsec-run takes neither");
}

/* Pluto 4.10 ends on an assertion (run), which makes it more than a weak key. */
static void report_empty(const struct keys *k, struct ir_conn *conn, const struct conn_key *key)
{
	struct entry_state *state = state_of(k, key->choice.entry);
	struct finding *f;

	if (key->choice.entry->length || state->told)
		return;
	state->told = true;
	f = report_conn(k, conn, RULE_SECRETS_EMPTY, key->choice.entry->span,
			arena_printf(k->arena, "conn '%s' takes this key, which is empty", conn->name));
	diag_note(k->diag, f, "libreswan %s", conn->ike_version == 2 && k->ir->release >= RELEASE_4_10 && k->ir->release < RELEASE_5_0 ?
		  "4.10 dies when it authenticates: all its conns are down" : "authenticates everybody");
}

/* K-043 */
static void report_peer_alone(const struct keys *k, const struct ir_conn *conn, const struct conn_key *key)
{
	for (size_t i = 0; i < key->loser_count; i++) {
		const struct secret_entry *e = key->losers[i].entry;
		struct finding *f;

		if (key->losers[i].sum != SECRET_REMOTE || e->selectors.n != 1 || state_of(k, e)->told)
			continue;
		state_of(k, e)->told = true;
		f = diag_report(k->diag, RULE_SECRETS_PEER_ALONE, e->span, "this key for the peer of conn '%s' is never used", conn->name);
		diag_related(k->diag, f, key->choice.entry->span, "the conn takes this one");
		diag_note(k->diag, f, "an entry that names the peer alone serves no conn");
		diag_help(k->diag, f, "name both ends: %s", line_to_type(k, key, &key->remote));
	}
}

/* K-051 */
static void check_sharing(const struct keys *k, const struct ir_conn *conn, const struct conn_key *key)
{
	struct entry_state *state = state_of(k, key->choice.entry);
	struct finding *f;

	if (!state->conn) {
		state->conn = conn;
		state->remote = key->remote;
		return;
	}
	if (key->choice.sum != SECRET_ANY || state->several_told || state->remote.type == IDENT_ANY || key->remote.type == IDENT_ANY ||
	    ident_same(&state->remote, &key->remote))
		return;
	state->several_told = true;
	f = diag_report(k->diag, RULE_SECRETS_FOR_EVERYBODY, key->choice.entry->span, "this key serves the peers of conns '%s', '%s' and maybe more",
			state->conn->name, conn->name);
	diag_note(k->diag, f, "each of them can pretend to be any other one");
	diag_help(k->diag, f, "give each peer its own: %s", line_to_type(k, key, &key->remote));
}

/* --- strength ------------------------------------------------------------------------------------------------------------------ */

/* Bytes that a PRF wants of a key: half its output (K-040). *ret_name: the PRF that wants the most. */
static bool floors_of(const struct ir_conn *conn, size_t *ret_least, size_t *ret_most, const char **ret_name)
{
	size_t least = SIZE_MAX, most = 0;

	for (size_t i = 0; i < conn->ike.n; i++)
		for (size_t t = 0; t < conn->ike.v[i].transforms.n; t++) {
			const struct transform *prf = conn->ike.v[i].transforms.v[t].transform;
			size_t bytes = prf->output_bits / 16;

			if (prf->type != TRANSFORM_PRF)
				continue;
			least = bytes < least ? bytes : least;
			if (bytes > most) {
				most = bytes;
				*ret_name = prf->name;
			}
		}
	*ret_least = least;
	*ret_most = most;
	return most != 0;
}

static void check_strength(const struct keys *k, const struct ir_conn *conn, const struct conn_key *key)
{
	struct entry_state *state = state_of(k, key->choice.entry);
	size_t least, most, length = key->choice.entry->length;
	bool fips = k->options->facts && k->options->facts->fips == 1;
	enum severity severity;
	const char *name = NULL;
	struct finding *f;

	if (!floors_of(conn, &least, &most, &name) || length >= most)
		return;
	severity = length < least ? fips ? SEVERITY_ERROR : SEVERITY_WARNING : fips ? SEVERITY_WARNING : SEVERITY_NOTE;
	if (severity >= state->floor)
		return;
	state->floor = severity;
	f = diag_report(k->diag, RULE_SECRETS_BELOW_PRF, key->choice.entry->span, "the shared key has %zu bytes, and %s of conn '%s' wants %zu",
			length, name, conn->name, most);
	diag_set_severity(k->diag, f, severity);
	if (fips)
		diag_note(k->diag, f, "in FIPS mode libreswan fails the authentication");
	else if (k->ir->release >= RELEASE_4_10)
		diag_note(k->diag, f, "libreswan %s warns at each authentication, and fails it in FIPS mode", release_name(k->ir->release));
	else
		diag_note(k->diag, f, "later releases than %s warn at each authentication, and fail it in FIPS mode", release_name(k->ir->release));
	diag_help(k->diag, f, "openssl rand -base64 32");
}

/* --- choosing ------------------------------------------------------------------------------------------------------------------ */

static void find_losers(const struct keys *k, struct conn_key *key, struct secret_index *index, const struct ident *remote)
{
	struct secret_loser found[KEY_LOSERS], *kept;
	size_t n = secret_index_losers(index, &key->local, remote, &key->choice, found, KEY_LOSERS);

	kept = arena_new_array(k->arena, n + 1, struct secret_loser);
	memcpy(kept, found, n * sizeof(*kept));
	key->losers = kept;
	key->loser_count = n;
}

static void choose(const struct keys *k, struct conn_key *key)
{
	static const struct ident any = { .type = IDENT_ANY };
	struct secret_index *index = key->kind == KEY_XAUTH ? k->xauth : k->psk;

	if (key->status == KEY_UNKNOWN)
		return;
	key->choice = secret_index_find(index, &key->local, key->identity_unused ? &any : &key->remote);
	if (k->by_name && key->kind == KEY_PSK && key->choice.sum < (SECRET_LOCAL | SECRET_REMOTE)) {
		key->status = KEY_UNKNOWN;
		key->choice = (struct secret_choice){ 0 };
		key->why = "an entry with a host name serves whom the DNS says when the file is read";
	} else if (key->choice.entry) {
		key->status = KEY_FOUND;
		state_of(k, key->choice.entry)->used = true;
	} else {
		key->why = key->kind == KEY_XAUTH ? "no entry for this user" : "no entry for these identities";
	}
	/* who takes what serves everybody may have been meant to take another */
	if (k->options->losers || !key->choice.entry || key->choice.sum == SECRET_ANY)
		find_losers(k, key, index, &key->remote);
}

/* The other end's key is the same one: then it does not matter which end this host is. */
static void merge_sides(struct conn_keys *keys)
{
	struct conn_key *a = keys->list.v, *b = keys->list.v + 1;

	if (keys->list.n < 2 || a->kind != KEY_PSK || b->kind != KEY_PSK || a->status != b->status || a->choice.entry != b->choice.entry ||
	    a->choice.sum != b->choice.sum || a->choice.rival != b->choice.rival || a->identity_unused != b->identity_unused)
		return;
	a->side = PLAN_SIDE_UNKNOWN;
	memmove(b, b + 1, (keys->list.n - 2) * sizeof(*b));
	keys->list.n--;
}

static const struct secret_entry *entry_meant(const struct keys *k, const struct conn_key *key)
{
	struct secret_choice meant = { 0 };

	if (key->identity_unused)
		meant = secret_index_find(k->psk, &key->local, &key->remote);
	return meant.entry && meant.entry != key->choice.entry && (meant.sum & SECRET_REMOTE) ? meant.entry : NULL;
}

static void check_psk(const struct keys *k, struct ir_conn *conn, const struct conn_keys *keys)
{
	const struct conn_key *missing = NULL;
	bool found = false, unknown = false;

	for (size_t i = 0; i < keys->list.n; i++) {
		const struct conn_key *key = &keys->list.v[i];
		const struct secret_entry *meant;

		if (key->kind != KEY_PSK)
			continue;
		unknown |= key->status == KEY_UNKNOWN;
		meant = key->status == KEY_UNKNOWN ? NULL : entry_meant(k, key);
		if (meant)
			report_too_late(k, conn, key, meant);
		found |= key->status == KEY_FOUND || meant;
		if (key->status == KEY_MISSING && !missing)
			missing = key;
		if (key->status != KEY_FOUND)
			continue;
		if (key->choice.rival)
			report_rival(k, conn, key);
		if (key->choice.sum == SECRET_ANY)
			report_peer_alone(k, conn, key);
		check_sharing(k, conn, key);
		report_empty(k, conn, key);
		if (key->choice.entry->length)
			check_strength(k, conn, key);
	}
	if (missing && !found && !unknown)
		report_missing(k, conn, missing);
}

/* C-258 */
static void check_xauth(const struct keys *k, struct ir_conn *conn, const struct conn_keys *keys)
{
	for (size_t i = 0; i < keys->list.n; i++) {
		const struct conn_key *key = &keys->list.v[i];
		enum side side = key->side == PLAN_SIDE_RIGHT ? SIDE_RIGHT : SIDE_LEFT;
		struct finding *f;

		if (key->kind != KEY_XAUTH || key->status != KEY_MISSING)
			continue;
		f = report_conn(k, conn, RULE_NO_XAUTH_PASSWORD, ir_origin(conn, KW_USERNAME, side), "there is no password for this user");
		diag_note(k->diag, f, "libreswan asks whoever starts the conn, and fails when it starts by itself");
		diag_help(k->diag, f, "add to %s: @" SLICE_FMT " : XAUTH \"...\"", k->options->path, SLICE_ARG(key->local.text));
	}
}

/* K-044. A conn whose identities are not known may take any entry. */
static void report_unused(const struct keys *k, const struct conn_keys *all)
{
	for (size_t i = 0; i < k->ir->conns.n; i++)
		for (size_t n = 0; n < all[i].list.n; n++)
			if (all[i].list.v[n].kind == KEY_PSK && all[i].list.v[n].status == KEY_UNKNOWN)
				return;
	for (size_t i = 0; i < k->secrets->entries.n; i++)
		if (k->secrets->entries.v[i].kind == SECRET_PSK && !k->entries[i].used && !k->entries[i].told)
			diag_report(k->diag, RULE_SECRETS_UNUSED, k->secrets->entries.v[i].span, "no conn takes this key");
}

const struct conn_keys *keys_check(struct arena *a, const struct ir *ir, const struct secrets *secrets, const struct keys_options *options,
				   struct diag *diag)
{
	struct keys k = { .arena = a, .ir = ir, .secrets = secrets, .options = options, .diag = diag };
	struct conn_keys *all = arena_new_array(a, ir->conns.n + 1, struct conn_keys);

	k.psk = secret_index_new(a, secrets, SECRET_PSK);
	k.xauth = secret_index_new(a, secrets, SECRET_XAUTH);
	for (size_t i = 0; i < secrets->entries.n && !k.by_name; i++)
		if (secrets->entries.v[i].by_name && secrets->entries.v[i].kind == SECRET_PSK)
			k.by_name = &secrets->entries.v[i];
	k.entries = arena_new_array(a, secrets->entries.n + 1, struct entry_state);
	for (size_t i = 0; i < secrets->entries.n; i++)
		k.entries[i].floor = SEVERITY_COUNT;
	for (size_t i = 0; i < ir->conns.n; i++) {
		needs_of(a, options->facts, ir->conns.v[i], &all[i]);
		for (size_t n = 0; n < all[i].list.n; n++)
			choose(&k, &all[i].list.v[n]);
		merge_sides(&all[i]);
		if (ir->conns.v[i]->verdict == VERDICT_WILL_NOT_LOAD)
			continue;	/* its keys are in use all the same */
		check_psk(&k, ir->conns.v[i], &all[i]);
		check_xauth(&k, ir->conns.v[i], &all[i]);
	}
	report_unused(&k, all);
	return all;
}

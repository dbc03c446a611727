/* SPDX-License-Identifier: Apache-2.0 */
/* internal.h -- the parts of the IKE engine among themselves; nobody outside runtime/ike includes it.
 *
 * Lifetimes: peers and child conns live as long as the engine. IKE SAs and child SAs that end are unlinked at once (no lookup,
 * timer or task finds them any more) and freed at the end of the event, so a function may go on with the pointer it holds.
 */
#ifndef RUNTIME_IKE_INTERNAL_H
#define RUNTIME_IKE_INTERNAL_H

#include "runtime/auth/auth.h"
#include "runtime/ike/ike.h"
#include "runtime/suite/suite.h"
#include "runtime/wire/wire.h"

#define IKE_NONCE_SIZE		32u	/* of ours (I-040) */
#define IKE_NONCE_MAX		256u
#define IKE_NONCE_MIN		16u
#define IKE_COOKIE_MAX		64u
#define IKE_REASON_TEXT		400u
#define IKE_PROPOSAL_TEXT	128u

struct ike_sa;
struct child_sa;
struct made_policies;
struct address_pool;
struct lease;
struct reassembly;
struct task;

/* --- timers: a binary heap in struct ike; a timer is part of what it watches -------------------------------------------------- */

struct timer {
	uint64_t at;
	unsigned slot;		/* place in the heap + 1; 0: not armed */
	void (*fire)(struct ike *ike, void *owner);
	void *owner;
};

int timers_reserve(struct ike *ike, unsigned more);	/* places for so many timers; -ENOMEM. timer_set() then cannot fail */
void timers_release(struct ike *ike, unsigned less);
void timer_set(struct ike *ike, struct timer *t, uint64_t at);
void timer_cancel(struct ike *ike, struct timer *t);
struct timer *timer_first(const struct ike *ike);	/* NULL: none */

/* --- what the plan says, with its run-time half ------------------------------------------------------------------------------- */

struct command {		/* an `up` or `down` whose end the caller waits for */
	uint64_t token;
	unsigned pending;	/* conns that are not through yet */
	int status;
	char reason[IKE_REASON_TEXT];
	const struct plan_origin *origin;
};

struct waiter {			/* one conn's part of a command */
	struct command *command;
	struct waiter *next;
};

struct ike_peer {
	const struct plan_peer *plan;
	bool refused;			/* by ike_new(): its conns never run */
	bool template;			/* %any: many peers, only they can begin */
	proposal_list proposals;	/* the plan's, without what this build lacks */
	const struct ident *local_id, *remote_id;	/* the plan's, or what stands for %fromcert */
	const struct certificate *cert;		/* ours; NULL: none is needed */
	const struct certificate *remote_cert;	/* the only one that the peer may have; NULL: any of a CA */
	EVP_PKEY *key;			/* private, that we sign with; NULL: we do not. Of the credentials */
	EVP_PKEY *remote_key;		/* raw public key that the peer signs with; NULL: a certificate tells. Owned */
	struct ident ca;			/* IDENT_DN: of that CA */
	struct address_pool *pools[2];		/* from which its addresses come, IPv4 and IPv6; NULL: none */
	bool asks[2];				/* as a client, for an address of that family */
	unsigned sa_count;
	bool touched;			/* mark of a walk */
};

struct child_conn {
	const struct plan_child *plan;
	struct ike_peer *peer;
	bool refused, routed, touched;
	bool wanted;			/* is to be up: negotiate again when it is lost */
	bool starting;			/* a negotiation is under way or queued */
	bool has_policies;		/* the plan has `up` policies for it */
	proposal_list proposals;
	unsigned installed;		/* child SAs in the data plane */
	unsigned as_planned;		/* of these, with the plan's `up` policies, which stand while it is not 0 */
	unsigned tries;			/* failed in a row */
	struct timer retry;
	struct waiter *up, *down;	/* up: also for a rekey */
	char last_error[IKE_REASON_TEXT];
};

/* --- IKE SA ------------------------------------------------------------------------------------------------------------------- */

enum ike_state {		/* section 10 of the rules */
	STATE_INIT_SENT, STATE_AUTH_SENT, STATE_INIT_DONE, STATE_ESTABLISHED, STATE_REKEYED, STATE_DELETING,
	STATE_CLOSED, STATE_DEAD, STATE_COUNT
};

enum { PROOF_SUITE = 1, PROOF_PEER = 2, PROOF_SUCCESSOR = 4 };

enum task_kind { /* in order of priority (I-116); the first two are the initial exchanges */
		 TASK_INIT,
		 TASK_AUTH,
		 TASK_DELETE_IKE,
		 TASK_AUTH_FAILED,
		 TASK_DELETE_CHILD,
		 TASK_REKEY_IKE,
		 TASK_REKEY_CHILD,
		 TASK_CREATE_CHILD,
		 TASK_LIVENESS,
		 TASK_COUNT
};

struct packets {		/* one message as it goes out: whole, or in fragments */
	struct buf bytes;		/* one after another */
	uint32_t sizes[LIMIT_FRAGMENTS];
	unsigned n;
};

struct own_half {		/* our part of an exchange of nonces and public values */
	uint8_t nonce[IKE_NONCE_SIZE];
	struct ke *ke;			/* NULL: no key exchange */
	const struct transform *group;
	uint32_t spi;			/* reserved inbound SPI of a child; 0: none */
	uint64_t ike_spi;
};

struct task {
	enum task_kind kind;
	struct task *next;
	struct child_sa *child;		/* to be rekeyed or deleted; NULL when it ended meanwhile */
	struct child_conn *conn;	/* to be created or rekeyed */
	struct own_half half;
	unsigned rounds;		/* INVALID_KE answered so far */
	uint64_t tried_groups;		/* bit per group of the list of proposals, in order */
	uint64_t not_before;		/* after TEMPORARY_FAILURE */
	uint32_t orphan;		/* inbound SPI of an SA that only the peer has: to be deleted there */
	enum ipsec_protocol orphan_protocol;
};

struct initial {		/* what IKE_SA_INIT and IKE_AUTH need; freed when the SA is established (I-051) */
	uint8_t nonce_i[IKE_NONCE_MAX], nonce_r[IKE_NONCE_MAX];
	size_t nonce_i_size, nonce_r_size;
	struct buf request, response;	/* exact bytes of the SA_INIT messages that count */
	uint8_t cookie[IKE_COOKIE_MAX];
	size_t cookie_size;
	unsigned rounds;		/* requests sent because of a cookie or another group (I-044) */
	unsigned hashes;		/* that the peer announced for signatures (signature_make()); 0: none */
	bool cert_asked;		/* it sent CERTREQ */
	bool ppk_agreed;		/* both said USE_PPK */
	const char *ppk_id;		/* initiator: of the PPK that was mixed in; of the secrets */
	struct ike_keys *plain;		/* without the PPK; NULL: none was mixed in. secret_alloc() */
	struct slice proof;		/* what counts in place of the AUTH payload's data; borrowed from the event */
	struct child_conn *first_child;	/* initiator: goes along in IKE_AUTH */
};

/* the lower of the two nonces of an exchange: it decides which of two crossing rekeys stays (I-135) */
struct low_nonce {
	uint8_t bytes[IKE_NONCE_MAX];
	size_t n;
};

struct ike_sa {
	struct ike *ike;
	struct ike_sa *hash_next, *next, *prev;	/* by our SPI; all, oldest first */
	struct ike_peer *peer;
	enum ike_state state;
	unsigned proofs;
	bool initiator;			/* original initiator of this IKE SA: the I flag and the direction of keys */
	bool half_open;			/* counted in ike->half_open, and in its list */
	struct ike_sa *half_next, *half_prev;
	uint64_t spi_i, spi_r;
	struct ip_addr local, remote;
	uint16_t local_port, remote_port;
	bool natt;			/* messages go by the NAT-T socket */
	bool natd_seen, nat_local, nat_remote, forced;	/* forced: encapsulation without NAT (I-181) */
	struct suite_choice suite;
	char proposal[IKE_PROPOSAL_TEXT];
	struct prf *prf;
	struct ike_keys *keys;
	struct sk_cipher *seal, *open;
	struct initial *initial;
	/* authenticated once PROOF_PEER is set; borrowed from the event until sa_keep_identities() */
	struct ident remote_id;
	char *local_id_text, *remote_id_text;
	char *id_memory;		/* of these three */

	uint32_t request_id;		/* of our next request */
	uint32_t expected_id;		/* of the peer's next request */
	struct packets answer;		/* to the request before that; none yet: n is 0 (I-111) */
	struct task *running;		/* the one request that waits for its answer, */
	struct packets request;		/* its bytes, */
	uint64_t sent_first, interval;	/* and when */
	bool fragmentation;		/* both announced it */
	bool ppk;			/* a PPK is in the keys */
	bool mobike;			/* both announced it */
	struct reassembly *requests, *responses;	/* fragments that came; NULL: none */
	struct task *queue;		/* by priority */
	unsigned queued;
	struct child_sa *children;
	unsigned child_count;
	struct lease *lease[2];		/* what we gave to the peer, IPv4 and IPv6 */
	struct inner_address *inner[2];	/* what it gave to us */
	/* the SA that the peer made in place of this one while our own rekey was under way (I-136) */
	struct ike_sa *by_peer;
	struct ike_sa *successor;
	bool referenced;		/* some SA's by_peer, successor or replaces */
	struct ike_sa *replaces;	/* this one repeats its authentication; NULL: none, or done */
	struct child_conn *last_missing;	/* the one that was asked for last, to take the place of a child SA of that */
	struct low_nonce low_nonce;	/* of the rekey that made this SA */

	uint64_t established_at, last_in, last_out, rekey_at, expire_at;
	uint64_t reauth_at;		/* the peer wants the authentication repeated by then; 0: it does not */
	uint64_t esp_in;		/* inbound packets of all children at the last look (I-153) */
	struct timer retransmit, lifetime, liveness, keepalive, wake;
	struct waiter *rekey_waiters;
	char last_error[IKE_REASON_TEXT];
	int last_status;		/* -errno that goes with it */
	const struct plan_origin *last_origin;
};

struct inner_address {		/* of ours, given by a server, while an IKE SA has it */
	struct ip_addr addr;
	unsigned users;
	struct inner_address *next;
};

/* --- child SA ----------------------------------------------------------------------------------------------------------------- */

enum child_state {
	CHILD_INSTALLED,
	CHILD_REKEYING,
	CHILD_REPLACED,
	CHILD_DELETING,
	CHILD_DELETED,
	CHILD_STATE_COUNT
};

struct child_sa {
	struct child_conn *conn;
	struct ike_sa *sa;
	struct child_sa *next;
	enum child_state state;
	uint32_t spi_in, spi_out;
	enum plan_mode mode;
	bool encap, esn, counted;	/* counted: in conn->installed */
	bool redundant;			/* lost against a crossing rekey: its end is no loss */
	bool in_stands, out_stands;
	struct suite_choice suite;
	char proposal[IKE_PROPOSAL_TEXT];
	struct child_keys *keys;	/* only until both directions stand */
	bool initiator;			/* of the exchange that made it: direction of the keys */
	struct ip_addr local, remote;	/* outer, as installed */
	struct traffic_selector *local_ts, *remote_ts;
	unsigned local_count, remote_count;
	struct made_policies *made;	/* shared with the SA that it replaces; NULL: those of the plan are right */
	struct child_sa *replaces;	/* old SA whose DELETE lets our outbound SA in (I-133) */
	struct child_sa *by_peer;	/* as in struct ike_sa */
	struct low_nonce low_nonce;
	uint64_t established_at, rekey_at, expire_at;
	struct timer lifetime;
};

/* Policies that are not in the plan. */
struct made_policies {
	unsigned users;			/* child SAs */
	bool stands;			/* they are in the data plane */
	uint32_t reqid;
	size_t n, room;			/* room: of the two arrays; at most LIMIT_SA_POLICIES */
	struct plan_policy *policies;
	struct plan_tmpl *tmpls;	/* one for each */
};

/* --- the engine --------------------------------------------------------------------------------------------------------------- */

#define IKE_HASH_SIZE	1024u

struct cookie_secret {
	uint8_t bytes[32];
	uint8_t number;
	bool set;
};

struct ike {
	const struct plan *plan;
	const struct ike_env *env;
	struct arena arena;		/* peers, conns: for good */
	struct arena scratch;		/* of one event */
	struct wire_message *message;	/* of one event: too big for the stack */
	struct wire_message *sent;	/* the same, to describe what we send */
	struct ike_peer *peers;
	size_t peer_count;
	struct child_conn *conns;
	size_t conn_count;
	struct timer **heap;
	unsigned heap_count, heap_room, timer_places;
	struct ike_sa *hash[IKE_HASH_SIZE];
	struct ike_sa *first, *last;
	struct ike_sa *half_first;	/* responder SAs whose peer has not proven itself, newest first: at most LIMIT_HALF_OPEN */
	struct ike_sa *dead_sas;
	struct child_sa *dead_children;
	unsigned sa_count, half_open;
	struct cookie_secret cookie, old_cookie;
	uint64_t cookie_changed;
	struct prf *cookie_prf;
	struct address_pool *pools;
	struct inner_address *inner;
	uint32_t next_reqid;		/* the last one that was given to a peer of a template */
	uint64_t now;
	uint64_t unprotected_second;	/* second in which unprotected errors are counted, */
	unsigned unprotected_count;	/* so many so far (I-030) */
	uint64_t log_second;		/* the same for log lines that anybody can cause (I-342) */
	unsigned log_count, log_lost;
	bool stopping;
};

/* engine.c */
void ike_random(struct ike *ike, void *p, size_t n);
uint64_t ike_random_below(struct ike *ike, uint64_t bound);
/* own_spi 0: chosen here. NULL: limit or memory. */
struct ike_sa *sa_new(struct ike *ike, struct ike_peer *peer, bool initiator, uint64_t own_spi);
uint64_t new_ike_spi(struct ike *ike);
struct ike_sa *sa_find(struct ike *ike, uint64_t own_spi);
void sa_hash(struct ike_sa *sa);
void sa_end(struct ike_sa *sa);			/* state DEAD: children out of the data plane, timers off; freed after the event */
void sa_close(struct ike_sa *sa);		/* the same, but repeated requests are answered for some seconds */
bool sa_enter(struct ike_sa *sa, enum ike_state state);	/* false: the proofs of the state are missing, SA untouched */
void sa_established(struct ike_sa *sa);		/* timers of an established SA */
uint64_t sa_own_spi(const struct ike_sa *sa);
const char *sa_state_name(enum ike_state state);
/* -ENOMEM */
int sa_keep_identities(struct ike_sa *sa, const struct ident *remote, const char *local_text, const char *remote_text);
void sa_forget_initial(struct ike_sa *sa);
uint64_t rekey_time(struct ike *ike, uint32_t lifetime, uint32_t margin, uint16_t fuzz);	/* ms from now (I-140) */
/* Prf, ciphers of both directions from sa->suite and sa->keys. 0 or -errno. */
int sa_make_ciphers(struct ike_sa *sa);

/* message.c */
struct draft {			/* the text of an SK payload while it is made */
	struct buf text;
	struct wire_builder w;
};
void draft_begin(struct draft *d);
void draft_release(struct draft *d);
int sa_seal(struct ike_sa *sa, uint8_t exchange, bool response, uint32_t id, struct draft *d, struct packets *out);
void sa_send(struct ike_sa *sa, const struct packets *packets);
void packets_send_to(struct ike *ike, const struct ike_datagram *received, const struct packets *packets);
void send_to(struct ike *ike, const struct ike_datagram *received, const struct buf *message);	/* back to where it came from */
void sa_receive(struct ike_sa *sa, const struct ike_datagram *d, struct wire_message *m);
void trace(struct ike *ike, const struct ike_sa *sa, const struct wire_message *m);
void trace_sent(struct ike *ike, const struct ike_sa *sa, const struct buf *message);	/* not encrypted */

/* fragment.c */
int packets_seal(struct ike_sa *sa, const struct wire_header *h, uint8_t first, struct slice text, struct packets *out);
void packets_set(struct packets *p, const struct buf *message);		/* not encrypted */
void packets_clear(struct packets *p);
void packets_release(struct packets *p);
void reassembly_free(struct reassembly *r);
/* Decrypts and parses: 0; -EAGAIN: a fragment, others are missing; -EPROTO: authentic, but malformed as *fault says; -EBADMSG:
 * nothing of it may be believed; -ENOMEM. */
int sa_open(struct ike_sa *sa, struct wire_message *m, struct buf *text, struct wire_fault *fault);
/* authentic, and to be answered with what was answered before */
bool sa_repeated(struct ike_sa *sa, const struct wire_message *m);

/* A NAT mapping of the peer changed, as its ESP shows. */
void sa_peer_moved(struct ike_sa *sa, const struct ip_addr *addr, uint16_t port);

/* task.c */
extern const char *const task_names[TASK_COUNT];
struct task *task_new(struct ike_sa *sa, enum task_kind kind);	/* NULL: limit or memory; logged */
void task_queue(struct ike_sa *sa, struct task *t);
void task_free(struct ike_sa *sa, struct task *t);
void task_run_next(struct ike_sa *sa);
bool task_pending(const struct ike_sa *sa, enum task_kind kind, const struct child_sa *child, const struct child_conn *conn);
void task_forget_child(struct ike_sa *sa, struct child_sa *child);
void task_send(struct ike_sa *sa, struct task *t);	/* sa->request holds the bytes: sends, arms retransmission */
void task_answered(struct ike_sa *sa, struct wire_message *m);
void task_move_queue(struct ike_sa *from, struct ike_sa *to);	/* all that waits but the DELETE of `from` itself */
void task_drop_all(struct ike_sa *sa);
struct task *task_take_running(struct ike_sa *sa);	/* ends the wait; the caller frees or queues it */

/* init.c */
void init_start(struct ike_peer *peer, struct child_conn *conn, struct ike *ike, struct ike_sa *replaces);
bool peer_fits_addresses(const struct ike_peer *p, const struct ip_addr *local, const struct ip_addr *remote);
void init_request(struct ike *ike, const struct ike_datagram *d, struct wire_message *m);
void init_response(struct ike_sa *sa, const struct ike_datagram *d, struct wire_message *m);

/* NAT detection: our hashes for where the SA is, and what the peer's say of where the message came from and arrived. */
void natd_add(const struct ike_sa *sa, struct wire_builder *w, uint64_t spi_r);
void natd_read(struct ike_sa *sa, const struct wire_message *m, const struct ike_datagram *d);

/* cookie.c */
bool cookie_wanted(struct ike *ike, const struct ip_addr *remote, bool *ret_drop);
bool cookie_make(struct ike *ike, const struct ike_datagram *d, uint64_t spi_i, struct slice nonce, uint8_t out[IKE_COOKIE_MAX],
		 size_t *ret_n);
bool cookie_check(struct ike *ike, const struct ike_datagram *d, uint64_t spi_i, struct slice nonce, struct slice cookie);

/* auth.c */
bool auth_start(struct ike_sa *sa);	/* sends IKE_AUTH; false: the SA cannot go on */
enum verdict { VERDICT_ANSWER, VERDICT_ANSWER_AND_END, VERDICT_DROP };
enum verdict auth_request(struct ike_sa *sa, const struct wire_message *m, struct draft *d);
void auth_response(struct ike_sa *sa, struct task *t, const struct wire_message *m);

/* proof.c: how each end proves who it is */
bool ident_concrete(const struct ident *id);
struct ident own_ident(const struct ike_sa *sa);
/* NULL: the conn has all it needs, but for the shared key; else why not, with the rule. */
const char *proof_load(struct ike *ike, struct ike_peer *p, enum rule_id *ret_rule);
void proof_unload(struct ike_peer *p);
bool proof_by_psk(const struct ike_peer *p);		/* an end of it */
bool proof_is_null(const struct ike_peer *p);		/* the peer proves nothing */
bool proof_names_us(struct ike *ike, const struct ike_peer *p);	/* our certificate has our identity */
void proof_add_hashes(const struct ike_sa *sa, struct wire_builder *w);
void proof_add_certreq(const struct ike_sa *sa, struct wire_builder *w);
void proof_read_hints(struct ike_sa *sa, const struct wire_message *m);	/* of IKE_SA_INIT and IKE_AUTH */
void proof_add_certs(const struct ike_sa *sa, struct wire_builder *w);
/* The AUTH payload for the body of our ID payload. -errno, with the reason. */
int proof_add(struct ike_sa *sa, const struct buf *id, struct wire_builder *w, const char **ret_why);
/* The data alone, under these keys of the SA. */
int proof_make(struct ike_sa *sa, const struct ike_keys *keys, const struct buf *id, uint8_t *ret_method, struct buf *out, const char **ret_why);
bool proof_fits(const struct ike_peer *p, uint8_t method);	/* is the method one that the peer of that conn may use */
/* Has the peer proven to be sa->remote_id? Else the reason. */
bool proof_check(struct ike_sa *sa, const struct wire_message *m, char why[SIGNATURE_WHY]);

/* mobike.c: RFC 4555, as the end that stays where it is */
bool mobike_possible(const struct ike *ike, const struct ike_peer *p);
void mobike_announce(struct ike_sa *sa, struct wire_builder *w);
void mobike_read(struct ike_sa *sa, const struct wire_message *m);
void mobike_answer(struct ike_sa *sa, const struct wire_message *m, struct draft *d);	/* to UPDATE_SA_ADDRESSES and COOKIE2 */

/* reauth.c */
bool reauth_due(const struct ike_sa *sa);	/* in place of a rekey */
void reauth_start(struct ike_sa *old);
void reauth_go_on(struct ike_sa *sa);		/* the new SA stands, or a child SA of it */
void reauth_failed(struct ike_sa *sa);		/* it ends before it has replaced the old one */
void reauth_read_lifetime(struct ike_sa *sa, const struct wire_message *m);
void double_settle(struct ike_sa *sa);		/* it was just established */
bool double_loses(const struct ike_sa *sa);	/* another SA does all that this one does, and stays */

/* ppk.c: RFC 8784 */
const char *ppk_load(const struct ike *ike, const struct ike_peer *p);	/* NULL: the conn has what it demands; else why not */
void ppk_add_use(const struct ike_sa *sa, struct wire_builder *w);		/* IKE_SA_INIT */
void ppk_read_use(struct ike_sa *sa, const struct wire_message *m);
int ppk_begin(struct ike_sa *sa);		/* initiator, before AUTH is made: mixes the PPK in, where it has one. -ENOMEM */
int ppk_add_identity(struct ike_sa *sa, const struct buf *id, struct wire_builder *w, const char **ret_why);
bool ppk_settle(struct ike_sa *sa, const struct wire_message *m);	/* initiator, with the answer; false: the PPK that is demanded is missing */
bool ppk_take(struct ike_sa *sa, const struct wire_message *m, char why[SIGNATURE_WHY]);	/* responder, before AUTH is verified */
void ppk_add_answer(const struct ike_sa *sa, struct wire_builder *w);

/* choose.c: proposals */
enum ke_rule { KE_IGNORED, KE_CHOSEN };
struct chosen {
	struct suite_choice suite;
	bool esn, has_esn;
	uint8_t number;
	struct slice spi;
	struct proposal_transform transforms[5];
	struct proposal answer;		/* its transforms.v is the array above */
};
/* I-042: our order decides. esn: of the child, for IKE PLAN_NO. False: nothing fits. */
bool choose_proposal(struct arena *a, const proposal_list *ours, struct slice sa_payload, enum ke_rule ke, enum plan_tristate esn,
		     struct chosen *ret);
/* The answer to an offer of ours: exactly one of `ours`, complete. */
bool check_answer(struct arena *a, const proposal_list *ours, struct slice sa_payload, enum ke_rule ke, enum plan_tristate esn,
		  struct chosen *ret);
bool suite_within(const proposal_list *ours, const struct suite_choice *suite);	/* I-061: would these proposals have accepted it */
void suite_describe(const struct suite_choice *s, bool esn, char text[IKE_PROPOSAL_TEXT]);
/* n-th group of the list, each counted once; NULL: no more. */
const struct transform *nth_group(const proposal_list *list, unsigned n);
int find_group(const proposal_list *list, uint16_t method);	/* its number for nth_group(); -1 */

uint16_t group_of(struct slice data);	/* of INVALID_KE_PAYLOAD; 0: malformed */

/* narrow.c: traffic selectors */
#define NARROW_MAX	64u
struct ts_list {
	struct traffic_selector v[NARROW_MAX];
	unsigned n;
};
void ts_read(const struct wire_payload *p, struct ts_list *ret);
/* I-160..I-162: what `offered` and `ours` have in common, without doubles; false: nothing, or less than ours and `narrowing` is
 * off. */
bool ts_narrow(const struct traffic_selector *ours, size_t n, const struct ts_list *offered, bool narrowing, struct ts_list *ret);
bool ts_within(const struct traffic_selector *outer, size_t n, const struct ts_list *inner);	/* I-163 */
char *ts_list_format(struct arena *a, const struct traffic_selector *v, size_t n);

struct negotiated {		/* what both ends agreed on, before it becomes a child SA */
	struct chosen chosen;
	struct ts_list local, remote;
	enum plan_mode mode;
	struct key_seed seed;
	uint32_t spi_in, spi_out;
	bool initiator;
};

/* negotiate.c */
/* Initiator: SA, [Ni, KEi], TSi, TSr for t->conn, with t->half as our part and, for a rekey, t->child as the SA to be replaced. */
bool child_add_offer(struct ike_sa *sa, struct task *t, bool in_auth, struct draft *d);
/* Responder: adds the answer's payloads, or an error notify. NULL: refused, and *ret_notify tells how. */
struct child_sa *child_answer(struct ike_sa *sa, const struct wire_message *m, bool in_auth, struct child_sa *old, struct draft *d);
/* Has the peer, of several that the initiator could mean, a child for what its IKE_AUTH request asks for? */
bool child_fits(struct ike_sa *sa, const struct ike_peer *peer, const struct wire_message *m);
/* Initiator, with t->half and, for a rekey, t->child. 0: installed, and the reserved SPI is the child's; else -errno after the
 * failure was reported. */
int child_accept(struct ike_sa *sa, struct task *t, const struct wire_message *m, bool in_auth, struct child_sa **ret);
void child_refused(struct ike_sa *sa, struct child_conn *conn, const struct wire_notify *n, bool rekey);
proposal_list child_groups(struct ike_sa *sa, const struct child_conn *conn);	/* our offer in CREATE_CHILD_SA */
uint32_t spi_read(struct slice spi);	/* 4 bytes; 0: something else */

/* child.c */
/* Makes and installs it, and tells those who wait; takes over n->spi_in. A rekey's outbound SA waits at the responder
 * (I-133). NULL: told. */
struct child_sa *child_establish(struct ike_sa *sa, struct child_conn *conn, const struct negotiated *n, struct child_sa *old);
void child_end(struct child_sa *c);		/* out of the data plane, unlinked */
int child_install_out(struct child_sa *c);
void child_move(struct child_sa *c, struct ike_sa *to);
struct child_sa *child_by_spi_out(struct ike_sa *sa, uint32_t spi);
const char *child_state_name(enum child_state s);
void child_linger(struct child_sa *c);
void child_stop_sending(struct child_sa *c);
void child_rekey_at(struct child_sa *c, uint64_t at);
void child_await_end(struct child_sa *c);	/* it is not rekeyed any more, only its end is left */
int child_reserve_spi(struct ike_sa *sa, struct child_conn *conn, uint32_t *ret);
void child_release_spi(struct ike_sa *sa, struct child_conn *conn, uint32_t spi);
void child_addresses_changed(struct ike_sa *sa);

typedef VEC(struct traffic_selector) ts_vec;

/* config.c: inner addresses */
void config_load(struct ike *ike, struct ike_peer *p);
void config_load_child(struct ike_peer *p, const struct plan_child *child);
void config_free(struct ike *ike);
bool config_asks(const struct ike_sa *sa);				/* as a client */
void config_add_request(const struct ike_sa *sa, struct draft *d);
const char *config_take_reply(struct ike_sa *sa, const struct wire_message *m);	/* NULL: sa->inner is set; else what is wrong */
bool config_answer(struct ike_sa *sa, const struct wire_message *m, struct draft *d);	/* as a server; false: no child, and the notify says why */
void config_selectors(const struct ike_sa *sa, bool local, ts_vec *ret);	/* of that end, where it has an inner address; else nothing */
void config_move(struct ike_sa *from, struct ike_sa *to);		/* to the successor of a rekey */
void config_release(struct ike_sa *sa);

/* policies.c */
/* Sets c->made, unless the plan's policies are right; a rekey of `old` shares its policies where nothing changed. 0, or -errno with
 * the reason. */
int policies_make(struct child_sa *c, const struct child_sa *old, const char **ret_why);
int policies_install(struct child_sa *c, const char **ret_why);		/* c->made; once for all that share them */
void policies_drop(struct child_sa *c);					/* the last one takes them out of the data plane */

/* rekey.c: CREATE_CHILD_SA */
bool create_child_start(struct ike_sa *sa, struct task *t, struct draft *d);
bool rekey_ike_start(struct ike_sa *sa, struct task *t, struct draft *d);
void create_child_response(struct ike_sa *sa, struct task *t, const struct wire_message *m);
void rekey_ike_response(struct ike_sa *sa, struct task *t, const struct wire_message *m);
enum verdict create_child_request(struct ike_sa *sa, const struct wire_message *m, struct draft *d);
enum verdict rekey_ike_request(struct ike_sa *sa, const struct wire_message *m, struct draft *d);
void rekey_ike_hand_over(struct ike_sa *old, struct ike_sa *to);
bool other_group(struct task *t, const proposal_list *list, const struct wire_notify *n);
void low_nonce_set(struct low_nonce *low, struct slice a, struct slice b);
bool low_nonce_loses(const struct low_nonce *ours, const struct low_nonce *theirs);

/* info.c: INFORMATIONAL */
enum verdict informational_request(struct ike_sa *sa, const struct wire_message *m, struct draft *d);
bool delete_child_start(struct ike_sa *sa, struct task *t, struct draft *d);
void informational_response(struct ike_sa *sa, struct task *t, const struct wire_message *m);
void sa_delete(struct ike_sa *sa);		/* with DELETE to the peer */
void child_delete(struct child_sa *c);
void liveness_arm(struct ike_sa *sa);
void keepalive_arm(struct ike_sa *sa);

/* conn.c: what is wanted, commands, retries */
void conn_start(struct ike *ike, struct child_conn *c);		/* negotiates, unless that is under way */
void conn_changed(struct ike *ike, const struct child_conn *c, const char *what, const char *reason);	/* struct ike_env */
void conn_up(struct ike *ike, struct child_conn *c);		/* established */
void conn_failed(struct ike *ike, struct child_conn *c, int status, const char *reason, const struct plan_origin *origin);
void conn_lost(struct ike *ike, struct child_conn *c, bool dead_peer);
void conn_down_done(struct ike *ike, struct child_conn *c);
void conn_retry_fire(struct ike *ike, void *owner);
void conns_follow(struct ike_sa *sa);		/* the SA stands: further child SAs of its peer that are wanted */
struct ike_sa *peer_established_sa(struct ike *ike, const struct ike_peer *peer);
/* Ends the wait of everyone in the list; the last part of a command tells its end to who gave it. */
void waiters_tell(struct ike *ike, struct waiter **list, int status, const char *reason, const struct plan_origin *origin);
void conns_start(struct ike *ike);
void conns_dataplane_event(struct ike *ike, const struct dp_event *event);
void conns_up(struct ike *ike, const char *name, uint64_t token);
void conns_down(struct ike *ike, const char *name, uint64_t token);
void conns_rekey(struct ike *ike, const char *name, uint64_t token, bool ike_sa);
void sa_close_lost(struct ike_sa *sa);
void sa_end_lost(struct ike_sa *sa, bool dead_peer);	/* sa_end(), and what follows for the conns that lose their child SA */
void sa_fail_conns(struct ike_sa *sa, int status, const char *reason, const struct plan_origin *origin);

/* load.c */
int load_plan(struct ike *ike, struct diag *diag);
const struct secret *find_psk(const struct ike *ike, const struct ident *local, const struct ident *remote,
			      const struct ip_addr *local_addr, const struct ip_addr *remote_addr);

/* report.c */
void log_at(struct ike *ike, const char *file, int line, const char *function, enum ike_log_level level, enum rule_id rule,
	    const struct plan_origin *origin, const char *format, ...) __attribute__((format(printf, 8, 9)));
#define LOG(ike, level, rule, origin, ...)	log_at((ike), __FILE__, __LINE__, __func__, (level), (rule), (origin), __VA_ARGS__)
/* For what anybody on the net can cause: at most a few lines per second. */
bool log_allowed(struct ike *ike);
/* "'hq' (203.0.113.7)" in a text of the event. */
const char *sa_name(const struct ike_sa *sa);
/* Remembers the reason for the SA's end or its last trouble, and logs it. */
void sa_trouble(struct ike_sa *sa, const char *file, int line, const char *function, enum ike_log_level level, enum rule_id rule,
		int status, const struct plan_origin *origin, const char *format, ...) __attribute__((format(printf, 9, 10)));
#define TROUBLE(sa, level, rule, status, origin, ...)	\
	sa_trouble((sa), __FILE__, __LINE__, __func__, (level), (rule), (status), (origin), __VA_ARGS__)
const char *notify_text(struct ike *ike, uint16_t type);	/* "NO_PROPOSAL_CHOSEN", or "error 4711" */

#endif

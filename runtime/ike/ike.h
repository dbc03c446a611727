/* SPDX-License-Identifier: Apache-2.0 */
/* ike.h -- the IKE engine: events in, effects out. No I/O, no clock, no global state (rules I-...; RFC 7296).
 *
 * The loop hands in one event with the time; the engine changes its state and calls back through struct ike_env for everything
 * that touches the world. Callbacks must not re-enter the engine. All memory of the engine dies with ike_free(), keys wiped.
 */
#ifndef RUNTIME_IKE_H
#define RUNTIME_IKE_H

#include "plan/plan.h"
#include "runtime/auth/credentials.h"
#include "runtime/dataplane/dataplane.h"
#include "secrets/secrets.h"

struct wire_message;

/* DEBUG: exchanges and decisions (-d); DUMP: payloads of messages (-dd, -v). */
enum ike_log_level { IKE_LOG_ERROR, IKE_LOG_WARNING, IKE_LOG_INFO, IKE_LOG_DEBUG, IKE_LOG_DUMP };

struct ike_datagram {
	struct ip_addr local, remote;
	uint16_t local_port, remote_port;	/* 500 or 4500 on our side, or what -p and -P said */
	bool natt;				/* on the NAT-T socket: the non-ESP marker is outside this interface */
	bool keepalive;				/* to be sent only: the one byte of RFC 3948 section 2.3; data is not looked at */
	const uint8_t *data;			/* without marker */
	size_t n;
};

struct ike_env {
	void *context;
	void (*random)(void *context, void *p, size_t n);
	void (*send)(void *context, const struct ike_datagram *datagram);
	/* rule: one of the 9xxx family, RULE_COUNT for none; origin may be NULL. Never a secret. */
	/* place: __FILE__ ":" line ":" function of the caller, for -L; may be NULL. */
	void (*log)(void *context, const char *place, enum ike_log_level level, enum rule_id rule, const struct plan_origin *origin,
		    const char *text);
	/* A message that goes out or came in, in clear, before `send` and after it was found authentic; `peer` NULL: not known yet. Sending
	 * again is no new message. NULL: nobody wants to know. */
	void (*message)(void *context, const struct plan_peer *peer, bool sent, const struct wire_message *message);
	/* An `up` or `down` that was asked for with `token` has ended: status 0 or -errno, reason for the user, origin of the
	 * line to blame. */
	void (*done)(void *context, uint64_t token, int status, const char *reason, const struct plan_origin *origin);
	/* A conn has changed: "up", "rekeyed", "down", or "failed" with the reason (else NULL). NULL: nobody wants to know. */
	void (*changed)(void *context, const struct plan_child *conn, const char *what, const char *reason);
	const struct secrets *secrets;
	const struct credentials *credentials;	/* NULL: none */
	int64_t (*wall_clock)(void *context);	/* seconds since 1970, for certificates */
	struct dataplane *dataplane;
	bool force_encap;		/* the data plane wants ESP in UDP wherever the peer can do that (I-181, I-241), */
	bool bare_esp;			/* and can do protocol 50 where it cannot, or the plan says no; else that is never done */
	uint16_t ike_port, natt_port;	/* our own */
};

struct ike;

/* Borrows plan and env for its lifetime. 0; -ENOTSUP with findings of the 90xx family for conns that the engine cannot run: *ret
 * is set all the same, and the other conns run. -ENOMEM: *ret is untouched. */
int ike_new(const struct plan *plan, const struct ike_env *env, struct diag *diag, struct ike **ret);
size_t ike_runnable(const struct ike *ike);	/* children of the plan that were not refused */
void ike_free(struct ike *ike);

void ike_start(struct ike *ike, uint64_t now_ms);			/* routes and initiates what auto= says */
void ike_receive(struct ike *ike, const struct ike_datagram *d, uint64_t now_ms);
void ike_timer(struct ike *ike, uint64_t now_ms);			/* call at or after ike_deadline() */
uint64_t ike_deadline(const struct ike *ike);				/* ms; UINT64_MAX: nothing pending */
void ike_dataplane_event(struct ike *ike, const struct dp_event *event, uint64_t now_ms);
void ike_up(struct ike *ike, const char *conn, uint64_t token, uint64_t now_ms);
void ike_down(struct ike *ike, const char *conn, uint64_t token, uint64_t now_ms);
/* `done` when the new SA stands, or could not be had. */
void ike_rekey_child(struct ike *ike, const char *child, uint64_t token, uint64_t now_ms);
void ike_rekey_ike(struct ike *ike, const char *conn, uint64_t token, uint64_t now_ms);
/* Sends DELETE for everything; ike_idle() tells when answers are in or given up. */
void ike_stop(struct ike *ike, uint64_t now_ms);
bool ike_idle(const struct ike *ike);

/* status: walks SAs in a stable order, oldest first; then an entry with zero SPIs for each peer that has none (state "down",
 * "on-demand", "retrying", "waiting" for its peer, or "refused"). Strings are the engine's, valid until `each` returns. Times:
 * UINT64_MAX is never. */
struct ike_child_status {
	const char *name, *state;
	enum plan_mode mode;
	bool encap;
	uint32_t spi_in, spi_out, reqid;
	const char *proposal;
	const struct traffic_selector *local_ts, *remote_ts;
	unsigned local_ts_count, remote_ts_count;
	struct dp_counters in, out;
	uint64_t established_ms, rekey_at_ms, expire_at_ms;
	const struct plan_origin *origin;
};
struct ike_sa_status {
	const char *conn, *state, *last_error;
	uint8_t version;
	bool initiator, nat_local, nat_remote, ppk;
	uint64_t spi_i, spi_r;
	struct ip_addr local, remote;
	uint16_t local_port, remote_port;
	const char *local_id, *remote_id, *proposal;
	uint64_t established_ms, rekey_at_ms;
	const struct plan_origin *origin;
	const struct ike_child_status *children;
	unsigned child_count;
};
void ike_status(struct ike *ike, uint64_t now_ms, void (*each)(void *context, const struct ike_sa_status *sa), void *context);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* run.h -- a running simulation, among the files of this folder. */
#ifndef RUNTIME_SIMULATE_RUN_H
#define RUNTIME_SIMULATE_RUN_H

#include "base/map.h"
#include "runtime/dataplane/dry.h"
#include "runtime/simulate/simulate.h"

struct run;

struct child_track {			/* of one child of one plan */
	unsigned added;			/* outbound SAs so far */
	uint64_t first_ms, second_ms;	/* when */
	uint32_t spi_out;		/* of the first one */
	const char *selectors[2];	/* of the first one: local, remote */
	const char *trouble;		/* the engine's last words about it */
	const struct plan_origin *trouble_origin;
	uint64_t rekey_failed_ms;
	bool told;			/* `done` came, with */
	int status;
	const char *reason;
	const struct plan_origin *origin;
	uint64_t told_ms;
};

struct peer_track {			/* of one peer of one plan */
	const char *trouble;
	const struct plan_origin *trouble_origin;
	uint16_t notify;		/* the last error of an exchange with it */
	unsigned notify_from;
	uint8_t notify_exchange;
	uint64_t established_ms, ike_rekeyed_ms, rekey_failed_ms;
	bool quiet;			/* what happens now is our clearing up */
};

struct inbound {			/* an inbound SA: whose child answers to an SPI */
	uint32_t spi;
	unsigned child;
};

struct end {
	struct run *run;
	unsigned side;
	struct plan *plan;		/* as it runs: a copy */
	struct ike_env env;
	struct dry_observer observer;
	struct dataplane *dataplane;
	struct diag diag;
	struct ike *ike;
	struct secrets assumed;
	struct child_track *children;
	struct peer_track *peers;
	struct map child_by_name;	/* -> struct child_track */
	struct map sent;		/* messages by their heads -> struct sent_text */
	VEC(struct inbound) inbound;
};

struct run {
	struct arena *arena;
	const struct sim_side *sides;
	const struct sim_options *options;
	struct sim_result *result;
	struct network network;
	struct map by_spi;		/* of IKE SAs -> struct spi_peers: who talks there */
	struct wire_message *message;	/* of a datagram: too big for the stack */
	struct end ends[2];
	uint64_t now, random;
	bool changed;			/* since somebody last looked */
	bool closing;
};

/* ends.c: an engine with its plan, its keys and its data plane. 0 or -errno. */
int end_open(struct run *run, unsigned side);
void end_close(struct end *end);

const char *run_selectors(struct arena *a, const struct traffic_selector *v, size_t n);

void run_compare(struct run *run, struct sim_conn *c);		/* simulate.c: sets c->disputes */

/* verdict.c: of a conn that both sides have, what is known at one of them. */
struct child_track *run_child(struct run *run, const struct sim_conn *c, unsigned side);
struct peer_track *run_peer(struct run *run, const struct sim_conn *c, unsigned side);
void verdict_note_failure(struct run *run, struct sim_conn *c);	/* it has failed just now */
void verdict_established(struct run *run);		/* all are up that come up: notes what was agreed on */
bool verdict_all_rekeyed(struct run *run);		/* or failed in it, or are not to be */
uint64_t verdict_longest_lifetime(const struct run *run);	/* ms, of the SAs that stand */
void verdict_end(struct run *run);

#endif

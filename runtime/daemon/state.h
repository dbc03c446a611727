/* SPDX-License-Identifier: Apache-2.0 */
/* state.h -- the running daemon, among the files of this folder. */
#ifndef RUNTIME_DAEMON_STATE_H
#define RUNTIME_DAEMON_STATE_H

#include "runtime/control/control.h"
#include "runtime/daemon/log.h"
#include "runtime/dataplane/dataplane.h"
#include "runtime/ike/ike.h"
#include "runtime/net/net.h"

struct daemon {
	const struct daemon_options *options;
	struct log log;
	struct net *net;
	struct dataplane *dataplane;
	const struct dataplane_ops *dataplane_ops;
	struct ike_env env;
	struct ike *ike;
	struct control *control;
	int signals;			/* signalfd */
	uint64_t started_ms;
	bool ready, stopping;
	uint64_t stop_by_ms, stop_token;	/* token 0: nobody waits */
};

#define DAEMON_LOG(d, level, rule, origin, ...)	log_write(&(d)->log, LOG_PLACE, level, rule, origin, __VA_ARGS__)

uint64_t daemon_now_ms(void);
void daemon_stop(struct daemon *d, uint64_t token);

/* commands.c: requests of the control socket. Tokens that the engine's `done` gets are the control's. */
void daemon_request(void *context, uint64_t token, const char *command, const json_t *request);
void daemon_done(void *context, uint64_t token, int status, const char *reason, const struct plan_origin *origin);
void daemon_changed(void *context, const struct plan_child *conn, const char *what, const char *reason);	/* told to who watches */

/* status.c: the document of contract section 7 with the members of I-382. */
json_t *daemon_status(struct daemon *d, const char *conn);
json_t *daemon_stats(struct daemon *d);

/* harden.c: what can be given up once everything is open (I-344, I-348). Failures are told, not fatal. */
void daemon_harden(struct daemon *d);

#endif

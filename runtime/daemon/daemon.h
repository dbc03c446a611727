/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.h -- the loop that joins plan, engine, sockets, data plane, control socket, clock and signals. Prints only to its log. */
#ifndef RUNTIME_DAEMON_H
#define RUNTIME_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/plan.h"
#include "runtime/auth/credentials.h"
#include "secrets/secrets.h"

enum daemon_log_to { DAEMON_LOG_SYSLOG, DAEMON_LOG_STDERR, DAEMON_LOG_FILE };

struct daemon_options {
	const struct plan *plan;
	const struct secrets *secrets;
	const struct credentials *credentials;	/* NULL: none */
	const char *control_path;
	const char *pid_file;		/* NULL: none */
	const char *dataplane;		/* "auto", "xfrm", "tun", "dry" */
	bool ipv4, ipv6;
	uint16_t ike_port, natt_port;
	enum daemon_log_to log_to;
	const char *log_file;
	unsigned debug;			/* -d: 0 information, 1 exchanges and decisions, 2 payloads, 3 bytes */
	bool payloads;			/* -v: payloads even without -dd */
	bool log_places;		/* -L */
	bool racoon_log;		/* one syslog priority for all */
	/* Called once when sockets are bound, policies stand and the control socket listens. */
	void (*ready)(void *context);
	void *ready_context;
};

/* Runs until SIGTERM, SIGINT or `stop`. 0 after an orderly end; -errno when it could not start, with the reason in the log. */
int daemon_run(const struct daemon_options *options);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* log.h -- where the daemon's messages go: syslog, a file, or standard error. */
#ifndef RUNTIME_DAEMON_LOG_H
#define RUNTIME_DAEMON_LOG_H

#include <stdio.h>

#include "runtime/daemon/daemon.h"
#include "runtime/ike/ike.h"

struct log {
	const struct daemon_options *options;
	FILE *file;			/* standard error, or the log file; NULL: syslog */
	bool starting;			/* errors also go to standard error, where the user still waits */
	uint64_t shown, suppressed;	/* in the current second (I-342) */
	uint64_t second;
};

int log_open(struct log *log, const struct daemon_options *options);	/* 0, or -errno of the log file, told on standard error */
void log_close(struct log *log);
void log_reopen(struct log *log);					/* SIGUSR1: after rotation */
/* `place` is "file.c:line:function" of the program, shown with -L. rule RULE_COUNT and origin NULL: none. */
void log_write(struct log *log, const char *place, enum ike_log_level level, enum rule_id rule, const struct plan_origin *origin,
	       const char *format, ...) __attribute__((format(printf, 6, 7)));

/* The bytes of a datagram, with -ddd: what everybody on the wire can see. */
void log_bytes(struct log *log, const char *what, const struct ip_addr *remote, uint16_t port, const uint8_t *p, size_t n);

/* The text of such a place, in a buffer that lives until the next one. */
const char *log_place(const char *file, int line, const char *function);
#define LOG_PLACE	log_place(__FILE__, __LINE__, __func__)

#endif

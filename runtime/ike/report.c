/* SPDX-License-Identifier: Apache-2.0 */
/* report.c -- what the engine says: log lines with rule, origin and the program's own place, and the reason that a user gets for
 * a failure. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/ike/internal.h"

static void log_text(struct ike *ike, const char *file, int line, const char *function, enum ike_log_level level, enum rule_id rule,
		     const struct plan_origin *origin, const char *text)
{
	char place[160];

	if (!ike->env->log)
		return;
	snprintf(place, sizeof(place), "%s:%d:%s", file, line, function);
	ike->env->log(ike->env->context, place, level, rule, origin, text);
}

void log_at(struct ike *ike, const char *file, int line, const char *function, enum ike_log_level level, enum rule_id rule,
	    const struct plan_origin *origin, const char *format, ...)
{
	char text[2 * IKE_REASON_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_text(ike, file, line, function, level, rule, origin, text);
}

bool log_allowed(struct ike *ike)
{
	if (ike->log_second != ike->now / 1000) {
		if (ike->log_lost)
			LOG(ike, IKE_LOG_WARNING, RULE_IKE_LIMIT, NULL, "%u more lines about messages from the net were left out",
			    ike->log_lost);
		ike->log_second = ike->now / 1000;
		ike->log_count = ike->log_lost = 0;
	}
	if (ike->log_count++ < LIMIT_LOG_RATE)
		return true;
	ike->log_lost++;
	return false;
}

const char *sa_name(const struct ike_sa *sa)
{
	char remote[IP_ADDR_TEXT];

	return arena_printf(&sa->ike->scratch, "conn '%s', peer %s", sa->peer->plan->conn, ip_addr_format(&sa->remote, remote));
}

void sa_trouble(struct ike_sa *sa, const char *file, int line, const char *function, enum ike_log_level level, enum rule_id rule,
		int status, const struct plan_origin *origin, const char *format, ...)
{
	char text[2 * IKE_REASON_TEXT];
	int n = snprintf(text, sizeof(text), "%s: ", sa_name(sa));
	va_list args;

	va_start(args, format);
	vsnprintf(text + n, sizeof(text) - (size_t)n, format, args);
	va_end(args);
	if (strncmp(sa->last_error, text, sizeof(sa->last_error) - 1) == 0)
		return;			/* the same answer to a repeated request */
	snprintf(sa->last_error, sizeof(sa->last_error), "%.*s", (int)sizeof(sa->last_error) - 1, text);
	sa->last_status = status;
	sa->last_origin = origin;
	/* Whoever can finish IKE_SA_INIT can fail at IKE_AUTH as often as he likes (I-342). */
	if (sa->state != STATE_INIT_DONE || log_allowed(sa->ike))
		log_text(sa->ike, file, line, function, level, rule, origin, text);
}

const char *notify_text(struct ike *ike, uint16_t type)
{
	const char *name = wire_notify_name(type);

	return name ? name : arena_printf(&ike->scratch, "error %u", type);
}

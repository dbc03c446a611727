/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "runtime/daemon/log.h"

#define BYTES_PER_LINE	32u
#define LINES_PER_SECOND 500u	/* a flood of packets must not become a flood of lines (I-342) */

static const int priorities[] = {
	[IKE_LOG_ERROR] = LOG_ERR, [IKE_LOG_WARNING] = LOG_WARNING, [IKE_LOG_INFO] = LOG_INFO, [IKE_LOG_DEBUG] = LOG_DEBUG,
	[IKE_LOG_DUMP] = LOG_DEBUG,
};
static const char *const words[] = {
	[IKE_LOG_ERROR] = "error: ", [IKE_LOG_WARNING] = "warning: ", [IKE_LOG_INFO] = "",
	[IKE_LOG_DEBUG] = "debug: ", [IKE_LOG_DUMP] = "debug: ",
};

const char *log_place(const char *file, int line, const char *function)
{
	static char text[160];

	snprintf(text, sizeof(text), "%.80s:%d:%.60s", file, line, function);
	return text;
}

static int open_file(struct log *log)
{
	int fd = open(log->options->log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	log->file = fdopen(fd, "a");
	if (!log->file) {
		close(fd);
		return -ENOMEM;
	}
	return 0;
}

int log_open(struct log *log, const struct daemon_options *options)
{
	int error = 0;

	*log = (struct log){ .options = options, .starting = options->log_to != DAEMON_LOG_STDERR };
	if (options->log_to == DAEMON_LOG_STDERR)
		log->file = stderr;
	else if (options->log_to == DAEMON_LOG_FILE)
		error = open_file(log);
	else
		openlog("ipsec-run", LOG_PID, LOG_DAEMON);
	if (error)
		fprintf(stderr, "ipsec-run: cannot write the log '%s': %s\n", options->log_file, strerror(-error));
	return error;
}

void log_close(struct log *log)
{
	if (log->file && log->file != stderr)
		fclose(log->file);
	log->file = NULL;
	if (log->options && log->options->log_to == DAEMON_LOG_SYSLOG)
		closelog();
}

void log_reopen(struct log *log)
{
	FILE *old = log->file;

	if (log->options->log_to != DAEMON_LOG_FILE)
		return;
	if (open_file(log) == 0)
		fclose(old);
	else
		log->file = old;	/* better the rotated file than none */
}

static bool shown(const struct log *log, enum ike_log_level level)
{
	const struct daemon_options *o = log->options;

	if (level <= IKE_LOG_INFO)
		return true;
	return o->payloads || o->debug >= (level == IKE_LOG_DEBUG ? 1 : 2);
}

/* Errors are never suppressed. */
static bool too_many(struct log *log, enum ike_log_level level)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if ((uint64_t)now.tv_sec != log->second) {
		if (log->suppressed && log->file)
			fprintf(log->file, "%llu lines suppressed\n", (unsigned long long)log->suppressed);
		log->second = (uint64_t)now.tv_sec;
		log->shown = log->suppressed = 0;
	}
	if (level > IKE_LOG_ERROR && !log->options->debug && log->shown++ >= LINES_PER_SECOND) {
		log->suppressed++;
		return true;
	}
	return false;
}

/* Peers' words may hold anything: what could move a terminal's cursor or forge a line is shown as '?'. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			*text = '?';
}

static void print_time(FILE *out)
{
	struct timespec now;
	struct tm tm;
	char text[32];

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof(text), "%F %T", &tm);
	fprintf(out, "%s.%03ld ", text, now.tv_nsec / 1000000);
}

void log_write(struct log *log, const char *place, enum ike_log_level level, enum rule_id rule, const struct plan_origin *origin,
	       const char *format, ...)
{
	char text[1024], tail[400] = "";
	const char *id = rule < RULE_COUNT ? rule_table[rule].id : NULL;
	bool with_place = log->options->log_places && place;
	va_list args;

	if (!shown(log, level) || too_many(log, level))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	make_printable(text);
	if (origin && origin->file)
		snprintf(tail, sizeof(tail), "  (%.300s:%u%s%s)", origin->file, origin->line, id ? ", " : "", id ? id : "");
	else if (id)
		snprintf(tail, sizeof(tail), "  (%s)", id);
	if (log->file) {
		print_time(log->file);
		fprintf(log->file, "%s%s%s%s%s\n", with_place ? place : "", with_place ? ": " : "", words[level], text, tail);
		fflush(log->file);
	} else {
		syslog(log->options->racoon_log && level <= IKE_LOG_INFO ? LOG_INFO : priorities[level], "%s%s%s%s",
		       with_place ? place : "", with_place ? ": " : "", text, tail);
	}
	if (log->starting && level == IKE_LOG_ERROR)
		fprintf(stderr, "ipsec-run: %s%s\n", text, tail);
}

void log_bytes(struct log *log, const char *what, const struct ip_addr *remote, uint16_t port, const uint8_t *p, size_t n)
{
	char address[IP_ADDR_TEXT], hex[2 * BYTES_PER_LINE + 1];

	if (log->options->debug < 3)
		return;
	log_write(log, LOG_PLACE, IKE_LOG_DUMP, RULE_COUNT, NULL, "%s %s port %u, %zu bytes", what, ip_addr_format(remote, address),
		  port, n);
	for (size_t at = 0; at < n; at += BYTES_PER_LINE) {
		for (size_t i = 0; i < BYTES_PER_LINE && at + i < n; i++)
			snprintf(hex + 2 * i, 3, "%02x", p[at + i]);
		log_write(log, NULL, IKE_LOG_DUMP, RULE_COUNT, NULL, "%04zx  %s", at, hex);
	}
}

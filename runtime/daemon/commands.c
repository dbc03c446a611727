/* SPDX-License-Identifier: Apache-2.0 */
/* commands.c -- what the control socket can ask for (I-381). */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "runtime/daemon/state.h"

static const char *conn_of(const json_t *request)
{
	return json_string_value(json_object_get(request, "conn"));
}

/* The name of a peer, or of a child of one. */
static bool conn_known(const struct plan *plan, const char *conn)
{
	if (plan_peer_by_conn(plan, conn))
		return true;
	for (size_t i = 0; i < plan->children.n; i++)
		if (strcmp(plan->children.v[i].name, conn) == 0)
			return true;
	return false;
}

static bool need_conn(struct daemon *d, uint64_t token, const char *conn)
{
	char text[200];

	if (!conn) {
		control_fail(d->control, token, NULL, "the request names no 'conn'", NULL, 0);
		return false;
	}
	if (conn_known(d->options->plan, conn))
		return true;
	snprintf(text, sizeof(text), "the plan has no conn '%.120s'", conn);
	control_fail(d->control, token, rule_table[RULE_UNKNOWN_CONN_ASKED].id, text, NULL, 0);
	return false;
}

static void do_status(struct daemon *d, uint64_t token, const json_t *request)
{
	control_reply(d->control, token, daemon_status(d, conn_of(request)));
}

static void do_stats(struct daemon *d, uint64_t token, const json_t *request)
{
	(void)request;
	control_reply(d->control, token, daemon_stats(d));
}

static void do_initiate(struct daemon *d, uint64_t token, const json_t *request)
{
	if (need_conn(d, token, conn_of(request)))
		ike_up(d->ike, conn_of(request), token, daemon_now_ms());
}

static void do_terminate(struct daemon *d, uint64_t token, const json_t *request)
{
	if (need_conn(d, token, conn_of(request)))
		ike_down(d->ike, conn_of(request), token, daemon_now_ms());
}

static void do_rekey(struct daemon *d, uint64_t token, const json_t *request)
{
	if (need_conn(d, token, conn_of(request)))
		ike_rekey_child(d->ike, conn_of(request), token, daemon_now_ms());
}

static void do_rekey_ike(struct daemon *d, uint64_t token, const json_t *request)
{
	if (need_conn(d, token, conn_of(request)))
		ike_rekey_ike(d->ike, conn_of(request), token, daemon_now_ms());
}

static void do_stop(struct daemon *d, uint64_t token, const json_t *request)
{
	(void)request;
	if (d->stop_token)
		control_fail(d->control, token, NULL, "the daemon is stopping already", NULL, 0);
	else
		daemon_stop(d, token);
}

static void do_watch(struct daemon *d, uint64_t token, const json_t *request)
{
	(void)request;
	control_subscribe(d->control, token);
}

static void do_reload(struct daemon *d, uint64_t token, const json_t *request)
{
	(void)request;
	control_fail(d->control, token, NULL, "a running daemon cannot change its plan; stop it and start it with the new one",
		     NULL, 0);
}

static const struct {
	const char *name;
	void (*run)(struct daemon *d, uint64_t token, const json_t *request);
} commands[] = {
	{ "status", do_status }, { "stats", do_stats }, { "initiate", do_initiate }, { "terminate", do_terminate },
	{ "rekey", do_rekey }, { "rekey-ike", do_rekey_ike }, { "stop", do_stop }, { "watch", do_watch },
	{ "reload", do_reload },
};

void daemon_request(void *context, uint64_t token, const char *command, const json_t *request)
{
	struct daemon *d = context;
	char text[120];

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(commands[i].name, command) != 0)
			continue;
		commands[i].run(d, token, request);
		return;
	}
	snprintf(text, sizeof(text), "unknown command '%.60s'", command);
	control_fail(d->control, token, NULL, text, NULL, 0);
}

void daemon_changed(void *context, const struct plan_child *conn, const char *what, const char *reason)
{
	struct daemon *d = context;
	json_t *event;

	if (!d->control)
		return;
	event = json_pack("{s:I,s:s,s:s,s:s}", "time", (json_int_t)time(NULL), "conn", conn->name, "peer", conn->peer, "event", what);
	if (!event)
		return;
	if (reason) {
		json_t *text = json_string(reason);	/* NULL: not UTF-8, a peer's words may be anything */

		json_object_set_new(event, "reason", text ? text : json_string("the reason is not readable text; see the log"));
	}
	control_tell(d->control, event);
}

void daemon_done(void *context, uint64_t token, int status, const char *reason, const struct plan_origin *origin)
{
	struct daemon *d = context;

	if (!token || !d->control)
		return;
	if (!status)
		control_reply(d->control, token, NULL);
	else
		control_fail(d->control, token, NULL, reason ? reason : strerror(-status), origin ? origin->file : NULL,
			     origin ? origin->line : 0);
}

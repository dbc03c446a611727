/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <openssl/rand.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "runtime/daemon/state.h"

#define STOP_MS		4000u		/* how long peers may take to answer our DELETEs */
#define MAX_DP_FDS	4
#define MAX_FDS		(NET_MAX_FDS + MAX_DP_FDS + CONTROL_MAX_FDS + 1)

/* Goes on while the host sleeps: lifetimes that a peer counts do not stop either. */
uint64_t daemon_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- the engine's effects ----------------------------------------------------------------------------------------------------- */

static void on_random(void *context, void *p, size_t n)
{
	(void)context;
	/* I-352. There is no going on without: a guessable nonce or SPI is worse than no daemon. */
	if (RAND_bytes(p, (int)n) != 1)
		abort();
}

static void on_send(void *context, const struct ike_datagram *g)
{
	static const uint8_t keepalive = 0xff;
	struct daemon *d = context;
	struct net_packet packet = {
		.local = g->local, .remote = g->remote, .local_port = g->local_port, .remote_port = g->remote_port, .natt = g->natt,
		.data = g->data, .n = g->n,
	};
	char to[IP_ADDR_TEXT];
	int error;

	if (g->keepalive)
		error = net_send_raw(d->net, &(struct net_packet){ .local = g->local, .remote = g->remote, .remote_port = g->remote_port,
								   .data = &keepalive, .n = sizeof(keepalive) });
	else
		error = net_send_ike(d->net, &packet);
	if (!g->keepalive)
		log_bytes(&d->log, "sent to", &g->remote, g->remote_port, g->data, g->n);
	if (error)	/* I-008: counts as lost, the engine sends again */
		DAEMON_LOG(d, IKE_LOG_DEBUG, RULE_COUNT, NULL, "cannot send to %s port %u: %s", ip_addr_format(&g->remote, to),
			   g->remote_port, strerror(-error));
}

static void on_log(void *context, const char *place, enum ike_log_level level, enum rule_id rule, const struct plan_origin *origin,
		   const char *text)
{
	log_write(&((struct daemon *)context)->log, place, level, rule, origin, "%s", text);
}

/* --- the data plane's and the sockets' events --------------------------------------------------------------------------------- */

static void on_event(void *context, const struct dp_event *event)
{
	struct daemon *d = context;

	if (d->ike)
		ike_dataplane_event(d->ike, event, daemon_now_ms());
}

static void on_warn(void *context, enum rule_id rule, const struct plan_origin *origin, const char *text)
{
	static const enum ike_log_level levels[] = {
		[SEVERITY_ERROR] = IKE_LOG_ERROR, [SEVERITY_WARNING] = IKE_LOG_WARNING, [SEVERITY_NOTE] = IKE_LOG_INFO,
	};
	struct daemon *d = context;
	enum severity severity = rule < RULE_COUNT ? rule_table[rule].severity : SEVERITY_NOTE;

	log_write(&d->log, LOG_PLACE, levels[severity], rule, origin, "%s", text);
}

static void on_send_esp(void *context, const struct dp_outer *outer, const void *data, size_t n)
{
	net_send_raw(((struct daemon *)context)->net,
		     &(struct net_packet){ .local = outer->src, .remote = outer->dst, .remote_port = outer->dst_port, .bare = !outer->encap,
					   .tos = outer->tos, .data = data, .n = n });
}

static void on_ike_packet(void *context, const struct net_packet *p)
{
	struct daemon *d = context;
	struct ike_datagram g = {
		.local = p->local, .remote = p->remote, .local_port = p->local_port, .remote_port = p->remote_port, .natt = p->natt,
		.data = p->data, .n = p->n,
	};

	log_bytes(&d->log, "received from", &p->remote, p->remote_port, p->data, p->n);
	ike_receive(d->ike, &g, daemon_now_ms());
}

static void on_esp_packet(void *context, const struct net_packet *p)
{
	struct daemon *d = context;

	struct dp_outer outer = { p->remote, p->local, !p->bare, p->remote_port, p->local_port, p->tos };

	if (d->dataplane_ops->receive_esp)
		d->dataplane_ops->receive_esp(d->dataplane, &outer, p->data, p->n, daemon_now_ms());
}

static void on_signals(struct daemon *d)
{
	struct signalfd_siginfo info;

	while (read(d->signals, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGTERM:
		case SIGINT:
			daemon_stop(d, 0);
			break;
		case SIGUSR1:
			log_reopen(&d->log);
			break;
		case SIGHUP:
			DAEMON_LOG(d, IKE_LOG_WARNING, RULE_COUNT, NULL,
				   "SIGHUP: a running daemon cannot change its plan; stop it and start it with the new one");
			break;
		}
	}
}

/* --- start -------------------------------------------------------------------------------------------------------------------- */

static int fail(struct daemon *d, int error, const char *what, const char *why)
{
	DAEMON_LOG(d, IKE_LOG_ERROR, RULE_COUNT, NULL, "%s%s%s", what, what[0] ? ": " : "", why ? why : strerror(-error));
	return error;
}

/* I-220: what was asked for; with "auto" the kernel where it takes ESP, else user space. */
static int choose_dataplane(struct daemon *d)
{
	static const struct dataplane_ops *const all[] = { &dataplane_xfrm, &dataplane_tun, &dataplane_dry };
	const char *wanted = d->options->dataplane;
	bool automatic = !wanted || strcmp(wanted, "auto") == 0;
	char reasons[600] = "";
	int error = -EINVAL;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		const char *why = "unknown reason";

		if (automatic ? all[i] == &dataplane_dry : strcmp(all[i]->name, wanted) != 0)
			continue;
		error = all[i]->probe(&why);
		if (!error) {
			d->dataplane_ops = all[i];
			if (reasons[0])
				DAEMON_LOG(d, IKE_LOG_INFO, RULE_COUNT, NULL, "data plane %s; not %s", all[i]->name, reasons);
			return 0;
		}
		snprintf(reasons + strlen(reasons), sizeof(reasons) - strlen(reasons), "%s%s: %s", reasons[0] ? "; " : "",
			 all[i]->name, why);
	}
	DAEMON_LOG(d, IKE_LOG_ERROR, RULE_DATAPLANE_UNAVAILABLE, NULL, "no data plane: %s",
		   reasons[0] ? reasons : "there is none of that name");
	return error;
}

static int open_net(struct daemon *d)
{
	struct net_options options = {
		.ipv4 = d->options->ipv4,
		.ipv6 = d->options->ipv6,
		.ike_port = d->options->ike_port,
		.natt_port = d->options->natt_port,
		.kernel_esp = d->dataplane_ops == &dataplane_xfrm,
		.bare_esp = d->dataplane_ops == &dataplane_tun,
	};
	char why[200];
	int error = net_open(&options, &d->net, why);

	if (!error && options.bare_esp && !net_has_bare_esp(d->net))
		DAEMON_LOG(d, IKE_LOG_INFO, RULE_COUNT, NULL, "no raw sockets for protocol 50: ESP goes in UDP only");
	return error ? fail(d, error, "", why) : 0;
}

static int open_dataplane(struct daemon *d)
{
	struct dp_callbacks callbacks = { .context = d, .event = on_event, .warn = on_warn, .send_esp = on_send_esp,
		.bare_esp = net_has_bare_esp(d->net) };
	const char *why = NULL;
	int error = d->dataplane_ops->open(d->options->plan, &callbacks, &d->dataplane, &why);

	if (error)
		return fail(d, error, "data plane", why);
	error = d->dataplane_ops->add_policies(d->dataplane, NULL, PLAN_WHEN_LOAD, &why);
	return error ? fail(d, error, "policies", why) : 0;
}

static int64_t on_wall_clock(void *context)
{
	(void)context;
	return time(NULL);
}

static int open_engine(struct daemon *d)
{
	struct arena arena;
	struct diag diag;
	int error;

	d->env = (struct ike_env){
		.context = d,
		.random = on_random,
		.send = on_send,
		.log = on_log,
		.done = daemon_done,
		.changed = daemon_changed,
		.secrets = d->options->secrets,
		.credentials = d->options->credentials,
		.wall_clock = on_wall_clock,
		.dataplane = d->dataplane,
		.force_encap = d->dataplane_ops->caps & DP_CAP_PREFERS_ENCAP,
		.bare_esp = d->dataplane_ops != &dataplane_tun || net_has_bare_esp(d->net),
		.ike_port = d->options->ike_port,
		.natt_port = d->options->natt_port,
	};
	arena_init(&arena);
	diag_init(&diag, &arena, (struct diag_source){ 0 });
	error = ike_new(d->options->plan, &d->env, &diag, &d->ike);
	for (size_t i = 0; i < diag.findings.n; i++)
		on_warn(d, diag.findings.v[i]->rule, NULL, diag.findings.v[i]->message);
	arena_release(&arena);
	if (error == -ENOTSUP && ike_runnable(d->ike)) {	/* one conn that cannot run must not take down the others */
		DAEMON_LOG(d, IKE_LOG_WARNING, RULE_COUNT, NULL, "%zu of %zu conns are left out", d->options->plan->children.n - ike_runnable(d->ike),
			   d->options->plan->children.n);
		error = 0;
	}
	return error ? fail(d, error, "the plan cannot be run", NULL) : 0;
}

static int open_control(struct daemon *d)
{
	struct control_callbacks callbacks = { .context = d, .request = daemon_request };
	char why[200];
	int error = d->options->control_path ? control_open(d->options->control_path, &callbacks, &d->control, why) : 0;

	return error ? fail(d, error, "", why) : 0;
}

/* The pid of the process that stays, which is not the one that was started. */
static int write_pid_file(struct daemon *d)
{
	FILE *out;

	if (!d->options->pid_file)
		return 0;
	out = fopen(d->options->pid_file, "we");
	if (!out || fprintf(out, "%d\n", (int)getpid()) < 0 || fclose(out))
		return fail(d, -errno, d->options->pid_file, NULL);
	return 0;
}

static int open_signals(struct daemon *d)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	d->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return d->signals < 0 ? fail(d, -errno, "signals", NULL) : 0;
}

static int open_all(struct daemon *d)
{
	int error = open_signals(d);

	if (!error)
		error = choose_dataplane(d);
	if (!error)
		error = open_net(d);	/* before policies: a busy port means another daemon's policies (I-009) */
	if (!error)
		error = open_control(d);
	if (!error)
		error = open_dataplane(d);
	if (!error)
		error = open_engine(d);
	return error ? error : write_pid_file(d);
}

/* --- loop --------------------------------------------------------------------------------------------------------------------- */

enum source { FROM_NET, FROM_DATAPLANE, FROM_CONTROL, FROM_SIGNALS };

static int collect(struct daemon *d, struct pollfd fds[MAX_FDS], enum source sources[MAX_FDS])
{
	int list[CONTROL_MAX_FDS], n = 0, count;
	short events[CONTROL_MAX_FDS];

	fds[n] = (struct pollfd){ .fd = d->signals, .events = POLLIN };
	sources[n++] = FROM_SIGNALS;
	count = net_fds(d->net, list);
	for (int i = 0; i < count; i++, n++) {
		fds[n] = (struct pollfd){ .fd = list[i], .events = POLLIN };
		sources[n] = FROM_NET;
	}
	count = d->dataplane_ops->fds(d->dataplane, list, MAX_DP_FDS);
	for (int i = 0; i < count; i++, n++) {
		fds[n] = (struct pollfd){ .fd = list[i], .events = POLLIN };
		sources[n] = FROM_DATAPLANE;
	}
	count = d->control ? control_fds(d->control, list, events) : 0;
	for (int i = 0; i < count; i++, n++) {
		fds[n] = (struct pollfd){ .fd = list[i], .events = events[i] };
		sources[n] = FROM_CONTROL;
	}
	return n;
}

static void dispatch(struct daemon *d, const struct pollfd *p, enum source source)
{
	static const struct net_callbacks callbacks = { .ike = on_ike_packet, .esp = on_esp_packet };
	struct net_callbacks ours = callbacks;

	ours.context = d;
	switch (source) {
	case FROM_NET:
		net_receive(d->net, p->fd, &ours);
		break;
	case FROM_DATAPLANE:
		d->dataplane_ops->process(d->dataplane, p->fd, daemon_now_ms());
		break;
	case FROM_CONTROL:
		control_ready(d->control, p->fd, p->revents);
		break;
	case FROM_SIGNALS:
		on_signals(d);
		break;
	}
}

/* poll(2)'s timeout: -1 for ever. One more than the difference, so that it never wakes a moment too early and turns. */
static int timeout_of(const struct daemon *d)
{
	uint64_t until = ike_deadline(d->ike), now = daemon_now_ms();

	if (d->stopping && d->stop_by_ms < until)
		until = d->stop_by_ms;
	if (until == UINT64_MAX)
		return -1;
	if (until <= now)
		return 0;
	return until - now > 60000 ? 60000 : (int)(until - now) + 1;
}

static bool finished(const struct daemon *d)
{
	return d->stopping && (ike_idle(d->ike) || daemon_now_ms() >= d->stop_by_ms);
}

static void run_loop(struct daemon *d)
{
	struct pollfd fds[MAX_FDS];
	enum source sources[MAX_FDS];

	while (!finished(d)) {
		int n = collect(d, fds, sources);
		int ready = poll(fds, (nfds_t)n, timeout_of(d));

		for (int i = 0; i < n && ready > 0; i++)
			if (fds[i].revents)
				dispatch(d, &fds[i], sources[i]);
		if (ike_deadline(d->ike) <= daemon_now_ms())
			ike_timer(d->ike, daemon_now_ms());
	}
}

void daemon_stop(struct daemon *d, uint64_t token)
{
	if (token)
		d->stop_token = token;
	if (d->stopping)
		return;
	DAEMON_LOG(d, IKE_LOG_INFO, RULE_COUNT, NULL, "stopping: telling the peers");
	d->stopping = true;
	d->stop_by_ms = daemon_now_ms() + STOP_MS;
	ike_stop(d->ike, daemon_now_ms());
}

static void close_all(struct daemon *d)
{
	if (d->ready && d->options->pid_file)
		unlink(d->options->pid_file);
	ike_free(d->ike);		/* takes its SAs back through the data plane */
	if (d->dataplane)
		d->dataplane_ops->close(d->dataplane);
	if (d->stop_token)		/* now it is true */
		control_reply(d->control, d->stop_token, NULL);
	control_close(d->control);
	net_close(d->net);
	if (d->signals >= 0)
		close(d->signals);
	log_close(&d->log);
}

int daemon_run(const struct daemon_options *options)
{
	struct daemon d = { .options = options, .signals = -1, .started_ms = daemon_now_ms() };
	int error = log_open(&d.log, options);

	if (error)
		return error;
	error = open_all(&d);
	if (!error) {
		daemon_harden(&d);
		DAEMON_LOG(&d, IKE_LOG_INFO, RULE_COUNT, NULL, "ready: %zu conn%s, data plane %s (%s)", options->plan->peers.n,
			   options->plan->peers.n == 1 ? "" : "s", d.dataplane_ops->name, d.dataplane_ops->summary);
		ike_start(d.ike, daemon_now_ms());
		d.log.starting = false;
		d.ready = true;
		if (options->ready)
			options->ready(options->ready_context);
		run_loop(&d);
		DAEMON_LOG(&d, IKE_LOG_INFO, RULE_COUNT, NULL, "stopped");
	}
	close_all(&d);
	return error;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket against good and bad clients (I-380, I-349), and the datagrams of the IKE sockets (I-001 ... I-006). */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "runtime/control/control.h"
#include "runtime/net/net.h"
#include "tests/unit/tap.h"

static char path[80];
static struct control *control;
static uint64_t held;		/* token of a request that waits */

static void answer(void *context, uint64_t token, const char *command, const json_t *request)
{
	(void)context;
	(void)request;
	if (strcmp(command, "status") == 0)
		control_reply(control, token, json_pack("{s:i}", "version", 1));
	else if (strcmp(command, "watch") == 0)
		control_subscribe(control, token);
	else if (strcmp(command, "tell") == 0) {
		control_tell(control, json_pack("{s:s}", "event", "up"));
		control_reply(control, token, NULL);
	} else if (strcmp(command, "hold") == 0)
		held = token;
	else if (strcmp(command, "release") == 0) {
		control_fail(control, held, "IC9301", "given up", "hq.conf", 12);
		control_reply(control, token, NULL);
	} else {
		control_fail(control, token, NULL, "unknown command", NULL, 0);
	}
}

static void open_server(void)
{
	struct control_callbacks callbacks = { .request = answer };
	char why[200];

	snprintf(path, sizeof(path), "/tmp/ipsecc-test-%d.sock", (int)getpid());
	ck_assert_int_eq(control_open(path, &callbacks, &control, why), 0);
}

/* Serves for as long as the child lives; its exit status. */
static int serve(pid_t child)
{
	int fds[CONTROL_MAX_FDS], status;
	short events[CONTROL_MAX_FDS];
	struct pollfd p[CONTROL_MAX_FDS];

	while (waitpid(child, &status, WNOHANG) == 0) {
		int n = control_fds(control, fds, events);

		for (int i = 0; i < n; i++)
			p[i] = (struct pollfd){ .fd = fds[i], .events = events[i] };
		poll(p, (nfds_t)n, 20);
		for (int i = 0; i < n; i++)
			if (p[i].revents)
				control_ready(control, p[i].fd, p[i].revents);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int connect_raw(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(sa.sun_path, path);
	return connect(fd, (struct sockaddr *)&sa, sizeof(sa)) ? -1 : fd;
}

/* Sends text and reads what comes until `lines` lines are there, or the server closes. */
static size_t talk_bytes(const char *text, size_t n, unsigned lines, char *out, size_t room)
{
	int fd = connect_raw();
	size_t got = 0;
	unsigned seen = 0;

	for (size_t sent = 0; sent < n; ) {
		ssize_t r = send(fd, text + sent, n - sent, MSG_NOSIGNAL);

		if (r <= 0)
			break;
		sent += (size_t)r;
	}
	while (seen < lines && got + 1 < room) {
		ssize_t r = recv(fd, out + got, 1, 0);

		if (r <= 0)
			break;
		seen += out[got] == '\n';
		got++;
	}
	out[got] = '\0';
	close(fd);
	return got;
}

static size_t talk(const char *text, unsigned lines, char *out, size_t room)
{
	return talk_bytes(text, strlen(text), lines, out, room);
}

static int client_requests(void)
{
	char out[4096];
	json_t *request = json_pack("{s:s,s:i}", "command", "status", "id", 7), *reply = NULL;

	if (control_call(path, request, 2000, &reply) || json_integer_value(json_object_get(reply, "id")) != 7 ||
	    !json_is_true(json_object_get(reply, "ok")) || json_integer_value(json_object_get(reply, "version")) != 1)
		return 1;
	/* Two requests on one connection: the second releases the first, whose answer carries its own id, rule and place. */
	talk("{\"id\":1,\"command\":\"hold\"}\n{\"id\":2,\"command\":\"release\"}\n", 2, out, sizeof(out));
	if (strcmp(out, "{\"error\":{\"message\":\"given up\",\"rule\":\"IC9301\",\"file\":\"hq.conf\",\"line\":12},"
			"\"id\":1,\"done\":true,\"ok\":false}\n"
			"{\"id\":2,\"done\":true,\"ok\":true}\n") != 0)
		return 2;
	/* A subscriber gets each event with the id of its request, and the connection stays open for others (I-381). */
	talk("{\"id\":3,\"command\":\"watch\"}\n{\"id\":4,\"command\":\"tell\"}\n", 2, out, sizeof(out));
	if (strcmp(out, "{\"event\":\"up\",\"id\":3}\n{\"id\":4,\"done\":true,\"ok\":true}\n") != 0)
		return 4;
	talk("nonsense\n", 1, out, sizeof(out));
	if (!strstr(out, "\"id\":null") || !strstr(out, "a request is one JSON object with a 'command'"))
		return 3;
	return 0;
}

START_TEST(requests)
{
	pid_t child;
	struct stat st;

	open_server();
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);	/* I-349 */
	child = fork();
	if (child == 0)
		_exit(client_requests());
	ck_assert_int_eq(serve(child), 0);
	control_close(control);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

/* A line without end, a line of nothing but brackets, a client that leaves while its answer is pending. */
static int client_hostile(void)
{
	char *line = malloc(LIMIT_CONTROL_LINE * 2), out[400];
	int fd = connect_raw();

	memset(line, '[', LIMIT_CONTROL_LINE * 2);
	if (talk_bytes(line, LIMIT_CONTROL_LINE * 2, 1, out, sizeof(out)) != 0)
		return 1;
	line[LIMIT_CONTROL_LINE / 2] = '\n';
	talk_bytes(line, LIMIT_CONTROL_LINE / 2 + 1, 1, out, sizeof(out));
	if (!strstr(out, "a request is one JSON object"))
		return 2;
	free(line);
	if (send(fd, "{\"command\":\"hold\"}\n", 19, 0) != 19)
		return 3;
	close(fd);
	talk("{\"command\":\"release\",\"id\":3}\n", 1, out, sizeof(out));
	return strcmp(out, "{\"id\":3,\"done\":true,\"ok\":true}\n") == 0 ? 0 : 4;
}

START_TEST(hostile_clients)
{
	pid_t child;

	open_server();
	child = fork();
	if (child == 0)
		_exit(client_hostile());
	ck_assert_int_eq(serve(child), 0);
	control_close(control);
}
END_TEST

/* Who subscribes as often as it may and reads nothing costs 4 MiB at most, and then nothing. */
static int client_deaf(void)
{
	struct timeval patience = { .tv_sec = 2 };
	char out[400];
	int fd = connect_raw();
	size_t got = 0;
	ssize_t n;

	for (unsigned i = 0; i < 60; i++)
		if (send(fd, "{\"command\":\"watch\"}\n", 20, 0) != 20)
			return 1;
	for (unsigned i = 0; i < 4000; i++)		/* 60 lines each, more than 4 MiB in all */
		if (!talk("{\"command\":\"tell\"}\n", 1, out, sizeof(out)))
			return 2;
	/* What the kernel held comes, then the end; what we held is gone. */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	while ((n = recv(fd, out, sizeof(out), 0)) > 0)
		got += (size_t)n;
	return n == 0 && got < 1024 * 1024 ? 0 : 3;
}

START_TEST(deaf_subscriber)
{
	pid_t child;

	open_server();
	child = fork();
	if (child == 0)
		_exit(client_deaf());
	ck_assert_int_eq(serve(child), 0);
	control_close(control);
}
END_TEST

START_TEST(one_daemon_per_socket)
{
	struct control_callbacks callbacks = { .request = answer };
	struct control *second;
	char why[200];

	open_server();
	ck_assert_int_eq(control_open(path, &callbacks, &second, why), -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(why, "a daemon answers there already"));
	ck_assert_int_eq(access(path, F_OK), 0);
	control_close(control);
}
END_TEST

/* --- datagrams ---------------------------------------------------------------------------------------------------------------- */

static struct buf got;

static void got_ike(void *context, const struct net_packet *p)
{
	(void)context;
	buf_printf(&got, "ike %zu %s%02x; ", p->n, p->natt ? "natt " : "", p->n ? p->data[0] : 0);
}

static void got_esp(void *context, const struct net_packet *p)
{
	(void)context;
	buf_printf(&got, "esp %zu %02x tos %02x; ", p->n, p->data[0], p->tos);
}

static int send_raw(struct net *net, const struct ip_addr *to, uint16_t port, const uint8_t *data, size_t n)
{
	return net_send_raw(net, &(struct net_packet){ .local = *to, .remote = *to, .remote_port = port, .tos = 0xb9, .data = data, .n = n });
}

static void receive_all(struct net *net)
{
	static const struct net_callbacks callbacks = { .ike = got_ike, .esp = got_esp };
	int fds[NET_MAX_FDS], n = net_fds(net, fds);

	usleep(20000);
	for (int i = 0; i < n; i++)
		net_receive(net, fds[i], &callbacks);
}

START_TEST(datagrams)
{
	uint16_t base = (uint16_t)(20000 + getpid() % 20000);
	struct net_options left = { .ipv4 = true, .ike_port = base, .natt_port = (uint16_t)(base + 1) };
	struct net_options right = { .ipv4 = true, .ike_port = (uint16_t)(base + 2), .natt_port = (uint16_t)(base + 3) };
	struct ip_addr loopback = { AF_INET, { 127, 0, 0, 1 } };
	static const uint8_t message[] = { 0x42, 1, 2 }, esp[] = { 0, 0, 1, 1, 9 }, keepalive[] = { 0xff }, shorter[] = { 1, 2 };
	struct net_packet p = { .local = loopback, .remote = loopback, .data = message, .n = sizeof(message) };
	struct net *a, *b, *c;
	char why[200];

	ck_assert_int_eq(net_open(&left, &a, why), 0);
	ck_assert_int_eq(net_open(&right, &b, why), 0);
	ck_assert_int_eq(net_open(&left, &c, why), -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(why, "UDP port"));
	p.remote_port = right.ike_port;
	ck_assert_int_eq(net_send_ike(a, &p), 0);
	receive_all(b);
	p.remote_port = right.natt_port;
	p.natt = true;
	ck_assert_int_eq(net_send_ike(a, &p), 0);
	ck_assert_int_eq(send_raw(a, &loopback, right.natt_port, esp, sizeof(esp)), 0);
	ck_assert_int_eq(send_raw(a, &loopback, right.natt_port, keepalive, sizeof(keepalive)), 0);
	ck_assert_int_eq(send_raw(a, &loopback, right.natt_port, shorter, sizeof(shorter)), 0);
	receive_all(b);
	ck_assert_str_eq(got.p, "ike 3 42; ike 3 natt 42; esp 5 00 tos b9; ");
	ck_assert_uint_eq(net_counters(b)->keepalives, 1);
	ck_assert_uint_eq(net_counters(b)->too_short, 1);
	buf_release(&got);
	net_close(a);
	net_close(b);
}
END_TEST

TAP_MAIN("control", requests, hostile_clients, deaf_subscriber, one_daemon_per_socket, datagrams)

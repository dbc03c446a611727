/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "runtime/control/control.h"

#define MAX_PENDING		64u		/* unanswered requests of one client */
#define MAX_UNREAD_BYTES	(4u * 1024 * 1024)	/* answers a client does not fetch; then it is dropped */

struct pending {
	uint64_t token;
	json_t *id;
	bool subscribed;
	struct pending *next;
};

struct client {
	int fd;				/* -1: free */
	struct buf in, out;
	size_t sent;			/* of out */
	struct pending *pending;
	unsigned pending_count;
};

struct control {
	int fd;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct control_callbacks callbacks;
	struct client clients[CONTROL_MAX_CLIENTS];
	uint64_t next_token;
};

static int set_path(struct sockaddr_un *sa, const char *path)
{
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (!*path || strlen(path) >= sizeof(sa->sun_path))
		return -ENAMETOOLONG;
	strcpy(sa->sun_path, path);
	return 0;
}

static int connect_to(const char *path, int *ret_fd)
{
	struct sockaddr_un sa;
	int error = set_path(&sa, path), fd;

	if (error)
		return error;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		error = -errno;
		close(fd);
		return error;
	}
	*ret_fd = fd;
	return 0;
}

/* --- server ------------------------------------------------------------------------------------------------------------------- */

/* A socket file that nobody answers on is a dead daemon's, and nothing else is ever removed. */
static int remove_stale(const char *path)
{
	struct stat st;
	int fd, error;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	error = connect_to(path, &fd);
	if (!error) {
		close(fd);
		return -EADDRINUSE;
	}
	if (error != -ECONNREFUSED)
		return error;
	return unlink(path) ? -errno : 0;
}

static int listen_at(struct control *control, const char *path)
{
	struct sockaddr_un sa;
	int error = set_path(&sa, path);
	mode_t mask;

	if (!error)
		error = remove_stale(path);
	if (error)
		return error;
	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->fd < 0)
		return -errno;
	mask = umask(0177);	/* mode 0600 from the first moment (I-349) */
	if (bind(control->fd, (struct sockaddr *)&sa, sizeof(sa)))
		error = -errno;
	umask(mask);
	if (!error) {
		strcpy(control->path, path);
		if (listen(control->fd, CONTROL_MAX_CLIENTS))
			error = -errno;
	}
	return error;
}

int control_open(const char *path, const struct control_callbacks *callbacks, struct control **ret, char why[200])
{
	struct control *control = calloc(1, sizeof(*control));
	int error = -ENOMEM;

	if (control) {
		control->fd = -1;
		control->callbacks = *callbacks;
		for (int i = 0; i < CONTROL_MAX_CLIENTS; i++)
			control->clients[i].fd = -1;
		error = listen_at(control, path);
	}
	if (error) {
		snprintf(why, 200, "cannot listen at '%.120s': %s", path,
			 error == -EADDRINUSE ? "a daemon answers there already"
			 : error == -EEXIST   ? "it exists and is no socket"
					      : strerror(-error));
		control_close(control);
		return error;
	}
	*ret = control;
	return 0;
}

static void drop_pending(struct client *c, struct pending **at)
{
	struct pending *p = *at;

	*at = p->next;
	json_decref(p->id);
	free(p);
	c->pending_count--;
}

static void drop_client(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	while (c->pending)
		drop_pending(c, &c->pending);
	buf_release(&c->in);
	buf_release(&c->out);
	*c = (struct client){ .fd = -1 };
}

void control_close(struct control *control)
{
	if (!control)
		return;
	for (int i = 0; i < CONTROL_MAX_CLIENTS; i++)
		drop_client(&control->clients[i]);
	if (control->fd >= 0)
		close(control->fd);
	if (control->path[0])
		unlink(control->path);
	free(control);
}

int control_fds(struct control *control, int fds[CONTROL_MAX_FDS], short events[CONTROL_MAX_FDS])
{
	int n = 0;

	fds[n] = control->fd;
	events[n++] = POLLIN;
	for (int i = 0; i < CONTROL_MAX_CLIENTS; i++) {
		struct client *c = &control->clients[i];

		if (c->fd < 0)
			continue;
		fds[n] = c->fd;
		events[n++] = (short)(POLLIN | (c->sent < c->out.n ? POLLOUT : 0));
	}
	return n;
}

static bool may_talk(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == 0 || peer.uid == geteuid());
}

static void accept_client(struct control *control)
{
	int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	for (int i = 0; i < CONTROL_MAX_CLIENTS && may_talk(fd); i++) {
		if (control->clients[i].fd >= 0)
			continue;
		control->clients[i].fd = fd;
		return;
	}
	close(fd);
}

static void flush_client(struct client *c)
{
	while (c->sent < c->out.n) {
		ssize_t n = send(c->fd, c->out.p + c->sent, c->out.n - c->sent, MSG_NOSIGNAL);

		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				drop_client(c);
			return;
		}
		c->sent += (size_t)n;
	}
	buf_clear(&c->out);
	c->sent = 0;
}

static void send_answer(struct client *c, json_t *answer)
{
	char *text = json_dumps(answer, JSON_COMPACT);

	json_decref(answer);
	if (text) {
		buf_add_str(&c->out, text);
		buf_add_char(&c->out, '\n');
	}
	free(text);
	if (!text || buf_failed(&c->out) || c->out.n > MAX_UNREAD_BYTES)
		drop_client(c);
	else
		flush_client(c);
}

static struct pending **find_pending(struct control *control, uint64_t token, struct client **ret_client)
{
	for (int i = 0; i < CONTROL_MAX_CLIENTS; i++) {
		struct client *c = &control->clients[i];

		for (struct pending **at = &c->pending; *at; at = &(*at)->next) {
			if ((*at)->token == token) {
				*ret_client = c;
				return at;
			}
		}
	}
	return NULL;
}

static void finish(struct control *control, uint64_t token, json_t *body, bool ok)
{
	struct client *c;
	struct pending **at = find_pending(control, token, &c);

	if (!at) {
		json_decref(body);
		return;
	}
	json_object_set(body, "id", (*at)->id);
	json_object_set_new(body, "done", json_true());
	json_object_set_new(body, "ok", json_boolean(ok));
	drop_pending(c, at);
	send_answer(c, body);
}

void control_reply(struct control *control, uint64_t token, json_t *body)
{
	finish(control, token, body ? body : json_object(), true);
}

static json_t *error_object(const char *rule, const char *message, const char *file, unsigned line)
{
	json_t *e = json_pack("{s:s}", "message", message);

	if (!e)			/* not UTF-8: a peer's words may be anything */
		e = json_pack("{s:s}", "message", "the reason is not readable text; see the log");
	if (rule)
		json_object_set_new(e, "rule", json_string(rule));
	if (file) {
		json_object_set_new(e, "file", json_string(file));
		json_object_set_new(e, "line", json_integer(line));
	}
	return json_pack("{s:o}", "error", e);
}

void control_fail(struct control *control, uint64_t token, const char *rule, const char *message, const char *file, unsigned line)
{
	finish(control, token, error_object(rule, message, file, line), false);
}

void control_subscribe(struct control *control, uint64_t token)
{
	struct client *c;
	struct pending **at = find_pending(control, token, &c);

	if (at)
		(*at)->subscribed = true;
}

void control_tell(struct control *control, json_t *body)
{
	for (int i = 0; i < CONTROL_MAX_CLIENTS; i++) {
		struct client *c = &control->clients[i];

		/* Sending may drop the client, and its requests with it. */
		for (struct pending *p = c->pending, *next; p; p = c->fd < 0 ? NULL : next) {
			json_t *line;

			next = p->next;
			if (!p->subscribed)
				continue;
			line = json_copy(body);
			json_object_set(line, "id", p->id);
			send_answer(c, line);
		}
	}
	json_decref(body);
}

/* An answer to what is no request at all has no id. */
static void refuse_line(struct client *c, const char *message)
{
	json_t *answer = error_object(NULL, message, NULL, 0);

	json_object_set_new(answer, "id", json_null());
	json_object_set_new(answer, "done", json_true());
	json_object_set_new(answer, "ok", json_false());
	send_answer(c, answer);
}

static void take_line(struct control *control, struct client *c, const char *line, size_t n)
{
	json_t *request = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	const char *command = json_string_value(json_object_get(request, "command"));
	json_t *id = json_object_get(request, "id");
	struct pending *p;

	if (!command) {
		refuse_line(c, "a request is one JSON object with a 'command'");
	} else if (c->pending_count >= MAX_PENDING) {
		refuse_line(c, "too many unanswered requests");
	} else {
		p = calloc(1, sizeof(*p));
		if (p) {
			p->token = ++control->next_token;
			p->id = id ? json_incref(id) : json_null();
			p->next = c->pending;
			c->pending = p;
			c->pending_count++;
			control->callbacks.request(control->callbacks.context, p->token, command, request);
		} else {
			refuse_line(c, "out of memory");
		}
	}
	json_decref(request);
}

static void take_lines(struct control *control, struct client *c)
{
	size_t from = 0;

	while (c->fd >= 0 && from < c->in.n) {
		char *end = memchr(c->in.p + from, '\n', c->in.n - from);

		if (!end)
			break;
		take_line(control, c, c->in.p + from, (size_t)(end - c->in.p) - from);
		if (c->fd >= 0)		/* else it was dropped, and the buffer with it */
			from = (size_t)(end - c->in.p) + 1;
	}
	if (c->fd < 0)
		return;
	if (from) {
		memmove(c->in.p, c->in.p + from, c->in.n - from);
		c->in.n -= from;
	}
	if (c->in.n >= LIMIT_CONTROL_LINE)
		drop_client(c);
}

static void read_client(struct control *control, struct client *c)
{
	char chunk[4096];
	ssize_t n = recv(c->fd, chunk, sizeof(chunk), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop_client(c);
		return;
	}
	buf_add(&c->in, chunk, (size_t)n);
	if (buf_failed(&c->in))
		drop_client(c);
	else
		take_lines(control, c);
}

void control_ready(struct control *control, int fd, short revents)
{
	if (fd == control->fd) {
		accept_client(control);
		return;
	}
	for (int i = 0; i < CONTROL_MAX_CLIENTS; i++) {
		struct client *c = &control->clients[i];

		if (c->fd != fd)
			continue;
		if (revents & POLLOUT)
			flush_client(c);
		if (c->fd >= 0 && revents & (POLLIN | POLLHUP | POLLERR))
			read_client(control, c);
		return;
	}
}

/* --- client ------------------------------------------------------------------------------------------------------------------- */

static int send_request(int fd, json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	int error = 0;

	if (!text)
		return -ENOMEM;
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0 || send(fd, "\n", 1, MSG_NOSIGNAL) < 0)
		error = -errno;
	free(text);
	return error;
}

/* Reads lines until the one with "done": true; each NULL: the others are dropped. */
static int read_answer(FILE *in, void (*each)(void *context, const json_t *answer), void *context, json_t **ret_answer)
{
	char *line = NULL;
	size_t size = 0;
	int error = -EPROTO;
	ssize_t n;

	while ((n = getline(&line, &size, in)) > 0) {
		json_t *answer = json_loadb(line, (size_t)n, 0, NULL);

		if (!json_is_object(answer)) {
			json_decref(answer);
			break;
		}
		if (json_is_true(json_object_get(answer, "done"))) {
			*ret_answer = answer;
			error = 0;
			break;
		}
		if (each)
			each(context, answer);
		json_decref(answer);
	}
	if (error && ferror(in) && (errno == EAGAIN || errno == EWOULDBLOCK))
		error = -ETIMEDOUT;
	free(line);
	return error;
}

static int call(const char *path, json_t *request, unsigned timeout_ms, void (*each)(void *context, const json_t *answer), void *context,
		json_t **ret_answer)
{
	struct timeval timeout = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 };
	int fd, error = connect_to(path, &fd);
	FILE *in;

	if (error)
		return error;
	if (timeout_ms)
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	error = send_request(fd, request);
	in = error ? NULL : fdopen(fd, "r");
	if (!in) {
		close(fd);
		return error ? error : -ENOMEM;
	}
	error = read_answer(in, each, context, ret_answer);
	fclose(in);
	return error;
}

int control_call(const char *path, json_t *request, unsigned timeout_ms, json_t **ret_answer)
{
	return call(path, request, timeout_ms, NULL, NULL, ret_answer);
}

int control_watch(const char *path, json_t *request, void (*each)(void *context, const json_t *answer), void *context, json_t **ret_answer)
{
	return call(path, request, 0, each, context, ret_answer);
}

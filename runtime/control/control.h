/* SPDX-License-Identifier: Apache-2.0 */
/* control.h -- the local socket: one JSON object per line in both directions (I-380 ... I-383, I-349).
 *
 * A request is {"id": N, "command": "...", ...}; each answer carries the id, the last one has "done": true and "ok". Requests are
 * handed to the daemon, which answers at once or later, by the token. Only root and our own user are served (SO_PEERCRED).
 */
#ifndef RUNTIME_CONTROL_H
#define RUNTIME_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct control;

struct control_callbacks {
	void *context;
	/* `request` is borrowed. Answer with control_reply(), now or later; an answer to a client that has left is dropped. */
	void (*request)(void *context, uint64_t token, const char *command, const json_t *request);
};

#define CONTROL_MAX_CLIENTS	32
#define CONTROL_MAX_FDS		(CONTROL_MAX_CLIENTS + 1)

/* Listens at `path` with mode 0600; a socket that a dead daemon left is replaced, a living one is -EADDRINUSE. why: a sentence. */
int control_open(const char *path, const struct control_callbacks *callbacks, struct control **ret, char why[200]);
void control_close(struct control *control);			/* removes the socket */
/* Descriptors to watch, with the poll(2) events wanted; call before each wait. */
int control_fds(struct control *control, int fds[CONTROL_MAX_FDS], short events[CONTROL_MAX_FDS]);
void control_ready(struct control *control, int fd, short revents);

/* Takes the reference to `body` (an object; NULL: empty) and sends it with id, "done": true and "ok": true. */
void control_reply(struct control *control, uint64_t token, json_t *body);
/* The failure of a request: "ok": false and "error": {"rule", "message", "file", "line"}; rule and file may be NULL. */
void control_fail(struct control *control, uint64_t token, const char *rule, const char *message, const char *file, unsigned line);

/* The request of `token` stays open: it gets what control_tell() says until its client leaves, which it also must when it does not read. */
void control_subscribe(struct control *control, uint64_t token);
/* Takes the reference to `body`, an object, and sends it to all subscribers, each with the id of its request. */
void control_tell(struct control *control, json_t *body);

/* The other side, for ipsec-run's commands: sends one request, waits for its last answer. 0 with the object (new reference);
 * -ECONNREFUSED, -ENOENT and others: no daemon; -EPROTO: not our daemon. timeout_ms 0: for ever. */
int control_call(const char *path, json_t *request, unsigned timeout_ms, json_t **ret_answer);
/* The same without a timeout, for a request with more than one answer: those before the last are lent to `each`. */
int control_watch(const char *path, json_t *request, void (*each)(void *context, const json_t *answer), void *context, json_t **ret_answer);

#endif

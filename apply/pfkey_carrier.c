/* SPDX-License-Identifier: Apache-2.0 */
/* pfkey_carrier.c -- policies over a PF_KEY socket (RFC 2367 section 3, with KAME's SPD messages as Linux af_key answers them).
 *
 * Answers go to every socket, so they are told by type, sequence number and process; one request is under way at a time, since a socket
 * that does not read loses them in silence. A dump shows neither mark nor interface ID: whether the policy that was seen in a slot is the one
 * that was replaced shows in its number, which it hands down. */
#include <errno.h>
#include <netinet/in.h>
#include <linux/ipsec.h>
#include <linux/pfkeyv2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "apply/change.h"
#include "backends/pfkey/pfkey_msg.h"

#define UNIT		8	/* lengths count these */
#define MESSAGE_BYTES	4096	/* no policy's message is larger: six requests at most */
#define ANSWER_SECONDS	5

struct pfkey_link {
	int fd;
	uint32_t seq;
	_Alignas(8) char message[MESSAGE_BYTES];
	size_t n;
};

static int explain(struct change *c, const char *what, int error)
{
	snprintf(c->why, sizeof(c->why), "%s: %s", what, strerror(-error));
	return error;
}

static int pfkey_open(struct change *c)
{
	struct timeval wait = { .tv_sec = ANSWER_SECONDS };
	struct pfkey_link *link = calloc(1, sizeof(*link));

	if (!link)
		return -ENOMEM;
	link->fd = socket(PF_KEY, SOCK_RAW | SOCK_CLOEXEC, PF_KEY_V2);
	if (link->fd < 0) {
		int error = -errno;

		free(link);
		return explain(c, error == -EAFNOSUPPORT ? "this kernel has no PF_KEY (its module is af_key)" : "no PF_KEY socket", error);
	}
	setsockopt(link->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	c->link = link;
	return 0;
}

static void pfkey_close(struct change *c)
{
	struct pfkey_link *link = c->link;

	close(link->fd);
	free(link);
	c->link = NULL;
}

/* --- messages ----------------------------------------------------------------------------------------------------------------- */

static const struct sadb_msg *header_of(const struct pfkey_link *link)
{
	return (const void *)link->message;
}

/* Sends a request with this type in place of its own. 0 or -errno. */
static int send_request(struct pfkey_link *link, const void *request, size_t n, uint8_t type)
{
	struct sadb_msg *header = (void *)link->message;

	if (n > sizeof(link->message))
		return -EMSGSIZE;
	memcpy(link->message, request, n);
	header->sadb_msg_type = type;
	header->sadb_msg_errno = 0;
	header->sadb_msg_reserved = 0;		/* where the kernel's own messages have something */
	header->sadb_msg_seq = ++link->seq;
	header->sadb_msg_pid = (uint32_t)getpid();
	return send(link->fd, link->message, n, 0) < 0 ? -errno : 0;
}

/* The next message of this type that answers us, whole and with a length that is right. 0 or -errno of the socket. */
static int receive_answer(struct pfkey_link *link, uint8_t type)
{
	for (;;) {
		ssize_t n = recv(link->fd, link->message, sizeof(link->message), MSG_TRUNC);
		const struct sadb_msg *header = header_of(link);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if ((size_t)n < sizeof(*header) || header->sadb_msg_pid != (uint32_t)getpid() || header->sadb_msg_type != type)
			continue;	/* of another process: everybody hears everything */
		link->n = (size_t)n;
		if (link->n > sizeof(link->message) || (size_t)header->sadb_msg_len * UNIT != link->n)
			return -EBADMSG;
		if (type == SADB_X_SPDDUMP || header->sadb_msg_seq == link->seq)
			return 0;
	}
}

/* Extension of this type and at least this size of the answer; NULL: it has none. */
static const void *find_extension(const struct pfkey_link *link, uint16_t type, size_t size)
{
	size_t at = sizeof(struct sadb_msg);

	while (at + sizeof(struct sadb_ext) <= link->n) {
		const struct sadb_ext *ext = (const void *)(link->message + at);
		size_t n = (size_t)ext->sadb_ext_len * UNIT;

		if (n == 0 || n > link->n - at)
			return NULL;
		if (ext->sadb_ext_type == type)
			return n >= size ? ext : NULL;
		at += n;
	}
	return NULL;
}

/* --- slots -------------------------------------------------------------------------------------------------------------------- */

/* What PF_KEY tells policies apart by: the direction, and the two addresses with prefix, protocol and port. */
struct slot_key {
	uint8_t dir;
	uint8_t n[2];
	char address[2][48];
};

static bool key_of(const struct pfkey_link *link, struct slot_key *ret)
{
	static const uint16_t types[] = { SADB_EXT_ADDRESS_SRC, SADB_EXT_ADDRESS_DST };
	const struct sadb_x_policy *policy = find_extension(link, SADB_X_EXT_POLICY, sizeof(*policy));

	memset(ret, 0, sizeof(*ret));
	if (!policy)
		return false;
	ret->dir = policy->sadb_x_policy_dir;
	for (size_t i = 0; i < 2; i++) {
		const struct sadb_address *address = find_extension(link, types[i], sizeof(*address) + sizeof(struct sockaddr_in));
		size_t n = address ? (size_t)address->sadb_address_len * UNIT : 0;

		if (!address || n > sizeof(ret->address[i]))
			return false;
		memcpy(ret->address[i], address, n);
		ret->address[i][4] = address->sadb_address_proto == 0 ? (char)IPSEC_PROTO_ANY : (char)address->sadb_address_proto;
	}
	return true;
}

struct keyed_step {
	struct slot_key key;
	size_t step;
};

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct slot_key));
}

/* The reqid of a request that PF_KEY would not store as it is; 0: it can put all back. */
static uint32_t lost_reqid(const struct sadb_x_policy *policy)
{
	size_t at = sizeof(*policy), end = (size_t)policy->sadb_x_policy_len * UNIT;

	while (at + sizeof(struct sadb_x_ipsecrequest) <= end) {
		struct sadb_x_ipsecrequest request;

		memcpy(&request, (const char *)policy + at, sizeof(request));
		if (request.sadb_x_ipsecrequest_len < sizeof(request))
			break;
		if (request.sadb_x_ipsecrequest_reqid > PFKEY_REQID_MAX ||
		    (request.sadb_x_ipsecrequest_reqid && request.sadb_x_ipsecrequest_level != IPSEC_LEVEL_UNIQUE))
			return request.sadb_x_ipsecrequest_reqid;
		at += request.sadb_x_ipsecrequest_len;
	}
	return 0;
}

/* What the dump shows in the slot of a step. */
static int save_shown(struct change *c, size_t step)
{
	const struct pfkey_link *link = c->link;
	const struct sadb_x_policy *policy = find_extension(link, SADB_X_EXT_POLICY, sizeof(*policy));
	struct change_step *s = &c->steps[step];
	uint32_t reqid = lost_reqid(policy);

	if (s->stood) {
		snprintf(c->why, sizeof(c->why), "two policies stand in a place of conn '%.80s', with other marks or interfaces, which PF_KEY does not "
			 "tell apart; use --target=xfrm", s->policy->conn);
		return -EEXIST;
	}
	if (reqid) {
		snprintf(c->why, sizeof(c->why), "PF_KEY could not put back the policy that stands in a place of conn '%.80s', for its reqid %u; "
			 "use --target=xfrm", s->policy->conn, reqid);
		return -EOPNOTSUPP;
	}
	s->replaces = policy->sadb_x_policy_id;
	return change_save(c, step, link->message, link->n, true) ? 0 : -ENOMEM;
}

static int dump(struct change *c, const struct keyed_step *steps, size_t n)
{
	struct pfkey_link *link = c->link;
	struct sadb_msg request = { .sadb_msg_version = PF_KEY_V2, .sadb_msg_len = sizeof(request) / UNIT };
	int error = send_request(link, &request, sizeof(request), SADB_X_SPDDUMP), saved = 0;

	while (!error) {
		const struct keyed_step *found = NULL;
		struct slot_key key;

		error = receive_answer(link, SADB_X_SPDDUMP);
		if (!error && header_of(link)->sadb_msg_errno == ENOENT)
			return saved;		/* there is no policy */
		if (!error && header_of(link)->sadb_msg_errno)
			error = -header_of(link)->sadb_msg_errno;
		if (!error && key_of(link, &key))
			found = bsearch(&key, steps, n, sizeof(*steps), by_key);
		if (found && !saved)
			saved = save_shown(c, found->step);
		if (!error && header_of(link)->sadb_msg_seq == 0)
			return saved;		/* all were read, so that no answer is left over */
	}
	return explain(c, "PF_KEY does not say which policies stand", error);
}

static int pfkey_save(struct change *c)
{
	struct pfkey_link *link = c->link;
	struct keyed_step *steps = calloc(c->n ? c->n : 1, sizeof(*steps));
	size_t n = 0;
	int error = steps ? 0 : -ENOMEM;

	for (size_t i = 0; !error && i < c->n; i++) {
		const struct change_step *s = &c->steps[i];

		if (s->superseded)
			continue;
		link->n = s->put_size < sizeof(link->message) ? s->put_size : sizeof(link->message);
		memcpy(link->message, c->requests.p + s->put, link->n);
		if (key_of(link, &steps[n].key))
			steps[n++].step = i;
	}
	if (!error && n)
		qsort(steps, n, sizeof(*steps), by_key);
	if (!error)
		error = dump(c, steps, n);
	free(steps);
	for (size_t i = 0; !error && i < c->n; i++)	/* nothing stands: what removes it has the same parts as what puts it */
		if (!c->steps[i].superseded && !c->steps[i].stood &&
		    !change_save(c, i, c->requests.p + c->steps[i].put, c->steps[i].put_size, false))
			error = -ENOMEM;
	return error;
}

/* --- changes ------------------------------------------------------------------------------------------------------------------ */

/* The number that the kernel gives it shows whether it has replaced what was seen. */
static void learn_number(const struct pfkey_link *link, struct change_step *s)
{
	const struct sadb_x_policy *policy = find_extension(link, SADB_X_EXT_POLICY, sizeof(*policy));

	if (policy && policy->sadb_x_policy_id != s->replaces)
		s->stood = false;
}

static int pfkey_send(struct change *c, const size_t *order, size_t n, bool undo)
{
	struct pfkey_link *link = c->link;
	bool go_on = true;

	for (size_t i = 0; i < n && go_on; i++) {
		struct change_step *s = &c->steps[order[i]];
		const char *request = undo ? c->undos.p + s->undo : c->requests.p + s->put;
		uint8_t type = undo && !s->stood ? SADB_X_SPDDELETE : SADB_X_SPDUPDATE;
		int error;

		change_sending(c, order[i], undo);
		error = send_request(link, request, undo ? s->undo_size : s->put_size, type);
		if (!error)
			error = receive_answer(link, type);
		if (error)
			return explain(c, "the kernel could not be asked", error);
		error = -header_of(link)->sadb_msg_errno;
		if (!error && !undo)
			learn_number(link, s);
		go_on = change_answered(c, order[i], undo, error, strerror(-error));
	}
	return 0;
}

const struct carrier carrier_pfkey = {
	.target = "pfkey", .format = "pfkey", .open = pfkey_open, .close = pfkey_close, .save = pfkey_save, .send = pfkey_send,
};

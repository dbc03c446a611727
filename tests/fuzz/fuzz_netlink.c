/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_netlink.c -- any bytes as the answers of a kernel, over NETLINK_XFRM and PF_KEY: every exchange comes to an end, and what fails says
 * why. The first byte of the input chooses the exchange; then come datagrams, each behind its length (2 bytes, little-endian); behind the last
 * the socket fails. For PF_KEY the target has system calls of its own. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <netinet/in.h>		/* before linux/, whose in6.h then yields to it */
#include <linux/pfkeyv2.h>
#include <linux/xfrm.h>

#include "apply/change.h"
#include "apply/xfrm_carrier.h"
#include "backends/pfkey/pfkey_msg.h"
#include "backends/xfrm/xfrm_msg.h"
#include "backends/xfrm/xfrm_read.h"
#include "runtime/dataplane/xfrm_stale.h"

#define POLICIES 3

static struct slice answers;	/* what is left of the input */

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* --- the kernel --------------------------------------------------------------------------------------------------------------- */

static bool next_datagram(struct slice *ret)
{
	size_t n;

	if (answers.n < 2)
		return false;
	n = (uint8_t)answers.p[0] | (size_t)(uint8_t)answers.p[1] << 8;
	*ret = slice_sub(answers, 2, 2 + n);
	answers = slice_sub(answers, 2 + n, answers.n);
	return true;
}

/* As recv(2): what does not fit is lost. -1 with errno, or the length of the whole. */
static ssize_t take_datagram(void *into, size_t room)
{
	struct slice datagram;

	if (!next_datagram(&datagram)) {
		errno = ENOBUFS;
		return -1;
	}
	if (datagram.n)
		memcpy(into, datagram.p, datagram.n < room ? datagram.n : room);
	return (ssize_t)datagram.n;
}

static ssize_t batch_send(void *context, const void *p, size_t n)
{
	(void)context, (void)p;
	return (ssize_t)n;
}

static int batch_receive(void *context, struct mmsghdr *into, unsigned max)
{
	struct iovec *iov = into->msg_hdr.msg_iov;
	ssize_t n = take_datagram(iov->iov_base, iov->iov_len);

	(void)context, (void)max;
	if (n < 0)
		return -1;
	into->msg_len = (unsigned)n;
	if ((size_t)n > iov->iov_len) {
		into->msg_len = (unsigned)iov->iov_len;
		into->msg_hdr.msg_flags |= MSG_TRUNC;
	}
	return 1;
}

/* PF_KEY's. An answer without a process is one to us: its number is not known before. */
int socket(int family, int type, int protocol)
{
	return family == PF_KEY ? open("/dev/null", O_RDWR | O_CLOEXEC) : (int)syscall(SYS_socket, family, type, protocol);
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
	(void)fd, (void)p, (void)flags;
	return (ssize_t)n;
}

ssize_t recv(int fd, void *into, size_t room, int flags)
{
	ssize_t n = take_datagram(into, room);
	struct sadb_msg *header = into;

	(void)fd;
	must(flags & MSG_TRUNC);
	if (n >= (ssize_t)sizeof(*header) && !header->sadb_msg_pid)
		header->sadb_msg_pid = (uint32_t)getpid();
	return n;
}

/* --- the exchanges ------------------------------------------------------------------------------------------------------------ */

static const struct netlink_io io = { NULL, batch_send, batch_receive };

static int open_batch(struct change *c)
{
	return xfrm_carrier_open_io(c, &io);
}

static void change_policies_of(const struct carrier *carrier, void (*message)(struct buf *out, const struct plan_policy *policy))
{
	struct plan_policy policies[POLICIES];
	struct change c;
	int error;

	change_init(&c, carrier);
	for (uint8_t i = 0; i < POLICIES; i++) {
		size_t before = c.requests.n;

		policies[i] = (struct plan_policy){ .conn = "a", .dir = PLAN_OUT, .action = PLAN_BLOCK, .priority = 1000 };
		policies[i].src = (struct ip_prefix){ { AF_INET, { 10, 1, 0, 0 } }, 16 };
		policies[i].dst = (struct ip_prefix){ { AF_INET, { 10, 2, i, 0 } }, 24 };
		message(&c.requests, &policies[i]);
		change_add(&c, &policies[i], c.requests.n - before);
	}
	error = change_prepare(&c);
	if (!error)
		error = change_put(&c);
	if (!error)
		error = change_take_back(&c);
	must(error <= 0 && (!error || c.why[0]));
	must(memchr(c.why, '\0', sizeof(c.why)) && c.left <= c.n);
	change_release(&c);
}

static void put_message(struct buf *out, const struct plan_policy *policy)
{
	xfrm_msg_policy(out, XFRM_MSG_UPDPOLICY, 0, policy);
}

static int read_policy(const struct nlmsghdr *message, void *context)
{
	struct plan_policy policy;
	int error = xfrm_read_policy(context, message, message->nlmsg_len, &policy);

	must(error || policy.dst.len <= ip_addr_bits(&policy.dst.addr));
	return MNL_CB_OK;
}

static void read_policies(struct netlink *nl)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	struct arena arena;
	int error;

	arena_init(&arena);
	error = netlink_call(nl, netlink_start(buffer, XFRM_MSG_GETPOLICY, NLM_F_DUMP), read_policy, &arena);
	must(error <= 0 && (!error || nl->why[0]));
	arena_release(&arena);
}

static void remove_stale(struct netlink *nl)
{
	struct plan_child child = { .name = "a", .reqid = 16389 };
	struct plan plan = { .children = { .v = &child, .n = 1 } };
	unsigned removed;

	must(xfrm_remove_stale(nl, &plan, &removed) <= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct carrier batch = carrier_xfrm;
	struct netlink nl = { .io = &io };

	if (n < 1)
		return 0;
	batch.open = open_batch;
	answers = (struct slice){ (const char *)data + 1, n - 1 };
	if ((data[0] & 3) == 0)
		change_policies_of(&batch, put_message);
	else if ((data[0] & 3) == 1)
		change_policies_of(&carrier_pfkey, pfkey_msg_policy);
	else if ((data[0] & 3) == 2)
		read_policies(&nl);
	else
		remove_stale(&nl);
	return 0;
}

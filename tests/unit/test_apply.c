/* SPDX-License-Identifier: Apache-2.0 */
/* test_apply.c -- a change of policies as one transaction, against a kernel in memory that fails when it is told to: each request may be
 * refused, each datagram lost on its way there or back. */
#include "apply/change.h"
#include "apply/lockout.h"
#include "apply/xfrm_carrier.h"
#include "backends/xfrm/xfrm_msg.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <netinet/in.h>		/* before linux/, whose in6.h then yields to it */
#include <linux/xfrm.h>
#include <stdio.h>
#include <string.h>

#define SLOTS	200
#define QUEUE	400

/* --- the kernel --------------------------------------------------------------------------------------------------------------- */

struct slot {
	bool used;
	struct xfrm_selector sel;
	uint8_t dir;
	size_t n;
	char body[1024];	/* info and attributes, as they were put */
};

struct answer {
	size_t n;
	char bytes[1200];
};

struct kernel {
	struct slot slots[SLOTS];
	struct answer queue[QUEUE];
	size_t head, tail;
	unsigned changes, sends, receives;	/* so far */
	unsigned refuse_at, error;		/* the n-th change (from 1) is refused with this errno */
	unsigned send_fails_at, receive_fails_at;
};

static struct slot *slot_of(struct kernel *k, const struct xfrm_selector *sel, uint8_t dir, bool make)
{
	struct slot *unused = NULL;

	for (size_t i = 0; i < SLOTS; i++) {
		if (k->slots[i].used && k->slots[i].dir == dir && memcmp(&k->slots[i].sel, sel, sizeof(*sel)) == 0)
			return &k->slots[i];
		if (!k->slots[i].used && !unused)
			unused = &k->slots[i];
	}
	ck_assert(!make || unused);
	return make ? unused : NULL;
}

static struct answer *queued(struct kernel *k)
{
	ck_assert_uint_lt(k->tail, QUEUE);
	return &k->queue[k->tail++];
}

static void acknowledge(struct kernel *k, const struct nlmsghdr *request, int error)
{
	struct answer *a = queued(k);
	struct nlmsghdr *h = mnl_nlmsg_put_header(a->bytes);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(h, sizeof(*e));

	h->nlmsg_type = NLMSG_ERROR;
	h->nlmsg_seq = request->nlmsg_seq;
	h->nlmsg_flags = NLM_F_CAPPED;
	e->error = -error;
	if (error == EINVAL) {		/* with words, as NETLINK_EXT_ACK has them */
		h->nlmsg_flags |= NLM_F_ACK_TLVS;
		mnl_attr_put_strz(h, NLMSGERR_ATTR_MSG, "Invalid policy of the test");
	}
	a->n = h->nlmsg_len;
}

static void show(struct kernel *k, const struct nlmsghdr *request, const struct slot *s)
{
	struct answer *a = queued(k);
	struct nlmsghdr *h = mnl_nlmsg_put_header(a->bytes);

	h->nlmsg_type = XFRM_MSG_NEWPOLICY;
	h->nlmsg_seq = request->nlmsg_seq;
	memcpy(a->bytes + NLMSG_HDRLEN, s->body, s->n);
	h->nlmsg_len = (uint32_t)(NLMSG_HDRLEN + s->n);
	a->n = h->nlmsg_len;
}

static void work(struct kernel *k, const struct nlmsghdr *request)
{
	const void *body = mnl_nlmsg_get_payload(request);
	bool put = request->nlmsg_type == XFRM_MSG_UPDPOLICY;
	struct xfrm_userpolicy_info info = { 0 };	/* messages are aligned to 4 bytes, these structs to 8 */
	struct xfrm_userpolicy_id id = { 0 };
	struct slot *s;

	memcpy(put ? (void *)&info : &id, body, put ? sizeof(info) : sizeof(id));
	s = slot_of(k, put ? &info.sel : &id.sel, put ? info.dir : id.dir, put);

	if (request->nlmsg_type == XFRM_MSG_GETPOLICY) {
		if (s)
			show(k, request, s);
		else
			acknowledge(k, request, ENOENT);
		return;
	}
	if (++k->changes == k->refuse_at) {
		acknowledge(k, request, (int)k->error);
		return;
	}
	if (!put && !s) {
		acknowledge(k, request, ENOENT);
		return;
	}
	s->used = put;
	if (put) {
		s->sel = info.sel;
		s->dir = info.dir;
		s->n = mnl_nlmsg_get_payload_len(request);
		memcpy(s->body, body, s->n);
	}
	acknowledge(k, request, 0);
}

static ssize_t kernel_send(void *context, const void *p, size_t n)
{
	struct kernel *k = context;
	const struct nlmsghdr *h = p;
	int left = (int)n;

	if (++k->sends == k->send_fails_at) {
		errno = ENOBUFS;
		return -1;
	}
	for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
		work(k, h);
	return (ssize_t)n;
}

/* A lost answer: all that are queued are gone, as when the socket's buffer is full. */
static int kernel_receive(void *context, struct mmsghdr *into, unsigned max)
{
	struct kernel *k = context;
	unsigned n = 0;

	if (++k->receives == k->receive_fails_at) {
		k->head = k->tail = 0;
		errno = ENOBUFS;
		return -1;
	}
	ck_assert(k->head < k->tail);	/* else a real socket would wait for ever */
	for (; n < max && k->head < k->tail; n++, k->head++) {
		memcpy(into[n].msg_hdr.msg_iov->iov_base, k->queue[k->head].bytes, k->queue[k->head].n);
		into[n].msg_len = (unsigned)k->queue[k->head].n;
	}
	if (k->head == k->tail)
		k->head = k->tail = 0;
	return (int)n;
}

/* --- the plan: policies of which every third stands already, with another priority ---------------------------------------------- */

#define POLICIES	100	/* more than go into one datagram */

static struct kernel kernel;
static struct plan_policy policies[POLICIES];
static struct netlink_io io = { &kernel, kernel_send, kernel_receive };
static struct carrier in_memory;

static int open_in_memory(struct change *c)
{
	return xfrm_carrier_open_io(c, &io);
}

static void make_policy(struct plan_policy *p, unsigned i)
{
	*p = (struct plan_policy){ .conn = "a", .dir = PLAN_OUT, .action = PLAN_BLOCK, .priority = 1000 + i };
	p->src = (struct ip_prefix){ { AF_INET, { 10, 1, 0, 0 } }, 16 };
	p->dst = (struct ip_prefix){ { AF_INET, { 10, 2, (uint8_t)i, 0 } }, 24 };
}

static void put_policy(struct plan_policy p, uint32_t priority)
{
	struct buf message = { 0 };

	p.priority = priority;
	xfrm_msg_policy(&message, XFRM_MSG_UPDPOLICY, 0, &p);
	kernel_send(&kernel, message.p, message.n);
	kernel.head = kernel.tail = 0;
	buf_release(&message);
}

static void set_up(void)
{
	in_memory = carrier_xfrm;
	in_memory.open = open_in_memory;
	memset(&kernel, 0, sizeof(kernel));
	for (unsigned i = 0; i < POLICIES; i++) {
		make_policy(&policies[i], i);
		if (i % 3 == 0)
			put_policy(policies[i], 7);
	}
	kernel.changes = kernel.sends = kernel.receives = 0;
}

static int prepare(struct change *c)
{
	change_init(c, &in_memory);
	for (unsigned i = 0; i < POLICIES; i++) {
		size_t before = c->requests.n;

		xfrm_msg_policy(&c->requests, XFRM_MSG_UPDPOLICY, 0, &policies[i]);
		change_add(c, &policies[i], c->requests.n - before);
	}
	return change_prepare(c);
}

static uint32_t standing(unsigned i)	/* priority; 0: nothing stands */
{
	struct xfrm_userpolicy_info info;
	struct buf message = { 0 };
	struct slot *s;

	xfrm_msg_policy(&message, XFRM_MSG_UPDPOLICY, 0, &policies[i]);
	memcpy(&info, message.p + NLMSG_HDRLEN, sizeof(info));
	buf_release(&message);
	s = slot_of(&kernel, &info.sel, info.dir, false);
	if (!s)
		return 0;
	memcpy(&info, s->body, sizeof(info));
	return info.priority;
}

static void all_as_before(const char *when, unsigned n)
{
	for (unsigned i = 0; i < POLICIES; i++)
		ck_assert_msg(standing(i) == (i % 3 == 0 ? 7 : 0), "%s %u: policy %u has priority %u", when, n, i, standing(i));
}

START_TEST(puts_all_and_takes_all_back)
{
	struct change c;
	struct change_counts counts;

	set_up();
	ck_assert_int_eq(prepare(&c), 0);
	all_as_before("prepared", 0);
	ck_assert_int_eq(change_put(&c), 0);
	for (unsigned i = 0; i < POLICIES; i++)
		ck_assert_uint_eq(standing(i), 1000 + i);
	counts = change_count(&c);
	ck_assert_uint_eq(counts.replaced, 34);
	ck_assert_uint_eq(counts.added, 66);
	ck_assert_uint_lt(kernel.sends, 10);	/* not one datagram for each */
	ck_assert_int_eq(change_take_back(&c), 0);
	all_as_before("taken back", 0);
	change_release(&c);
}
END_TEST

START_TEST(what_stands_already_is_not_sent_again)
{
	struct change c;

	set_up();
	ck_assert_int_eq(prepare(&c), 0);
	ck_assert_int_eq(change_put(&c), 0);
	change_release(&c);
	kernel.changes = 0;
	ck_assert_int_eq(prepare(&c), 0);
	ck_assert_int_eq(change_put(&c), 0);
	ck_assert_uint_eq(kernel.changes, 0);
	ck_assert_uint_eq(change_count(&c).unchanged, POLICIES);
	change_release(&c);
}
END_TEST

/* the kernel's words are shown. */
START_TEST(each_refusal_leaves_all_as_it_was)
{
	static const unsigned errors[] = { EINVAL, EPERM, ENOBUFS, ENOMEM, EEXIST };

	for (unsigned e = 0; e < sizeof(errors) / sizeof(*errors); e++)
		for (unsigned n = 1; n <= POLICIES; n++) {
			struct change c;

			set_up();
			kernel.refuse_at = n;
			kernel.error = errors[e];
			ck_assert_int_eq(prepare(&c), 0);
			ck_assert_int_ne(change_put(&c), 0);
			ck_assert_uint_eq(c.refused, n - 1);
			ck_assert_str_eq(c.why, errors[e] == EINVAL ? "Invalid policy of the test" : strerror((int)errors[e]));
			ck_assert_uint_eq(c.left, 0);
			all_as_before(strerror((int)errors[e]), n);
			change_release(&c);
		}
}
END_TEST

/* A number that is no errno is neither success nor a reason to wait for more. */
START_TEST(an_answer_that_is_no_errno_is_a_refusal)
{
	static const int numbers[] = { -EINVAL, 4096 };		/* which the kernel of the test negates */

	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct change c;

		set_up();
		kernel.refuse_at = 5;
		kernel.error = (unsigned)numbers[i];
		ck_assert_int_eq(prepare(&c), 0);
		ck_assert_int_lt(change_put(&c), 0);
		ck_assert_str_eq(c.why, strerror(EBADMSG));
		all_as_before("no errno", i);
		change_release(&c);
	}
}
END_TEST

/* mnl_nlmsg_ok() takes the second for whole, and the next message for the same one for ever. */
START_TEST(a_length_beyond_2_gigabytes_is_no_message)
{
	struct nlmsghdr header = { .nlmsg_len = sizeof(header) };

	ck_assert(netlink_whole(&header, sizeof(header)));
	header.nlmsg_len = 0xfffffffeu;
	ck_assert(!netlink_whole(&header, sizeof(header)));
}
END_TEST

START_TEST(each_lost_datagram_leaves_all_as_it_was)
{
	for (unsigned n = 1; n <= 20; n++)
		for (unsigned back = 0; back < 2; back++) {
			struct change c;
			int r;

			set_up();
			*(back ? &kernel.receive_fails_at : &kernel.send_fails_at) = n;
			r = prepare(&c);
			if (!r)
				r = change_put(&c);
			if (!r)
				r = change_take_back(&c);
			else
				ck_assert_str_ne(c.why, "");
			ck_assert_uint_eq(c.left, 0);
			all_as_before(back ? "answer" : "request", n);
			change_release(&c);
		}
}
END_TEST

/* A refusal on the way back is tried again. */
START_TEST(a_refused_removal_is_tried_again)
{
	for (unsigned n = 1; n <= POLICIES; n++) {
		struct change c;

		set_up();
		ck_assert_int_eq(prepare(&c), 0);
		ck_assert_int_eq(change_put(&c), 0);
		kernel.refuse_at = POLICIES + n;
		kernel.error = ENOMEM;
		ck_assert_int_eq(change_take_back(&c), 0);
		all_as_before("removal", n);
		change_release(&c);
	}
}
END_TEST

/* As `ip -batch` leaves it: the last one stands, also when the first one stood before. */
START_TEST(of_two_in_one_slot_the_last_one_stands)
{
	struct change c;

	set_up();
	policies[5] = policies[4];
	policies[5].priority = 4242;
	put_policy(policies[4], 1004);
	ck_assert_int_eq(prepare(&c), 0);
	ck_assert_int_eq(change_put(&c), 0);
	ck_assert_uint_eq(standing(4), 4242);
	ck_assert_int_eq(change_take_back(&c), 0);
	ck_assert_uint_eq(standing(4), 1004);
	change_release(&c);
}
END_TEST

/* --- lockout ------------------------------------------------------------------------------------------------------------------ */

START_TEST(sessions_of_ssh_connection)
{
	static const char *const wrong[] = { "", "x", "192.0.2.9", "192.0.2.9 5000 192.0.2.1", "192.0.2.9 5000 ::1 22", "a b c d" };
	struct session s;

	ck_assert(session_parse("192.0.2.9 51234 192.0.2.1 22", &s));
	ck_assert_uint_eq(s.there_port, 51234);
	ck_assert_uint_eq(s.here.bytes[3], 1);
	ck_assert(session_parse("fe80::9%eth0 51234 fe80::1%eth0 22", &s));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		ck_assert_msg(!session_parse(wrong[i], &s), "'%s'", wrong[i]);
}
END_TEST

START_TEST(what_locks_out)
{
	static const struct {
		const char *what, *session;
		enum plan_action action;
		uint8_t proto;
		uint16_t dport;
		uint32_t mark, if_id;
		bool locks;
	} cases[] = {
		{ "blocked", "10.2.5.9 5000 10.1.0.1 22", PLAN_BLOCK, 0, 0, 0, 0, true },
		{ "to be protected", "10.2.5.9 5000 10.1.0.1 22", PLAN_PROTECT, 0, 0, 0, 0, true },
		{ "passed", "10.2.5.9 5000 10.1.0.1 22", PLAN_PASS, 0, 0, 0, 0, false },
		{ "from elsewhere", "10.3.5.9 5000 10.1.0.1 22", PLAN_BLOCK, 0, 0, 0, 0, false },
		{ "of another protocol", "10.2.5.9 5000 10.1.0.1 22", PLAN_BLOCK, IPPROTO_UDP, 0, 0, 0, false },
		{ "to its port", "10.2.5.9 5000 10.1.0.1 22", PLAN_BLOCK, IPPROTO_TCP, 5000, 0, 0, true },
		{ "to another port", "10.2.5.9 5000 10.1.0.1 22", PLAN_BLOCK, IPPROTO_TCP, 5001, 0, 0, false },
		{ "only with a mark", "10.2.5.9 5000 10.1.0.1 22", PLAN_BLOCK, 0, 0, 5, 0, false },
		{ "of an interface", "10.2.5.9 5000 10.1.0.1 22", PLAN_BLOCK, 0, 0, 0, 5, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct session s;
		struct change c;

		set_up();
		make_policy(&policies[5], 5);
		policies[5].action = cases[i].action;
		policies[5].proto = cases[i].proto;
		policies[5].dport = cases[i].dport;
		policies[5].mark = (struct plan_mark){ cases[i].mark, cases[i].mark ? 0xff : 0 };
		policies[5].if_id = cases[i].if_id;
		ck_assert(session_parse(cases[i].session, &s));
		ck_assert_int_eq(prepare(&c), 0);
		ck_assert_msg(!!change_locks_out(&c, &s) == cases[i].locks, "%s", cases[i].what);
		change_release(&c);
	}
}
END_TEST

/* A policy that the session lives with already is no reason. */
START_TEST(what_stands_locks_nobody_out)
{
	struct session s;
	struct change c;

	set_up();
	put_policy(policies[5], policies[5].priority);
	ck_assert(session_parse("10.2.5.9 5000 10.1.0.1 22", &s));
	ck_assert_int_eq(prepare(&c), 0);
	ck_assert_ptr_null(change_locks_out(&c, &s));
	change_release(&c);
}
END_TEST

TAP_MAIN("apply", puts_all_and_takes_all_back, what_stands_already_is_not_sent_again, each_refusal_leaves_all_as_it_was,
	 an_answer_that_is_no_errno_is_a_refusal, a_length_beyond_2_gigabytes_is_no_message,
	 each_lost_datagram_leaves_all_as_it_was, a_refused_removal_is_tried_again, of_two_in_one_slot_the_last_one_stands,
	 sessions_of_ssh_connection, what_locks_out, what_stands_locks_nobody_out)

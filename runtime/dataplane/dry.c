/* SPDX-License-Identifier: Apache-2.0 */
/* dry.c -- a data plane that only keeps books: for tests and for --dataplane=dry, which shows what would be installed.
 *
 * Each call is told to `warn` as a line; what was added and never deleted is told at close, as is a deletion of what was never
 * added.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/dataplane/dry.h"
#include "runtime/dataplane/policyset.h"

#define FIRST_SPI 0x1000u

struct dry_sa {
	struct dp_sa_id id;
	bool filled;		/* add_sa() came, not only alloc_spi() */
	struct dry_sa *next;
};

struct dry {
	struct dataplane dp;
	struct dp_callbacks callbacks;
	struct policyset policies;
	struct dry_sa *sas;
	uint32_t next_spi;
	int addresses;		/* inner ones: added and not yet removed */
	uint64_t packets;	/* what an observer's traffic has come to */
	const struct dry_observer *observer;	/* NULL: none */
};

static struct dry *self(struct dataplane *dp)
{
	return (struct dry *)dp;
}

static void tell(struct dry *d, const struct plan_origin *origin, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void tell(struct dry *d, const struct plan_origin *origin, const char *format, ...)
{
	char text[300];
	va_list args;

	if (!d->callbacks.warn)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	d->callbacks.warn(d->callbacks.context, RULE_COUNT, origin, text);
}

static void tell_unpaired(struct dry *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void tell_unpaired(struct dry *d, const char *format, ...)
{
	char text[300];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	tell(d, NULL, "%s", text);
	if (d->observer && d->observer->unpaired)
		d->observer->unpaired(d->observer->context, text);
}

void dry_observe(struct dataplane *dp, const struct dry_observer *observer)
{
	self(dp)->observer = observer;
}

static void tell_policy(struct dry *d, const char *verb, const struct plan_policy *p)
{
	char src[IP_PREFIX_TEXT], dst[IP_PREFIX_TEXT];

	tell(d, &p->origin, "%s policy %s %s -> %s %s priority %u", verb, plan_dir_words[p->dir], ip_prefix_format(&p->src, src),
	     ip_prefix_format(&p->dst, dst), plan_action_words[p->action], p->priority);
}

static int put_policy(void *context, const struct plan_policy *p)
{
	tell_policy(context, "install", p);
	return 0;
}

static int take_policy(void *context, const struct plan_policy *p)
{
	tell_policy(context, "remove", p);
	return 0;
}

static int dry_probe(const char **ret_why)
{
	(void)ret_why;
	return 0;
}

static int dry_open(const struct plan *plan, const struct dp_callbacks *callbacks, struct dataplane **ret, const char **ret_why)
{
	struct dry *d = calloc(1, sizeof(*d));

	if (!d) {
		*ret_why = "out of memory";
		return -ENOMEM;
	}
	d->dp.ops = &dataplane_dry;
	if (callbacks)
		d->callbacks = *callbacks;
	d->next_spi = FIRST_SPI;
	policyset_init(&d->policies, plan, (struct policyset_ops){ d, put_policy, take_policy });
	*ret = &d->dp;
	return 0;
}

static struct dry_sa **find(struct dry *d, const struct dp_sa_id *id)
{
	struct dry_sa **at = &d->sas;

	while (*at && !((*at)->id.spi == id->spi && (*at)->id.inbound == id->inbound && (*at)->id.protocol == id->protocol))
		at = &(*at)->next;
	return at;
}

static struct dry_sa *new_sa(struct dry *d, const struct dp_sa_id *id)
{
	struct dry_sa *sa = calloc(1, sizeof(*sa));

	if (!sa)
		return NULL;
	sa->id = *id;
	sa->next = d->sas;
	d->sas = sa;
	return sa;
}

static int dry_alloc_spi(struct dataplane *dp, const struct dp_sa_id *id, uint32_t *ret_spi)
{
	struct dp_sa_id full = *id;

	full.spi = self(dp)->next_spi++;
	full.inbound = true;
	if (!new_sa(self(dp), &full))
		return -ENOMEM;
	*ret_spi = full.spi;
	return 0;
}

static int dry_add_sa(struct dataplane *dp, const struct dp_sa *sa, const char **ret_why)
{
	struct dp_sa_id id = { .spi = sa->spi, .inbound = sa->inbound, .protocol = sa->protocol, .src = sa->src, .dst = sa->dst };
	struct dry_sa *e = *find(self(dp), &id);
	char src[IP_ADDR_TEXT], dst[IP_ADDR_TEXT];

	if (e && e->filled) {
		*ret_why = "an SA with this SPI exists";
		return -EEXIST;
	}
	if (!e)
		e = new_sa(self(dp), &id);
	if (!e) {
		*ret_why = "out of memory";
		return -ENOMEM;
	}
	e->id = id;
	e->filled = true;
	tell(self(dp), NULL, "add %s SA 0x%08x %s -> %s child '%s'", sa->inbound ? "inbound" : "outbound", sa->spi,
	     ip_addr_format(&sa->src, src), ip_addr_format(&sa->dst, dst), sa->child ? sa->child : "");
	if (self(dp)->observer && self(dp)->observer->sa_added)
		self(dp)->observer->sa_added(self(dp)->observer->context, sa);
	return 0;
}

static int dry_del_sa(struct dataplane *dp, const struct dp_sa_id *id)
{
	struct dry_sa **at = find(self(dp), id), *sa = *at;

	if (!sa) {
		tell_unpaired(self(dp), "delete of an SA that was never added: 0x%08x", id->spi);
		return -ENOENT;
	}
	tell(self(dp), NULL, "delete %s SA 0x%08x", id->inbound ? "inbound" : "outbound", id->spi);
	*at = sa->next;
	free(sa);
	return 0;
}

static int dry_query_sa(struct dataplane *dp, const struct dp_sa_id *id, struct dp_counters *ret)
{
	if (!*find(self(dp), id))
		return -ENOENT;
	*ret = (struct dp_counters){ 0 };
	if (id->inbound && self(dp)->observer && self(dp)->observer->traffic)
		ret->packets = ++self(dp)->packets;
	return 0;
}

static int dry_move_sa(struct dataplane *dp, const struct dp_sa_id *id, const struct ip_addr *src, uint16_t src_port,
		       const struct ip_addr *dst, uint16_t dst_port, const char **ret_why)
{
	struct dry_sa *sa = *find(self(dp), id);

	(void)src_port;
	(void)dst_port;
	if (!sa) {
		*ret_why = "no such SA";
		return -ENOENT;
	}
	sa->id.src = *src;
	sa->id.dst = *dst;
	return 0;
}

static void dry_drops(struct dataplane *dp, struct dp_drops *ret)
{
	(void)dp;
	*ret = (struct dp_drops){ 0 };
}

static int dry_add_policies(struct dataplane *dp, const char *child, enum plan_when when, const char **ret_why)
{
	(void)ret_why;		/* the books take everything */
	return policyset_add(&self(dp)->policies, child, when, NULL);
}

static int dry_del_policies(struct dataplane *dp, const char *child, enum plan_when when)
{
	return policyset_del(&self(dp)->policies, child, when);
}

static int dry_add_negotiated(struct dataplane *dp, const struct plan_policy *policies, size_t n, const char **ret_why)
{
	(void)ret_why;
	return policyset_add_negotiated(&self(dp)->policies, policies, n, NULL);
}

static int dry_del_negotiated(struct dataplane *dp, const struct plan_policy *policies, size_t n)
{
	return policyset_del_negotiated(&self(dp)->policies, policies, n);
}

static int dry_add_address(struct dataplane *dp, const struct ip_addr *addr, const char **ret_why)
{
	char text[IP_ADDR_TEXT];

	(void)ret_why;
	self(dp)->addresses++;
	tell(self(dp), NULL, "add address %s", ip_addr_format(addr, text));
	return 0;
}

static int dry_del_address(struct dataplane *dp, const struct ip_addr *addr)
{
	char text[IP_ADDR_TEXT];

	if (self(dp)->addresses-- <= 0)
		tell_unpaired(self(dp), "removal of an address that was never added: %s", ip_addr_format(addr, text));
	else
		tell(self(dp), NULL, "remove address %s", ip_addr_format(addr, text));
	return 0;
}

/* Those of the phase `load` are the daemon's and stay to the end. */
static void tell_policies_left(struct dry *d)
{
	char src[IP_PREFIX_TEXT], dst[IP_PREFIX_TEXT];

	for (const struct policyset_entry *e = d->policies.first; e; e = e->next)
		if (e->wanted && e->policy->when != PLAN_WHEN_LOAD)
			tell_unpaired(d, "left at the end: policy %s -> %s of '%s'", ip_prefix_format(&e->policy->src, src),
				      ip_prefix_format(&e->policy->dst, dst), e->policy->conn);
}

static int dry_fds(struct dataplane *dp, int *fds, int max)
{
	(void)dp;
	(void)fds;
	(void)max;
	return 0;
}

static void dry_process(struct dataplane *dp, int fd, uint64_t now_ms)
{
	(void)dp;
	(void)fd;
	(void)now_ms;
}

static void dry_close(struct dataplane *dp)
{
	struct dry *d = self(dp);

	if (!d)
		return;
	while (d->sas) {
		struct dry_sa *sa = d->sas;

		tell_unpaired(d, "left at the end: %s SA 0x%08x", sa->id.inbound ? "inbound" : "outbound", sa->id.spi);
		d->sas = sa->next;
		free(sa);
	}
	tell_policies_left(d);
	if (d->addresses > 0)
		tell_unpaired(d, "left at the end: %d inner address%s", d->addresses, d->addresses == 1 ? "" : "es");
	policyset_clear(&d->policies);
	policyset_release(&d->policies);
	free(d);
}

const struct dataplane_ops dataplane_dry = {
	.name = "dry",
	.summary = "nothing is installed; each step is logged",
	.caps = DP_CAP_TRANSPORT | DP_CAP_AH | DP_CAP_PROTO50 | DP_CAP_ENCAP | DP_CAP_IF_ID | DP_CAP_MARK |
		DP_CAP_KERNEL_CIPHERS,
	.probe = dry_probe,
	.open = dry_open,
	.close = dry_close,
	.alloc_spi = dry_alloc_spi,
	.add_sa = dry_add_sa,
	.del_sa = dry_del_sa,
	.query_sa = dry_query_sa,
	.move_sa = dry_move_sa,
	.drops = dry_drops,
	.add_policies = dry_add_policies,
	.del_policies = dry_del_policies,
	.add_negotiated = dry_add_negotiated,
	.del_negotiated = dry_del_negotiated,
	.add_address = dry_add_address,
	.del_address = dry_del_address,
	.fds = dry_fds,
	.process = dry_process,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* facts.h -- what is known of the host: read from a facts file (contract section 6), never from the network. */
#ifndef COMPILER_FACTS_H
#define COMPILER_FACTS_H

#include "base/arena.h"
#include "base/buf.h"
#include "diag/diag.h"
#include "proto/addr.h"

struct fact_address {
	const char *interface;
	struct ip_addr addr;
	uint8_t prefix_len;
	bool up;			/* the interface's flag UP */
	bool link_local;		/* scope "link" */
};

struct fact_route {			/* default routes only */
	sa_family_t family;
	struct ip_addr gateway, source;	/* AF_UNSPEC: none */
	const char *interface;
	uint32_t metric;
};

struct host_facts {
	VEC(struct fact_address) addresses;
	VEC(struct fact_route) default_routes;
	const char *hostname, *kernel, *libreswan;	/* NULL: not given */
	int fips;					/* -1: not given */
	VEC(const char *) algorithms;
};

/* Is it an address of the host, on an interface that is up? */
bool facts_have_address(const struct host_facts *facts, const struct ip_addr *addr);
/* Untrusted JSON; mistakes are findings, then -EINVAL. `base` as for plan_read(). */
int facts_read(struct arena *a, struct slice json, uint32_t base, struct diag *diag, struct host_facts **ret);
/* Gathers them from this host (rtnetlink through libmnl, /proc) as the document. libreswan: the release installed here, NULL: none or not
 * known. 0 or -errno. */
int facts_gather(struct buf *out, const char *libreswan);

#endif

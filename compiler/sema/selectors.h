/* SPDX-License-Identifier: Apache-2.0 */
/* selectors.h -- which traffic the conns of a file select, sorted so that equal and enclosing ones are found without comparing all pairs.
 *
 * Networks are nested or apart, never half in each other. So selectors are sorted by this host, then by the remote network, and those of
 * one remote network by the local one; each network knows the next one that encloses it. Building takes n log n, a question log n for
 * each enclosing network.
 */
#ifndef COMPILER_SEMA_SELECTORS_H
#define COMPILER_SEMA_SELECTORS_H

#include "compiler/sema/between.h"

#define SELECTORS_NONE	UINT32_MAX

/* One pair of networks of one conn. An end without a subnet is its host; 0.0.0.0/32: this host, whose address the file does not know. */
struct selector {
	const struct live *live;
	uint32_t host;			/* number of this host */
	struct ip_prefix local, remote;
	uint8_t proto;			/* 0: any */
	uint16_t local_port, remote_port;	/* 0: any */
};

/* Selectors with equal networks. */
struct box {
	uint32_t first, n;		/* in selectors */
	uint32_t outer;			/* the box of the same node with the next larger local network, or NONE */
};

/* Boxes of one host with equal remote networks. */
struct node {
	uint32_t first, n;		/* in boxes */
	uint32_t outer;			/* the node of the same host with the next larger remote network, or NONE */
};

struct selectors {
	VEC(struct selector) all;	/* sorted */
	VEC(struct box) boxes;
	VEC(struct node) nodes;
};

/* Adds the selectors of a conn; none where an end's network is not known before a peer comes. */
void selectors_add(struct selectors *s, struct arena *a, const struct live *l);
/* After the last one was added. */
void selectors_sort(struct selectors *s, struct arena *a);

static inline const struct selector *box_selector(const struct selectors *s, uint32_t box)
{
	return &s->all.v[s->boxes.v[box].first];
}

/* The box of that node with the smallest local network that holds `local`, or NONE; the next larger ones are its outer ones. */
uint32_t selectors_enclosing(const struct selectors *s, uint32_t node, const struct ip_prefix *local);
/* The first box of that node whose local network lies within `local` and is smaller, or NONE; others follow it. */
uint32_t selectors_within(const struct selectors *s, uint32_t node, const struct ip_prefix *local);
/* The node of that host with the smallest remote network that holds `remote`, or NONE. */
uint32_t selectors_node(const struct selectors *s, uint32_t host, const struct ip_prefix *remote);

/* "10.1.0.0/16 <-> 10.2.0.0/16": left and right as in the conn */
const char *selector_text(struct arena *a, const struct selector *s);

#endif

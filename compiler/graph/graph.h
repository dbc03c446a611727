/* SPDX-License-Identifier: Apache-2.0 */
/* graph.h -- a configuration as a drawing: gateways, the networks behind them, and the conns between, with mode, proposals and verdict.
 *
 * Pure: the same configuration gives the same bytes. What a conn is stands in words too, colours only repeat it.
 */
#ifndef COMPILER_GRAPH_H
#define COMPILER_GRAPH_H

#include "base/map.h"
#include "compiler/sema/ir.h"

enum graph_node_kind { GRAPH_GATEWAY, GRAPH_HERE, GRAPH_ANYBODY, GRAPH_NETWORK };

struct graph_node {
	enum graph_node_kind kind;
	const char *label;		/* lines, separated by '\n' */
	size_t number;			/* from 1, in the order of the file */
};

enum graph_link_kind {
	GRAPH_BEHIND,			/* a network at its gateway */
	GRAPH_PROTECTED,
	GRAPH_WEAK,			/* protected, below GRAPH_STRONG_BITS */
	GRAPH_CLEAR,			/* type=passthrough */
	GRAPH_BLOCKED,			/* type=drop or reject */
	GRAPH_REFUSED,			/* the release does not load the conn */
	GRAPH_UNCERTAIN,		/* facts that are not known decide whether it does */
	GRAPH_LINK_KINDS
};

#define GRAPH_STRONG_BITS 112	/* NIST SP 800-131A: the least that is acceptable */

struct graph_link {
	enum graph_link_kind kind;
	const struct graph_node *from, *to;
	const char *label;		/* lines; NULL: none */
	const char *place;		/* "ipsec.conf:12", NULL: none */
};

struct graph {
	VEC(struct graph_node *) nodes;
	VEC(struct graph_link) links;
};

/* Of the conns named (NULL-terminated, all there; NULL: all but templates for also=). In the arena. */
struct graph *graph_make(struct arena *a, const struct ir *ir, const struct sources *sources, const char *const *conns);
void graph_write_dot(const struct graph *g, struct buf *out);		/* for Graphviz */
void graph_write_mermaid(const struct graph *g, struct buf *out);	/* a flowchart */

#endif

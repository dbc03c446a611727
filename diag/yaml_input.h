/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_input.h -- a YAML document as untrusted input: a tree in an arena, each node with its place.
 *
 * One document of texts, lists and maps; aliases and tags are refused, a key may not stand twice. Everything is bounded: by
 * LIMIT_YAML_BYTES, LIMIT_YAML_NODES and LIMIT_YAML_DEPTH.
 */
#ifndef DIAG_YAML_INPUT_H
#define DIAG_YAML_INPUT_H

#include "diag/diag.h"

enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };

struct yaml_node {
	enum node_kind kind;
	struct slice text;		/* of NODE_TEXT, NUL-terminated; without a NUL in it */
	struct span span;		/* of a text; the start of anything else */
	VEC(struct yaml_node *) items;	/* of a map: key, value, key, value ... */
	struct yaml_node *up;		/* NULL: the document */
};

struct yaml_rules {			/* what is reported */
	enum rule_id syntax, limit;
};

/* 0; -EINVAL after a finding. *ret: NULL for a document without content. base: position of the text in the sources behind diag. */
int yaml_input_read(struct arena *a, struct slice text, uint32_t base, struct diag *diag, struct yaml_rules rules,
		    struct yaml_node **ret);
const char *yaml_kind(const struct yaml_node *node);	/* "a list": for messages */

#endif

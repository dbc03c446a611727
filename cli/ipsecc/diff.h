/* SPDX-License-Identifier: Apache-2.0 */
/* diff.h -- the parts of ipsecc diff. */
#ifndef CLI_IPSECC_DIFF_H
#define CLI_IPSECC_DIFF_H

#include "cli/ipsecc/operand.h"
#include "compare/compare.h"

/* One side: whatever its operand is. */
struct diff_side {
	const char *name;		/* as the caller calls it */
	struct operand operand;
	const char *path;		/* NULL: the kernel of this network namespace */
	struct compare_side side;
	struct unit *unit;		/* of a configuration */
	struct sources sources;		/* of a plan or a dump */
	struct diag diag;
	bool partial;			/* a part of a dump could not be read */
	char *text;			/* of the file, read once: it may be a pipe */
	size_t size;
	struct source_id id;
};

/* Reads it into s->side. False after a complaint. */
bool diff_side_open(struct diff_side *s, struct arena *a, const char *path, struct projects *projects, const struct arguments *args);
void diff_side_release(struct diff_side *s);
/* What people read. */
void diff_write_text(const struct comparison *c, const struct diff_side *sides[2], const struct diag_style *style, struct buf *out);

/* All policies of the kernel but those of sockets; 0, or -errno with *ret_why. */
int live_policies(struct arena *a, struct plan **ret, const char **ret_why);

#endif

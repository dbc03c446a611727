/* SPDX-License-Identifier: Apache-2.0 */
/* dump_read.h -- what the readers of the two kinds of dumps share. Private to compare/. */
#ifndef COMPARE_DUMP_READ_H
#define COMPARE_DUMP_READ_H

#include "compare/dump.h"

struct dump_reader {
	struct arena *arena;
	struct diag *diag;
	struct plan *plan;
	struct slice text, rest;
	struct slice line, next;	/* this line, and the one behind it; p NULL: there is none */
	uint32_t line_number;		/* of `line`, from 1 */
	const char *path;
	uint32_t base;
	bool bad, skip;			/* of the policy that is being read: a finding was made; it is nobody's to compare */
};

bool dump_next_line(struct dump_reader *r);
bool dump_word(struct slice *rest, struct slice *ret);		/* the next word between blanks; false: there is none */
bool dump_number(struct slice word, uint64_t max, uint64_t *ret);	/* decimal, or 0x... */
void dump_complain(struct dump_reader *r, struct slice at, const char *why);
/* Takes "out", "in" or "fwd"; a complaint about all else, at the line if the word is empty. */
void dump_direction(struct dump_reader *r, struct slice word, struct plan_policy *p);
void dump_finish_policy(struct dump_reader *r, const struct plan_policy *p);

/* Each reads one policy, from its first line up to the line before the next. */
void dump_read_xfrm(struct dump_reader *r);
void dump_read_setkey(struct dump_reader *r);

#endif

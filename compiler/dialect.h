/* SPDX-License-Identifier: Apache-2.0 */
/* dialect.h -- which release's rules a unit is read by, and whether the file is for libreswan at all. */
#ifndef COMPILER_DIALECT_H
#define COMPILER_DIALECT_H

#include "compiler/foreign/foreign.h"
#include "include/ipsecc.h"

/* --- evidence.c: what a file says of the release and the program that it was written for --- */

/* A name or a value that some releases take and others refuse. */
struct evidence_piece {
	const struct syntax_param *param;
	bool by_value;			/* it is the value that tells, else the name */
	uint32_t taken;			/* bit 1 << enum release */
};

/* The first place where a mark of a program was found. */
struct evidence_mark {
	const struct foreign_mark *mark;
	struct span span;
	struct slice text;		/* there */
};

struct evidence {
	VEC(struct evidence_piece) pieces;	/* in file order, each name and value once */
	VEC(struct evidence_mark) marks;	/* in file order, each once */
	uint32_t ignored[RELEASE_COUNT];	/* names, each once, that a release reads and ignores */
};

/* Releases that take every word of an enumerated value; a word that none takes is a mistake: 0. */
uint32_t evidence_words_taken(const struct syntax_param *param);
void evidence_collect(struct unit *u, struct evidence *ret);

/* --- dialect.c --- */

/* Sets release, release_chosen_auto, release_why and written_for of a unit whose syntax and facts are known. 0, or -EINVAL for a bad
 * options->dialect. Order: what was asked for, the host facts, the installed release, the names and values in the file, 3.18. */
int dialect_choose(struct unit *u, const struct unit_options *options);

/* After all passes: says what the file's evidence contradicts; a file for another program gets one finding, and its others are
 * withheld and counted. */
void dialect_report(struct unit *u);

/* --- upgrade.c --- */

/* Notes about what means something else in a later release; with `defaults`, also about what is left to them. */
void upgrade_report(struct unit *u, bool defaults);

#endif

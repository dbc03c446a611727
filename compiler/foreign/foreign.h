/* SPDX-License-Identifier: Apache-2.0 */
/* foreign.h -- words by which files for other programs than Libreswan are recognised; from compiler/foreign/foreign.yaml. */
#ifndef COMPILER_FOREIGN_H
#define COMPILER_FOREIGN_H

#include "compiler/schema/schema.h"

enum foreign_place { FOREIGN_SETUP, FOREIGN_CONN, FOREIGN_LINE /* a word in column 0 without '=' */ };

#define FOREIGN_PROGRAMS	8u	/* room for them */
#define FOREIGN_LIBRESWAN	0u	/* the first program: its marks speak against the others */

struct foreign_program {
	const char *name;		/* "strongSwan" */
	const char *advice;		/* what to do with its file */
};

struct foreign_mark {
	const char *name, *right;	/* right: NULL when not sided */
	enum foreign_place place;
	unsigned program;		/* index into foreign_programs */
	unsigned weight;		/* 0 ... 2, see the yaml file */
	const char *const *values;	/* patterns with '*', NULL-terminated; NULL: the word alone */
	const char *libreswan;		/* what Libreswan has for it, or NULL */
};

extern const struct foreign_program foreign_programs[];
extern const struct foreign_mark foreign_marks[];
extern const size_t foreign_mark_count;

/* The mark of a keyword that Libreswan does not have, whatever its value; NULL: none. */
const struct foreign_mark *foreign_keyword(struct slice key, enum section_kind section);
/* Whether the mark speaks of this keyword or line, and of this value. */
bool foreign_names(const struct foreign_mark *mark, struct slice word);
bool foreign_has_value(const struct foreign_mark *mark, struct slice value);

#endif

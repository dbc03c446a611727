/* SPDX-License-Identifier: Apache-2.0 */
/* writer.h -- what the parts of the whack backend share: the script being written, and words quoted for a shell. */
#ifndef BACKENDS_WHACK_WRITER_H
#define BACKENDS_WHACK_WRITER_H

#include "backends/backend.h"
#include "compiler/sema/ir.h"

struct whack_writer {
	const struct plan *plan;
	const struct ir *ir;
	enum release release;
	struct diag *diag;
	struct buf *out;
	bool incomplete;
};

/* One element of a subnet product (E-002); without lists the only one, with the conn's own name. */
struct whack_member {
	const char *name;
	const struct ip_prefix *client[2];	/* NULL: the host itself */
};

/* Adds a blank and the word, quoted so that any POSIX shell passes on exactly its bytes. */
void whack_word(struct buf *out, struct slice word);
void whack_option(struct buf *out, const char *option);				/* " --option" */
void whack_option_value(struct buf *out, const char *option, struct slice value);	/* " --option VALUE" */

/* Reports once per conn and keyword that whack cannot say it; the script is incomplete then. */
void whack_cannot_say(struct whack_writer *w, const struct ir_conn *conn, struct span span, const char *what, const char *note);

/* Appends "ipsec whack --name ... " for one member, without a line end. False: cannot be said at all (reported). */
bool whack_conn(struct whack_writer *w, const struct ir_conn *conn, const struct whack_member *member);

#endif

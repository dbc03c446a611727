/* SPDX-License-Identifier: Apache-2.0 */
/* writer.h -- what the parts of the whack backend share: the script being written, and words quoted for a shell. */
#ifndef BACKENDS_WHACK_WRITER_H
#define BACKENDS_WHACK_WRITER_H

#include "backends/backend.h"
#include "compiler/lower/facts.h"
#include "compiler/sema/values.h"

struct whack_writer {
	const struct plan *plan;
	const struct ir *ir;
	const struct resolved *resolved;	/* config setup */
	const struct host_facts *facts;		/* NULL: none */
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

/* Before 5.0 whack starts from an empty policy, and addconn from the defaults of ipsec.conf: the script says each of them. */
static inline bool whack_spells_defaults(const struct whack_writer *w)
{
	return w->release < RELEASE_5_0;
}

/* Adds a blank and the word, quoted so that any POSIX shell passes on exactly its bytes. */
void whack_word(struct buf *out, struct slice word);
void whack_option(struct buf *out, const char *option);				/* " --option" */
void whack_option_value(struct buf *out, const char *option, struct slice value);	/* " --option VALUE" */
void whack_option_number(struct buf *out, const char *option, uint64_t number);

/* Reports once per conn and keyword that whack cannot say it; the script is incomplete then. */
void whack_cannot_say(struct whack_writer *w, const struct ir_conn *conn, struct span span, const char *what, const char *note);
/* What the script loads works, but is not all of what addconn makes of the file. */
void whack_says_less(struct whack_writer *w, const struct ir_conn *conn, struct span span, const char *what);

/* settings.c */
/* The typed value of a setting. False: it has none (a finding of the checks says why, or it is empty), and the default holds. */
bool whack_value(const struct whack_writer *w, const struct setting *s, const struct ir_conn *conn, struct value *ret);
/* The word that the option has for a value of few words; else the value as it was written. */
struct slice whack_value_word(const struct whack_writer *w, const struct setting *s, const struct value *value);
/* Adds one option by its form (whack.h); false: "none" with a value that is not the default. */
bool whack_form(const struct whack_writer *w, const char *form, const struct setting *s, const struct value *value);
/* All settings of that side whose rows of the keyword table have a form. */
void whack_settings(struct whack_writer *w, const struct ir_conn *conn, enum side side);

/* end.c */
/* One end. False: it cannot be said (reported). */
bool whack_end(struct whack_writer *w, const struct ir_conn *conn, const struct whack_member *member, enum side side);
/* Whether this end gets --client, and which network; the conn's other end asks too. */
bool whack_client(const struct whack_writer *w, const struct ir_conn *conn, const struct whack_member *member, enum side side,
		  struct ip_prefix *ret);
/* The commands that give pluto the raw keys of both ends. */
void whack_keys(struct whack_writer *w, const struct ir_conn *conn);
void whack_command_end(struct whack_writer *w);

/* conn.c */
/* Appends "ipsec whack --name ... " for one member, without a line end. False: cannot be said at all (reported). */
bool whack_conn(struct whack_writer *w, const struct ir_conn *conn, const struct whack_member *member);

/* addconn.c: the conn in the words of the file, "ipsec addconn --name NAME left=..."; from 5.4 on. */
void whack_addconn(struct whack_writer *w, const struct ir_conn *conn);

/* daemon.c: config setup as arguments of pluto, each with a blank before it. What has none is reported. */
void whack_daemon_arguments(struct whack_writer *w, struct buf *out);

#endif

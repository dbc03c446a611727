/* SPDX-License-Identifier: Apache-2.0 */
/* addconn.c -- the other door of 5.4: addconn takes the words of the file as arguments, replaces a conn of that name, and does what auto= says. */
#include "backends/whack/writer.h"
#include "base/cleanup.h"

/* also= was resolved; a keyword that the release ignores has a finding of its own. */
static bool is_said(const struct whack_writer *w, const struct setting *s)
{
	return s->keyword->id != KW_ALSO && s->keyword->id != KW_ALSOFLIP && !s->by_alsoflip &&
	       s->keyword->status[w->release] != STATUS_IGNORED;
}

void whack_addconn(struct whack_writer *w, const struct ir_conn *conn)
{
	CLEANUP(buf_release) struct buf word = { 0 };

	buf_add_str(w->out, "ipsec addconn");
	whack_option_value(w->out, "--name", slice_of(conn->name));
	for (size_t i = 0; i < conn->resolved->settings.n; i++) {
		const struct setting *s = conn->resolved->settings.v[i];

		if (!is_said(w, s))
			continue;
		buf_clear(&word);
		buf_printf(&word, "%s=", schema_spelling_in(s->keyword, s->side, w->release));
		buf_add_slice(&word, s->param->value.text);
		whack_word(w->out, buf_slice(&word));
		w->out->failed |= buf_failed(&word);
	}
	whack_command_end(w);
}

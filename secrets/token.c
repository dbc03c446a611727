/* SPDX-License-Identifier: Apache-2.0 */
#include "secrets/token.h"

/* K-003: the daemon reads pieces of this size, and takes the rest for another line. */
#define LINE_MAX_BYTES	2047u

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* K-010: CR counts as white space, and a NUL ends the line. */
static struct slice visible(struct slice line)
{
	const char *nul = memchr(line.p, '\0', line.n);

	if (nul)
		line.n = (size_t)(nul - line.p);
	while (line.n && (is_blank(line.p[line.n - 1]) || line.p[line.n - 1] == '\r'))
		line.n--;
	return line;
}

/* Where the token that begins at `at` ends. K-004: quotes know no escapes. K-006: 0t takes the rest of the line. */
static size_t token_end(struct slice line, size_t at, struct token *t)
{
	size_t end = at;

	if (line.p[at] == '"' || line.p[at] == '\'' || line.p[at] == '`') {
		const char *close = memchr(line.p + at + 1, line.p[at], line.n - at - 1);

		t->quote = line.p[at];
		t->broken = !close;
		end = close ? (size_t)(close - line.p) + 1 : line.n;
		t->text = (struct slice){ line.p + at + 1, end - at - (close ? 2 : 1) };
		return end;
	}
	if (slice_starts(slice_sub(line, at, line.n), "0t"))
		end = line.n;
	while (end < line.n && !is_blank(line.p[end]))
		end++;
	if (end - at > 1 && line.p[end - 1] == ':' && !slice_starts(slice_sub(line, at, line.n), "0t"))
		end--;		/* K-007: "@east:" is two tokens */
	t->text = slice_sub(line, at, end);
	return end;
}

static void tokenize_line(struct secrets_reader *r, struct slice line, uint32_t start, struct token_list *ret)
{
	size_t at = 0;

	while (at < line.n) {
		struct token t = { 0 };
		size_t end;

		if (is_blank(line.p[at])) {
			at++;
			continue;
		}
		if (line.p[at] == '#')
			return;
		end = token_end(line, at, &t);
		t.start = start + (uint32_t)at;
		t.end = start + (uint32_t)end;
		t.first = at == 0;
		vec_push(r->arena, &ret->list, t);
		at = end;
	}
}

static void report_long_line(struct secrets_reader *r, uint32_t start)
{
	struct finding *f = diag_report(r->diag, RULE_SECRETS_LINE_TOO_LONG, secrets_span(r, start, start + 1),
					"the line is longer than %u bytes", LINE_MAX_BYTES);

	diag_note(r->diag, f, "libreswan cuts it there, and takes the rest for another line");
}

/* K-001: what is indented continues a record, and before the first there is none. */
static void skip_indented(struct secrets_reader *r, struct token_list *tokens)
{
	size_t n = 0;
	struct finding *f;

	while (n < tokens->list.n && !tokens->list.v[n].first)
		n++;
	if (n == 0)
		return;
	f = diag_report(r->diag, RULE_SECRETS_INDENTED, secrets_span(r, tokens->list.v[0].start, tokens->list.v[0].end),
			"the file begins with an indented line, which continues no entry");
	diag_note(r->diag, f, "libreswan skips everything up to the first line that is not indented");
	diag_help(r->diag, f, "begin each entry in the first column");
	tokens->list.v += n;
	tokens->list.n -= n;
	tokens->list.cap -= n;
}

void secrets_tokenize(struct secrets_reader *r, struct token_list *ret)
{
	struct slice text = r->text;

	while (text.n) {
		const char *newline = memchr(text.p, '\n', text.n);
		struct slice line = { text.p, newline ? (size_t)(newline - text.p) : text.n };
		uint32_t start = (uint32_t)(line.p - r->text.p);

		text = slice_sub(text, line.n + (newline ? 1 : 0), text.n);
		if (line.n > LINE_MAX_BYTES) {
			report_long_line(r, start);
			line.n = LINE_MAX_BYTES;
		}
		tokenize_line(r, visible(line), start, ret);
	}
	skip_indented(r, ret);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "diag/report.h"

#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include <openssl/sha.h>

#include "base/cleanup.h"
#include "diag/text.h"

const char *const severity_words[SEVERITY_COUNT] = { "error", "warning", "note" };

const struct report_format report_formats[] = {
#define FORMAT(name) { #name, report_##name },
#include "diag/formats.def"
#undef FORMAT
	{ NULL, NULL },
};

const char *const report_format_names[] = {
#define FORMAT(name) #name,
#include "diag/formats.def"
#undef FORMAT
	NULL,
};

const struct report_format *report_format_find(const char *name)
{
	for (const struct report_format *f = report_formats; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

/* --- places --- */

struct report_span report_locate(const struct report_run *run, struct span span)
{
	const struct diag_source *source = &run->diag->source;
	struct diag_place start, end;

	if (!span_known(span))
		return (struct report_span){ 0 };
	start = source->locate(source->context, span.start);
	end = source->locate(source->context, span.end);
	return (struct report_span){
		.file = start.file, .line = start.line, .column = start.column, .end_line = end.line, .end_column = end.column,
		.text = start.text, .end_text = end.text, .included_from = start.included_from,
	};
}

bool report_shows(const struct report *r, const struct finding *f)
{
	return f->severity != SEVERITY_NOTE || !r->style.quiet_notes;
}

const char *report_file_of(const struct report_run *run, const struct report_span *at)
{
	if (at->file)
		return at->file;
	return run->file_count ? run->files[0].path : "";
}

/* Takes "." and ".." and empty parts out of an absolute path, by its letters only. */
static void add_simplified(struct buf *out, const char *path)
{
	struct slice rest = slice_of(path), part;

	while (slice_split(&rest, "/", &part)) {
		if (part.n == 0 || slice_eq_str(part, "."))
			continue;
		if (slice_eq_str(part, "..")) {
			while (out->n && out->p[--out->n] != '/')
				;
			continue;
		}
		buf_add_char(out, '/');
		buf_add_slice(out, part);
	}
	buf_add_char(out, '\0');
}

void report_add_path(const struct report *r, const char *path, struct buf *out)
{
	CLEANUP(buf_release) struct buf full = { 0 };
	CLEANUP(buf_release) struct buf simple = { 0 };
	size_t n = r->base ? strlen(r->base) : 0;

	while (path[0] == '.' && path[1] == '/')
		for (path++; *path == '/'; path++)
			;
	if (!r->base || (path[0] != '/' && !r->directory)) {
		buf_add_str(out, path);
		return;
	}
	if (path[0] != '/')
		buf_printf(&full, "%s/", r->directory);
	buf_add_str(&full, path);
	if (!buf_failed(&full))
		add_simplified(&simple, full.p);
	if (buf_failed(&full) || buf_failed(&simple)) {
		out->failed = true;
		return;
	}
	while (n && r->base[n - 1] == '/')
		n--;
	if (strncmp(simple.p, r->base, n) == 0 && simple.p[n] == '/')
		buf_add_str(out, simple.p + n + 1);
	else
		buf_add_str(out, simple.p);
}

/* --- text --- */

void report_add_text(struct buf *out, const char *text)
{
	diag_add_visible(out, slice_of(text), false);
}

void report_add_xml(struct buf *out, const char *text)
{
	struct slice s = slice_of(text);

	for (size_t at = 0; at < s.n;) {
		struct glyph g = text_glyph(s, at, false);

		switch (s.p[at]) {
		case '&': buf_add_str(out, "&amp;"); break;
		case '<': buf_add_str(out, "&lt;"); break;
		case '>': buf_add_str(out, "&gt;"); break;
		case '"': buf_add_str(out, "&quot;"); break;
		case '\'': buf_add_str(out, "&apos;"); break;
		case '\t': buf_add_str(out, "&#9;"); break;
		case '\n': buf_add_str(out, "&#10;"); break;
		default: buf_add(out, g.bytes, g.size); break;
		}
		at += g.consumed;
	}
}

uint32_t report_characters(struct slice line, size_t bytes)
{
	uint32_t n = 0;

	for (size_t at = 0; at < line.n && at < bytes; n++)
		at += text_glyph(line, at, false).consumed;
	return bytes > line.n ? n + (uint32_t)(bytes - line.n) : n;
}

void report_add_remarks(const struct finding *f, const char *separator, struct buf *out)
{
	for (size_t i = 0; i < f->notes.n; i++)
		buf_printf(out, "%snote: %s", separator, f->notes.v[i]);
	for (size_t i = 0; i < f->helps.n; i++)
		buf_printf(out, "%shelp: %s", separator, f->helps.v[i]);
}

/* --- fingerprints --- */

struct subject {
	uint8_t digest[SHA256_DIGEST_LENGTH];
	size_t index;
};

static int by_digest(const void *va, const void *vb)
{
	const struct subject *a = va, *b = vb;
	int order = memcmp(a->digest, b->digest, sizeof(a->digest));

	return order ? order : a->index < b->index ? -1 : a->index > b->index;
}

static bool hash_subject(const struct report *r, const struct report_run *run, const struct finding *f, struct subject *ret)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	struct report_span at = report_locate(run, f->span);

	buf_printf(&text, "%s%c", rule_table[f->rule].id, 0);
	report_add_path(r, report_file_of(run, &at), &text);
	buf_printf(&text, "%c%s%c", 0, f->conn ? f->conn : "", 0);
	if (at.text.p)
		buf_add_slice(&text, slice_trim(at.text));
	if (buf_failed(&text))
		return false;
	SHA256((const unsigned char *)text.p, text.n, ret->digest);
	return true;
}

static void write_fingerprint(const struct subject *s, unsigned number, struct fingerprint *ret)
{
	uint8_t input[SHA256_DIGEST_LENGTH + 4], digest[SHA256_DIGEST_LENGTH];

	memcpy(input, s->digest, sizeof(s->digest));
	for (int i = 0; i < 4; i++)
		input[SHA256_DIGEST_LENGTH + i] = (uint8_t)(number >> (24 - 8 * i));
	SHA256(input, sizeof(input), digest);
	for (int i = 0; i < 16; i++)
		sprintf(ret->text + 2 * i, "%02x", digest[i]);
}

struct fingerprint *report_fingerprints(const struct report *r, size_t *ret_n)
{
	CLEANUP(cleanup_free) struct subject *subjects = NULL;
	struct fingerprint *all;
	size_t n = 0, k = 0;
	unsigned number = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->runs[i].diag->findings.n;
	*ret_n = n;
	subjects = calloc(n ? n : 1, sizeof(*subjects));
	all = n ? calloc(n, sizeof(*all)) : NULL;
	if (!subjects || !all)
		goto fail;
	for (size_t i = 0; i < r->n; i++)
		for (size_t j = 0; j < r->runs[i].diag->findings.n; j++, k++) {
			subjects[k].index = k;
			if (!hash_subject(r, &r->runs[i], r->runs[i].diag->findings.v[j], &subjects[k]))
				goto fail;
		}
	qsort(subjects, n, sizeof(*subjects), by_digest);
	for (size_t i = 0; i < n; i++) {
		bool same = i && memcmp(subjects[i].digest, subjects[i - 1].digest, sizeof(subjects[i].digest)) == 0;

		number = same ? number + 1 : 0;
		write_fingerprint(&subjects[i], number, &all[subjects[i].index]);
	}
	return all;
fail:
	free(all);
	return NULL;
}

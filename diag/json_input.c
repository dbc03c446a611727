/* SPDX-License-Identifier: Apache-2.0 */
#include "diag/json_input.h"

#include <errno.h>

#include "base/limits.h"

/* --- positions: the text is known to be well-formed here --- */

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p < end ? p + 1 : end;
}

/* Past the value at p. Nesting is counted, not recursed into. */
static const char *skip_value(const char *p, const char *end)
{
	size_t depth = 0;

	do {
		p = skip_blanks(p, end);
		if (p == end)
			return end;
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		if (depth && (*p == '}' || *p == ']'))
			depth--;
		if (strchr("{[]},:", *p)) {
			p++;
			continue;
		}
		while (p < end && !strchr(" \t\r\n{[]},:", *p))
			p++;
	} while (depth && p < end);
	return p;
}

/* A key written with escapes is not found; the finding then stands at the object. */
static bool key_is(const char *p, const char *end, const char *key)
{
	size_t n = strlen(key);

	return (size_t)(end - p) > n + 1 && memcmp(p + 1, key, n) == 0 && p[n + 1] == '"';
}

/* From the start of an object or array to the start of one of its values; NULL: not there. */
static const char *step_into(const char *p, const char *end, const struct json_step *step)
{
	char open = step->key ? '{' : '[';

	p = skip_blanks(p, end);
	if (p == end || *p != open)
		return NULL;
	p = skip_blanks(p + 1, end);
	for (size_t i = 0; p < end && *p != '}' && *p != ']'; i++) {
		bool wanted = step->key ? key_is(p, end, step->key) : i == step->index;

		if (step->key)
			p = skip_blanks(skip_blanks(skip_string(p, end), end) + 1, end);
		if (wanted)
			return p;
		p = skip_blanks(skip_value(p, end), end);
		if (p < end && *p == ',')
			p = skip_blanks(p + 1, end);
	}
	return NULL;
}

static const char *find(const struct json_input *in, const struct json_step *at)
{
	const char *end = in->text.p + in->text.n, *p, *inner;

	if (!at)
		return skip_blanks(in->text.p, end);
	p = find(in, at->up);
	inner = step_into(p, end, at);
	return inner ? inner : p;
}

static struct span span_of(const struct json_input *in, const struct json_step *at)
{
	const char *end = in->text.p + in->text.n, *start, *stop;

	if (!in->base)
		return (struct span){ 0, 0 };
	start = find(in, at);
	/* of an object or array only the bracket: the caret shall not underline a page */
	stop = start < end && (*start == '{' || *start == '[') ? start + 1 : skip_value(start, end);
	return (struct span){ in->base + (uint32_t)(start - in->text.p), in->base + (uint32_t)(stop - in->text.p) };
}

/* --- findings --- */

static void add_path(struct buf *out, const struct json_step *at)
{
	if (!at)
		return;
	add_path(out, at->up);
	if (at->key)
		buf_printf(out, "%s%s", at->up ? "." : "", at->key);
	else
		buf_printf(out, "[%zu]", at->index);
}

struct finding *json_input_report(struct json_input *in, enum rule_id rule, const struct json_step *at, const char *format, ...)
{
	struct span span = in->findings < LIMIT_FINDINGS_PER_RULE ? span_of(in, at) : (struct span){ 0, 0 };
	struct buf message = { 0 };
	struct finding *f;
	va_list args;

	if (at) {
		add_path(&message, at);
		buf_add_str(&message, ": ");
	}
	va_start(args, format);
	buf_vprintf(&message, format, args);
	va_end(args);
	f = diag_report(in->diag, rule, span, "%s", buf_failed(&message) ? "out of memory while reporting" : message.p);
	buf_release(&message);
	in->findings++;
	in->errors += f->severity == SEVERITY_ERROR;
	return f;
}

const char *json_kind(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "text";
	case JSON_INTEGER:
		return "a whole number";
	case JSON_REAL:
		return "a fraction";
	case JSON_TRUE:
	case JSON_FALSE:
		return "true or false";
	default:
		return "null";
	}
}

/* --- the document --- */

/* jansson's own words name the line again and the word near it; the caret shows both. */
static int report_syntax(struct json_input *in, const json_error_t *error)
{
	uint32_t at = error->position > 0 ? (uint32_t)error->position - 1 : 0;
	const char *near = strstr(error->text, " near '");
	struct span span = { 0, 0 };

	if (json_error_code(error) == json_error_out_of_memory)
		return -ENOMEM;
	if (in->base && in->text.n) {
		at = at < in->text.n ? at : (uint32_t)in->text.n - 1;
		span = (struct span){ in->base + at, in->base + at + 1 };
	}
	diag_report(in->diag, in->syntax_rule, span, "this is not JSON: %.*s",
		    near ? (int)(near - error->text) : (int)strlen(error->text), error->text);
	in->errors++;
	return -EINVAL;
}

int json_input_run(struct json_input *in, struct arena *arena, int (*take)(void *context, json_t *document), void *context)
{
	jmp_buf *outer = arena->on_oom, oom;
	json_error_t error;
	json_t *document;
	int r;

	if (in->text.n > in->limit) {
		diag_report(in->diag, in->limit_rule, (struct span){ 0, 0 },
			    "the document has %zu bytes, more than the %zu that are read", in->text.n,
			    in->limit);
		return -EINVAL;
	}
	document = json_loadb(in->text.p ? in->text.p : "", in->text.n, JSON_REJECT_DUPLICATES, &error);
	if (!document)
		return report_syntax(in, &error);
	/* running out of memory must not leave the document behind */
	if (setjmp(oom)) {
		json_decref(document);
		arena->on_oom = outer;
		if (outer)
			longjmp(*outer, 1);
		abort();
	}
	arena->on_oom = &oom;
	if (json_is_object(document)) {
		r = take(context, document);
	} else {
		json_input_report(in, in->syntax_rule, NULL, "the document must be an object, not %s", json_kind(document));
		r = -EINVAL;
	}
	arena->on_oom = outer;
	json_decref(document);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* json_input.h -- JSON documents as untrusted input (a plan, host facts): findings that name the value by its path and stand
 * under it.
 *
 * jansson tells a position for broken syntax only; for a value of the wrong kind the position is found again by walking the
 * text, which happens once per finding shown.
 */
#ifndef DIAG_JSON_INPUT_H
#define DIAG_JSON_INPUT_H

#include <jansson.h>

#include "diag/diag.h"

struct json_step {		/* "peers[2].lifetime": one step, linked to the one before; on the stack of whoever walks down */
	const struct json_step *up;	/* NULL: the document itself is above */
	const char *key;		/* NULL: `index` */
	size_t index;
};

struct json_input {
	struct slice text;
	uint32_t base;		/* position of text in the sources behind diag; 0: findings have no place */
	struct diag *diag;
	enum rule_id syntax_rule, limit_rule;
	size_t limit;		/* bytes */
	uint32_t findings, errors;	/* so far; errors are counted among the findings */
};

/* Parses the text and hands the document, which is an object, to `take`; frees it, also when `arena` runs out of memory inside
 * `take`. What take returned; or -EINVAL with a finding when the text is no JSON object or over the limit; -ENOMEM. */
int json_input_run(struct json_input *in, struct arena *arena, int (*take)(void *context, json_t *document), void *context);

/* New finding "PATH: TEXT" at the value. Beyond LIMIT_FINDINGS_PER_RULE of them they have no place any more, so that a hostile
 * document of nothing but mistakes does not cost quadratic time. */
struct finding *json_input_report(struct json_input *in, enum rule_id rule, const struct json_step *at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* "a number", "text", ...: what a value is, for messages. */
const char *json_kind(const json_t *value);

#endif

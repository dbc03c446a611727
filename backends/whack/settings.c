/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c -- options by the rows of the keyword table; their forms are described in whack.h. */
#include <stdio.h>

#include "backends/whack/writer.h"

bool whack_value(const struct whack_writer *w, const struct setting *s, const struct ir_conn *conn, struct value *ret)
{
	struct diag unheard;	/* the checks have reported all this */
	struct value_parser parser = {
		.arena = w->diag->arena, .diag = &unheard, .release = w->release, .keyword = s->keyword, .side = s->side,
		.key = SLICE(""), .value = s->param->value, .conn = conn ? conn->name : NULL,
	};

	diag_init(&unheard, w->diag->arena, w->diag->source);
	*ret = (struct value){ 0 };
	return value_parse(&parser, ret);
}

struct slice whack_value_word(const struct whack_writer *w, const struct setting *s, const struct value *value)
{
	if (s->keyword->type == TYPE_BOOL)
		return value->boolean ? SLICE("yes") : SLICE("no");
	if (s->keyword->type != TYPE_ENUM || !value->word)
		return s->param->value.text;
	if (s->keyword->id == KW_SENDCERT && strcmp(value->word->meaning, "sendifasked") == 0)
		return SLICE("ifasked");	/* whack's own word */
	if (!schema_value(s->keyword, slice_of(value->word->meaning), w->release))
		return slice_of(value->word->word);	/* nic-offload=yes, which later means crypto */
	return slice_of(value->word->meaning);
}

static bool is_default(const struct whack_writer *w, const struct setting *s, const struct value *value)
{
	const char *word = s->keyword->default_code[w->release];

	return word && slice_eq_nocase(whack_value_word(w, s, value), word);
}

static void add_argument(const struct whack_writer *w, const char *option, const char *argument, const struct setting *s, const struct value *value)
{
	if (strcmp(argument, "SECONDS") == 0 || strcmp(argument, "MS") == 0)
		whack_option_number(w->out, option, value->number);
	else if (strcmp(argument, "NUMBER") == 0)
		whack_option_number(w->out, option, value->number);
	else
		whack_option_value(w->out, option, whack_value_word(w, s, value));
}

bool whack_form(const struct whack_writer *w, const char *form, const struct setting *s, const struct value *value)
{
	const char *blank = strchr(form, ' ');
	size_t attached = strlen(form) - strlen("VALUE");
	char option[64];

	if (strcmp(form, "none") == 0)
		return is_default(w, s, value);
	if (strncmp(form, "no: ", strlen("no: ")) == 0) {
		if (!value->boolean)
			whack_option(w->out, form + strlen("no: "));
	} else if (blank) {
		snprintf(option, sizeof option, "%.*s", (int)(blank - form), form);
		add_argument(w, option, blank + 1, s, value);
	} else if (strlen(form) > strlen("=VALUE") && strcmp(form + attached, "VALUE") == 0) {
		struct buf word = { 0 };

		buf_printf(&word, "%.*s", (int)attached, form);
		buf_add_slice(&word, whack_value_word(w, s, value));
		whack_word(w->out, buf_slice(&word));
		w->out->failed |= buf_failed(&word);
		buf_release(&word);
	} else if (value->boolean) {
		whack_option(w->out, form);
	}
	return true;
}

static bool has_form(const char *form)
{
	return form && strcmp(form, "special") != 0 && strcmp(form, "nothing") != 0;
}

void whack_settings(struct whack_writer *w, const struct ir_conn *conn, enum side side)
{
	for (size_t i = 0; i < conn->resolved->settings.n; i++) {
		const struct setting *s = conn->resolved->settings.v[i];
		const char *form = s->keyword->whack[w->release];
		struct value value;
		char what[96];

		if (s->side != side || !has_form(form) || !whack_value(w, s, conn, &value) || whack_form(w, form, s, &value))
			continue;
		snprintf(what, sizeof what, "%s=", schema_spelling_in(s->keyword, s->side, w->release));
		whack_cannot_say(w, conn, s->param->value.span, what, NULL);
	}
}

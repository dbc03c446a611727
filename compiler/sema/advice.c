/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/sema/advice.h"

static struct finding *report(struct advice *a, enum rule_id rule, struct span span, const char *conn, const char *message)
{
	struct finding *f = diag_report(a->diag, rule, span, "%s", message);

	if (conn)
		diag_set_conn(f, conn);
	return f;
}

/* --- keywords ----------------------------------------------------------------------------------------------------------------- */

static bool known_in_all(const struct keyword *k, enum release from)
{
	for (int r = (int)from; r < RELEASE_COUNT; r++)
		if (k->status[r] != STATUS_ACTIVE && k->status[r] != STATUS_ALIAS)
			return false;
	return true;
}

static void old_name(struct advice *a, const struct setting *setting, const char *conn)
{
	const struct syntax_param *param = setting->param;
	const struct keyword *active;
	const char *name;
	struct finding *f;

	if (!param->keyword || param->keyword->status[a->release] != STATUS_ALIAS || a->old_name_told[param->keyword->id])
		return;
	active = schema_active(param->keyword, a->release);
	/* Of a name that goes away that is said (IC7006), and with it what to write. A newer name is no advice: older releases
	 * refuse it. */
	if (!active || active == param->keyword || !known_in_all(param->keyword, a->release) || !known_in_all(active, RELEASE_3_18))
		return;
	a->old_name_told[param->keyword->id] = true;
	name = schema_spelling(active, param->side);
	f = report(a, RULE_OLD_NAME, param->key_span, conn,
		   arena_printf(a->diag->arena, "'" SLICE_FMT "' is another name of '%s'", SLICE_ARG(param->key), name));
	diag_note(a->diag, f, "libreswan %s takes both", release_name(a->release));
	diag_fix(a->diag, f, true, param->key_span, name, "write '%s'", name);
}

static bool has_word(const char *list, const char *word)
{
	struct slice rest = slice_of(list), piece;

	while (slice_split(&rest, " ", &piece))
		if (slice_eq_str(piece, word))
			return true;
	return false;
}

/* The kernel stack that the file asks for: what protostack= means, or its default. */
static const char *stack_of(const struct advice *a)
{
	const struct setting *setting = resolved_setup_get(a->resolved, KW_PROTOSTACK);
	const struct keyword *k = &keyword_table[KW_PROTOSTACK];
	const struct keyword_value *word = setting ? schema_value(k, setting->param->value.text, a->release) : NULL;

	return word ? word->meaning : k->default_documented;
}

/* Says what holds without the line anyway. */
static bool says_nothing(const struct setting *setting)
{
	const struct slice text = setting->param->value.text;
	const char *without = setting->keyword->default_documented;

	return text.n == 0 || slice_eq_nocase(text, "%none") || (without && slice_eq_nocase(text, without));
}

/* From 4.0 on there is only XFRM, and the keywords that are left are for it. */
static void other_stack(struct advice *a, const struct setting *setting, const char *conn)
{
	const struct keyword *written = setting->param->keyword ? setting->param->keyword : setting->keyword;
	const char *stacks = written->stack, *stack = stack_of(a);
	const struct setting *protostack = resolved_setup_get(a->resolved, KW_PROTOSTACK);
	struct finding *f;

	if (!stacks || a->release >= RELEASE_4_10 || has_word(stacks, stack) || says_nothing(setting))
		return;
	f = report(a, RULE_OTHER_STACK, setting->param->key_span, conn,
		   arena_printf(a->diag->arena, "'" SLICE_FMT "' does nothing with the stack %s", SLICE_ARG(setting->param->key),
				stack));
	if (protostack)
		diag_related(a->diag, f, protostack->param->value.span, "the stack");
	else
		diag_note(a->diag, f, "protostack is %s when it is not written", stack);
	diag_note(a->diag, f, "ipsec.conf(5) has it for %s only", slice_eq_str(slice_of(stacks), "klips mast") ? "klips and mast" :
		  stacks);
}

void advice_keyword(struct advice *a, const struct setting *setting, const char *conn)
{
	old_name(a, setting, conn);
	other_stack(a, setting, conn);
}

/* --- values ------------------------------------------------------------------------------------------------------------------- */

static const struct old_word {
	enum keyword_id keyword;
	const char *old, *now;
} old_words[] = {
	{ KW_DPDACTION, "restart_by_peer", "restart" },		/* S-290 */
	{ KW_PROTOSTACK, "auto", "netkey" },			/* S-394 */
	{ KW_KEYINGTRIES, "0", "%forever" },			/* S-323 */
};

static void old_word(struct advice *a, const struct setting *setting, const char *conn)
{
	const struct syntax_value *text = &setting->param->value;

	for (size_t i = 0; i < sizeof(old_words) / sizeof(*old_words); i++) {
		const struct old_word *word = &old_words[i];
		struct finding *f;

		if (setting->keyword->id != word->keyword || !slice_eq_nocase(text->text, word->old))
			continue;
		f = report(a, RULE_OLD_WORD, text->span, conn,
			   arena_printf(a->diag->arena, "'" SLICE_FMT "' is an obsolete spelling of '%s'", SLICE_ARG(text->text),
					word->now));
		diag_fix(a->diag, f, true, text->span, word->now, "write '%s'", word->now);
	}
}

/* Numbers outside of low ... high, apart from `also`, are read and advised against by ipsec.conf(5). */
static const struct limit {
	enum keyword_id keyword;
	enum release before;		/* the advice is one of the releases before this one */
	uint64_t low, high, also;
	const char *note;
} limits[] = {
	{ KW_SETUP_IKEPORT, RELEASE_4_10, 500, 500, 500, "peers call port 500" },					/* S-404 */
	{ KW_NAT_IKEPORT, RELEASE_4_10, 4500, 4500, 4500, "peers call port 4500" },					/* S-413 */
	{ KW_SEEDBITS, RELEASE_COUNT, 440, UINT64_MAX, 0, "BSI wants at least 440 bits, FIPS 460" },			/* S-427 */
	{ KW_IKEV1_SECCTX_ATTR_TYPE, RELEASE_COUNT, 32001, 32001, 10,
	  "peers expect 32001, or 10 when they are old Openswan" },							/* S-429 */
	{ KW_PRIORITY, RELEASE_COUNT, 0, 65536, 0, "policies of the daemon's own have priorities up to 65536" },	/* S-368 */
	{ KW_REPLAY_WINDOW, RELEASE_4_10, 0, 64, 0, "NETKEY and KLIPS support up to 64" },				/* S-308 */
};

static void discouraged_number(struct advice *a, const struct setting *setting, uint64_t number, const char *conn)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		const struct limit *limit = &limits[i];
		struct finding *f;

		if (setting->keyword->id != limit->keyword || a->release >= limit->before || number == limit->also ||
		    (number >= limit->low && number <= limit->high))
			continue;
		f = report(a, RULE_DISCOURAGED_VALUE, setting->param->value.span, conn,
			   arena_printf(a->diag->arena, "ipsec.conf(5) advises against '" SLICE_FMT "=" SLICE_FMT "'",
					SLICE_ARG(setting->param->key), SLICE_ARG(setting->param->value.text)));
		diag_note(a->diag, f, "%s", limit->note);
	}
}

/* S-120: the daemon gives the text to a shell. */
static void shell_characters(struct advice *a, const struct setting *setting, const char *conn)
{
	const struct syntax_value *value = &setting->param->value;

	for (size_t i = 0; i < value->text.n; i++) {
		uint32_t at = value->span.start + (uint32_t)i;
		struct finding *f;

		if (!value->text.p[i] || !strchr(";&|<>$`(){}*?[]\\'!~#", value->text.p[i]))
			continue;
		f = report(a, RULE_SHELL_CHARACTER, (struct span){ at, at + 1 }, conn,
			   arena_printf(a->diag->arena, "'%c' means something to the shell that runs the command",
					value->text.p[i]));
		diag_help(a->diag, f, "put what it does into a script, and name the script here");
		return;
	}
}

void advice_value(struct advice *a, const struct setting *setting, const struct value *value, const char *conn)
{
	old_word(a, setting, conn);
	discouraged_number(a, setting, value->number, conn);
	if (setting->keyword->type == TYPE_COMMAND)
		shell_characters(a, setting, conn);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"
#include "compiler/sema/advice.h"
#include "compiler/sema/checks.h"
#include "compiler/sema/fields.h"
#include "compiler/sema/proposals.h"
#include "compiler/sema/values.h"

/* --- what has been read before --------------------------------------------------------------------------------------------------- */

/* A line that many conns share through also= or %default is read and reported once. Key: position of its value, and for proposals what
 * else they depend on. Lines of the conn itself are kept only when they are wrong. */
struct outcome {
	uint64_t key;			/* 0: the slot is free */
	bool good, error, warning, unknown;
	struct value *value;
	proposal_list proposals;
};

struct memory {
	struct outcome *slots;
	size_t n, cap;			/* cap is a power of two */
};

struct sema {
	struct arena *arena;			/* of what comes out */
	struct arena *scratch;			/* of what is remembered on the way */
	const struct resolved *resolved;
	enum release release;
	struct diag *diag;
	struct ir *ir;
	struct ir_conn defaults;
	proposal_list default_lists[4][3];	/* by protocol and IKE version */
	struct memory memory;
	struct map proposal_texts;		/* struct known_text by the text of ike=, esp=, ah= */
	struct advice advice;
	bool file_refused;
	struct finding *line_ends_refuse_file;	/* the latest one about a file's line ends that stands for that */
};

/* What is known of the conn at hand. */
struct conn_state {
	bool error, warning, unknown;
	unread_list unread;
};

static size_t slot_of(const struct memory *m, uint64_t key)
{
	size_t slot = (size_t)(key * 0x9e3779b97f4a7c15u >> 32) & (m->cap - 1);

	while (m->slots[slot].key && m->slots[slot].key != key)
		slot = (slot + 1) & (m->cap - 1);
	return slot;
}

static const struct outcome *recall(const struct memory *m, uint64_t key)
{
	const struct outcome *o = m->cap ? &m->slots[slot_of(m, key)] : NULL;

	return o && o->key ? o : NULL;
}

static void remember(struct sema *s, struct outcome outcome)
{
	struct memory *m = &s->memory;

	if (m->n * 2 >= m->cap) {
		struct memory bigger = { .cap = m->cap ? m->cap * 2 : 256, .n = m->n };

		bigger.slots = arena_new_array(s->scratch, bigger.cap, struct outcome);
		for (size_t i = 0; i < m->cap; i++)
			if (m->slots[i].key)
				bigger.slots[slot_of(&bigger, m->slots[i].key)] = m->slots[i];
		*m = bigger;
	}
	m->slots[slot_of(m, outcome.key)] = outcome;
	m->n++;
}

/* Low bits tell apart what is remembered about one position. */
enum { ABOUT_VALUE, ABOUT_KEYWORD, ABOUT_PROPOSALS = 8 };

static uint64_t key_of(const struct setting *setting, unsigned about)
{
	return (uint64_t)setting->param->key_span.start << 8 | about << 1 | 1;
}

/* --- one setting ----------------------------------------------------------------------------------------------------------------- */

static struct value_parser parser_of(struct sema *s, const struct setting *setting, const char *conn)
{
	return (struct value_parser){
		.arena = s->arena,
		.diag = s->diag,
		.release = s->release,
		.keyword = setting->keyword,
		.side = setting->side,
		.key = setting->param->key,
		.value = setting->param->value,
		.conn = conn,
		.in_default = setting->source == SOURCE_DEFAULT,
		.file_refused = &s->file_refused,
	};
}

static struct finding *report_keyword(struct sema *s, const struct setting *setting, const char *conn, enum rule_id rule, const char *what)
{
	struct slice key = setting->param->key;
	struct finding *f = diag_report(s->diag, rule, setting->param->key_span, "%s '" SLICE_FMT "'", what, SLICE_ARG(key));
	const char *better = setting->param->keyword ? setting->param->keyword->replaced_by : NULL;

	if (conn)
		diag_set_conn(f, conn);
	if (better)
		diag_help(s->diag, f, "newer releases have %s", better);
	return f;
}

/* "3.18, 3.32": the releases that know a keyword; NULL: none does. */
static const char *releases_of(struct arena *a, const struct keyword *k)
{
	char *text = NULL;

	for (unsigned r = 0; r < RELEASE_COUNT; r++)
		if (k->status[r] != STATUS_UNKNOWN && k->status[r] != STATUS_NOT_IN_FILES)
			text = text ? arena_printf(a, "%s, %s", text, release_name((enum release)r)) : arena_printf(a, "%s", release_name((enum release)r));
	return text;
}

/* auth= of 3.18 is phase2=; later releases take it for rightauth= (L-029), 5.4 for nothing. */
static void report_changed(struct sema *s, const struct setting *setting, const char *conn)
{
	const struct keyword *now = &keyword_table[KW_AUTH];
	struct slice key = setting->param->key;
	struct finding *f = diag_report(s->diag, RULE_SIDE_MISSING, setting->param->key_span, "'" SLICE_FMT "' without 'left' or 'right'",
					SLICE_ARG(key));
	const char *release = release_name(s->release);

	if (conn)
		diag_set_conn(f, conn);
	if (s->release >= RELEASE_5_4 || !schema_value(now, setting->param->value.text, s->release)) {
		s->file_refused = true;
		diag_note(s->diag, f, "libreswan %s refuses the whole file", release);
	} else {
		diag_note(s->diag, f, "libreswan %s takes it for '%s'", release, now->right);
	}
	diag_help(s->diag, f, "write %s", setting->param->keyword->replaced_by);
}

/* How the chosen release stands to the keyword as it is written (L-031, L-081). False: the line has no effect. */
static bool judge_keyword(struct sema *s, const struct setting *setting, const char *conn)
{
	const struct keyword *written = setting->param->keyword ? setting->param->keyword : setting->keyword;
	const char *release = release_name(s->release), *others;
	const struct build *build = s->ir->build, *other = build_other(build);
	struct finding *f;

	if (build->adds && strcmp(build->adds, written->name) == 0)
		return true;
	switch (written->status[s->release]) {
	case STATUS_UNKNOWN:
	case STATUS_NOT_IN_FILES:
		s->file_refused = true;
		f = report_keyword(s, setting, conn, RULE_KEYWORD_NOT_IN_RELEASE,
				   arena_printf(s->arena, "libreswan %s does not know the keyword", release));
		others = releases_of(s->arena, written);
		diag_note(s->diag, f, "libreswan %s refuses the whole file", release);
		if (others)
			diag_note(s->diag, f, "it is known to %s", others);
		if (other && other->adds && strcmp(other->adds, written->name) == 0)
			diag_note(s->diag, f, "that is %s's build, %s; it is known to %s, %s's", build->by, build->name, other->name, other->by);
		return true;
	case STATUS_IGNORED:
		report_keyword(s, setting, conn, RULE_KEYWORD_IGNORED, arena_printf(s->arena, "libreswan %s ignores the keyword", release));
		return false;
	case STATUS_CHANGED:
		report_changed(s, setting, conn);
		return false;
	default:
		break;
	}
	if (!setting->keyword->supported && !setting->param->value.damaged && setting->keyword->type != TYPE_OBSOLETE)
		report_keyword(s, setting, conn, RULE_NOT_CARRIED_YET, "the plan leaves out the keyword");
	advice_keyword(&s->advice, setting, conn);
	return true;
}

static bool check_keyword(struct sema *s, const struct setting *setting, const char *conn, struct conn_state *state)
{
	const struct outcome *known = recall(&s->memory, key_of(setting, ABOUT_KEYWORD));
	struct outcome outcome = { .key = key_of(setting, ABOUT_KEYWORD) };
	uint32_t errors = s->diag->counts[SEVERITY_ERROR], warnings = s->diag->counts[SEVERITY_WARNING];
	size_t findings = s->diag->findings.n;

	if (!known) {
		outcome.good = judge_keyword(s, setting, conn);
		outcome.error = s->diag->counts[SEVERITY_ERROR] != errors;
		outcome.warning = s->diag->counts[SEVERITY_WARNING] != warnings;
		if (s->diag->findings.n != findings)
			remember(s, outcome);
		known = &outcome;
	}
	state->error |= known->error;
	state->warning |= known->warning;
	return known->good;
}

/* --- carriage returns ------------------------------------------------------------------------------------------------------------ */

/* Whether a CR LF ends the line right behind the value: to the daemon the carriage return is its last character. */
static bool has_carriage_return(const struct syntax_value *value)
{
	return value->text.n && value->quoting == QUOTING_NONE && !value->damaged && value->text.p[value->text.n] == '\r';
}

static struct syntax_value with_carriage_return(struct syntax_value value)
{
	value.text.n++;
	value.span.end++;
	return value;
}

/* What is said of the file whose line ends concern the value. */
static struct finding *line_ends_finding(const struct sema *s, struct span value)
{
	struct finding *found = NULL;

	for (size_t i = 0; i < s->diag->findings.n; i++) {
		struct finding *f = s->diag->findings.v[i];
		uint32_t first = f->related.n ? f->related.v[0].span.start : f->span.start;

		if (f->rule == RULE_CRLF_LINE_ENDS && first <= value.end && (!found || found->span.start < f->span.start))
			found = f;
	}
	return found;
}

/* It becomes an error, at the first value for which the file or, if there is none, a conn is refused. */
static void report_carriage_return(struct sema *s, struct span value, bool file)
{
	struct finding *f = line_ends_finding(s, value);
	struct span end = { value.end, value.end + 1 };
	bool first = f && f->severity != SEVERITY_ERROR, file_before = f && f == s->line_ends_refuse_file;

	if (!f || (!first && (file_before ? !file || f->span.start < end.start : !file && f->span.start < end.start)))
		return;
	diag_set_severity(s->diag, f, SEVERITY_ERROR);
	if (first && f->span.start != end.start)
		diag_related(s->diag, f, f->span, "from here on");
	f->span = end;
	diag_caret(s->diag, f, file ? "with it this is no value, and libreswan %s refuses the whole file"
				    : "with it this is no value, and libreswan %s refuses the conn", release_name(s->release));
	if (file)
		s->line_ends_refuse_file = f;
}

/* The value once more, as the daemon reads it. True: it is refused. */
static bool refused_for_carriage_return(struct sema *s, const struct value_parser *reader)
{
	struct value_parser v = *reader;
	struct value ignored;
	struct diag silent;
	bool file = false;

	if (!has_carriage_return(&v.value))
		return false;
	diag_init(&silent, s->arena, s->diag->source);
	v.diag = &silent;
	v.file_refused = &file;
	v.value = with_carriage_return(v.value);
	value_parse(&v, &ignored);
	if (!silent.counts[SEVERITY_ERROR])
		return false;
	s->file_refused |= file;
	report_carriage_return(s, reader->value.span, file);
	return true;
}

/* The typed value, from memory or the parser. False: there is none. */
static bool read_value(struct sema *s, const struct setting *setting, const char *conn, struct value *ret, struct conn_state *state)
{
	const struct outcome *known = recall(&s->memory, key_of(setting, ABOUT_VALUE));
	struct value_parser v = parser_of(s, setting, conn);
	struct outcome outcome = { .key = key_of(setting, ABOUT_VALUE) };
	uint32_t errors = s->diag->counts[SEVERITY_ERROR], warnings = s->diag->counts[SEVERITY_WARNING];

	if (setting->param->value.damaged)
		return false;
	if (!known) {
		v.depends_on_host = &outcome.unknown;
		outcome.good = value_parse(&v, ret);
		if (outcome.good)
			advice_value(&s->advice, setting, ret, conn);
		outcome.error = s->diag->counts[SEVERITY_ERROR] != errors || refused_for_carriage_return(s, &v);
		outcome.warning = s->diag->counts[SEVERITY_WARNING] != warnings;
		if (outcome.good && setting->source != SOURCE_CONN) {
			outcome.value = arena_new(s->scratch, struct value);
			*outcome.value = *ret;
		}
		if (!outcome.good || outcome.warning || outcome.error || outcome.value)
			remember(s, outcome);
		known = &outcome;
	} else if (known->good && known->value) {
		*ret = *known->value;
	} else if (known->good) {	/* read for its own conn, with a remark: the same again, but in silence */
		struct diag silent;

		diag_init(&silent, s->arena, s->diag->source);
		v.diag = &silent;
		value_parse(&v, ret);
	}
	state->error |= known->error;
	state->warning |= known->warning;
	state->unknown |= known->unknown;
	return known->good;
}

/* --- proposals ------------------------------------------------------------------------------------------------------------------- */

static void report_problem(struct sema *s, const struct setting *setting, const char *conn, const struct proposal_problem *p)
{
	uint32_t base = setting->param->value.span.start;
	struct finding *f = diag_report(s->diag, p->rule, (struct span){ base + (uint32_t)p->from, base + (uint32_t)p->to }, "%s", p->message);

	diag_set_conn(f, conn);
	diag_set_severity(s->diag, f, p->fatal ? SEVERITY_ERROR : SEVERITY_WARNING);
	if (p->label)
		diag_caret(s->diag, f, "%s", p->label);
	if (p->fatal)
		diag_note(s->diag, f, "libreswan %s refuses the conn", release_name(s->release));
	if (p->help)
		diag_help(s->diag, f, "%s", p->help);
}

/* A text without a mistake means the same wherever it stands, and most conns of a large file say the same few. */
struct known_text {
	unsigned variant;
	proposal_list proposals;
	const struct known_text *next;	/* another variant of the same text */
};

static const struct known_text *recall_text(const struct sema *s, struct slice text, unsigned variant)
{
	const struct known_text *k = map_get(&s->proposal_texts, text);

	while (k && k->variant != variant)
		k = k->next;
	return k;
}

static void remember_text(struct sema *s, struct slice text, struct known_text known)
{
	struct known_text *k = arena_new(s->scratch, struct known_text);

	*k = known;
	k->next = map_get(&s->proposal_texts, text);
	map_set(&s->proposal_texts, text, k);
}

static void read_proposals(struct sema *s, const struct setting *setting, const struct ir_conn *c, enum ipsec_protocol protocol,
			   proposal_list *ret, struct conn_state *state)
{
	unsigned variant = ABOUT_PROPOSALS + (unsigned)protocol * 4 + (c->ike_version == 2) * 2u + c->pfs;
	const struct outcome *known = recall(&s->memory, key_of(setting, variant));
	const struct syntax_value *value = &setting->param->value;
	const struct known_text *same = known ? NULL : recall_text(s, value->text, variant);
	struct proposal_text in = { value->text, protocol, s->release, c->ike_version, c->pfs };
	struct outcome outcome = { .key = key_of(setting, variant) };
	proposal_problems problems = { 0 };
	bool refused = false;

	if (same && !has_carriage_return(value)) {
		*ret = same->proposals;
		return;
	}
	if (!known) {
		outcome.good = proposals_parse(s->arena, &in, &outcome.proposals, &problems);
		if (outcome.good)
			proposals_expand(s->arena, s->release, c->ike_version, &outcome.proposals);
		if (outcome.good && has_carriage_return(value)) {
			report_carriage_return(s, value->span, false);	/* it belongs to the name of the last algorithm */
			refused = true;
		}
		for (size_t i = 0; i < problems.n; i++)
			report_problem(s, setting, c->name, &problems.v[i]);
		outcome.error = !outcome.good || refused;
		outcome.warning = problems.n > 0;
		if (outcome.good && problems.n == 0 && !refused)
			remember_text(s, value->text, (struct known_text){ variant, outcome.proposals, NULL });
		else
			remember(s, outcome);
		known = &outcome;
	}
	if (known->good)
		*ret = known->proposals;
	state->error |= known->error;
	state->warning |= known->warning;
}

/* esp= and ah= share one text up to 4.x, read for the protocol that phase2= names (P-068); from 5.3 on ah= itself selects AH. */
static const struct setting *child_setting(const struct sema *s, struct ir_conn *c)
{
	const struct setting *esp = resolved_get(c->resolved, KW_ESP, SIDE_NONE), *ah = resolved_get(c->resolved, KW_AH, SIDE_NONE);

	if (ah && !esp && s->release >= RELEASE_5_4)
		c->protocol = PROTOCOL_AH;
	return esp ? esp : ah;
}

static void fill_proposals(struct sema *s, struct ir_conn *c, struct conn_state *state)
{
	const struct setting *ike = resolved_get(c->resolved, KW_IKE, SIDE_NONE), *child = child_setting(s, c);

	c->ike = s->default_lists[PROTOCOL_IKE][c->ike_version];
	c->phase2 = s->default_lists[c->protocol][c->ike_version];
	if (ir_is_shunt(c))
		return;		/* section 2: the text is not looked at */
	if (ike && ike->param->value.text.n && !ike->param->value.damaged && !c->auth_never) {
		c->ike_written = true;
		read_proposals(s, ike, c, PROTOCOL_IKE, &c->ike, state);
	}
	if (child && child->param->value.text.n && !child->param->value.damaged) {
		c->phase2_written = true;
		read_proposals(s, child, c, c->protocol, &c->phase2, state);
	}
}

/* --- one conn -------------------------------------------------------------------------------------------------------------------- */

static void complete(struct sema *s, struct ir_conn *c)
{
	const struct resolved_conn *r = c->resolved;

	/* 4.0 and later take ECDSA along when authby= is not written */
	if (!resolved_get(r, KW_AUTHBY, SIDE_NONE) && s->release >= RELEASE_4_10 && c->ike_version == 2) {
		c->auth_ecdsa = true;
		c->signatures |= PLAN_SIGN_ECDSA;
	}
	c->nat_keepalive = c->nat_keepalive ? s->ir->setup.nat_keepalive : 0;
	if (c->replay_window == 0 && s->release >= RELEASE_4_10)
		c->esn = PLAN_NO;	/* P-101, C-197 */
	for (int side = 0; side < 2; side++) {
		struct ir_end *end = &c->end[side];

		/* one element of subnets= is what subnet= would be; products are for lowering (E-003) */
		if (!end->has_subnet && !end->virtual_subnet && end->subnets.n == 1) {
			end->has_subnet = end->subnet_of_list = true;
			end->subnet = end->subnets.v[0];
		}
	}
}

/* S-201, S-389: %myid is what config setup says, and without it the address of the end, as an identity that is not written. */
static void take_myid(struct sema *s, struct ir_conn *c, struct conn_state *state)
{
	const struct setting *myid = resolved_setup_get(s->resolved, KW_MYID);
	struct value value;

	for (int side = 0; side < 2; side++) {
		const struct setting *id = resolved_get(c->resolved, KW_ID, (enum side)side);

		if (id && myid && slice_eq_nocase(id->param->value.text, "%myid") && schema_value(id->keyword, SLICE("%myid"), s->release) &&
		    read_value(s, myid, NULL, &value, state))
			c->end[side].id = value.id;
	}
}

/* L-076: before 5 several subnets= of a conn, and of what it includes, are one list. */
static void join_subnets(struct sema *s, const struct setting *setting, const char *conn, struct value *value, struct conn_state *state)
{
	struct value all = { 0 }, more = *value;
	const struct setting *next = setting->loser;

	for (;;) {
		for (size_t i = 0; i < more.prefixes.n; i++)
			vec_push(s->arena, &all.prefixes, more.prefixes.v[i]);
		while (next && next->source != SOURCE_DEFAULT && !read_value(s, next, conn, &more, state))
			next = next->loser;
		if (!next || next->source == SOURCE_DEFAULT)
			break;
		next = next->loser;
	}
	memcpy(&value->prefixes, &all.prefixes, sizeof(value->prefixes));
}

static struct ir_conn *build_conn(struct sema *s, const struct resolved_conn *r, struct conn_state *state)
{
	struct ir_conn *c = arena_new(s->arena, struct ir_conn);
	const struct setting *keyexchange = resolved_get(r, KW_KEYEXCHANGE, SIDE_NONE);

	*c = s->defaults;
	c->name = r->name;
	c->resolved = r;
	c->span = r->section ? r->section->name.span : (struct span){ 0, 0 };
	c->is_template = r->is_template;
	state->error = r->broken;
	for (size_t i = 0; i < r->settings.n; i++) {
		const struct setting *setting = r->settings.v[i];
		struct value value;

		if (setting->keyword->section != SECTION_CONN || !check_keyword(s, setting, c->name, state))
			continue;
		if (!read_value(s, setting, c->name, &value, state)) {
			vec_push(s->scratch, &state->unread, (struct unread){ setting->keyword->id, setting->side });
			continue;
		}
		if (setting->keyword->id == KW_IKEV2 && keyexchange && s->release >= RELEASE_5_0 &&
		    !slice_eq_nocase(keyexchange->param->value.text, "ike"))
			continue;	/* A.8: keyexchange= wins */
		if (setting->keyword->id == KW_SUBNETS && setting->loser && s->release < RELEASE_5_0)
			join_subnets(s, setting, c->name, &value, state);
		fields_apply(c, setting->keyword, setting->side, &value);
	}
	complete(s, c);
	take_myid(s, c, state);
	fill_proposals(s, c, state);
	return c;
}

struct span ir_origin(const struct ir_conn *c, enum keyword_id id, enum side side)
{
	const struct setting *setting = c->resolved ? resolved_get(c->resolved, id, side) : NULL;

	return setting ? setting->param->value.span : (struct span){ 0, 0 };
}

static void run_checks(struct sema *s, const struct ir_conn *c, struct conn_state *state)
{
	struct check k = {
		.arena = s->arena, .ir = s->ir, .conn = c, .resolved = s->resolved, .diag = s->diag, .release = s->release,
		.unread = &state->unread,
	};

	checks_run(&k);
	state->error |= k.refused;
	state->warning |= k.warned;
}

/* --- verdicts -------------------------------------------------------------------------------------------------------------------- */

/* Does the release refuse the whole file for what an earlier pass has found? The reader gives up at the first line that it cannot read, and
 * loads nothing; what concerns one conn only, resolved_conn.broken tells. */
static bool refuses_file(const struct sema *s, const struct finding *f)
{
	switch (f->rule) {
	case RULE_DUPLICATE_KEYWORD:	/* L-072 ... L-075 */
	case RULE_UNSAFE_CONN_NAME:	/* L-022 */
	case RULE_DUPLICATE_CONN:	/* L-083 */
	case RULE_DUPLICATE_SETUP:	/* L-084 */
		return false;
	case RULE_SIDE_MISSING:		/* L-029 */
	case RULE_ALSO_IN_DEFAULT:	/* L-097 */
	case RULE_ALSOFLIP_WITHOUT_EFFECT:	/* L-099 */
		return s->release >= RELEASE_5_0;
	case RULE_MISPLACED_KEYWORD:	/* L-079, L-080 */
		return !f->conn || s->release >= RELEASE_5_0;
	case RULE_INCLUDE_CYCLE:	/* L-067 */
	case RULE_INCLUDE_TOO_DEEP:
		return s->release == RELEASE_3_18;
	default:
		return strncmp(rule_table[f->rule].id, "IC21", 4) != 0;		/* also= and %default */
	}
}

/* Before this pass adds any. */
static void judge_earlier_findings(struct sema *s)
{
	for (size_t i = 0; i < s->diag->findings.n; i++)
		if (s->diag->findings.v[i]->severity == SEVERITY_ERROR && refuses_file(s, s->diag->findings.v[i]))
			s->file_refused = true;
}

/* What is said about a conn by name counts as a warning at least. */
static void add_findings(struct sema *s, struct conn_state *states)
{
	struct map by_name;

	map_init(&by_name, s->scratch);
	for (size_t i = s->ir->conns.n; i > 0; i--)
		map_set(&by_name, slice_of(s->ir->conns.v[i - 1]->name), &states[i - 1]);
	for (size_t i = 0; i < s->diag->findings.n; i++) {
		const struct finding *f = s->diag->findings.v[i];
		struct conn_state *state = f->conn ? map_get(&by_name, slice_of(f->conn)) : NULL;

		if (state)
			state->warning |= f->severity != SEVERITY_NOTE;
	}
}

static enum ir_verdict verdict_of(const struct sema *s, const struct conn_state *state)
{
	if (state->error || s->file_refused)
		return VERDICT_WILL_NOT_LOAD;
	if (state->unknown)
		return VERDICT_UNKNOWN;
	return state->warning ? VERDICT_LOADS_WITH_WARNINGS : VERDICT_LOADS;
}

/* --- all ------------------------------------------------------------------------------------------------------------------------- */

static void read_setup(struct sema *s)
{
	struct conn_state state = { 0 };

	fields_setup_defaults(s->arena, s->release, s->diag, &s->ir->setup);
	s->ir->setup.ikev1_policy = s->ir->build->accepts_ikev1 ? PLAN_YES : PLAN_NO;
	for (size_t i = 0; i < s->resolved->setup.n; i++) {
		const struct setting *setting = s->resolved->setup.v[i];
		struct value value;

		if (setting->keyword->section == SECTION_SETUP && check_keyword(s, setting, NULL, &state) &&
		    read_value(s, setting, NULL, &value, &state))
			fields_apply_setup(&s->ir->setup, setting->keyword, &value);
	}
}

/* connalias= in %default ends 4.10's addconn with a failed assertion, in copy_conn_default() (run). */
static void report_deadly_default(struct sema *s, const struct setting *setting)
{
	struct finding *f;

	if (setting->keyword->id != KW_CONNALIAS || s->release != RELEASE_4_10)
		return;
	s->file_refused = true;
	f = diag_report(s->diag, RULE_DEFAULT_CONNALIAS, setting->param->key_span, "libreswan 4.10 dies of connalias= in conn %%default");
	diag_help(s->diag, f, "write it in the conns themselves");
}

/* Lines of %default that every conn hides are still read by the release, and refused with the file (C-006). */
static void read_unused_defaults(struct sema *s)
{
	struct conn_state state = { 0 };

	for (size_t i = 0; i < s->resolved->defaults.n; i++) {
		const struct setting *setting = s->resolved->defaults.v[i];
		struct value value;

		report_deadly_default(s, setting);
		if (setting->keyword->section == SECTION_CONN && check_keyword(s, setting, NULL, &state))
			read_value(s, setting, NULL, &value, &state);
	}
}

static void prepare_defaults(struct sema *s)
{
	static const enum ipsec_protocol protocols[] = { PROTOCOL_IKE, PROTOCOL_AH, PROTOCOL_ESP };

	fields_defaults(s->arena, s->release, s->diag, &s->defaults);
	for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
		for (unsigned version = 1; version <= 2; version++)
			proposals_default(s->arena, protocols[i], s->release, version, &s->default_lists[protocols[i]][version]);
}

struct ir *sema(struct arena *a, const struct resolved *resolved, const struct build *build, struct diag *diag)
{
	enum release release = build->release;
	struct sema s = {
		.arena = a, .scratch = arena_scratch(a), .resolved = resolved, .release = release, .diag = diag, .ir = arena_new(a, struct ir),
	};
	struct conn_state *states = arena_new_array(s.scratch, resolved->conns.n + 1, struct conn_state);
	bool *refused = arena_new_array(s.scratch, resolved->conns.n + 1, bool);

	map_init(&s.proposal_texts, s.scratch);
	s.advice = (struct advice){ .diag = diag, .resolved = resolved, .release = release };
	judge_earlier_findings(&s);
	s.ir->release = release;
	s.ir->build = build;
	prepare_defaults(&s);
	read_setup(&s);
	checks_setup(resolved, release, diag, &s.file_refused);
	read_unused_defaults(&s);
	vec_reserve(a, &s.ir->conns, resolved->conns.n);
	for (size_t i = 0; i < resolved->conns.n; i++)
		vec_push(a, &s.ir->conns, build_conn(&s, &resolved->conns.v[i], &states[i]));
	for (size_t i = 0; i < s.ir->conns.n; i++) {
		run_checks(&s, s.ir->conns.v[i], &states[i]);
		refused[i] = states[i].error;
	}
	checks_between(s.scratch, s.ir, diag, refused);
	add_findings(&s, states);
	for (size_t i = 0; i < s.ir->conns.n; i++) {
		states[i].error |= refused[i];
		s.ir->conns.v[i]->verdict = verdict_of(&s, &states[i]);
	}
	s.ir->file_refused = s.file_refused;
	arena_scratch_end(s.scratch);
	return s.ir;
}

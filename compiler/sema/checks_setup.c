/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about config setup as a whole (section A.12 of the C-rules). */
#include "compiler/sema/checks.h"

struct setup {
	const struct resolved *resolved;
	struct diag *diag;
	enum release release;
	bool *file_refused;
};

static const struct setting *get(const struct setup *s, enum keyword_id id)
{
	return resolved_setup_get(s->resolved, id);
}

static bool says(const struct setup *s, enum keyword_id id, const char *word)
{
	const struct setting *setting = get(s, id);

	return setting && slice_eq_nocase(setting->param->value.text, word);
}

static struct finding *report(const struct setup *s, enum rule_id rule, const struct setting *where, const char *message)
{
	return diag_report(s->diag, rule, where->param->value.span, "%s", message);
}

/* C-343 */
static void check_listening(const struct setup *s)
{
	const struct setting *udp = get(s, KW_LISTEN_UDP), *tcp = get(s, KW_LISTEN_TCP);
	struct finding *f;

	if (!says(s, KW_LISTEN_UDP, "no") || says(s, KW_LISTEN_TCP, "yes"))
		return;
	f = report(s, RULE_LISTENS_NOWHERE, udp, "pluto listens neither on UDP nor on TCP");
	if (tcp)
		diag_related(s->diag, f, tcp->param->value.span, "and this is off too");
	diag_note(s->diag, f, "no conn can be started, and no peer answered");
}

/* C-226, C-355, S-445, S-446, S-486: a keyword that does nothing, or not enough, alone. */
static void check_companions(const struct setup *s)
{
	static const struct {
		enum keyword_id id;
		const char *unless;		/* the value that needs nobody */
		enum keyword_id needs;
	} companions[] = {
		{ KW_GLOBAL_REDIRECT, "no", KW_GLOBAL_REDIRECT_TO }, { KW_OCSP_URI, "", KW_OCSP_TRUSTNAME },
		{ KW_OCSP_TRUSTNAME, "", KW_OCSP_URI }, { KW_PERPEERLOGDIR, "", KW_PERPEERLOG },
	};

	for (size_t i = 0; i < sizeof companions / sizeof *companions; i++) {
		const struct setting *setting = get(s, companions[i].id);
		struct finding *f;

		if (!setting || slice_eq_nocase(setting->param->value.text, companions[i].unless) || get(s, companions[i].needs) ||
		    setting->keyword->status[s->release] != STATUS_ACTIVE)
			continue;
		f = report(s, RULE_SETTING_ALONE, setting, "this needs another setting beside it");
		diag_help(s->diag, f, "add %s=, or take the line out", keyword_table[companions[i].needs].name);
	}
}

/* C-352, C-353, C-361: 5.4 does not start with a number outside of these ranges; before, they are taken or ignored. */
static void check_ranges_of_setup(const struct setup *s)
{
	static const struct {
		enum keyword_id id;
		uint64_t min, max;
		bool refused;
	} ranges[] = {
		{ KW_IKE_SOCKET_BUFSIZE, 1, INT32_MAX, true }, { KW_KEEP_ALIVE, 1, 86400, false },
	};

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		const struct setting *setting = get(s, ranges[i].id);
		struct finding *f;
		uint64_t number;

		if (!setting || slice_to_u64(setting->param->value.text, UINT32_MAX, &number) < 0 ||
		    (number >= ranges[i].min && number <= ranges[i].max))
			continue;
		f = report(s, RULE_SETUP_OUT_OF_RANGE, setting, "the number is out of range");
		diag_caret(s->diag, f, "%llu to %llu", (unsigned long long)ranges[i].min, (unsigned long long)ranges[i].max);
		if (!ranges[i].refused || s->release < RELEASE_5_4)
			continue;
		diag_set_severity(s->diag, f, SEVERITY_ERROR);
		diag_note(s->diag, f, "libreswan %s refuses the whole file", release_name(s->release));
		*s->file_refused = true;
	}
}

static bool is_excluded(struct slice entry)
{
	return entry.n > 4 && entry.p[4] == '!';
}

/* C-339, S-419: what is let in by %priv must not be what is here. */
static void check_virtual_private(const struct setup *s)
{
	const struct setting *networks = get(s, KW_VIRTUAL_PRIVATE);
	struct slice rest = networks ? networks->param->value.text : (struct slice){ "", 0 }, entry;

	while (slice_split(&rest, ", \t", &entry)) {
		struct slice net = entry.n > 4 ? slice_sub(entry, 4, entry.n) : entry;

		if (is_excluded(entry) || !(slice_eq_str(net, "0.0.0.0/0") || slice_eq_str(net, "::/0")))
			continue;
		report(s, RULE_VIRTUAL_PRIVATE_ALL, networks, "clients may claim every address, those of other networks too");
		return;
	}
}

void checks_setup(const struct resolved *resolved, enum release release, struct diag *diag, bool *file_refused)
{
	const struct setup s = { resolved, diag, release, file_refused };

	check_listening(&s);
	check_companions(&s);
	check_ranges_of_setup(&s);
	check_virtual_private(&s);
}

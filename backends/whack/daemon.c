/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.c -- config setup as the command line of pluto: whack cannot set it. */
#include "backends/whack/writer.h"

static void report(struct whack_writer *w, const struct setting *s)
{
	struct finding *f = diag_report(w->diag, RULE_WHACK_DAEMON_OPTION, s->param->key_span, "pluto of libreswan %s has no option for %s=",
					release_name(w->release), s->keyword->name);

	diag_help(w->diag, f, "leave it in the ipsec.conf that pluto itself reads");
}

/* Words of keywords that have an option each. */
static const struct { enum keyword_id id; const char *word, *option; } word_options[] = {
	{ KW_PROTOSTACK, "netkey", "--use-netkey" }, { KW_PROTOSTACK, "xfrm", "--use-xfrm" }, { KW_PROTOSTACK, "klips", "--use-klips" },
	{ KW_PROTOSTACK, "mast", "--use-mast" }, { KW_PROTOSTACK, "bsdkame", "--use-bsdkame" },
	{ KW_DDOS_MODE, "busy", "--force-busy" }, { KW_DDOS_MODE, "unlimited", "--force-unlimited" },
	{ KW_IKEV1_POLICY, "reject", "--ikev1-reject" }, { KW_IKEV1_POLICY, "drop", "--ikev1-drop" },
	{ KW_SECCOMP, "enabled", "--seccomp-enabled" }, { KW_SECCOMP, "tolerant", "--seccomp-tolerant" },
};

static bool add_word(const struct whack_writer *w, const struct setting *s, const struct value *value)
{
	const char *word = value->word ? value->word->meaning : "";

	for (size_t i = 0; i < sizeof word_options / sizeof *word_options; i++) {
		if (word_options[i].id == s->keyword->id && strcmp(word_options[i].word, word) == 0) {
			whack_option(w->out, word_options[i].option);
			return true;
		}
	}
	return whack_form(w, "none", s, value);
}

/* 3.18: --debug-raw --debug-crypt */
static bool add_debug(const struct whack_writer *w, const struct value *value)
{
	for (size_t i = 0; i < value->words.n; i++)
		buf_printf(w->out, " --debug-%s", value->words.v[i]->word);
	return true;
}

static bool add_argument(const struct whack_writer *w, const struct setting *s, const struct value *value)
{
	const char *form = s->keyword->daemon[w->release];

	if (!form || strcmp(form, "special") != 0)
		return whack_form(w, form ? form : "none", s, value);
	return s->keyword->type == TYPE_FLAGS ? add_debug(w, value) : add_word(w, s, value);
}

void whack_daemon_arguments(struct whack_writer *w, struct buf *out)
{
	struct whack_writer into = *w;

	into.out = out;
	for (size_t i = 0; w->resolved && i < w->resolved->setup.n; i++) {
		const struct setting *s = w->resolved->setup.v[i];
		const char *form = s->keyword->daemon[w->release];
		enum keyword_status status = s->keyword->status[w->release];
		struct value value;

		if (status == STATUS_IGNORED || (form && strcmp(form, "nothing") == 0) || !whack_value(w, s, NULL, &value))
			continue;
		if (!add_argument(&into, s, &value))
			report(w, s);
	}
	w->out->failed |= buf_failed(out);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ipsecc/command.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/nearest.h"

static const char *const color_words[] = { [COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never", NULL };
static const char *const fail_on_words[] = { "error", "warning", "note", "never", NULL };
static const char *const phase_words[] = { "up", "route", NULL };
#define BACKEND(name) #name,
static const char *const target_words[] = {
#include "backends/backends.def"
	NULL
};
#undef BACKEND
/* Not all: each X.Y is one, too. */
static const char *const dialect_words[] = { "auto", "libreswan-3", "libreswan-4", "libreswan-5", NULL };

const struct option_entry option_table[OPTION_COUNT] = {
	[OPTION_PROJECT] = { "project", 0, "FILE", NULL, "the project file (default: the nearest .ipsecc.yaml upwards), or none" },
	[OPTION_DIALECT] = { "dialect", 0, "DIALECT", dialect_words,
			     "the release whose rules hold: auto, libreswan-3, libreswan-4, libreswan-5, or X.Y such as 4.10", .open = true },
	[OPTION_ROOT] = { "root", 0, "DIR", NULL, "look absolute includes and default files up below DIR" },
	[OPTION_STDIN_FILENAME] = { "stdin-filename", 0, "NAME", NULL, "what to call standard input in findings" },
	[OPTION_HOST_FACTS] = { "host-facts", 0, "FILE", NULL, "what is known of the host, as 'ipsecc facts' writes it" },
	[OPTION_IMPLICIT_CONNS] = { "implicit-conns", 0, NULL, NULL,
				    "make the conns that the manual calls implicit (private, clear, ...), though no release has them" },
	[OPTION_SECRETS] = { "secrets", 0, "FILE", NULL,
		"where the secrets lie (default: check NAME.secrets beside NAME.conf, compile /etc/ipsec.secrets)" },
	[OPTION_NO_SECRETS] = { "no-secrets", 0, NULL, NULL, "read no secrets, not even those beside the configuration" },
	[OPTION_FORMAT] = { "format", 0, "FORMAT", NULL, "form of the output" },
	[OPTION_ERROR] = { "error", 0, "RULE,...", NULL,
		"make these rules errors: IC5001, same-traffic, or a prefix such as IC50" },
	[OPTION_WARN] = { "warn", 0, "RULE,...", NULL, "make them warnings" },
	[OPTION_IGNORE] = { "ignore", 0, "RULE,...", NULL, "do not show them" },
	[OPTION_BASELINE] = { "baseline", 0, "FILE", NULL, "findings that are known: only others are shown and counted" },
	[OPTION_WRITE_BASELINE] = { "write-baseline", 0, NULL, NULL, "write what is found into the baseline" },
	[OPTION_PRUNE_BASELINE] = { "prune-baseline", 0, NULL, NULL, "forget findings of the baseline that are gone" },
	[OPTION_FIX] = { "fix", 0, NULL, NULL, "correct what can be corrected without changing what is meant, then check" },
	[OPTION_UNSAFE_FIXES] = { "unsafe-fixes", 0, NULL, NULL, "with --fix or --diff: also what may not be what was meant" },
	[OPTION_JOBS] = { "jobs", 'j', "N", NULL, "check so many configurations at once (default: as many as there are cores)" },
	[OPTION_FAIL_ON] = { "fail-on", 0, "SEVERITY", fail_on_words,
			     "exit with 1 at findings of this severity or above (default warning)" },
	[OPTION_ORIGIN] = { "origin", 0, NULL, NULL, "show where each value comes from, and what it hides" },
	[OPTION_TARGET] = { "target", 0, "TARGET", target_words, "what to make of the plan" },
	[OPTION_PHASE] = { "phase", 0, "PHASE", phase_words, "the moment that is shown: conns are up (default), or only routed" },
	[OPTION_STRICT] = { "strict", 0, NULL, NULL, "what ipsec-run installs: nothing goes out in clear while an SA is missing" },
	[OPTION_DAEMON_ARGS] = { "daemon-args", 0, NULL, NULL, "whack: config setup as the arguments of pluto, in one line for a shell" },
	[OPTION_OUTPUT] = { "output", 'o', "FILE", NULL, "write to FILE, which is replaced only when all went well" },
	[OPTION_APPLY] = { "apply", 0, NULL, NULL, "put the policies into this host's kernel: all of them, or none" },
	[OPTION_ALLOW_LOCKOUT] = { "allow-lockout", 0, NULL, NULL, "with --apply: also what would end the SSH session it runs in" },
	[OPTION_CONFIRM] = { "confirm", 0, "SECONDS", NULL, "with --apply: take the change back unless Enter is pressed within SECONDS" },
	[OPTION_CHECK] = { "check", 0, NULL, NULL, "print the names of files that would change; exit with 1 if there are any" },
	[OPTION_DIFF] = { "diff", 0, NULL, NULL, "print what would change; exit with 1 if anything would" },
	[OPTION_WRITE] = { "write", 0, NULL, NULL, "write the files back" },
	[OPTION_LIVE] = { "live", 0, NULL, NULL, "in place of A or B: what the kernel has now" },
	[OPTION_COLOR] = { "color", 0, "WHEN", color_words, "colour the output (default auto: on a terminal, without NO_COLOR)" },
	[OPTION_QUIET] = { "quiet", 'q', NULL, NULL, "say less" },
	[OPTION_VERBOSE] = { "verbose", 'v', NULL, NULL, "say more" },
	[OPTION_HELP] = { "help", 'h', NULL, NULL, "show this" },
};

#define LONG_ONLY 256	/* getopt_long's answers: a letter, or LONG_ONLY + enum option_id */

struct getopt_tables {
	struct option longs[OPTION_COUNT + 1];
	char letters[2 * OPTION_COUNT + 2];
};

static void make_tables(const struct command *command, struct getopt_tables *t)
{
	size_t n = 0, letters = 0;

	*t = (struct getopt_tables){ 0 };
	t->letters[letters++] = ':';		/* a missing argument is told from an unknown option */
	for (int id = 0; id < OPTION_COUNT; id++) {
		const struct option_entry *o = &option_table[id];

		if (!(command->options & BIT(id)))
			continue;
		t->longs[n++] = (struct option){ o->name, o->argument ? required_argument : no_argument, NULL, LONG_ONLY + id };
		if (!o->letter)
			continue;
		t->letters[letters++] = o->letter;
		if (o->argument)
			t->letters[letters++] = ':';
	}
}

static int option_of(int answer)
{
	if (answer >= LONG_ONLY)
		return answer - LONG_ONLY;
	for (int id = 0; id < OPTION_COUNT; id++)
		if (option_table[id].letter == answer)
			return id;
	return OPTION_COUNT;
}

static int word_index(const char *const *words, const char *word)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

void add_choice(struct buf *out, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		buf_printf(out, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

/* Checks one value against the words it may be. */
static bool check_words(const char *option, const char *value, const char *const *words)
{
	CLEANUP(buf_release) struct buf list = { 0 };

	if (!words || word_index(words, value) >= 0)
		return true;
	add_choice(&list, words);
	complain("--%s is %s, not '%s'", option, list.p ? list.p : "", value);
	return false;
}

/* Takes a list of rules and prefixes. */
static bool weigh_rules(const char *option, const char *value, enum policy_level level, struct policy *policy)
{
	struct slice rest = slice_of(value), selector;

	while (slice_split(&rest, ",", &selector)) {
		const char *nearest;

		selector = slice_trim(selector);
		if (policy_set(policy, selector, level))
			continue;
		nearest = rule_nearest(selector);
		if (nearest)
			complain("--%s: '" SLICE_FMT "' is no rule; did you mean '%s'?", option, SLICE_ARG(selector), nearest);
		else
			complain("--%s: '" SLICE_FMT "' is no rule and no prefix of rules; 'ipsecc rules' lists them", option,
				 SLICE_ARG(selector));
		return false;
	}
	return true;
}

static bool take_option(const struct command *command, int id, const char *value, struct arguments *args)
{
	const struct option_entry *o = &option_table[id];

	if (id == OPTION_FORMAT && !check_words(o->name, value, command->formats))
		return false;
	if (!o->open && !check_words(o->name, value, o->words))
		return false;
	args->value[id] = o->argument ? value : o->name;
	switch (id) {
	case OPTION_ERROR:
		return weigh_rules(o->name, value, POLICY_ERROR, &args->policy);
	case OPTION_WARN:
		return weigh_rules(o->name, value, POLICY_WARNING, &args->policy);
	case OPTION_IGNORE:
		return weigh_rules(o->name, value, POLICY_IGNORE, &args->policy);
	default:
		return true;
	}
}

static bool check_operands(const struct command *command, const struct arguments *args)
{
	if (args->n >= command->min_operands && (command->max_operands < 0 || args->n <= command->max_operands))
		return true;
	if (args->n < command->min_operands)
		complain("%s: missing operand; usage: ipsecc %s %s", command->name, command->name, command->operands);
	else
		complain("%s: '%s' is one operand too many; usage: ipsecc %s%s%s", command->name,
			 args->operands[command->max_operands], command->name, command->operands[0] ? " " : "", command->operands);
	return false;
}

/* What getopt_long() did not take, as typed: "--fromat=json", or one of the letters of "-qx". */
static void complain_option(const struct command *command, const char *typed)
{
	struct nearest nearest = nearest_to(slice_sub(slice_of(typed), 2, strcspn(typed, "=")));

	if (optopt >= LONG_ONLY) {
		complain("--%s takes no argument", option_table[optopt - LONG_ONLY].name);
		return;
	}
	if (optopt) {
		complain("-%c is no option of %s; see 'ipsecc %s --help'", optopt, command->name, command->name);
		return;
	}
	for (int id = 0; id < OPTION_COUNT; id++)
		if (command->options & BIT(id))
			nearest_offer(&nearest, option_table[id].name, &option_table[id]);
	if (nearest.name)
		complain("%s is no option of %s; did you mean --%s?", typed, command->name, nearest.name);
	else
		complain("%s is no option of %s; see 'ipsecc %s --help'", typed, command->name, command->name);
}

/* getopt_long() keeps operands that it passed over right before the option it returns, which began at `start` if there are none. */
static bool passed_over(int start, char **argv)
{
	const char *last = argv[optind - 1];
	bool in_group = !optarg && (last[0] != '-' || !last[1]);	/* of letters, which is behind `last` */
	int taken = in_group ? 0 : optarg && optarg == last ? 2 : 1;

	return optind - taken > start;
}

bool arguments_parse(const struct command *command, int argc, char **argv, struct arguments *ret)
{
	struct arguments args = { .command = command };
	struct getopt_tables tables;
	bool operand_seen = false;
	int answer, start = optind;

	make_tables(command, &tables);
	opterr = 0;
	while ((answer = getopt_long(argc, argv, tables.letters, tables.longs, NULL)) != -1) {
		int id = option_of(answer);

		operand_seen |= passed_over(start, argv);
		start = optind;

		if (answer == ':') {
			complain("%s needs an argument; see 'ipsecc %s --help'", argv[optind - 1], command->name);
			return false;
		}
		if (id == OPTION_COUNT) {
			complain_option(command, argv[optind - 1]);
			return false;
		}
		if (!take_option(command, id, optarg, &args))
			return false;
		if (id == OPTION_LIVE)
			args.live_last = operand_seen;
	}
	args.operands = argv + optind;
	args.n = argc - optind;
	args.quiet = args.value[OPTION_QUIET];
	args.verbose = args.value[OPTION_VERBOSE];
	if (args.value[OPTION_COLOR])
		args.color = (enum color_choice)word_index(color_words, args.value[OPTION_COLOR]);
	*ret = args;
	return args.value[OPTION_HELP] || check_operands(command, &args);
}

bool arguments_format_is(const struct arguments *args, const char *format)
{
	return args->value[OPTION_FORMAT] && strcmp(args->value[OPTION_FORMAT], format) == 0;
}

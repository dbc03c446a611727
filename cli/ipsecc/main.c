/* SPDX-License-Identifier: Apache-2.0 */
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/nearest.h"
#include "cli/ipsecc/command.h"

static const char *const text_formats[] = { "text", "json", NULL };
static const char *const graph_formats[] = { "dot", "svg", "mermaid", NULL };

const struct command command_table[] = {
	{
		.name = "check", .run = command_check, .operands = "[FILE|DIR|-]...",
		.summary = "what is wrong in a configuration, and which conns would load",
		.example = "ipsecc check /etc/ipsec.conf\nipsecc check --format=json --fail-on=error site/*.conf\n"
			   "ipsecc check --diff site",
		.quiet = "no summary, and nothing at all for a clean file",
		.verbose = "also notes, the verdict and the keys of each conn, the project file",
		.options = READS_CONFIGURATION | BIT(OPTION_SECRETS) | BIT(OPTION_NO_SECRETS) | WEIGHS_RULES | USES_BASELINE | FIXES |
			   BIT(OPTION_JOBS) | BIT(OPTION_FORMAT) | BIT(OPTION_FAIL_ON) | ALL_COMMANDS,
		.formats = report_format_names, .min_operands = 0, .max_operands = -1,
	}, {
		.name = "show", .run = command_show, .operands = "FILE [CONN]...",
		.summary = "the effective configuration: what each conn says after also= and %default",
		.example = "ipsecc show --origin /etc/ipsec.conf hq",
		.quiet = "say nothing of errors", .verbose = "also what the release does where a keyword is not set",
		.options = READS_CONFIGURATION | BIT(OPTION_FORMAT) | BIT(OPTION_ORIGIN) | ALL_COMMANDS,
		.formats = text_formats, .min_operands = 1, .max_operands = -1,
	}, {
		.name = "fmt", .run = command_fmt, .operands = "FILE...",
		.summary = "canonical layout: comments are kept, the meaning is unchanged",
		.example = "ipsecc fmt --diff /etc/ipsec.conf\nipsecc fmt --write /etc/ipsec.d/*.conf",
		.quiet = "print no names of files and no findings", .verbose = "name each file that was written",
		.options = BIT(OPTION_CHECK) | BIT(OPTION_DIFF) | BIT(OPTION_WRITE) | BIT(OPTION_STDIN_FILENAME) | ALL_COMMANDS,
		.min_operands = 1, .max_operands = -1,
	}, {
		.name = "explain", .run = command_explain, .operands = "RULE|KEYWORD|TRANSFORM",
		.summary = "what a rule, a keyword or an algorithm means",
		.example = "ipsecc explain rekeymargin\nipsecc explain IC2003\nipsecc explain aes_gcm",
		.options = ALL_COMMANDS, .min_operands = 1, .max_operands = 1,
	}, {
		.name = "compile", .run = command_compile, .operands = "FILE [CONN]...",
		.summary = "the plan, or kernel policies, PF_KEY text or a whack script made of it",
		.example = "ipsecc facts > host.json\nipsecc compile --target=xfrm --host-facts=host.json /etc/ipsec.conf hq\n"
			   "ipsecc compile --target=whack /etc/ipsec.conf > load.sh\n"
			   "ipsecc compile --target=whack --daemon-args /etc/ipsec.conf\n"
			   "ipsecc compile --target=xfrm --apply --confirm=60 --host-facts=host.json /etc/ipsec.conf",
		.quiet = "no findings, and with --apply no summary",
		.options = READS_CONFIGURATION | BIT(OPTION_SECRETS) | BIT(OPTION_TARGET) | BIT(OPTION_FORMAT) | BIT(OPTION_PHASE) |
			   BIT(OPTION_STRICT) | BIT(OPTION_DAEMON_ARGS) | BIT(OPTION_OUTPUT) |
			   BIT(OPTION_APPLY) | BIT(OPTION_ALLOW_LOCKOUT) | BIT(OPTION_CONFIRM) | ALL_COMMANDS,
		.min_operands = 1, .max_operands = -1,
	}, {
		.name = "diff", .run = command_diff, .operands = "A B",
		.summary = "what B means other than A: conns, traffic that would run in clear",
		.example = "ipsecc diff --host-facts=host.json old.conf new.conf\nipsecc diff --live plan.json\nipsecc diff plan.json --live\nipsecc diff saved-ip-xfrm-policy.txt /etc/ipsec.conf",
		.quiet = "say nothing of errors in the operands",
		.options = READS_CONFIGURATION | BIT(OPTION_FORMAT) | BIT(OPTION_PHASE) | BIT(OPTION_LIVE) | ALL_COMMANDS,
		.formats = text_formats, .min_operands = 1, .max_operands = 2,
	}, {
		.name = "graph", .run = command_graph, .operands = "FILE [CONN]...",
		.summary = "gateways, networks and conns as a drawing",
		.example = "ipsecc graph --format=svg -o vpn.svg /etc/ipsec.conf\nipsecc graph --format=mermaid /etc/ipsec.conf hq",
		.options = READS_CONFIGURATION | BIT(OPTION_FORMAT) | BIT(OPTION_OUTPUT) | ALL_COMMANDS,
		.formats = graph_formats, .min_operands = 1, .max_operands = -1,
	}, {
		.name = "facts", .run = command_facts, .operands = "",
		.summary = "what is to be known of this host, for --host-facts",
		.example = "ipsecc facts > host.json",
		.options = BIT(OPTION_OUTPUT) | ALL_COMMANDS, .min_operands = 0, .max_operands = 0,
	}, {
		.name = "rules", .run = command_rules, .operands = "",
		.summary = "the list of rules",
		.example = "ipsecc rules\nipsecc rules --format=json",
		.options = BIT(OPTION_FORMAT) | ALL_COMMANDS, .formats = text_formats, .min_operands = 0, .max_operands = 0,
	}, {
		.name = "completion", .run = command_completion, .operands = "bash|zsh|fish",
		.summary = "completions for a shell",
		.example = "ipsecc completion bash > /usr/share/bash-completion/completions/ipsecc",
		.options = ALL_COMMANDS, .min_operands = 1, .max_operands = 1,
	},
	{ .name = NULL },
};

const struct command *command_find(const char *name)
{
	for (const struct command *c = command_table; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static void complain_command(const char *name)
{
	struct nearest nearest = nearest_to(slice_of(name));

	for (const struct command *c = command_table; c->name; c++)
		nearest_offer(&nearest, c->name, c);
	if (nearest.name)
		complain("'%s' is no command; did you mean '%s'?", name, nearest.name);
	else
		complain("'%s' is no command; 'ipsecc --help' lists them", name);
}

void print_help(FILE *stream)
{
	fprintf(stream, "ipsecc %s: checks ipsec.conf and compiles it\n\n", IPSECC_VERSION);
	fputs("usage: ipsecc COMMAND [OPTION]... [OPERAND]...\n\n", stream);
	for (const struct command *c = command_table; c->name; c++)
		fprintf(stream, "  %-11s %s\n", c->name, c->summary);
	fputs("\n'ipsecc COMMAND --help' shows its options and an example, 'ipsecc --version' the version.\n"
	      "Exit status: 0 all well, 1 findings (or a conn was not compiled), 2 the work could not be done.\n", stream);
}

/* What an option does to this command; NULL: nothing. */
static const char *option_summary(const struct command *command, int id)
{
	return id == OPTION_QUIET ? command->quiet : id == OPTION_VERBOSE ? command->verbose : option_table[id].summary;
}

static void print_option(const struct command *command, int id, FILE *stream)
{
	const struct option_entry *o = &option_table[id];
	const char *summary = option_summary(command, id);
	char left[48];

	if (!summary)
		return;
	snprintf(left, sizeof(left), "  %c%c%c --%s%s%s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ', o->letter ? ',' : ' ',
		 o->name, o->argument ? "=" : "", o->argument ? o->argument : "");
	fprintf(stream, "%-29s %s", left, summary);
	if (id == OPTION_FORMAT && command->formats)
		for (int i = 0; command->formats[i]; i++)
			fprintf(stream, "%s%s", i ? ", " : ": ", command->formats[i]);
	else
		for (int i = 0; o->words && !o->open && id != OPTION_COLOR && o->words[i]; i++)
			fprintf(stream, "%s%s", i ? ", " : ": ", o->words[i]);
	fputc('\n', stream);
	for (size_t i = 0; id == OPTION_TARGET && backend_table[i]; i++) {
		const struct backend *b = backend_table[i];

		fprintf(stream, "%29s   %-6s %s", "", b->name, b->summary);
		for (int f = 0; b->formats[1] && b->formats[f]; f++)
			fprintf(stream, "%s%s", f ? ", " : "; --format=", b->formats[f]);
		fputc('\n', stream);
	}
}

void print_command_help(const struct command *command, FILE *stream)
{
	fprintf(stream, "usage: ipsecc %s [OPTION]...%s%s\n%s\n\n", command->name, command->operands[0] ? " " : "",
		command->operands, command->summary);
	for (int id = 0; id < OPTION_COUNT; id++)
		if (command->options & BIT(id))
			print_option(command, id, stream);
	fputs("\nexample:\n", stream);
	for (const char *line = command->example; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		fprintf(stream, "  %.*s\n", (int)strcspn(line, "\n"), line);
}

/* What printf() and its like have left in the buffer, as write_stream() would say it. */
static enum exit_status flushed(void)
{
	return write_stream(stdout, &(struct buf){ 0 }) ? EXIT_TROUBLE : EXIT_DONE;
}

/* In UTC, so that a call gives the same everywhere. NULL: the clock cannot be read. */
static const char *today(char text[16])
{
	time_t now = time(NULL);
	struct tm tm;

	return gmtime_r(&now, &tm) && strftime(text, 16, "%Y-%m-%d", &tm) ? text : NULL;
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct arguments args;
	char day[16];

	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		print_help(stderr);
		return EXIT_TROUBLE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		printf("ipsecc %s\n", IPSECC_VERSION);
		return flushed();
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		command = argc > 2 ? command_find(argv[2]) : NULL;
		if (argc > 2 && !command) {
			complain_command(argv[2]);
			return EXIT_TROUBLE;
		}
		if (command)
			print_command_help(command, stdout);
		else
			print_help(stdout);
		return flushed();
	}
	command = command_find(argv[1]);
	if (!command) {
		complain_command(argv[1]);
		return EXIT_TROUBLE;
	}
	if (!arguments_parse(command, argc - 1, argv + 1, &args))
		return EXIT_TROUBLE;
	args.today = today(day);
	if (args.value[OPTION_HELP]) {
		print_command_help(command, stdout);
		return flushed();
	}
	return command->run(&args);
}

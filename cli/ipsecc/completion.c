/* SPDX-License-Identifier: Apache-2.0 */
/* Completions for shells, made of the tables of commands and options, so that they cannot know less than the parser does. */
#include <string.h>

#include "base/cleanup.h"
#include "cli/ipsecc/command.h"
#include "compiler/schema/schema.h"
#include "proto/transform.h"

/* The values an option may have: its own words, or the command's formats; NULL: none are known. */
static const char *const *words_of(const struct command *c, int id)
{
	return id == OPTION_FORMAT ? c->formats : option_table[id].words;
}

static bool takes_file(int id)
{
	const char *argument = option_table[id].argument;

	return argument && (strcmp(argument, "FILE") == 0 || strcmp(argument, "DIR") == 0);
}

static void add_commands(struct buf *out)
{
	for (const struct command *c = command_table; c->name; c++)
		buf_printf(out, "%s%s", c == command_table ? "" : " ", c->name);
}

/* The words that a command's operands may be, with a blank behind each; nothing: they are files. */
static void add_operands(struct buf *out, const struct command *c)
{
	if (c->run == command_completion)
		buf_add_str(out, "bash zsh fish ");
	if (c->run != command_explain)
		return;
	for (int i = 0; i < RULE_COUNT; i++)
		buf_printf(out, "%s %s ", rule_table[i].id, rule_table[i].name);
	for (int i = 0; i < KW_COUNT; i++)
		buf_printf(out, "%s ", keyword_table[i].name);
	for (unsigned i = 0; i < transform_count; i++)
		buf_printf(out, "%s ", transform_table[i]->name);
}

/* --- bash: one case per command --- */

static void bash_options(struct buf *out, const struct command *c)
{
	buf_printf(out, "\t%s)\n\t\twords='", c->name);
	for (int id = 0; id < OPTION_COUNT; id++) {
		const char *const *words = words_of(c, id);

		if (!(c->options & BIT(id)))
			continue;
		for (size_t i = 0; words && words[i]; i++)
			buf_printf(out, "--%s=%s ", option_table[id].name, words[i]);
		if (!words)
			buf_printf(out, "--%s%s ", option_table[id].name, option_table[id].argument ? "=" : "");
	}
	buf_add_str(out, "' operands='");
	add_operands(out, c);
	buf_add_str(out, "' ;;\n");
}

static void bash(struct buf *out)
{
	buf_add_str(out, "# bash completion for ipsecc, made by 'ipsecc completion bash'\n"
			 "_ipsecc() {\n"
			 "\tlocal line=${COMP_LINE:0:COMP_POINT} current words operands\n"
			 "\tcurrent=${line##*[ \t]}\n"
			 "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
			 "\t\tmapfile -t COMPREPLY < <(compgen -W '");
	add_commands(out);
	buf_add_str(out, " --help --version' -- \"$current\")\n"
			 "\t\treturn\n"
			 "\tfi\n"
			 "\tcase ${COMP_WORDS[1]} in\n");
	for (const struct command *c = command_table; c->name; c++)
		bash_options(out, c);
	buf_add_str(out, "\t*) return ;;\n"
			 "\tesac\n"
			 "\tcase $current in\n"
			 "\t--*=*)\n"
			 "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\"\n"
			 "\t\t\tcompgen -f -P \"${current%%=*}=\" -- \"${current#*=}\")\n"
			 "\t\tCOMPREPLY=(\"${COMPREPLY[@]#\"${current%%=*}\"=}\") ;;\n"
			 "\t-*)\n"
			 "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
			 "\t\t[[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace ;;\n"
			 "\t*)\n"
			 "\t\tif [ \"$operands\" ]; then\n"
			 "\t\t\tmapfile -t COMPREPLY < <(compgen -W \"$operands\" -- \"$current\")\n"
			 "\t\t\treturn\n"
			 "\t\tfi\n"
			 "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
			 "\t\tcompopt -o filenames ;;\n"
			 "\tesac\n"
			 "}\n"
			 "complete -F _ipsecc ipsecc\n");
}

/* --- zsh --- */

/* Text inside '...[...]' of an _arguments specification. */
static void zsh_text(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			buf_add_str(out, "'\\''");
		else if (strchr("[]:\\", *text))
			buf_printf(out, "\\%c", *text);
		else
			buf_add_char(out, *text);
	}
}

static void zsh_option(struct buf *out, const struct command *c, int id)
{
	const struct option_entry *o = &option_table[id];
	const char *const *words = words_of(c, id);

	buf_printf(out, " \\\n\t\t\t'--%s%s[", o->name, o->argument ? "=" : "");
	zsh_text(out, o->summary);
	buf_add_str(out, "]");
	if (o->argument)
		buf_printf(out, ":%s:", o->argument);
	for (size_t i = 0; words && words[i]; i++)
		buf_printf(out, "%s%s%s", i ? " " : "(", words[i], words[i + 1] ? "" : ")");
	if (!words && takes_file(id))
		buf_add_str(out, "_files");
	buf_add_char(out, '\'');
}

static void zsh(struct buf *out)
{
	buf_add_str(out, "#compdef ipsecc\n# zsh completion for ipsecc, made by 'ipsecc completion zsh'\n"
			 "_ipsecc() {\n\tlocal -a commands\n\tcommands=(\n");
	for (const struct command *c = command_table; c->name; c++) {
		buf_printf(out, "\t\t'%s:", c->name);
		zsh_text(out, c->summary);
		buf_add_str(out, "'\n");
	}
	buf_add_str(out, "\t)\n\tif (( CURRENT == 2 )); then\n\t\t_describe command commands\n\t\treturn\n\tfi\n"
			 "\tcase $words[2] in\n");
	for (const struct command *c = command_table; c->name; c++) {
		CLEANUP(buf_release) struct buf operands = { 0 };

		buf_printf(out, "\t%s)\n\t\tshift words; (( CURRENT-- ))\n\t\t_arguments", c->name);
		for (int id = 0; id < OPTION_COUNT; id++)
			if (c->options & BIT(id))
				zsh_option(out, c, id);
		add_operands(&operands, c);
		if (operands.n)
			buf_printf(out, " \\\n\t\t\t'*:operand:(%s)' ;;\n", operands.p);
		else
			buf_add_str(out, " \\\n\t\t\t'*:file:_files' ;;\n");
	}
	buf_add_str(out, "\tesac\n}\n_ipsecc \"$@\"\n");
}

/* --- fish --- */

static void fish_text(struct buf *out, const char *text)
{
	buf_add_char(out, '\'');
	for (; *text; text++)
		buf_printf(out, "%s%c", *text == '\'' || *text == '\\' ? "\\" : "", *text);
	buf_add_char(out, '\'');
}

static void fish_option(struct buf *out, const struct command *c, int id)
{
	const struct option_entry *o = &option_table[id];
	const char *const *words = words_of(c, id);

	buf_printf(out, "complete -c ipsecc -n '__fish_seen_subcommand_from %s' -l %s", c->name, o->name);
	if (o->letter)
		buf_printf(out, " -s %c", o->letter);
	if (o->argument)
		buf_add_str(out, takes_file(id) ? " -rF" : " -x");
	for (size_t i = 0; words && words[i]; i++)
		buf_printf(out, "%s%s%s", i ? " " : " -a '", words[i], words[i + 1] ? "" : "'");
	buf_add_str(out, " -d ");
	fish_text(out, o->summary);
	buf_add_char(out, '\n');
}

static void fish(struct buf *out)
{
	buf_add_str(out, "# fish completion for ipsecc, made by 'ipsecc completion fish'\n");
	for (const struct command *c = command_table; c->name; c++) {
		CLEANUP(buf_release) struct buf operands = { 0 };

		buf_printf(out, "complete -c ipsecc -n __fish_use_subcommand -f -a %s -d ", c->name);
		fish_text(out, c->summary);
		buf_add_char(out, '\n');
		add_operands(&operands, c);
		if (operands.n)
			buf_printf(out, "complete -c ipsecc -n '__fish_seen_subcommand_from %s' -f -a '%s'\n", c->name, operands.p);
		for (int id = 0; id < OPTION_COUNT; id++)
			if (c->options & BIT(id))
				fish_option(out, c, id);
	}
}

enum exit_status command_completion(const struct arguments *args)
{
	static const struct { const char *name; void (*make)(struct buf *out); } shells[] = {
		{ "bash", bash }, { "zsh", zsh }, { "fish", fish },
	};
	CLEANUP(buf_release) struct buf out = { 0 };

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shells[i].name, args->operands[0]) != 0)
			continue;
		shells[i].make(&out);
		return write_stream(stdout, &out) ? EXIT_TROUBLE : EXIT_DONE;
	}
	complain("completions are made for bash, zsh and fish, not for '%s'", args->operands[0]);
	return EXIT_TROUBLE;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* command.h -- the table of subcommands and the table of options, from which the parser, --help and the completions are made. */
#ifndef CLI_IPSECC_COMMAND_H
#define CLI_IPSECC_COMMAND_H

#include "cli/terminal.h"
#include "include/ipsecc.h"

enum option_id {
	OPTION_PROJECT, OPTION_DIALECT, OPTION_ROOT, OPTION_STDIN_FILENAME, OPTION_HOST_FACTS, OPTION_IMPLICIT_CONNS,
	OPTION_SECRETS, OPTION_NO_SECRETS, OPTION_FORMAT, OPTION_ERROR, OPTION_WARN, OPTION_IGNORE, OPTION_BASELINE,
	OPTION_WRITE_BASELINE, OPTION_PRUNE_BASELINE,
	OPTION_FIX, OPTION_UNSAFE_FIXES, OPTION_JOBS, OPTION_FAIL_ON,
	OPTION_ORIGIN, OPTION_TARGET, OPTION_PHASE, OPTION_STRICT, OPTION_DAEMON_ARGS, OPTION_OUTPUT,
	OPTION_APPLY, OPTION_ALLOW_LOCKOUT, OPTION_CONFIRM,
	OPTION_CHECK, OPTION_DIFF, OPTION_WRITE, OPTION_LIVE,
	OPTION_COLOR, OPTION_QUIET, OPTION_VERBOSE,
	OPTION_HELP, OPTION_COUNT,
};

#define BIT(option)	(UINT64_C(1) << (option))
/* what every command takes that reads a configuration */
#define READS_CONFIGURATION	(BIT(OPTION_PROJECT) | BIT(OPTION_DIALECT) | BIT(OPTION_ROOT) | BIT(OPTION_STDIN_FILENAME) | \
				 BIT(OPTION_HOST_FACTS) | BIT(OPTION_IMPLICIT_CONNS))
#define WEIGHS_RULES		(BIT(OPTION_ERROR) | BIT(OPTION_WARN) | BIT(OPTION_IGNORE))
#define USES_BASELINE		(BIT(OPTION_BASELINE) | BIT(OPTION_WRITE_BASELINE) | BIT(OPTION_PRUNE_BASELINE))
#define FIXES			(BIT(OPTION_FIX) | BIT(OPTION_UNSAFE_FIXES) | BIT(OPTION_DIFF))
#define ALL_COMMANDS		(BIT(OPTION_COLOR) | BIT(OPTION_QUIET) | BIT(OPTION_VERBOSE) | BIT(OPTION_HELP))

#define DEFAULT_FILE	"/etc/ipsec.conf"	/* below --root */

struct option_entry {
	const char *name;		/* "dialect": --dialect */
	char letter;			/* 0: none */
	const char *argument;		/* "FILE"; NULL: takes none */
	const char *const *words;	/* the values it may have, NULL-terminated; NULL: any */
	const char *summary;
	bool open;			/* there are more values than `words`; the summary names them */
};

extern const struct option_entry option_table[OPTION_COUNT];	/* indexed by enum option_id */

struct command;

struct arguments {
	const struct command *command;		/* that they belong to */
	const char *value[OPTION_COUNT];	/* as typed; NULL: not given. An option without argument: its own name */
	struct policy policy;			/* of --error, --warn and --ignore */
	enum color_choice color;
	bool quiet, verbose;
	const char *today;			/* "2026-11-24" */
	bool live_last;				/* an operand was typed before --live */
	char **operands;			/* NULL-terminated */
	int n;
};

struct command {
	const char *name;
	enum exit_status (*run)(const struct arguments *args);
	const char *operands;		/* synopsis */
	const char *summary;
	const char *example;		/* one or more command lines */
	const char *quiet, *verbose;	/* what -q and -v do; NULL: nothing, they are only accepted */
	uint64_t options;		/* bits of enum option_id */
	const char *const *formats;	/* of --format, NULL-terminated, the first is the default; NULL: takes none */
	int min_operands, max_operands;	/* max -1: any number */
};

extern const struct command command_table[];	/* ends with name NULL */

enum exit_status command_check(const struct arguments *args);
enum exit_status command_show(const struct arguments *args);
enum exit_status command_fmt(const struct arguments *args);
enum exit_status command_explain(const struct arguments *args);
enum exit_status command_compile(const struct arguments *args);
enum exit_status command_diff(const struct arguments *args);
enum exit_status command_graph(const struct arguments *args);
enum exit_status command_facts(const struct arguments *args);
enum exit_status command_rules(const struct arguments *args);
enum exit_status command_completion(const struct arguments *args);

/* Reads the options of `command` from argv[1 ...]. false: something is wrong and was said. */
bool arguments_parse(const struct command *command, int argc, char **argv, struct arguments *ret);
bool arguments_format_is(const struct arguments *args, const char *format);
void add_choice(struct buf *out, const char *const *words);	/* "a, b or c" */
void print_help(FILE *stream);
void print_command_help(const struct command *command, FILE *stream);
const struct command *command_find(const char *name);

#endif

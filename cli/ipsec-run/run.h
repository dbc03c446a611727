/* SPDX-License-Identifier: Apache-2.0 */
/* run.h -- ipsec-run among its own files: arguments, what they name in memory, and the commands to a running daemon. */
#ifndef CLI_IPSEC_RUN_H
#define CLI_IPSEC_RUN_H

#include "cli/terminal.h"
#include "include/ipsecc.h"
#include "runtime/daemon/daemon.h"
#include "secrets/secrets.h"

#ifndef DEFAULT_PLAN
#define DEFAULT_PLAN	"/etc/ipsec-run/plan.json"	/* */
#endif
#ifndef DEFAULT_CERTS
#define DEFAULT_CERTS	"/etc/ipsec.d"
#endif
#ifndef DEFAULT_CONTROL
#define DEFAULT_CONTROL	"/run/ipsec-run.sock"
#endif

struct run_arguments {
	struct daemon_options daemon;
	const char *file;		/* plan or ipsec.conf */
	const char *secrets, *certs, *host_facts, *dialect;
	bool foreground, static_sas, json;
	char **operands;		/* a command and its operands, or none */
	int operand_count;
};

/* Fills *ret; EXIT_DONE and *ret_go_on false when all is said (--help, -V); EXIT_TROUBLE for a usage error, complained about. */
enum exit_status run_parse_arguments(int argc, char **argv, struct run_arguments *ret, bool *ret_go_on);

struct run_input {
	struct arena arena;
	struct sources sources;
	struct diag diag;
	struct unit *unit;		/* NULL: the file was a plan */
	const struct plan *plan;
	struct secrets secrets;
	struct credentials *credentials;	/* NULL: no end signs */
};

/* Reads plan (or compiles ipsec.conf) and secrets; findings go to standard error. 0; -errno after it has been complained about. */
int run_load(struct run_input *in, const struct run_arguments *args);
void run_unload(struct run_input *in);

void run_show_findings(struct diag *diag);	/* to standard error */
/* Can only its owner and root read and replace it (I-346)? Else that has been told. */
bool run_file_is_private(struct run_input *in, const char *path);
/* certs.c: what the ends of the plan that sign need, from the directory of certificates. 0; -errno after it has been told. */
int run_load_credentials(struct run_input *in, const struct run_arguments *args);

bool run_is_command(const char *word);
const char *run_nearest_command(const char *word);	/* the command that was probably meant; NULL */
enum exit_status run_command(const struct run_arguments *args);
/* The screen of `ipsec-run status`; false: something that should be up is not. */
bool run_print_status(const void *json_status, FILE *stream);

#endif

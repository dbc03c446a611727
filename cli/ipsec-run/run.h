/* SPDX-License-Identifier: Apache-2.0 */
/* run.h -- ipsec-run among its own files: arguments, what they name in memory, and the commands to a running daemon. */
#ifndef CLI_IPSEC_RUN_H
#define CLI_IPSEC_RUN_H

#include "cli/terminal.h"
#include "include/ipsecc.h"
#include "runtime/daemon/daemon.h"
#include "runtime/simulate/simulate.h"
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

struct simulate_arguments {		/* what only --simulate knows */
	bool wanted;			/* --simulate was given; the two files are the first operands, names of conns may follow */
	const char *only;		/* an option that was given and makes sense there only; NULL: none */
	const char *peer_secrets, *peer_certs, *peer_host_facts;
	bool initiator_given;
	struct sim_options options;
};

struct run_arguments {
	struct daemon_options daemon;
	struct simulate_arguments simulate;
	const char *file;		/* plan or ipsec.conf */
	const char *secrets, *certs, *host_facts, *dialect;
	const char *const *also;	/* conns of a configuration that are planned though auto= ignores them, NULL-terminated; NULL: none */
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
/* The same step by step. The plan of a configuration is that of the host of args->host_facts; without them of this one. */
void run_input_init(struct run_input *in);
int run_load_plan(struct run_input *in, const struct run_arguments *args);
int run_load_secrets(struct run_input *in, const struct run_arguments *args);
void run_unload(struct run_input *in);
/* A file in memory that only we see, until the program ends: its name. 0, or -errno after it has been complained about. */
int run_memory_file(const struct buf *text, const char *what, char path[40]);
bool run_is_configuration(const char *path);	/* no plan, as far as its first byte tells; also when it cannot be read */

void run_show_findings(struct diag *diag);	/* to standard error */
/* Can only its owner and root read and replace it (I-346)? Else that has been told. */
bool run_file_is_private(struct run_input *in, const char *path);
/* certs.c: what the ends of the plan that sign need, from the directory of certificates. 0; -errno after it has been told. */
int run_load_credentials(struct run_input *in, const struct run_arguments *args);

/* simulate.c: both plans in one process. */
enum exit_status run_simulate(const struct run_arguments *args);

bool run_is_command(const char *word);
const char *run_nearest_command(const char *word);	/* the command that was probably meant; NULL */
enum exit_status run_command(const struct run_arguments *args);
/* The screen of `ipsec-run status`; false: something that should be up is not. */
bool run_print_status(const void *json_status, FILE *stream);

#endif

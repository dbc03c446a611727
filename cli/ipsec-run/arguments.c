/* SPDX-License-Identifier: Apache-2.0 */
/* arguments.c -- racoon's flags, and ours (rules R-005 ... R-027). */
#include <getopt.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/ipsec-run/run.h"

#define IKE_PORT	500
#define NATT_PORT	4500

enum { LONG_CONTROL = 256, LONG_DATAPLANE, LONG_SECRETS, LONG_CERTS, LONG_HOST_FACTS, LONG_DIALECT, LONG_JSON,
	LONG_PID_FILE, LONG_RACOON_LOG };

static const char letters[] = "46BdFf:hLl:P:p:Vv";

static const struct option long_options[] = {
	{ "control", required_argument, NULL, LONG_CONTROL },
	{ "dataplane", required_argument, NULL, LONG_DATAPLANE },
	{ "secrets", required_argument, NULL, LONG_SECRETS },
	{ "certs", required_argument, NULL, LONG_CERTS },
	{ "host-facts", required_argument, NULL, LONG_HOST_FACTS },
	{ "dialect", required_argument, NULL, LONG_DIALECT },
	{ "json", no_argument, NULL, LONG_JSON },
	{ "pidfile", required_argument, NULL, LONG_PID_FILE },
	{ "racoon-log", no_argument, NULL, LONG_RACOON_LOG },
	{ "foreground", no_argument, NULL, 'F' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static const char *option_word;		/* the word that getopt looks at, for messages */

static void print_usage(FILE *stream)
{
	fputs("usage: ipsec-run [-46BdFLVv] [-f FILE] [-l LOGFILE] [-P NATT-PORT] [-p PORT] [OPTION]... [FILE]\n"
	      "       ipsec-run [--control=SOCKET] status [--json] | up CONN | down CONN | rekey CONN | rekey-ike CONN | reload | stop\n", stream);
}

static void print_help(void)
{
	printf("ipsec-run %s: brings up the tunnels of a plan\n\n", IPSECC_VERSION);
	print_usage(stdout);
	fputs("\nFILE is a plan ('ipsecc compile --target=json') or an ipsec.conf, told apart by its first byte; "
	      "default " DEFAULT_PLAN ".\n"
	      "Without -F the program returns when sockets are bound, policies stand and the control socket listens.\n\n"
	      "  -4, -6               IPv4 or IPv6 sockets only (both or neither: both)\n"
	      "  -B                   install the static SAs that the plan names\n"
	      "  -d                   more in the log: -d exchanges and decisions, -dd payloads, -ddd bytes (never keys)\n"
	      "  -F, --foreground     stay in the foreground and log to standard error\n"
	      "  -f FILE              the same as the operand\n"
	      "  -L                   each log line with file:line:function of the program\n"
	      "  -l LOGFILE           append the log to this file instead of syslog; reopened on SIGUSR1\n"
	      "  -P PORT              UDP port for NAT traversal (default 4500), 0: none\n"
	      "  -p PORT              UDP port of IKE (default 500), 0: none\n"
	      "  -v                   payloads of messages in the log, also without -dd\n"
	      "      --secrets=FILE   instead of the files that the plan names\n"
	      "      --certs=DIR      certificates: certs/NAME.pem, private/, cacerts/, crls/ (default " DEFAULT_CERTS ")\n"
	      "      --control=SOCKET default " DEFAULT_CONTROL "\n"
	      "      --dataplane=auto|xfrm|tun|dry\n"
	      "                       the kernel's IPsec, ESP in user space, or only a log of what would be done\n"
	      "      --host-facts=FILE, --dialect=RELEASE\n"
	      "                       as for ipsecc, where FILE is an ipsec.conf\n"
	      "      --pidfile=FILE   write the daemon's process id there while it runs\n"
	      "      --racoon-log     one syslog priority for all messages, as racoon has it\n"
	      "  -V, --version        version and what it was built with\n"
	      "  -h, --help           this text\n\n"
	      "example:\n"
	      "  ipsecc facts > host.json\n"
	      "  ipsecc compile --target=json --host-facts=host.json /etc/ipsec.conf -o plan.json\n"
	      "  ipsec-run -F --secrets=/etc/ipsec.secrets plan.json\n"
	      "  ipsec-run status\n\n"
	      "Exit status: 0 done, 1 it failed (the reason is printed), 2 bad usage, or no daemon answers a command.\n",
	      stdout);
}

static void print_version(void)
{
	printf("ipsec-run %s\n"
	       "OpenSSL        %s\n"
	       "data planes    xfrm (kernel), tun (user space), dry\n"
	       "IKE            2\n"
	       "default plan   " DEFAULT_PLAN "\n"
	       "control socket " DEFAULT_CONTROL "\n", IPSECC_VERSION, OpenSSL_version(OPENSSL_VERSION));
}

static bool parse_port(const char *text, uint16_t *ret)
{
	uint64_t value;

	if (slice_to_u64(slice_of(text), 65535, &value)) {
		complain("'%s' is no port, a number from 0 to 65535", text);
		return false;
	}
	*ret = (uint16_t)value;
	return true;
}

static bool set_file(struct run_arguments *args, const char *file)
{
	if (args->file && strcmp(args->file, file) != 0) {
		complain("two files are given, '%s' and '%s'", args->file, file);
		return false;
	}
	args->file = file;
	return true;
}

static bool set_dataplane(struct run_arguments *args, const char *name)
{
	static const char *const names[] = { "auto", "xfrm", "tun", "dry" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(names[i], name) == 0) {
			args->daemon.dataplane = name;
			return true;
		}
	}
	complain("--dataplane is auto, xfrm, tun or dry, not '%s'", name);
	return false;
}

static const struct option *long_option(int value)
{
	const struct option *o = long_options;

	while (o->name && o->val != value)
		o++;
	return o->name ? o : NULL;
}

/* getopt's own message would name us by the path that was typed. */
static void complain_option(void)
{
	const struct option *known = long_option(optopt);
	struct nearest nearest = nearest_to(slice_sub(slice_of(option_word), 2, strcspn(option_word, "=")));

	if (known && strncmp(option_word, "--", 2) == 0) {
		complain("--%s %s", known->name, known->has_arg ? "needs a value" : "takes no value");
		return;
	}
	if (optopt) {
		complain(strchr(letters, optopt) ? "-%c needs a value" : "unknown option '-%c'", optopt);
		return;
	}
	for (const struct option *o = long_options; o->name; o++)
		nearest_offer(&nearest, o->name, o);
	if (nearest.name)
		complain("unknown option '%s'; did you mean --%s?", option_word, nearest.name);
	else
		complain("unknown option '%s'", option_word);
}

/* One option; false: usage error. */
static bool take_option(struct run_arguments *args, int option)
{
	struct daemon_options *d = &args->daemon;

	switch (option) {
	case '4': d->ipv4 = true; return true;
	case '6': d->ipv6 = true; return true;
	case 'B': args->static_sas = true; return true;
	case 'd': d->debug++; return true;
	case 'F': args->foreground = true; return true;
	case 'f': return set_file(args, optarg);
	case 'L': d->log_places = true; return true;
	case 'l': d->log_file = optarg; return true;
	case 'P': return parse_port(optarg, &d->natt_port);
	case 'p': return parse_port(optarg, &d->ike_port);
	case 'v': d->payloads = true; return true;
	case LONG_CONTROL: d->control_path = optarg; return true;
	case LONG_DATAPLANE: return set_dataplane(args, optarg);
	case LONG_SECRETS: args->secrets = optarg; return true;
	case LONG_CERTS: args->certs = optarg; return true;
	case LONG_HOST_FACTS: args->host_facts = optarg; return true;
	case LONG_DIALECT: args->dialect = optarg; return true;
	case LONG_JSON: args->json = true; return true;
	case LONG_PID_FILE: d->pid_file = optarg; return true;
	case LONG_RACOON_LOG: d->racoon_log = true; return true;
	case '?': case ':': complain_option(); return false;
	default: return false;
	}
}

static bool take_operands(struct run_arguments *args, int argc, char **argv)
{
	args->operands = argv + optind;
	args->operand_count = argc - optind;
	if (!args->operand_count || run_is_command(argv[optind]))
		return true;
	if (args->operand_count > 1) {
		const char *command = run_nearest_command(argv[optind]);

		if (command)
			complain("'%s' is no command; did you mean '%s'?", argv[optind], command);
		else
			complain("one plan at a time: '%s' is one too many", argv[optind + 1]);
		return false;
	}
	args->operand_count = 0;
	return set_file(args, argv[optind]);
}

static void complete(struct run_arguments *args)
{
	struct daemon_options *d = &args->daemon;

	if (!d->ipv4 && !d->ipv6)	/* neither means both */
		d->ipv4 = d->ipv6 = true;
	d->log_to = d->log_file ? DAEMON_LOG_FILE : args->foreground ? DAEMON_LOG_STDERR : DAEMON_LOG_SYSLOG;
}

enum exit_status run_parse_arguments(int argc, char **argv, struct run_arguments *ret, bool *ret_go_on)
{
	int option;

	*ret = (struct run_arguments){
		.daemon = { .control_path = DEFAULT_CONTROL, .dataplane = "auto", .ike_port = IKE_PORT, .natt_port = NATT_PORT },
	};
	*ret_go_on = false;
	opterr = 0;
	while (option_word = optind < argc ? argv[optind] : "",
	       (option = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
		if (option == 'h') {
			print_help();
			return EXIT_DONE;
		}
		if (option == 'V') {
			print_version();
			return EXIT_DONE;
		}
		if (!take_option(ret, option)) {
			print_usage(stderr);
			return EXIT_TROUBLE;
		}
	}
	if (!take_operands(ret, argc, argv)) {
		print_usage(stderr);
		return EXIT_TROUBLE;
	}
	complete(ret);
	*ret_go_on = true;
	return EXIT_DONE;
}

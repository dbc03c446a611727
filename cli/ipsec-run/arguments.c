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
	LONG_PID_FILE, LONG_RACOON_LOG, LONG_SIMULATE, LONG_SEED, LONG_LOSS, LONG_REORDER, LONG_DUPLICATE, LONG_NAT, LONG_INITIATOR, LONG_UNTIL,
	LONG_PEER_SECRETS, LONG_PEER_CERTS, LONG_PEER_HOST_FACTS, LONG_ASSUME_SECRETS, LONG_FORMAT };

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
	{ "simulate", no_argument, NULL, LONG_SIMULATE },
	{ "seed", required_argument, NULL, LONG_SEED },
	{ "loss", required_argument, NULL, LONG_LOSS },
	{ "reorder", required_argument, NULL, LONG_REORDER },
	{ "duplicate", required_argument, NULL, LONG_DUPLICATE },
	{ "nat", required_argument, NULL, LONG_NAT },
	{ "initiator", required_argument, NULL, LONG_INITIATOR },
	{ "until", required_argument, NULL, LONG_UNTIL },
	{ "peer-secrets", required_argument, NULL, LONG_PEER_SECRETS },
	{ "peer-certs", required_argument, NULL, LONG_PEER_CERTS },
	{ "peer-host-facts", required_argument, NULL, LONG_PEER_HOST_FACTS },
	{ "assume-secrets", no_argument, NULL, LONG_ASSUME_SECRETS },
	{ "format", required_argument, NULL, LONG_FORMAT },
	{ "ipv4", no_argument, NULL, '4' },
	{ "ipv6", no_argument, NULL, '6' },
	{ "static-sas", no_argument, NULL, 'B' },
	{ "debug", no_argument, NULL, 'd' },
	{ "foreground", no_argument, NULL, 'F' },
	{ "file", required_argument, NULL, 'f' },
	{ "log-places", no_argument, NULL, 'L' },
	{ "log-file", required_argument, NULL, 'l' },
	{ "natt-port", required_argument, NULL, 'P' },
	{ "ike-port", required_argument, NULL, 'p' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static const char *option_word;		/* the word that getopt looks at, for messages */

static void print_usage(FILE *stream)
{
	fputs("usage: ipsec-run [-46BdFLVv] [-f FILE] [-l LOGFILE] [-P NATT-PORT] [-p PORT] [OPTION]... [FILE]\n"
	      "       ipsec-run --simulate [OPTION]... FILE PEER-FILE [CONN]...\n"
	      "       ipsec-run [--control=SOCKET] status [--json] | up CONN | down CONN | rekey CONN | rekey-ike CONN | watch [--json] | reload | stop\n", stream);
}

static void print_help(void)
{
	printf("ipsec-run %s: brings up the tunnels of a plan\n\n", IPSECC_VERSION);
	print_usage(stdout);
	fputs("\nFILE is a plan ('ipsecc compile --target=json') or an ipsec.conf, told apart by its first byte; "
	      "default " DEFAULT_PLAN ".\n"
	      "Without -F the program returns when sockets are bound, policies stand and the control socket listens.\n\n"
	      "  -4, --ipv4, -6, --ipv6\n"
	      "                       IPv4 or IPv6 sockets only (both or neither: both)\n"
	      "  -B, --static-sas     install the static SAs that the plan names\n"
	      "  -d, --debug          more in the log: -d exchanges and decisions, -dd payloads, -ddd bytes (never keys)\n"
	      "  -F, --foreground     stay in the foreground and log to standard error\n"
	      "  -f, --file=FILE      the same as the operand\n"
	      "  -L, --log-places     each log line with file:line:function of the program\n"
	      "  -l, --log-file=FILE  append the log to this file instead of syslog; reopened on SIGUSR1\n"
	      "  -P, --natt-port=PORT UDP port for NAT traversal (default 4500), 0: none\n"
	      "  -p, --ike-port=PORT  UDP port of IKE (default 500), 0: none\n"
	      "  -v, --verbose        payloads of messages in the log, also without -dd\n"
	      "      --secrets=FILE   instead of the files that the plan names\n"
	      "      --certs=DIR      certificates: certs/NAME.pem, private/, cacerts/, crls/ (default " DEFAULT_CERTS ")\n"
	      "      --control=SOCKET default " DEFAULT_CONTROL "\n"
	      "      --dataplane=auto|xfrm|tun|dry\n"
	      "                       the kernel's IPsec, ESP in user space, or only a log of what would be done\n"
	      "      --host-facts=FILE, --dialect=RELEASE\n"
	      "                       as for ipsecc, where FILE is an ipsec.conf\n"
	      "      --pidfile=FILE   write the daemon's process id there while it runs\n"
	      "      --racoon-log     one syslog priority for all messages, as racoon has it\n"
	      "      --simulate       FILE and PEER-FILE negotiate in this process, without network, root or time; the exchange and a\n"
	      "                       verdict per conn are printed\n"
	      "      --peer-secrets=FILE, --peer-certs=DIR, --peer-host-facts=FILE\n"
	      "                       the same as without peer-, for the second end\n"
	      "      --assume-secrets take the keys of both ends as right and equal; the default where none can be read\n"
	      "      --seed=N         of all that is random (default 1): the same seed gives the same run\n"
	      "      --loss=PERCENT, --reorder=PERCENT, --duplicate=PERCENT\n"
	      "                       of the datagrams between the two\n"
	      "      --nat=first|second\n"
	      "                       the end that is behind a NAT\n"
	      "      --initiator=first|second\n"
	      "                       the end that begins, where both can (default first; with --nat the one behind it)\n"
	      "      --until=TIME     virtual time to run: 90s, 10m, 8h, 1d (default until each SA has been rekeyed once)\n"
	      "      --format=text|json\n"
	      "                       of the result of --simulate\n"
	      "  -V, --version        version and what it was built with\n"
	      "  -h, --help           this text\n\n"
	      "example:\n"
	      "  ipsecc facts > host.json\n"
	      "  ipsecc compile --target=json --host-facts=host.json /etc/ipsec.conf -o plan.json\n"
	      "  ipsec-run -F --secrets=/etc/ipsec.secrets plan.json\n"
	      "  ipsec-run status\n"
	      "  ipsec-run --simulate hq.conf branch.conf\n\n"
	      "Exit status: 0 done, 1 it failed (the reason is printed), 2 bad usage, or no daemon answers a command.\n"
	      "With --simulate: 0 all conns are established, 1 one is not, 2 there was nothing to simulate.\n",
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

static bool parse_percent(const char *text, unsigned *ret)
{
	uint64_t value;

	if (slice_to_u64(slice_of(text), 100, &value)) {
		complain("'%s' is no percentage, a number from 0 to 100", text);
		return false;
	}
	*ret = (unsigned)value;
	return true;
}

static bool parse_seed(const char *text, uint64_t *ret)
{
	if (slice_to_u64(slice_of(text), UINT64_MAX, ret) == 0)
		return true;
	complain("'%s' is no number, as --seed wants one", text);
	return false;
}

/* "first", "second": 0, 1. */
static bool parse_end(const char *option, const char *text, unsigned *ret)
{
	if (strcmp(text, "first") != 0 && strcmp(text, "second") != 0) {
		complain("--%s is first or second, not '%s'", option, text);
		return false;
	}
	*ret = *text == 's';
	return true;
}

/* As times in ipsec.conf: a number of seconds, or of what its letter says. */
static bool parse_time(const char *text, uint64_t *ret_ms)
{
	static const char units[] = "smhd";
	static const uint64_t factors[] = { 1000, 60 * 1000, 3600 * 1000, 24 * 3600 * 1000 };
	size_t n = strlen(text);
	const char *unit = n ? strchr(units, text[n - 1]) : NULL;
	uint64_t value;

	if (slice_to_u64(slice_sub(slice_of(text), 0, n - (unit != NULL)), 1000000, &value) || !value) {
		complain("'%s' is no time: write 90s, 10m, 8h or 1d", text);
		return false;
	}
	*ret_ms = value * factors[unit ? unit - units : 0];
	return true;
}

static bool parse_format(const char *text, bool *ret_json)
{
	*ret_json = strcmp(text, "json") == 0;
	if (*ret_json || strcmp(text, "text") == 0)
		return true;
	complain("--format is text or json, not '%s'", text);
	return false;
}

/* One option of --simulate; false: usage error. */
static bool take_simulate_option(struct run_arguments *args, int option)
{
	struct simulate_arguments *s = &args->simulate;
	unsigned end;

	if (option != LONG_SIMULATE)
		s->only = long_option(option)->name;
	switch (option) {
	case LONG_SIMULATE: s->wanted = true; return true;
	case LONG_SEED: return parse_seed(optarg, &s->options.seed);
	case LONG_LOSS: return parse_percent(optarg, &s->options.network.loss);
	case LONG_REORDER: return parse_percent(optarg, &s->options.network.reorder);
	case LONG_DUPLICATE: return parse_percent(optarg, &s->options.network.duplicate);
	case LONG_NAT:
		if (!parse_end("nat", optarg, &end))
			return false;
		s->options.network.nat = (int)end;
		return true;
	case LONG_INITIATOR: s->initiator_given = true; return parse_end("initiator", optarg, &s->options.initiator);
	case LONG_UNTIL: return parse_time(optarg, &s->options.until_ms);
	case LONG_PEER_SECRETS: s->peer_secrets = optarg; return true;
	case LONG_PEER_CERTS: s->peer_certs = optarg; return true;
	case LONG_PEER_HOST_FACTS: s->peer_host_facts = optarg; return true;
	case LONG_ASSUME_SECRETS: s->options.assume = true; return true;
	default: return parse_format(optarg, &args->json);
	}
}

/* One option; false: usage error. */
static bool take_option(struct run_arguments *args, int option)
{
	struct daemon_options *d = &args->daemon;

	if (option >= LONG_SIMULATE)
		return take_simulate_option(args, option);
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

static bool check_simulate(const struct run_arguments *args)
{
	if (args->operand_count < 2)
		complain("--simulate needs two files, one of each end; the same file may stand twice");
	else if (args->file)
		complain("--simulate takes its files as operands, not by -f");
	else if (args->simulate.options.assume &&
		 (args->secrets || args->certs || args->simulate.peer_secrets || args->simulate.peer_certs))
		complain("--assume-secrets reads no keys, but some are given");
	else
		return true;
	return false;
}

static bool take_operands(struct run_arguments *args, int argc, char **argv)
{
	args->operands = argv + optind;
	args->operand_count = argc - optind;
	if (args->simulate.wanted)
		return check_simulate(args);
	if (args->simulate.only) {
		complain("--%s is for --simulate", args->simulate.only);
		return false;
	}
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

	if (args->simulate.options.network.nat >= 0 && !args->simulate.initiator_given)	/* nobody can call the one behind it */
		args->simulate.options.initiator = (unsigned)args->simulate.options.network.nat;
	if (!d->ipv4 && !d->ipv6)	/* neither means both */
		d->ipv4 = d->ipv6 = true;
	d->log_to = d->log_file ? DAEMON_LOG_FILE : args->foreground ? DAEMON_LOG_STDERR : DAEMON_LOG_SYSLOG;
}

enum exit_status run_parse_arguments(int argc, char **argv, struct run_arguments *ret, bool *ret_go_on)
{
	int option;

	*ret = (struct run_arguments){
		.daemon = { .control_path = DEFAULT_CONTROL, .dataplane = "auto", .ike_port = IKE_PORT, .natt_port = NATT_PORT },
		.simulate.options = { .seed = 1, .network.nat = -1 },
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

/* SPDX-License-Identifier: Apache-2.0 */
/* client.c -- commands to a running daemon (I-383). Exit status: 0 done, 1 it failed, 2 no daemon answers or bad use. */
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

#include "base/nearest.h"
#include "cli/ipsec-run/run.h"
#include "runtime/control/control.h"

#define QUICK_MS	5000u	/* the daemon answers these itself */
#define STOP_MS		15000u

static const struct command {
	const char *word, *request;	/* what the user types, what the socket takes */
	bool takes_conn;
	unsigned timeout_ms;		/* 0: as long as the peer takes; the daemon gives up by its own timers */
} commands[] = {
	{ "status", "status", false, QUICK_MS },
	{ "up", "initiate", true, 0 },
	{ "down", "terminate", true, 0 },
	{ "rekey", "rekey", true, 0 },
	{ "rekey-ike", "rekey-ike", true, 0 },
	{ "watch", "watch", false, 0 },
	{ "reload", "reload", false, QUICK_MS },
	{ "stop", "stop", false, STOP_MS },
};

static const struct command *find(const char *word)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(commands[i].word, word) == 0)
			return &commands[i];
	return NULL;
}

bool run_is_command(const char *word)
{
	return find(word) != NULL;
}

const char *run_nearest_command(const char *word)
{
	struct nearest nearest = nearest_to(slice_of(word));

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		nearest_offer(&nearest, commands[i].word, &commands[i]);
	return nearest.name;
}

static bool usable(const struct command *c, const struct run_arguments *args)
{
	int wanted = c->takes_conn ? 2 : 1;

	if (args->operand_count < wanted)
		complain("%s needs the name of a conn; 'ipsec-run status' lists them", c->word);
	else if (args->operand_count > wanted)
		complain("%s: '%s' is one operand too many", c->word, args->operands[wanted]);
	return args->operand_count == wanted;
}

static void print_failure(const json_t *answer)
{
	const json_t *error = json_object_get(answer, "error");
	const char *message = json_string_value(json_object_get(error, "message"));
	const char *file = json_string_value(json_object_get(error, "file"));
	const char *rule = json_string_value(json_object_get(error, "rule"));
	const char *left = file || rule ? "  (" : "", *right = file || rule ? ")" : "";
	char place[300] = "";

	if (file)
		snprintf(place, sizeof(place), "%s:%d%s", file, (int)json_integer_value(json_object_get(error, "line")),
			 rule ? ", " : "");
	complain("%s%s%s%s%s", message ? message : "it failed, and the daemon does not say why", left, place, rule ? rule : "",
		 right);
}

static enum exit_status print_status(json_t *answer, const struct run_arguments *args)
{
	if (!args->json)
		return run_print_status(answer, stdout) ? EXIT_DONE : EXIT_FINDINGS;
	json_object_del(answer, "id");		/* of the socket's protocol, not of the document */
	json_object_del(answer, "done");
	json_object_del(answer, "ok");
	json_dumpf(answer, stdout, JSON_INDENT(2));
	putchar('\n');
	return EXIT_DONE;
}

static void print_event(void *context, const json_t *event)
{
	const struct run_arguments *args = context;
	time_t when = (time_t)json_integer_value(json_object_get(event, "time"));
	const char *conn = json_string_value(json_object_get(event, "conn")), *what = json_string_value(json_object_get(event, "event"));
	const char *reason = json_string_value(json_object_get(event, "reason"));
	char clock[32] = "";
	struct tm tm;

	if (args->json) {
		json_t *line = json_copy((json_t *)event);

		json_object_del(line, "id");	/* of the socket's protocol */
		json_dumpf(line, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(line);
	} else if (localtime_r(&when, &tm) && strftime(clock, sizeof(clock), "%T", &tm)) {
		printf("%s %s %s%s%s\n", clock, conn ? conn : "?", what ? what : "?", reason ? ": " : "", reason ? reason : "");
	}
	fflush(stdout);			/* who watches through a pipe wants it now */
}

/* Ends with the daemon. */
static enum exit_status watch(const struct run_arguments *args, json_t *request, json_t **ret_answer)
{
	int r = control_watch(args->daemon.control_path, request, print_event, (void *)args, ret_answer);

	if (!r || r == -EPROTO)
		return r ? (complain("the daemon has ended"), EXIT_FINDINGS) : EXIT_DONE;
	complain("no daemon answers at '%s': %s", args->daemon.control_path, strerror(-r));
	return EXIT_TROUBLE;
}

enum exit_status run_command(const struct run_arguments *args)
{
	const struct command *c = find(args->operands[0]);
	enum exit_status status = EXIT_DONE;
	json_t *request, *answer = NULL;
	int r;

	if (!usable(c, args))
		return EXIT_TROUBLE;
	request = json_pack("{s:i,s:s}", "id", 1, "command", c->request);
	if (strcmp(c->word, "watch") == 0) {
		status = watch(args, request, &answer);
		json_decref(request);
		json_decref(answer);
		return status;
	}
	if (c->takes_conn)
		json_object_set_new(request, "conn", json_string(args->operands[1]));
	r = control_call(args->daemon.control_path, request, c->timeout_ms, &answer);
	json_decref(request);
	if (r) {
		complain("no daemon answers at '%s': %s", args->daemon.control_path,
			 r == -EPROTO ? "the connection broke" : strerror(-r));
		return EXIT_TROUBLE;
	}
	if (!json_is_true(json_object_get(answer, "ok"))) {
		print_failure(answer);
		status = EXIT_FINDINGS;
	} else if (strcmp(c->word, "status") == 0) {
		status = print_status(answer, args);
	}
	json_decref(answer);
	return status;
}

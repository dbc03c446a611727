/* SPDX-License-Identifier: Apache-2.0 */
/* Small commands that print what the program or the host knows: rules, facts. */
#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/installed.h"
#include "cli/ipsecc/command.h"

static const char *const severities[SEVERITY_COUNT] = { "error", "warning", "note" };

static int by_id(const void *va, const void *vb)
{
	return strcmp((*(const struct rule *const *)va)->id, (*(const struct rule *const *)vb)->id);
}

static void add_json(struct buf *out, const struct rule *const *rules)
{
	json_t *array = json_array();
	char *text = NULL;

	for (size_t i = 0; i < RULE_COUNT; i++)
		json_array_append_new(array, json_pack("{ssssssss}", "rule", rules[i]->id, "name", rules[i]->name, "severity",
						       severities[rules[i]->severity], "summary", rules[i]->summary));
	if (array && json_array_size(array) == RULE_COUNT)
		text = json_dumps(array, JSON_INDENT(2));
	if (text)
		buf_printf(out, "%s\n", text);
	else
		out->failed = true;
	free(text);
	json_decref(array);
}

enum exit_status command_rules(const struct arguments *args)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	const struct rule *rules[RULE_COUNT];

	for (size_t i = 0; i < RULE_COUNT; i++)
		rules[i] = &rule_table[i];
	qsort(rules, RULE_COUNT, sizeof(*rules), by_id);
	if (arguments_format_is(args, "json"))
		add_json(&out, rules);
	else
		for (size_t i = 0; i < RULE_COUNT; i++)
			buf_printf(&out, "%s %-8s %-32s %s\n", rules[i]->id, severities[rules[i]->severity], rules[i]->name,
				   rules[i]->summary);
	return write_stream(stdout, &out) ? EXIT_TROUBLE : EXIT_DONE;
}

enum exit_status command_facts(const struct arguments *args)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	struct installed installed;
	int r = facts_gather(&out, installed_libreswan(NULL, &installed) ? installed.release : NULL);

	if (r) {
		complain("this host's facts: %s", strerror(-r));
		return EXIT_TROUBLE;
	}
	return write_output(args->value[OPTION_OUTPUT], &out) ? EXIT_TROUBLE : EXIT_DONE;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_facts.c -- any bytes as host facts, alone and with a conn that is lowered by them. */
#include "compiler/lower/facts.h"
#include "include/ipsecc.h"
#include "tests/fuzz/findings.h"
#include "tests/one_file.h"

static const char configuration[] = "conn a\n\tleft=%defaultroute\n\tright=198.51.100.1\n\tauthby=secret\n\tauto=start\n";

/* The first file that is read is the configuration, the next one the facts. */
static int read_in_turn(void *context, const char *path, size_t limit, char **ret_text, size_t *ret_size, struct source_id *ret_id)
{
	struct slice conf = { configuration, sizeof(configuration) - 1 };

	return one_file_read(strcmp(path, "a.conf") == 0 ? &conf : context, path, limit, ret_text, ret_size, ret_id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = { (const char *)data, n };
	struct unit_options options = { .reader = one_file_reader(&in), .host_facts = "facts.json" };
	struct lower_options lowering = { 0 };
	bool incomplete = false;
	struct unit *u;

	options.reader.read = read_in_turn;
	if (unit_compile("a.conf", &options, &u, NULL))
		return 0;
	check_findings(&u->diag, n + sizeof(configuration));
	unit_plan(u, &lowering, &incomplete);
	unit_free(u);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_config.c -- any bytes as ipsec.conf, through every stage to every backend; the file may include itself. */
#include <errno.h>
#include <stdlib.h>

#include "include/ipsecc.h"

struct input {
	const uint8_t *data;
	size_t n;
};

static int read_input(void *context, const char *path, size_t limit, char **ret_text, size_t *ret_size, struct source_id *ret_id)
{
	const struct input *in = context;

	(void)path;
	if (in->n > limit)
		return -EFBIG;
	*ret_text = malloc(in->n + 1);
	if (!*ret_text)
		return -ENOMEM;
	memcpy(*ret_text, in->data, in->n);
	*ret_size = in->n;
	*ret_id = (struct source_id){ .device = 1, .inode = 1 };
	return 0;
}

static int identify_input(void *context, const char *path, struct source_id *ret_id)
{
	(void)context;
	(void)path;
	*ret_id = (struct source_id){ .device = 1, .inode = 1 };
	return 0;
}

static int glob_input(void *context, const char *pattern, char ***ret_paths, size_t *ret_count)
{
	(void)context;
	*ret_paths = calloc(1, sizeof(char *));
	if (!*ret_paths)
		return -ENOMEM;
	(*ret_paths)[0] = strdup(pattern);
	*ret_count = 1;
	return 0;
}

static void emit_all(struct unit *u, const struct plan *plan)
{
	struct backend_options options = { .phase = PHASE_UP, .ir = u->ir };

	for (size_t i = 0; backend_table[i]; i++) {
		struct buf out = { 0 };

		backend_table[i]->emit(plan, &options, &u->diag, &out);
		buf_release(&out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const dialects[] = { "auto", "3.18", "4.10", "5.4" };
	struct input in = { data, n };
	struct unit_options options = {
		.reader = { &in, read_input, glob_input, identify_input },
		.dialect = dialects[n % 4],
		.memory_limit = (size_t)512 << 20,
	};
	struct lower_options lower_options = { 0 };
	struct buf out = { 0 };
	struct unit *u;
	struct plan *plan;
	bool incomplete = false;

	if (unit_compile("fuzz.conf", &options, &u, NULL) < 0)
		return 0;
	plan = unit_plan(u, &lower_options, &incomplete);
	if (plan)
		emit_all(u, plan);
	unit_write_check_json(&u, 1, &out);
	diag_render_human(&u->diag, &(struct diag_style){ 0 }, &out);
	buf_release(&out);
	unit_free(u);
	return 0;
}

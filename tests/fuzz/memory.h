/* SPDX-License-Identifier: Apache-2.0 */
/* memory.h -- a reader whose only file is the fuzzer's input, for targets that read one document. */
#ifndef TESTS_FUZZ_MEMORY_H
#define TESTS_FUZZ_MEMORY_H

#include <errno.h>
#include <stdlib.h>

#include "compiler/source/source.h"

static inline int memory_read(void *context, const char *path, size_t limit, char **ret_text, size_t *ret_size,
			      struct source_id *ret_id)
{
	const struct slice *in = context;

	(void)path;
	if (in->n > limit)
		return -EFBIG;
	*ret_text = malloc(in->n + 1);
	if (!*ret_text)
		return -ENOMEM;
	if (in->n)
		memcpy(*ret_text, in->p, in->n);
	*ret_size = in->n;
	*ret_id = (struct source_id){ .device = 1, .inode = 1 };
	return 0;
}

static inline int memory_identify(void *context, const char *path, struct source_id *ret_id)
{
	(void)context;
	(void)path;
	*ret_id = (struct source_id){ .device = 1, .inode = 1 };
	return 0;
}

static inline struct source_reader memory_reader(struct slice *in)
{
	return (struct source_reader){ .context = in, .read = memory_read, .identify = memory_identify };
}

/* Findings lie within the text, and can be shown. */
static inline void check_findings(const struct diag *diag, size_t n)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < diag->findings.n; i++)
		if (diag->findings.v[i]->span.end > n + 1 || diag->findings.v[i]->span.start > diag->findings.v[i]->span.end)
			abort();
	diag_render_human(diag, &(struct diag_style){ 0 }, &out);
	buf_release(&out);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* one_file.h -- a reader whose only file is a text in memory, by whatever name, for tests and fuzz targets of one document. */
#ifndef TESTS_ONE_FILE_H
#define TESTS_ONE_FILE_H

#include <errno.h>
#include <stdlib.h>

#include "compiler/source/source.h"

static inline int one_file_read(void *context, const char *path, size_t limit, char **ret_text, size_t *ret_size,
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

/* No include finds a file. */
static inline int one_file_glob(void *context, const char *pattern, char ***ret_paths, size_t *ret_count)
{
	(void)context, (void)pattern;
	*ret_paths = NULL;
	*ret_count = 0;
	return 0;
}

static inline int one_file_identify(void *context, const char *path, struct source_id *ret_id)
{
	(void)context, (void)path;
	*ret_id = (struct source_id){ .device = 1, .inode = 1 };
	return 0;
}

static inline struct source_reader one_file_reader(struct slice *in)
{
	return (struct source_reader){ in, one_file_read, one_file_glob, one_file_identify };
}

#endif

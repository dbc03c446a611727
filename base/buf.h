/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h -- a growing byte buffer on the heap, for output and for messages.
 *
 * Errors stick: after an allocation has failed nothing more is appended and buf_failed() tells. p is NUL-terminated
 * whenever it is not NULL. The owner calls buf_release().
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct buf {
	char *p;
	size_t n, cap;
	bool failed;
	/* Takes text that is final, so that a large output need not be in memory all at once; false: it cannot. NULL: all stays. */
	bool (*sink)(void *context, struct slice text);
	void *context;			/* of the sink */
	size_t passed;			/* bytes that it has taken */
};

void buf_init(struct buf *b);
void buf_release(struct buf *b);
void buf_clear(struct buf *b);			/* empties, keeps the memory */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_slice(struct buf *b, struct slice s);
void buf_add_str(struct buf *b, const char *s);
void buf_add_char(struct buf *b, char c);
void buf_add_repeated(struct buf *b, char c, size_t n);
void buf_add_u8(struct buf *b, uint8_t v);
void buf_add_be16(struct buf *b, uint16_t v);
void buf_add_be32(struct buf *b, uint32_t v);
void buf_add_be64(struct buf *b, uint64_t v);
/* What the buffer holds is final: the sink may take it, and takes it once it is large. */
void buf_pass_on(struct buf *b);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
void buf_wipe_release(struct buf *b);		/* for secrets: overwrites before freeing */

static inline bool buf_failed(const struct buf *b)
{
	return b->failed;
}

static inline size_t buf_total(const struct buf *b)	/* bytes ever added */
{
	return b->passed + b->n;
}

static inline struct slice buf_slice(const struct buf *b)
{
	return (struct slice){ b->p, b->n };
}

#endif

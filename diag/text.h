/* SPDX-License-Identifier: Apache-2.0 */
/* text.h -- untrusted bytes as characters that a terminal may show.
 *
 * A configuration may hold terminal escapes, bidirectional controls and broken UTF-8; nothing of that reaches the screen. Width is
 * counted in terminal cells by Unicode's table (libunistring), not by the locale, so that output is the same on every host.
 */
#ifndef DIAG_TEXT_H
#define DIAG_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct glyph {
	char bytes[7];		/* what to print, UTF-8 */
	uint8_t size;		/* of bytes */
	uint8_t width;		/* cells: 0, 1, 2; a tab of source text is 4 blanks */
	uint8_t consumed;	/* bytes of the text it stands for; at least 1 */
};

/* The character at `at` (< s.n). ascii: whatever is not ASCII is shown as '?'. */
struct glyph text_glyph(struct slice s, size_t at, bool ascii);

#endif

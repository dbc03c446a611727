/* SPDX-License-Identifier: Apache-2.0 */
#include "diag/text.h"

#include <unictype.h>
#include <unistr.h>
#include <uniwidth.h>

#include "diag/diag.h"

#define REPLACEMENT 0xfffdu

/* Output rules U-072, U-073: C0 controls and DEL become the pictures U+2400 ... U+2421, what would act on the terminal or reorder
 * the line (C1 controls, bidirectional and other format characters, line separators) and bad bytes become U+FFFD. */
#define HARMFUL	(UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp | UC_CATEGORY_MASK_Cs | \
		 UC_CATEGORY_MASK_Cn)

static ucs4_t visible(ucs4_t c)
{
	if (c < 0x20)
		return 0x2400 + c;
	if (c == 0x7f)
		return 0x2421;
	return uc_is_general_category_withtable(c, HARMFUL) ? REPLACEMENT : c;
}

struct glyph text_glyph(struct slice s, size_t at, bool ascii)
{
	struct glyph g = { .size = 1, .width = 1, .consumed = 1 };
	unsigned char first = (unsigned char)s.p[at];
	ucs4_t c = REPLACEMENT;
	int n;

	if (first == '\t')
		return (struct glyph){ .bytes = "    ", .size = 4, .width = 4, .consumed = 1 };
	if (first >= 0x20 && first < 0x7f) {
		g.bytes[0] = (char)first;
		return g;
	}
	n = u8_mbtoucr(&c, (const uint8_t *)s.p + at, s.n - at);
	if (n > 0)
		g.consumed = (uint8_t)n;
	else
		c = REPLACEMENT;
	if (ascii) {
		g.bytes[0] = '?';
		return g;
	}
	c = visible(c);
	g.size = (uint8_t)u8_uctomb((uint8_t *)g.bytes, c, sizeof(g.bytes));
	n = uc_width(c, "UTF-8");
	g.width = (uint8_t)(n < 0 ? 1 : n);
	return g;
}

void diag_add_visible(struct buf *out, struct slice s, bool ascii)
{
	for (size_t at = 0; at < s.n;) {
		struct glyph g = text_glyph(s, at, ascii);

		if (s.p[at] == '\t')
			buf_add_char(out, ' ');
		else
			buf_add(out, g.bytes, g.size);
		at += g.consumed;
	}
}

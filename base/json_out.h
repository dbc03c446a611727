/* SPDX-License-Identifier: Apache-2.0 */
/* json_out.h -- a JSON document written straight into a buffer, member by member, for documents that are too large for a tree.
 *
 * The bytes are those of jansson's json_dumps() with JSON_INDENT(2), which also does the escaping. What comes out of order (a value without
 * a name in an object) is the caller's mistake and not noticed. Running out of memory sticks in the buffer.
 */
#ifndef BASE_JSON_OUT_H
#define BASE_JSON_OUT_H

#include "base/buf.h"

struct json_out {
	struct buf *buf;
	unsigned depth;		/* of open objects and arrays */
	bool first;		/* nothing stands in the innermost one yet */
};

/* `bracket`: '{' or '[', and its partner. */
void json_out_open(struct json_out *o, char bracket);
void json_out_close(struct json_out *o, char bracket);
void json_out_name(struct json_out *o, const char *name);	/* of an object's next member; a plain word */
void json_out_element(struct json_out *o);			/* an array's next element follows */

void json_out_null(struct json_out *o);
void json_out_bool(struct json_out *o, bool value);
void json_out_number(struct json_out *o, uint64_t value);
void json_out_text(struct json_out *o, struct slice text);	/* any bytes, as doc_text(); p NULL: null */

#endif

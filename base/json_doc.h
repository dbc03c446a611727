/* SPDX-License-Identifier: Apache-2.0 */
/* json_doc.h -- JSON objects for everything that writes documents.
 *
 * jansson answers running out of memory with NULL, and refuses a NULL child. A struct doc adds failures up, so that a writer is a list of
 * members and one place turns failure into -ENOMEM.
 */
#ifndef BASE_JSON_DOC_H
#define BASE_JSON_DOC_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

struct doc {
	json_t *json;		/* an object */
	bool failed;
};

struct doc doc_new(void);
void doc_set(struct doc *d, const char *key, json_t *value);		/* takes value; NULL counts as failure */
void doc_set_text(struct doc *d, const char *key, const char *text);	/* any bytes; NULL: null */
json_t *doc_finish(struct doc *d);					/* the object, or NULL when something of it is missing */

/* A string of any bytes: what is not UTF-8 becomes U+FFFD, since JSON has no other way to say it. p NULL: null. */
json_t *doc_text(struct slice s);
/* An array of what `make` gives for each of n items, or NULL. */
json_t *doc_array(const void *context, size_t n, json_t *(*make)(const void *context, size_t i));
/* Appends the document with two blanks of indentation and a final newline; takes it. 0 or -ENOMEM. */
int doc_write(json_t *document, struct buf *out);

#endif

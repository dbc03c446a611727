/* SPDX-License-Identifier: Apache-2.0 */
/* token.h -- ipsec.secrets as tokens (K-001..K-010). Private to secrets/. */
#ifndef SECRETS_TOKEN_H
#define SECRETS_TOKEN_H

#include "secrets/secrets.h"

struct token {
	struct slice text;	/* without quotes */
	uint32_t start, end;	/* offsets in the file, with quotes */
	char quote;		/* '"', '\'', '`', or '\0': none */
	bool first;		/* stands in column 0: begins a record */
	bool broken;		/* the quote has no end on its line */
};

struct token_list {
	VEC(struct token) list;
};

struct secrets_reader {
	struct arena *arena;
	struct slice text;
	uint32_t base;
	struct diag *diag;
	struct secrets *secrets;
};

static inline struct span secrets_span(const struct secrets_reader *r, uint32_t start, uint32_t end)
{
	return r->base ? (struct span){ r->base + start, r->base + end } : (struct span){ 0, 0 };
}

/* All tokens of the text. Findings: lines that are too long, text before the first record. */
void secrets_tokenize(struct secrets_reader *r, struct token_list *ret);

/* The bytes of a value in the form its token has. 0; -EINVAL with a static sentence that names the mistake and the offset in
 * the token (never the text); -ENOMEM. */
int secrets_decode(const struct token *t, enum secret_form *ret_form, struct secret *ret, const char **ret_why, uint32_t *ret_at);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_secrets.c -- any bytes as ipsec.secrets, and a search through what was read. Positions of findings stay within the text. */
#include <stdlib.h>

#include "secrets/secrets.h"

static struct diag_place nowhere(const void *context, uint32_t position)
{
	(void)context;
	(void)position;
	return (struct diag_place){ 0 };
}

static void search(const struct secrets *s)
{
	static const struct ident any = { .type = IDENT_ANY };

	for (size_t i = 0; i < s->entries.n; i++) {
		const struct secret_entry *e = &s->entries.v[i], *found;
		const struct ident *id = e->selectors.n ? &e->selectors.v[0] : &any;

		if (e->kind == SECRET_PSK && e->value.n == 0)
			abort();	/* an empty key would serve everybody (I-081) */
		found = secrets_find_psk(s, id, &any);
		if (found)
			secrets_psk_rival(s, found, id, &any);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct secrets secrets = { 0 };
	struct arena arena;
	struct diag diag;

	if (n > 4096)		/* the search is quadratic */
		return 0;
	arena_init(&arena);
	diag_init(&diag, &arena, (struct diag_source){ NULL, nowhere });
	secrets_parse(&arena, (struct slice){ (const char *)data, n }, 1, &diag, &secrets);
	for (size_t i = 0; i < diag.findings.n; i++)
		if (diag.findings.v[i]->span.start < 1 || diag.findings.v[i]->span.end > n + 1 ||
		    diag.findings.v[i]->span.start >= diag.findings.v[i]->span.end)
			abort();
	search(&secrets);
	secrets_release(&secrets);
	arena_release(&arena);
	return 0;
}

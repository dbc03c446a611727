/* SPDX-License-Identifier: Apache-2.0 */
/* Records of ipsec.secrets (K-011..K-025, K-040..K-051). A message quotes known keywords and nothing else:
 * where the text is not what it should be, any word of it may be a secret. */
#include <errno.h>

#include "secrets/token.h"

struct record {
	const struct token *v;
	size_t n;
};

static struct finding *report(struct secrets_reader *r, enum rule_id rule, const struct token *t, const char *message)
{
	return diag_report(r->diag, rule, secrets_span(r, t->start, t->end), "%s", message);
}

static bool is_colon(const struct token *t)
{
	return t->quote == '\0' && slice_eq_str(t->text, ":");
}

static bool is_word(const struct token *t, const char *word)
{
	return t->quote == '\0' && slice_eq_nocase(t->text, word);
}

/* --- identities -------------------------------------------------------------------------------------------------------------- */

/* K-008: an IPv6 address that ends in "::" loses a colon to the rule of K-007. */
static bool lost_a_colon(const struct token *t)
{
	size_t n = t->text.n;

	return t->quote == '\0' && n > 2 && t->text.p[n - 1] == ':' && t->text.p[n - 2] != ':' && memchr(t->text.p, ':', n - 1);
}

static void report_lost_colon(struct secrets_reader *r, const struct token *t)
{
	struct finding *f = report(r, RULE_SECRETS_IPV6_COLON, t,
				   "the last ':' of this address is taken for the one that ends the identities");

	diag_note(r->diag, f, "libreswan loses the entry");
	diag_help(r->diag, f, "put no blank there and write three colons, as in '2001:db8::: PSK', or spell the address without "
			      "'::' at its end");
}

static bool is_host_name(struct slice text)
{
	struct ip_addr addr;

	return !memchr(text.p, '@', text.n) && !memchr(text.p, '=', text.n) && text.p[0] != '%' && ip_addr_parse(text, &addr) != 0;
}

static void report_host_name(struct secrets_reader *r, const struct token *t)
{
	struct finding *f = report(r, RULE_SECRETS_HOST_NAME, t, "this name is looked up in the DNS");

	diag_note(r->diag, f, "libreswan resolves it once, when it reads the file; if that fails the entry loses this identity, "
			      "and without another one it serves every peer");
	diag_help(r->diag, f, "write '@' in front of it for the name itself, or the address");
}

static int read_selector(struct secrets_reader *r, const struct token *t, struct ident *ret)
{
	const char *why;
	size_t at;

	if (t->quote == '\0' && (slice_eq_nocase(t->text, "%any6") || slice_eq_nocase(t->text, "%none"))) {
		*ret = (struct ident){ .type = IDENT_ANY };
		return 0;
	}
	if (ident_parse(r->arena, t->text, ret, &why, &at) || ret->type == IDENT_FROM_CERT) {
		struct finding *f = report(r, RULE_SECRETS_BAD_IDENTITY, t, "this is no identity");

		diag_note(r->diag, f, "libreswan leaves it out; an entry without another identity then serves every peer");
		return -EINVAL;
	}
	if (t->quote == '\0' && is_host_name(t->text))
		report_host_name(r, t);
	return 0;
}

/* With fewer identities an entry serves more peers than its author meant. */
static void read_selectors(struct secrets_reader *r, const struct token *v, size_t n, struct secret_entry *entry)
{
	for (size_t i = 0; i < n; i++) {
		struct ident id = { 0 };

		if (read_selector(r, &v[i], &id))
			entry->refused = true;
		else
			vec_push(r->arena, &entry->selectors, id);
		entry->by_name |= v[i].quote == '\0' && is_host_name(v[i].text);
	}
}

/* --- values ------------------------------------------------------------------------------------------------------------------ */

static void check_text(struct secrets_reader *r, const struct token *t, const struct secret_entry *entry)
{
	const struct secret *s = &entry->value;
	struct finding *f;

	for (size_t i = 0; i < s->n; i++)
		if (s->bytes[i] & 0x80) {
			f = report(r, RULE_SECRETS_SUSPICIOUS_TEXT, t, "the secret has bytes outside ASCII");
			diag_note(r->diag, f, "the other end must have the same bytes, not only the same characters; a typographic "
					      "quote is one of them");
			return;
		}
	if (s->n && (s->bytes[0] == ' ' || s->bytes[s->n - 1] == ' ')) {
		f = report(r, RULE_SECRETS_SUSPICIOUS_TEXT, t, "the secret begins or ends with a blank");
		diag_note(r->diag, f, "the blank is part of the key");
	}
}

/* K-051: keys of manuals and of every list of passwords. */
static const char *const samples[] = {
	"secret shared by two hosts", "secret to be shared", "shared secret", "sharedsecret", "secret", "password", "passw0rd", "changeme",
	"preshared", "presharedkey", "pre-shared key", "mysecret", "mysharedsecret", "my_secret_key", "test", "testing", "ipsec", "vpn",
	"1234567890", "12345678", "123456789", "qwertyuiop", "v+NkxY9LLZvwj4qCC2o/gGrWDF2d21jL", "this is a strong password",
	"very secret key", "secretkey", "your_psk", "yourpsk", "your_psk_here", "psk", "xxxxxxxx",
};

static void check_sample(struct secrets_reader *r, const struct token *t, const struct secret *s)
{
	struct finding *f;

	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		if (!slice_eq_nocase(secret_slice(s), samples[i]))
			continue;
		f = report(r, RULE_SECRETS_EXAMPLE, t, "the shared key is one that stands in manuals and in lists of passwords");
		diag_help(r->diag, f, "openssl rand -base64 32");
		return;
	}
}

static void check_psk(struct secrets_reader *r, const struct token *t, const struct secret_entry *entry)
{
	struct finding *f;

	if (entry->form != SECRET_QUOTED && entry->form != SECRET_TEXT)
		return;		/* the daemon measures text only (K-041) */
	check_text(r, t, entry);
	check_sample(r, t, &entry->value);
	if (entry->value.n == 0 || entry->value.n >= 8)
		return;
	f = diag_report(r->diag, RULE_SECRETS_SHORT, secrets_span(r, t->start, t->end), "the shared key has %zu bytes",
			entry->value.n);
	diag_note(r->diag, f, "libreswan calls a key under 8 bytes weak; half the output of the PRF, 16 bytes for SHA2-256, is the "
			      "least that is safe");
	diag_help(r->diag, f, "openssl rand -base64 32");
}

/* One value token, and nothing behind it. */
static int read_value(struct secrets_reader *r, const struct token *keyword, struct record rest, struct secret_entry *entry)
{
	const char *why;
	uint32_t at = 0;
	int error;

	if (rest.n == 0) {
		report(r, RULE_SECRETS_MISSING_VALUE, keyword, "the value is missing");
		return -EINVAL;
	}
	error = secrets_decode(&rest.v[0], &entry->form, &entry->value, &why, &at);
	if (error == -EINVAL) {
		uint32_t start = rest.v[0].start + at;

		diag_report(r->diag, RULE_SECRETS_MALFORMED_VALUE, secrets_span(r, start, at ? start + 1 : rest.v[0].end),
			    "%s", why);
	}
	if (error)
		return error;
	if (rest.n > 1) {
		struct finding *f = report(r, RULE_SECRETS_TRAILING_TEXT, &rest.v[1], "there is text behind the value");

		diag_note(r->diag, f, "libreswan drops the entry (\"expected record boundary in key\"); a backslash does not "
				      "escape a quote");
		return -EINVAL;
	}
	if (entry->value.n == 0) {
		struct finding *f = report(r, RULE_SECRETS_EMPTY, &rest.v[0], "the secret is empty");

		diag_note(r->diag, f, "libreswan 4.10 takes it, and dies when it authenticates by it with IKEv2; everybody knows such a key");
		entry->refused = true;
	}
	entry->length = entry->value.n;
	check_psk(r, &rest.v[0], entry);
	return 0;
}

static int read_ppks(struct secrets_reader *r, const struct token *keyword, struct record rest, struct secret_entry *entry)
{
	if (rest.n == 0) {
		report(r, RULE_SECRETS_MISSING_VALUE, keyword, "the PPK's id and value are missing");
		return -EINVAL;
	}
	if (rest.v[0].quote == '\0') {
		report(r, RULE_SECRETS_MALFORMED_VALUE, &rest.v[0], "the PPK's id must stand in quotes");
		return -EINVAL;
	}
	if (rest.n == 1) {
		report(r, RULE_SECRETS_MISSING_VALUE, keyword, "the PPK's value is missing");
		return -EINVAL;
	}
	entry->reference = arena_strdup(r->arena, rest.v[0].text);
	return read_value(r, keyword, (struct record){ rest.v + 1, rest.n - 1 }, entry);
}

static void report_ignored(struct secrets_reader *r, const struct token *keyword, const char *word, const char *note)
{
	struct finding *f = word ? diag_report(r->diag, RULE_SECRETS_IGNORED, secrets_span(r, keyword->start, keyword->end),
					       "entries of kind '%s' are ignored", word)
				 : report(r, RULE_SECRETS_IGNORED, keyword, "an entry of this kind is not known, and ignored");

	diag_note(r->diag, f, "%s", note);
}

/* K-014, K-015: only what names the key is kept; numbers of the key itself stay in the file. */
static int read_rsa(struct secrets_reader *r, const struct token *keyword, struct record rest, struct secret_entry *entry)
{
	if (rest.n && !is_word(&rest.v[0], "{"))
		entry->reference = arena_strdup(r->arena, rest.v[0].text);
	report_ignored(r, keyword, "RSA", "private keys live in the NSS database; 3.18 finds them there by this entry, 4.x and "
					  "later do not need it");
	return 0;
}

static int read_pin(struct secrets_reader *r, const struct token *keyword, struct record rest, struct secret_entry *entry)
{
	(void)rest;
	(void)entry;
	report_ignored(r, keyword, "PIN", "the password of the NSS database stands in nsspassword");
	return 0;
}

static const struct kind {
	const char *word;
	enum secret_kind kind;
	int (*read)(struct secrets_reader *r, const struct token *keyword, struct record rest, struct secret_entry *entry);
} kinds[] = {
	{ "PSK", SECRET_PSK, read_value },
	{ "XAUTH", SECRET_XAUTH, read_value },
	{ "PPKS", SECRET_PPKS, read_ppks },
	{ "RSA", SECRET_RSA, read_rsa },
	{ "PIN", SECRET_PIN, read_pin },
};

/* K-017: what strongSwan has in its file of that name. */
static const char *const foreign[] = { "ECDSA", "P12", "PKCS8", "PKCS12", "EAP", "NTLM", "TPM", "BLISS", "PPK" };

static void report_unknown(struct secrets_reader *r, const struct token *keyword)
{
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
		if (is_word(keyword, foreign[i])) {
			report_ignored(r, keyword, foreign[i], "strongSwan has such entries, libreswan has not");
			return;
		}
	report_ignored(r, keyword, NULL, "libreswan knows PSK, XAUTH, PPKS, and in old releases RSA and PIN");
}

/* --- records ----------------------------------------------------------------------------------------------------------------- */

static const struct kind *find_kind(const struct token *keyword)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (is_word(keyword, kinds[i].word))
			return &kinds[i];
	return NULL;
}

static void read_key_part(struct secrets_reader *r, struct record ids, struct record key)
{
	const struct kind *kind = find_kind(&key.v[0]);
	struct record rest = { key.v + 1, key.n - 1 };
	struct secret_entry *entry;

	if (!kind && ids.n && lost_a_colon(&ids.v[ids.n - 1])) {
		report_lost_colon(r, &ids.v[ids.n - 1]);
		return;
	}
	if (!kind) {
		report_unknown(r, &key.v[0]);
		return;
	}
	/* In the list before it is filled: if memory runs out, secrets_release() finds the bytes. */
	entry = vec_add(r->arena, &r->secrets->entries);
	*entry = (struct secret_entry){ .kind = kind->kind, .span = secrets_span(r, ids.v[0].start, ids.v[0].end) };
	read_selectors(r, ids.v, ids.n, entry);
	if (kind->read(r, &key.v[0], rest, entry)) {
		secret_release(&entry->value);
		r->secrets->entries.n--;
	}
}

static void read_include(struct secrets_reader *r, struct record rec)
{
	if (rec.n != 2 || rec.v[1].first) {
		report(r, RULE_SECRETS_BAD_INCLUDE, &rec.v[0], "'include' takes one file name or pattern");
		return;
	}
	vec_push(r->arena, &r->secrets->includes, (struct secret_include){
		.pattern = arena_strdup(r->arena, rec.v[1].text),
		.span = secrets_span(r, rec.v[1].start, rec.v[1].end),
		.entries_before = r->secrets->entries.n,
	});
}

static void report_no_colon(struct secrets_reader *r, struct record rec)
{
	const struct token *t = &rec.v[0];
	struct finding *f;

	for (size_t i = 0; i < rec.n; i++)
		if (rec.v[i].quote == '\0' && rec.v[i].text.n > 1 && rec.v[i].text.p[0] == ':')
			t = &rec.v[i];
	f = report(r, RULE_SECRETS_MISSING_COLON, t, "the entry has no ':' that stands alone");
	diag_note(r->diag, f, "libreswan takes all its words for identities and drops it (\"unexpected end of id list\")");
	diag_help(r->diag, f, "put a blank on each side of the colon, as in '@east : PSK'");
}

static void read_record(struct secrets_reader *r, struct record rec)
{
	size_t colon = 0;

	for (size_t i = 0; i < rec.n; i++)
		if (rec.v[i].broken) {
			report(r, RULE_SECRETS_UNTERMINATED, &rec.v[i], "the quote does not end on this line");
			return;
		}
	if (is_word(&rec.v[0], "include")) {
		read_include(r, rec);
		return;
	}
	while (colon < rec.n && !is_colon(&rec.v[colon]))
		colon++;
	if (colon == rec.n) {
		report_no_colon(r, rec);
	} else if (colon + 1 == rec.n) {
		struct finding *f = report(r, RULE_SECRETS_EMPTY_KEY, &rec.v[colon], "nothing follows the colon");

		diag_note(r->diag, f, "libreswan 3.18 to 5.4 crash when they read this file");
	} else {
		struct record ids = { rec.v, colon }, key = { rec.v + colon + 1, rec.n - colon - 1 };

		read_key_part(r, ids, key);
	}
}

void secrets_parse(struct arena *a, struct slice text, uint32_t base, struct diag *diag, struct secrets *s)
{
	struct secrets_reader r = { .arena = a, .text = text, .base = base, .diag = diag, .secrets = s };
	struct token_list tokens = { 0 };
	size_t i = 0;

	secrets_tokenize(&r, &tokens);
	while (i < tokens.list.n) {
		size_t end = i + 1;

		while (end < tokens.list.n && !tokens.list.v[end].first)
			end++;
		read_record(&r, (struct record){ &tokens.list.v[i], end - i });
		i = end;
	}
}

void secrets_forget(struct secrets *s)
{
	for (size_t i = 0; i < s->entries.n; i++)
		secret_release(&s->entries.v[i].value);
}

void secrets_release(struct secrets *s)
{
	secrets_forget(s);
	*s = (struct secrets){ 0 };
}

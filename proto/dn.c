/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/dn.h"

#include <errno.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <strings.h>

#include "base/cleanup.h"

/* What pluto 4.10 takes before '=' (asked it), without regard to case; the first of an OID is how it prints. */
static const struct {
	const char *name;
	const char *oid;
	int string_type;	/* 0: PrintableString where the characters allow it, else UTF8String */
} attributes[] = {
	{ "C", "2.5.4.6", 0 }, { "ST", "2.5.4.8", 0 }, { "L", "2.5.4.7", 0 }, { "O", "2.5.4.10", 0 }, { "OU", "2.5.4.11", 0 },
	{ "CN", "2.5.4.3", 0 }, { "S", "2.5.4.4", 0 }, { "SN", "2.5.4.5", 0 }, { "serialNumber", "2.5.4.5", 0 }, { "T", "2.5.4.12", 0 },
	{ "D", "2.5.4.13", 0 }, { "N", "2.5.4.41", 0 }, { "G", "2.5.4.42", 0 }, { "I", "2.5.4.43", 0 }, { "ID", "2.5.4.45", 0 },
	{ "UID", "0.9.2342.19200300.100.1.1", 0 }, { "DC", "0.9.2342.19200300.100.1.25", V_ASN1_IA5STRING },
	{ "E", "1.2.840.113549.1.9.1", V_ASN1_IA5STRING }, { "EMAIL", "1.2.840.113549.1.9.1", V_ASN1_IA5STRING },
	{ "emailAddress", "1.2.840.113549.1.9.1", V_ASN1_IA5STRING }, { "unstructuredName", "1.2.840.113549.1.9.2", 0 },
	{ "ND", "0.2.262.1.10.7.20", 0 }, { "TCGID", "1.3.6.1.4.1.1201.1.1.2.2.75", 0 },
};
#define N_ATTRIBUTES (sizeof attributes / sizeof *attributes)

static void free_name(X509_NAME **name)
{
	X509_NAME_free(*name);
}

static void free_object(ASN1_OBJECT **object)
{
	ASN1_OBJECT_free(*object);
}

/* --- text to DER ----------------------------------------------------------------------------------------------------------------- */

struct dn_value {
	uint8_t bytes[DN_MAX];
	size_t n;
	int type;
};

/* A value ends at a single ',' or at '/'; ",," and a backslash keep the character. */
static size_t value_end(struct slice text, size_t i)
{
	for (; i < text.n && text.p[i] != '/'; i++) {
		if (text.p[i] == '\\' && i + 1 < text.n)
			i++;
		else if (text.p[i] == ',' && i + 1 < text.n && text.p[i + 1] == ',')
			i++;
		else if (text.p[i] == ',')
			break;
	}
	return i;
}

/* "#0c0161": one DER element, tag and length in short form. */
static const char *decode_hex_value(struct slice s, struct dn_value *value)
{
	uint8_t all[2 + 127];
	size_t n = 0;

	for (size_t i = 1; i < s.n; i += 2, n++) {
		int high = digit_hex(s.p[i]), low = i + 1 < s.n ? digit_hex(s.p[i + 1]) : -1;

		if (high < 0 || low < 0)
			return "a value after '#' needs an even number of hexadecimal digits";
		if (n == sizeof all)
			return "a value after '#' is longer than 127 bytes";
		all[n] = (uint8_t)(high << 4 | low);
	}
	if (n < 2 || all[1] != n - 2)
		return "a value after '#' must be one DER element";
	value->type = all[0];
	value->n = n - 2;
	memcpy(value->bytes, all + 2, value->n);
	return NULL;
}

static const char *decode_value(struct slice s, struct dn_value *value)
{
	value->n = 0;
	value->type = 0;
	if (s.n && s.p[0] == '#')
		return decode_hex_value(s, value);
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (value->n == sizeof value->bytes)
			return "the value is too long";
		if (c == '\\' && i + 2 < s.n && digit_hex(s.p[i + 1]) >= 0 && digit_hex(s.p[i + 2]) >= 0) {
			c = (char)(digit_hex(s.p[i + 1]) << 4 | digit_hex(s.p[i + 2]));
			i += 2;
		} else if (c == '\\' && i + 1 < s.n) {
			c = s.p[++i];
		} else if (c == ',') {
			i++;
		}
		value->bytes[value->n++] = (uint8_t)c;
	}
	return NULL;
}

/* X.680's PrintableString; '*' is no member, yet pluto writes a wildcard so, and it is never sent. */
static bool is_printable_string(const struct dn_value *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (!v->bytes[i] || !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?", v->bytes[i]))
			return false;
	return true;
}

static int find_attribute(struct slice name)
{
	for (size_t i = 0; i < N_ATTRIBUTES; i++)
		if (slice_eq_nocase(name, attributes[i].name))
			return (int)i;
	return -1;
}

static int add_entry(X509_NAME *name, int attribute, const struct dn_value *value)
{
	CLEANUP(free_object) ASN1_OBJECT *object = OBJ_txt2obj(attributes[attribute].oid, 1);
	int type = value->type ? value->type : attributes[attribute].string_type;

	if (!object)
		return -ENOMEM;
	if (!type)
		type = is_printable_string(value) ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING;
	if (!X509_NAME_add_entry_by_OBJ(name, object, type, value->bytes, (int)value->n, -1, 0))
		return -ENOMEM;
	return 0;
}

/* One ATTRIBUTE=VALUE, from text.p + at on. Returns 0 and moves *at behind it. */
static int add_rdn(X509_NAME *name, struct slice text, size_t *at, const char **ret_why)
{
	size_t equals = *at, start, end;
	struct dn_value value;
	int attribute;

	while (equals < text.n && text.p[equals] != '=' && text.p[equals] != ',' && text.p[equals] != '/')
		equals++;
	if (equals == text.n || text.p[equals] != '=') {
		*ret_why = "an attribute and '=' are missing here";
		return -EINVAL;
	}
	attribute = find_attribute(slice_trim(slice_sub(text, *at, equals)));
	if (attribute < 0) {
		*ret_why = "no such attribute of a distinguished name";
		return -EINVAL;
	}
	for (start = equals + 1; start < text.n && text.p[start] == ' '; start++)
		;
	end = value_end(text, start);
	*at = start;
	*ret_why = decode_value(slice_trim(slice_sub(text, start, end)), &value);
	if (*ret_why)
		return -EINVAL;
	*at = end;
	return add_entry(name, attribute, &value);
}

int dn_from_text(struct slice text, uint8_t der[DN_MAX], size_t *ret_size, const char **ret_why, size_t *ret_at)
{
	CLEANUP(free_name) X509_NAME *name = X509_NAME_new();
	size_t at = 0;
	int size;

	if (!name)
		return -ENOMEM;
	for (;;) {
		int r;

		while (at < text.n && strchr(" \t,/", text.p[at]) && text.p[at])
			at++;
		if (at == text.n)
			break;
		r = add_rdn(name, text, &at, ret_why);
		*ret_at = at;
		if (r < 0)
			return r;
	}
	size = i2d_X509_NAME(name, NULL);
	if (X509_NAME_entry_count(name) == 0 || size <= 0 || size > DN_MAX) {
		*ret_why = size > DN_MAX ? "the name is too long" : "the name is empty";
		*ret_at = 0;
		return -EINVAL;
	}
	*ret_size = (size_t)i2d_X509_NAME(name, &der);
	return 0;
}

/* --- DER to text ----------------------------------------------------------------------------------------------------------------- */

static X509_NAME *name_from_der(struct slice der)
{
	const uint8_t *p = (const uint8_t *)der.p;
	X509_NAME *name;

	if (der.n == 0 || der.n > DN_MAX)
		return NULL;
	name = d2i_X509_NAME(NULL, &p, (long)der.n);
	if (name && p != (const uint8_t *)der.p + der.n) {
		X509_NAME_free(name);
		return NULL;
	}
	return name;
}

struct text {
	char *p;
	size_t n;
};

static void put(struct text *t, const char *s, size_t n)
{
	if (n < DN_MAX - t->n) {
		memcpy(t->p + t->n, s, n);
		t->n += n;
	} else {
		t->n = DN_MAX;	/* sticks */
	}
}

static void put_attribute(struct text *t, ASN1_OBJECT *object)
{
	char oid[128];

	OBJ_obj2txt(oid, sizeof oid, object, 1);
	for (size_t i = 0; i < N_ATTRIBUTES; i++)
		if (strcmp(oid, attributes[i].oid) == 0) {
			put(t, attributes[i].name, strlen(attributes[i].name));
			return;
		}
	put(t, oid, strlen(oid));
}

/* As pluto prints: specials with a backslash, bytes outside ASCII as "\C3". '/' too, since it would separate. */
static void put_value(struct text *t, const uint8_t *value, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = (char)value[i], escaped[4];

		if (value[i] < 0x20 || value[i] >= 0x7f)
			put(t, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\%02X", value[i]));
		else if (strchr(",+\"\\<>;=/", c))
			put(t, (char[]){ '\\', c }, 2);
		else
			put(t, &c, 1);
	}
}

/* Value as UTF-8, malloc'ed by OpenSSL; -1 when it is no character string. */
static int value_utf8(const X509_NAME *name, int i, uint8_t **ret)
{
	return ASN1_STRING_to_UTF8(ret, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
}

int dn_to_text(struct slice der, char text[DN_MAX])
{
	CLEANUP(free_name) X509_NAME *name = name_from_der(der);
	struct text t = { .p = text };

	if (!name)
		return -EINVAL;
	for (int i = 0; i < X509_NAME_entry_count(name); i++) {
		uint8_t *value = NULL;
		int n = value_utf8(name, i, &value);

		if (n < 0)
			return -EINVAL;
		if (i)
			put(&t, ", ", 2);
		put_attribute(&t, X509_NAME_ENTRY_get_object(X509_NAME_get_entry(name, i)));
		put(&t, "=", 1);
		put_value(&t, value, (size_t)n);
		OPENSSL_free(value);
	}
	if (t.n >= DN_MAX)
		return -EINVAL;
	text[t.n] = '\0';
	return 0;
}

/* --- comparison ------------------------------------------------------------------------------------------------------------------ */

/* Next character of a value that counts: runs of blanks are one, those at the end none. -1: end. */
static int next_char(const uint8_t *s, size_t n, size_t *i)
{
	if (*i < n && s[*i] == ' ') {
		while (*i < n && s[*i] == ' ')
			++*i;
		return *i < n ? ' ' : -1;
	}
	if (*i == n)
		return -1;
	return s[*i] >= 'A' && s[*i] <= 'Z' ? s[(*i)++] | 0x20 : s[(*i)++];
}

static bool values_equal(const uint8_t *a, size_t na, const uint8_t *b, size_t nb)
{
	size_t i = 0, k = 0;
	int c;

	while (i < na && a[i] == ' ')
		i++;
	while (k < nb && b[k] == ' ')
		k++;
	do {
		c = next_char(a, na, &i);
		if (c != next_char(b, nb, &k))
			return false;
	} while (c >= 0);
	return true;
}

static bool entry_matches(const X509_NAME *pattern, const X509_NAME *name, int i)
{
	X509_NAME_ENTRY *p = X509_NAME_get_entry(pattern, i), *q = X509_NAME_get_entry(name, i);
	uint8_t *a = NULL, *b = NULL;
	int na, nb;
	bool equal;

	if (OBJ_cmp(X509_NAME_ENTRY_get_object(p), X509_NAME_ENTRY_get_object(q)) != 0 || X509_NAME_ENTRY_set(p) != X509_NAME_ENTRY_set(q))
		return false;
	na = value_utf8(pattern, i, &a);
	nb = value_utf8(name, i, &b);
	equal = na >= 0 && nb >= 0 && ((na == 1 && a[0] == '*') || values_equal(a, (size_t)na, b, (size_t)nb));
	OPENSSL_free(a);
	OPENSSL_free(b);
	return equal;
}

bool dn_matches(struct slice pattern, struct slice der)
{
	CLEANUP(free_name) X509_NAME *p = name_from_der(pattern), *q = name_from_der(der);

	if (!p || !q || X509_NAME_entry_count(p) != X509_NAME_entry_count(q))
		return false;
	for (int i = 0; i < X509_NAME_entry_count(p); i++)
		if (!entry_matches(p, q, i))
			return false;
	return true;
}

static bool add_entry_key(struct buf *out, const X509_NAME *name, int i)
{
	X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
	const ASN1_OBJECT *type = X509_NAME_ENTRY_get_object(entry);
	uint8_t *value = NULL;
	int n = value_utf8(name, i, &value), c;
	size_t at = 0;

	if (n < 0)
		return false;
	buf_printf(out, "%d:%zu:", X509_NAME_ENTRY_set(entry), OBJ_length(type));
	buf_add(out, OBJ_get0_data(type), OBJ_length(type));
	while (at < (size_t)n && value[at] == ' ')
		at++;
	while ((c = next_char(value, (size_t)n, &at)) >= 0)
		if (c)
			buf_add_char(out, (char)(c == ' ' ? c : value[at - 1]));
		else
			buf_add(out, "\0\1", 2);		/* so that a zero byte ends no value */
	buf_add(out, "\0\0", 2);
	OPENSSL_free(value);
	return true;
}

bool dn_add_key(struct buf *out, struct slice der)
{
	CLEANUP(free_name) X509_NAME *name = name_from_der(der);
	bool ok = name != NULL;

	for (int i = 0; ok && i < X509_NAME_entry_count(name); i++)
		ok = add_entry_key(out, name, i);
	return ok && !buf_failed(out);
}

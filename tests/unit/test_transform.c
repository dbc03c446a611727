/* SPDX-License-Identifier: Apache-2.0 */
/* The table of algorithms: its contents, and finding them by number and by what people write. With $IPSECC_SPEC against the facts.
 * What real parsers made of each name in a proposal is tested in test_proposal.c. */
#include "proto/transform.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "tests/unit/tap.h"

/* --- look-ups ----------------------------------------------------------------------------------------------------------------- */

static void written(enum transform_type type, const char *alias, enum release release, const char *expected)
{
	const struct transform *t = transform_by_alias(type, slice_of(alias), release);

	if (!expected) {
		ck_assert_msg(t == NULL, "'%s' is %s in %s", alias, t ? t->name : "", release_name(release));
		return;
	}
	ck_assert_msg(t != NULL, "'%s' is nothing in %s", alias, release_name(release));
	ck_assert_str_eq(t->name, expected);
}

START_TEST(spellings_by_release)
{
	written(TRANSFORM_ENCR, "aes", RELEASE_3_18, "AES_CBC");
	written(TRANSFORM_ENCR, "AES_GCM_C", RELEASE_5_4, "AES_GCM_16");
	written(TRANSFORM_ENCR, "aes_gcm_16", RELEASE_3_18, NULL);	/* 3.20 brought the sizes of the tag */
	written(TRANSFORM_ENCR, "aes_gcm_16", RELEASE_3_32, "AES_GCM_16");
	written(TRANSFORM_ENCR, "aes_gcm_16", RELEASE_ANY, "AES_GCM_16");
	written(TRANSFORM_ENCR, "serpent", RELEASE_3_32, "SERPENT_CBC");
	written(TRANSFORM_ENCR, "serpent", RELEASE_4_10, NULL);
	written(TRANSFORM_KE, "modp2048", RELEASE_3_18, "MODP2048");
	written(TRANSFORM_KE, "dh14", RELEASE_3_18, NULL);
	written(TRANSFORM_KE, "dh14", RELEASE_4_10, "MODP2048");
	written(TRANSFORM_KE, "curve25519", RELEASE_4_10, "DH31");
	written(TRANSFORM_KE, "mlkem768", RELEASE_5_4, "ML_KEM_768");
	written(TRANSFORM_KE, "mlkem768", RELEASE_5_0, NULL);
	written(TRANSFORM_ENCR, "", RELEASE_ANY, NULL);
	written(TRANSFORM_ENCR, "aes256", RELEASE_ANY, NULL);		/* the size is the proposal parser's */
}
END_TEST

/* RFC 7296 section 3.3.2: a PRF and an integrity algorithm are two transforms with two numbers, though people write one word. */
START_TEST(one_word_two_types)
{
	const struct transform *prf = transform_by_alias(TRANSFORM_PRF, SLICE("sha2_256"), RELEASE_4_10);
	const struct transform *integ = transform_by_alias(TRANSFORM_INTEG, SLICE("sha2_256"), RELEASE_4_10);

	ck_assert_int_eq(prf->ikev2_id, 5);
	ck_assert_int_eq(prf->output_bits, 256);
	ck_assert_int_eq(integ->ikev2_id, 12);
	ck_assert_int_eq(integ->icv_bits, 128);
	ck_assert_int_eq(integ->ikev1_ah_id, 5);
	written(TRANSFORM_INTEG, "sha2_256_128", RELEASE_4_10, "HMAC_SHA2_256_128");
	written(TRANSFORM_PRF, "sha2_256_128", RELEASE_4_10, NULL);
}
END_TEST

static void in_place(enum transform_type type, const char *alias, enum release release, unsigned use, bool expected)
{
	ck_assert_msg((transform_by_alias_for(type, slice_of(alias), release, use) != NULL) == expected, "'%s' in %s", alias,
		      release_name(release));
}

START_TEST(spellings_by_place)
{
	in_place(TRANSFORM_ENCR, "aes_gcm", RELEASE_4_10, USE_IKE2, true);
	in_place(TRANSFORM_ENCR, "aes_gcm", RELEASE_4_10, USE_IKE1, false);	/* P-050: AEAD is for IKEv2 */
	in_place(TRANSFORM_ENCR, "aes_gcm", RELEASE_4_10, USE_IKE1 | USE_IKE2, true);
	in_place(TRANSFORM_ENCR, "null", RELEASE_4_10, USE_ESP1 | USE_ESP2, true);
	in_place(TRANSFORM_ENCR, "null", RELEASE_ANY, USE_IKE1 | USE_IKE2, false);
	in_place(TRANSFORM_ENCR, "3des_cbc", RELEASE_3_18, USE_IKE1, true);
	in_place(TRANSFORM_ENCR, "3des_cbc", RELEASE_3_18, USE_ESP1, false);	/* 3.18 knows it in ike= only */
	in_place(TRANSFORM_ENCR, "3des_cbc", RELEASE_4_10, USE_ESP1, true);
	in_place(TRANSFORM_KE, "dh19", RELEASE_4_10, USE_ESP1, false);		/* P-038 */
	in_place(TRANSFORM_KE, "dh19", RELEASE_5_4, USE_ESP1, true);
	in_place(TRANSFORM_ENCR, "chacha20_poly1305", RELEASE_4_10, USE_ESP1, false);
}
END_TEST

START_TEST(numbers)
{
	ck_assert_str_eq(transform_by_ikev2_id(TRANSFORM_ENCR, 20)->name, "AES_GCM_16");
	ck_assert_str_eq(transform_by_ikev2_id(TRANSFORM_PRF, 7)->name, "HMAC_SHA2_512");
	ck_assert_str_eq(transform_by_ikev2_id(TRANSFORM_INTEG, 0)->name, "NONE");
	ck_assert_str_eq(transform_by_ikev2_id(TRANSFORM_KE, 19)->name, "DH19");
	ck_assert_str_eq(transform_by_ikev2_id(TRANSFORM_ESN, 1)->name, "PARTIAL_64_BIT_SEQUENTIAL");
	ck_assert_ptr_null(transform_by_ikev2_id(TRANSFORM_ENCR, 9999));
	ck_assert_ptr_null(transform_by_ikev2_id(TRANSFORM_ENCR, TRANSFORM_NONE));	/* no entry is found by having no number */
	ck_assert_ptr_null(transform_by_ikev2_id((enum transform_type)77, 1));
	ck_assert_ptr_null(transform_by_name(TRANSFORM_ENCR, "aes_cbc"));		/* a canonical name is exact */
	ck_assert_int_eq(transform_by_name(TRANSFORM_ENCR, "AES_CBC")->ikev1_ike_id, 7);
	ck_assert_int_eq(transform_by_name(TRANSFORM_ENCR, "AES_GCM_16")->ikev1_ike_id, TRANSFORM_NONE);
	ck_assert_int_eq(transform_by_name(TRANSFORM_ENCR, "CAMELLIA_CBC")->ikev2_id, 23);
	ck_assert_int_eq(transform_by_name(TRANSFORM_ENCR, "CAMELLIA_CBC")->ikev1_esp_id, 22);	/* the two registries differ */
}
END_TEST

static void near(enum transform_type type, const char *alias, enum release release, const char *expected)
{
	const char *got = transform_nearest(type, slice_of(alias), release);

	ck_assert_msg(expected ? got && strcmp(got, expected) == 0 : !got, "'%s': '%s'", alias, got ? got : "");
}

START_TEST(did_you_mean)
{
	near(TRANSFORM_KE, "modp2084", RELEASE_4_10, "modp2048");
	near(TRANSFORM_KE, "modp_2048", RELEASE_4_10, "modp2048");
	near(TRANSFORM_ENCR, "ase", RELEASE_4_10, "aes");
	near(TRANSFORM_ENCR, "camelia", RELEASE_4_10, "camellia");
	near(TRANSFORM_ENCR, "serpnt", RELEASE_4_10, NULL);		/* gone in that release */
	near(TRANSFORM_ENCR, "serpnt", RELEASE_3_32, "serpent");
	near(TRANSFORM_INTEG, "sha3", RELEASE_4_10, NULL);		/* sha1 and sha2 are as near */
	near(TRANSFORM_ENCR, "blowfish", RELEASE_4_10, NULL);
	near(TRANSFORM_ENCR, "", RELEASE_ANY, NULL);
}
END_TEST

/* --- contents ----------------------------------------------------------------------------------------------------------------- */

START_TEST(entries_hold_together)
{
	for (unsigned i = 0; i < transform_count; i++) {
		const struct transform *t = transform_table[i];

		ck_assert_msg(t->doc && strlen(t->doc) > 20 && t->doc[strlen(t->doc) - 1] == '.', "%s", t->name);
		ck_assert_msg(transform_by_name(t->type, t->name) == t, "%s stands twice", t->name);
		ck_assert_msg(t->ikev2_id == TRANSFORM_NONE || transform_by_ikev2_id(t->type, t->ikev2_id) == t,
			      "%s shares its number", t->name);
		ck_assert_msg(!i || transform_table[i - 1]->type <= t->type, "%s is out of order", t->name);
		for (size_t k = 0; t->aliases[k]; k++)
			for (int r = 0; r < RELEASE_COUNT; r++)
				if (t->alias_releases[k] & 1u << r)
					written(t->type, t->aliases[k], (enum release)r, t->name);
	}
}
END_TEST

/* What a proposal or an SA of each kind needs to know. */
START_TEST(usable_entries_are_complete)
{
	for (unsigned i = 0; i < transform_count; i++) {
		const struct transform *t = transform_table[i];
		bool usable = t->use[RELEASE_4_10] || t->use[RELEASE_5_4], child = t->use[RELEASE_4_10] & (USE_ESP2 | USE_AH2);

		if (!usable || strcmp(t->name, "NONE") == 0)
			continue;
		if (t->type == TRANSFORM_ENCR && strcmp(t->name, "NULL") != 0) {
			ck_assert_msg(t->key_bits[0] && t->key_bits_default && t->block && t->iv, "%s", t->name);
			ck_assert_msg(t->aead == (t->icv_bits != 0), "%s", t->name);
			ck_assert_msg(t->key_attribute == (t->key_bits[1] != 0), "%s", t->name);
		}
		if (t->type == TRANSFORM_PRF)
			ck_assert_msg(t->output_bits && t->key_bits_default == t->output_bits, "%s", t->name);
		if (t->type == TRANSFORM_INTEG)
			ck_assert_msg(t->icv_bits && t->icv_bits <= t->key_bits_default, "%s", t->name);
		if (t->type == TRANSFORM_KE)
			ck_assert_msg(t->output_bits % 8 == 0 && t->output_bits, "%s", t->name);
		if (child && (t->type == TRANSFORM_ENCR || t->type == TRANSFORM_INTEG) && strcmp(t->name, "CAMELLIA_CTR") != 0)
			ck_assert_msg(t->xfrm && strchr(t->xfrm, '('), "%s has no kernel name", t->name);
	}
}
END_TEST

static void openssl_cipher(const struct transform *t, unsigned bits)
{
	const char *percent = strstr(t->openssl, "%u");
	EVP_CIPHER *cipher;
	char name[64];

	if (percent)
		snprintf(name, sizeof name, "%.*s%u%s", (int)(percent - t->openssl), t->openssl, bits, percent + 2);
	else
		snprintf(name, sizeof name, "%s", t->openssl);
	cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	ck_assert_msg(cipher != NULL, "%s: OpenSSL has no '%s'", t->name, name);
	ck_assert_msg(EVP_CIPHER_get_key_length(cipher) * 8 == (int)bits, "%s: '%s'", t->name, name);
	EVP_CIPHER_free(cipher);
}

static void openssl_digest(const struct transform *t)
{
	EVP_MD *digest = EVP_MD_fetch(NULL, t->openssl, NULL);

	ck_assert_msg(digest != NULL, "%s: OpenSSL has no '%s'", t->name, t->openssl);
	ck_assert_msg(EVP_MD_get_size(digest) * 8 == t->key_bits_default, "%s: '%s'", t->name, t->openssl);
	EVP_MD_free(digest);
}

/* The names are right when OpenSSL itself knows them. */
START_TEST(openssl_knows_the_names)
{
	unsigned n = 0;

	for (unsigned i = 0; i < transform_count; i++) {
		const struct transform *t = transform_table[i];

		if (!t->openssl || !t->use[RELEASE_5_4] || strchr(t->openssl, '('))
			continue;
		for (size_t k = 0; t->type == TRANSFORM_ENCR && t->key_bits[k]; k++, n++)
			openssl_cipher(t, t->key_bits[k]);
		if (t->type == TRANSFORM_PRF || t->type == TRANSFORM_INTEG) {
			openssl_digest(t);
			n++;
		}
	}
	ck_assert_uint_gt(n, 20);
	/* no cipher: taken for AES-GCM it would encrypt what must go in clear */
	ck_assert_str_eq(transform_by_name(TRANSFORM_ENCR, "NULL_AUTH_AES_GMAC")->openssl, "GMAC(AES-%u-GCM)");
}
END_TEST

/* --- against the facts -------------------------------------------------------------------------------------------------------- */

enum { KIND, NAME, ALIASES, IKEV1, IKEV2 };

/* "name@releases; ...": every name of the column is known, and no other. */
static void compare_aliases(const struct transform *t, char *column)
{
	unsigned n = 0, known = 0;
	char *alias;

	if (strncmp(column, "none accepted", 13) != 0) {
		while ((alias = strsep(&column, ";"))) {
			alias += strspn(alias, " ");
			alias[strcspn(alias, "@")] = '\0';
			written(t->type, alias, RELEASE_ANY, t->name);
			n++;
		}
	}
	while (t->aliases[known])
		known++;
	ck_assert_msg(n == known, "%s has %u names, the facts %u", t->name, known, n);
}

static void compare_line(char *line)
{
	static const struct { const char *kind; enum transform_type type; } kinds[] = {
		{ "encr", TRANSFORM_ENCR }, { "prf", TRANSFORM_PRF }, { "integ", TRANSFORM_INTEG }, { "dh", TRANSFORM_KE },
		{ "esn", TRANSFORM_ESN },
	};
	const struct transform *t = NULL;
	char *column[5];

	for (size_t i = 0; i < 5; i++)
		column[i] = strsep(&line, "\t");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(column[KIND], kinds[i].kind) == 0)
			t = transform_by_name(kinds[i].type, column[NAME]);
	ck_assert_msg(t != NULL, "%s %s is missing", column[KIND], column[NAME]);
	ck_assert_msg(isdigit((unsigned char)*column[IKEV2]) ? t->ikev2_id == atoi(column[IKEV2]) : t->ikev2_id == TRANSFORM_NONE,
		      "%s", t->name);
	compare_aliases(t, column[ALIASES]);
}

START_TEST(facts)
{
	const char *dir = getenv("IPSECC_SPEC");
	char path[4096], *line = NULL;
	size_t size = 0;
	unsigned n = 0;
	FILE *in;

	if (!dir) {
		printf("ok 0 - algorithms of the facts # SKIP no $IPSECC_SPEC\n");
		return;
	}
	snprintf(path, sizeof path, "%s/transforms.tsv", dir);
	in = fopen(path, "r");
	ck_assert_msg(in != NULL, "%s", path);
	while (getline(&line, &size, in) > 0)
		if (n++)	/* the first line names the columns */
			compare_line(line);
	ck_assert_uint_eq(n - 1, transform_count);
	free(line);
	fclose(in);
}
END_TEST

TAP_MAIN("transform", spellings_by_release, one_word_two_types, spellings_by_place, numbers, did_you_mean, entries_hold_together,
	 usable_entries_are_complete, openssl_knows_the_names, facts)

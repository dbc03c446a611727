/* SPDX-License-Identifier: Apache-2.0 */
/* ike=, esp=, ah=: what real parsers answered to 800 texts ($IPSECC_SPEC/proposal-vectors.tsv), and our messages with their places. */
#include "compiler/sema/proposals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/tap.h"

static struct arena arena;

/* --- how libreswan prints a list ------------------------------------------------------------------------------------------------- */

static void put(char *out, size_t size, const char *text)
{
	size_t n = strlen(out);

	snprintf(out + n, size - n, "%s", text);
}

static void put_type(char *out, size_t size, const struct proposal *p, enum transform_type type)
{
	bool first = true;
	char name[64];

	for (size_t i = 0; i < p->transforms.n; i++) {
		const struct proposal_transform *t = &p->transforms.v[i];

		if (t->transform->type != type)
			continue;
		if (!first)
			put(out, size, "+");
		first = false;
		if (type == TRANSFORM_KE && t->transform->ikev2_id >= 19)
			snprintf(name, sizeof name, "DH%u", t->transform->ikev2_id);
		else
			snprintf(name, sizeof name, "%s", t->transform->name);
		put(out, size, name);
		if (t->key_bits) {
			snprintf(name, sizeof name, "_%u", t->key_bits);
			put(out, size, name);
		}
	}
}

static unsigned count(const struct proposal *p, enum transform_type type)
{
	unsigned n = 0;

	for (size_t i = 0; i < p->transforms.n; i++)
		n += p->transforms.v[i].transform->type == type;
	return n;
}

/* Printing rules at the end of section 7; INTEG of ike= is left out when it follows from the PRF. */
static bool integ_follows(const struct proposal *p)
{
	static const uint16_t integ[] = { 0, 1, 2, 0, 5, 12, 13, 14 };
	uint16_t prf[16] = { 0 }, want[16] = { 0 };
	size_t n = 0, m = 0;

	for (size_t i = 0; i < p->transforms.n && n < 16 && m < 16; i++) {
		if (p->transforms.v[i].transform->type == TRANSFORM_PRF)
			prf[n++] = integ[p->transforms.v[i].transform->ikev2_id & 7];
		if (p->transforms.v[i].transform->type == TRANSFORM_INTEG)
			want[m++] = p->transforms.v[i].transform->ikev2_id;
	}
	return m == 0 || (n == m && memcmp(prf, want, sizeof prf) == 0);
}

static void put_proposal(char *out, size_t size, const struct proposal *p, enum release release)
{
	bool ike = p->protocol == PROTOCOL_IKE, old = release < RELEASE_5_0;

	put_type(out, size, p, TRANSFORM_ENCR);
	for (int k = 0; k < 2; k++) {
		enum transform_type type = (k == 0) == old ? TRANSFORM_INTEG : TRANSFORM_PRF;

		if (type == TRANSFORM_PRF ? !ike : ike && integ_follows(p))
			continue;
		if (count(p, type) == 0)
			continue;
		put(out, size, count(p, TRANSFORM_ENCR) ? "-" : "");
		put_type(out, size, p, type);
	}
	if (count(p, TRANSFORM_KE)) {
		put(out, size, "-");
		put_type(out, size, p, TRANSFORM_KE);
	}
}

/* Our table has IANA's names: underscores in other places, PRF_ in front, AES128_XCBC for AES_XCBC. Where libreswan prints "NONE" (AEAD, or a
 * group that was written so), a proposal on the wire has nothing. */
static void squeeze(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (strncmp(s, "PRF_", 4) == 0)
			s += 3;
		else if (strncmp(s, "-NONE", 5) == 0)
			s += 4;
		else if (strncmp(s, "AES128_XCBC", 11) == 0 || strncmp(s, "AES128_CMAC", 11) == 0)
			s += 5, memcpy(to, "AES", 3), to += 3;
		else if (*s != '_')
			*to++ = *s;
	}
	*to = '\0';
}

/* --- vectors --------------------------------------------------------------------------------------------------------------------- */

struct tally {
	unsigned verdicts, verdict_misses, lists, list_misses;
};

static const char *verdict_of(bool ok, const proposal_problems *problems)
{
	return !ok ? "refuse" : problems->n ? "warn" : "accept";
}

static void compare(struct tally *t, const struct proposal_text *in, const char *verdict, const char *list)
{
	proposal_problems problems = { 0 };
	proposal_list ours = { 0 };
	bool ok = proposals_parse(&arena, in, &ours, &problems);
	char text[8192] = "", want[8192];

	/* "abort": the program fails an assertion, so there is no answer. 5.4 takes sn= here and dies later (P-097): we refuse it. addkeN= is read
	 * over with a warning. */
	if (strcmp(verdict, "abort") == 0 || strstr(in->text.p, "sn=") || (in->release == RELEASE_5_4 && strstr(in->text.p, "addke")))
		return;
	t->verdicts++;
	if (ok != (strcmp(verdict, "refuse") != 0) || (ok && in->release != RELEASE_3_18 && strcmp(verdict, verdict_of(ok, &problems)) != 0)) {
		t->verdict_misses++;
		printf("# %s %u %u pfs=%d '" SLICE_FMT "': %s, not %s (%s)\n", release_name(in->release), in->protocol, in->ike_version, in->pfs,
		       SLICE_ARG(in->text), verdict_of(ok, &problems), verdict, problems.n ? problems.v[0].message : "");
	}
	if (!ok || strcmp(verdict, "refuse") == 0 || in->release == RELEASE_3_18)
		return;
	for (size_t i = 0; i < ours.n; i++) {
		put(text, sizeof text, i ? ", " : "");
		put_proposal(text, sizeof text, &ours.v[i], in->release);
	}
	snprintf(want, sizeof want, "%s", list);
	squeeze(text);
	squeeze(want);
	t->lists++;
	if (strcmp(text, want) != 0) {
		t->list_misses++;
		printf("# %s %u %u pfs=%d '" SLICE_FMT "':\n#   ours   %s\n#   theirs %s\n", release_name(in->release), in->protocol,
		       in->ike_version, in->pfs, SLICE_ARG(in->text), text, want);
	}
}

static void run_line(struct tally *tally, char *line, enum release release, unsigned column)
{
	char *field[11] = { 0 };
	struct proposal_text in = { .release = release };

	line[strcspn(line, "\n")] = '\0';
	for (unsigned i = 0; i < 11; i++)
		field[i] = strsep(&line, "\t");
	if (!field[10] || strcmp(field[0], "protocol") == 0)
		return;
	in.protocol = strcmp(field[0], "ike") == 0 ? PROTOCOL_IKE : field[0][0] == 'a' ? PROTOCOL_AH : PROTOCOL_ESP;
	in.pfs = strcmp(field[2], "yes") == 0;
	in.text = slice_of(field[3]);
	for (in.ike_version = 1; in.ike_version <= 2; in.ike_version++)
		if (strcmp(field[1], "any") == 0 || atoi(field[1]) == (int)in.ike_version)
			compare(tally, &in, field[column], field[column + 1]);
}

static void run_vectors(enum release release, unsigned column, unsigned verdict_misses, unsigned list_misses)
{
	const char *spec = getenv("IPSECC_SPEC");
	char path[4096], line[16384];
	CLEANUP(cleanup_fclose) FILE *in = NULL;
	struct tally tally = { 0 };

	snprintf(path, sizeof path, "%s/proposal-vectors.tsv", spec ? spec : ".");
	in = fopen(path, "r");
	if (!in) {
		printf("ok 0 - proposal vectors for %s # SKIP no proposal-vectors.tsv in $IPSECC_SPEC\n", release_name(release));
		return;
	}
	while (fgets(line, sizeof line, in))
		run_line(&tally, line, release, column);
	printf("# %s: %u verdicts, %u differ; %u lists, %u differ\n", release_name(release), tally.verdicts, tally.verdict_misses, tally.lists,
	       tally.list_misses);
	fflush(stdout);
	ck_assert_uint_gt(tally.verdicts, 700);
	ck_assert_uint_le(tally.verdict_misses, verdict_misses);
	ck_assert_uint_le(tally.list_misses, list_misses);
}

START_TEST(vectors_of_4_10)
{
	run_vectors(RELEASE_4_10, 4, 0, 0);
}
END_TEST

START_TEST(vectors_of_3_18)
{
	/* Numeric names ("id4"), "sha1_96" as a PRF and "kame_null", each for both IKE versions, are taken by 3.18 only and mean nothing. */
	run_vectors(RELEASE_3_18, 7, 8, 0);
}
END_TEST

START_TEST(vectors_of_5_4)
{
	/* P-093: what becomes equal because pfs=no strips groups is kept once by 5.4, twice by us. */
	run_vectors(RELEASE_5_4, 9, 0, 2);
}
END_TEST

/* --- our own messages ------------------------------------------------------------------------------------------------------------ */


static const char *report(const char *text, enum ipsec_protocol protocol, unsigned ike_version, enum release release)
{
	struct proposal_text in = { slice_of(text), protocol, release, ike_version, true };
	proposal_problems problems = { 0 };
	proposal_list list = { 0 };
	char *out = "";

	proposals_parse(&arena, &in, &list, &problems);
	for (size_t i = 0; i < problems.n; i++) {
		const struct proposal_problem *p = &problems.v[i];

		out = arena_printf(&arena, "%s%s%zu-%zu %s%s%s%s%s", out, i ? "; " : "", p->from, p->to, p->message, p->label ? " | " : "",
				   p->label ? p->label : "", p->help ? " ? " : "", p->help ? p->help : "");
	}
	return out;
}

#define ike(text)	report(text, PROTOCOL_IKE, 2, RELEASE_4_10)
#define esp(text)	report(text, PROTOCOL_ESP, 2, RELEASE_4_10)

/* Each caret is under what is wrong, also in the third proposal. */
START_TEST(messages_and_places)
{
	ck_assert_str_eq(ike("aes256-sha2;dh14,aes128-sha2;dh14,aes999-sha2;dh14"), "37-40 AES_CBC has no key of '999' bits | 128, 192 or 256");
	ck_assert_str_eq(ike("foo-sha2,aes-bar,aes-sha2;baz"),
			 "0-3 'foo' is no cipher; 13-16 'bar' is no PRF; 26-29 'baz' is no DH group");
	ck_assert_str_eq(ike("aes256-sha2-modp2048!"), "20-21 '!' is no part of a proposal ? leave the '!' out: libreswan takes every list as strict");
	ck_assert_str_eq(ike("aes-modp2048"), "4-12 'modp2048' is a DH group, but in this place stands the PRF ? write ';' before a DH group");
	ck_assert_str_eq(ike("aes256-sha2, aes128-sha2"), "12-13 a proposal holds no blanks");
	ck_assert_str_eq(ike("aes,,3des"), "4-4 a cipher is missing here");
	ck_assert_str_eq(ike("aes256gcm16-sha2"), "0-11 'aes256gcm16' is no cipher ? libreswan writes 'aes_gcm256'");
	ck_assert_str_eq(ike("aes256-sha2;none"), "12-16 ike= needs a DH group");
	ck_assert_str_eq(ike("aes-sha2;dh14;dh19"), "14-18 'dh19' is too much: the DH group comes last");
	ck_assert_str_eq(ike("aes+aes128"), "4-10 'aes128' is listed before");
	ck_assert_str_eq(ike("aes256-sha1;modp1024"), "12-20 libreswan 4.10 does not support the DH group 'modp1024' here");
	ck_assert_str_eq(report("aes_gcm256-sha2", PROTOCOL_IKE, 1, RELEASE_4_10), "0-7 IKEv1 has no cipher 'aes_gcm'");
	ck_assert_str_eq(report("aes+3des", PROTOCOL_IKE, 1, RELEASE_4_10), "0-8 IKEv1 takes one algorithm of a kind, not a list with '+'");
	ck_assert_str_eq(ike(""), "0-0 the proposal is empty");
}
END_TEST

START_TEST(messages_of_esp)
{
	ck_assert_str_eq(esp("aes_gcm256-sha2"), "11-15 AES_GCM_16 has its own integrity: it takes no 'sha2'");
	ck_assert_str_eq(esp("aes256-null"), "7-11 AES_CBC needs an integrity algorithm");
	ck_assert_str_eq(esp("aes+aes_gcm"), "4-11 ciphers with and without integrity of their own cannot stand in one list");
	ck_assert_str_eq(esp("3des192-sha1"), "4-7 3DES_CBC takes no key size");
	/* P-073, P-075 */
	ck_assert_str_eq(esp("aes-sha1,3des-sha1;modp2048"), "0-8 this proposal has no DH group, but another one has ? add ';modp2048' here");
	ck_assert_str_eq(esp("aes;dh14,3des;dh15"), "14-18 all proposals of a child SA must have the same DH group");
	ck_assert_str_eq(report("aes-sha1,3des-sha1;modp2048", PROTOCOL_ESP, 2, RELEASE_3_18), "");
	ck_assert_str_eq(report("aes_256-sha1", PROTOCOL_ESP, 2, RELEASE_3_18), "0-4 'aes_' is no cipher ? did you mean 'aes'");
}
END_TEST

/* Sizes: section 7; whole lists: section 8. */
START_TEST(expanded_lists)
{
	struct proposal_text in = { SLICE("aes-sha2;modp2048"), PROTOCOL_IKE, RELEASE_4_10, 2, true };
	proposal_problems problems = { 0 };
	proposal_list list = { 0 };

	ck_assert(proposals_parse(&arena, &in, &list, &problems));
	ck_assert_uint_eq(list.v[0].from, 0);
	ck_assert_uint_eq(list.v[0].to, in.text.n);
	proposals_expand(&arena, RELEASE_4_10, 2, &list);
	ck_assert_uint_eq(list.n, 1);
	ck_assert_uint_eq(list.v[0].transforms.v[0].key_bits, 256);
	ck_assert_uint_eq(list.v[0].transforms.v[1].key_bits, 128);
	in.ike_version = 1;
	ck_assert(proposals_parse(&arena, &in, &list, &problems));
	proposals_expand(&arena, RELEASE_4_10, 1, &list);
	ck_assert_uint_eq(list.n, 2);
	ck_assert_uint_eq(list.v[0].transforms.v[0].key_bits, 256);
	ck_assert_uint_eq(list.v[1].transforms.v[0].key_bits, 128);
	proposals_default(&arena, PROTOCOL_IKE, RELEASE_4_10, 1, &list);
	ck_assert_uint_eq(list.n, 18);	/* 12 entries, 18 transforms */
	proposals_default(&arena, PROTOCOL_IKE, RELEASE_4_10, 2, &list);
	ck_assert_uint_eq(list.n, 4);
	ck_assert_uint_eq(list.v[0].transforms.v[0].transform->ikev2_id, 20);
	ck_assert_uint_eq(list.v[0].transforms.v[0].key_bits, 256);
	ck_assert_uint_eq(list.v[0].transforms.n, 1 + 2 + 8);
	proposals_default(&arena, PROTOCOL_ESP, RELEASE_4_10, 2, &list);
	ck_assert_uint_eq(list.n, 4);
	ck_assert_uint_eq(list.v[3].transforms.n, 3);
	proposals_default(&arena, PROTOCOL_IKE, RELEASE_3_18, 2, &list);
	ck_assert_uint_eq(list.n, 4);
	ck_assert_uint_eq(list.v[2].transforms.n, 1 + 3 + 3 + 3);
}
END_TEST

TAP_MAIN("proposal", vectors_of_4_10, vectors_of_3_18, vectors_of_5_4, messages_and_places, messages_of_esp, expanded_lists)

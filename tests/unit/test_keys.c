/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec.secrets beside a configuration: which entry each conn takes, by K-030 ... K-051, what is said of it, and files that include files.
 * That these answers are pluto's is the matter of tests/differential/secrets.sh. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "include/ipsecc.h"
#include "secrets/index.h"
#include "tests/unit/memory_files.h"
#include "tests/unit/tap.h"

static struct memory_file files[20];
static struct front front;		/* what the reader of memory_files.h wants */
static struct unit *unit;
static struct buf out;

#define CONN(name, ends)	"conn " name "\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tikev2=insist\n" \
				"\tike=aes256-sha2_256-dh14\n\tauto=add\n" ends
#define ALL			": PSK \"a key of twenty bytes\"\n"
#define PSK			" " ALL

static struct unit_options options_for(const char *dialect)
{
	return (struct unit_options){
		.reader = { &front, memory_read, memory_glob, memory_identify }, .dialect = dialect, .secrets = "a.secrets",
		.secrets_losers = true,
	};
}

static void check(const char *dialect, const char *config, const char *secrets)
{
	struct unit_options options = options_for(dialect);

	files[0] = (struct memory_file){ .path = "a.conf", .text = config };
	files[1] = (struct memory_file){ .path = "a.secrets", .text = secrets };
	front.files = files;
	ck_assert_int_eq(unit_compile("a.conf", &options, &unit, NULL), 0);
}

static void done(void)
{
	unit_free(unit);
	buf_release(&out);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		files[i] = (struct memory_file){ 0 };
}

/* "hq psk found 3 local+remote" for each key of each conn, with the side and what loses. */
static const char *keys(void)
{
	struct report_run run;

	buf_clear(&out);
	ck_assert_int_eq(unit_report(unit, &run), 0);
	for (size_t i = 0; i < run.conn_count; i++)
		for (size_t k = 0; k < run.conns[i].key_count; k++) {
			const struct report_key *key = &run.conns[i].keys[k];

			buf_printf(&out, "%s%s %s %s", out.n ? "; " : "", run.conns[i].name, key->kind, key->status);
			if (key->side)
				buf_printf(&out, " if %s", key->side);
			if (key->file)
				buf_printf(&out, " %s:%u %s", key->file, key->line, key->match);
			for (size_t l = 0; l < key->loser_count; l++)
				buf_printf(&out, ", not %u %s", key->losers[l].line, key->losers[l].match);
		}
	return out.p ? out.p : "";
}

/* "error IC3520 a.conf:1 message; ..." of what is said about secrets. */
static const char *said(void)
{
	static const char *const severities[] = { "error", "warning", "note" };

	buf_clear(&out);
	for (size_t i = 0; i < unit->diag.findings.n; i++) {
		const struct finding *f = unit->diag.findings.v[i];
		struct diag_place place = sources_locate(&unit->sources, f->span.start);

		if (strncmp(rule_table[f->rule].id, "IC35", 4) == 0)
			buf_printf(&out, "%s%s %s %s:%u %s", out.n ? "; " : "", severities[f->severity], rule_table[f->rule].id, place.file,
				   place.line, f->message);
	}
	return out.p ? out.p : "";
}

static const char names[] = CONN("hq", "\tleftid=@hq\n\trightid=@branch\n");

static const char ours[] = "conn hq\n\tleft=%defaultroute\n\tleftid=@hq\n\tright=198.51.100.1\n\trightid=@branch\n\tauthby=secret\n\tauto=add\n";

/* K-031, K-032, K-034: lines, and the reasons of the others. */
START_TEST(the_entry_that_wins_and_those_that_lose)
{
	check("4.10", names, "@hq @branch" PSK "@hq %any" PSK "@hq" PSK "@branch %any" PSK "@branch" PSK ALL);
	ck_assert_str_eq(keys(), "hq psk found a.secrets:1 local+remote, not 5 remote, not 4 remote+any, not 2 local+any, not 3 local");
	done();
	check("4.10", names, ALL "@hq @other" PSK "@other" PSK);
	ck_assert_str_eq(keys(), "hq psk found a.secrets:1 any");
	done();
	check("4.10", ours, "@branch" PSK "@hq @other" PSK "@hq @branch %any" PSK);
	ck_assert_str_eq(keys(), "hq psk missing if left, not 3 local+remote+any, not 1 remote, not 2 local+others");
	ck_assert_str_eq(said(), "error IC3520 a.conf:1 no shared key serves conn 'hq'; note IC3522 a.secrets:1 no conn takes this key; "
				 "note IC3522 a.secrets:2 no conn takes this key; note IC3522 a.secrets:3 no conn takes this key");
	ck_assert_int_eq(unit->ir->conns.v[0]->verdict, VERDICT_LOADS_WITH_WARNINGS);
	done();
}
END_TEST

/* K-042: without facts this host may be either end. */
START_TEST(either_end_may_be_this_host)
{
	check("4.10", names, "@hq" PSK);
	ck_assert_str_eq(keys(), "hq psk found if left a.secrets:1 local; hq psk missing if right, not 1 remote");
	ck_assert_str_eq(said(), "");
	done();
	check("4.10", "conn here\n\tleft=%defaultroute\n\tleftid=@hq\n\tright=198.51.100.1\n\tauthby=secret\n\tauto=add\n", "@hq" PSK);
	ck_assert_str_eq(keys(), "here psk found if left a.secrets:1 local");
	done();
}
END_TEST

/* K-030, K-048, C-126 */
START_TEST(a_peer_from_anywhere)
{
	static const char two[] = "config setup\n\tikev1-policy=accept\nconn road\n\tleft=192.0.2.1\n\tleftid=@hq\n\tright=%any\n\trightid=@road\n"
				  "\tauthby=secret\n\tikev2=insist\n\tauto=add\nconn old\n\tleft=192.0.2.1\n\tleftid=@hq\n\tright=%any\n"
				  "\trightid=@road\n\tauthby=secret\n\tikev2=no\n\tauto=add\n";

	check("4.10", two, "@hq @road : PSK \"a key of forty bytes, which is really enough\"\n");
	ck_assert_str_eq(keys(), "road psk found if left a.secrets:1 local+remote; old psk missing if left, not 1 local+remote");
	ck_assert_str_eq(said(), "error IC3523 a.secrets:1 this key is not found for conn 'old'");
	done();
	check("4.10", two, "@hq %any : PSK \"a key of forty bytes, which is really enough\"\n");
	ck_assert_str_eq(keys(), "road psk found if left a.secrets:1 local+any; old psk found if left a.secrets:1 local+any");
	ck_assert_str_eq(said(), "");
	done();
}
END_TEST

/* What only the host, a certificate or the DNS knows is unknown, and never an OK. */
START_TEST(what_is_not_known)
{
	check("4.10", "conn a\n\tleft=%defaultroute\n\tright=198.51.100.1\n\tauthby=secret\n\tauto=add\n", ALL);
	ck_assert_str_eq(keys(), "a psk unknown if left");
	ck_assert_str_eq(said(), "");
	done();
	check("4.10", "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tleftcert=hq\n\tauto=add\n", ALL);
	ck_assert_str_eq(keys(), "a private-key unknown");
	done();
	check("4.10", names, "@hq vpn.example.com" PSK ALL);	/* K-050 */
	ck_assert_str_eq(keys(), "hq psk unknown, not 1 local+others, not 2 any");
	done();
}
END_TEST

/* K-040: half the output of the PRF. */
START_TEST(keys_below_the_prf)
{
	static const char prfs[][16] = { "md5", "sha1", "sha2_256", "sha2_384", "sha2_512" };
	static const unsigned floors[] = { 8, 10, 16, 24, 32 };

	for (size_t i = 0; i < 5; i++) {
		for (unsigned n = floors[i] - 1; n <= floors[i]; n++) {
			char config[300], secrets[100];

			snprintf(config, sizeof config, "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tike=aes256-%s-dh14\n"
				 "\tauto=add\n", prfs[i]);
			snprintf(secrets, sizeof secrets, "192.0.2.1 198.51.100.1 : PSK \"%.*s\"\n", (int)n, "0a1b2c3d4e5f6a7b8c9dAeBfCaDbEcFd0");
			check("4.10", config, secrets);
			ck_assert_msg((strstr(said(), "IC3524") != NULL) == (n < floors[i]), "%s %u: %s", prfs[i], n, said());
			done();
		}
	}
	check("4.10", "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tike=aes256-sha2_512-dh14,aes256-sha1-dh14\n\tauto=add\n",
	      ": PSK \"fifteen bytes, ok\"\n");
	ck_assert_str_eq(said(), "note IC3524 a.secrets:1 the shared key has 17 bytes, and HMAC_SHA2_512 of conn 'a' wants 32");
	done();
}
END_TEST

/* K-043, K-045, K-051 */
START_TEST(keys_that_are_not_what_they_seem)
{
	check("4.10", names, ALL);
	ck_assert_str_eq(said(), "");
	done();
	check("4.10", names, ": PSK \"a key of twenty bytes\"\n@branch" PSK);
	ck_assert_str_eq(said(), "warning IC3521 a.secrets:2 this key for the peer of conn 'hq' is never used");
	done();
	check("4.10", names, "@hq @branch" PSK "@branch @hq : PSK \"another key of twenty\"\n");
	ck_assert_str_eq(said(), "error IC3517 a.secrets:2 conn 'hq' has two keys that fit equally well");
	done();
	check("4.10", names, "@hq @branch" PSK "@branch @hq" PSK);	/* the same key */
	ck_assert_str_eq(keys(), "hq psk found a.secrets:2 local+remote, not 1 local+remote");
	done();
	check("4.10", CONN("a", "\trightid=@a\n") CONN("b", "\trightid=@b\n"), ": PSK \"a key of twenty bytes\"\n");
	ck_assert_str_eq(said(), "warning IC3525 a.secrets:1 this key serves the peers of conns 'a', 'b' and maybe more");
	done();
}
END_TEST

/* K-013, K-037, C-258 */
START_TEST(passwords_of_xauth)
{
	static const char client[] = "config setup\n\tikev1-policy=accept\nconn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tikev2=no\n"
				     "\tleftxauthclient=yes\n\trightxauthserver=yes\n\tleftusername=alice\n\tauto=add\n";

	check("4.10", client, ": PSK \"a key of forty bytes, which is really enough\"\n@bob : XAUTH \"pass word\"\n");
	ck_assert_str_eq(said(), "warning IC3527 a.conf:10 there is no password for this user");
	done();
	check("4.10", client, ": PSK \"a key of forty bytes, which is really enough\"\n@bob @alice : XAUTH \"pass word\"\n");
	ck_assert_str_eq(said(), "");
	ck_assert_str_eq(keys(), "a psk found a.secrets:1 any; a xauth found if left a.secrets:2 local+others");
	done();
}
END_TEST

/* K-024: nothing loads when the daemon dies. An empty key kills it later. */
START_TEST(what_the_daemon_dies_of)
{
	check("4.10", names, "@x :\n@hq @branch" PSK);
	ck_assert_str_eq(said(), "error IC3506 a.secrets:1 nothing follows the colon");
	ck_assert_int_eq(unit->ir->conns.v[0]->verdict, VERDICT_WILL_NOT_LOAD);
	done();
	check("4.10", names, "@hq @branch : PSK \"\"\n" ALL);
	ck_assert_str_eq(keys(), "hq psk found a.secrets:1 local+remote, not 2 any");
	ck_assert_str_eq(said(), "error IC3512 a.secrets:1 conn 'hq' takes this key, which is empty; error IC3512 a.secrets:1 the secret is empty; "
				 "note IC3522 a.secrets:2 no conn takes this key");
	done();
}
END_TEST

/* K-011, K-034: an included entry stands where its include line is. */
START_TEST(files_that_include_files)
{
	files[2] = (struct memory_file){ .path = "d/1.secrets", .text = "@hq @branch" PSK "include 2.secrets\n" };
	files[3] = (struct memory_file){ .path = "d/2.secrets", .text = "include 1.secrets\n@hq @branch : PSK \"another key of twenty\"\n" };
	check("4.10", names, "include d/1.secrets\n@hq @branch : PSK \"yet another of twenty\"\ninclude d/none-*\ninclude d/2.secrets\n");
	ck_assert_str_eq(keys(), "hq psk found d/1.secrets:1 local+remote, not 2 local+remote, not 2 local+remote");
	ck_assert_str_eq(said(), "note IC3522 a.secrets:2 no conn takes this key; warning IC3519 a.secrets:3 there is no such file; "
				 "warning IC3515 d/2.secrets:1 d/1.secrets includes itself; "
				 "error IC3517 d/2.secrets:2 conn 'hq' has two keys that fit equally well");
	done();
}
END_TEST

/* K-011: as deep as the daemon follows. */
START_TEST(files_ten_deep)
{
	static char paths[12][16], texts[12][40];

	for (size_t i = 0; i < 11; i++) {
		snprintf(paths[i], sizeof paths[i], "f%02zu", i);
		snprintf(texts[i], sizeof texts[i], "include f%02zu\n", i + 1);
		files[i + 2] = (struct memory_file){ .path = paths[i], .text = texts[i] };
	}
	check("4.10", names, "@hq @branch" PSK "include f00\n");
	ck_assert_str_eq(said(), "error IC3515 f08:1 f09 is not read: too many files are nested");
	done();
}
END_TEST

static struct ident random_ident(struct arena *a, unsigned *state)
{
	static const char *const texts[] = { "@a", "@B.", "@b", "a@x", "192.0.2.1", "2001:db8::1", "C=DE, CN=a", "C=DE, CN=A", "@#0a", "%any" };
	struct ident id = { 0 };
	const char *why;
	size_t at;

	*state = *state * 1103515245 + 12345;
	ck_assert_int_eq(ident_parse(a, slice_of(texts[*state >> 16 & 15 ? (*state >> 16) % 10 : 0]), &id, &why, &at), 0);
	return id;
}

/* The index against a look at each entry, over pairs and files by chance. */
START_TEST(the_index_finds_what_a_look_at_each_finds)
{
	unsigned state = 1, found = 0, rivals = 0;

	for (unsigned round = 0; round < 400; round++) {
		struct secrets secrets = { 0 };
		struct secret_index *index;
		struct arena a;

		arena_init(&a);
		for (unsigned i = 0; i < round % 17; i++) {
			struct secret_entry *e = vec_add(&a, &secrets.entries);
			char key = (char)('a' + (state >> 20) % 3);

			ck_assert_int_eq(secret_set(&e->value, &key, 1), 0);
			for (unsigned k = (state >> 18) % 4; k; k--)
				vec_push(&a, &e->selectors, random_ident(&a, &state));
			state = state * 1103515245 + 12345;
		}
		index = secret_index_new(&a, &secrets, SECRET_PSK);
		for (unsigned i = 0; i < 60; i++) {
			struct ident local = random_ident(&a, &state), remote = random_ident(&a, &state);
			struct secret_choice choice = secret_index_find(index, &local, &remote);
			const struct secret_entry *e = secrets_find_psk(&secrets, &local, &remote);

			ck_assert(!e == !choice.entry);
			found += e != NULL;
			if (!e)
				continue;
			ck_assert_int_eq(e->value.bytes[0], choice.entry->value.bytes[0]);
			ck_assert(!secrets_psk_rival(&secrets, e, &local, &remote) == !choice.rival);
			rivals += choice.rival != NULL;
		}
		secrets_release(&secrets);
		arena_release(&a);
	}
	ck_assert_uint_gt(found, 5000);		/* it was about something */
	ck_assert_uint_gt(rivals, 500);
}
END_TEST

/* Whatever allocation fails: no leak (the sanitizer build sees those), and no key that stays. */
START_TEST(every_allocation_may_fail)
{
	struct unit_options options = options_for("4.10");
	uint64_t n = 0;
	int r;

	files[0] = (struct memory_file){ .path = "a.conf", .text = names };
	files[1] = (struct memory_file){ .path = "a.secrets", .text = "@hq @branch" PSK "include b\n@branch" PSK };
	files[2] = (struct memory_file){ .path = "b", .text = "@hq \"C=DE, CN=a\" : PSK 0x00\n" };
	front.files = files;
	do {
		arena_fail_at(++n);
		unit = NULL;
		r = unit_compile("a.conf", &options, &unit, NULL);
		ck_assert_int_eq(r, arena_failure_reached() ? -ENOMEM : 0);
		unit_free(unit);
	} while (r);
	arena_fail_at(0);
	ck_assert_uint_gt(n, 100);
}
END_TEST

/* Without a file nothing is different; what was asked for must be there. */
START_TEST(no_secrets)
{
	struct unit_options options = options_for("4.10");
	const char *failed = NULL;

	files[0] = (struct memory_file){ .path = "a.conf", .text = names };
	front.files = files;
	ck_assert_int_eq(unit_compile("a.conf", &options, &unit, &failed), -ENOENT);
	ck_assert_str_eq(failed, "a.secrets");
	options.secrets = NULL;
	options.secrets_beside = true;
	ck_assert_int_eq(unit_compile("a.conf", &options, &unit, &failed), 0);
	ck_assert_ptr_null(unit->keys);
	ck_assert_str_eq(said(), "");
	unit_free(unit);
	files[1] = (struct memory_file){ .path = "a.secrets", .text = "@hq @branch" PSK };
	ck_assert_int_eq(unit_compile("a.conf", &options, &unit, &failed), 0);
	ck_assert_str_eq(keys(), "hq psk found a.secrets:1 local+remote");
	for (size_t i = 0; i < unit->secrets.entries.n; i++)
		ck_assert_ptr_null(unit->secrets.entries.v[i].value.bytes);		/* wiped */
	for (size_t i = 0; i < unit->sources.files.n; i++)
		ck_assert(!unit->sources.files.v[i].secret || !memchr(unit->sources.files.v[i].text.p, 'k', unit->sources.files.v[i].text.n));
	done();
}
END_TEST

TAP_MAIN("keys", the_entry_that_wins_and_those_that_lose, either_end_may_be_this_host, a_peer_from_anywhere, what_is_not_known, keys_below_the_prf,
	 keys_that_are_not_what_they_seem, passwords_of_xauth, what_the_daemon_dies_of, files_that_include_files, files_ten_deep,
	 the_index_finds_what_a_look_at_each_finds, every_allocation_may_fail, no_secrets)

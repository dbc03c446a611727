/* SPDX-License-Identifier: Apache-2.0 */
/* Findings as people see them: whole rendered texts. U-numbers are the output rules for terminal layout. */
#include "diag/diag.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "tests/unit/tap.h"

/* Two rules that exist whatever else changes; their names do not matter here. */
#define RULE_A RULE_PFKEY_CANNOT_EXPRESS
#define RULE_B RULE_PFKEY_REQID_TOO_LARGE

struct test_file {
	const char *path, *text;
	size_t size;
	uint32_t base;
	struct span included_from;
	bool secret;
};

struct world {
	struct test_file files[4];
	size_t n;
	struct arena arena;
	struct diag diag;
	struct buf out;
};

static struct diag_place locate(const void *context, uint32_t position)
{
	const struct world *w = context;
	struct diag_place place = { 0 };

	for (size_t i = 0; i < w->n; i++) {
		const struct test_file *f = &w->files[i];
		size_t at = position - f->base, start = 0;

		if (position < f->base || at > f->size)
			continue;
		place = (struct diag_place){ .file = f->path, .line = 1, .included_from = f->included_from };
		for (size_t j = 0; j < at; j++) {
			if (f->text[j] == '\n') {
				place.line++;
				start = j + 1;
			}
		}
		place.column = (uint32_t)(at - start + 1);
		if (!f->secret) {
			place.text.p = f->text + start;
			while (start + place.text.n < f->size && f->text[start + place.text.n] != '\n')
				place.text.n++;
		}
	}
	return place;
}

static void world_init(struct world *w)
{
	*w = (struct world){ 0 };
	arena_init(&w->arena);
	diag_init(&w->diag, &w->arena, (struct diag_source){ w, locate });
}

static void world_release(struct world *w)
{
	arena_release(&w->arena);
	buf_release(&w->out);
}

static uint32_t add_bytes(struct world *w, const char *path, const char *text, size_t size)
{
	struct test_file *f = &w->files[w->n];

	*f = (struct test_file){ .path = path, .text = text, .size = size, .base = 1 + 1000000 * (uint32_t)w->n };
	w->n++;
	return f->base;
}

static uint32_t add(struct world *w, const char *path, const char *text)
{
	return add_bytes(w, path, text, strlen(text));
}

/* The `nth` (from 0) place in a file where `words` stand. */
static struct span where(const struct world *w, size_t file, const char *words, int nth)
{
	const char *p = w->files[file].text;
	uint32_t start;

	p = memmem(p, w->files[file].size, words, strlen(words));
	for (; p && nth; nth--)
		p = memmem(p + 1, w->files[file].size - (size_t)(p + 1 - w->files[file].text), words, strlen(words));
	ck_assert_ptr_nonnull(p);
	start = w->files[file].base + (uint32_t)(p - w->files[file].text);
	return (struct span){ start, start + (uint32_t)strlen(words) };
}

static const char *render_as(struct world *w, struct diag_style style)
{
	diag_finish(&w->diag);
	buf_clear(&w->out);
	diag_render_human(&w->diag, &style, &w->out);
	ck_assert(!buf_failed(&w->out));
	return w->out.p ? w->out.p : "";
}

static const char *render(struct world *w)
{
	return render_as(w, (struct diag_style){ 0 });
}

START_TEST(caret_label_note_help_and_include)
{
	CLEANUP(world_release) struct world w;
	struct finding *f;

	world_init(&w);
	add(&w, "/etc/ipsec.conf", "\n\ninclude /etc/ipsec.d/*.conf\n");
	add(&w, "/etc/ipsec.d/branches.conf", "\n\n\n\nconn ulm\n\tleft=192.0.2.1\n\tleftsubnet=10.20.0.0/33\n\tpfs=maybe\n");
	w.files[1].included_from = where(&w, 0, "include", 0);
	f = diag_report(&w.diag, RULE_A, where(&w, 1, "33", 0), "prefix length %d is longer than an IPv4 address", 33);
	diag_caret(&w.diag, f, "at most 32");
	diag_note(&w.diag, f, "Libreswan 4.10 refuses conn '%s' and says so only in the daemon's log", "ulm");
	diag_help(&w.diag, f, "write 10.20.0.0/24");
	diag_fix(&w.diag, f, true, where(&w, 1, "33", 0), "32", "write '/32'");
	diag_report(&w.diag, RULE_B, where(&w, 1, "maybe", 0), "'maybe' is neither yes nor no");
	ck_assert_str_eq(render(&w),
		"error[IC8201]: prefix length 33 is longer than an IPv4 address\n"
		"  --> /etc/ipsec.d/branches.conf:7:23\n"
		"   |\n"
		" 7 |     leftsubnet=10.20.0.0/33\n"
		"   |                          ^^ at most 32\n"
		"   |\n"
		"   = note: included from /etc/ipsec.conf:3\n"
		"   = note: Libreswan 4.10 refuses conn 'ulm' and says so only in the daemon's log\n"
		"   = help: write 10.20.0.0/24\n"
		"   = help: write '/32'\n"
		"\n"
		"warning[IC8202]: 'maybe' is neither yes nor no\n"
		"  --> /etc/ipsec.d/branches.conf:8:6\n"
		"   |\n"
		" 8 |     pfs=maybe\n"
		"   |         ^^^^^\n"
		"\n");
}
END_TEST

/* U-020: adjacent lines, a line between, dots; U-060: other files; the order of lines in a file is the file's. */
START_TEST(several_places)
{
	CLEANUP(world_release) struct world w;
	struct finding *f;

	world_init(&w);
	add(&w, "old.conf", "conn a\n\tdpddelay=30\n\tdpdtimeout=10\n\tauto=add\n\tpfs=no\n\n\n\n\n\n\n\n\tdpddelay=5\n");
	add(&w, "new.conf", "# comment\nconn a\n");
	f = diag_report(&w.diag, RULE_A, where(&w, 0, "10", 0), "the peer is declared dead before it is asked once");
	diag_set_severity(&w.diag, f, SEVERITY_WARNING);
	diag_caret(&w.diag, f, "but given up after 10 s");
	diag_related(&w.diag, f, where(&w, 1, "a\n", 0), "a namesake");
	diag_related(&w.diag, f, where(&w, 0, "30", 0), "first probe after 30 s");
	diag_related(&w.diag, f, where(&w, 0, "no", 0), "one line between");
	diag_related(&w.diag, f, where(&w, 0, "5", 0), "far");
	ck_assert_str_eq(render(&w),
		"warning[IC8201]: the peer is declared dead before it is asked once\n"
		"  --> old.conf:3:13\n"
		"   |\n"
		" 2 |     dpddelay=30\n"
		"   |              -- first probe after 30 s\n"
		" 3 |     dpdtimeout=10\n"
		"   |                ^^ but given up after 10 s\n"
		" 4 |     auto=add\n"
		" 5 |     pfs=no\n"
		"   |         -- one line between\n"
		"...\n"
		"13 |     dpddelay=5\n"
		"   |              - far\n"
		"   |\n"
		"  ::: new.conf:2:6\n"
		"   |\n"
		" 2 | conn a\n"
		"   |      - a namesake\n"
		"\n");
	ck_assert_uint_eq(w.diag.counts[SEVERITY_WARNING], 1);
	ck_assert_uint_eq(w.diag.counts[SEVERITY_ERROR], 0);
}
END_TEST

/* U-041, U-042: labels that would collide hang below. U-031: the primary mark stays visible where marks overlap. */
START_TEST(labels_of_one_line)
{
	CLEANUP(world_release) struct world w;
	struct finding *f;

	world_init(&w);
	add(&w, "a", "ike=aes256-sha1,3des-md5\n");
	f = diag_report(&w.diag, RULE_A, where(&w, 0, "3des", 0), "weak");
	diag_caret(&w.diag, f, "a cipher of 1978");
	diag_related(&w.diag, f, where(&w, 0, "md5", 0), "broken");
	diag_related(&w.diag, f, where(&w, 0, "aes256", 0), "good");
	diag_related(&w.diag, f, where(&w, 0, "3des-md5", 0), "%s", "");
	ck_assert_str_eq(render(&w),
		"error[IC8201]: weak\n"
		"  --> a:1:17\n"
		"   |\n"
		" 1 | ike=aes256-sha1,3des-md5\n"
		"   |     ------      ^^^^----\n"
		"   |     |           |    |\n"
		"   |     |           |    broken\n"
		"   |     |           a cipher of 1978\n"
		"   |     good\n"
		"\n");
}
END_TEST

/* U-032, U-070 ... U-073: cells, not bytes; nothing of the input acts on the terminal. */
START_TEST(strange_characters)
{
	CLEANUP(world_release) struct world w;
	struct finding *f;

	world_init(&w);
	add(&w, "e\033.conf", "\tleftid=\"J\303\274rgen \346\227\245\" x\033[31my\t\302\233\342\200\256z\377 left=%any\n");
	f = diag_report(&w.diag, RULE_A, where(&w, 0, "%any", 0), "bad \033[2J%s", "\302\2335m");
	diag_caret(&w.diag, f, "l\ta\nb\303\251l");
	diag_note(&w.diag, f, "two\nlines\r");
	diag_related(&w.diag, f, where(&w, 0, "\346\227\245", 0), "day");
	ck_assert_str_eq(render(&w),
		"error[IC8201]: bad \342\220\233[2J\357\277\2755m\n"
		"  --> e\342\220\233.conf:1:44\n"
		"   |\n"
		" 1 |     leftid=\"J\303\274rgen \346\227\245\" x\342\220\233[31my    "
		"\357\277\275\357\277\275z\357\277\275 left=%any\n"
		"   |                    --                       ^^^^ l a\342\220\212b\303\251l\n"
		"   |                    |\n"
		"   |                    day\n"
		"   |\n"
		"   = note: two\n"
		"           lines\342\220\215\n"
		"\n");
	ck_assert_str_eq(render_as(&w, (struct diag_style){ .ascii = true }),
		"error[IC8201]: bad ?[2J?5m\n"
		"  --> e?.conf:1:44\n"
		"   |\n"
		" 1 |     leftid=\"J?rgen ?\" x?[31my    ??z? left=%any\n"
		"   |                    -                       ^^^^ l a?b?l\n"
		"   |                    |\n"
		"   |                    day\n"
		"   |\n"
		"   = note: two\n"
		"           lines?\n"
		"\n");
}
END_TEST

/* U-080 ... U-084 */
START_TEST(long_lines_are_clipped)
{
	CLEANUP(world_release) struct world w;
	char text[400];
	struct finding *f;

	world_init(&w);
	memset(text, 'a', sizeof(text));
	memcpy(text + 200, "BAD", 3);
	text[sizeof(text) - 1] = '\0';
	add(&w, "long", text);
	f = diag_report(&w.diag, RULE_A, where(&w, 0, "BAD", 0), "here");
	diag_caret(&w.diag, f, "this");
	ck_assert_str_eq(render_as(&w, (struct diag_style){ .width = 60 }),
		"error[IC8201]: here\n"
		"  --> long:1:201\n"
		"   |\n"
		" 1 | ...aaaaaaaaaaaaaaaaaBADaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\n"
		"   |                     ^^^ this\n"
		"\n");
	/* a span wider than the window: its beginning */
	f->span.end += 150;
	ck_assert_str_eq(render_as(&w, (struct diag_style){ .width = 60 }),
		"error[IC8201]: here\n"
		"  --> long:1:201\n"
		"   |\n"
		" 1 | ...aaaBADaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\n"
		"   |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this\n"
		"\n");
}
END_TEST

/* U-025: an empty span and the end of the file are one caret. */
START_TEST(empty_spans)
{
	CLEANUP(world_release) struct world w;
	uint32_t base;

	world_init(&w);
	base = add(&w, "a", "conn x\n\n\tleft=");
	diag_report(&w.diag, RULE_A, (struct span){ base + 14, base + 14 }, "no value");
	diag_report(&w.diag, RULE_A, (struct span){ base + 7, base + 8 }, "empty line");
	diag_report(&w.diag, RULE_B, (struct span){ 0, 0 }, "about no place");
	ck_assert_str_eq(render(&w),
		"warning[IC8202]: about no place\n"
		"\n"
		"error[IC8201]: empty line\n"
		"  --> a:2:1\n"
		"   |\n"
		" 2 |\n"
		"   | ^\n"
		"\n"
		"error[IC8201]: no value\n"
		"  --> a:3:7\n"
		"   |\n"
		" 3 |     left=\n"
		"   |          ^\n"
		"\n");
}
END_TEST

/* A line that holds a secret is not shown; what the caret would say still is. */
START_TEST(secret_lines)
{
	CLEANUP(world_release) struct world w;
	struct finding *f;

	world_init(&w);
	add(&w, "s", ": PSK \"hush\"\n");
	w.files[0].secret = true;
	f = diag_report(&w.diag, RULE_A, where(&w, 0, "hush", 0), "the secret is short");
	diag_caret(&w.diag, f, "4 bytes");
	ck_assert_str_eq(render(&w), "error[IC8201]: the secret is short\n  --> s:1:8\n   |\n   = note: 4 bytes\n\n");
}
END_TEST

/* U-100 ... U-102: the same text with colour; blanks are not coloured. */
START_TEST(color)
{
	CLEANUP(world_release) struct world w;
	struct finding *f;

	world_init(&w);
	add(&w, "a", "pfs=maybe\n");
	f = diag_report(&w.diag, RULE_A, where(&w, 0, "maybe", 0), "neither");
	diag_caret(&w.diag, f, "yes or no");
	diag_note(&w.diag, f, "n");
	ck_assert_str_eq(render_as(&w, (struct diag_style){ .color = true }),
		"\033[1;31merror[IC8201]\033[0m\033[1m: neither\033[0m\n"
		"  \033[1;34m-->\033[0m a:1:5\n"
		"\033[1;34m   |\033[0m\n"
		"\033[1;34m 1 |\033[0m pfs=maybe\n"
		"\033[1;34m   |\033[0m     \033[1;31m^^^^^\033[0m \033[1;31myes\033[0m \033[1;31mor\033[0m \033[1;31mno\033[0m\n"
		"\033[1;34m   |\033[0m\n"
		"   \033[1;34m=\033[0m \033[1mnote\033[0m: n\n"
		"\n");
}
END_TEST

/* A file included twice gives each of its findings once; order is by place, not by discovery. */
START_TEST(sorted_and_merged)
{
	CLEANUP(world_release) struct world w;
	static const char text[] = "conn a\n\tpfs=x\n\tike=y\n";

	world_init(&w);
	add(&w, "twice.conf", text);
	add(&w, "twice.conf", text);
	for (size_t file = 2; file-- > 0;) {
		diag_report(&w.diag, RULE_A, where(&w, file, "y", 0), "bad ike");
		diag_report(&w.diag, RULE_A, where(&w, file, "x", 0), "bad pfs");
	}
	ck_assert_uint_eq(w.diag.counts[SEVERITY_ERROR], 4);
	diag_finish(&w.diag);
	ck_assert_uint_eq(w.diag.counts[SEVERITY_ERROR], 2);
	ck_assert_uint_eq(w.diag.findings.n, 2);
	ck_assert_str_eq(w.diag.findings.v[0]->message, "bad pfs");
	ck_assert_str_eq(w.diag.findings.v[1]->message, "bad ike");
	ck_assert(diag_reaches(&w.diag, SEVERITY_ERROR));
}
END_TEST

START_TEST(limited_per_rule)
{
	CLEANUP(world_release) struct world w;
	uint32_t base;
	char last[128];
	int titles = 0;

	world_init(&w);
	base = add(&w, "a", "x\n");
	for (uint32_t i = 0; i < LIMIT_FINDINGS_PER_RULE + 7; i++)
		diag_report(&w.diag, RULE_A, (struct span){ base, base + 1 }, "number %u", i);
	for (const char *p = render(&w); (p = strstr(p, "error[")); p++)
		titles++;
	ck_assert_int_eq(titles, LIMIT_FINDINGS_PER_RULE);
	snprintf(last, sizeof(last), "and 7 more of %s (%s)\n\n", rule_table[RULE_A].id, rule_table[RULE_A].name);
	ck_assert_str_eq(w.out.p + w.out.n - strlen(last), last);
}
END_TEST

START_TEST(many_related_places_are_counted)
{
	CLEANUP(world_release) struct world w;
	struct finding *f;
	uint32_t base;

	world_init(&w);
	base = add(&w, "a", "x\n");
	f = diag_report(&w.diag, RULE_A, (struct span){ base, base + 1 }, "m");
	for (int i = 0; i < 20; i++)
		diag_related(&w.diag, f, (struct span){ base, base + 1 }, "%s", "");
	ck_assert_str_eq(render(&w),
		"error[IC8201]: m\n  --> a:1:1\n   |\n 1 | x\n   | ^\n   |\n   = note: and 12 more places\n\n");
}
END_TEST

START_TEST(long_messages_lose_their_middle)
{
	static char name[3 * LIMIT_MESSAGE_BYTES + 1];
	CLEANUP(world_release) struct world w;
	struct finding *f;

	world_init(&w);
	for (size_t i = 0; i + 3 < sizeof(name); i += 3)
		memcpy(name + i, "\342\202\254", 3);	/* a character of three bytes must not be cut */
	for (unsigned shift = 0; shift < 3; shift++) {
		f = diag_report(&w.diag, RULE_A, (struct span){ 0, 0 }, "%.*s'%s' is wrong", (int)shift, "xy", name);
		ck_assert_uint_le(strlen(f->message), LIMIT_MESSAGE_BYTES);
		ck_assert_uint_gt(strlen(f->message), LIMIT_MESSAGE_BYTES - 8);
		ck_assert_ptr_nonnull(strstr(f->message, "\342\202\254 ... \342\202\254"));
		ck_assert_str_eq(f->message + strlen(f->message) - 10, "' is wrong");
	}
	name[LIMIT_MESSAGE_BYTES - 1] = '\0';
	f = diag_report(&w.diag, RULE_A, (struct span){ 0, 0 }, "x%s", name);
	ck_assert_uint_eq(strlen(f->message), LIMIT_MESSAGE_BYTES);
	ck_assert_ptr_null(strstr(f->message, "..."));
}
END_TEST

START_TEST(thresholds_and_rules)
{
	CLEANUP(world_release) struct world w;
	struct finding *f;

	world_init(&w);
	ck_assert(!diag_reaches(&w.diag, SEVERITY_NOTE));
	f = diag_report(&w.diag, RULE_A, (struct span){ 0, 0 }, "m");
	diag_set_severity(&w.diag, f, SEVERITY_NOTE);
	ck_assert(diag_reaches(&w.diag, SEVERITY_NOTE));
	ck_assert(!diag_reaches(&w.diag, SEVERITY_WARNING));
	ck_assert_str_eq(render_as(&w, (struct diag_style){ .quiet_notes = true }), "");
	ck_assert_ptr_eq(rule_by_id(SLICE("ic8201")), &rule_table[RULE_A]);
	ck_assert_ptr_eq(rule_by_id(SLICE("PFKEY-cannot-express")), &rule_table[RULE_A]);
	ck_assert_ptr_null(rule_by_id(SLICE("IC0000")));
}
END_TEST

TAP_MAIN("diag", caret_label_note_help_and_include, several_places, labels_of_one_line, strange_characters, long_lines_are_clipped,
	 empty_spans, secret_lines, color, sorted_and_merged, limited_per_rule, many_related_places_are_counted,
	 long_messages_lose_their_middle, thresholds_and_rules)

/* SPDX-License-Identifier: Apache-2.0 */
/* No byte of a value may reach a shell as code: words are read back through the machine's own sh. */
#include <stdio.h>

#include "backends/whack/writer.h"
#include "tests/unit/tap.h"

static void expect_same(const char *word)
{
	struct buf command = { 0 }, script = { 0 };
	char back[1024];
	size_t n;
	FILE *sh;

	buf_add_str(&script, "printf %s");
	whack_word(&script, slice_of(word));
	buf_add_str(&command, "exec sh -c ");
	whack_word(&command, buf_slice(&script));	/* a second level: the quoting nests */
	sh = popen(command.p, "r");
	ck_assert_ptr_nonnull(sh);
	n = fread(back, 1, sizeof back - 1, sh);
	back[n] = '\0';
	ck_assert_int_eq(pclose(sh), 0);
	ck_assert_str_eq(back, word);
	buf_release(&command);
	buf_release(&script);
}

START_TEST(every_byte_comes_back)
{
	char word[256];

	for (int i = 1; i < 256; i++)
		word[i - 1] = (char)i;
	word[255] = '\0';
	expect_same(word);
}
END_TEST

START_TEST(hostile_words_come_back)
{
	static const char *const words[] = {
		"", "'", "''", "a'b'c", "$(touch x)", "`id`", "$HOME", "\\", "\\'", "a;b", "a&b|c", "~", "*", "-n", "#x", "!!", "{a,b}", "\"", "a\nb",
		"C=DE, O=It's a $HOME, CN=a\\,b", "\xff\xfe", "=x", "name/1x2",
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		expect_same(words[i]);
}
END_TEST

START_TEST(plain_words_stay_plain)
{
	struct buf out = { 0 };

	whack_option_value(&out, "--client", SLICE("10.1.0.0/24"));
	whack_option_value(&out, "--ike", SLICE("aes256-sha2_256;modp2048"));
	whack_option_value(&out, "--id", SLICE(""));
	ck_assert_str_eq(out.p, " --client 10.1.0.0/24 --ike 'aes256-sha2_256;modp2048' --id ''");
	buf_release(&out);
}
END_TEST

TAP_MAIN("whack", every_byte_comes_back, hostile_words_come_back, plain_words_stay_plain)

/* SPDX-License-Identifier: Apache-2.0 */
/* The library's face: from a path to a unit, with every allocation failing once, and which release is chosen and why. */
#include "include/ipsecc.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "tests/unit/tap.h"

struct memory_file {
	const char *path, *text;
};

static int memory_read(void *context, const char *path, size_t limit, char **ret_text, size_t *ret_size, struct source_id *ret_id)
{
	const struct memory_file *files = context;

	for (uint64_t i = 0; files[i].path; i++) {
		if (!path || strcmp(files[i].path, path) != 0)
			continue;
		if (strlen(files[i].text) > limit)
			return -EFBIG;
		*ret_text = strdup(files[i].text);
		*ret_size = strlen(files[i].text);
		*ret_id = (struct source_id){ .device = 1, .inode = i + 1 };
		return 0;
	}
	return -ENOENT;
}

static int memory_glob(void *context, const char *pattern, char ***ret_paths, size_t *ret_count)
{
	(void)context;
	*ret_paths = malloc(sizeof(char *));
	(*ret_paths)[0] = strdup(pattern);
	*ret_count = 1;
	return 0;
}

static int memory_identify(void *context, const char *path, struct source_id *ret_id)
{
	const struct memory_file *files = context;

	for (uint64_t i = 0; files[i].path; i++) {
		if (strcmp(files[i].path, path) == 0) {
			*ret_id = (struct source_id){ .device = 1, .inode = i + 1 };
			return 0;
		}
	}
	return -ENOENT;
}

static struct unit_options options_for(struct memory_file *files)
{
	return (struct unit_options){ .reader = { files, memory_read, memory_glob, memory_identify } };
}

static void free_unit(struct unit **u)
{
	unit_free(*u);
}

static const char main_text[] =
	"include more.conf\n"
	"conn %default\n\tikelifetime=8h\n"
	"conn base\n\tleft=192.0.2.1\n\tauthby=secret\n"
	"conn hq\n\talso=base\n\tright=198.51.100.2\n\trightsubnet=10.0.0.0/33\n\tpfs=maybe\n\tunknwon=x\n\tauto=add\n";
static const char more_text[] =
	"conn more\n\talso=base\n\tright=198.51.100.3\n\tleftsubnets={10.1.0.0/16 10.2.0.0/16}\n\tike=aes;dh14\n";

/* Whatever allocation fails, the answer is -ENOMEM, without a leak (the sanitizer build sees those) and without a finding lost. */
START_TEST(every_allocation_may_fail)
{
	struct memory_file files[] = { { "main.conf", main_text }, { "more.conf", more_text }, { NULL, NULL } };
	struct unit_options options = options_for(files);
	uint64_t n = 0;
	int r;

	do {
		struct unit *u = NULL;

		arena_fail_at(++n);
		r = unit_compile("main.conf", &options, &u, NULL);
		ck_assert_int_eq(r, arena_failure_reached() ? -ENOMEM : 0);
		ck_assert((r == 0) == (u != NULL));
		unit_free(u);
	} while (r);
	arena_fail_at(0);
	ck_assert_uint_gt(n, 50);
}
END_TEST

START_TEST(what_cannot_be_read)
{
	struct memory_file files[] = { { "main.conf", "conn a\n" }, { NULL, NULL } };
	struct unit_options options = options_for(files);
	const char *failed = NULL;
	struct unit *u = NULL;

	ck_assert_int_eq(unit_compile("absent.conf", &options, &u, &failed), -ENOENT);
	ck_assert_str_eq(failed, "absent.conf");
	options.host_facts = "facts.json";
	ck_assert_int_eq(unit_compile("main.conf", &options, &u, &failed), -ENOENT);
	ck_assert_str_eq(failed, "facts.json");
	options.host_facts = NULL;
	options.dialect = "libreswan-9";
	ck_assert_int_eq(unit_compile("main.conf", &options, &u, &failed), -EINVAL);
	ck_assert_str_eq(failed, "libreswan-9");
	options.dialect = NULL;
	options.memory_limit = 1000;
	ck_assert_int_eq(unit_compile("main.conf", &options, &u, &failed), -ENOMEM);
	ck_assert_ptr_null(u);
}
END_TEST

struct choice {
	const char *text, *facts, *dialect;	/* inputs */
	enum release release;
	const char *why;
};

static const struct choice choices[] = {
	{ "conn a\n\tleft=1.2.3.4\n", NULL, NULL, RELEASE_3_18, "nothing in the file tells the release" },
	{ "conn a\n\tleft=1.2.3.4\n", NULL, "5.2", RELEASE_5_0, "asked for" },
	/* L-031: one unknown name makes the reader refuse the file, so a name that 4.x brought means 4.x, though 5.x knows it too */
	{ "config setup\n\tikev1-policy=accept\n", NULL, "auto", RELEASE_4_10, "from ikev1-policy=, main.conf:2" },
	{ "conn a\n\tleft=1.2.3.4\n\tconnaddrfamily=ipv4\n\tforceencaps=yes\n", NULL, "auto", RELEASE_3_18,
	  "from connaddrfamily=, main.conf:3" },
	{ "conn a\n\tleft=1.2.3.4\n",
	  "{\"version\": 1, \"addresses\": [], \"routes\": [], \"routes6\": [], \"libreswan\": \"4.12\"}", NULL,
	  RELEASE_4_10, "4.12 is installed, by the host facts" },
};

START_TEST(the_release_is_chosen)
{
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		const struct choice *c = &choices[i];
		struct memory_file files[] = {
			{ "main.conf", c->text }, { c->facts ? "facts.json" : NULL, c->facts }, { NULL, NULL },
		};
		struct unit_options options = options_for(files);
		CLEANUP(free_unit) struct unit *u = NULL;

		options.dialect = c->dialect;
		options.host_facts = c->facts ? "facts.json" : NULL;
		ck_assert_int_eq(unit_compile("main.conf", &options, &u, NULL), 0);
		ck_assert_str_eq(release_name(u->release), release_name(c->release));
		ck_assert_str_eq(u->release_why, c->why);
	}
}
END_TEST

/* Bytes that are not UTF-8 may stand in any name; the documents stay JSON. */
START_TEST(documents_of_any_bytes)
{
	struct memory_file files[] = { { "main.conf", "conn a\377b\n\tleft=\300\200\n\trightid=@\345x\n" }, { NULL, NULL } };
	struct unit_options options = options_for(files);
	CLEANUP(free_unit) struct unit *u = NULL;
	CLEANUP(buf_release) struct buf check = { 0 }, show = { 0 };

	ck_assert_int_eq(unit_compile("main.conf", &options, &u, NULL), 0);
	ck_assert_int_eq(unit_write_check_json(&u, 1, &check), 0);
	ck_assert_int_eq(unit_write_show_json(u, NULL, &show), 0);
	ck_assert_ptr_nonnull(strstr(check.p, "a\357\277\275b"));
	ck_assert_ptr_nonnull(strstr(show.p, "@\357\277\275x"));
}
END_TEST

TAP_MAIN("unit", every_allocation_may_fail, what_cannot_be_read, the_release_is_chosen, documents_of_any_bytes)

/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_whack.c -- no byte of a configuration reaches a shell as code. The input is the values of one conn, a line each (identity, updown, certificate,
 * proposal, name of the conn, log file); its first byte chooses the release and the form. A real sh runs the script with an `ipsec` that notes its
 * arguments: the script may do nothing but call it, in as many commands as there are lines for it, and each value must arrive as it was. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/whack/whack.h"
#include "include/ipsecc.h"
#include "tests/one_file.h"

#define VALUES	5
#define NOTES_FD	3	/* of the shell */

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void write_all(int fd, struct slice text)
{
	must(write(fd, text.p, text.n) == (ssize_t)text.n);
}

/* The shell finds no other program, and stands where nobody can write a file. */
static pid_t start_shell(int script, int notes)
{
	char *argv[] = { "sh", "-s", NULL }, *environment[] = { "PATH=/nonexistent", NULL };
	posix_spawn_file_actions_t actions;
	pid_t pid;

	must(posix_spawn_file_actions_init(&actions) == 0);
	must(posix_spawn_file_actions_adddup2(&actions, script, 0) == 0);
	must(posix_spawn_file_actions_adddup2(&actions, notes, NOTES_FD) == 0);
	must(posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) == 0);
	must(posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) == 0);
	must(posix_spawn_file_actions_addchdir_np(&actions, "/proc") == 0);
	must(posix_spawn(&pid, "/bin/sh", &actions, NULL, argv, environment) == 0);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

/* What the stand-in for ipsec was given: of each command the number of its arguments, then these, each with a NUL behind it. */
static struct slice run(struct slice script, char *notes, size_t size)
{
	static const char ipsec[] = "ipsec() { printf '%s\\0' \"$#\" \"$@\" >&3; }\n";
	static int script_fd = -1, notes_fd = -1;
	int status;
	ssize_t n;
	pid_t pid;

	if (script_fd < 0) {
		script_fd = fcntl(memfd_create("script", MFD_CLOEXEC), F_DUPFD_CLOEXEC, NOTES_FD + 1);
		notes_fd = fcntl(memfd_create("notes", MFD_CLOEXEC), F_DUPFD_CLOEXEC, NOTES_FD + 1);
		must(script_fd >= 0 && notes_fd >= 0);
	}
	must(ftruncate(script_fd, 0) == 0 && lseek(script_fd, 0, SEEK_SET) == 0);
	must(ftruncate(notes_fd, 0) == 0 && lseek(notes_fd, 0, SEEK_SET) == 0);
	write_all(script_fd, (struct slice){ ipsec, sizeof(ipsec) - 1 });
	write_all(script_fd, script);
	must(lseek(script_fd, 0, SEEK_SET) == 0);
	pid = start_shell(script_fd, notes_fd);
	while (waitpid(pid, &status, 0) < 0)
		must(errno == EINTR);	/* by libFuzzer's alarm clock */
	must(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	n = pread(notes_fd, notes, size, 0);
	must(n >= 0 && (size_t)n < size);
	return (struct slice){ notes, (size_t)n };
}

/* Commands of the script by its lines: what stands in a comment, or in quotes, is none. */
static size_t commands_meant(struct slice script)
{
	size_t n = 0;
	struct slice line;

	while (slice_split(&script, "\n", &line))
		n += line.n > 6 && memcmp(line.p, "ipsec ", 6) == 0;
	return n;
}

static struct slice next_word(struct slice *notes)
{
	const char *end = notes->n ? memchr(notes->p, '\0', notes->n) : NULL;
	struct slice word;

	must(end != NULL);
	word = slice_sub(*notes, 0, (size_t)(end - notes->p));
	*notes = slice_sub(*notes, word.n + 1, notes->n);
	return word;
}

static size_t commands_run(struct slice notes)
{
	size_t n = 0;

	for (; notes.n; n++)
		for (unsigned long arguments = strtoul(next_word(&notes).p, NULL, 10); arguments; arguments--)
			next_word(&notes);
	return n;
}

static bool arrived(struct slice notes, const char *option, struct slice value)
{
	bool after = false;

	while (notes.n) {
		struct slice word = next_word(&notes);

		if (after && slice_eq(word, value))
			return true;
		after = slice_eq_str(word, option);
	}
	return false;
}

/* An id with ",," is changed on purpose; what the release reads otherwise stays out. */
static bool is_plain(struct slice value)
{
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] == ',' || value.p[i] == '"')
			return false;
	return value.n > 0;
}

static void check_updown(const struct unit *u, struct slice notes, const char *format)
{
	const struct setting *s;
	char word[8192];

	for (size_t i = 0; i < u->ir->conns.n; i++) {
		s = resolved_get(u->ir->conns.v[i]->resolved, KW_UPDOWN, SIDE_LEFT);
		if (!s || !is_plain(s->param->value.text) || !arrived(notes, "--name", slice_of(u->ir->conns.v[i]->name)))
			continue;
		if (!format) {
			must(arrived(notes, "--updown", s->param->value.text));
			continue;
		}
		snprintf(word, sizeof(word), "leftupdown=" SLICE_FMT, SLICE_ARG(s->param->value.text));
		must(memmem(notes.p, notes.n, word, strlen(word) + 1) != NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const releases[] = { "3.18", "4.10", "5.4", "5.4" };
	static const char *const keys[VALUES] = { "\tleftid=", "\tleftupdown=", "\tleftcert=", "\tesp=", "\trightid=" };
	static char notes[1 << 20];
	struct slice rest, line, in, got;
	struct buf text = { 0 }, script = { 0 };
	struct lower_options lowering = { 0 };
	struct backend_options how = { 0 };
	struct unit_options options = { .reader = one_file_reader(&in), .memory_limit = (size_t)512 << 20 };
	struct plan *plan;
	struct unit *u;
	bool incomplete;

	if (n < 2 || n > 4096)
		return 0;
	rest = (struct slice){ (const char *)data + 1, n - 1 };
	options.dialect = releases[data[0] & 3];
	how.format = (data[0] & 3) == 3 ? "addconn" : NULL;
	if (slice_split(&rest, "\n", &line)) {
		buf_add_str(&text, "config setup\n\tlogfile=");
		buf_add_slice(&text, line);
	}
	buf_add_str(&text, "\nconn ");
	if (slice_split(&rest, "\n", &line))
		buf_add_slice(&text, line);
	buf_add_str(&text, "\n\tleft=192.0.2.1\n\tright=198.51.100.2\n\tauthby=secret\n\tauto=add\n");
	for (size_t i = 0; i < VALUES && slice_split(&rest, "\n", &line); i++) {
		if (!line.n)
			continue;
		buf_add_str(&text, keys[i]);
		buf_add_slice(&text, line);
		buf_add_char(&text, '\n');
	}
	in = buf_slice(&text);
	if (unit_compile("fuzz'$(touch x)`touch y`.conf", &options, &u, NULL) == 0) {
		plan = unit_plan(u, &lowering, &incomplete);
		must(plan != NULL);
		unit_emit(u, &whack_backend, plan, &how, &script);
		got = run(buf_slice(&script), notes, sizeof(notes));
		must(commands_run(got) == commands_meant(buf_slice(&script)));
		check_updown(u, got, how.format);
		unit_free(u);
	}
	buf_release(&text);
	buf_release(&script);
	return 0;
}

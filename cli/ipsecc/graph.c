/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/ipsecc/operand.h"
#include "cli/output.h"
#include "compiler/graph/graph.h"

extern char **environ;

/* Starts Graphviz' dot between two files. 0, or an errno; *ret_status is its exit status. */
static int run_dot(FILE *in, FILE *svg, int *ret_status)
{
	char *argv[] = { "dot", "-Tsvg", NULL };
	posix_spawn_file_actions_t actions;
	pid_t child;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fileno(in), STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, fileno(svg), STDOUT_FILENO);
	r = posix_spawnp(&child, "dot", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r)
		return r;
	while (waitpid(child, ret_status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return 0;
}

/* Replaces the text in *out by its picture. Files instead of pipes: neither end can wait for the other. False after a complaint. */
static bool draw(struct buf *out)
{
	CLEANUP(cleanup_fclose) FILE *in = tmpfile();
	CLEANUP(cleanup_fclose) FILE *svg = tmpfile();
	char block[65536];
	int status = 0, r = 0;
	size_t n;

	if (!in || !svg || fwrite(out->p, 1, out->n, in) != out->n || fflush(in)) {
		complain("temporary file: %s", strerror(errno));
		return false;
	}
	rewind(in);
	r = run_dot(in, svg, &status);
	if (r == ENOENT || (WIFEXITED(status) && WEXITSTATUS(status) == 127)) {
		complain("--format=svg needs the program 'dot' of Graphviz (Debian: apt-get install graphviz); --format=dot and --format=mermaid do not");
		return false;
	}
	if (r || status) {
		complain("dot: %s", r ? strerror(r) : "it failed, and has said why");
		return false;
	}
	buf_clear(out);
	rewind(svg);
	while ((n = fread(block, 1, sizeof block, svg)) > 0)
		buf_add(out, block, n);
	return true;
}

static bool write_graph(struct unit *u, const struct arguments *args, struct buf *out)
{
	const char *const *names = args->n > 1 ? (const char *const *)args->operands + 1 : NULL;
	struct arena a;
	jmp_buf oom;

	arena_init(&a);
	a.on_oom = &oom;
	if (setjmp(oom)) {
		out->failed = true;
	} else {
		const struct graph *g = graph_make(&a, u->ir, &u->sources, names);

		if (arguments_format_is(args, "mermaid"))
			graph_write_mermaid(g, out);
		else
			graph_write_dot(g, out);
	}
	arena_release(&a);
	return !out->failed;
}

enum exit_status command_graph(const struct arguments *args)
{
	CLEANUP(projects_release) struct projects projects = { 0 };
	CLEANUP(buf_release) struct buf out = { 0 };
	struct operand operand;
	CLEANUP(free_unit) struct unit *u = operand_open(&operand, args->operands[0], &projects, args);

	if (!u || !known_conns(u, args->operands + 1))
		return EXIT_TROUBLE;
	if (!write_graph(u, args, &out)) {
		complain("%s", strerror(ENOMEM));
		return EXIT_TROUBLE;
	}
	if (arguments_format_is(args, "svg") && !draw(&out))
		return EXIT_TROUBLE;
	return write_output(args->value[OPTION_OUTPUT], &out) ? EXIT_TROUBLE : EXIT_DONE;
}

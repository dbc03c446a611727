/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/ipsec-run/run.h"

/* After the child has gone to the background its working directory is "/": paths given relative to ours must not change their
 * meaning. */
static const char *absolute(const char *path, char buffer[PATH_MAX])
{
	char cwd[PATH_MAX];

	if (!path || path[0] == '/' || !getcwd(cwd, sizeof(cwd)))
		return path;
	if (snprintf(buffer, PATH_MAX, "%s/%s", cwd, path) >= PATH_MAX)
		return path;
	return buffer;
}

static void tell_parent(void *context)
{
	int *to_parent = context, null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (chdir("/") == 0 && null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	if (null > STDERR_FILENO)
		close(null);
	if (write(*to_parent, "", 1) == 1)
		close(*to_parent);
}

/* the parent returns when the daemon is ready, or with what the daemon ended with. */
static enum exit_status wait_ready(int from_child, pid_t child)
{
	char byte;
	ssize_t n;
	int status;

	do {
		n = read(from_child, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n == 1)
		return EXIT_DONE;
	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		return (enum exit_status)WEXITSTATUS(status);
	complain("the daemon ended before it was ready");
	return EXIT_FINDINGS;
}

static enum exit_status run_background(struct daemon_options *options)
{
	char control[PATH_MAX], log[PATH_MAX], pid[PATH_MAX];
	int fds[2];
	pid_t child;

	options->control_path = absolute(options->control_path, control);
	options->log_file = absolute(options->log_file, log);
	options->pid_file = absolute(options->pid_file, pid);
	if (pipe2(fds, O_CLOEXEC)) {
		complain("pipe: %s", strerror(errno));
		return EXIT_FINDINGS;
	}
	fflush(NULL);
	child = fork();
	if (child < 0) {
		complain("fork: %s", strerror(errno));
		return EXIT_FINDINGS;
	}
	if (child > 0) {
		close(fds[1]);
		return wait_ready(fds[0], child);
	}
	close(fds[0]);
	setsid();
	options->ready = tell_parent;
	options->ready_context = &fds[1];
	return daemon_run(options) ? EXIT_FINDINGS : EXIT_DONE;
}

static enum exit_status run_daemon(struct run_arguments *args)
{
	struct run_input in;
	enum exit_status status = EXIT_FINDINGS;

	if (!args->file && access(DEFAULT_PLAN, F_OK)) {
		complain("there is no %s; name a plan or an ipsec.conf, see 'ipsec-run --help'", DEFAULT_PLAN);
		return EXIT_FINDINGS;
	}
	if (!args->file)
		args->file = DEFAULT_PLAN;
	secrets_protect();
	if (args->static_sas) {		/* */
		complain("-B: the plan names no file of static SAs");
		return EXIT_FINDINGS;
	}
	if (run_load(&in, args) == 0) {
		args->daemon.plan = in.plan;
		args->daemon.secrets = &in.secrets;
		args->daemon.credentials = in.credentials;
		if (args->foreground)
			status = daemon_run(&args->daemon) ? EXIT_FINDINGS : EXIT_DONE;
		else
			status = run_background(&args->daemon);
	}
	run_unload(&in);
	return status;
}

int main(int argc, char **argv)
{
	struct run_arguments args;
	enum exit_status status;
	bool go_on;

	program_name = "ipsec-run";
	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);	/* a reader of our messages may go away */
	status = run_parse_arguments(argc, argv, &args, &go_on);
	if (!go_on)
		return status;
	if (args.simulate.wanted)
		return run_simulate(&args);
	return args.operand_count ? run_command(&args) : run_daemon(&args);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <time.h>

#include "base/cleanup.h"
#include "cli/ipsecc/compile.h"

static sigset_t before;

/* A stopped program could not take anything back: so the terminal's signals for stopping wait, too. */
static sigset_t ending_signals(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(&set, signals[i]);
	return set;
}

void confirm_begin(void)
{
	sigset_t set = ending_signals();

	sigprocmask(SIG_BLOCK, &set, &before);
}

void confirm_end(void)
{
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Of the signals only these mean "no": the others are about stopping. */
static int open_signals(void)
{
	sigset_t set = ending_signals();

	sigdelset(&set, SIGTSTP);
	sigdelset(&set, SIGTTIN);
	sigdelset(&set, SIGTTOU);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static enum confirmation read_answer(int fd)
{
	char line[64];
	ssize_t n = read(fd, line, sizeof(line) - 1);

	if (n <= 0)
		return CONFIRM_NOBODY;
	line[n] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return !line[0] || strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0 ? CONFIRMED : CONFIRM_REFUSED;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum confirmation confirm_wait(unsigned seconds, bool stdin_is_free)
{
	CLEANUP(cleanup_close) int terminal = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	CLEANUP(cleanup_close) int signals = open_signals();
	struct pollfd fds[] = { { signals, POLLIN, 0 }, { terminal >= 0 ? terminal : stdin_is_free ? STDIN_FILENO : -1, POLLIN, 0 } };
	int64_t end = now_ms() + (int64_t)seconds * 1000, left;

	while ((left = end - now_ms()) > 0) {
		int n = poll(fds, 2, (int)left);

		if (n < 0 && errno != EINTR)
			return CONFIRM_NOBODY;
		if (n > 0 && fds[0].revents)
			return CONFIRM_SIGNAL;
		if (n > 0 && fds[1].revents)
			return read_answer(fds[1].fd);
	}
	return CONFIRM_TIMEOUT;
}

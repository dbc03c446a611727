/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

const char *program_name = "ipsecc";

static bool utf8_locale(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void complain(const char *format, ...)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	CLEANUP(buf_release) struct buf shown = { 0 };
	va_list args;

	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	diag_add_visible(&shown, buf_slice(&text), !utf8_locale());
	fprintf(stderr, "%s: %s\n", program_name, shown.p && !buf_failed(&shown) ? shown.p : "out of memory");
}

static bool want_color(FILE *stream, enum color_choice choice)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (choice != COLOR_AUTO)
		return choice == COLOR_ALWAYS;
	return !(no_color && no_color[0]) && isatty(fileno(stream)) && term && strcmp(term, "dumb") != 0;
}

/* U-085: the terminal's own width, else COLUMNS, else 100; no terminal: the renderer's default. */
static unsigned terminal_width(FILE *stream)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (!isatty(fileno(stream)))
		return 0;
	if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	return columns && atoi(columns) > 0 ? (unsigned)atoi(columns) : 100;
}

struct diag_style terminal_style(FILE *stream, enum color_choice choice)
{
	return (struct diag_style){
		.color = want_color(stream, choice), .ascii = !utf8_locale(), .width = terminal_width(stream),
	};
}

int write_stream(FILE *stream, const struct buf *text)
{
	int r;

	if (buf_failed(text)) {
		complain("out of memory");
		return -ENOMEM;
	}
	if ((text->n == 0 || fwrite(text->p, text->n, 1, stream) == 1) && fflush(stream) == 0)
		return 0;
	r = errno ? -errno : -EIO;
	if (r == -EPIPE)
		return 0;
	complain("cannot write the output: %s", strerror(-r));
	return r;
}

/* Gives a new file the owner and the mode of the one it replaces; of none, what the umask leaves. */
static int take_after(int fd, const char *path)
{
	struct stat old, new;
	mode_t mask = umask(0);

	umask(mask);
	if (stat(path, &old) < 0)
		return fchmod(fd, 0666 & ~mask);
	if (fstat(fd, &new) < 0)
		return -1;
	if ((old.st_uid != new.st_uid || old.st_gid != new.st_gid) && fchown(fd, old.st_uid, old.st_gid) < 0)
		return -1;
	return fchmod(fd, old.st_mode & 0777);
}

/* A new file beside the old one, renamed over it. */
static int replace_file(const char *path, const struct buf *text, const char *temporary)
{
	CLEANUP(cleanup_fclose) FILE *file = NULL;
	int fd, r;

	fd = mkstemp((char *)(uintptr_t)temporary);
	if (fd < 0)
		return -errno;
	if (take_after(fd, path) < 0 || !(file = fdopen(fd, "w"))) {
		r = -errno;
		close(fd);
		return r;
	}
	if ((text->n && fwrite(text->p, text->n, 1, file) != 1) || fflush(file) || fsync(fd) || rename(temporary, path) < 0)
		return errno ? -errno : -EIO;
	return 0;
}

int write_output(const char *path, const struct buf *text)
{
	CLEANUP(buf_release) struct buf temporary = { 0 };
	CLEANUP(cleanup_free) char *real = NULL;
	struct stat there;
	int r;

	if (!path || strcmp(path, "-") == 0)
		return write_stream(stdout, text);
	if (stat(path, &there) == 0 && !S_ISREG(there.st_mode)) {	/* a device or a pipe is written to, not replaced */
		CLEANUP(cleanup_fclose) FILE *file = fopen(path, "w");

		if (file)
			return write_stream(file, text);
		complain("%s: %s", path, strerror(errno));
		return -errno;
	}
	real = realpath(path, NULL);		/* a symbolic link stays one */
	buf_printf(&temporary, "%s.XXXXXX", real ? real : path);
	r = buf_failed(text) || buf_failed(&temporary) ? -ENOMEM : replace_file(real ? real : path, text, temporary.p);
	if (r < 0) {
		complain("%s: %s", path, strerror(-r));
		if (temporary.p)
			unlink(temporary.p);
	}
	return r;
}

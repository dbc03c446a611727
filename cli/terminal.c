/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/output.h"

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

int write_output(const char *path, const struct buf *text)
{
	CLEANUP(output_drop) struct output o = { 0 };
	int r = output_open(&o, path);

	if (r < 0)
		return r;
	buf_add_slice(&o.text, buf_slice(text));
	o.text.failed |= buf_failed(text);
	return output_commit(&o);
}

void show_findings(const struct diag *diag, enum color_choice color)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	struct diag_style style = terminal_style(stderr, color);

	diag_render_human(diag, &style, &out);
	write_stream(stderr, &out);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical layout: printed, compared, or written back. Each file is formatted alone. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/ipsecc/operand.h"

enum fmt_mode { FMT_PRINT, FMT_CHECK, FMT_DIFF, FMT_WRITE };

static bool choose_mode(const struct arguments *args, enum fmt_mode *ret)
{
	static const enum option_id options[] = {
		[FMT_CHECK] = OPTION_CHECK, [FMT_DIFF] = OPTION_DIFF, [FMT_WRITE] = OPTION_WRITE,
	};
	int chosen = 0;

	*ret = FMT_PRINT;
	for (int mode = FMT_CHECK; mode <= FMT_WRITE; mode++) {
		if (!args->value[options[mode]])
			continue;
		chosen++;
		*ret = (enum fmt_mode)mode;
	}
	if (chosen > 1)
		complain("fmt: only one of --check, --diff and --write");
	else if (*ret == FMT_PRINT && args->n > 1)
		complain("fmt: several files need --check, --diff or --write");
	else
		return true;
	return false;
}

/* Says where the text cannot be understood, with the lines themselves. */
static void explain(const char *path, const struct unit *u, const struct format *format, const struct arguments *args)
{
	struct diag_place place = sources_locate(&u->sources, format->refused.v[0].start);

	if (!args->quiet)
		show_findings(&u->diag, args->color);
	complain("%s:%u: the line cannot be understood; the file is unchanged", place.file ? place.file : path, place.line);
}

static enum exit_status write_back(const char *path, const struct format *format, bool changes, const struct arguments *args)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	if (strcmp(path, "-") == 0) {
		complain("fmt: --write needs the name of a file, not '-'");
		return EXIT_TROUBLE;
	}
	if (!changes)
		return EXIT_DONE;
	format_write(format, &text);
	if (write_output(path, &text))
		return EXIT_TROUBLE;
	if (args->verbose)
		complain("%s: written", path);
	return EXIT_DONE;
}

static enum exit_status report(struct unit *u, const struct format *format, enum fmt_mode mode, const struct arguments *args)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	const struct source_file *file = &u->sources.files.v[0];
	struct diag_style style = terminal_style(stdout, args->color);
	bool changes = format_changes(format, file->text);

	if (mode == FMT_PRINT)
		format_write(format, &out);
	else if (mode == FMT_DIFF)
		out.failed |= unit_write_format_diff(u, format, &style, &out) != 0;
	else if (changes && !args->quiet)
		buf_printf(&out, "%s\n", file->path);
	if (write_stream(stdout, &out))
		return EXIT_TROUBLE;
	return changes && mode != FMT_PRINT ? EXIT_FINDINGS : EXIT_DONE;
}

static enum exit_status format_file(const char *path, enum fmt_mode mode, const struct arguments *args)
{
	const struct unit_options options = { .reader = source_reader_system, .stdin_name = args->value[OPTION_STDIN_FILENAME] };
	CLEANUP(free_unit) struct unit *u = NULL;
	const struct format *format;
	int r = unit_format(path, &options, &u, &format);

	if (r) {
		complain("%s: %s", path, strerror(-r));
		return EXIT_TROUBLE;
	}
	if (format->refused.n) {
		explain(path, u, format, args);
		return EXIT_TROUBLE;
	}
	if (mode == FMT_WRITE)
		return write_back(path, format, format_changes(format, u->sources.files.v[0].text), args);
	return report(u, format, mode, args);
}

enum exit_status command_fmt(const struct arguments *args)
{
	enum exit_status worst = EXIT_DONE, status;
	enum fmt_mode mode;

	if (!choose_mode(args, &mode))
		return EXIT_TROUBLE;
	for (int i = 0; i < args->n; i++) {
		status = format_file(args->operands[i], mode, args);
		worst = status > worst ? status : worst;
	}
	return worst;
}

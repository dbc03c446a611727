/* SPDX-License-Identifier: Apache-2.0 */
/* status.c -- what is up, on one screen: an IKE SA per line, its children below it, columns as wide as needed. */
#include <jansson.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ipsec-run/run.h"

#define COLUMNS 6

struct line {
	struct buf cells[COLUMNS];
	struct buf whole;	/* instead of cells: a sentence, which shall not widen a column */
};

struct screen {
	struct line *lines;
	size_t n;
	bool utf8, all_up;
};

static const char *string_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static json_int_t number_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

/* Two units are enough: 2h14m, 38m, 12s. */
static void add_duration(struct buf *out, json_int_t s)
{
	if (s >= 86400)
		buf_printf(out, "%lldd%lldh", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		buf_printf(out, "%lldh%02lldm", s / 3600, s % 3600 / 60);
	else if (s >= 60)
		buf_printf(out, "%lldm", s / 60);
	else
		buf_printf(out, "%llds", s);
}

static void add_bytes(struct buf *out, json_int_t n)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)n;
	size_t unit = 0;

	while (value >= 1024 && unit + 1 < sizeof(units) / sizeof(*units)) {
		value /= 1024;
		unit++;
	}
	buf_printf(out, unit && value < 10 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

static void add_rekey(struct buf *out, const json_t *o)
{
	if (!json_is_integer(json_object_get(o, "rekey_in_s")))
		return;
	buf_add_str(out, "rekey in ");
	add_duration(out, number_of(o, "rekey_in_s"));
}

static struct line *new_line(struct screen *screen)
{
	struct line *lines = realloc(screen->lines, (screen->n + 1) * sizeof(*lines));

	if (!lines)
		return NULL;
	screen->lines = lines;
	lines[screen->n] = (struct line){ 0 };
	return &lines[screen->n++];
}

static void add_state(struct buf *out, const json_t *o)
{
	buf_add_str(out, string_of(o, "state"));
	if (json_is_integer(json_object_get(o, "established_s"))) {
		buf_add_char(out, ' ');
		add_duration(out, number_of(o, "established_s"));
	}
}

/* The engine's reasons begin with "conn 'net', peer 192.0.2.2: ", which the line above has said. */
static const char *without_subject(const char *error)
{
	const char *colon = strncmp(error, "conn '", 6) == 0 ? strstr(error, ": ") : NULL;

	return colon ? colon + 2 : error;
}

static bool carries(const json_t *sa)
{
	const json_t *child;
	size_t i;

	json_array_foreach(json_object_get(sa, "children"), i, child)
		if (strcmp(string_of(child, "state"), "installed") == 0)
			return true;
	return false;
}

static void add_trouble(struct screen *screen, const json_t *sa)
{
	const json_t *origin = json_object_get(sa, "origin");
	struct line *l = new_line(screen);

	screen->all_up = false;
	if (!l)
		return;
	buf_printf(&l->whole, "  last: %s", without_subject(string_of(sa, "last_error")));
	if (string_of(origin, "file")[0])
		buf_printf(&l->whole, "  (%s:%lld)", string_of(origin, "file"), number_of(origin, "line"));
}

static void add_ike(struct screen *screen, const json_t *sa)
{
	struct line *l = new_line(screen);
	const char *remote = string_of(sa, "remote"), *proposal = string_of(sa, "proposal");

	if (!l)
		return;
	buf_add_str(&l->cells[0], string_of(sa, "conn"));
	add_state(&l->cells[1], sa);
	buf_printf(&l->cells[2], "%s -> %s", string_of(sa, "local"), remote[0] ? remote : "any");
	if (proposal[0])
		buf_printf(&l->cells[3], "IKEv%lld %s", number_of(sa, "version"), proposal);
	add_rekey(&l->cells[5], sa);
	if (string_of(sa, "last_error")[0] && !carries(sa))
		add_trouble(screen, sa);
}

static void add_selectors(struct buf *out, const json_t *child)
{
	const json_t *list = json_object_get(child, "selectors"), *first = json_array_get(list, 0);
	size_t n = json_array_size(list);

	if (!n)
		return;
	buf_printf(out, "%s <-> %s", string_of(first, "src"), string_of(first, "dst"));
	if (string_of(first, "proto")[0] && strcmp(string_of(first, "proto"), "any") != 0)
		buf_printf(out, " %s", string_of(first, "proto"));
	if (n > 1)
		buf_printf(out, " and %zu more", n - 1);
}

static void add_child(struct screen *screen, const json_t *child)
{
	struct line *l = new_line(screen);

	if (!l)
		return;
	buf_printf(&l->cells[0], "  %s", string_of(child, "conn"));
	add_state(&l->cells[1], child);
	add_selectors(&l->cells[2], child);
	if (string_of(child, "proposal")[0])
		buf_printf(&l->cells[3], "%s %s", strcmp(string_of(child, "mode"), "transport") == 0 ? "esp transport" : "esp",
			   string_of(child, "proposal"));
	if (string_of(child, "spi_in")[0]) {
		buf_add_str(&l->cells[4], screen->utf8 ? "\u2193 " : "in ");
		add_bytes(&l->cells[4], number_of(child, "bytes_in"));
		buf_add_str(&l->cells[4], screen->utf8 ? " \u2191 " : " out ");
		add_bytes(&l->cells[4], number_of(child, "bytes_out"));
	}
	add_rekey(&l->cells[5], child);
}

/* Columns on a terminal: bytes that begin a character. */
static size_t width_of(const struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += ((unsigned char)b->p[i] & 0xc0) != 0x80;
	return n;
}

static void print_lines(const struct screen *screen, FILE *stream)
{
	size_t widths[COLUMNS] = { 0 };

	for (size_t i = 0; i < screen->n; i++)
		for (size_t c = 0; c < COLUMNS; c++)
			if (width_of(&screen->lines[i].cells[c]) > widths[c])
				widths[c] = width_of(&screen->lines[i].cells[c]);
	for (size_t i = 0; i < screen->n; i++) {
		size_t pending = 0;	/* blanks before the next cell, so that no line ends in them */

		for (size_t c = 0; c < COLUMNS; c++) {
			const struct buf *cell = &screen->lines[i].cells[c];

			if (!widths[c])
				continue;
			if (cell->n)
				fprintf(stream, "%*s%s", (int)pending, "", cell->p);
			pending = (cell->n ? 0 : pending) + widths[c] - width_of(cell) + 2;
		}
		if (screen->lines[i].whole.n)
			fputs(screen->lines[i].whole.p, stream);
		fputc('\n', stream);
	}
}

bool run_print_status(const void *json_status, FILE *stream)
{
	struct screen screen = { .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0, .all_up = true };
	const json_t *list = json_object_get(json_status, "ike"), *sa, *child;
	size_t i, j;

	json_array_foreach(list, i, sa) {
		add_ike(&screen, sa);
		json_array_foreach(json_object_get(sa, "children"), j, child)
			add_child(&screen, child);
	}
	print_lines(&screen, stream);
	if (!screen.n)
		fputs("nothing is up, and nothing is to be\n", stream);
	for (i = 0; i < screen.n; i++) {
		buf_release(&screen.lines[i].whole);
		for (j = 0; j < COLUMNS; j++)
			buf_release(&screen.lines[i].cells[j]);
	}
	free(screen.lines);
	return screen.all_up;
}

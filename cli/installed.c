/* SPDX-License-Identifier: Apache-2.0 */
/* installed.c -- Libreswan's own command is a shell script that holds its version, whatever put it there; and Debian's and Alpine's
 * package databases are text. */
#include "cli/installed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"

#define LINES_READ	200	/* of the script */

static FILE *open_below(const char *root, const char *path)
{
	CLEANUP(buf_release) struct buf full = { 0 };

	buf_printf(&full, "%s%s", root ? root : "", path);
	return buf_failed(&full) ? NULL : fopen(full.p, "re");
}

/* "4.10-2+deb12u1", "v4.12": the release at the front. */
static bool take_release(const char *text, struct installed *ret)
{
	size_t n;

	text += *text == 'v';
	n = strspn(text, "0123456789.");
	if (n < strlen("3.0") || n >= sizeof(ret->release) || *text == '.' || !memchr(text, '.', n))
		return false;
	memcpy(ret->release, text, n);
	ret->release[n] = '\0';
	return true;
}

/* export IPSEC_VERSION="4.10"; strongSwan's script has such a line too, with "U5.9.8/K..." in it. */
static bool ask_script(const char *root, const char *path, struct installed *ret)
{
	CLEANUP(cleanup_fclose) FILE *f = open_below(root, path);
	CLEANUP(cleanup_free) char *line = NULL;
	size_t size = 0;

	for (int i = 0; f && i < LINES_READ && getline(&line, &size, f) > 0; i++) {
		const char *at = strstr(line, "IPSEC_VERSION=");

		if (!at)
			continue;
		at += strlen("IPSEC_VERSION=");
		return take_release(at + (*at == '"'), ret);
	}
	return false;
}

/* Entries of "Key: value" lines, an empty line behind each. `name`, `state` and `version` are the beginnings of the lines that
 * count; state NULL: every entry is an installed package. */
struct database {
	const char *path, *name, *state, *version;
};

static const struct database databases[] = {
	{ "/var/lib/dpkg/status", "Package: libreswan\n", "Status: install ok installed\n", "Version: " },
	{ "/lib/apk/db/installed", "P:libreswan\n", NULL, "V:" },
};

static bool ask_database(const char *root, const struct database *d, struct installed *ret)
{
	CLEANUP(cleanup_fclose) FILE *f = open_below(root, d->path);
	CLEANUP(cleanup_free) char *line = NULL;
	bool ours = false, installed = !d->state, versioned = false;
	size_t size = 0;

	while (f && getline(&line, &size, f) > 0) {
		if (*line == '\n') {
			if (ours && installed && versioned)
				return true;
			ours = versioned = false;
			installed = !d->state;
		} else if (strcmp(line, d->name) == 0) {
			ours = true;
		} else if (d->state && strcmp(line, d->state) == 0) {
			installed = true;
		} else if (strncmp(line, d->version, strlen(d->version)) == 0) {
			const char *version = line + strlen(d->version), *epoch = strchr(version, ':');

			versioned = take_release(epoch ? epoch + 1 : version, ret);
		}
	}
	return ours && installed && versioned;
}

bool installed_libreswan(const char *root, struct installed *ret)
{
	static const char *const scripts[] = { "/usr/sbin/ipsec", "/usr/local/sbin/ipsec" };

	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		ret->by = scripts[i];
		if (ask_script(root, scripts[i], ret))
			return true;
	}
	for (size_t i = 0; i < sizeof(databases) / sizeof(*databases); i++) {
		ret->by = databases[i].path;
		if (ask_database(root, &databases[i], ret))
			return true;
	}
	return false;
}

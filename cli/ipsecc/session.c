/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/ipsecc/compile.h"

#define ANCESTORS_MAX	64	/* as deep as nobody's shells are */

static const char variable[] = "SSH_CONNECTION=";

/* Of a process of this user, or of any for root. False: it has none, or its environment cannot be read. */
static bool session_of(int pid, struct session *ret)
{
	CLEANUP(cleanup_fclose) FILE *file = NULL;
	CLEANUP(cleanup_free) char *entry = NULL;
	char path[64];
	size_t room = 0;

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	file = fopen(path, "re");
	while (file && getdelim(&entry, &room, '\0', file) > 0)
		if (strncmp(entry, variable, sizeof(variable) - 1) == 0)
			return session_parse(entry + sizeof(variable) - 1, ret);
	return false;
}

/* 0: there is none, or it cannot be told. */
static int parent_of(int pid)
{
	CLEANUP(cleanup_fclose) FILE *file = NULL;
	char path[64], line[128];
	int parent = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "PPid: %d", &parent) == 1)
			break;
	return parent;
}

bool session_find(struct session *ret)
{
	const char *own = getenv("SSH_CONNECTION");
	int pid = getppid();

	if (own)
		return session_parse(own, ret);
	for (unsigned i = 0; i < ANCESTORS_MAX && pid > 1; i++, pid = parent_of(pid))
		if (session_of(pid, ret))
			return true;
	return false;
}

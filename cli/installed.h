/* SPDX-License-Identifier: Apache-2.0 */
/* installed.h -- which release of Libreswan a host has, found out without running anything of it. */
#ifndef CLI_INSTALLED_H
#define CLI_INSTALLED_H

#include <stdbool.h>

struct installed {
	char release[32];	/* "4.10" */
	const char *by;		/* the file that says so, without the root: "/usr/sbin/ipsec" */
};

/* Below `root` (NULL: this host). False: no Libreswan is installed there, or nothing says which. */
bool installed_libreswan(const char *root, struct installed *ret);

#endif

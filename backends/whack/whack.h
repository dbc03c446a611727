/* SPDX-License-Identifier: Apache-2.0 */
/* whack.h -- the whack backend: a POSIX shell script of `ipsec whack` commands for the chosen release, safe to run twice.
 *
 * It speaks the conn's own words, so it reads the IR beside the plan (the plan gives resolved addresses). The option of a keyword stands in
 * the keyword table, per release:
 *
 *   "--opt"              given when the value is yes; nothing for no
 *   "--opt VALUE"        the word of the file; "--opt=VALUE" for options whose argument is optional
 *   "--opt SECONDS"      a duration in seconds     "--opt MS"  in milliseconds     "--opt NUMBER"  a number without its '%'
 *   "no: --opt"          given when the value is no; nothing for yes
 *   "special"            said by code in conn.c and end.c (type, authby, ...)
 *   "none"               the release knows the keyword and whack has no option for it: reported
 *   "nothing"            no option needed, the effect comes from elsewhere
 *
 * The same forms say, under `daemon:`, which argument of pluto a keyword of config setup is; without a row it is "none".
 *
 * Formats: "sh", the script; "addconn", a script of `ipsec addconn --name` with the words of the file (5.4), which can say all; "daemon-args", the
 * arguments of pluto in one line for a shell.
 */
#ifndef BACKENDS_WHACK_WHACK_H
#define BACKENDS_WHACK_WHACK_H

#include "backends/backend.h"

extern const struct backend whack_backend;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COMPILER_UNIT_SECRETS_H
#define COMPILER_UNIT_SECRETS_H

#include "include/ipsecc.h"

/* Reads the secrets that the options ask for, and sets u->keys. Of the file beside the configuration nothing is said when it cannot be read.
 * `path`: of the configuration. 0 or -errno with *ret_failed. */
int unit_check_secrets(struct unit *u, struct ir *ir, const char *path, const struct unit_options *options, const char **ret_failed);

#endif

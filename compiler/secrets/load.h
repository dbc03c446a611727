/* SPDX-License-Identifier: Apache-2.0 */
/* load.h -- ipsec.secrets with the files that it includes (K-011), through the reader of the sources. */
#ifndef COMPILER_SECRETS_LOAD_H
#define COMPILER_SECRETS_LOAD_H

#include "compiler/source/source.h"
#include "secrets/secrets.h"

/* Reads a file and appends its entries to *ret, in the order in which the daemon reads them: what is included stands where the include line is.
 * Mistakes, modes that let others read (K-047) and files that cannot be included are findings. `user`: who may own such a file beside
 * root. The text of the files is blanked again; the keys are in *ret. The caller releases both, also when the arena leaves
 * in between.
 * 0; -errno when `file` itself cannot be read, and nothing is reported then. */
int secrets_load(struct sources *sources, const struct source_match *file, uint32_t user, struct diag *diag, struct secrets *ret);

#endif

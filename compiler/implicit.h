/* SPDX-License-Identifier: Apache-2.0 */
/* implicit.h -- the conns that ipsec.conf(5) says are there without being written (S-495 ... S-500).
 *
 * The manual of 3.18 has six, that of 4.10 the same without packetdefault, that of 5.x none. No release from 3.18 on defines any
 * of them (E-053), so they are made only when they are asked for.
 */
#ifndef COMPILER_IMPLICIT_H
#define COMPILER_IMPLICIT_H

#include "include/ipsecc.h"

#define IMPLICIT_FILE "ipsec.conf(5)"	/* what stands for a file name in findings about them */

/* The unit's syntax with those implicit conns behind it that the release's manual has and the file does not define itself. */
const struct syntax *implicit_add(struct unit *u);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* groups.h -- policy group files: the networks that a conn with %group or %opportunisticgroup stands for (E-055 ... E-059).
 *
 * The file has the conn's name and lies in "policies" below ipsecdir=. Its syntax is the release's: 3.18 takes every word for a
 * network, later ones a network in each line, and behind it PROTOCOL OUR-PORT THEIR-PORT.
 */
#ifndef COMPILER_GROUPS_H
#define COMPILER_GROUPS_H

#include "compiler/sema/ir.h"

/* Reads the file of each group conn that loads, sets its `group` and reports what is wrong in it. Never fails. */
void groups_read(struct arena *a, struct ir *ir, const struct resolved *resolved, struct sources *sources, struct diag *diag);
/* What the daemon calls a member: "private#192.0.2.0/24", with a protocol "private#192.0.2.0/24-(0--6--22)" (E-009, S-507). */
const char *groups_member_name(struct arena *a, const struct ir_conn *conn, const struct ir_group_entry *entry);

#endif

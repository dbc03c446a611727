/* SPDX-License-Identifier: Apache-2.0 */
/* fields.h -- which member of struct ir_conn a keyword's value goes to: one table for typing, defaults and comparison. */
#ifndef COMPILER_SEMA_FIELDS_H
#define COMPILER_SEMA_FIELDS_H

#include "compiler/sema/values.h"

/* A conn as the release sees it when nothing is written: every member from the keyword table's default_code. */
void fields_defaults(struct arena *a, enum release release, struct diag *diag, struct ir_conn *ret);
void fields_setup_defaults(struct arena *a, enum release release, struct diag *diag, struct ir_setup *ret);

/* Stores a value. Keywords without a member are left alone. Lists are shared, not copied. */
void fields_apply(struct ir_conn *c, const struct keyword *k, enum side side, const struct value *value);
void fields_apply_setup(struct ir_setup *setup, const struct keyword *k, const struct value *value);

#endif

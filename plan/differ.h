/* SPDX-License-Identifier: Apache-2.0 */
/* differ.h -- two items of plans beside each other, member by member of the document. */
#ifndef PLAN_DIFFER_H
#define PLAN_DIFFER_H

#include "plan/plan.h"

/* A member that differs: its name in the document ("lifetime", "local.auth") and both values in short ("28800", "psk"); NULL: none. */
typedef void plan_differ_each(void *context, const char *member, const char *a, const char *b);

/* Names, places and references are no values; the selectors of a child and its reqid are left to the caller. Texts are in the arena. */
void plan_differ_peer(struct arena *arena, const struct plan_peer *a, const struct plan_peer *b, plan_differ_each *each, void *context);
void plan_differ_child(struct arena *arena, const struct plan_child *a, const struct plan_child *b, plan_differ_each *each, void *context);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* backend.h -- a target: the plan as something a kernel, a daemon or a person can execute. Backends are rows of
 * backends/backends.def.
 *
 * emit() is pure: no file, no socket, no clock. What a target cannot express is a finding of the 8xxx family at the user's line,
 * never left out in silence.
 */
#ifndef BACKENDS_BACKEND_H
#define BACKENDS_BACKEND_H

#include <stdbool.h>

#include "base/buf.h"
#include "diag/diag.h"
#include "plan/plan.h"

enum backend_phase { PHASE_ROUTE, PHASE_UP };

/* Position of an origin for findings, so that backends need no source map: supplied by the compiler, NULL when a plan file is
 * the input. */
struct ir;
struct resolved;
struct host_facts;

struct backend_options {
	enum backend_phase phase;
	bool strict;
	const char *const *conns;	/* names asked for, NULL-terminated; NULL: all that auto= loads */
	const char *format;		/* NULL: the backend's text */
	struct span (*span_of)(const void *context, const struct plan_origin *origin);
	const void *span_context;
	/* Of a format that is messages to a kernel: told of each, which is the last `size` bytes written. NULL: nobody asks. */
	void (*made)(void *context, const struct plan_policy *policy, size_t size);
	void *made_context;
	/* for whack, which speaks the file's own words; all NULL when the input is a plan */
	const struct ir *ir;
	const struct resolved *resolved;
	const struct host_facts *facts;	/* also NULL: none were given */
};

struct backend {
	const char *name;		/* --target= */
	const char *summary;
	bool says_words;		/* made of the file's words: what the plan does not carry (IC7001) is no loss */
	bool writes_policies;		/* those of a phase: --phase and --strict have an effect */
	const char *const *formats;	/* NULL-terminated; the first is the default */
	/* 0, or -EINVAL when something asked for could not be expressed (everything else is still written), or -ENOMEM. */
	int (*emit)(const struct plan *plan, const struct backend_options *options, struct diag *diag, struct buf *out);
};

/* The policies that the phase asked for shows, in order: `load` and `route` policies before negotiation; while up, `up` policies and
 * those of the others that no `up` policy replaces. Policies marked strict only with options->strict, and then in place of those
 * with equal key. Time is n log n for any plan. */
struct rendering {
	const struct plan *plan;
	const struct backend_options *options;
	struct arena *arena;
	size_t at, end;			/* the next one; behind the last one of its conn */
	VEC(const struct plan_policy *) replacing;	/* those of this conn that replace others, sorted by the kernel's key */
};

struct rendering rendering_of(const struct plan *plan, const struct backend_options *options, struct arena *a);
const struct plan_policy *rendering_next(struct rendering *r);	/* NULL: there are no more */
/* One comment line before the policies of a conn: "# hq  /etc/ipsec.conf:20  tunnel 10.1.0.0/16 <-> 10.2.0.0/16", and the tunnel's
 * two addresses where the policy has them. */
void backend_comment(struct buf *out, const struct plan_policy *policy);

/* Where in the user's file that is; no place when the plan came alone. */
struct span backend_span(const struct backend_options *options, const struct plan_origin *origin);
/* Reports each child without a policy (IC8101). False: one that was asked for is among them. A child that waits for peers to call lacks
 * nothing, unless it was named. */
bool backend_all_have_policies(const struct plan *plan, const struct backend_options *options, struct diag *diag);

extern const struct backend *const backend_table[];	/* NULL-terminated */

#endif

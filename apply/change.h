/* SPDX-License-Identifier: Apache-2.0 */
/* change.h -- a change of the kernel's policies as one transaction, whatever carries it.
 *
 * What stands in the slot of each policy is read first, and with it the request is made that brings it back; then the policies are put;
 * at the first refusal all is taken back. Nothing is allocated between the first put and the end of taking back, and nothing is ever
 * flushed: only slots of the plan's own policies are touched. A slot is what the kernel tells policies apart by (plan_slot_cmp()).
 * Counters and the time of adding cannot be brought back with a policy: the kernel takes them from nobody.
 */
#ifndef APPLY_CHANGE_H
#define APPLY_CHANGE_H

#include "base/buf.h"
#include "diag/diag.h"
#include "plan/plan.h"

enum change_state {
	CHANGE_IDLE,		/* not sent: the kernel knows nothing of it */
	CHANGE_SENT,		/* no answer yet: it may be done */
	CHANGE_DONE,
	CHANGE_REFUSED,
	CHANGE_TAKEN_BACK,
};

struct change_step {
	const struct plan_policy *policy;
	size_t put, put_size;		/* the request, in change.requests */
	size_t undo, undo_size;		/* the request that takes it back, in change.undos */
	bool stood;			/* another policy is in the slot, and `undo` is that */
	bool superseded;		/* a later step has the same slot */
	bool unchanged;			/* the very policy is in the slot */
	enum change_state state;
	uint32_t replaces;		/* what a carrier needs to know again; PF_KEY: id of the policy that stood */
};

struct change;

/* How requests reach a kernel. */
struct carrier {
	const char *target;		/* the backend whose messages it carries */
	const char *format;		/* --format= of these */
	/* 0 or -errno with change->why. */
	int (*open)(struct change *c);
	void (*close)(struct change *c);
	/* Reads what stands, for each step that is not superseded: change_save(). 0, -ENOMEM, or -errno with change->why. */
	int (*save)(struct change *c);
	/* Sends the requests of these steps in this order, with change_sending() before and change_answered() after each. Stops when that
	 * says so. 0 or -errno of the socket with change->why. */
	int (*send)(struct change *c, const size_t *order, size_t n, bool undo);
};

extern const struct carrier carrier_xfrm, carrier_pfkey;
const struct carrier *carrier_for(const char *target);	/* NULL: the target has no kernel to apply it to */

struct change {
	const struct carrier *carrier;
	void *link;			/* of the carrier */
	struct change_step *steps;
	size_t n, room;
	struct buf requests, undos;
	size_t *order;			/* room for all steps */
	bool out_of_memory;
	size_t refused;			/* the step that the kernel refused first; n: none */
	size_t left;			/* steps that could not be taken back */
	char why[240];			/* of the last failure: the kernel's words */
};

void change_init(struct change *c, const struct carrier *carrier);
void change_release(struct change *c);		/* closes the carrier; what was put stays */
/* For backend_options.made, with change.requests as the backend's output. */
void change_add(void *change, const struct plan_policy *policy, size_t size);

/* Opens the carrier and reads what stands; the kernel is not changed. 0, -ENOMEM, or -errno with change.why. */
int change_prepare(struct change *c);
/* Puts all that is not there yet. 0; or -errno with change.why, change.refused and, of what could not be taken back, change.left. */
int change_put(struct change *c);
/* Takes back what change_put() did. 0, or -EIO with change.left and change.why. */
int change_take_back(struct change *c);

struct change_counts {
	size_t added, replaced, unchanged;
};
struct change_counts change_count(const struct change *c);

/* The kernel's refusal, and what could not be taken back, at the user's lines. */
void change_report(const struct change *c, struct diag *diag, struct span (*span_of)(const void *context, const struct plan_origin *origin),
		   const void *context);

/* For carriers. */
bool change_save(struct change *c, size_t step, const void *undo, size_t size, bool stood);	/* false: out of memory */
void change_sending(struct change *c, size_t step, bool undo);
/* error: 0 or -errno with its text. False: send no more. */
bool change_answered(struct change *c, size_t step, bool undo, int error, const char *why);

#endif

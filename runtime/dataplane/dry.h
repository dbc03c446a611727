/* SPDX-License-Identifier: Apache-2.0 */
/* dry.h -- what only the dry data plane offers: it tells a program, not only a reader of its lines, what it was asked to do. */
#ifndef RUNTIME_DATAPLANE_DRY_H
#define RUNTIME_DATAPLANE_DRY_H

#include "runtime/dataplane/dataplane.h"

struct dry_observer {
	void *context;
	void (*sa_added)(void *context, const struct dp_sa *sa);	/* keys are borrowed for the call, as ever */
	/* Calls that do not pair up: something is taken back that was never there, or is still there at close. */
	void (*unpaired)(void *context, const char *text);
	bool traffic;			/* each look at an inbound SA finds more packets: no peer is ever silent */
};

/* `dp` is one that dataplane_dry opened; the observer is borrowed until it is closed. */
void dry_observe(struct dataplane *dp, const struct dry_observer *observer);

#endif

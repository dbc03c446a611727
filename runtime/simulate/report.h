/* SPDX-License-Identifier: Apache-2.0 */
/* report.h -- the result of a simulation, for people and for programs (docs/simulate.md, docs/simulate.schema.json). */
#ifndef RUNTIME_SIMULATE_REPORT_H
#define RUNTIME_SIMULATE_REPORT_H

#include "runtime/simulate/simulate.h"

struct sim_style {
	bool color, ascii;
	bool all;			/* also the exchanges of conns that are established, however many there are */
	/* The text of a source line, without blanks around it; p NULL: it is not at hand. May be NULL. */
	struct slice (*line)(void *context, unsigned side, const struct plan_origin *origin);
	void *context;
};

/* Both append; running out of memory sticks in the buffer. */
void sim_write_text(const struct sim_result *r, const struct sim_style *style, struct buf *out);
void sim_write_json(const struct sim_result *r, struct buf *out);

#endif

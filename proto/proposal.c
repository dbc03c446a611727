/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/proposal.h"

#include "base/buf.h"

static void add_transform(struct buf *text, const struct proposal_transform *t, enum transform_type *last)
{
	if (text->n)
		buf_add_char(text, t->transform->type == *last ? '+' : '-');
	*last = t->transform->type;
	buf_add_str(text, t->transform->name);
	if (t->key_bits)
		buf_printf(text, "_%u", t->key_bits);
}

char *proposal_format(struct arena *a, const struct proposal *p)
{
	static const enum transform_type order[] = { TRANSFORM_ENCR, TRANSFORM_PRF, TRANSFORM_INTEG, TRANSFORM_KE, TRANSFORM_ESN };
	enum transform_type last = TRANSFORM_ENCR;
	struct buf text;
	char local[4096];
	size_t n;

	buf_init(&text);
	for (size_t k = 0; k < sizeof order / sizeof *order; k++)
		for (size_t i = 0; i < p->transforms.n; i++)
			if (p->transforms.v[i].transform->type == order[k])
				add_transform(&text, &p->transforms.v[i], &last);
	/* the heap is given back before the arena may leave by its exit */
	n = text.n < sizeof local ? text.n : sizeof local;
	if (n)
		memcpy(local, text.p, n);
	buf_release(&text);
	return arena_strdup(a, (struct slice){ local, n });
}

const char *proposals_format(struct arena *a, const proposal_list *list)
{
	const char *text = "";

	for (size_t i = 0; i < list->n; i++)
		text = arena_printf(a, "%s%s%s", text, i ? ", " : "", proposal_format(a, &list->v[i]));
	return text;
}

unsigned proposals_weakest_bits(const proposal_list *list)
{
	unsigned least = PROPOSAL_NO_BITS;

	for (size_t i = 0; i < list->n; i++)
		for (size_t j = 0; j < list->v[i].transforms.n; j++) {
			const struct proposal_transform *t = &list->v[i].transforms.v[j];
			unsigned bits = t->transform->strength_bits ? t->transform->strength_bits : t->key_bits;

			if (t->transform->type == TRANSFORM_ENCR && !transform_encrypts(t->transform))
				return 0;
			if ((t->transform->type == TRANSFORM_ENCR || t->transform->type == TRANSFORM_KE) && bits && bits < least)
				least = bits;
		}
	return least;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/differ.h"

#include <inttypes.h>

#include "plan/members.h"

struct walk {
	struct arena *arena;
	plan_differ_each *each;
	void *context;
};

/* What names an item, where it comes from, and what follows from other members. */
static bool is_value(const struct member *m)
{
	static const char *const others[] = {
		"conn", "name", "peer", "origin", "proposals_origin", "local_ts_origin", "remote_ts_origin", "side", "side_why", "secret",
		"local_ts", "remote_ts", "reqid", NULL,
	};
	for (size_t i = 0; others[i]; i++)
		if (strcmp(m->name, others[i]) == 0)
			return false;
	return true;
}

static uint64_t number(const void *p, size_t size)
{
	switch (size) {
	case 1:
		return *(const uint8_t *)p;
	case 2:
		return *(const uint16_t *)p;
	case 4:
		return *(const uint32_t *)p;
	default:
		return *(const uint64_t *)p;
	}
}

static const char *words_text(struct arena *a, const struct member *m, uint32_t set)
{
	const char *text = NULL;

	for (unsigned i = 0; m->words[i]; i++)
		if (set & 1u << i)
			text = text ? arena_printf(a, "%s, %s", text, m->words[i]) : m->words[i];
	return text;
}

static const char *list_text(struct arena *a, const struct member *m, const void *p)
{
	const char *text = NULL;
	struct vec_header vec;
	char range[IP_RANGE_TEXT];

	if (m->element == MEMBER_OBJECT)	/* the only such list of a peer or a child */
		return proposals_format(a, p);
	memcpy(&vec, p, sizeof(vec));
	for (size_t i = 0; i < vec.n && m->element == MEMBER_RANGE; i++) {
		ip_range_format((const struct ip_range *)vec.v + i, range);
		text = text ? arena_printf(a, "%s, %s", text, range) : arena_printf(a, "%s", range);
	}
	return text;
}

static const char *value_text(struct arena *a, const struct member *m, const void *p)
{
	char address[IP_ADDR_TEXT];

	switch (m->type) {
	case MEMBER_BOOL:
		return *(const bool *)p ? "yes" : "no";
	case MEMBER_NUMBER:
		return arena_printf(a, "%" PRIu64, number(p, m->size));
	case MEMBER_ENUM:
		return m->words[*(const unsigned *)p];
	case MEMBER_FLAGS:
		return words_text(a, m, *(const uint32_t *)p);
	case MEMBER_TEXT:
		return *(const char *const *)p;
	case MEMBER_ADDRESS:
		return ((const struct ip_addr *)p)->family == AF_UNSPEC ? NULL : arena_printf(a, "%s", ip_addr_format(p, address));
	case MEMBER_IDENTITY:
		return ident_format(a, p);
	case MEMBER_LIST:
		return list_text(a, m, p);
	default:
		return NULL;		/* peers and children have no others but objects */
	}
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static const char *mark_text(struct arena *a, const struct plan_mark *mark)
{
	return mark->mask ? arena_printf(a, "0x%x/0x%x", mark->value, mark->mask) : NULL;
}

static void walk(struct walk *w, const char *prefix, const struct member *members, const void *a, const void *b)
{
	for (const struct member *m = members; m->name; m++) {
		const void *x = (const char *)a + m->offset, *y = (const char *)b + m->offset;
		bool is_mark = m->type == MEMBER_OBJECT && m->shape->size == sizeof(struct plan_mark);
		const char *p, *q;

		if (!is_value(m) && !*prefix)
			continue;
		if (m->type == MEMBER_OBJECT && !is_mark) {
			walk(w, arena_printf(w->arena, "%s%s.", prefix, m->name), m->shape->members, x, y);
			continue;
		}
		p = is_mark ? mark_text(w->arena, x) : value_text(w->arena, m, x);
		q = is_mark ? mark_text(w->arena, y) : value_text(w->arena, m, y);
		if (!same(p, q))
			w->each(w->context, arena_printf(w->arena, "%s%s", prefix, m->name), p, q);
	}
}

/* The members of the items of one of the plan's lists. */
static const struct member *members_of(const char *list)
{
	const struct member *m = plan_shape.members;

	while (strcmp(m->name, list) != 0)
		m++;
	return m->shape->members;
}

void plan_differ_peer(struct arena *arena, const struct plan_peer *a, const struct plan_peer *b, plan_differ_each *each, void *context)
{
	walk(&(struct walk){ arena, each, context }, "", members_of("peers"), a, b);
}

void plan_differ_child(struct arena *arena, const struct plan_child *a, const struct plan_child *b, plan_differ_each *each, void *context)
{
	walk(&(struct walk){ arena, each, context }, "", members_of("children"), a, b);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* facts.c -- a facts file: what `ip -j address`, `ip -j route` and `ip -j -6 route` print. Members that are not needed here are
 * ignored, since iproute2 adds some with each release. */
#include <errno.h>

#include "base/limits.h"
#include "compiler/lower/facts.h"
#include "diag/json_input.h"

struct reader {
	struct json_input in;
	struct arena *arena;
	struct host_facts *facts;
};

static void bad(struct reader *r, const struct json_step *at, const char *what, const json_t *json)
{
	json_input_report(&r->in, RULE_FACTS_BAD_MEMBER, at, "%s is expected, not %s", what, json_kind(json));
}

/* A member that may be missing; NULL then, and when it is of another kind (reported). */
static const json_t *member(struct reader *r, const struct json_step *at, const json_t *object, const char *name, json_type type,
			    const char *what)
{
	const json_t *json = json_object_get(object, name);
	struct json_step step = { at, name, 0 };

	if (!json || json_is_null(json))
		return NULL;
	if (json_typeof(json) == type)
		return json;
	bad(r, &step, what, json);
	return NULL;
}

static const char *text_member(struct reader *r, const struct json_step *at, const json_t *object, const char *name)
{
	const json_t *json = member(r, at, object, name, JSON_STRING, "text");

	return json ? arena_strdup(r->arena, (struct slice){ json_string_value(json), json_string_length(json) }) : NULL;
}

/* AF_UNSPEC: missing or bad (reported). */
static struct ip_addr address_member(struct reader *r, const struct json_step *at, const json_t *object, const char *name)
{
	const json_t *json = member(r, at, object, name, JSON_STRING, "an address");
	struct ip_addr addr = { .family = AF_UNSPEC };
	struct json_step step = { at, name, 0 };

	if (json && ip_addr_parse((struct slice){ json_string_value(json), json_string_length(json) }, &addr))
		json_input_report(&r->in, RULE_FACTS_BAD_MEMBER, &step, "'%s' is no address", json_string_value(json));
	return addr;
}

static uint32_t number_member(struct reader *r, const struct json_step *at, const json_t *object, const char *name, uint32_t max)
{
	const json_t *json = member(r, at, object, name, JSON_INTEGER, "a whole number");
	struct json_step step = { at, name, 0 };

	if (!json)
		return 0;
	if (json_integer_value(json) >= 0 && json_integer_value(json) <= max)
		return (uint32_t)json_integer_value(json);
	json_input_report(&r->in, RULE_FACTS_BAD_MEMBER, &step, "%lld is out of range, 0 to %u",
			  (long long)json_integer_value(json), max);
	return 0;
}

static bool has_word(const json_t *array, const char *word)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (text && strcmp(text, word) == 0)
			return true;
	}
	return false;
}

/* Calls `take` for each object of a list member. `ip` prints an empty object where it left something out. */
static void each(struct reader *r, const struct json_step *at, const json_t *object, const char *name, uint32_t limit,
		 void (*take)(struct reader *r, const struct json_step *at, const json_t *element, const void *context),
		 const void *context)
{
	const json_t *array = member(r, at, object, name, JSON_ARRAY, "a list");
	struct json_step list = { at, name, 0 };

	if (array && json_array_size(array) > limit) {
		json_input_report(&r->in, RULE_FACTS_LIMIT, &list, "the list has %zu elements, more than %u",
				  json_array_size(array), limit);
		return;
	}
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *element = json_array_get(array, i);
		struct json_step step = { &list, NULL, i };

		if (!json_is_object(element))
			bad(r, &step, "an object", element);
		else if (json_object_size(element))
			take(r, &step, element, context);
	}
}

/* --- addresses --- */

struct interface {
	const char *name;
	bool up;
};

static void take_address(struct reader *r, const struct json_step *at, const json_t *element, const void *context)
{
	const struct interface *interface = context;
	const char *scope = text_member(r, at, element, "scope");
	struct fact_address fact = {
		.interface = interface->name,
		.addr = address_member(r, at, element, "local"),
		.up = interface->up,
		.link_local = scope && strcmp(scope, "link") == 0,
	};

	if (fact.addr.family == AF_UNSPEC)
		return;
	fact.prefix_len = (uint8_t)number_member(r, at, element, "prefixlen", ip_addr_bits(&fact.addr));
	*vec_add(r->arena, &r->facts->addresses) = fact;
}

static void take_interface(struct reader *r, const struct json_step *at, const json_t *element, const void *context)
{
	struct interface interface = { .name = text_member(r, at, element, "ifname") };

	(void)context;
	if (!interface.name) {
		json_input_report(&r->in, RULE_FACTS_BAD_MEMBER, at, "the interface has no 'ifname'");
		return;
	}
	interface.up = has_word(member(r, at, element, "flags", JSON_ARRAY, "a list"), "UP");
	each(r, at, element, "addr_info", LIMIT_VALUE_LIST, take_address, &interface);
}

/* --- routes --- */

/* Of several next hops the first counts (E-120); "via" is a gateway of the other family. */
static void take_next_hop(struct reader *r, const struct json_step *at, const json_t *element, struct fact_route *route)
{
	const json_t *hops = member(r, at, element, "nexthops", JSON_ARRAY, "a list");
	const json_t *hop = json_array_get(hops, 0);
	struct json_step list = { at, "nexthops", 0 }, step = { &list, NULL, 0 };

	if (json_is_object(hop)) {
		element = hop;
		at = &step;
	}
	route->gateway = address_member(r, at, element, "gateway");
	route->interface = text_member(r, at, element, "dev");
}

static void take_route(struct reader *r, const struct json_step *at, const json_t *element, const void *context)
{
	struct fact_route route = { .family = *(const sa_family_t *)context };
	const char *dst = text_member(r, at, element, "dst"), *type = text_member(r, at, element, "type");

	if (!dst || strcmp(dst, "default") != 0 || (type && strcmp(type, "unicast") != 0))
		return;
	take_next_hop(r, at, element, &route);
	route.source = address_member(r, at, element, "prefsrc");
	route.metric = number_member(r, at, element, "metric", UINT32_MAX);
	if (route.interface)
		*vec_add(r->arena, &r->facts->default_routes) = route;
}

/* --- the document --- */

static int take_facts(void *context, json_t *document)
{
	static const sa_family_t ipv4 = AF_INET, ipv6 = AF_INET6;
	struct reader *r = context;
	const json_t *version = member(r, NULL, document, "version", JSON_INTEGER, "a whole number"), *algorithms, *fips;
	struct json_step step = { NULL, "version", 0 };

	if (!version || json_integer_value(version) != 1)
		json_input_report(&r->in, RULE_FACTS_BAD_MEMBER, version ? &step : NULL,
				  "only host facts of version 1 are understood");
	if (!json_object_get(document, "addresses"))
		json_input_report(&r->in, RULE_FACTS_BAD_MEMBER, NULL, "member 'addresses' is missing");
	r->facts = arena_new(r->arena, struct host_facts);
	each(r, NULL, document, "addresses", LIMIT_VALUE_LIST, take_interface, NULL);
	each(r, NULL, document, "routes", LIMIT_ROUTES, take_route, &ipv4);
	each(r, NULL, document, "routes6", LIMIT_ROUTES, take_route, &ipv6);
	r->facts->hostname = text_member(r, NULL, document, "hostname");
	r->facts->kernel = text_member(r, NULL, document, "kernel");
	r->facts->libreswan = text_member(r, NULL, document, "libreswan");
	fips = json_object_get(document, "fips");
	r->facts->fips = json_is_boolean(fips) ? json_is_true(fips) : -1;
	algorithms = member(r, NULL, document, "algorithms", JSON_ARRAY, "a list");
	for (size_t i = 0; i < json_array_size(algorithms); i++)
		if (json_string_value(json_array_get(algorithms, i)))
			vec_push(r->arena, &r->facts->algorithms,
				 arena_strdup(r->arena, slice_of(json_string_value(json_array_get(algorithms, i)))));
	return r->in.errors ? -EINVAL : 0;
}

bool facts_have_address(const struct host_facts *facts, const struct ip_addr *addr)
{
	for (size_t i = 0; i < facts->addresses.n; i++)
		if (facts->addresses.v[i].up && ip_addr_eq(&facts->addresses.v[i].addr, addr))
			return true;
	return false;
}

int facts_read(struct arena *a, struct slice json, uint32_t base, struct diag *diag, struct host_facts **ret)
{
	struct reader r = {
		.in = { .text = json, .base = base, .diag = diag, .syntax_rule = RULE_FACTS_SYNTAX, .limit_rule = RULE_FACTS_LIMIT,
			.limit = LIMIT_FACTS_BYTES },
		.arena = a,
	};
	int e = json_input_run(&r.in, a, take_facts, &r);

	if (!e)
		*ret = r.facts;
	return e;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/sema/checks.h"

/* --- reporting ------------------------------------------------------------------------------------------------------------------- */

static struct finding *report(struct check *k, enum rule_id rule, enum effect effect, struct span span, const char *message)
{
	struct finding *f = diag_report(k->diag, rule, span, "%s", message);

	diag_set_conn(f, k->conn->name);
	if (effect == EFFECT_REFUSED) {
		diag_set_severity(k->diag, f, SEVERITY_ERROR);
		diag_note(k->diag, f, "libreswan %s refuses the conn", release_name(k->release));
		k->refused = true;
	} else if (effect != EFFECT_NONE) {
		diag_set_severity(k->diag, f, effect == EFFECT_COMPLAINT ? SEVERITY_WARNING : SEVERITY_NOTE);
	}
	k->warned |= f->severity != SEVERITY_NOTE;
	return f;
}

struct finding *check_report_at(struct check *k, enum rule_id rule, enum effect effect, struct span span, const char *format, ...)
{
	const char *message;
	va_list args;

	va_start(args, format);
	message = arena_vprintf(k->arena, format, args);
	va_end(args);
	return report(k, rule, effect, span, message);
}

struct finding *check_report(struct check *k, enum rule_id rule, enum effect effect, enum keyword_id id, enum side side,
			     const char *format, ...)
{
	struct span span = ir_origin(k->conn, id, side);
	const char *message;
	va_list args;

	va_start(args, format);
	message = arena_vprintf(k->arena, format, args);
	va_end(args);
	return report(k, rule, effect, span_known(span) ? span : k->conn->span, message);
}

void check_related(struct check *k, struct finding *f, enum keyword_id id, enum side side, const char *format, ...)
{
	struct span span = ir_origin(k->conn, id, side);
	const char *text;
	va_list args;

	if (!span_known(span) || (span.start == f->span.start && span.end == f->span.end))
		return;
	va_start(args, format);
	text = arena_vprintf(k->arena, format, args);
	va_end(args);
	diag_related(k->diag, f, span, "%s", text);
}

bool check_is_set(const struct check *k, enum keyword_id id, enum side side)
{
	return k->written[id] >> side & 1;
}

bool check_is_unread(const struct check *k, enum keyword_id id, enum side side)
{
	for (size_t i = 0; i < k->unread->n; i++)
		if (k->unread->v[i].id == id && k->unread->v[i].side == side)
			return true;
	return false;
}

bool check_says(const struct check *k, enum keyword_id id, enum side side, const char *word)
{
	const struct setting *setting = check_is_set(k, id, side) ? resolved_get(k->conn->resolved, id, side) : NULL;
	const struct keyword_value *value = setting ? schema_value(setting->keyword, setting->param->value.text, k->release) : NULL;

	return value && strcmp(value->meaning, word) == 0;
}

bool check_is_yes(const struct check *k, enum keyword_id id, enum side side)
{
	static const char *const words[] = { "yes", "y", "true", "t", "on", "1" };
	const struct setting *setting = check_is_set(k, id, side) ? resolved_get(k->conn->resolved, id, side) : NULL;

	for (size_t i = 0; setting && i < sizeof words / sizeof *words; i++)
		if (slice_eq_nocase(setting->param->value.text, words[i]))
			return true;
	return false;
}

bool check_is_own(const struct check *k, enum keyword_id id, enum side side)
{
	const struct setting *setting = check_is_set(k, id, side) ? resolved_get(k->conn->resolved, id, side) : NULL;

	return setting && setting->source != SOURCE_DEFAULT && !setting->from->implicit;
}

const char *check_side_name(enum side side)
{
	return side == SIDE_LEFT ? "left" : "right";
}

/* --- dispatch -------------------------------------------------------------------------------------------------------------------- */

static void (*const rules[])(struct check *) = {
	check_no_fixed_end, check_same_ends, check_host_family, check_subnet_family, check_subnets_one_sided, check_subnet_and_subnets,
	check_addresspool, check_transport_subnet, check_ports_any, check_protocols_differ, check_sourceip, check_peer_inside,
	check_virtual_subnet, check_virtual_words, check_both_default_routes, check_next_hop, check_source_address, check_subnets_list,
	check_all_traffic, check_port_without_use,
	check_shunt_authentication, check_one_sided_auth, check_no_key, check_cert_and_ckaid, check_fromcert, check_same_identities,
	check_null_authentication, check_partly_carried, check_ikev1_method, check_eap, check_key_and_cert, check_psk_by_identity,
	check_ikev1_refused, check_ikev1_options, check_too_many_transforms, check_aggressive_groups, check_aggressive_psk, check_weak_algorithms,
	check_tcp, check_both_protocols, check_ah_and_esp, check_aggressive_mode, check_two_keys, check_tunnel_options,
	check_lifetimes, check_margin, check_dpd_timeout, check_dpd_complete, check_nobody_to_call,
	check_dpd_restart, check_retransmission, check_replay_window, check_ends_with_sa, check_opportunistic_tries,
	check_two_pools, check_pool_size, check_pool_reach, check_modecfg_roles, check_modecfg_values, check_xauth_roles, check_xauth_start,
	check_mark_mask, check_mark_conflict, check_vti, check_vti_routing, check_reqid,
	check_shunt_start, check_clear_shunt, check_group_subnet, check_opportunistic_psk,
	check_newer_refusals, check_ranges, check_without_effect,
};

/* A host that cannot be read hides nothing else that is wrong with the conn. */
static bool lacks_host(const struct check *k, enum side side)
{
	return k->conn->end[side].host_kind == IR_HOST_UNSET && !check_is_unread(k, KW_HOST, side);
}

void checks_run(struct check *k)
{
	for (size_t i = 0; i < k->conn->resolved->settings.n; i++)
		k->written[k->conn->resolved->settings.v[i]->keyword->id] |= (uint8_t)(1u << k->conn->resolved->settings.v[i]->side);
	check_missing_end(k);
	if (lacks_host(k, SIDE_LEFT) || lacks_host(k, SIDE_RIGHT))
		return;		/* a part of a conn: what it lacks may come from where it is used */
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		rules[i](k);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* plan_example.h -- a small plan with every kind of member, for the tests of the plan's document. */
#ifndef TESTS_PLAN_EXAMPLE_H
#define TESTS_PLAN_EXAMPLE_H

static const char plan_example[] =
	"{\n"
	"  \"version\": 1,\n"
	"  \"kind\": \"ipsecc-plan\",\n"
	"  \"source\": {\"release\": \"4.10\", \"dialect\": \"libreswan-4\", \"files\": [{\"path\": \"/etc/ipsec.conf\",\n"
	"    \"sha256\": \"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff\"}]},\n"
	"  \"host\": {\"known\": true, \"why\": null, \"addresses\": [\"192.0.2.1\", \"2001:db8::1\"]},\n"
	"  \"peers\": [{\n"
	"    \"conn\": \"hq\", \"origin\": {\"file\": \"/etc/ipsec.conf\", \"line\": 3, \"column\": 6}, \"version\": 2, \"side\": \"left\",\n"
	"    \"local\": {\"kind\": \"address\", \"address\": \"192.0.2.1\", \"port\": 0, \"id\": \"@hq.example\", \"auth\": \"psk\"},\n"
	"    \"remote\": {\"kind\": \"any\", \"port\": 4500, \"id\": \"C=DE, CN=b\", \"auth\": \"psk\", \"ca\": \"CN=root\"},\n"
	"    \"secret\": \"psk:hq\",\n"
	"    \"proposals\": [{\"protocol\": \"ike\", \"transforms\": [\n"
	"      {\"type\": \"encr\", \"name\": \"AES_GCM_16\", \"key_bits\": 256}, {\"type\": \"prf\", \"name\": \"HMAC_SHA2_256\", \"key_bits\": 0},\n"
	"      {\"type\": \"ke\", \"name\": \"DH19\", \"key_bits\": 0}]}],\n"
	"    \"aggressive\": false, \"rekey\": true, \"reauth\": false, \"fragmentation\": true, \"mobike\": false, \"initial_contact\": true,\n"
	"    \"encapsulation\": \"auto\", \"lifetime\": 28800, \"rekey_margin\": 540, \"rekey_fuzz\": 100, \"keying_tries\": 0,\n"
	"    \"retransmit_timeout_ms\": 60000, \"retransmit_interval_ms\": 500, \"dpd_delay\": 0, \"dpd_timeout\": 0, \"dpd_action\": \"hold\",\n"
	"    \"nat_keepalive\": 20}],\n"
	"  \"children\": [{\n"
	"    \"name\": \"hq/1x2\", \"peer\": \"hq\", \"protocol\": \"esp\",\n"
	"    \"proposals\": [{\"protocol\": \"esp\", \"transforms\": [{\"type\": \"encr\", \"name\": \"AES_GCM_16\", \"key_bits\": 128}]}],\n"
	"    \"mode\": \"tunnel\", \"pfs\": true,\n"
	"    \"local_ts\": [{\"addresses\": \"10.1.0.0/24\", \"proto\": 6, \"port_first\": 22, \"port_last\": 22}],\n"
	"    \"remote_ts\": [{\"addresses\": \"10.2.0.3-10.2.0.9\", \"proto\": 0, \"port_first\": 65535, \"port_last\": 0}],\n"
	"    \"lifetime\": 3600, \"rekey_margin\": 540, \"rekey_fuzz\": 100, \"rekey\": true, \"max_bytes\": 9223372036854775807,\n"
	"    \"max_packets\": 0, \"reqid\": 16389, \"mark_in\": {\"value\": 5, \"mask\": 255}, \"mark_out\": null, \"if_id\": 0,\n"
	"    \"replay_window\": 128, \"esn\": \"yes\", \"compress\": false, \"narrowing\": false, \"tfc\": 0, \"start\": \"route\",\n"
	"    \"negotiation_shunt\": \"hold\", \"failure_shunt\": \"none\", \"updown\": null}],\n"
	"  \"policies\": [{\n"
	"    \"conn\": \"hq/1x2\", \"dir\": \"out\", \"action\": \"protect\", \"src\": \"10.1.0.0/24\", \"dst\": \"10.2.0.0/24\", \"proto\": 6,\n"
	"    \"sport\": 22, \"dport\": null, \"priority\": 1757393, \"mark\": null, \"if_id\": 0, \"mode\": \"tunnel\",\n"
	"    \"tmpl\": [{\"proto\": \"esp\", \"src\": \"192.0.2.1\", \"dst\": \"192.0.2.2\", \"mode\": \"tunnel\", \"reqid\": 16389, \"level\": \"required\"}],\n"
	"    \"when\": \"up\", \"strict\": false}],\n"
	"  \"secrets\": [{\"name\": \"psk:hq\", \"kind\": \"psk\", \"file\": \"/etc/ipsec.secrets\", \"local_id\": \"@hq.example\", \"remote_id\": \"%any\"}]\n"
	"}\n";

#endif

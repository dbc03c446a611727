# shellcheck shell=bash
# lib.bash -- the head of the scripts here: TAP lines, what they need, and kernel policies as text that can be compared. A script sets $what, or
# has a skip_all of its own.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
build=$(realpath "${BUILD:-build}") ipsecc=$build/ipsecc n=0 failed=0

. tests/policies.bash

result() { n=$((n + 1)); echo "$1 $n - $2"; [ "$1" = ok ] || failed=1; }
skip_all() { result ok "$what # SKIP $1"; echo "1..$n"; exit 0; }

# needs PROGRAM...: the scripts that fetch Debian's libreswan, root, namespaces, and these programs
needs() {
	local program
	[ -n "${IPSECC_TOOLS:-}" ] || skip_all "IPSECC_TOOLS is not set"
	[ "$(id -u)" = 0 ] || skip_all "needs root"
	for program; do command -v "$program" >/dev/null || skip_all "no $program"; done
	unshare --net --mount true 2>/dev/null || skip_all "no namespaces"
}

# pluto wants to see addconn at its place, which pluto-oracle lays there: plain_root DIRECTORY
plain_root() {
	mkdir -p "$1/usr/libexec/ipsec"
	printf '#!/bin/sh\n' >"$1/usr/libexec/ipsec/addconn"
	chmod +x "$1/usr/libexec/ipsec/addconn"
}

# policies_of BATCH: what the kernel has after `ip -batch` in a network of its own.
policies_of() { unshare --net sh -c 'ip -batch "$1" >&2 && ip xfrm policy list nosock' - "$1"; }

# host_facts INTERFACE: the facts of a host with the addresses and default routes that these tests give to pluto's network.
host_facts() {
	cat <<-END
	{"version": 1,
	 "addresses": [{"ifname": "$1", "flags": ["UP"],
	                "addr_info": [{"local": "192.0.2.1", "prefixlen": 24}, {"local": "2001:db8::1", "prefixlen": 64}]}],
	 "routes": [{"dst": "default", "gateway": "192.0.2.254", "dev": "$1"}],
	 "routes6": [{"dst": "default", "gateway": "fe80::1", "dev": "$1"}]}
	END
}

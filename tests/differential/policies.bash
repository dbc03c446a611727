# shellcheck shell=bash
# policies.bash -- kernel policies as text that can be compared; sourced by the tests that do so.

# One policy a line, sorted; the daemon's own holes for neighbour discovery (priority 1) left out.
normal() {
	awk '/^src /{ if (p) print p; p = $0; next } { sub(/^[ \t]+/, " "); p = p $0 } END { if (p) print p }' |
		sed -E 's/[ \t]+/ /g; s/ $//' | grep -v ' priority 1 ' | sort
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

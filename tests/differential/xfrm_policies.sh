#!/bin/bash
# xfrm_policies.sh -- what `ipsecc compile --target=xfrm --phase=route` installs for each conn of xfrm.conf is what Debian's pluto 4.10 installs
# when the conn is routed; with text through `ip -batch`.
#
# Needs root, network namespaces, and the script pluto-oracle in $IPSECC_TOOLS (which fetches Debian's libreswan).
. "$(dirname "$0")/lib.bash"
conf=tests/differential/xfrm.conf
conns=$(sed -n 's/^conn \([^%]\)/\1/p' $conf)

skip_all() { for c in $conns; do result ok "policies of conn $c # SKIP $1"; done; exit 0; }

needs ip
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# pluto looks for addconn at its place only, while the oracle runs it from a cache: where libreswan is not installed, that place is made to lead
# there, in a mount namespace of its own.
export PLUTO_ORACLE_CACHE=${PLUTO_ORACLE_CACHE:-${HOME:-/root}/.cache/pluto-oracle}
oracle() {
	[ ! -x /usr/libexec/ipsec/addconn ] || { "$IPSECC_TOOLS/pluto-oracle" "$@"; return; }
	unshare --mount sh -c 'mount -t tmpfs tmpfs /usr/libexec && ln -s "$PLUTO_ORACLE_CACHE/tree/usr/libexec/ipsec" /usr/libexec/ipsec && exec "$@"' \
		- "$IPSECC_TOOLS/pluto-oracle" "$@"
}

oracle $conf --addr 192.0.2.1/24 --addr 2001:db8::1/64 --policies >"$dir/oracle" 2>"$dir/log"
case $? in
0) ;;
77) skip_all "pluto: $(tail -n 1 "$dir/log")" ;;
*) cat "$dir/log"; result "not ok" "pluto routes the conns of xfrm.conf"; exit 1 ;;
esac
grep -E $'\tnot-routed\t|\trefused\t' "$dir/oracle" | sed 's/^/# pluto: /'
sed -n '/^# ip xfrm policy/,$p' "$dir/oracle" | sed 1d | normal >"$dir/theirs"

host_facts oracle0 >"$dir/host.json"

compile() { "$build/ipsecc" compile --target=xfrm --phase=route --dialect=4.10 --host-facts="$dir/host.json" -o "$1" $conf "${@:2}" 2>"$dir/findings"; }

for c in $conns; do
	compile "$dir/batch" "$c" && policies_of "$dir/batch" 2>"$dir/said" | normal >"$dir/ours"
	if [ -s "$dir/ours" ] && [ ! -s "$dir/said" ] && ! comm -23 "$dir/ours" "$dir/theirs" | grep -q .; then
		result ok "policies of conn $c: $(wc -l <"$dir/ours")"
	else
		result "not ok" "policies of conn $c"
		cat "$dir/findings" "$dir/said"
		comm -23 "$dir/ours" "$dir/theirs"
	fi
	: >"$dir/ours"
done

# Together they are all of them: pluto has no policy that we lack.
compile "$dir/batch" $conns
policies_of "$dir/batch" | normal >"$dir/ours"
if cmp -s "$dir/ours" "$dir/theirs"; then
	result ok "all policies together: $(wc -l <"$dir/ours")"
else
	result "not ok" "all policies together"
	diff "$dir/ours" "$dir/theirs"
fi

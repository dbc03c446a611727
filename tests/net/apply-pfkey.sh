#!/bin/bash
# apply-pfkey.sh -- compile --target=pfkey --apply, in a guest where this kernel has no PF_KEY: the kernel then shows the policies that
# --target=xfrm --apply makes of the same file, where PF_KEY can say them; what cannot be put back is not replaced.
cd "$(dirname "$0")/../.." || exit 2
what='compile --target=pfkey --apply'
has_pfkey() { perl -e 'use Socket; exit !socket(my $s, 15, SOCK_RAW, 2)'; }

. tests/net/guest.bash
in_guest PF_KEY has_pfkey

. tests/net/lib.bash
conf=$work/ipsec.conf
cat >"$conf" <<'EOF'
conn %default
	left=192.0.2.1
	authby=secret
	auto=route

conn tunnel
	right=198.51.100.7
	leftsubnet=10.1.0.0/24
	rightsubnet=10.2.0.0/24
	reqid=4000

conn l2tp
	right=198.51.100.7
	type=transport
	leftprotoport=udp/1701
	rightprotoport=udp/1701
	reqid=4004

conn drop
	right=198.51.100.9
	type=drop
	authby=never
EOF
apply() { env -u SSH_CONNECTION "$ipsecc" compile --dialect=3.18 --host-facts=tests/corpus/host.json --apply "$@" </dev/null; }
policies() { ip xfrm policy list nosock; }
all() { policies | sed ':a;N;$!ba;s/\n\t/ /g' | sort; }
flush() { ip xfrm policy flush; }

same_as_xfrm() {
	flush
	apply --target=xfrm "$conf" && policies >"$work/xfrm" && flush && apply --target=pfkey "$conf" && policies >"$work/pfkey" &&
		grep -q ^src "$work/pfkey" && diff "$work/xfrm" "$work/pfkey"
}
twice() { apply --target=pfkey "$conf" && policies | diff "$work/xfrm" -; }
taken_back() {
	flush
	ip xfrm policy add src 10.1.0.0/24 dst 10.2.0.0/24 dir out priority 7 tmpl src 192.0.2.1 dst 192.0.2.77 proto esp reqid 77 mode tunnel
	ip xfrm policy add src 10.9.0.0/24 dst 10.8.0.0/24 dir out action block
	all >"$work/before"
	sleep 4 | setsid -w "$ipsecc" compile --dialect=3.18 --host-facts=tests/corpus/host.json --target=pfkey --apply --confirm=1 "$conf" && return 1
	all | diff "$work/before" -
}
marked_stays() {
	flush
	ip xfrm policy add src 10.1.0.0/24 dst 10.2.0.0/24 dir out priority 7 mark 5 mask 0xff
	all >"$work/before"
	sleep 4 | setsid -w "$ipsecc" compile --dialect=3.18 --host-facts=tests/corpus/host.json --target=pfkey --apply --confirm=1 "$conf" && return 1
	all | diff "$work/before" -
}
not_replaced() {
	flush
	ip xfrm policy add src 10.1.0.0/24 dst 10.2.0.0/24 dir out priority 7 tmpl src 192.0.2.1 dst 192.0.2.77 proto esp reqid 16400 mode tunnel
	all >"$work/before"
	apply --target=pfkey "$conf" 2>"$work/err" && return 1
	grep -q 'reqid 16400' "$work/err" && all | diff "$work/before" -
}
# The compiler makes nothing that a kernel refuses, so the policies of this conn are spoilt on their way there.
refused() {
	flush
	ip xfrm policy add src 10.1.0.0/24 dst 10.2.0.0/24 dir out priority 7
	all >"$work/before"
	{ cat "$conf"; printf 'conn odd\n\tright=198.51.100.8\n\tleftsubnet=10.8.0.0/24\n\trightsubnet=10.9.0.0/24\n'; } >"$work/refused.conf"
	"$failing" compile --dialect=4.10 --host-facts=tests/corpus/host.json --target=pfkey --apply "$work/refused.conf" 2>"$work/err" </dev/null && return 1
	grep -q "IC8103.*'odd'" "$work/err" && all | diff "$work/before" -
}
check 'the kernel shows the same policies as through xfrm' same_as_xfrm
check 'and the same after a second time' twice
check 'not confirmed: what stood stands again' taken_back
check 'a policy with a mark in the same place is left alone' marked_stays
check 'a policy that PF_KEY could not put back is not replaced, and said' not_replaced
failing=$PWD/${BUILD:-build}/tests/ipsecc_failing
if [ -x "$failing" ]; then check 'IC8103: a policy that the kernel refuses: all as before' refused
else skip 'a policy that the kernel refuses' 'make unit-tests makes the program'; fi
finish

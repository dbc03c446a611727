#!/bin/bash
# policies-up.sh -- what `ipsecc compile --target=xfrm --phase=up` installs is what two of Debian's plutos (4.10) have in the kernel once the conns of
# policies-up.conf are up, conn by conn (E-041, E-042, E-095 ... E-100). Where this kernel has no ESP, in a guest that has.
cd "$(dirname "$0")/../.." || exit 2
what='policies of tunnels that are up'
. tests/net/guest.bash
in_guest ESP has_esp fetch_peers
. tests/net/lib.bash
. tests/policies.bash
need_net "$what"
need_tools "$what"
lab_up || skip_all "$what" 'no veth devices'
conf=tests/net/policies-up.conf
conns=$(sed -n 's/^conn \([^%]\)/\1/p' $conf)
printf '192.0.2.1 192.0.2.2 : PSK "a lab secret, not a real one"\n2001:db8::1 2001:db8::2 : PSK "another lab secret, not real either"\n' >"$work/ipsec.secrets"

pluto_on() { "$IPSECC_TOOLS/peer-pluto" "$2" "$lab-$1" "${@:3}"; }	# SIDE COMMAND ARGUMENT...
for side in left right; do
	pluto_on $side start -c $conf -s "$work/ipsec.secrets" >"$work/$side.log" 2>&1
	started "pluto starts on the $side" $? "$work/$side.log"
done

for c in $conns; do
	members=$c
	[ "$c" != product ] || members='product/1x1 product/1x2 product/2x1 product/2x2'
	for m in $members; do
		if pluto_on left initiate "$m" >"$work/out" 2>&1; then ok "$m comes up"; else not_ok "$m comes up" "$work/out"; fi
	done
done
left ip xfrm policy list nosock | normal >"$work/theirs"
left "$ipsecc" facts >"$work/facts.json"

compile_up() {	# BATCH CONN...
	"$ipsecc" compile -q --target=xfrm --phase=up --dialect=4.10 --host-facts="$work/facts.json" -o "$1" $conf "${@:2}" 2>"$work/findings"
}
in_kernel() { unshare -n sh -c 'ip -batch "$1" >&2 && ip xfrm policy list nosock' - "$1" 2>"$work/said" | normal; }	# BATCH

compile_up "$work/batch" $conns
in_kernel "$work/batch" >"$work/all"
for c in $conns; do	# reqids follow the order of all conns, so each is cut out of the whole
	awk -v c="$c" '/^#/ { on = $2 == c || index($2, c "/") == 1 } on' "$work/batch" >"$work/one"
	in_kernel "$work/one" >"$work/ours"
	comm -23 "$work/ours" "$work/theirs" >"$work/difference"
	if [ -s "$work/ours" ] && [ ! -s "$work/said" ] && [ ! -s "$work/difference" ]; then ok "policies of conn $c: $(wc -l <"$work/ours")"
	else not_ok "policies of conn $c" "$work/difference" "$work/said" "$work/findings"; fi
done
if cmp -s "$work/all" "$work/theirs"; then ok "all policies together: $(wc -l <"$work/all")"
else diff "$work/all" "$work/theirs" >"$work/difference"; not_ok 'all policies together' "$work/difference"; fi
finish

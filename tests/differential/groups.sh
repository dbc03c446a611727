#!/bin/bash
# groups.sh -- what policy groups become: `ipsecc compile --target=xfrm --phase=route` installs for the files of groups below the policies that
# Debian's pluto 4.10 installs when it starts with them (E-055 ... E-059, E-070).
#
# Needs root, network namespaces, and the script peer-pluto in $IPSECC_TOOLS (which fetches Debian's libreswan).
. "$(dirname "$0")/lib.bash"
what='policies of groups'
needs ip

pluto=$IPSECC_TOOLS/peer-pluto ns=groups$$ dir=$(mktemp -d)
export LAB_STATE=$dir/state
trap '"$pluto" stop $ns >/dev/null 2>&1; ip netns del $ns 2>/dev/null; rm -rf "$dir"' EXIT
mkdir -p "$dir/ipsec.d/policies"

group() { cat >"$dir/ipsec.d/policies/$1"; }
group clear <<'END'
10.50.0.0/16
10.51.1.1
192.0.2.254/32 tcp 0 22		# our port, their port
10.52.0.0/16 udp 53 0
10.57.0.0/16 icmp 2048 0
10.58.3.4/16
END
group block <<<10.63.0.0/16
group from-net <<<'10.80.0.0/16'
group clear6 <<<2001:db8:9::/48
group private <<<10.60.0.0/16
group private-or-clear <<<0.0.0.0/0
group partners <<<'10.64.0.0/16'
: | group empty

cat >"$dir/groups.conf" <<END
config setup
	ipsecdir=$dir/ipsec.d

conn %default
	left=192.0.2.1
	right=%group
	authby=never
	auto=route

conn clear
	type=passthrough
	left=%defaultroute

conn block
	type=drop

conn from-net
	type=passthrough
	leftsubnet=10.9.0.0/24

conn clear6
	type=passthrough
	left=2001:db8::1

conn empty
	type=passthrough

conn private
	authby=null
	leftid=%null
	rightid=%null
	right=%opportunisticgroup
	negotiationshunt=drop
	failureshunt=drop

conn private-or-clear
	authby=null
	leftid=%null
	rightid=%null
	right=%opportunisticgroup
	negotiationshunt=passthrough
	failureshunt=passthrough

# pluto cannot route it: whom would it call?
conn partners
	authby=secret
END

ip netns add $ns && ip netns exec $ns sh -c 'ip link set lo up && ip link add groups0 type veth peer name groups1 && ip link set groups0 up &&
	ip link set groups1 up && ip addr add 192.0.2.1/24 dev groups0 && ip addr add 2001:db8::1/64 dev groups0 nodad &&
	ip route add default via 192.0.2.254' 2>"$dir/log" || skip_all "no network: $(tail -n 1 "$dir/log")"
"$pluto" start $ns -c "$dir/groups.conf" --no-esp >"$dir/log" 2>&1
case $? in
0) ;;
77) skip_all "pluto: $(tail -n 1 "$dir/log")" ;;
*) sed 's/^/# /' "$dir/log"; result "not ok" "pluto starts with groups"; exit 1 ;;
esac
ip netns exec $ns ip xfrm policy list nosock | normal >"$dir/theirs"

host_facts groups0 >"$dir/host.json"
"$ipsecc" compile --target=xfrm --phase=route --dialect=4.10 --host-facts="$dir/host.json" -o "$dir/batch" "$dir/groups.conf" 2>"$dir/findings"
policies_of "$dir/batch" | normal >"$dir/ours"
for name in clear:10.50 clear:10.51 clear:192.0.2.254 clear:10.52 clear:10.57 block:10.63 from-net:10.80 clear6:2001:db8:9: private:10.60 \
	private-or-clear:0.0.0.0; do
	address=${name#*:}
	if grep -F " $address" "$dir/ours" | cmp -s - <(grep -F " $address" "$dir/theirs") && grep -qF " $address" "$dir/ours"; then
		result ok "group ${name%%:*}, entry $address: the policies of pluto"
	else
		result "not ok" "group ${name%%:*}, entry $address: the policies of pluto"
	fi
done
if [ -s "$dir/ours" ] && cmp -s "$dir/ours" "$dir/theirs"; then
	result ok "all groups together: $(wc -l <"$dir/ours") policies, none for groups of ordinary peers and for what pluto skips"
else
	result "not ok" "all groups together"
	sed 's/^/# /' "$dir/findings"
	diff "$dir/ours" "$dir/theirs" | sed 's/^/# /'
fi
echo "1..$n"
exit $failed

#!/bin/bash
# mobike.sh -- strongSwan's charon changes its address under a tunnel to ipsec-run, over TUN: the SAs follow (RFC 4555) and the traffic goes on.
cd "$(dirname "$0")/../.." || exit 2
. tests/net/lib.bash
what='charon moves to another address'
need_tools "$what"
tun_lab "$what"

configuration "$work/both.conf" mobike=yes
check 'the configuration compiles' compile left "$work/both.conf"
charon_start --libipsec >"$work/charon.log" 2>&1
started 'charon starts' $? "$work/charon.log"
sed -i 's/local_addrs = .*/local_addrs = %any/' "$work/swanctl.conf"
charon stop >/dev/null 2>&1
check 'charon starts for any address of its own' charon start -c "$work/swanctl.conf" --libipsec
check 'ipsec-run starts' ours_start left --dataplane=tun
check 'charon initiates' charon initiate net
check 'ping' ping_left 2
ip -n "$lab-right" addr add 192.0.2.3/24 dev out
ip -n "$lab-right" addr del 192.0.2.2/24 dev out
ip -n "$lab-right" addr add 192.0.2.3/24 dev out 2>/dev/null	# it went with the first where it was secondary to it
for _ in $(seq 50); do
	! grep -q 'the peer moved from 192.0.2.2 port [0-9]* to 192.0.2.3' "$work/left.log" || break
	sleep 0.1
done
check 'ours has followed it' grep 'the peer moved from 192.0.2.2 port [0-9]* to 192.0.2.3' "$work/left.log"
check 'it was told so' grep 'UPDATE_SA_ADDRESSES' "$work/left.log"
check 'ping' ping_left 3
check 'ping back' ping_right 3
check 'it is the same child SA' test "$(grep -c "child SA 'net' established" "$work/left.log")" = 1
check 'ours rekeys it there' ours left rekey net
check 'ping' ping_left 2
check 'stop' ours left stop
finish

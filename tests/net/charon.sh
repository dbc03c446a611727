#!/bin/bash
# charon.sh -- ipsec-run against strongSwan's charon, both with ESP in user space; ours is compiled from an ipsec.conf.
cd "$(dirname "$0")/../.." || exit 2
. tests/net/lib.bash
what='ipsec-run with charon over TUN'
need_tools "$what"
tun_lab "$what" tcpdump

configuration "$work/both.conf"
check 'the configuration compiles' compile left "$work/both.conf"
charon_start --libipsec >"$work/charon.log" 2>&1
started 'charon starts' $? "$work/charon.log"
check 'ipsec-run starts' ours_start left --dataplane=tun

PINGS=30
peer_up() { charon initiate net; }
peer_down() { charon terminate gw; }
peer_rekey() { charon swanctl --rekey --child net; }
peer_has_child() { charon status | grep -q '^child .*state=INSTALLED'; }
both_roles charon

# RFC 7296 section 2.18, by either end, with the child SAs moving along
check 'up again' ours left up net
ping_left "$PINGS" >"$work/ping" 2>&1 & pinging=$!
sleep 0.5
check 'charon rekeys the IKE SA under traffic' charon swanctl --rekey --ike gw
sleep 0.5
check 'ours rekeys the IKE SA under traffic' ours left rekey-ike net
check 'ours rekeys the child below the new IKE SA' ours left rekey net
sleep 0.5
check 'charon rekeys the child below the new IKE SA' peer_rekey
wait $pinging
if grep -q ' 0% packet loss' "$work/ping"; then ok 'no packet was lost in four rekeys'
else not_ok 'no packet was lost in four rekeys' "$work/ping" "$work/left.log"; fi
if [ "$(charon status | grep -c '^ike ')" = 1 ]; then ok 'one IKE SA is left at charon'
else not_ok 'one IKE SA is left at charon' "$work/left.log"; fi
check 'stop' ours left stop
finish

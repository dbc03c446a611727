#!/bin/bash
# charon.sh -- ipsec-run against strongSwan's charon, both with ESP in user space; ours is compiled from an ipsec.conf.
cd "$(dirname "$0")/../.." || exit 2
. tests/net/lib.bash
what='ipsec-run with charon over TUN'
need_net "$what"
need_tools "$what"
[ -e /dev/net/tun ] || skip_all "$what" 'no /dev/net/tun'
command -v tcpdump >/dev/null || skip_all "$what" 'no tcpdump'
lab_up || skip_all "$what" 'no veth devices'

configuration "$work/both.conf"
check 'the configuration compiles' compile left "$work/both.conf"
charon_start --libipsec >"$work/charon.log" 2>&1
case $? in
0) ok 'charon starts' ;;
77) skip_all "$what" "$(tail -n 1 "$work/charon.log")" ;;
*) not_ok 'charon starts' "$work/charon.log"; finish ;;
esac
check 'ipsec-run starts' ours_start left --dataplane=tun

PINGS=30
peer_up() { charon initiate net; }
peer_down() { charon terminate gw; }
peer_rekey() { charon swanctl --rekey --child net; }
peer_has_child() { charon status | grep -q '^child .*state=INSTALLED'; }
both_roles charon
check 'stop' ours left stop
finish

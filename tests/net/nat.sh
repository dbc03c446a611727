#!/bin/bash
# nat.sh -- ipsec-run behind a NAT router that also changes ports, against charon: ESP in UDP both ways.
cd "$(dirname "$0")/../.." || exit 2
. tests/net/lib.bash
what='ipsec-run behind NAT'
need_net "$what"
need_tools "$what"
[ -e /dev/net/tun ] || skip_all "$what" 'no /dev/net/tun'
"$IPSECC_TOOLS/lab" up "$lab" --nat >"$work/lab.log" 2>&1 || skip_all "$what" "$(tail -n 1 "$work/lab.log")"
trap '"$IPSECC_TOOLS/lab" down "$lab" >/dev/null 2>&1; clean_up' EXIT

# left is 10.9.0.2 inside; the peer sees 192.0.2.1 with a port of the router's choice
configuration "$work/both.conf"
sed -i 's/left=192.0.2.1/left=10.9.0.2/' "$work/both.conf"
check 'the configuration compiles' compile left "$work/both.conf"
CHARON_REMOTE=%any charon_start --libipsec >"$work/charon.log" 2>&1
started 'charon starts' $? "$work/charon.log"
check 'ipsec-run starts' ours_start left --dataplane=tun
check 'up through the NAT' ours left up net
check 'ping from behind the NAT' ping_left 3
check 'ping to behind the NAT' ping_right 3
charon status >"$work/charon.status"
if grep -q 'remote=192.0.2.1:2[0-9][0-9][0-9][0-9] .*nat=remote' "$work/charon.status"; then ok 'charon sees the port of the NAT'
else not_ok 'charon sees the port of the NAT' "$work/charon.status"; fi
if [ "$(ours left status --json | jq '.ike[0].nat_local')" = true ]; then ok 'ours knows that it is behind NAT'
else ours left status --json >"$work/out"; not_ok 'ours knows that it is behind NAT' "$work/out"; fi
check 'rekey from behind the NAT' ours left rekey net
check 'rekey from outside' charon swanctl --rekey --child net
check 'ping again' ping_left 3
check 'stop' ours left stop
finish

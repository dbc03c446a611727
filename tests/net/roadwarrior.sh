#!/bin/bash
# roadwarrior.sh -- a server that knows its peers only when they call (right=%any) and takes less than it allows (narrowing=yes): what was
# negotiated is what is carried, and nothing else.
cd "$(dirname "$0")/../.." || exit 2
. tests/net/lib.bash
what='a server for peers at %any, over TUN'
tun_lab "$what" tcpdump

configuration "$work/right.conf"
roadwarrior_server "$work/left.conf"
check 'the server compiles' compile left "$work/left.conf"
check 'its peer compiles' compile right "$work/right.conf"
check 'the server starts' ours_start left --dataplane=tun
check 'its peer starts' ours_start right --dataplane=tun
capture left "$work/left.pcap"
if ping_left 1 >"$work/out" 2>&1; then not_ok 'no tunnel, no ping' "$work/out"; else ok 'no tunnel, no ping'; fi
ours left up net >"$work/out" 2>&1
if [ $? = 1 ] && grep -q "waits for its peer (right=%any)" "$work/out"; then ok 'the server has nobody to call, and says so'
else not_ok 'the server has nobody to call, and says so' "$work/out"; fi
check 'the peer calls' ours right up net
check 'ping from the server' ping_left 3
check 'ping from the peer' ping_right 3
if [ "$(child_field left remote_ts)" = "$(child_field right local_ts)" ]; then ok 'both ends have the narrowed selectors'
else not_ok 'both ends have the narrowed selectors' "$work/left.log"; fi
right ip addr add 10.2.9.9/32 dev lo
if left ping -c 2 -i 0.2 -W 1 -p 636c656172746578740a -I 10.1.0.1 10.2.9.9 >"$work/out" 2>&1; then
	not_ok 'an address that the peer did not ask for is not reached' "$work/out"
else ok 'an address that the peer did not ask for is not reached'; fi
ping_left 30 >"$work/ping" 2>&1 & pinging=$!
sleep 1
check 'rekey from the peer under traffic' ours right rekey net
sleep 1
check 'rekey from the server under traffic' ours left rekey net
wait $pinging
if grep -q ' 0% packet loss' "$work/ping"; then ok 'no packet was lost in two rekeys'
else not_ok 'no packet was lost in two rekeys' "$work/ping" "$work/left.log" "$work/right.log"; fi
check 'the peer goes' ours right down net
if ping_left 1 >"$work/out" 2>&1; then not_ok 'and no ping gets through'; else ok 'and no ping gets through'; fi
if left ip route show table 4500 2>/dev/null | grep -q 10.2; then left ip route show table 4500 >"$work/out"; not_ok 'nor is a route left' "$work/out"
else ok 'nor is a route left'; fi
check 'the peer comes again' ours right up net
check 'ping again' ping_left 2
end_captures
check 'no clear text left the server' no_clear_text "$work/left.pcap"
check 'stop' ours left stop
check 'stop of the peer' ours right stop
finish

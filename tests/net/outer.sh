#!/bin/bash
# outer.sh -- what ESP in user space has around it: DSCP and ECN of the packets, protocol 50 where ESP in UDP is not wanted, fragments inside and
# outside; two ipsec-run over TUN.
cd "$(dirname "$0")/../.." || exit 2
. tests/net/lib.bash
what='the outer header of ESP in user space'
tun_lab "$what" tcpdump iptables

both_start() {	# LINE...: of the conn
	configuration "$work/both.conf" "$@"
	compile left "$work/both.conf" && compile right "$work/both.conf" && ours_start left --dataplane=tun && ours_start right --dataplane=tun && ours left up net
}
both_stop() { ours left stop && ours right stop; }
congested() {
	perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new($ARGV[0]) or die; print $s "{\"command\":\"stats\"}\n"; print scalar <$s>' "$work/right.sock" |
		tee "$work/stats" | jq '[.. | .congested? // empty][0]'
}
seen() { tcpdump -v -n -r "$1" "$2" 2>/dev/null | grep -c "$3"; }	# FILE FILTER PATTERN

check 'a tunnel with ESP in UDP' both_start
capture left "$work/left.pcap"
check 'ping with a DSCP' left ping -c 3 -i 0.1 -W 2 -Q 0xb8 -I 10.1.0.1 10.2.0.1
left ping -c 1 -W 1 -Q 0x02 -I 10.1.0.1 10.2.0.1 >"$work/out" 2>&1
end_captures
if [ "$(seen "$work/left.pcap" 'udp port 4500' 'tos 0xb8')" = 3 ]; then ok 'ESP has the DSCP of what it carries (I-253)'
else tcpdump -v -n -r "$work/left.pcap" >"$work/out" 2>&1; not_ok 'ESP has the DSCP of what it carries (I-253)' "$work/out"; fi
if [ "$(seen "$work/left.pcap" 'udp port 4500' 'tos 0x2,')" = 1 ]; then ok 'and its ECN (I-254)'; else not_ok 'and its ECN (I-254)'; fi

# a router marks what it would rather drop: the mark comes in with packets whose ends know it, the others are lost
left iptables -t mangle -A POSTROUTING -o out -p udp --dport 4500 -j TOS --set-tos 0x03/0x03
right iptables -t mangle -A INPUT -i 'ipsec+' -m tos --tos 0x03/0x03
before=$(congested)
check 'ping that knows marks' left ping -c 3 -i 0.1 -W 2 -Q 0x02 -I 10.1.0.1 10.2.0.1
if right iptables -t mangle -L INPUT -v -x -n | awk '/ipsec/ && $1 >= 3 { found = 1 } END { exit !found }'; then ok 'a mark of the way is brought into the packet (RFC 6040)'
else right iptables -t mangle -L INPUT -v -x -n >"$work/out"; not_ok 'a mark of the way is brought into the packet (RFC 6040)' "$work/out"; fi
if left ping -c 2 -i 0.1 -W 1 -I 10.1.0.1 10.2.0.1 >"$work/out" 2>&1; then not_ok 'a packet that cannot be marked is lost' "$work/out"; else ok 'a packet that cannot be marked is lost'; fi
if [ $(($(congested) - before)) = 2 ]; then ok 'and counted'; else not_ok 'and counted' "$work/stats"; fi
left iptables -t mangle -F

# I-255, I-256: fragments before ESP, and ESP that is cut on the way
check 'packets larger than the device takes' left ping -c 2 -i 0.1 -W 2 -s 4000 -I 10.1.0.1 10.2.0.1
left ping -c 1 -W 1 -M do -s 1440 -I 10.1.0.1 10.2.0.1 >"$work/out" 2>&1
if grep -qi 'mtu *= *1438' "$work/out"; then ok 'one that may not be cut is answered with the MTU (I-255)'; else not_ok 'one that may not be cut is answered with the MTU (I-255)' "$work/out"; fi
for side in left right; do ip -n "$lab-$side" route replace 192.0.2.0/24 dev out mtu 1000; done
capture left "$work/left.pcap"
check 'the way takes less than the device believes' left ping -c 2 -i 0.1 -W 2 -s 1400 -I 10.1.0.1 10.2.0.1
end_captures
if [ "$(seen "$work/left.pcap" 'ip[6:2] & 0x1fff != 0' .)" -ge 2 ]; then ok 'then ESP goes in fragments'; else not_ok 'then ESP goes in fragments'; fi
for side in left right; do ip -n "$lab-$side" route replace 192.0.2.0/24 dev out; done
check 'stop' both_stop

check 'a tunnel with encapsulation=no' both_start encapsulation=no
capture left "$work/left.pcap"
capture right "$work/right.pcap"
check 'ping through it' ping_left 3
check 'ping back' ping_right 3
check 'a large packet' left ping -c 2 -i 0.1 -W 2 -s 4000 -I 10.1.0.1 10.2.0.1
end_captures
check 'no clear text' no_clear_text "$work/left.pcap" "$work/right.pcap"
if [ "$(tcpdump -n -r "$work/left.pcap" 'ip proto 50' 2>/dev/null | wc -l)" -ge 6 ] && [ "$(tcpdump -n -r "$work/left.pcap" 'udp port 4500' 2>/dev/null | grep -c ESP)" = 0 ]; then
	ok 'ESP is protocol 50'
else tcpdump -n -r "$work/left.pcap" >"$work/out" 2>&1; not_ok 'ESP is protocol 50' "$work/out"; fi
check 'rekey' ours left rekey net
check 'ping after it' ping_left 2
check 'stop' both_stop

six() { sed -e 's/192.0.2.1$/2001:db8::1/; s/192.0.2.2$/2001:db8::2/' -i "$work/both.conf"; }
configuration "$work/both.conf" encapsulation=no
six
check 'IPv4 in IPv6 as protocol 50 compiles' compile left "$work/both.conf"
check 'for the other end, too' compile right "$work/both.conf"
check 'it starts' ours_start left --dataplane=tun
check 'at the other end, too' ours_start right --dataplane=tun
check 'up' ours left up net
capture left "$work/left.pcap"
check 'ping with a DSCP' left ping -c 3 -i 0.1 -W 2 -Q 0xb8 -I 10.1.0.1 10.2.0.1
end_captures
if [ "$(tcpdump -v -n -r "$work/left.pcap" 'ip6 proto 50' 2>/dev/null | grep -c 'class 0xb8')" = 3 ]; then ok 'protocol 50 over IPv6, with the DSCP'
else tcpdump -v -n -r "$work/left.pcap" >"$work/out" 2>&1; not_ok 'protocol 50 over IPv6, with the DSCP' "$work/out"; fi
check 'stop' both_stop
finish

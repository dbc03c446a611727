#!/bin/bash
# tun.sh -- two ipsec-run against each other, ESP in user space: a tunnel comes up, carries, hides, is rekeyed under traffic, goes.
cd "$(dirname "$0")/../.." || exit 2
. tests/net/lib.bash
tun_lab 'two ipsec-run over TUN' tcpdump

configuration "$work/both.conf"
check 'the configuration compiles for the left end' compile left "$work/both.conf"
check 'and for the right end' compile right "$work/both.conf"
check 'the left daemon starts' ours_start left --dataplane=tun
check 'the right daemon starts' ours_start right --dataplane=tun
if ours_start left --dataplane=tun >"$work/out" 2>&1; then not_ok 'a second daemon is refused'
elif grep -q 'UDP port 500' "$work/out"; then ok 'a second daemon is refused, and the port is named'
else not_ok 'a second daemon is refused, and the port is named' "$work/out"; fi

capture left "$work/left.pcap"
capture right "$work/right.pcap"
if ping_left 1 >"$work/out" 2>&1; then not_ok 'no tunnel, no ping' "$work/out"; else ok 'no tunnel, no ping'; fi
ours left watch --json >"$work/events" 2>"$work/watch.err" & watching=$!
ours left watch >"$work/lines" 2>/dev/null &
sleep 0.3
check 'up returns when the child stands (R-001)' ours left up net
check 'ping through the tunnel from the left' ping_left 3
check 'ping through the tunnel from the right' ping_right 3
end_captures
check 'no clear text left either side' no_clear_text "$work/left.pcap" "$work/right.pcap"
if [ "$(tcpdump -r "$work/left.pcap" -n 'udp port 4500' 2>/dev/null | grep -c ESP)" -ge 6 ]; then ok 'ESP in UDP on the wire'
else not_ok 'ESP in UDP on the wire' "$work/left.log"; fi

if [ "$(child_field left state)" = installed ] && [ "$(child_field left bytes_in)" -gt 0 ]; then ok 'status counts what came in'
else ours left status --json >"$work/out"; not_ok 'status counts what came in' "$work/out"; fi
check 'status is one screen' ours right status

before=$(child_field left spi_in)
ping_left 40 >"$work/ping" 2>&1 & pinging=$!
sleep 1
check 'rekey from the left under traffic' ours left rekey net
sleep 1
check 'rekey from the right under traffic' ours right rekey net
wait $pinging
check 'the SPI has changed' test "$(child_field left spi_in)" != "$before"
if grep -q ' 0% packet loss' "$work/ping"; then ok 'no packet was lost in two rekeys'
else not_ok 'no packet was lost in two rekeys' "$work/ping" "$work/left.log" "$work/right.log"; fi

check 'down takes it away' ours left down net
if ping_left 1 >"$work/out" 2>&1; then not_ok 'and no ping gets through'; else ok 'and no ping gets through'; fi
check 'up from the other end' ours right up net
check 'ping again' ping_left 2
ours left up nosuch >"$work/out" 2>&1
if [ $? = 1 ] && grep -q "the plan has no conn 'nosuch'" "$work/out"; then ok 'up of an unknown conn says so'
else not_ok 'up of an unknown conn says so' "$work/out"; fi

# auto=ondemand: a packet brings the tunnel up; without an answer from the peer nothing ever leaves in clear (I-351)
check 'stop' ours left stop
wait $watching
events=$(jq -r '.conn + " " + .event' "$work/events" | uniq | tr '\n' ';')
if [ "$events" = 'net up;net rekeyed;net down;net up;net down;' ]; then ok 'watch has told each change of the conn (I-381)'
else echo "$events" >>"$work/events"; not_ok 'watch has told each change of the conn (I-381)' "$work/events"; fi
if grep -qE '^[0-9:]{8} net rekeyed$' "$work/lines"; then ok 'and in lines for people'; else not_ok 'and in lines for people' "$work/lines"; fi
check 'and that the daemon has ended' grep -q 'the daemon has ended' "$work/watch.err"
check 'stop of the other end' ours right stop
configuration "$work/ondemand.conf" auto=ondemand
sed -i '/auto=add/d' "$work/ondemand.conf"
check 'a conn with auto=ondemand compiles' compile left "$work/ondemand.conf"
check 'the left daemon starts with it' ours_start left --dataplane=tun
capture left "$work/left.pcap"
if ping_left 2 >"$work/out" 2>&1; then not_ok 'no peer, no ping'; else ok 'no peer, no ping'; fi
check 'the right daemon comes later' ours_start right --dataplane=tun
ping_left 40 >"$work/ping" 2>&1
if grep -q ' bytes from 10.2.0.1' "$work/ping"; then ok 'packets bring the tunnel up'
else not_ok 'packets bring the tunnel up' "$work/ping" "$work/left.log"; fi
end_captures
check 'no clear text left while there was no tunnel' no_clear_text "$work/left.pcap"

check 'stop' ours left stop
check 'stop of the other end' ours right stop

# IPv6 in IPv6, both started from the ipsec.conf itself
{
	printf 'config setup\n    ikev1-policy=accept\n\nconn six\n'
	printf '    %s\n' left=2001:db8::1 leftid=@left.example leftsubnet=fd01::/64 right=2001:db8::2 rightid=@right.example \
		rightsubnet=fd02::/64 authby=secret ikev2=insist ike=aes256-sha2_512-dh31 esp=chacha20_poly1305 auto=add
} >"$work/six.conf"
conf_start() {
	"$1" "$ipsec_run" -dddL -l "$work/$1.log" --secrets="$work/ipsec.secrets" --control="$work/$1.sock" \
		--dataplane=tun "$work/six.conf"
}
check 'IPv6: the left daemon starts from ipsec.conf' conf_start left
check 'IPv6: the right daemon starts from ipsec.conf' conf_start right
check 'IPv6: up' ours left up six
if grep -q 'runtime/ike/[a-z]*\.c:[0-9]*:[a-z_]*: .*connecting' "$work/left.log" &&
	grep -qE '0000  [0-9a-f]{64}' "$work/left.log"; then
	ok '-dddL shows places of the program and bytes of messages'
else not_ok '-dddL shows places of the program and bytes of messages' "$work/left.log"; fi
if grep -q 'a lab secret' "$work"/*.log; then not_ok 'no secret in any log'; else ok 'no secret in any log'; fi
check 'IPv6: ping' left ping -c 3 -i 0.2 -W 2 -I fd01::1 fd02::1
check 'IPv6: a packet of more than the MTU' left ping -c 2 -i 0.2 -W 2 -s 3000 -I fd01::1 fd02::1

check 'stop' ours left stop
check 'stop of the other end' ours right stop
if [ -z "$(left ip rule | grep 4500)$(left ip -br link | grep ipsec)" ]; then ok 'no rule and no device is left'
else left ip rule >"$work/out"; not_ok 'no rule and no device is left' "$work/out"; fi
ours left status >/dev/null 2>&1
if [ $? = 2 ]; then ok 'status without a daemon is 2'; else not_ok 'status without a daemon is 2'; fi
finish

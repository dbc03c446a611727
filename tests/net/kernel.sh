#!/bin/bash
# kernel.sh -- ipsec-run with the kernel's IPsec against charon and pluto. Where this kernel has no ESP, in a guest that has.
cd "$(dirname "$0")/../.." || exit 2
what='ipsec-run with the kernel'\''s IPsec'

. tests/net/guest.bash
in_guest ESP has_esp fetch_peers
. tests/net/lib.bash
need_net "$what"
need_tools "$what"
command -v tcpdump >/dev/null || skip_all "$what" 'no tcpdump'
lab_up || skip_all "$what" 'no veth devices'
configuration "$work/both.conf"
check 'the configuration compiles' compile left "$work/both.conf"
PINGS=40

charon_start --netlink >"$work/charon.log" 2>&1
case $? in
0)
	ok 'charon starts'
	check 'ipsec-run starts' ours_start left --dataplane=auto
	if [ "$(ours left status --json | jq -r .dataplane)" = xfrm ]; then ok 'auto takes the kernel where it has ESP'
	else not_ok 'auto takes the kernel where it has ESP' "$work/left.log"; fi
	peer_up() { charon initiate net; }
	peer_down() { charon terminate gw; }
	peer_rekey() { charon swanctl --rekey --child net; }
	peer_has_child() { charon status | grep -q '^child .*state=INSTALLED'; }
	both_roles charon
	check 'stop' ours left stop
	charon stop >/dev/null 2>&1 ;;
77) skip 'charon with the kernel' "$(tail -n 1 "$work/charon.log")" ;;
*) not_ok 'charon starts' "$work/charon.log" ;;
esac
if [ -z "$(left ip xfrm state)$(left ip xfrm policy | grep -v socket)$(left ip route show table 4500 2>/dev/null)" ]; then
	ok 'nothing of ours is left in the kernel'
else
	{ left ip xfrm state; left ip xfrm policy; } >"$work/out" 2>&1
	not_ok 'nothing of ours is left in the kernel' "$work/out"
fi

pluto_start >"$work/pluto.log" 2>&1
case $? in
0)
	ok 'pluto starts from the same file'
	check 'ipsec-run starts' ours_start left --dataplane=xfrm
	peer_up() { pluto initiate net; }
	peer_down() { pluto terminate net; }
	peer_rekey() { pluto whack --rekey-ipsec --name net; }
	peer_has_child() { pluto status | grep -q '^child .*state=INSTALLED'; }
	both_roles pluto
	check 'stop' ours left stop

	# a server for %any: the kernel's policies are what was negotiated
	roadwarrior_server "$work/server.conf"
	check 'a server for %any compiles' compile left "$work/server.conf"
	check 'ipsec-run starts' ours_start left --dataplane=xfrm
	check 'pluto calls it' peer_up
	check 'ping from the server' ping_left 3
	check 'ping from pluto' ping_right 3
	left ip xfrm policy list nosock >"$work/out"
	if [ "$(grep -c '^src' "$work/out")" = 3 ] && grep -q 'src 10.1.0.0/24 dst 10.2.0.0/24' "$work/out" &&
		[ "$(grep -c "reqid $(left ip xfrm state | sed -n 's/.*reqid \([0-9]*\) .*/\1/p' | head -n 1) mode tunnel" "$work/out")" = 3 ]; then
		ok 'three policies, for what was negotiated, with the reqid of its SAs'
	else { left ip xfrm state; cat "$work/left.log"; } >>"$work/out"; not_ok 'three policies, for what was negotiated, with the reqid of its SAs' "$work/out"; fi
	check 'rekey by pluto' peer_rekey
	check 'ping after it' ping_left 3
	check 'pluto goes' peer_down
	sleep 0.5
	if [ -z "$(left ip xfrm policy list nosock)" ]; then ok 'and the policies with it'
	else left ip xfrm policy list nosock >"$work/out"; not_ok 'and the policies with it' "$work/out"; fi
	check 'stop' ours left stop

	# auto=ondemand: the kernel's acquire starts it (R-002), and nothing leaves in clear before
	configuration "$work/ondemand.conf" auto=ondemand
	sed -i '/auto=add/d' "$work/ondemand.conf"
	check 'a conn with auto=ondemand compiles' compile left "$work/ondemand.conf"
	check 'ipsec-run starts' ours_start left --dataplane=xfrm
	capture left "$work/left.pcap"
	ping_left 20 >"$work/ping" 2>&1
	end_captures
	if grep -q ' bytes from 10.2.0.1' "$work/ping"; then ok 'a packet brings the tunnel up'
	else not_ok 'a packet brings the tunnel up' "$work/ping" "$work/left.log"; fi
	check 'and no clear text left before it' no_clear_text "$work/left.pcap"

	# R-002: events that overflow the socket are made up for. 600 acquires of policies that are not ours, and ours last.
	check 'down' ours left down net
	left ip route add 10.90.0.0/16 via 192.0.2.2 src 10.1.0.1
	others() {	# add|delete, and whether with templates: 600 policies of nobody here
		for i in $(seq 600); do
			echo "xfrm policy $1 src 10.1.0.0/24 dst 10.90.$((i / 250)).$((i % 250 + 1))/32 dir out ${2:+tmpl src 192.0.2.1 dst 198.18.$((i / 250)).$((i % 250 + 1)) proto esp reqid $((70000 + i)) mode tunnel}"
		done | left ip -batch -
	}
	others add tmpl
	kill -STOP "$(cat "$work/left.pid")"
	left bash -c 'for i in $(seq 600); do echo x >/dev/udp/10.90.$((i / 250)).$((i % 250 + 1))/9; done' 2>/dev/null
	ping_left 1 >/dev/null 2>&1
	kill -CONT "$(cat "$work/left.pid")"
	ping_left 20 >"$work/ping" 2>&1
	if grep -q 'events of the kernel were lost' "$work/left.log" && grep -q ' bytes from 10.2.0.1' "$work/ping"; then ok 'an acquire that was lost brings the tunnel up'
	else { left ip xfrm state count; left ip xfrm policy count; } >"$work/out"; not_ok 'an acquire that was lost brings the tunnel up' "$work/out" "$work/ping" "$work/left.log"; fi
	others delete ''

	# a daemon that was killed leaves SAs and policies; the next one takes only those away
	left ip xfrm policy add src 10.77.0.0/24 dst 10.78.0.0/24 dir out \
		tmpl src 192.0.2.1 dst 192.0.2.9 proto esp reqid 7 mode tunnel
	kill -KILL "$(cat "$work/left.pid")"
	sleep 0.3
	check 'ipsec-run starts after it was killed' ours_start left --dataplane=xfrm
	if grep -q 'that an earlier daemon left' "$work/left.log"; then ok 'and says what it removed'
	else not_ok 'and says what it removed' "$work/left.log"; fi
	check 'stop' ours left stop
	left ip xfrm policy >"$work/out"
	if [ "$(grep -c '^src' "$work/out")" = 1 ] && grep -q 10.77.0.0 "$work/out"; then ok 'a policy of another program stays'
	else not_ok 'a policy of another program stays' "$work/out"; fi ;;
77) skip 'pluto with the kernel' "$(tail -n 1 "$work/pluto.log")" ;;
*) not_ok 'pluto starts from the same file' "$work/pluto.log" ;;
esac
finish

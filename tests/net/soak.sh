#!/bin/bash
# soak.sh -- two ipsec-run over TUN on a cable that loses packets, rekeyed every few seconds by either end and by both at once, with traffic: no
# SA is stuck, memory stays flat, no descriptor is lost, and in the end both ends have counted the same.
#
#   SOAK_SECONDS=20   how long (1800 for the long form)        SOAK_LOSS=3   percent of the datagrams that each end loses
cd "$(dirname "$0")/../.." || exit 2
. tests/net/lib.bash
what='rekeying for a while on a bad line'
seconds=${SOAK_SECONDS:-20} loss=${SOAK_LOSS:-3}
tun_lab "$what" iptables

lose() {	# A|D: outer datagrams of both kinds, at the receiver
	local side
	for side in left right; do
		ip netns exec "$lab-$side" iptables -w -"$1" INPUT -i out -p udp -m statistic --mode random --probability "0.0$loss" -j DROP || return 1
	done
}
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$(cat "$work/$1.pid")/status"; }
descriptors() { find "/proc/$(cat "$work/$1.pid")/fd" -type l | wc -l; }
installed() { ours "$1" status --json | jq "[.ike[] | select(.state == \"established\")] | length as \$n | [.[].children[] | select(.state == \"installed\")] | \"\\(\$n) \\(length)\"" -r; }

configuration "$work/both.conf" salifetime=1h rekeymargin=9m
check 'the configuration compiles for the left end' compile left "$work/both.conf"
check 'and for the right end' compile right "$work/both.conf"
quiet_start() {
	"$1" "$ipsec_run" -l "$work/$1.log" --secrets="$work/ipsec.secrets" --control="$work/$1.sock" --pidfile="$work/$1.pid" --dataplane=tun "$work/$1.json"
}
check 'the left daemon starts' quiet_start left
check 'the right daemon starts' quiet_start right
lose A >"$work/out" 2>&1 || skip_all "$what" "iptables cannot lose packets: $(tail -n 1 "$work/out")"
check 'up' ours left up net
ip netns exec "$lab-left" ping -q -i 0.02 -I 10.1.0.1 10.2.0.1 >"$work/ping" 2>&1 & pinging=$!
pids+=($pinging)

rekeys=0 failures=0
rekey() {	# SIDE rekey|rekey-ike
	rekeys=$((rekeys + 1))
	timeout 60 "$ipsec_run" --control="$work/$1.sock" "$2" net >>"$work/rekeys" 2>&1 || failures=$((failures + 1))
}
both_at_once() {	# what RFC 7296 section 2.25 is about: one of them may be told that the other came first
	rekeys=$((rekeys + 2))
	timeout 60 "$ipsec_run" --control="$work/left.sock" "$1" net >>"$work/rekeys" 2>&1 & local one=$!
	timeout 60 "$ipsec_run" --control="$work/right.sock" "$1" net >>"$work/rekeys" 2>&1
	wait $one
}
begin=$SECONDS warm=''
while [ $((SECONDS - begin)) -lt "$seconds" ]; do
	rekey left rekey
	rekey right rekey
	both_at_once rekey
	rekey left rekey-ike
	rekey right rekey-ike
	both_at_once rekey-ike
	# what the first quarter took is warmth
	if [ -z "$warm" ] && [ $((SECONDS - begin)) -ge $((seconds / 4)) ]; then
		warm="$(resident left) $(resident right) $(descriptors left) $(descriptors right)"
	fi
	sleep 1
done
now="$(resident left) $(resident right) $(descriptors left) $(descriptors right)"
echo "# $rekeys rekeys in $((SECONDS - begin)) s, $failures of those one at a time failed; RSS in kB and descriptors: $warm, then $now"
if [ $failures = 0 ]; then ok 'every rekey succeeds, whatever is lost'; else not_ok 'every rekey succeeds, whatever is lost' "$work/rekeys"; fi
if awk '{ exit !($5 <= $1 * 1.02 + 256 && $6 <= $2 * 1.02 + 256) }' <<<"$warm $now"; then ok 'memory stays flat'
else not_ok "memory stays flat: $warm, then $now"; fi
if awk '{ exit !($7 == $3 && $8 == $4) }' <<<"$warm $now"; then ok 'descriptors are closed'
else not_ok "descriptors are closed: $warm, then $now"; fi

check 'the line is mended' lose D
kill -INT $pinging; wait $pinging
pids=()
received=$(sed -nE 's/.* ([0-9.]+)% packet loss.*/\1/p' "$work/ping")
if awk -v lost="$received" -v loss="$loss" 'BEGIN { exit !(lost != "" && lost <= 2 * loss + 3) }'; then ok 'traffic loses what the line loses'
else not_ok 'traffic loses what the line loses' "$work/ping"; fi
for _ in $(seq 60); do
	[ "$(installed left) $(installed right)" != '1 1 1 1' ] || break
	sleep 0.5
done
if [ "$(installed left) $(installed right)" = '1 1 1 1' ]; then ok 'one IKE SA and one child are left at each end'
else
	{ ours left status; ours right status; } >"$work/out" 2>&1
	not_ok 'one IKE SA and one child are left at each end' "$work/out"
fi
check 'a rekey on the mended line' ours left rekey net
sleep 0.5
check 'ping' left ping -q -c 100 -i 0.01 -I 10.1.0.1 10.2.0.1
if [ "$(child_field left spi_in) $(child_field left spi_out)" = "$(child_field right spi_out) $(child_field right spi_in)" ]; then ok 'both ends use the same SAs'
else not_ok 'both ends use the same SAs'; fi
counted="$(child_field left packets_out) $(child_field left bytes_out) $(child_field left packets_in) $(child_field left bytes_in)"
theirs="$(child_field right packets_in) $(child_field right bytes_in) $(child_field right packets_out) $(child_field right bytes_out)"
if [ "$counted" = "$theirs" ] && [ "${counted%% *}" -ge 100 ]; then ok 'counters agree on both ends'
else not_ok "counters agree on both ends: $counted, and $theirs"; fi
check 'stop' ours left stop
check 'stop of the other end' ours right stop
finish

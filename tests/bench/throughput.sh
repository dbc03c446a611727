#!/bin/bash
# throughput.sh -- TCP through one tunnel between two namespaces of this machine, ESP in user space at both ends: two ipsec-run over TUN, then two
# charon with kernel-libipsec. Same cable, same cipher, same program that sends (iperf3 of Debian); the ratio counts, not the numbers.
#
#   BENCH_SECONDS=5   how long each is measured
cd "$(dirname "$0")/../.." || exit 2
. tests/net/lib.bash
. tests/bench/tools.bash
seconds=${BENCH_SECONDS:-5}
need_root_and_tun
iperf3=$(debian_program iperf3 usr/bin/iperf3 iperf3 libiperf0 libsctp1) || { echo 'SKIP throughput: apt-get cannot fetch iperf3 here'; exit 0; }
lab_up || { echo 'SKIP throughput: no veth devices'; exit 0; }

# Megabits per second from left to right, and what both ends took of a processor for it, in percent.
measure() {	# PID-LEFT PID-RIGHT: sets mbits, busy
	local before after
	ip netns exec "$lab-right" $iperf3 -s -1 -B 10.2.0.1 >/dev/null 2>&1 & local server=$!
	sleep 0.5
	before=$(($(ticks "$1") + $(ticks "$2")))
	mbits=$(left $iperf3 -c 10.2.0.1 -B 10.1.0.1 -t "$seconds" -J 2>/dev/null | jq '.end.sum_received.bits_per_second / 1e6 | floor')
	after=$(($(ticks "$1") + $(ticks "$2")))
	kill $server 2>/dev/null; wait $server 2>/dev/null
	busy=$(((after - before) * 100 / (seconds * $(getconf CLK_TCK))))
}

configuration "$work/both.conf"
compile left "$work/both.conf" && compile right "$work/both.conf" && ours_start left --dataplane=tun && ours_start right --dataplane=tun &&
	ours left up net >/dev/null || { echo 'throughput: no tunnel of ours'; exit 1; }
measure "$(cat "$work/left.pid")" "$(cat "$work/right.pid")"
printf '%-40s%8d Mbit/s%6d %% of a processor, both ends\n' 'ipsec-run over TUN' "$mbits" "$busy"
ours_mbits=$mbits ours_busy=$busy
ours left stop; ours right stop

[ -x "${IPSECC_TOOLS:-}/peer-charon" ] || { echo 'SKIP charon: IPSECC_TOOLS is not set'; exit 0; }
{ charon_conn 192.0.2.1 left 10.1.0.0/24 192.0.2.2 right 10.2.0.0/24; charon_secret; } >"$work/left.swanctl"
{ charon_conn 192.0.2.2 right 10.2.0.0/24 192.0.2.1 left 10.1.0.0/24; charon_secret; } >"$work/right.swanctl"
for side in left right; do
	"$IPSECC_TOOLS/peer-charon" start "$lab-$side" -c "$work/$side.swanctl" --libipsec >"$work/charon.log" 2>&1 || {
		echo "SKIP charon: $(tail -n 1 "$work/charon.log")"; exit 0; }
done
"$IPSECC_TOOLS/peer-charon" initiate "$lab-left" net >/dev/null
pid_of() { "$IPSECC_TOOLS/peer-charon" status "$lab-$1" | sed -n 's/.* pid=\([0-9]*\) .*/\1/p'; }
measure "$(pid_of left)" "$(pid_of right)"
printf '%-40s%8d Mbit/s%6d %% of a processor, both ends\n' 'charon with kernel-libipsec' "$mbits" "$busy"
awk -v o="$ours_mbits" -v t="$mbits" -v ob="$ours_busy" -v tb="$busy" 'BEGIN {
	if (t && ob && tb) printf "ipsec-run carries %.1f times what charon carries; %.1f times for each second of processor\n", o / t, (o / ob) / (t / tb) }'

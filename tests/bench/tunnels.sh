#!/bin/bash
# tunnels.sh -- what a responder spends on each handshake (IKE_SA_INIT, IKE_AUTH with a PSK, the child installed) and on rekeying each child with
# its own key exchange; ipsec-run and charon in turn, asked by the same initiator. Both have ESP in user space. Processor time of the responder is
# what counts, so the initiator, on the same machine, does not.
#
#   BENCH_TUNNELS=1000   how many        BENCH_AT_ONCE=8   handshakes under way at one time
cd "$(dirname "$0")/../.." || exit 2
. tests/net/lib.bash
. tests/bench/tools.bash
tunnels=${BENCH_TUNNELS:-1000} at_once=${BENCH_AT_ONCE:-8}
need_root_and_tun
lab_up || { echo 'SKIP tunnels: no veth devices'; exit 0; }

each() {	# COMMAND: for every conn, so many at once
	seq -f 'net%.0f' 0 $((tunnels - 1)) | timeout 300 xargs -P "$at_once" -I @ "$ipsec_run" --control="$work/left.sock" "$1" @ >"$work/each" 2>&1 ||
		echo "# $(grep -c . "$work/each") complaints, such as: $(head -n 1 "$work/each")"
}
spent() {	# PID NAME COMMAND: milliseconds of processor for each, in $ms
	local before
	before=$(ticks "$1")
	each "$3"
	ms=$(awk -v t=$(($(ticks "$1") - before)) -v hz="$(getconf CLK_TCK)" -v n="$tunnels" 'BEGIN { printf "%.3f", (t ? t : 1) * 1000 / hz / n }')
	awk -v ms="$ms" -v name="$2" 'BEGIN { printf "%-40s%8.3f ms each%9.0f for each second and core\n", name, ms, 1000 / ms }'
}
measure() {	# NAME PID: sets up_ms, rekey_ms
	local before
	before=$(resident "$2")
	spent "$2" "$1: handshakes" up; up_ms=$ms
	echo "    $((($(resident "$2") - before) * 1024 / tunnels)) bytes of memory for each tunnel"
	spent "$2" "$1: children rekeyed" rekey; rekey_ms=$ms
}

many_conns "$tunnels" >"$work/many.conf"
many_secret
compile left "$work/many.conf" && compile right "$work/many.conf" || { echo 'tunnels: does not compile'; exit 1; }
start_quiet left && start_quiet right || { tail -n 3 "$work/start.log"; exit 1; }
echo "$tunnels tunnels"
measure 'ipsec-run' "$(cat "$work/right.pid")"
ours_up=$up_ms ours_rekey=$rekey_ms
established=$(ours right status --json | jq '[.ike[].children[] | select(.state == "installed")] | length')
[ "$established" -ge "$tunnels" ] || echo "# only $established stand"
ours left stop; ours right stop

[ -x "${IPSECC_TOOLS:-}/peer-charon" ] || { echo 'SKIP charon: IPSECC_TOOLS is not set'; exit 0; }
# One connection for all of them, and no log: as good as charon can be.
{
	charon_conn 192.0.2.2 right 10.2.0.0/24 %any any 10.0.0.0/8 |
		sed -e 's/id = any.example/id = %any/' -e 's/aes128-sha256-ecp256/aes256gcm16-prfsha256-curve25519/' -e 's/aes128gcm16/aes256gcm16-curve25519,aes256gcm16/'
	charon_secret
} >"$work/swanctl.conf"
quiet_charon >"$work/strongswan.conf"
charon start -c "$work/swanctl.conf" -s "$work/strongswan.conf" -l curve25519 --libipsec >"$work/charon.log" 2>&1 || {
	echo "SKIP charon: $(tail -n 1 "$work/charon.log")"; exit 0; }
start_quiet left || { tail -n 3 "$work/start.log"; exit 1; }
measure 'charon' "$(charon status | sed -n 's/.* pid=\([0-9]*\) .*/\1/p')"
ours left stop
awk -v o="$ours_up" -v t="$up_ms" -v or="$ours_rekey" -v tr="$rekey_ms" 'BEGIN {
	printf "charon takes %.1f times what ipsec-run takes for a handshake, %.1f times for a rekey\n", t / o, tr / or }'

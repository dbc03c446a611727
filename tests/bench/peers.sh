#!/bin/bash
# peers.sh -- a daemon with many peers before any of them has called: until it is ready, and how much memory it has then; charon, given the same
# connections, beside it.
#
#   BENCH_PEERS=10000   how many
cd "$(dirname "$0")/../.." || exit 2
. tests/net/lib.bash
. tests/bench/tools.bash
peers=${BENCH_PEERS:-10000}
need_root_and_tun
lab_up || { echo 'SKIP peers: no veth devices'; exit 0; }

now() { date +%s%3N; }
report() { printf '%-40s%8d ms until ready%9d kB, %d bytes for each peer\n' "$1" "$2" "$3" $(($3 * 1024 / peers)); }

many_conns "$peers" >"$work/many.conf"
many_secret
compile right "$work/many.conf" || { echo 'peers: does not compile'; exit 1; }
begin=$(now)
start_quiet right || { tail -n 3 "$work/start.log"; exit 1; }
report "ipsec-run, $peers peers" $(($(now) - begin)) "$(resident "$(cat "$work/right.pid")")"
ours right stop

[ -x "${IPSECC_TOOLS:-}/peer-charon" ] || { echo 'SKIP charon: IPSECC_TOOLS is not set'; exit 0; }
{
	echo 'connections {'
	for ((i = 0; i < peers; i++)); do
		echo "c$i { version = 2
		local_addrs = 192.0.2.2
		remote_addrs = 192.0.2.1
		proposals = aes256gcm16-prfsha256-curve25519
		local { auth = psk
		id = right.example }
		remote { auth = psk
		id = c$i.example }
		children { net$i { local_ts = 10.2.0.0/24
		remote_ts = $(inner_of $i)
		esp_proposals = aes256gcm16 } } }"
	done
	echo '}'
	charon_secret
} >"$work/swanctl.conf"
quiet_charon >"$work/strongswan.conf"
begin=$(now)
timeout 120 "$IPSECC_TOOLS/peer-charon" start "$lab-right" -c "$work/swanctl.conf" -s "$work/strongswan.conf" -l curve25519 --libipsec >"$work/charon.log" 2>&1 || {
	echo "SKIP charon: $(tail -n 1 "$work/charon.log")"; exit 0; }
report "charon, $peers connections by swanctl" $(($(now) - begin)) "$(resident "$(charon status | sed -n 's/.* pid=\([0-9]*\) .*/\1/p')")"

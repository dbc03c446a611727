#!/bin/bash
# refusal.sh -- what a user reads when a tunnel does not come up: the reason, and the line of the configuration to look at.
cd "$(dirname "$0")/../.." || exit 2
. tests/net/lib.bash
what='two ipsec-run that do not agree'
tun_lab "$what"

says() {	# WHAT STATUS PATTERN COMMAND...: ends with that status and says that on standard error or output
	local what=$1 status=$2 pattern=$3 got
	shift 3
	"$@" >"$work/out" 2>&1
	got=$?
	if [ $got = "$status" ] && grep -q -- "$pattern" "$work/out"; then ok "$what"
	else echo "status $got, wanted $status and /$pattern/" >>"$work/out"; not_ok "$what" "$work/out"; fi
}

configuration "$work/both.conf"
configuration "$work/other.conf" esp=aes256-sha2_512
sed -i '/esp=aes_gcm128/d' "$work/other.conf"
check 'the configuration compiles for the left end' compile left "$work/both.conf"
check 'and for the right end' compile right "$work/both.conf"
sed 's/a lab secret/another secret/' "$work/ipsec.secrets" >"$work/bad.secrets"

chmod 644 "$work/bad.secrets"
says 'a secrets file that others can read is refused' 1 IC9302 ours_start right --dataplane=tun --secrets="$work/bad.secrets"
chmod 600 "$work/bad.secrets"
check 'the left daemon starts' ours_start left --dataplane=tun
check 'the right one starts with another secret' ours_start right --dataplane=tun --secrets="$work/bad.secrets"
says 'up names authentication, and the line' 1 "AUTHENTICATION_FAILED.*both.conf:4" ours left up net
says 'status tells it too, and is 1' 1 'last: .*AUTHENTICATION_FAILED' ours left status
check 'the right one stops' ours right stop

check 'another ESP proposal compiles' compile right "$work/other.conf"
check 'the right one starts with it' ours_start right --dataplane=tun
line=$(grep -n esp= "$work/both.conf" | cut -d: -f1)
says 'up names the proposals, and the line of esp=' 1 "NO_PROPOSAL_CHOSEN.*both.conf:$line" ours left up net
check 'the right one stops' ours right stop
check 'the left one stops' ours left stop

sed '/subnet/d; /sourceip/d; s/auto=add/auto=add\n    type=transport/' "$work/both.conf" >"$work/transport.conf"
check 'transport mode compiles' compile left "$work/transport.conf"
says 'and is refused by name in user space' 1 "'net' is transport mode.*IC9201" ours_start left --dataplane=tun
sed '/subnet/d; /sourceip/d' "$work/both.conf" >"$work/host.conf"
check 'host to host compiles' compile left "$work/host.conf"
says 'and is refused there, for it would swallow itself' 1 "contain the peer's own address.*IC9203" ours_start left --dataplane=tun
{ cat "$work/both.conf"; sed -n '/^conn net/,$ { s/net$/direct/; /subnet/d; /sourceip/d; s/auto=add/auto=add\n    type=transport/; p }' "$work/both.conf"; } >"$work/mixed.conf"
check 'a tunnel and a conn in transport mode compile' compile left "$work/mixed.conf"
check 'in user space the one that cannot be carried is left out (I-242)' ours_start left --dataplane=tun
check 'it is named' grep -q "'direct' is transport mode.*IC9201" "$work/left.log"
check 'and counted' grep -q '1 of 2 conns are left out' "$work/left.log"
compile right "$work/both.conf"
check 'the other end starts' ours_start right --dataplane=tun
check 'the tunnel runs without it' ours left up net
check 'and carries' ping_left 2
says 'up of the one left out' 1 "conn 'direct' was refused at the start" ours left up direct
check 'both stop' eval 'ours left stop && ours right stop'
says 'static SAs that the plan does not name' 1 'no file of static SAs' ours_start left -B
says 'an unknown option' 2 "unknown option '-Z'" "$ipsec_run" -Z
says 'a port that is none' 2 "'70000' is no port" "$ipsec_run" -p 70000 x.json
says 'IPv6 only with an IPv4 peer' 1 "conn 'net' has an IPv4 peer" ours_start left -6
check 'refusals leave nothing behind' test -z "$(left ip -br link | grep ipsec)$(left ip rule | grep 4500)"
finish

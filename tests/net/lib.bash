# shellcheck shell=bash
# lib.bash -- what the network tests share: TAP lines, two namespaces joined by a cable, captures, daemons, one configuration
# for both ends.
#
#   left  10.1.0.1 (lo)  192.0.2.1 --- 192.0.2.2  10.2.0.1 (lo)  right      (and fd01::1, 2001:db8::1 --- ::2, fd02::1)
#
# There is no route to the other side's network: without a tunnel a ping fails. Everything is made here with ip(8), so that the
# tests run on any machine with root; $IPSECC_TOOLS is needed only for other programs as peers.

set -u
BUILD=${BUILD:-build}
ipsecc=$PWD/$BUILD/ipsecc ipsec_run=$PWD/$BUILD/ipsec-run
lab=icn$$
work=$(mktemp -d)
tests=0 failed=0
pids=()
PATH=$PATH:/usr/sbin:/sbin

ok() { tests=$((tests + 1)); echo "ok $tests - $1"; }
skip() { tests=$((tests + 1)); echo "ok $tests - $1 # SKIP $2"; }
not_ok() {	# WHAT [FILE...]: with the ends of the files, as comments
	tests=$((tests + 1)) failed=$((failed + 1))
	echo "not ok $tests - $1"
	shift
	local f
	for f; do
		[ -s "$f" ] || continue
		echo "# --- ${f##*/}"
		tail -n 15 "$f" | sed 's/^/# /'
	done
}
check() {	# WHAT COMMAND...: quiet success
	local what=$1
	shift
	if "$@" >"$work/out" 2>&1; then ok "$what"; else not_ok "$what" "$work/out" "$work"/*.log; fi
}

# A daemon in the background has nobody to tell what a sanitizer found.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}log_path=$work/sanitizer
export UBSAN_OPTIONS=${UBSAN_OPTIONS:+$UBSAN_OPTIONS:}log_path=$work/sanitizer

finish() {
	local f
	for f in "$work"/sanitizer*; do
		[ ! -e "$f" ] || not_ok 'no sanitizer speaks' "$f"
	done
	echo "1..$tests"
	[ $failed = 0 ]
	exit
}

skip_all() { skip "$1" "$2"; finish; }

# tun_lab WHAT [PROGRAM...]: two namespaces with TUN, and these programs, or skip all
tun_lab() {
	local what=$1 program
	shift
	need_net "$what"
	[ -e /dev/net/tun ] || skip_all "$what" 'no /dev/net/tun'
	for program; do command -v "$program" >/dev/null || skip_all "$what" "no $program"; done
	lab_up || skip_all "$what" 'no veth devices'
}

need_net() {	# WHAT: namespaces, veth and TUN, or skip all
	[ "$(id -u)" = 0 ] || skip_all "$1" 'not root'
	command -v ip >/dev/null || skip_all "$1" 'no ip(8)'
	ip netns add "$lab-probe" 2>/dev/null || skip_all "$1" 'no network namespaces'
	ip netns del "$lab-probe"
	[ -e /dev/net/tun ] || { mkdir -p /dev/net && mknod /dev/net/tun c 10 200; } 2>/dev/null || :
}

left() { ip netns exec "$lab-left" "$@"; }
right() { ip netns exec "$lab-right" "$@"; }

lab_up() {
	local s
	for s in left right; do
		ip netns add "$lab-$s"
		ip -n "$lab-$s" link set lo up
	done
	ip link add out netns "$lab-left" type veth peer name out netns "$lab-right" || return 1
	ip -n "$lab-left" addr add 192.0.2.1/24 dev out
	ip -n "$lab-right" addr add 192.0.2.2/24 dev out
	ip -n "$lab-left" addr add 2001:db8::1/64 dev out nodad
	ip -n "$lab-right" addr add 2001:db8::2/64 dev out nodad
	ip -n "$lab-left" addr add 10.1.0.1/32 dev lo
	ip -n "$lab-right" addr add 10.2.0.1/32 dev lo
	ip -n "$lab-left" addr add fd01::1/128 dev lo nodad
	ip -n "$lab-right" addr add fd02::1/128 dev lo nodad
	for s in left right; do
		ip -n "$lab-$s" link set out up
		ip netns exec "$lab-$s" sh -c 'for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$f; done' 2>/dev/null
	done
}

clean_up() {
	local p
	for p in ${pids[@]+"${pids[@]}"}; do kill "$p" 2>/dev/null; done
	for p in left right; do ours "$p" stop; done >/dev/null 2>&1
	if [ "${IPSECC_TOOLS:-}" ]; then
		for p in left right; do
			[ ! -e "/run/netns/$lab-$p" ] || {
				"$IPSECC_TOOLS/peer-charon" stop "$lab-$p"
				"$IPSECC_TOOLS/peer-pluto" stop "$lab-$p"
			} >/dev/null 2>&1
		done
	fi
	for p in left right; do ip netns del "$lab-$p" 2>/dev/null; done
	if [ "${KEEP:-}" ]; then echo "# kept: $work"; else rm -rf "$work"; fi
}
trap clean_up EXIT

# What leaves each side: a kernel that decrypts shows each received packet again in clear (I-228), so only outgoing packets count.
capture() {	# SIDE FILE
	ip netns exec "$lab-$1" tcpdump -i out -n -U -s 0 --immediate-mode -Z root -Q out -w "$2" \
		</dev/null >/dev/null 2>"$work/tcpdump-$1" &
	pids+=($!)
	for _ in $(seq 100); do
		! grep -q '^tcpdump: listening' "$work/tcpdump-$1" 2>/dev/null || return 0
		sleep 0.05
	done
	return 1
}
end_captures() {	# the last packets may take a moment
	sleep 0.3
	kill -INT ${pids[@]+"${pids[@]}"} 2>/dev/null
	wait ${pids[@]+"${pids[@]}"} 2>/dev/null
	pids=()
}

# The one configuration that both ends use; extra lines of the conn as arguments.
configuration() {	# FILE [LINE...]
	local file=$1
	shift
	{
		echo 'config setup'
		echo '    ikev1-policy=accept'
		echo
		echo 'conn net'
		printf '    %s\n' left=192.0.2.1 leftid=@left.example leftsubnet=10.1.0.0/24 leftsourceip=10.1.0.1 \
			right=192.0.2.2 rightid=@right.example rightsubnet=10.2.0.0/24 rightsourceip=10.2.0.1 \
			authby=secret ikev2=insist ike=aes128-sha2_256-dh19 esp=aes_gcm128-null auto=add "$@"
	} >"$file"
	printf '%s\n' '@left.example @right.example : PSK "a lab secret, not a real one"' >"$work/ipsec.secrets"
	chmod 600 "$work/ipsec.secrets"
}

# The left end as a server that knows nothing of the right one but its identity, and allows it more than it will ask for.
roadwarrior_server() {	# FILE
	configuration "$1" narrowing=yes
	sed -i 's/right=192.*/right=%any/; s/rightsubnet=.*/rightsubnet=10.2.0.0\/16/; /rightsourceip/d' "$1"
}

compile() {	# SIDE [OPTION...] CONF: $work/SIDE.json
	"$1" "$ipsecc" facts >"$work/$1-facts.json" &&
		"$ipsecc" compile --target=json --host-facts="$work/$1-facts.json" -o "$work/$1.json" "${@:2}"
}

ours_start() {	# SIDE [OPTION...]: returns when it is ready
	local side=$1
	shift
	"$side" "$ipsec_run" -dd -l "$work/$side.log" --secrets="$work/ipsec.secrets" --control="$work/$side.sock" \
		--pidfile="$work/$side.pid" "$@" "$work/$side.json"
}
ours() { "$ipsec_run" --control="$work/$1.sock" "${@:2}"; }	# SIDE COMMAND...

# ping with a pattern that can be found in a capture
ping_left() { left ping -c "${1:-3}" -i 0.2 -W 2 -p 636c656172746578740a -I 10.1.0.1 10.2.0.1; }
ping_right() { right ping -c "${1:-3}" -i 0.2 -W 2 -p 636c656172746578740a -I 10.2.0.1 10.1.0.1; }

no_clear_text() {	# FILE...
	local f
	for f; do
		[ -s "$f" ] || { echo "no capture in $f"; return 1; }
		! grep -qa 'cleartext' "$f" || { echo "the ping's pattern is in $f"; return 1; }
	done
}

# Of the child that carries now: after a rekey the old one stays for a moment, for packets on their way.
child_field() { ours "$1" status --json | jq -r "[.ike[].children[] | select(.state == \"installed\")][0].$2"; }	# SIDE NAME

# --- other programs as peers ------------------------------------------------------------------------------------------------------

need_tools() {	# WHAT
	[ -x "${IPSECC_TOOLS:-}/peer-charon" ] || skip_all "$1" 'IPSECC_TOOLS is not set'
}

started() {	# WHAT STATUS LOG: of a peer's start, which tells by 77 that it cannot run here
	case $2 in
	0) ok "$1" ;;
	77) skip_all "$what" "$(tail -n 1 "$3")" ;;
	*) not_ok "$1" "$3"; finish ;;
	esac
}

charon() { "$IPSECC_TOOLS/peer-charon" "$1" "$lab-right" "${@:2}"; }	# COMMAND ARGUMENT...
pluto() { "$IPSECC_TOOLS/peer-pluto" "$1" "$lab-right" "${@:2}"; }

# charon on the right, by strongSwan's own file; it answers 77 where it cannot run.
charon_start() {	# OPTION...
	cat >"$work/swanctl.conf" <<-END
	connections { gw {
	  version = 2
	  local_addrs = 192.0.2.2
	  remote_addrs = ${CHARON_REMOTE:-192.0.2.1}
	  proposals = aes128-sha256-ecp256
	  local  { auth = psk
	           id = right.example }
	  remote { auth = psk
	           id = left.example }
	  children { net {
	    local_ts = 10.2.0.0/24
	    remote_ts = 10.1.0.0/24
	    esp_proposals = aes128gcm16-ecp256,aes128gcm16
	    mode = tunnel } } } }
	secrets { ike-1 { id-1 = left.example
	                  id-2 = right.example
	                  secret = "a lab secret, not a real one" } }
	END
	charon start -c "$work/swanctl.conf" "$@"
}

# pluto on the right, from the same ipsec.conf that ours is compiled from.
pluto_start() { pluto start -c "$work/both.conf" -s "$work/ipsec.secrets"; }

# pluto as the responder of a rekey sends on the new SA at once, and its first packet may arrive before its answer has been read (I-133): one
# packet in flight is its to lose. charon waits for our DELETE, so nothing may be missing there.
no_packet_lost_in_two_rekeys() {
	local lost sent received
	sent=$(sed -nE 's/^([0-9]+) packets transmitted.*/\1/p' "$work/ping")
	received=$(sed -nE 's/.* ([0-9]+) received.*/\1/p' "$work/ping")
	lost=$((${sent:-99} - ${received:-0}))
	if [ $lost = 0 ] || { [ "$peer" = pluto ] && [ $lost = 1 ]; }; then ok 'no packet was lost in two rekeys'
	else not_ok 'no packet was lost in two rekeys' "$work/ping" "$work/left.log"; fi
}

# Both roles, traffic, one rekey from each side with no packet lost. $1 names the peer in messages; peer_up, peer_down, peer_rekey
# and peer_has_child are commands.
both_roles() {
	local peer=$1
	check "ours brings up the tunnel to $peer" ours left up net
	capture left "$work/left.pcap"
	capture right "$work/right.pcap"
	check "ping through it" ping_left 3
	check "ping back" ping_right 3
	end_captures
	check "no clear text left either side" no_clear_text "$work/left.pcap" "$work/right.pcap"
	local before
	before=$(child_field left spi_in)
	ping_left "$PINGS" >"$work/ping" 2>&1 & pinging=$!
	sleep 1
	check "ours rekeys the child under traffic" ours left rekey net
	sleep 1
	check "$peer rekeys the child under traffic" peer_rekey
	wait $pinging
	check 'the SPI has changed' test "$(child_field left spi_in)" != "$before"
	no_packet_lost_in_two_rekeys
	check "down tells $peer" ours left down net
	sleep 0.5
	if peer_has_child; then not_ok "$peer has no child any more" "$work/left.log"; else ok "$peer has no child any more"; fi
	check "$peer brings up the tunnel" peer_up
	check "ping through what $peer began" ping_left 3
	check "$peer ends it" peer_down
	sleep 0.5
	check 'ours has no child any more' test "$(child_field left state)" != installed
}

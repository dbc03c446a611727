#!/bin/bash
# racoon.sh -- the command line that racoon(8) had, with each flag doing what its manual says (R-005 ... R-027). With the dry data plane and
# high ports, so that nobody needs to be root; what a tunnel does is tested in tests/net.
. "$(dirname "$0")/lib.bash"
run=$ipsec_run
trap '[ ! -e "$dir/pid" ] || kill "$(cat "$dir/pid")" 2>/dev/null; rm -rf "$dir"' EXIT

# holds NAME PATTERN FILE
holds() { if grep -qE -- "$2" "$3"; then is "$1" 1 1; else is "$1" "something like $2" "$(tail -n 5 "$3")"; fi; }
try() { timeout 20 "$run" "$@" >out 2>err </dev/null; status=$?; }

{
	echo 'conn net'
	printf '\t%s\n' left=127.0.0.1 leftid=@left.example leftsubnet=10.1.0.0/24 right=127.0.0.2 rightid=@right.example rightsubnet=10.2.0.0/24 authby=secret ikev2=insist auto=add
} >net.conf
echo '@left.example @right.example : PSK "a secret of the test, long enough for sha2_512"' >ipsec.secrets
chmod 600 ipsec.secrets
cat >host.json <<'END'
{"version": 1, "addresses": [{"ifname": "lo", "flags": ["UP"], "addr_info": [{"local": "127.0.0.1", "prefixlen": 8}]}], "routes": [], "routes6": []}
END
"$ipsecc" compile --target=json --host-facts=host.json -o plan.json net.conf 2>err || { cat err; exit 1; }

port=$((20000 + $$ % 20000))
common=(--dataplane=dry --secrets=ipsec.secrets --control="$dir/sock" --pidfile="$dir/pid")
daemon() { try "${common[@]}" -p $port -P $((port + 1)) -l "$dir/log" "$@"; }
stop() { "$run" --control="$dir/sock" stop >/dev/null 2>&1; for _ in $(seq 50); do [ -e pid ] || break; sleep 0.1; done; }
have_ss=$(command -v ss)
bound() { ss -Hlun "sport = :$1" 2>/dev/null | awk '{ print $4 }' | sort | tr '\n' ' '; }

# R-005, R-006, R-025, R-026: letters behind one hyphen, and what they end with
try -V
is '-V: status 0 (R-021, R-025)' 0 $status
holds '-V names the version, the library and the data planes (R-021)' 'ipsec-run [0-9].*' out
holds '-V says which file is read by default (R-027)' 'default plan +/' out
try -x
is 'an unknown flag: status 2 (R-026)' "2 ipsec-run: unknown option '-x'" "$status $(head -n 1 err)"
try -f
is 'a flag without its value: status 2' "2 ipsec-run: -f needs a value" "$status $(head -n 1 err)"
try -p 70000 plan.json
is '-p with what is no port: status 2' "2 ipsec-run: '70000' is no port, a number from 0 to 65535" "$status $(head -n 1 err)"
holds 'the usage has the cluster of racoon, and its four letters with values (R-005, R-023)' \
	'\[-46BdFLVv\] \[-f FILE\] \[-l LOGFILE\] \[-P NATT-PORT\] \[-p PORT\]' err
try -Bf plan.json
is '-B: a plan has no file of static SAs, which is an error (R-010)' "1 ipsec-run: -B: the plan names no file of static SAs" "$status $(cat err)"
try -f nosuch.json
is 'a file that is not there: status 1 (R-026)' 1 $status
holds 'and its name (R-014)' 'nosuch\.json' err

# R-013: without -F the command returns when the daemon is ready
daemon -f plan.json
is 'the daemon starts, and the command returns with 0 (R-013, R-014)' "0 " "$status $(cat err)"
[ -e pid ] && kill -0 "$(cat pid)" 2>/dev/null
is 'it runs on behind it' 0 $?
grep -E '^(NoNewPrivs|Seccomp|CapBnd):' "/proc/$(cat pid)/status" | tr -d '\t\n' >held
if [ -n "${build##*san*}" ] && [ "$(id -u)" = 0 ]; then
	is 'it can gain no right, calls the kernel by a list, and holds no capability (I-348)' 'CapBnd:0000000000000000NoNewPrivs:1Seccomp:2' "$(cat held)"
else
	skip 'what it gives up' 'a build with sanitizers, or not root'
fi
"$run" --control="$dir/sock" status >out 2>err
is 'status answers' 0 $?
if [ "$have_ss" ]; then
	is '-p: the port of IKE; -P: that of NAT traversal; both families (R-017, R-019)' '2 2' "$(bound $port | wc -w) $(bound $((port + 1)) | wc -w)"
else
	skip '-p and -P' 'no ss'
fi
holds '-l: the log is in the file (R-016)' 'ready|listen|started|conn' log
holds 'each line has a time' '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]+ ' log
is 'without -d nothing is said for debugging (R-011)' 0 "$(grep -c 'debug: ' log)"
is 'without -L no line names a place of the program (R-015)' 0 "$(grep -c '\.c:[0-9]*:' log)"
stop

# R-009: -4 and -6
for flag in 4 6; do
	daemon -$flag plan.json 2>/dev/null
	if [ $flag = 4 ]; then
		is '-4: sockets of IPv4 only (R-008)' 0 $status
		[ ! "$have_ss" ] || is '-4: no address of IPv6 is bound' 0 "$(bound $port | grep -c '\[')"
	else
		is '-6: a peer that no socket reaches is an error at the start (R-009)' 1 $status
		holds 'and is named' "conn 'net' has an IPv4 peer" err
	fi
	stop
done

# R-011, R-012, R-015, R-022: more in the log
: >log
daemon -dL plan.json
is '-dL: two letters behind one hyphen (R-006)' 0 $status
holds '-L: file, line and function in front of each message (R-015)' '[a-z/_]+\.c:[0-9]+:[a-z_]+: ' log
"$run" --control="$dir/sock" up net >/dev/null 2>&1 &
sleep 1
holds '-d: what is decided (R-011)' 'debug: ' log
is '-d: no payloads yet (R-012)' 0 "$(grep -c 'debug: .*SA(' log)"
stop
for flags in -dd -v; do
	: >log
	daemon $flags plan.json
	"$run" --control="$dir/sock" up net >/dev/null 2>&1 &
	sleep 1
	holds "$flags: payloads of messages (R-012, R-022)" 'debug: .*SA\(.*KE.*Ni' log
	is "$flags: no bytes of them" 0 "$(grep -cE '0000  [0-9a-f]{64}' log)"
	stop
done
: >log
daemon -ddd plan.json
"$run" --control="$dir/sock" up net >/dev/null 2>&1 &
sleep 1
holds '-ddd: bytes (R-012)' '0000  [0-9a-f]{64}' log
is 'and never the secret' 0 "$(grep -c 'a secret of the test' log)"
stop

# R-013: -F stays, and logs to standard error
timeout 20 "$run" "${common[@]}" -F -p $port -P 0 plan.json >out 2>err </dev/null &
pid=$!
for _ in $(seq 50); do [ -e pid ] && break; sleep 0.1; done
kill -0 $pid 2>/dev/null
is '-F: the command stays in the foreground' 0 $?
if [ "$have_ss" ]; then is '-P 0: no port for NAT traversal (R-017)' 0 "$(bound 4500 | wc -w)"; else skip '-P 0' 'no ss'; fi
kill -TERM "$(cat pid)"
wait $pid
is 'SIGTERM ends it with status 0 (R-025)' 0 $?
holds '-F: the log is on standard error' '^[0-9-]+ [0-9:.]+ ' err

# one conn that cannot run is named and left out; the others run
{ cat net.conf; printf 'conn old\n'; printf '\t%s\n' left=127.0.0.1 right=127.0.0.3 authby=secret ikev2=no auto=add; } >two.conf
{ printf 'config setup\n\tikev1-policy=accept\n\n'; cat two.conf; } >mixed.conf
"$ipsecc" compile --target=json --host-facts=host.json -o mixed.json mixed.conf 2>/dev/null
: >log
daemon mixed.json
is 'a plan with a conn of IKEv1 starts' 0 $status
holds 'the conn is named' "error: mixed.conf:[0-9]+: conn 'old': it wants IKEv1" log
holds 'and counted' 'warning: 1 of 2 conns are left out' log
holds 'the other one is ready' 'ready: ' log
stop

# each letter has a long name
daemon --ipv4 --debug --log-places --verbose --ike-port=$port --natt-port=0 --log-file="$dir/long.log" --file=plan.json
is 'the long names of -4dLvpPlf start it' "0 " "$status $(cat err)"
holds '--log-file, --debug and --log-places are -l, -d and -L' '[a-z/_]+\.c:[0-9]+:[a-z_]+: ' long.log
stop
try --static-sas plan.json
is '--static-sas is -B' "1 ipsec-run: -B: the plan names no file of static SAs" "$status $(cat err)"

# one plan, by operand or by -f (racoon has no operands, R-007)
try -f plan.json other.json
is 'two files: status 2' "2 ipsec-run: two files are given, 'plan.json' and 'other.json'" "$status $(head -n 1 err)"
finish

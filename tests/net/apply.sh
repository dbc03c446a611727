#!/bin/bash
# apply.sh -- compile --apply on this kernel's policies, in network namespaces of their own: what stands afterwards is what `ip -batch` of the
# text leaves; nothing stands after a refusal; who works over SSH is not locked out; nobody's confirmation takes a change back.
cd "$(dirname "$0")/../.." || exit 2
what='compile --apply'
. tests/net/lib.bash
need_net "$what"
unshare -n ip xfrm policy list >/dev/null 2>&1 || skip_all "$what" 'no XFRM in this kernel'

facts=$PWD/tests/corpus/host.json
conf=$work/ipsec.conf
cat >"$conf" <<'EOF'
conn %default
	left=192.0.2.1
	authby=secret
	auto=route

conn tunnel
	right=198.51.100.7
	leftsubnet=10.1.0.0/24
	rightsubnet=10.2.0.0/24
	compress=yes

conn marked
	right=198.51.100.8
	leftsubnet=10.1.0.0/24
	rightsubnet=10.2.0.0/24
	mark=5/0xff

conn l2tp
	right=198.51.100.7
	type=transport
	leftprotoport=udp/1701
	rightprotoport=udp/1701

conn drop
	right=198.51.100.9
	type=drop
	authby=never

conn six
	left=2001:db8::1
	right=2001:db8::2
	leftsubnet=2001:db8:1::/48
	rightsubnet=2001:db8:2::/48
EOF

# Each run has a namespace of its own: words of the shell are given one after another.
fresh() { env -u SSH_CONNECTION CONF="$conf" FACTS="$facts" IPSECC="$ipsecc" WORK="$work" unshare -n bash -c '
	apply() { "$IPSECC" compile --dialect=4.10 --target=xfrm --host-facts="$FACTS" --apply "$@" </dev/null; }
	policies() { ip xfrm policy list nosock; }
	# One line for each, with what the kernel tells of it but for the times; a policy that was put back comes last in a dump.
	all() { ip -s xfrm policy list nosock | sed "/^\t  add /d" | sed ":a;N;\$!ba;s/\n\t/ /g" | sort; }
	'"$1" >"$work/out" 2>"$work/err"; }
expect() {	# WHAT SCRIPT: its status is the result
	if fresh "$2"; then ok "$1"; else not_ok "$1" "$work/out" "$work/err"; fi
}

for phase in up route; do
	expect "phase $phase: the same policies as ip -batch of the text" '
		"$IPSECC" compile --dialect=4.10 --target=xfrm --phase='$phase' --host-facts="$FACTS" "$CONF" >"$WORK/batch"
		ip -batch "$WORK/batch" && policies >"$WORK/theirs" && ip xfrm policy flush
		apply --phase='$phase' "$CONF" && policies >"$WORK/ours" && grep -q ^src "$WORK/ours" && diff "$WORK/theirs" "$WORK/ours"'
done
expect 'a second time changes nothing' '
	apply "$CONF" && apply "$CONF" >"$WORK/second" && cat "$WORK/second" && [ "$(cat "$WORK/second")" = "14 policies: 14 as they were" ]'
expect 'only the conn that is named' '
	apply "$CONF" drop && [ "$(policies | grep -c ^src)" = 3 ]'

# What stood is put back, with all that the kernel tells of it.
refused='ip xfrm policy add src 10.1.0.0/24 dst 10.2.0.0/24 dir out priority 7 ptype main limit time-hard 9000 \
		tmpl src 192.0.2.1 dst 192.0.2.77 proto esp reqid 16400 mode tunnel level required
	ip xfrm policy add src 10.1.0.0/24 dst 10.2.0.0/24 dir out priority 8 mark 5 mask 0xff action block
	ip xfrm policy add src 10.9.0.0/24 dst 10.8.0.0/24 dir out action block
	all >"$WORK/before"'
after='all >"$WORK/after"; grep -q "index" "$WORK/after" && diff "$WORK/before" "$WORK/after"'
expect 'without a confirmation in time the change is taken back' "$refused"'
	sleep 5 | setsid -w "$IPSECC" compile --dialect=4.10 --target=xfrm --host-facts="$FACTS" --apply --confirm=1 "$CONF" && exit 1
	'"$after"
expect 'nobody there to confirm: taken back' "$refused"'
	setsid -w "$IPSECC" compile --dialect=4.10 --target=xfrm --host-facts="$FACTS" --apply --confirm=60 "$CONF" </dev/null && exit 1
	'"$after"
expect 'n on the terminal: taken back' "$refused"'
	echo n | setsid -w "$IPSECC" compile --dialect=4.10 --target=xfrm --host-facts="$FACTS" --apply --confirm=60 "$CONF" && exit 1
	'"$after"
expect 'Enter keeps it' '
	echo | setsid -w "$IPSECC" compile --dialect=4.10 --target=xfrm --host-facts="$FACTS" --apply --confirm=60 "$CONF" && [ "$(policies | grep -c ^src)" = 14 ]'
for signal in INT TERM HUP; do
	expect "SIG$signal before it: taken back" "$refused"'
		: >"$WORK/said"
		sleep 40 | setsid -w env --default-signal=INT sh -c "echo \$\$ >$WORK/pid; exec \"\$@\"" sh \
			"$IPSECC" compile --dialect=4.10 --target=xfrm --host-facts="$FACTS" --apply --confirm=35 "$CONF" 2>"$WORK/said" &
		for i in $(seq 200); do grep -q "press Enter" "$WORK/said" 2>/dev/null && break; sleep 0.1; done
		policies | grep -q "198.51.100.9/32" || exit 1
		kill -'$signal' "$(cat "$WORK/pid")"
		for i in $(seq 200); do grep -q interrupted "$WORK/said" && break; sleep 0.1; done
		grep -q interrupted "$WORK/said" || exit 1
		'"$after"
done

# The compiler makes nothing that a kernel refuses, so the policies of this conn are spoilt on their way there. X-005: its words are shown.
failing=$PWD/${BUILD:-build}/tests/ipsecc_failing
[ -x "$failing" ] || { skip 'a policy that the kernel refuses; out of memory' 'make unit-tests makes the program'; failing=; }
cat >"$work/refused.conf" <<'EOF'
conn odd
	left=192.0.2.1
	right=198.51.100.8
	authby=secret
	leftsubnet=10.8.0.0/24
	rightsubnet=10.9.0.0/24
	auto=route
EOF
if [ -n "$failing" ]; then
	cat "$conf" "$work/refused.conf" >"$work/both.conf"
	expect 'a policy that the kernel refuses: all as before' "$refused"'
		"'"$failing"'" compile --dialect=4.10 --target=xfrm --host-facts="$FACTS" --apply "$WORK/both.conf" </dev/null
		[ $? = 2 ] || exit 1
		'"$after"
	if grep -q "IC8103.*'odd': [A-Z]" "$work/err" && grep -q 'both.conf:3[0-9]:6' "$work/err"; then ok "IC8103: the kernel's words at the line"
	else not_ok "IC8103: the kernel's words at the line" "$work/err"; fi
fi

# Each allocation in turn fails, those for the words about a refusal among them.
survives() {	# WHAT STATUS CONF: with memory enough it ends with STATUS
	[ -n "$failing" ] || return 0
	expect "$1" "$refused"'
		for ((at = 1; ; at++)); do
			FAIL_AT=$at "'"$failing"'" compile --dialect=4.10 --target=xfrm --host-facts="$FACTS" --apply "'"$3"'" </dev/null >"$WORK/said" 2>&1
			status=$?
			grep -q "^all allocations succeeded" "$WORK/said" && break
			echo "allocation $at: status $status" && cat "$WORK/said"
			[ $status = 2 ] && grep -Eq "Cannot allocate memory|out of memory" "$WORK/said" || exit 1
			all >"$WORK/after" && diff "$WORK/before" "$WORK/after" || exit 1
		done
		[ $status = '"$2"' ]'
}
sed -n '1,/^conn marked/p' "$conf" | sed '$d' >"$work/small.conf"
survives 'out of memory: nothing is changed, or all is taken back' 0 "$work/small.conf"
cat "$work/small.conf" "$work/refused.conf" >"$work/small-refused.conf"
survives 'out of memory beside a refusal: the same' 2 "$work/small-refused.conf"

# --- the session ---
session() { printf 'export SSH_CONNECTION="%s"\n' "$1"; }
expect 'IC8104: who comes from an address that the plan blocks is not locked out' "$(session '198.51.100.9 5000 192.0.2.1 22')"'
	apply "$CONF"; [ $? = 2 ] && [ -z "$(policies)" ]'
if grep -q 'IC8104.*drop' "$work/err" && grep -q 'ipsec.conf:2[0-9]:' "$work/err"; then ok 'and it is said at the line'; else not_ok 'and it is said at the line' "$work/err"; fi
expect 'nor when sudo has taken the variable away' '
	SSH_CONNECTION="198.51.100.9 5000 192.0.2.1 22" bash -c "env -u SSH_CONNECTION $IPSECC compile --dialect=4.10 --target=xfrm --host-facts=$FACTS --apply $CONF; exit \$?"
	[ $? = 2 ] && [ -z "$(policies)" ]'
expect 'unless told to' "$(session '198.51.100.9 5000 192.0.2.1 22')"'
	apply --allow-lockout "$CONF" && apply "$CONF"'
expect 'who comes from elsewhere may apply' "$(session '198.51.100.99 5000 192.0.2.1 22')"'
	apply "$CONF"'

# --- use ---
expect 'options that have no place beside it' '
	for wrong in "--target=json" "--target=whack" "--format=netlink" "--output=$WORK/x" "--confirm=0" "--confirm=x" "--confirm=1000000"; do
		apply $wrong "$CONF"; [ $? = 2 ] || { echo "$wrong"; exit 1; }
	done
	"$IPSECC" compile --target=xfrm --allow-lockout "$CONF"; [ $? = 2 ] && [ -z "$(policies)" ]'
expect 'without the right to it: said, status 2' '
	setpriv --bounding-set -net_admin --inh-caps -net_admin "$IPSECC" compile --dialect=4.10 --target=xfrm --host-facts="$FACTS" --apply "$CONF"
	[ $? = 2 ] && [ -z "$(policies)" ]'
finish

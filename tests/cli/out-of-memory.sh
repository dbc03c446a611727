#!/bin/bash
# out-of-memory.sh -- commands of which one allocation fails, an earlier or a later one: each says so and ends with 2; none ends by a signal or,
# in the sanitizer build, with a leak.
. "$(dirname "$0")/lib.bash"

failing=$build/tests/ipsecc_failing
[ -x "$failing" ] || { skip 'out of memory' 'make unit-tests makes the program'; finish; }
cat >ipsec.conf <<'EOF'
conn a
	left=192.0.2.1
	right=198.51.100.2
	leftsubnet=10.1.0.0/24
	rightsubnets={10.2.0.0/24 10.3.0.0/33}
	authby=secret
	auto=route
	unknwon=x

conn b
	left=192.0.2.1
	right=198.51.100.3
	ike=aes256-sha2;dh14
	authby=secret
	auto=start
EOF
sed 's/10\.2/10.9/; s/unknwon.*//' ipsec.conf >other.conf
printf 'src 10.1.0.0/24 dst 10.2.0.0/24 \n\tdir out priority 7 ptype main \n\ttmpl src 192.0.2.1 dst 198.51.100.2\n\t\tproto esp reqid 9 mode tunnel\n' >dump
"$ipsecc" compile --target=json --host-facts="$facts" other.conf >plan.json 2>/dev/null

# survives ARGUMENT...: the allocations 1 to 20, then every 41st, up to the first one that is not reached
survives() {
	local at=0 status
	while :; do
		at=$((at + (at < 20 ? 1 : 41)))
		FAIL_AT=$at "$failing" "$@" >out 2>err
		status=$?
		if grep -q '^all allocations succeeded' err; then is "$1 $2 ${*: -1}: each of $at" 1 1; return; fi
		if [ $status != 2 ] || ! grep -Eq 'Cannot allocate memory|out of memory' err || grep -q Sanitizer err; then
			is "$*: allocation $at" 'status 2: out of memory' "status $status: $(head -n 5 err)"
			return
		fi
	done
}
survives check --host-facts="$facts" ipsec.conf
for target in json xfrm pfkey whack; do survives compile --target=$target --host-facts="$facts" ipsec.conf; done
survives diff --host-facts="$facts" ipsec.conf other.conf
survives diff --host-facts="$facts" ipsec.conf dump
survives diff --host-facts="$facts" plan.json other.conf
survives graph --format=mermaid ipsec.conf
survives fmt --diff ipsec.conf
survives explain --host-facts="$facts" ipsec.conf
survives show --host-facts="$facts" ipsec.conf
finish

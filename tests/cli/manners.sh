#!/bin/bash
# What a reader decides about findings: weights of rules, and that a refusal is never hidden from the exit status in passing.
. "$(dirname "$0")/lib.bash"

# runs check; sets out, err, status
check() { out=$("$ipsecc" check --dialect=4.10 "$@" 2>err </dev/null); status=$?; err=$(cat err); }
# The same, and out has only "FILE:LINE: SEVERITY RULE" of each finding.
list() {
	check --format=concise "$@"
	out=$(sed -E 's/^([^:]*:[0-9]+):[0-9]+: ([a-z]+): .*\[(IC[0-9]+)\]$/\1: \2 \3/' <<<"$out")
}

cat >hq.conf <<'END'
conn hq
	left=192.0.2.1
	right=198.51.100.1
	leftsubnet=10.20.0.0/33
	authby=secret
	rightid=@a
	rightid=@b
	auto=add
END
# Two warnings and no refusal.
cat >warn.conf <<'END'
conn a
	left=192.0.2.1
	right=192.0.2.1
	authby=secret
	auto=add
END

list hq.conf
is 'both rules as they are' '1: hq.conf:4: error IC3105
hq.conf:7: error IC2003' "$status: $out"
list --warn=IC2003 --fail-on=error hq.conf
like '--warn by identifier' 'hq.conf:7: warning IC2003' "$out"
list --warn=Duplicate-Keyword hq.conf
like '--warn by name, in any case' 'hq.conf:7: warning IC2003' "$out"
list --ignore=IC20 hq.conf
is '--ignore by prefix; the other error stays, and counts' '1: hq.conf:4: error IC3105' "$status: $out"
list --ignore=IC2003,IC31 --warn=IC3105 hq.conf
like 'the longer selector wins over the earlier one' 'hq.conf:4: warning IC3105' "$out"
list --warn=IC3105 --ignore=IC31 hq.conf
like 'and over the later one' 'hq.conf:4: warning IC3105' "$out"
list --warn=IC3105 --ignore=IC3105 hq.conf
is 'of equal ones the later wins' '' "$(grep IC3105 <<<"$out" | grep -v IC1507)"

check --ignore=IC3105,IC2003 hq.conf
is 'a refusal that is ignored: status 1, with its place and the place of the cause' "1: error[IC1507]: conn 'hq' will not load, and what says why is hidden
  --> hq.conf:1:6
   |
 1 | conn hq
   |      ^^
...
 4 |     leftsubnet=10.20.0.0/33
   |                          -- IC3105: prefix length 33 is longer than an IPv4 address
   |
   = note: libreswan 4.10 refuses it all the same
   = help: correct the cause, or say --ignore=refusal-hidden if it is meant so

1 conn: 1 will not load (hq)        libreswan-4 (asked for)
1 error, 2 ignored        more: ipsecc explain IC1507" "$status: $out"
list --warn=IC --fail-on=error hq.conf
like 'a refusal that is only a warning: status 1 all the same' "^1: hq.conf:1: error IC1507" "$status: $out"
list --ignore=IC hq.conf
is 'a prefix does not take that line away' '1: hq.conf:1: error IC1507' "$status: $out"
check --ignore=IC,refusal-hidden hq.conf
is 'its name does; the verdict stays' '0: hq.conf: 1 conn: 1 will not load (hq)        libreswan-4 (asked for)
3 ignored' "$status: $out"
printf 'conn hq\nnonsense here\n' >syntax.conf
list --ignore=IC20 syntax.conf
like 'a file that is refused as a whole' '^1: syntax.conf:2: error IC1507' "$status: $out"
list --error=IC4,IC6 --fail-on=error warn.conf
like '--error makes a warning count' '^1: .*error IC4' "$status: $out"
list --ignore=IC4,IC6 warn.conf
is 'no conn is refused: nothing but silence' '0: ' "$status: $(grep -v note <<<"$out")"
check --ignore=IC99 hq.conf
is 'a selector that names no rule' "2: ipsecc: --ignore: 'IC99' is no rule and no prefix of rules; 'ipsecc rules' lists them" "$status: $out$err"
check --warn=IC2003, hq.conf
is 'an empty selector' "2: ipsecc: --warn: '' is no rule and no prefix of rules; 'ipsecc rules' lists them" "$status: $out$err"
check --format=json --ignore=IC3105 hq.conf
if command -v jq >/dev/null; then
	is 'json: counted as suppressed, the verdict stays' '1 will-not-load' "$(jq -r '"\(.summary.suppressed) \(.conns[0].verdict)"' <<<"$out")"
else
	skip "json" "jq is missing"
fi

finish

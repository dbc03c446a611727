#!/bin/bash
# Baselines: what is known is not shown, what is new is, moved lines bring nothing back, and what is gone is said.
. "$(dirname "$0")/lib.bash"

# check OPTION...: "STATUS FILE:LINE:RULE...", and what was said on standard error.
check() {
	"$ipsecc" check --dialect=4.10 --format=concise "$@" >out 2>err </dev/null; status=$?
	echo "$status $(sed -nE 's/^([^:]*:[0-9]+):.*\[(IC[0-9]+)\]$/\1:\2/p' out | tr '\n' ' ')$(cat err)"
}
conn() { printf 'conn %s\n\tleft=192.0.2.1\n\tright=%s\n\tauthby=secret\n\trightid=@a\n\trightid=@b\n\trightid=@b\n' "$1" "$2"; }

mkdir -p site/ipsec.d
(conn a 192.0.2.7; echo 'include ipsec.d/*.conf') >site/main.conf
conn b 192.0.2.8 >site/ipsec.d/b.conf
conn c 192.0.2.9 >site/other.conf
cd site || exit 2

is 'no such baseline' '2 main.conf:6:IC2003 main.conf:7:IC2003 ipsec.d/b.conf:6:IC2003 ipsec.d/b.conf:7:IC2003 ipsecc: b.json: No such file or directory; --write-baseline makes it' "$(check --baseline=b.json main.conf)"
is 'nowhere to write' '2 ipsecc: --write-baseline needs --baseline=FILE, or a project file that names one' "$(check --write-baseline main.conf | sed 's/ main.*IC2003//')"
is 'writing' '0 ipsecc: b.json: 4 findings, 4 new, 0 gone' "$(check --baseline=b.json --write-baseline main.conf)"
is 'what is written: file and rule for people, no line' '1 ipsecc-baseline ipsec.d/b.conf IC2003 main.conf checked file fingerprint rule' \
	"$(jq -r '[.version, .kind, (.findings[0] | .file, .rule, .checked), (.findings[0] | keys | join(" "))] | join(" ")' b.json)"
is 'known findings are neither shown nor counted' '0 ' "$(check --baseline=b.json main.conf)"
is 'the summary says how many there are; the verdict stays' 'main.conf: 2 conns: 2 will not load (a, b)        libreswan-4 (asked for)
4 in the baseline' "$("$ipsecc" check --dialect=4.10 --baseline=b.json main.conf)"
is 'json counts them as suppressed' '4 0' "$("$ipsecc" check --dialect=4.10 --format=json --baseline=b.json main.conf | jq -r '"\(.summary.suppressed) \(.findings | length)"')"
sed -i '1i # moved\n' main.conf ipsec.d/b.conf
sed -i 's/\trightid=@b/            rightid=@b/' main.conf
is 'moved and indented lines bring nothing back' '0 ' "$(check --baseline=b.json main.conf)"
is 'nor does another working directory' '0 ' "$(cd .. && check --baseline=site/b.json site/main.conf)"
is 'the same file checked alone is another matter' '1 ipsec.d/b.conf:8:IC2003 ipsec.d/b.conf:9:IC2003 ' "$(check --baseline=b.json ipsec.d/b.conf)"
printf '\tpfs=maybe\n' >>ipsec.d/b.conf
is 'a new finding is shown and counted' '1 ipsec.d/b.conf:10:IC3001 ' "$(check --baseline=b.json main.conf)"
sed -i '/pfs/d' ipsec.d/b.conf
sed -i '$d' ipsec.d/b.conf
is 'one that is gone is said' '0 ipsecc: b.json: 1 finding is gone; --prune-baseline forgets them' "$(check --baseline=b.json main.conf)"
cp b.json before.json
is 'and nothing is written' '' "$(cmp b.json before.json)"
is '-q says nothing of it' '0 ' "$(check -q --baseline=b.json main.conf)"
is 'pruning' '0 ipsecc: b.json: 1 finding is gone and forgotten' "$(check --baseline=b.json --prune-baseline main.conf)"
is 'pruned' '3 0 ' "$(jq '.findings | length' b.json) $(check --baseline=b.json main.conf)"
printf '\tpfs=maybe\n' >>ipsec.d/b.conf
is 'pruning takes nothing new' '1 ipsec.d/b.conf:9:IC3001  3' "$(check --baseline=b.json --prune-baseline main.conf) $(jq '.findings | length' b.json)"
is 'writing for another file keeps those of the first' '0 ipsecc: b.json: 5 findings, 2 new, 0 gone' "$(check --baseline=b.json --write-baseline other.conf)"
rm other.conf
is 'a configuration that is not there any more' '1 ipsec.d/b.conf:9:IC3001 ipsecc: b.json: 2 findings are gone and forgotten' "$(check --baseline=b.json --prune-baseline main.conf)"
is 'writing what is new' '0 ipsecc: b.json: 4 findings, 1 new, 0 gone' "$(check --baseline=b.json --write-baseline main.conf)"
cp b.json before.json
is 'writing again gives the same bytes' '0 ipsecc: b.json: 4 findings, 0 new, 0 gone' "$(check --baseline=b.json --write-baseline main.conf; cmp b.json before.json)"
printf 'baseline: b.json\n' >.ipsecc.yaml
is 'the project file names it' '0 ' "$(cd .. && check site/main.conf)"
is 'a refusal that is known: the baseline counts' '0' "$("$ipsecc" check --dialect=4.10 -q main.conf >/dev/null; echo $?)"

# What somebody else has written.
wrong() {
	printf '%b' "$2" >x.json
	"$ipsecc" check -q --dialect=4.10 --baseline=x.json main.conf >out 2>err; status=$?
	is "$1" "$3 -> 2" "$(grep -E '^error|-->' err | sed -E 's/^ *--> //' | tr '\n' ';' | sed 's/;$//') -> $status"
}
head='{"version": 1, "kind": "ipsecc-baseline", "findings": '
wrong 'no JSON' '{"version": 1,}' "error[IC8701]: this is not JSON: string or '}' expected;x.json:1:15"
wrong 'another document' '{"version": 1}' "error[IC8702]: this is no baseline: member 'kind' is not 'ipsecc-baseline';x.json:1:1"
wrong 'another version' '{"version": 2, "kind": "ipsecc-baseline"}' 'error[IC8702]: version: only version 1 is understood;x.json:1:13'
wrong 'a list that is none' "$head 7}" "error[IC8702]: findings: a list 'findings' is expected;x.json:1:56"
wrong 'an entry that is none' "$head[7]}" 'error[IC8702]: findings[0]: an object is expected, not a whole number;x.json:1:56'
wrong 'a member is missing' "$head[{\"rule\": \"IC2003\", \"file\": \"a\"}]}" "error[IC8702]: findings[0]: member 'fingerprint' is missing;x.json:1:56"
wrong 'a bad fingerprint' "$head[{\"fingerprint\": \"xyz\", \"rule\": \"IC2003\", \"file\": \"a\"}]}" 'error[IC8702]: findings[0].fingerprint: 32 hexadecimal digits are expected;x.json:1:72'
is 'a baseline that cannot be read hides nothing' 'main.conf:8:IC2003' "$("$ipsecc" check --dialect=4.10 --format=concise --baseline=x.json main.conf 2>/dev/null | sed -nE '1s/^([^:]*:[0-9]+):.*\[(IC[0-9]+)\]$/\1:\2/p')"

finish

#!/bin/bash
# A secret never appears in any output: malformed secrets files, each holding the canary, given to ipsec-run.
. "$(dirname "$0")/lib.bash"

canary=KeinWortDavon77
cat >c.conf <<'CONF'
conn hq
	left=192.0.2.1
	leftid=@a
	right=198.51.100.2
	rightid=@b
	authby=secret
	ikev2=insist
	auto=add
CONF
"$ipsecc" compile --target=json --host-facts="$facts" -o plan.json c.conf || { echo "not ok 1 - compile"; exit 1; }

while IFS= read -r line; do
	n=$((n + 1))
	printf '%b\n' "${line//CANARY/$canary}" >secrets; chmod 600 secrets
	out=$(timeout 2 "$ipsec_run" -F -ddd --control=socket --secrets=secrets --dataplane=dry plan.json 2>&1 </dev/null)
	if [[ $out == *"$canary"* ]]; then
		bad=1
		echo "not ok $n - $line"; sed 's/^/# /' <<<"$out"
	elif [[ -z $out ]]; then
		bad=1
		echo "not ok $n - $line: nothing was said at all"
	else
		echo "ok $n - $line"
	fi
done <<'LINES'
@a @b : PSK "CANARY"
@a @b : PSK "CANARY
@a @b : PSK CANARY
@a @b : PSK 0xCANARY
@a @b : PSK 0sCANARY*
@a @b : PSK "CANARY" CANARY
@a @b PSK "CANARY"
  @a @b : PSK "CANARY"
@a @b : PKS "CANARY"
@a @b : XAUTH "CANARY"
"CANARY" : PSK
: PSK "\\tCANARY\\r"
@a @b : PSK "CANARY"\n@b @a : PSK "otherCANARY"
LINES
finish

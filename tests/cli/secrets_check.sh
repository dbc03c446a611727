#!/bin/bash
# secrets_check.sh -- `ipsecc check` and ipsec.secrets: which entry serves, whose file it is, and that no byte of a secret is in any output.
. "$(dirname "$0")/lib.bash"

canary=CaNaRy-b3f1-of-the-secret
conn() { printf 'conn %s\n\tleft=192.0.2.1\n\tleftid=@a\n\tright=198.51.100.%s\n\trightid=@%s\n\tauthby=secret\n\tikev2=insist\n\tauto=add\n' "$1" "$2" "$1"; }
{ conn b 1; conn c 2; } >vpn.conf
cat >vpn.secrets <<END
@a @b : PSK "$canary, long enough for any hash, 0123456789"
@a @c : PSK "$canary
@a @d : PSK 0s!$canary
@a @e : XAUTH "$canary"
@a @f : $canary "$canary"
: RSA $canary
include $canary*
%any : PSK '$canary'
END
chmod 600 vpn.secrets
check() { "$ipsecc" check --dialect=4.10 "$@" 2>&1 </dev/null; }

has 'the file beside the configuration is read' 'b                        loads' "$(check -v vpn.conf)"
has 'and says by its line which entry serves' 'shared key: vpn.secrets:1, which names both ends' "$(check -v vpn.conf)"
is 'the same in the document' 'psk found vpn.secrets 1' "$(check --format=json vpn.conf |
	jq -r '.conns[] | select(.name == "b").secrets[0] | "\(.kind) \(.status) \(.file) \(.line)"')"
is 'not with --no-secrets' 0 "$(check -v --no-secrets vpn.conf | grep -c 'vpn\.secrets')"

# IC3518: mode and owner
for mode in 600 400; do
	chmod $mode vpn.secrets
	is "mode $mode is said nothing of" 0 "$(check --format=concise vpn.conf | grep -c IC3518)"
done
for mode in 604 640 620 666; do
	chmod $mode vpn.secrets
	has "mode $mode is found" "vpn.secrets:1:1: warning: vpn.secrets can be " "$(check --format=concise vpn.conf | grep IC3518)"
done
chmod 600 vpn.secrets
if [ "$(id -u)" = 0 ]; then
	chown 12345 vpn.secrets
	has 'so is a file of somebody else' 'IC3518' "$(check --format=concise vpn.conf)"
	chown 0 vpn.secrets
else
	skip 'so is a file of somebody else' 'only root can give a file away'
fi

# No output has a byte of a secret, whatever is wrong with the line.
is 'the lines of this file are found wrong' yes "$(check --format=concise vpn.conf | grep -q 'vpn.secrets:2:.*error' && echo yes)"
silent() {	# NAME COMMAND...
	local name=$1
	shift
	timeout 20 "$@" >out 2>&1 </dev/null
	is "$name: no secret in it" 0 "$(grep -ciE 'canary-b3f1|b3f1-of-the' out)"
}
# An included name is no secret, but here it has its text.
sed -i '/^include/d' vpn.secrets
for format in human concise json jsonl sarif github gitlab checkstyle junit gcc rdjson; do
	silent "check --format=$format" "$ipsecc" check -v --fail-on=note --dialect=4.10 --format=$format vpn.conf
done
silent 'check of another file of secrets' "$ipsecc" check -v --dialect=4.10 --secrets=vpn.secrets vpn.conf
silent 'check --fix --diff' "$ipsecc" check --diff --unsafe-fixes --dialect=4.10 vpn.conf
silent 'check --write-baseline' "$ipsecc" check --dialect=4.10 --baseline=known.json --write-baseline vpn.conf
is 'nor in the baseline' 0 "$(grep -ci canary known.json)"
silent 'show' "$ipsecc" show --dialect=4.10 --origin -v vpn.conf
silent 'fmt' "$ipsecc" fmt --diff vpn.conf
for target in json xfrm pfkey whack; do
	silent "compile --target=$target" "$ipsecc" compile --dialect=4.10 --host-facts="$facts" --target=$target vpn.conf
done
silent 'ipsec-run' "$ipsec_run" -F -dddL --dataplane=dry -p 0 -P 0 --control="$dir/sock" --host-facts="$facts" --dialect=4.10 --secrets=vpn.secrets vpn.conf
finish

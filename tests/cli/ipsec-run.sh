#!/bin/bash
# ipsec-run before it touches the network: its command line, and configurations that are no plan.
. "$(dirname "$0")/lib.bash"

# runs ipsec-run; sets err (without the two usage lines) and status
run() { err=$(timeout 5 "$ipsec_run" "$@" 2>&1 >out </dev/null); status=$?; err=$(grep -v '^usage: \|^       ipsec-run' <<<"$err"); }

run --help
is '--help: status 0, on standard output' "0:usage: ipsec-run" "$status:$(grep -o '^usage: ipsec-run' out)$err"
run --version
like '--version names what it was built with' '^0:ipsec-run [0-9.]+'$'\n''OpenSSL ' "$status:$(cat out)"

# --- the command line: status 2, and what is wrong -----------------------------------------------------------------------------------

while IFS='|' read -r arguments message; do
	# shellcheck disable=SC2086
	run $arguments
	is "ipsec-run $arguments" "2:ipsec-run: $message" "$status:$err"
done <<'END'
-x|unknown option '-x'
-l|-l needs a value
--control|--control needs a value
--json=yes status|--json takes no value
--contrl=x status|unknown option '--contrl=x'; did you mean --control?
--bogus|unknown option '--bogus'
-p www|'www' is no port, a number from 0 to 65535
--dataplane=klips|--dataplane is auto, xfrm, tun or dry, not 'klips'
a.json b.json|one plan at a time: 'b.json' is one too many
-f a.json b.json|two files are given, 'a.json' and 'b.json'
dwon hq|'dwon' is no command; did you mean 'down'?
up|up needs the name of a conn; 'ipsec-run status' lists them
stop now|stop: 'now' is one operand too many
--control=none status|no daemon answers at 'none': No such file or directory
END
run -x
is 'an unknown letter shows the usage (R-023)' 'usage: ipsec-run' "$("$ipsec_run" -x 2>&1 >/dev/null | grep -o '^usage: ipsec-run')"

# --- what is not run: status 1, and why ------------------------------------------------------------------------------------------------

run -F nosuch.json
is 'a missing plan' "1:ipsec-run: nosuch.json: No such file or directory" "$status:$err"
cat >racoon.conf <<'END'
path pre_shared_key "/etc/racoon/psk.txt";
remote 198.51.100.7 { exchange_mode main; }
sainfo address 10.1.0.0/16 any address 10.2.0.0/16 any { pfs_group 14; }
END
run -F --dataplane=dry -f racoon.conf
has "racoon's file is recognised" "error[IC7004]: this file is written for racoon, not for libreswan" "$err"
is "racoon's file is not run" "1:ipsec-run: racoon.conf: not everything could be compiled, see above" "$status:$(tail -n 1 <<<"$err")"
"$ipsecc" compile --target=json racoon.conf >plan.json 2>err
is "racoon's file is not compiled: status 1" 1 $?
has 'an empty plan is said' "warning[IC8008]: there is no conn, so the plan is empty" "$(cat err)"

printf 'conn hq\n\tleft=127.0.0.1\n\tright=127.0.0.2\n\tauthby=secret\n\tdpdaction=hold\n\tesp=aes256\n\tike=aes999\n' >hq.conf
run -F --dataplane=dry hq.conf
has 'an error stops it' "error[IC3203]" "$err"
is 'what a later release does is not told' 0 "$(grep -c 'IC700[678]' <<<"$err")"
"$ipsec_run" -F --dataplane=dry hq.conf 2>&1 | true
is 'a reader that goes away is no signal' 1 "${PIPESTATUS[0]}"

# --- secrets: what is included is read as check reads it (K-011), and may be read by nobody else (I-346) ---------------------------------

printf 'conn hq\n\tleft=127.0.0.1\n\tright=127.0.0.2\n\tauthby=secret\n\tikev2=insist\n\tauto=add\n' >hq.conf
mkdir keys
echo ': PSK "a lab secret, not a real one"' >keys/a.secrets
echo 'include keys/*.secrets' >main.secrets
chmod 600 main.secrets
chmod 644 keys/a.secrets
run -F --dataplane=dry --control=socket -p 15500 -P 15501 --secrets=main.secrets hq.conf
has 'an included file that others can read is refused' "error[IC3518]: keys/a.secrets can be read by others: its mode is 0644" "$err"
is 'an included file that others can read: status 1' 1 $status
chmod 600 keys/a.secrets
echo 'include ../main.secrets' >>keys/a.secrets
run -F --dataplane=dry --control=socket -p 15500 -P 15501 --secrets=main.secrets hq.conf
has 'an included file that includes what includes it is no end' "main.secrets includes itself" "$err"
has 'it runs by the included secret' "ready: 1 conn" "$err"
finish

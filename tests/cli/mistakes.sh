#!/bin/bash
# mistakes.sh -- twenty ordinary mistakes, one by one in a good conn: each ends with status 1 and a caret under the right characters; all of them in
# one file are told in one run; the good conn itself passes.
. "$(dirname "$0")/lib.bash"

# good NAME: a conn without a fault, one setting a line.
good() {
	printf 'conn %s\n' "$1"
	printf '\t%s\n' left=192.0.2.1 leftsubnet=10.1.0.0/24 right=198.51.100.1 rightsubnet=10.2.0.0/24 leftid=@hq.example authby=secret \
		'ike=aes256-sha2;modp2048' esp=aes256-sha2 ikelifetime=8h pfs=yes dpddelay=30 dpdtimeout=120 auto=start
}

# What is wrong with `edit` applied to the good conn (a sed script), and where: RULE LINE:COLUMN-COLUMN and the characters there.
mistakes() {
	cat <<'END'
unknown algorithm in ike=	s/aes256-sha2;modp2048/aes128-sha2;modp2048,aesx-sha2;modp2048/	IC3201 8:27-31 aesx
no address	s/right=198.*/right=not-an-ip..addr/	IC3102 4:17-19 ..
authby=psk	s/secret/psk/	IC3002 7:9-12 psk
auto=strat	s/auto=start/auto=strat/	IC3002 14:7-12 strat
left= twice	s/^\tleft=.*/&\n\tleft=192.0.2.2/	IC2003 3:2-6 left
auto= not indented	s/^\tauto/auto/	IC2004 14:1-5 auto
also= to nothing	s/^\tauto.*/&\n\talso=nothere/	IC2101 15:7-14 nothere
an unknown keyword	s/^\tauto.*/&\n\tfoo=bar/	IC2001 15:2-5 foo
strongSwan's keyword, misspelled	s/^\tdpdt.*/&\n\tdpdacton=clear/	IC2001 14:2-10 dpdacton
leftsubnets= and no right subnet	s/leftsubnet=.*/leftsubnets={10.1.0.0\/24,10.3.0.0\/24}/; /rightsubnet/d	IC4006 3:15-38 10.1.0.0/24,10.3.0.0/24
/33	s/10.1.0.0\/24/10.1.0.0\/33/	IC3105 3:22-24 33
DPD delay above timeout	s/dpdtimeout=120/dpdtimeout=10/	IC4017 13:13-15 10
ikelifetime=25x	s/=8h/=25x/	IC3004 10:16-17 x
pfs=maybe	s/pfs=yes/pfs=maybe/	IC3001 11:6-11 maybe
no right=	/^\tright=/d	IC4001 1:6-10 good
a missing include	s/^\tauto.*/&\n\ninclude nosuch.conf/	IC1101 16:9-20 nosuch.conf
a conn name twice	$s/$/\n\nconn good\n\tleft=192.0.2.1\n\tright=198.51.100.9\n\tauthby=secret/	IC2016 16:6-10 good
plutodebug=xyzzy	1s/^/config setup\n\tplutodebug=xyzzy\n\n/	IC3002 2:13-18 xyzzy
ikev1-policy=acept	1s/^/config setup\n\tikev1-policy=acept\n\n/	IC3002 2:15-20 acept
a DN with an inner quote	s/leftid=.*/leftid="C=DE, O="Acme", CN=gw"/	IC1008 6:18-19 "
END
}

check() { "$ipsecc" check --dialect=4.10 "$@"; }
# The first finding that is no note: RULE LINE:COLUMN-COLUMN, and the characters that it covers.
finding() {
	check --format=json "$1" | jq -r '[.findings[] | select(.severity != "note")] | unique_by([.rule, .line, .column])[]
		| "\(.rule) \(.line):\(.column)-\(.end_column)"' | while read -r rule place; do
		line=${place%%:*} columns=${place#*:}
		printf '%s %s %s\n' "$rule" "$place" "$(sed -n "${line}p" "$1" | cut -b "${columns%-*}-$((${columns#*-} - 1))")"
	done
}

command -v jq >/dev/null || { skip "twenty mistakes" "no jq"; finish; }
good good >good.conf
check -q good.conf >out 2>&1
is "the good conn passes, and nothing is said" "0 " "$? $(cat out)"

mistakes >list
while IFS=$'\t' read -r name edit wanted; do
	sed "$edit" good.conf >one.conf
	check one.conf >out 2>&1
	status=$?
	is "$name: status 1" 1 $status
	is "$name: the place" "$wanted" "$(finding one.conf | head -n 1)"
	columns=${wanted#*:} columns=${columns%% *}
	is "$name: the caret is as wide" $((${columns#*-} - ${columns%-*})) \
		"$(grep -m 1 -o '|[ ]*^^*' out | head -n 1 | tr -cd '^' | wc -c)"
done <list

# All in one file, each in a conn of its own; that all of them protect the same traffic (IC5...) is not what is asked here. What stands
# outside of a conn moves the lines below it.
{
	printf 'config setup\n\tplutodebug=xyzzy\n\tikev1-policy=acept\n\n'
	i=0
	while IFS=$'\t' read -r name edit wanted; do
		case $name in plutodebug* | ikev1-policy*) continue ;; esac
		i=$((i + 1))
		good "good$i" | sed "${edit//conn good/conn good$i}"
		echo
	done <list
} >all.conf
check --format=json all.conf >all.json
is "all in one file: status 1" 1 $?
is "all in one file: each rule, as often as in the single files" "$(cut -f 3 list | cut -d ' ' -f 1 | sort | tr '\n' ' ')" \
	"$(jq -r '.findings[] | select(.severity != "note") | .rule | select(startswith("IC5") | not)' all.json | sort | tr '\n' ' ')"
finish

#!/bin/bash
# ipsecc diff as a caller sees it: what is a difference and what is none, its two formats, exit statuses, and the kernel as a side.
. "$(dirname "$0")/lib.bash"

# runs ipsecc diff; sets out, err, status
run() { out=$("$ipsecc" diff --dialect=4.10 --host-facts="$facts" "$@" 2>err); status=$?; err=$(cat err); }
# the changes, as "WHAT:EFFECT ..."
changes() { run --format=json a.conf b.conf; jq -r '[.differences[].changes[] | "\(.what):\(.effect)"] | join(" ")' <<<"$out"; }
kinds() { run --format=json a.conf b.conf; jq -r '[.differences[] | "\(.kind) \(.conn)"] | join(", ")' <<<"$out"; }
clear() { run --format=json a.conf b.conf; jq -r '[.clear[] | "\(.conn): \(.traffic) \(.when) by \(.passed_by)"] | join(", ")' <<<"$out"; }
# the configuration, then b.conf by a script for sed
both() { cp base.conf a.conf; sed -E "$1" base.conf >b.conf; }

cat >base.conf <<'END'
conn hq
	left=192.0.2.1
	leftsubnet=10.1.0.0/16
	right=198.51.100.7
	rightsubnet=10.2.0.0/16
	authby=secret
	ikev2=insist
	ike=aes256-sha2_256-modp2048
	esp=aes256-sha2_256
	auto=route

conn lab
	left=192.0.2.1
	leftsubnets={10.1.0.0/16 10.5.0.0/16}
	right=198.51.100.8
	rightsubnets={10.6.0.0/24 10.7.0.0/24}
	authby=secret
	ikev2=insist
	auto=route

conn printers
	left=192.0.2.1
	leftsubnet=10.1.0.0/16
	right=192.0.2.77
	rightsubnet=10.99.0.0/24
	type=drop
	authby=never
	auto=route
END

both ''
run a.conf b.conf
is 'no difference: silence, status 0' '0::' "$status:$out:$err"

# what is no difference
mkdir -p parts
sed -n '/^conn hq/,/^$/p' base.conf >parts/hq.conf
{ echo 'include parts/hq.conf'; echo; sed '/^conn hq/,/^$/d' base.conf; } >b.conf
run a.conf b.conf
is 'a conn in another file' '0:' "$status:$out"
{ sed -n '/^conn printers/,$p' base.conf; echo; sed '/^conn printers/,$d' base.conf; } >b.conf
run a.conf b.conf
is 'another order, which gives other reqids' '0:' "$status:$out"
both 's/\{10.1.0.0\/16 10.5.0.0\/16\}/{10.5.0.0\/16 10.1.0.0\/16}/; s/\{10.6.0.0\/24 10.7.0.0\/24\}/{10.7.0.0\/24 10.6.0.0\/24}/'
run a.conf b.conf
is 'another order of subnets' '0:' "$status:$out"
{ printf 'conn common\n\tauthby=secret\n\tikev2=insist\n\n'; sed '/^conn hq/,/^$/{s/\tauthby=secret/\talso=common/;/ikev2/d}' base.conf; } >b.conf
run a.conf b.conf
is 'also= instead of lines' '0:' "$status:$out"
both ''; "$ipsecc" fmt base.conf >b.conf
run a.conf b.conf
is 'another layout' '0:' "$status:$out"
{ sed '/^conn hq/,/^$/{s/left/LEFT/g;s/right/left/g;s/LEFT/right/g}' base.conf; } >b.conf
run a.conf b.conf
is 'left and right exchanged' '0:' "$status:$out"

# what is one
both 's/(esp=aes256-sha2_256)/\1,3des-sha1/'
is 'a weaker proposal' 'child.proposals:weakened' "$(changes)"
is 'the other way round' 'child.proposals:strengthened' "$(mv a.conf c.conf; mv b.conf a.conf; mv c.conf b.conf; changes)"
both '/^conn hq/,/^$/s/auto=route/pfs=no\n\tauto=route/'
is 'pfs=no' 'child.pfs:weakened' "$(changes)"
both 's/rightsubnet=10.2.0.0\/16/rightsubnet=10.2.0.0\/15/'
is 'a wider network, and its priority' 'traffic:widened' "$(changes)"
both 's/\{10.6.0.0\/24 10.7.0.0\/24\}/{10.6.0.0\/24}/'
is 'a pair of networks less' 'traffic:narrowed' "$(changes)"
both 's/rightsubnet=10.2.0.0\/16/rightsubnet=10.22.0.0\/16/'
is 'another network' 'traffic:changed' "$(changes)"
both '/^conn hq/,/^$/s/auto=route/priority=7\n\tauto=route/'
is 'a priority' 'child.priority:changed priority:ahead' "$(changes)"
both '/^conn hq/,/^$/s/auto=route/ikelifetime=2h\n\tmark=5\/0xff\n\tauto=route/'
is 'a lifetime and marks' 'ike.lifetime:changed child.mark_in:changed child.mark_out:changed' "$(changes)"
both 's/198.51.100.7/198.51.100.9/'
is 'another peer' 'ike.remote.address:changed ike.remote.id:changed' "$(changes)"
both 's/type=drop/type=passthrough/'
is 'drop becomes passthrough' 'type:weakened' "$(changes)"
both '/^conn printers/,$d'
is 'a conn less' 'removed printers' "$(kinds)"
both 's/conn hq/conn head/'
is 'a name' 'renamed head' "$(kinds)"
both '/^conn hq/,/^$/s/rightsubnet=.*/rightsubnet=10.2.0.0\/33/'
is 'a conn that does not load is not there' 'removed hq' "$(kinds)"
run a.conf b.conf
has 'and its file has errors' 'ipsecc check b.conf' "$err"

# traffic in clear
both '/^conn printers/,$d'
is 'a dropped network that is open now' 'printers: 10.1.0.0/16 -> 10.99.0.0/24 always by null' "$(clear)"
both 's/rightsubnet=10.2.0.0\/16/rightsubnet=10.2.0.0\/17/'
is 'half of a network' 'hq: 10.1.0.0/16 -> 10.2.128.0/17 always by null' "$(clear)"
both '/^conn hq/,/^$/s/auto=route/auto=add/'
is 'without a trap only while it is down' 'hq: 10.1.0.0/16 -> 10.2.0.0/16 down by null' "$(clear)"
cp base.conf a.conf
{ cat base.conf; printf '\nconn hole\n\tleft=192.0.2.1\n\tleftsubnet=10.1.0.0/16\n\tleftprotoport=tcp\n\tright=%%any\n\trightsubnet=10.2.3.0/24\n\trightprotoport=tcp/443\n\ttype=passthrough\n\tauthby=never\n\tpriority=9\n\tauto=route\n'; } >b.conf
is 'a hole for one port' 'hq: 10.1.0.0/16 -> 10.2.3.0/24 tcp dport 443 always by hole' "$(clear)"
{ cat base.conf; printf '\nconn all\n\tleft=192.0.2.1\n\tleftsubnet=10.1.0.0/16\n\tright=198.51.100.9\n\trightsubnet=0.0.0.0/0\n\tauthby=secret\n\tikev2=insist\n\tauto=route\n'; } >a.conf
sed '/^conn hq/,/^$/d' a.conf >b.conf
is 'another conn covers it' '' "$(clear)"

both 's/conn hq/conn head/; s/(esp=aes256-sha2_256)/\1,3des-sha1/; /^conn printers/,$d'
run a.conf b.conf
is 'what people read, status 1' "1:--- a.conf
+++ b.conf

~ head                       renamed from hq  tunnel 10.1.0.0/16 <-> 10.2.0.0/16, peer 198.51.100.7  (a.conf:1 → b.conf:1)
    child.proposals          AES_CBC_256-HMAC_SHA2_256_128 → AES_CBC_256-HMAC_SHA2_256_128, 3DES_CBC-HMAC_SHA1_96  weakened
- printers                   removed  drop 10.1.0.0/16 <-> 10.99.0.0/24  (a.conf:21)

! printers                   in clear  10.1.0.0/16 -> 10.99.0.0/24  no policy is left for it  (a.conf:21)

1 removed, 1 renamed, 1 in clear" "$status:$out"

# the other kinds of sides
"$ipsecc" compile -q --target=json --dialect=4.10 --host-facts="$facts" base.conf -o base.json
run base.conf base.json
is 'a plan of the same file' '0:' "$status:$out"
run base.json <(sed 's/conn hq/conn head/' base.conf)
is 'a pipe' 1 "$status"
run - base.conf <base.conf
is 'standard input' '0:' "$status:$out"
printf '{"version": 1}' >broken.json
run base.conf broken.json
is 'a broken plan: status 2' 2 "$status"
run base.conf
is 'one operand: status 2' 2 "$status"
has 'and what to do' '--live' "$err"
run base.conf nowhere.conf
is 'a file that is not there: status 2' 2 "$status"
out=$("$ipsecc" diff --dialect=4.10 base.conf base.conf 2>&1)
has 'without facts it is said that traffic is not compared' 'no --host-facts' "$out"
sed 's/192\.0\.2\.1$/192.0.2.99/' base.conf >elsewhere.conf
run elsewhere.conf elsewhere.conf
has 'conns of another host are not found equal in silence' "elsewhere.conf: neither end of 2 conns is this host" "$err"

# Dumps: what is read in part is no ground for a merge, and packets that only some policy takes.
policy() { printf 'src 10.1.0.0/24 dst 10.2.0.0/24 %s\n\tdir out priority %s ptype main \n' "$1" "$2"; }
tunnel() { policy '' 100; printf '\ttmpl src 192.0.2.1 dst 192.0.2.2\n\t\tproto esp reqid 1 mode tunnel\n'; }
dumps() { tunnel >a.dump; { tunnel; cat; } >b.dump; run --format=json "$@" a.dump b.dump; in_clear=$(jq -r '[.clear[].traffic] | join(", ")' <<<"$out"); }
for selector in 'dev eth0 ' 'proto gre key 5 ' 'proto tcp sport 80/0xfff0 '; do
	dumps -q < <(policy "$selector" 50)
	is "a selector that is not compared is no agreement: $selector" 2 "$status"
	has 'and that is said, even with -q' 'b.dump was read in part only' "$err"
done
dumps < <(policy '' 50; printf '\tmark 0x5/0xff \n')
is 'a hole for packets with a mark' '10.1.0.0/24 -> 10.2.0.0/24 mark 0x5/0xff' "$in_clear"
dumps < <(policy '' 50; printf '\tmark 0x0/0x1 \n')
is 'also where the mark is 0' '10.1.0.0/24 -> 10.2.0.0/24 mark 0x0/0x1' "$in_clear"
dumps < <(policy '' 200; printf '\tmark 0x5/0xff \n')
is 'not where it comes behind' '' "$in_clear"
dumps < <(policy 'proto tcp ' 100)
is 'equal priority: the passing one may be the older' '10.1.0.0/24 -> 10.2.0.0/24 tcp' "$in_clear"
tunnel >a.dump; { tunnel; printf '\t\tlevel use \n'; } >b.dump
run --format=json a.dump b.dump
is 'X-065: an optional template protects nothing for sure' '10.1.0.0/24 -> 10.2.0.0/24' "$(jq -r '.clear[].traffic' <<<"$out")"
# every end of a text but that of a line is noticed
size=$(wc -c <a.dump) silent=
for ((length = 33; length < size - 1; length++)); do
	head -c $length a.dump >b.dump
	run b.dump b.dump
	[ "$status" = 2 ] || silent+="$length "
done
whole=$(policy '' 100 | wc -c)
is 'a dump that is cut off: status 2, but after a whole policy (and a tab)' "$((whole - 2)) $((whole - 1)) $whole $((whole + 1)) " "$silent"

# X-066: what ip prints, and the kernel itself
if [ "$(id -u)" = 0 ] && unshare --net true 2>/dev/null && command -v ip >/dev/null; then
	for phase in route up; do
		"$ipsecc" compile -q --target=xfrm --phase=$phase --dialect=4.10 --host-facts="$facts" base.conf -o batch
		unshare --net sh -c 'ip -batch batch && ip xfrm policy >dump && ip -s xfrm policy >dump-s && "$@" diff --live base.json' - "$ipsecc" >out 2>&1
		is "$phase: the kernel has what the plan says" 0:0 "$?:$(wc -c <out)"
		for dump in dump dump-s; do
			run $dump base.conf
			is "$phase: $dump against the configuration" '0:' "$status:$out"
			run base.json $dump
			is "$phase: the plan against $dump" '0:' "$status:$out"
		done
	done
	out=$(unshare --net sh -c 'ip -batch batch && ip xfrm policy del src 10.1.0.0/16 dst 10.2.0.0/16 dir out && ip xfrm policy add src 10.0.0.0/8 dst 10.0.0.0/8 dir out priority 1 &&
		"$@" diff --live --format=json base.json' - "$ipsecc" 2>&1)
	is 'the kernel lacks one and has one of its own' 'removed out pass 10.0.0.0/8 -> 10.0.0.0/8, added out protect 10.1.0.0/16 -> 10.2.0.0/16' \
		"$(jq -r '[.differences[] | "\(.kind) \(.summary)"] | sort | reverse | join(", ")' <<<"$out")"
	out=$(unshare --net sh -c 'ip -batch batch && ip xfrm policy add src 10.0.0.0/8 dst 10.0.0.0/8 dir out priority 1 && "$@" --live --format=json' - \
		"$ipsecc" diff -q base.json 2>&1)
	is 'FILE --live: the kernel is B, and what it lets out in clear is told' 'added 10.1.0.0/16 -> 10.2.0.0/16' \
		"$(jq -r '(.differences[] | .kind), (.clear[] | select(.conn == "hq") | .traffic)' <<<"$out" | paste -sd' ')"
	out=$(unshare --net sh -c '"$@"' - "$ipsecc" diff base.json -qv --phase=route --live --format=json 2>&1)
	is 'also with other options between' 'removed' "$(jq -r '.differences[].kind' <<<"$out" | sort -u)"
	sed '0,/dir out/s/dir out/dir outside/' dump >bad.dump
	run bad.dump base.conf
	has 'a dump that cannot be read: where' '--> bad.dump:' "$err"
	has 'and by which rule' 'IC8801' "$err"
	is 'which is no comparison: status 2' 2 "$status"
else
	skip 'the kernel as a side' 'needs root and network namespaces'
fi
finish

#!/bin/bash
# Several files and directories in one call: which files a directory means, and the same output however many threads there are.
. "$(dirname "$0")/lib.bash"

conn() { printf 'conn %s\n\tleft=192.0.2.1\n\tright=192.0.2.%s\n\tauthby=secret\n' "$1" "$2"; }
# list [OPTION]... PATH...: "FILE:LINE RULE" of each finding, what was said, and the status.
list() {
	"$ipsecc" check --dialect=4.10 --format=concise "$@" >out 2>err </dev/null; status=$?
	sed -E 's/^([^:]*:[0-9]+):[0-9]+: [a-z]+: .*\[(IC[0-9]+)\]$/\1 \2/' out | cat - err
	echo "-> $status"
}

mkdir -p site/ipsec.d site/.hidden site/b/c other
(conn a 7; printf '\tpfs=x\n'; printf 'include ipsec.d/*.conf\n') >site/ipsec.conf
(conn b 8; printf '\tpfs=q\n') >site/ipsec.d/part.conf
(conn c 9; printf '\tpfs=z\n') >site/b/c/deep.conf
printf 'conn hidden\n\tpfs=h\n' | tee site/.hidden/h.conf >site/.h.conf
printf 'server {\n\tlisten 80;\n}\n' >site/nginx.conf
printf 'not read\n' >site/b/notes.txt
(conn d 10; printf '\tpfs=w\n') >other/d.conf
ln -s ../../other site/b/link
ln -s .. site/b/loop

is 'a directory: *.conf in it and below, by name; what is included is seen where it is included; hidden ones, links to directories and other files are
left out' 'site/b/c/deep.conf:5 IC3001
site/ipsec.conf:5 IC3001
site/ipsec.d/part.conf:5 IC3001
-> 1' "$(list --ignore=IC1109 site)"
is 'the summary says what was left out' '1 *.conf file without a section of ipsec.conf not checked (-v names it)' "$("$ipsecc" check site 2>&1 | tail -1)"
is '-v says why' 'ipsecc: site/ipsec.d/part.conf is checked with site/ipsec.conf, which includes it
ipsecc: site/nginx.conf is not checked: it has no section of ipsec.conf' "$("$ipsecc" check -v site 2>&1 >/dev/null | sort)"
is 'a file that is named is checked by itself as well' 'site/ipsec.d/part.conf:5 IC3001
site/ipsec.conf:5 IC3001
site/ipsec.d/part.conf:5 IC3001
-> 1' "$(list --ignore=IC1109 site/ipsec.d/part.conf site/ipsec.conf)"
is 'so is one that is no configuration' 'IC2008' "$("$ipsecc" check --format=concise site/nginx.conf | grep -o IC2008 | head -1)"
mkdir web && cp site/nginx.conf web
is 'a directory with other files only' 'ipsecc: no *.conf file in the directories has a section of ipsec.conf
-> 2' "$(list web)"
printf 'include b.conf\n' >web/a.conf
(conn e 11; printf 'include a.conf\n') >web/b.conf
is 'two that include each other: one of them is checked' '1' "$("$ipsecc" check --format=json --dialect=4.10 web 2>/dev/null | jq '[.conns[] | select(.name == "e")] | length')"
is 'a directory that is not there' 'ipsecc: missing: No such file or directory
-> 2' "$(list missing)"
is 'standard input twice' '-> 2
ipsecc: standard input can be read only once' "$(list - - | sort)"
cp -r site fixed
printf 'server {\r\n\tlisten: 80\n}\n' >fixed/nginx.conf
printf 'conn z\nleft=192.0.2.1\n' >fixed/z.conf
cp fixed/nginx.conf nginx.before
is '--fix of a directory' 'ipsecc: fixed/z.conf: 1 finding fixed' "$("$ipsecc" check --dialect=4.10 --fix fixed 2>&1 >/dev/null)"
is '--fix changes nothing that is no configuration' '' "$(cmp fixed/nginx.conf nginx.before)"

# Many files, some of which cannot be read.
mkdir many
for i in $(seq 60); do
	(conn "n$i" "$((i + 20))"; printf '\tpfs=w%s\n' "$i") >"many/$i.conf"
done
list -j1 many missing.conf many/7.conf >one
for jobs in 2 7 60; do
	list -j$jobs many missing.conf many/7.conf >several
	is "--jobs=$jobs: the same as with one" '' "$(cmp one several)"
done
is 'all were checked, in order' '61 many/1.conf:5 many/10.conf:5 many/7.conf:5' "$(grep -c IC3001 one) $(sed -n '1s/ .*//p; 2s/ .*//p' one | tr '\n' ' ')$(grep IC3001 one | tail -1 | sed 's/ .*//')"
for format in json sarif junit; do
	"$ipsecc" check -j1 --format=$format many >one 2>&1
	"$ipsecc" check -j8 --format=$format many >several 2>&1
	is "$format: the same" '' "$(cmp one several)"
done
is 'a bad number' 'ipsecc: --jobs is a number from 1 to 256, not '"'0'"'
-> 2' "$(list -j0 many)"
finish

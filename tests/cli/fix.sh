#!/bin/bash
# --fix, --unsafe-fixes, --diff: files, streams and statuses; then every rule page: a fix takes its finding away, brings no new error, and a safe
# one does not change what a conn means that loads.
. "$(dirname "$0")/lib.bash"

run() { out=$("$ipsecc" check --dialect=4.10 "$@" 2>err </dev/null); status=$?; err=$(cat err); }

write() {
	printf 'conn a\n\tleft-id=@x\nright=192.0.2.9\n\tleft=192.0.2.1\n\tauthby=secret\n\tikelifetme=8h\n' >a.conf
}

write
run --diff a.conf
is '--diff: a unified diff of what is safe, nothing else on standard output, status 1' '1 --- a.conf
+++ a.conf
@@ -1,6 +1,6 @@
 conn a
-	left-id=@x
-right=192.0.2.9
+	leftid=@x
+	right=192.0.2.9
 	left=192.0.2.1
 	authby=secret
 	ikelifetme=8h' "$status $out"
is '--diff: how many, on standard error' 'ipsecc: a.conf: 2 findings would be fixed' "$err"
is '--diff: the file is as it was' 'left-id=@x' "$(grep -o 'left-id.*' a.conf)"
cp a.conf b.conf
"$ipsecc" check --dialect=4.10 --diff --unsafe-fixes b.conf 2>/dev/null | sed 's/b\.conf/a.conf/' | patch -s -p0
is 'patch takes it; with --unsafe-fixes' 'conn a
	leftid=@x
	right=192.0.2.9
	left=192.0.2.1
	authby=secret
	ikelifetime=8h' "$(cat a.conf)"
run --diff a.conf
is '--diff of a file with nothing to fix' '0 ' "$status $out$err"
write
chmod 640 a.conf
run --fix --format=concise a.conf
is '--fix: what is left is shown' "1 a.conf:6:2: error: unknown keyword 'ikelifetme' [IC2001]" "$status $out"
is '--fix: what was done' 'ipsecc: a.conf: 2 findings fixed' "$err"
is '--fix: mode stays' 640 "$(stat -c %a a.conf)"
is '--fix: no other file is left behind' 'a.conf b.conf err' "$(echo *)"
cp -p a.conf c.conf
run --fix a.conf
is '--fix again changes nothing' 'same' "$(cmp a.conf c.conf && [ "$(stat -c %Y.%i a.conf)" = "$(stat -c %Y.%i a.conf)" ] && echo same)"
write
out=$("$ipsecc" check --dialect=4.10 --fix --format=concise - <a.conf 2>err); status=$?
is '--fix of standard input: its text on standard output' 'conn a
	leftid=@x
	right=192.0.2.9
	left=192.0.2.1
	authby=secret
	ikelifetme=8h' "$out"
is '--fix of standard input: findings on standard error' "ipsecc: standard input: 2 findings fixed
<stdin>:6:2: error: unknown keyword 'ikelifetme' [IC2001]" "$(cat err)"
run --fix -q b.conf
is '-q says nothing of fixes' '' "$err"
run --unsafe-fixes a.conf
is '--unsafe-fixes alone' '2 ipsecc: check: --unsafe-fixes needs --fix or --diff' "$status $err"
run --fix --diff a.conf
is 'both' '2 ipsecc: check: only one of --fix and --diff' "$status $err"

# Included files, links, files of two configurations.
mkdir site other
write
mv a.conf other/shared.conf
printf 'include shared.conf\n' >other/main.conf
run --fix other/main.conf
is 'an included file' 'ipsecc: other/shared.conf: 2 findings fixed' "$err"
write
mv a.conf other/shared.conf
printf '# two\ninclude shared.conf\n' >other/second.conf
run --fix other/main.conf other/second.conf
is 'included by two configurations: fixed once' 'ipsecc: other/shared.conf: 2 findings fixed' "$err"
write
mv a.conf other/shared.conf
ln -s ../other/shared.conf site/link.conf
cp other/shared.conf other/before
run --fix site/link.conf
is 'a link to another directory is not followed' "ipsecc: site/link.conf is a link to $(realpath other/shared.conf) and is not changed; give that name to fix it" "$err"
is 'nor is what it leads to changed' '' "$(cmp other/shared.conf other/before)"
ln -s shared.conf other/near.conf
run --fix other/near.conf
is 'a link within the directory is followed and stays one' 'ipsecc: other/near.conf: 2 findings fixed shared.conf leftid=@x' "$err $(readlink other/near.conf) $(grep -o 'leftid.*' other/shared.conf)"
write
if [ "$(id -u)" = 0 ]; then
	skip 'a directory that may not be written' 'root may write everywhere'
else
	chmod 500 .
	run --fix a.conf
	chmod 700 .
	is 'a directory that may not be written' '2 left-id=@x' "$status $(grep -o 'left-id.*' a.conf)"
fi

# Suppressed and ignored findings are left alone.
write
sed -i 's/left-id=@x/& # ipsecc: ignore IC2022 -- the old daemon/' a.conf
run --fix --ignore=IC2004 a.conf
is 'what is hidden is not fixed' '' "$err"
printf '# ipsecc: ignore-file IC2003 -- x\nconn a\n\tleft=192.0.2.1\n\tright=192.0.2.9\n\t# ipsecc: ignore IC3104, IC3105 -- x\n\tauthby=secret # ipsecc: ignore IC2003\n' >s.conf
run --fix s.conf
is 'comments that hide nothing go' 'conn a
	left=192.0.2.1
	right=192.0.2.9
	authby=secret' "$(cat s.conf)"

# --- rule pages ---

command -v jq >/dev/null || { skip 'fixes of the rule pages' 'jq is missing'; finish; }

# Writes the Fires snippet of a page into the working directory.
snippet() {
	awk '/^## Fires/ { on = 1; file = "ipsec.conf"; next } /^## / { on = 0 } !on { next }
		/^    # file: / { file = $3; if (split(file, parts, "/") > 1) system("mkdir -p $(dirname " file ")"); next }
		{ sub(/^    /, ""); if (length || written[file]) print > file; written[file] = 1 }' "$1"
}
# What all conns mean: the plan, without places.
meaning() {
	"$ipsecc" compile --target=json --host-facts="$facts" "${options[@]}" ipsec.conf 2>/dev/null |
		jq -cS 'del(.source, (.. | objects | .line, .column))'
}
found() { "$ipsecc" check -v --format=json "${options[@]}" ipsec.conf 2>/dev/null; }

with_fix=0 without_effect= new_errors= changed=
for page in "$root"/docs/rules/IC*.md; do
	words=$(sed -n 's/^options: *//p' "$page"); id=$(sed -n 's/^id: *//p' "$page")
	case $words in compile*) continue ;; esac
	grep -q '^snippets: none' "$page" && continue
	mkdir page; cd page || exit 2
	snippet "$page"
	read -ra options <<<"${words//DIR/.}"
	: >../before.json
	[ ! -f ipsec.conf ] || found >../before.json
	for unsafe in '' --unsafe-fixes; do
		grep -q '"safe"' ../before.json || break
		fixable=$(jq --arg id "$id" --argjson all "$([ "$unsafe" ] && echo true || echo false)" '[.findings[] | select(.rule == $id) | select(any(.fixes[]; .safe or $all))] | length' ../before.json 2>/dev/null) || fixable=0
		[ "${fixable:-0}" -gt 0 ] || continue
		with_fix=$((with_fix + 1))
		mkdir ../copy; cp -r . ../copy; cd ../copy || exit 2
		before=$(meaning)
		"$ipsecc" check -v --fix $unsafe "${options[@]}" ipsec.conf >/dev/null 2>&1
		found >../after.json
		jq -e --arg id "$id" --argjson n "$fixable" --slurpfile old ../before.json '([$old[0].findings[] | select(.rule == $id)] | length) - ([.findings[] | select(.rule == $id)] | length) >= $n' ../after.json >/dev/null || without_effect+="$id$unsafe "
		jq -e --slurpfile old ../before.json '([.findings[] | select(.severity == "error") | .rule] | unique) - ([$old[0].findings[] | select(.severity == "error") | .rule] | unique) | length == 0' ../after.json >/dev/null || new_errors+="$id$unsafe "
		if [ -z "$unsafe" ] && jq -e 'all(.conns[]; .verdict | startswith("loads"))' ../before.json >/dev/null && [ "$before" != "$(meaning)" ]; then
			changed+="$id "
		fi
		cd ../page && rm -rf ../copy
	done
	cd .. && rm -rf page
done
is "fixes of the rule pages take their finding away ($with_fix runs)" '' "$without_effect"
is 'and bring no new error' '' "$new_errors"
is 'and safe ones do not change what conns that load mean' '' "$changed"
is 'there are such fixes' 1 $((with_fix > 30))

finish

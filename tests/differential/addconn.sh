#!/bin/bash
# addconn.sh -- Debian's own `addconn --checkconfig` and `readwriteconf` on our corpus: both refuse the same files, and take the same values.
#
# Files: inputs of tests/corpus, our differential lists, and the snippets of docs/rules. Each gets a conn behind it that is beyond doubt: a file is
# refused when that conn is too. Needs jq, and the script pluto-oracle in $IPSECC_TOOLS, which fetches Debian's package.
. "$(dirname "$0")/lib.bash"
what="Debian's addconn"

[ -n "${IPSECC_TOOLS:-}" ] || skip_all "IPSECC_TOOLS is not set"
command -v jq >/dev/null || skip_all "no jq"
export PLUTO_ORACLE_CACHE=${PLUTO_ORACLE_CACHE:-${HOME:-/root}/.cache/pluto-oracle}
tree=$PLUTO_ORACLE_CACHE/tree
[ -d "$tree" ] || "$IPSECC_TOOLS/pluto-oracle" tests/differential/whack.conf >/dev/null 2>&1
[ -x "$tree/usr/libexec/ipsec/addconn" ] || skip_all "Debian's libreswan cannot be had"
theirs() { LD_LIBRARY_PATH=$tree/usr/lib/$(uname -m)-linux-gnu:$tree/lib/$(uname -m)-linux-gnu timeout 20 "$tree/usr/libexec/ipsec/$@"; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Where the two may differ in whether the file is refused, and why.
may_differ() {
	case $1 in
	include/findings-in-included-files | IC1109-*) ;;	# 4.10 takes relative includes from the current directory
	"IC1007-unterminated-quote Fires") ;;	# without a blank the quote is a part of the value; ipsecc takes the line for lost
	"IC2024-user-data-without-value Fires") ;;	# 4.10 swallows the word "conn" of the next section
	"IC1111-include-too-much Fires") ;;	# the files of /proc come and go
	"IC2116-default-shunt-sticks Fires") ;;	# nothing is beyond doubt there
	*) return 1 ;;
	esac
}

# compare_verdict FILE NAME
compare_verdict() {
	local refused=no ours
	theirs addconn --config "$1" --checkconfig >"$dir/said" 2>&1 </dev/null || refused=yes
	"$build/ipsecc" check --dialect=4.10 --format=json "$1" >"$dir/check.json" 2>/dev/null
	ours=$(jq -r '[.conns[] | select(.name == "beyond-doubt") | .verdict][-1] // "will-not-load"' "$dir/check.json")
	[ "$ours" = will-not-load ] && ours=yes || ours=no
	if [ $ours = $refused ] || may_differ "$2"; then
		result ok "$2: refused: $refused"
	else
		result "not ok" "$2: refused by addconn: $refused, by ipsecc: $ours"
		sed 's/^/# addconn: /' "$dir/said"
		jq -r '.findings[] | select(.severity == "error") | "# ipsecc: \(.line): \(.message)"' "$dir/check.json"
	fi
	[ $refused = no ]
}

# CONN KEYWORD VALUE lines of what is in force; times are milliseconds there and have units here, so they are left out.
# Protocols have names there, and subnets no host bits.
keywords='left|right|leftsubnet|rightsubnet|leftid|rightid|leftcert|rightcert|auto|type|pfs|ike|rekey'
their_values() {
	theirs readwriteconf --config "$1" 2>/dev/null </dev/null | awk -v want="^($keywords)\$" '
	/^conn / { conn = $2; next }
	match($0, /^[ \t]+[a-z-]+=/) {
		key = substr($0, RSTART, RLENGTH - 1); sub(/^[ \t]+/, "", key); value = substr($0, RLENGTH + 1)
		gsub(/^"|"$/, "", value); gsub(/\\,/, ",,", value)
		if (conn != "" && key ~ want && value != "") last[conn " " key] = value
	}
	END { for (i in last) print i, last[i] }' | sort
}
our_values() {
	"$build/ipsecc" show --dialect=4.10 --format=json "$1" 2>/dev/null | jq -r --arg want "^($keywords)\$" '
		.conns | to_entries[] | .key as $conn | .value | to_entries[] | select((.key | test($want)) and .value.value != null)
		| "\($conn) \(.key) \(.value.value)"' | sed -E 's/ auto route$/ auto ondemand/; s/ (pfs|rekey) (n|off|false|0)$/ \1 no/; s/ (pfs|rekey) (y|on|true|1)$/ \1 yes/' | sort
}
# What both name must be equal.
compare_values() {
	their_values "$1" >"$dir/theirs"
	our_values "$1" >"$dir/ours"
	# a conn that is not loaded is read to the first mistake there, and to the last one here
	jq -r '.conns[] | select(.verdict == "will-not-load") | .name' "$dir/check.json" >"$dir/refused"
	case $2 in IC3104-*) : >"$dir/theirs" ;; esac
	awk -v refused="$dir/refused" 'BEGIN { while ((getline name < refused) > 0) skip[name] = 1 }
		$1 in skip { next }
		NR == FNR { key = $1 " " $2; sub(/^[^ ]+ [^ ]+ /, ""); ours[key] = $0; next }
		{ key = $1 " " $2; sub(/^[^ ]+ [^ ]+ /, ""); if (key in ours && ours[key] != $0) print "# " key ": addconn " $0 ", ipsecc " ours[key] }' \
		"$dir/ours" "$dir/theirs" >"$dir/different"
	if [ -s "$dir/different" ]; then result "not ok" "$2: values"; cat "$dir/different"; else result ok "$2: $(wc -l <"$dir/theirs") values"; fi
}

beyond_doubt='
conn beyond-doubt
	left=192.0.2.1
	right=198.51.100.1
	authby=secret
'
for file in tests/corpus/*/*/input.conf tests/differential/*.conf; do
	name=${file#tests/} name=${name#corpus/} name=${name%/input.conf}
	rm -rf "$dir/case"
	case $file in */input.conf) cp -r "$(dirname "$file")" "$dir/case" ;; *) mkdir "$dir/case"; cp "$file" "$dir/case/input.conf" ;; esac
	printf '%s' "$beyond_doubt" >>"$dir/case/input.conf"
	(cd "$dir/case" && compare_verdict input.conf "$name" && compare_values input.conf "$name"; echo "$n $failed" >"$dir/count")
	read -r n failed <"$dir/count"
done

# The snippets: lines indented by four blanks below a heading; "# file: NAME" begins another file.
write_snippet() {
	awk -v heading="## $2" -v dir="$3" '
	/^## / { on = $0 == heading; file = dir "/ipsec.conf"; next }
	on && /^    # file: / { file = dir "/" $3; folder = file; sub(/[^\/]*$/, "", folder); system("mkdir -p " folder); next }
	on { sub(/^    /, ""); print >file }' "$1"
}
for page in docs/rules/IC[1-5]*.md docs/rules/IC70*.md; do
	grep -q '^snippets: none' "$page" && continue
	grep -q '^options: *\(compile\|show\|.*--root\|.*secrets\)' "$page" && continue
	for part in Fires Silent; do
		rm -rf "$dir/case"; mkdir "$dir/case"
		write_snippet "$page" $part "$dir/case"
		printf '%s' "$beyond_doubt" >>"$dir/case/ipsec.conf"
		(cd "$dir/case" && compare_verdict ipsec.conf "$(basename "$page" .md) $part" && compare_values ipsec.conf "$(basename "$page" .md) $part"
		 echo "$n $failed" >"$dir/count")
		read -r n failed <"$dir/count"
	done
done
echo "1..$n"
exit $failed

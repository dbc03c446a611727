#!/bin/bash
# rule_verdicts.sh [FILE...] -- gives each configuration of tests/verdicts/*.txt to Debian's pluto 4.10, and compares its verdict on each conn with
# the one that stands in the file. Without arguments every tenth case, to save time; ALL=1 takes all of them. Needs root, namespaces and the script
# pluto-oracle in $IPSECC_TOOLS. "unknown" agrees with anything.
. "$(dirname "$0")/lib.bash"
what="verdicts of Debian's pluto on the cases of the rules"
needs
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
plain_root "$dir/root"
host='CONFIG_XFRM_INTERFACE|xfrmi is not supported|not found in the NSS database|Operation not supported'

# One file for each case, NUMBER.conf with NUMBER.title and NUMBER.expected (lines "NAME VERDICT").
every=1
[ $# -gt 0 ] || { [ -n "${ALL:-}" ] || every=10; set -- tests/verdicts/*.txt; }
awk -v dir="$dir" '
	/^## / { case_number++; name = sprintf("%s/%04d", dir, case_number); print substr($0, 4) >(name ".title"); next }
	/^\|/ { sub(/^\| ?/, ""); print >(name ".conf"); next }
	/^4\.10/ { for (i = 2; i <= NF; i++) { split($i, part, ":"); print part[1] "\t" part[2] >(name ".expected") } }
' "$@"
for title in "$dir"/*.title; do
	name=${title%.title}
	[ -s "$name.expected" ] && [ $((10#${name##*/} % every)) = 0 ] || continue
	timeout 60 "$IPSECC_TOOLS/pluto-oracle" "$name.conf" --addr 192.0.2.1/24 --addr 2001:db8::1/64 --root "$dir/root" --certs >"$name.theirs" 2>"$name.log"
	[ $? != 77 ] || skip_all "pluto: $(tail -n 1 "$name.log")"
	awk -F'\t' -v host="$host" '
	NR == FNR { if (!($1 in ours)) ours[$1] = $2; next }
	!($1 in ours) || ours[$1] == "unknown" { next }
	($2 == "refused") != (ours[$1] == "will-not-load") && !($2 == "refused" && $3 ~ host) { print "# conn " $1 ": pluto " $2 ", ipsecc " ours[$1] ": " $3 }
	' "$name.expected" "$name.theirs" >"$name.different"
	if [ -s "$name.different" ]; then result "not ok" "$(cat "$title")"; cat "$name.different"; else result ok "$(cat "$title")"; fi
done
echo "1..$n"
exit $failed

#!/bin/bash
# pluto_verdicts.sh [FILE...] -- for each conn, whether Debian's pluto 4.10 loads it, and whether `ipsecc check --dialect=4.10` says so.
#
# Files: those given; else the inputs of tests/corpus, the list of our differential tests, and of the shared corpus ($IPSECC_CORPUS) every file
# that docs/compatibility.md lists for 4.10 because of the way it was measured, and every eightieth of the others that load.
# Needs root, namespaces, jq, and the script pluto-oracle in $IPSECC_TOOLS. What depends on the host counts as unknown: a certificate, an
# interface, a default route, and a name with a hyphen in front, which addconn takes for options.
. "$(dirname "$0")/lib.bash"
what="verdicts of Debian's pluto"
needs jq
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
plain_root "$dir/plain"
host='CONFIG_XFRM_INTERFACE|not found in the NSS database|Operation not supported|must specify host IP address|unbound error|addconn: invalid option'

# compare ROOT FILE NAME: both verdicts of each conn that both know.
compare() {
	"$IPSECC_TOOLS/pluto-oracle" "$2" --addr 192.1.2.45/24 --addr 2001:db8:1:2::45/64 --root "$1" --certs >"$dir/theirs" 2>"$dir/log"
	case $? in
	0) ;;
	77) skip_all "pluto: $(tail -n 1 "$dir/log")" ;;
	*) result "not ok" "pluto starts with $3"; sed 's/^/# /' "$dir/log"; return ;;
	esac
	"$build/ipsecc" check --dialect=4.10 --format=json --root="$1" "$2" >"$dir/ours.json" 2>"$dir/log"
	jq -r '.conns[] | [.name, .verdict] | @tsv' "$dir/ours.json" >"$dir/ours"
	awk -F'\t' -v host="$host" '
	NR == FNR { if (!($1 in ours)) ours[$1] = $2; next }
	!($1 in ours) || ours[$1] == "unknown" { next }
	($2 == "refused") != (ours[$1] == "will-not-load") && !($2 == "refused" && $3 ~ host) { print "# conn " $1 ": pluto " $2 ", ipsecc " ours[$1] ": " $3 }
	' "$dir/ours" "$dir/theirs" >"$dir/different"
	if [ -s "$dir/different" ]; then result "not ok" "conns of $3"; cat "$dir/different"; else result ok "conns of $3"; fi
}

compare_corpus() {
	local folder=$1 root=$dir/root
	rm -rf "$root"; mkdir "$root"; cp -r "$IPSECC_CORPUS/$folder/." "$root"; cp -r "$dir/plain/usr" "$root"
	sed -n "s/^    4\.10 $folder //p" docs/compatibility.md >"$dir/patterns"
	awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["role"] == "case" && $at["verdict_4.10"] != "reject" { print $at["file"] }' "$root/index.tsv" >"$dir/files"
	while read -r file; do
		i=$((${i:-0} + 1)) wanted=
		while read -r pattern; do [[ $file == $pattern ]] && wanted=1; done <"$dir/patterns"
		[ -n "$wanted" ] || [ $((i % 80)) = 0 ] || continue
		compare "$root" "$root/$file" "$folder/$file"
	done <"$dir/files"
}

if [ $# -gt 0 ]; then
	for file; do compare "$dir/plain" "$(realpath "$file")" "$file"; done
else
	for file in tests/corpus/*/*/input.conf tests/differential/*.conf; do
		[[ $file == */findings-in-included-files/* ]] && continue	# 4.10 takes relative includes from the current directory
		compare "$dir/plain" "$(realpath "$file")" "$file"
	done
	if [ -n "${IPSECC_CORPUS:-}" ]; then
		for folder in libreswan-3.20 libreswan-main wild; do compare_corpus "$folder"; done
	else
		result ok "conns of the shared corpus # SKIP IPSECC_CORPUS is not set"
	fi
fi
echo "1..$n"
exit $failed

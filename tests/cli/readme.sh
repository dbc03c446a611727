#!/bin/bash
# What README.md shows is what happens: the commands of `./run demo`, lines of their output in order, make targets, packages, links.
. "$(dirname "$0")/lib.bash"
cd "$root" || exit 2

sed -n '/^`\.\/run demo` ends/,/^## /p' README.md | sed -n '/^```$/,/^```$/p' | grep -v '^```$' >"$dir/shown"
grep '^\$ ' "$dir/shown" >"$dir/commands"
is './run demo runs the commands that are shown' "$(sed -n "s/^\techo '\(\\$ .*\)'$/\1/p" run)" "$(cat "$dir/commands")"
while read -r _ command; do
	echo "\$ $command"
	eval "${command/#ipsecc/\"\$ipsecc\"}"
done <"$dir/commands" >"$dir/output" 2>&1

# "..." stands for lines that are left out, in ours or in the program's own way.
is 'the output is as shown' '' "$(awk 'NR == FNR { if ($0 != "..." && $0 != "") shown[++n] = $0; next } $0 == shown[at + 1] { at++ }
	END { if (at < n) print "not found: " shown[at + 1] }' "$dir/shown" "$dir/output")"

for target in $(sed -n 's/^make \([A-Z_]*=[^ ]* \)*\([a-z-]*\)\( .*\)*$/\2/p' README.md | sort -u); do
	is "make $target is there" 1 "$(grep -cE "^$target:" Makefile)"
done
packages=$(sed -n 's/^[A-Z]*_PACKAGES="\(.*\)"/\1/p' run | tr ' ' '\n' | sort)
is 'the packages are those that ./run installs' "$packages" \
	"$(sed -n '/^`.\/run` installs these/,/^$/p' README.md | tr -s ' ,.();' '\n' | grep -xF "$packages" | sort -u)"
is 'links lead somewhere' '' "$(for page in README.md CONTRIBUTING.md docs/*.md docs/rules/*.md; do
	grep -oE '\]\([a-zA-Z0-9./_-]+' "$page" | sed 's/](//' | while read -r link; do
		[ -e "${page%"${page##*/}"}$link" ] || echo "$page: $link"
	done
done)"
finish

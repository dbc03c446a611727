#!/bin/bash
# The program as a caller sees it: exit statuses, streams, options (contracts of the command line), not what it finds.
. "$(dirname "$0")/lib.bash"

# runs ipsecc; sets out, err, status
run() { out=$("$ipsecc" "$@" 2>"$dir/err" </dev/null); status=$?; err=$(cat "$dir/err"); }

good="conn good
	left=192.0.2.1
	right=198.51.100.2
	authby=secret
	ikev2=insist
	auto=add"
mkdir "$dir/site"
printf '%s\n' "$good" >"$dir/good.conf"
printf '%s\n\tpfs=maybe\n' "$good" >"$dir/bad.conf"
printf '%s\n' "$good" >"$dir/site/a.conf"
printf '%s\n' "${good/good/other}" >"$dir/site/b.conf"
printf 'not read' >"$dir/site/notes.txt"

run
is 'no command: status 2' 2 $status
like 'no command: help on standard error' 'usage: ipsecc COMMAND' "$err"
run --help
is '--help: status 0' 0 $status
like '--help names every command' 'check.*show.*explain.*compile.*facts.*rules' "$(tr '\n' ' ' <<<"$out")"
run --version
like '--version' '^ipsecc [0-9]+\.[0-9]+\.[0-9]+$' "$out"
run chekc
is 'a misspelt command: the nearest one' "2:ipsecc: 'chekc' is no command; did you mean 'check'?" "$status:$err"
run validate
is 'an unknown command' "2:ipsecc: 'validate' is no command; 'ipsecc --help' lists them" "$status:$err"
run help validate
is 'help of an unknown command' "2:ipsecc: 'validate' is no command; 'ipsecc --help' lists them" "$status:$err"
for command in check show fmt explain compile facts rules completion; do
	run $command --help
	like "$command --help: status 0, usage and an example" "^0:usage: ipsecc $command .*example:"$'\n'"  ipsecc " "$status:$out"
done

run check "$dir/good.conf"
like 'check of a clean file: one line, status 0' "^0:$dir/good.conf: 1 conn loads        libreswan-[345] \(.*\)$" "$status:$out$err"
run check -q "$dir/good.conf"
is 'check -q of a clean file says nothing' "0:" "$status:$out$err"
run check "$dir/bad.conf"
is 'check with an error: status 1' 1 $status
like 'check: findings on standard output' "error\[IC3001\]: " "$out"
is 'check: nothing on standard error' '' "$err"
like 'check: the conn that will not load is named' $'\n''1 conn: 1 will not load \(good\)' "$out"
like 'check: the last line counts, and says where to read more' $'\n''1 error        more: ipsecc explain IC3001$' "$out"
run check --fail-on=never "$dir/bad.conf"
is '--fail-on=never: status 0' 0 $status
run check "$dir/missing.conf"
is 'a missing file: status 2' "2:ipsecc: $dir/missing.conf: No such file or directory" "$status:$out$err"
run check "$dir/missing.conf" "$dir/bad.conf"
is 'a missing file among others: the others are checked, status 2' 2 $status
like 'a missing file among others: findings' "IC3001" "$out"
run check "$dir/site"
like 'a directory stands for its *.conf files' "^0:2 files: 2 conns load  " "$status:$out"
mkdir "$dir/empty"
run check "$dir/empty"
is 'a directory without *.conf' "2:ipsecc: $dir/empty: no *.conf file in this directory" "$status:$err"
out=$("$ipsecc" check --stdin-filename=from-stdin.conf - <"$dir/bad.conf")
like 'standard input, with its name' '--> from-stdin.conf:7:6' "$out"
run check --dialect=6.7 "$dir/good.conf"
is 'a bad dialect' "2:ipsecc: --dialect is auto, libreswan-3, libreswan-4, libreswan-5, a release such as 4.10 or a build such as 4.10-upstream, not '6.7'" "$status:$out$err"
run check --format=yaml "$dir/good.conf"
is 'a bad word for an option' "2:ipsecc: --format is human, concise, json, jsonl, sarif, github, gitlab, checkstyle, junit, gcc or rdjson, not 'yaml'" "$status:$out$err"
run check --bogus
is 'an unknown option' "2:ipsecc: --bogus is no option of check; see 'ipsecc check --help'" "$status:$out$err"
run check --fromat=json
is 'a misspelt option: the nearest one' "2:ipsecc: --fromat=json is no option of check; did you mean --format?" "$status:$out$err"
run check -qx
is 'an unknown letter' "2:ipsecc: -x is no option of check; see 'ipsecc check --help'" "$status:$out$err"
run show --origin=yes "$dir/good.conf"
is 'an argument too many' "2:ipsecc: --origin takes no argument" "$status:$out$err"
run rules IC3001
is 'an operand too many' "2:ipsecc: rules: 'IC3001' is one operand too many; usage: ipsecc rules" "$status:$out$err"
run check --ignore=same-trafic "$dir/good.conf"
is 'a misspelt rule: the nearest one' "2:ipsecc: --ignore: 'same-trafic' is no rule; did you mean 'same-traffic'?" "$status:$out$err"
run check --dialect
is 'an option without its argument' "2:ipsecc: --dialect needs an argument; see 'ipsecc check --help'" "$status:$out$err"

run check --color=always "$dir/bad.conf"
like '--color=always' $'\033\\[1;31merror\\[IC3001\\]\033\\[0m' "$out"
run check "$dir/bad.conf"
is 'no colour into a pipe' 0 "$(grep -c $'\033' <<<"$out")"
"$ipsecc" check "$dir/bad.conf" 2>"$dir/err" | true
is 'a reader that goes away: status 1 by the findings, and silence' '1:' "${PIPESTATUS[0]}:$(cat "$dir/err")"
out=$("$ipsecc" check "$dir/bad.conf" 2>&1 >/dev/full); status=$?
is 'a full disk: status 2, and said' "2:ipsecc: cannot write the output: No space left on device" "$status:$out"

if command -v jq >/dev/null; then
	run check --format=json "$dir/bad.conf" "$dir/good.conf"
	is 'json: one document for several files' '1 ["bad.conf","good.conf"] 2 IC3001 7 6' \
		"$(jq -rc '[.version, ([.files[].path | split("/")[-1]] | tojson), .summary.conns, .findings[0].rule, .findings[0].line, .findings[0].column] | join(" ")' <<<"$out")"
	is 'json: members of a finding' 'column conn end_column end_line file fixes label line message name notes related rule severity url' \
		"$(jq -r '.findings[0] | keys | join(" ")' <<<"$out")"
	is 'json: end is exclusive' '7 11' "$(jq -r '.findings[0] | "\(.end_line) \(.end_column)"' <<<"$out")"
	run show --format=json "$dir/good.conf" good
	is 'show json: value, source, place' "192.0.2.1 conn 2" "$(jq -r '.conns.good.left | "\(.value) \(.source) \(.line)"' <<<"$out")"
	run rules --format=json
	is 'rules json' 'error' "$(jq -r '.[] | select(.rule == "IC3001") | .severity' <<<"$out")"
else
	skip "documents" "jq is missing"
fi

run show "$dir/good.conf" nobody
is 'show of an unknown conn' "2:ipsecc: there is no conn 'nobody' in $dir/good.conf" "$status:$out$err"
run show "$dir/good.conf" godo
is 'show of a misspelt conn: the nearest one' "2:ipsecc: there is no conn 'godo' in $dir/good.conf; did you mean 'good'?" "$status:$out$err"
run show "$dir/good.conf" good
like 'show: what the daemon does with the conn' $'^0:conn good +loads, loaded at start, waits\n' "$status:$out"
run show "$dir/bad.conf" good
like 'show: what will not load does nothing else' $'^0:conn good +will not load\n' "$status:$out"
is 'show: errors are named, and where to see them' "ipsecc: $dir/bad.conf has 1 error; to see: ipsecc check $dir/bad.conf" "$err"
run compile "$dir/good.conf"
is 'compile without a target' "2:ipsecc: compile needs --target=json, xfrm, pfkey or whack" "$status:$out$err"
printf 'precious\n' >"$dir/out"
run compile --target=nonsense -o "$dir/out" "$dir/good.conf"
is 'an unknown target: status 2, the old file stays' "2:precious" "$status:$(cat "$dir/out")"
run compile --target=json --host-facts="$facts" -o "$dir/plan.json" "$dir/good.conf"
is 'compile -o: status 0, nothing printed' "0:" "$status:$out$err"
like 'compile -o: the plan' '"kind": *"ipsecc-plan"' "$(cat "$dir/plan.json" 2>&1)"
run compile --target=json --host-facts="$dir/missing.json" "$dir/good.conf"
is 'a missing facts file' "2:ipsecc: $dir/missing.json: No such file or directory" "$status:$out$err"

# Of the rest one is told, so that nobody takes silence for a clean file.
printf '%s\n\tdpdaction=hold\n\tdpddelay=30\n\tdpdtimeout=120\n\trightsubnet=10.2.0.1/24\n' "$good" >"$dir/warn.conf"
run compile --dialect=4.10 --target=xfrm --host-facts="$facts" "$dir/warn.conf"
is 'compile: what a later release does is no finding, a warning is counted' "0:1 warning not shown; to see: ipsecc check $dir/warn.conf" "$status:$err"
for target in json whack; do
	run compile --dialect=4.10 --target=$target --strict --phase=up --host-facts="$facts" "$dir/good.conf"
	is "compile --target=$target: options of policies are said to change nothing" \
		"0:ipsecc: --phase changes nothing of --target=$target"$'\n'"ipsecc: --strict changes nothing of --target=$target" "$status:$err"
done
printf '%s\n' "${good/192.0.2.1/192.0.2.99}" >"$dir/elsewhere.conf"
for target in xfrm pfkey; do
	run compile --dialect=4.10 --target=$target --host-facts="$facts" "$dir/elsewhere.conf"
	like "compile --target=$target: a conn of another host has no policies, status 1" '^1:warning\[IC8001\]' "$status:$err"
done

run explain IC3001
like 'explain a rule' '^0:IC3001 bad-boolean \(error\)' "$status:$out"
run explain rightsubnet
like 'explain a keyword' '^0:leftsubnet=' "$status:$out"
run explain rekeymargni
is 'explain a misspelt keyword: the nearest one' "2:ipsecc: 'rekeymargni' is no rule, keyword or transform; did you mean 'rekeymargin'?" "$status:$out$err"
run explain same-trafic
is 'explain a misspelt rule: the nearest one' "2:ipsecc: 'same-trafic' is no rule, keyword or transform; did you mean 'same-traffic'?" "$status:$out$err"
run explain rekeymargin=9m
like 'explain what stands in the file' '^0:rekeymargin=TIME ' "$status:$out"

for shell in bash zsh fish; do
	run completion $shell
	printf '%s\n' "$out" >"$dir/completion.$shell"
	like "completion for $shell knows compile --target" 'compile(.|'$'\n'')*target' "$out"
	if command -v $shell >/dev/null; then
		$shell -n "$dir/completion.$shell" 2>"$dir/err"
		is "$shell reads it" "0:" "$?:$(cat "$dir/err")"
	else
		skip "$shell reads its completion" "$shell is missing"
	fi
done
# Completes as readline would: complete LINE prints the candidates.
complete_line() {
	bash -c 'source "$1"; shift; COMP_LINE=$*; COMP_POINT=${#COMP_LINE}; read -ra COMP_WORDS <<<"$COMP_LINE"; COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		compopt() { :; }; _ipsecc; printf "%s\n" "${COMPREPLY[@]}"' - "$dir/completion.bash" "$@"
}
is 'bash completes a command' 'check' "$(complete_line ipsecc ch)"
is 'bash completes a keyword to explain' rekeymargin "$(complete_line ipsecc explain rekeym)"
is 'bash completes a rule to explain' IC3105 "$(complete_line ipsecc explain IC3105)"
is 'bash completes a shell' fish "$(complete_line ipsecc completion f)"
is 'bash completes the targets' '--target=json --target=xfrm --target=pfkey --target=whack' \
	"$(complete_line ipsecc compile --tar | tr '\n' ' ' | sed 's/ $//')"
is 'bash completes an option with its words' '--phase=up --phase=route' "$(complete_line ipsecc compile --ph | tr '\n' ' ' | sed 's/ $//')"

finish

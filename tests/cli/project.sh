#!/bin/bash
# The project file: where it is found, what it decides, what the command line decides over it, and every mistake in it with its place.
. "$(dirname "$0")/lib.bash"

# check [OPTION]...: "STATUS RULE..." of what is found in site/branch.conf, or in $file.
check() {
	"$ipsecc" check --format=concise "$@" "${file:-site/branch.conf}" >out 2>err </dev/null; status=$?
	echo "$status $(sed -nE 's/.*: ([a-z]+): .*\[(IC[0-9]+)\]$/\1:\2/p' out | tr '\n' ' ' | sed 's/ $//')"
}
# mistake NAME YAML EXPECTED: standard error up to the source line, and the status.
mistake() {
	printf '%b' "$2" >site/.ipsecc.yaml
	"$ipsecc" check site/branch.conf >out 2>err; status=$?
	is "$1" "$3 -> 2" "$(grep -E '^error|-->|= help' err | sed -E 's/^ *--> //; s/^ *= //' | tr '\n' ';' | sed 's/;$//') -> $status"
}

mkdir -p site/legacy/deep other
printf 'conn a\n\tleft=192.0.2.1\n\tright=192.0.2.9\n\tauthby=secret\n\trightid=@a\n\trightid=@b\n' | tee site/legacy/deep/old.conf other/o.conf >site/branch.conf

is 'without a project file' '1 error:IC2003' "$(check)"
printf 'dialect: 4.10\nwarn: [IC20, duplicate-keyword]\nfail-on: error\n' >site/.ipsecc.yaml
is 'beside the configuration: severities and threshold' '1 error:IC1507 warning:IC2003' "$(check)"
is 'not for others' '1 error:IC2003' "$(file=other/o.conf check)"
is 'below it' '1 error:IC1507 warning:IC2003' "$(file=site/legacy/deep/old.conf check)"
is 'the command line wins: a prefix over its identifier' '1 error:IC2003' "$(check --error=IC2)"
is 'the command line wins: threshold' '0 error:IC1507 warning:IC2003' "$(check --fail-on=never)"
is '--project=none' '1 error:IC2003' "$(check --project=none)"
printf 'ignore: [IC2003, refusal-hidden]\n' >other/p.yaml
is '--project=FILE' '0 ' "$(check --project=other/p.yaml)"
is 'from within the directory' '1 error:IC1507 warning:IC2003' "$(cd site/legacy && file=deep/old.conf check)"
is 'standard input belongs to its name' '1 error:IC1507 warning:IC2003' \
	"$("$ipsecc" check --format=concise --stdin-filename=site/x.conf - <site/branch.conf >out; echo "$? $(sed -nE 's/.*: ([a-z]+): .*\[(IC[0-9]+)\]$/\1:\2/p' out | tr '\n' ' ' | sed 's/ $//')")"
is '-v says which' 'site/branch.conf: by the project file site/.ipsecc.yaml' "$("$ipsecc" check -v site/branch.conf | grep project)"
is 'show and compile follow it too' '4.10' "$("$ipsecc" compile --target=json site/branch.conf 2>/dev/null | sed -n 's/.*"release": "\([^"]*\)".*/\1/p')"
mkdir site/legacy/.git
is 'not from above a repository' '1 error:IC2003' "$(file=site/legacy/deep/old.conf check)"
rmdir site/legacy/.git

cat >site/.ipsecc.yaml <<'END'
# a comment
ignore: [IC2003, refusal-hidden]
overrides:
  - files: legacy/*
    error: IC20
  - files: ["*/nothing.conf", "branch.con?"]
    dialect: "5.4"
  - files: legacy/deep/old.conf
    fail-on: never
END
is 'overrides: not for this file' '0 ' "$(check)"
is 'overrides: a pattern that does, dialect' '5.4' "$("$ipsecc" check --format=json site/branch.conf | sed -n 's/.*"release": "\([^"]*\)".*/\1/p')"
is 'overrides: over the whole, the later over the earlier' '0 error:IC2003' "$(file=site/legacy/deep/old.conf check)"
printf '{"version": 1, "addresses": [], "routes": [], "routes6": [], "libreswan": "3.32"}' >site/facts.json
printf 'host-facts: facts.json\n' >site/.ipsecc.yaml
is 'paths start at the project file' '3.32' "$(cd other && "$ipsecc" check --format=json ../site/branch.conf | sed -n 's/.*"release": "\([^"]*\)".*/\1/p')"
printf 'dialect: 4.10\n' >site/.ipsecc.yaml
chmod 666 site/.ipsecc.yaml
check >/dev/null
is 'one that anybody may write is not followed, and that is said' "ipsecc: $dir/site/.ipsecc.yaml is not followed: anybody may write it; with --project=$dir/site/.ipsecc.yaml it is" "$(cat err)"
chmod 644 site/.ipsecc.yaml

mistake 'an unknown key, with the nearest' 'dialetc: 4.10\n' "error[IC8602]: there is no key 'dialetc' here;site/.ipsecc.yaml:1:1;help: did you mean 'dialect'?"
mistake 'an unknown key, without' '\nx-y: 1\n' "error[IC8602]: there is no key 'x-y' here;site/.ipsecc.yaml:2:1;help: the keys are dialect, root, host-facts, secrets, fail-on, error, warn, ignore, and for the whole project baseline and overrides"
mistake 'a key that belongs to the command line' 'format: sarif\n' "error[IC8602]: there is no key 'format' here;site/.ipsecc.yaml:1:1;help: give --format on the command line: who calls decides the form of the output"
mistake 'a bad release' 'dialect: 6.1\n' "error[IC8603]: dialect: is auto, libreswan-3, libreswan-4, libreswan-5, a release such as 4.10 or a build such as 4.10-upstream, not '6.1';site/.ipsecc.yaml:1:10"
mistake 'a bad rule in a list' 'warn: [IC2003, IC99]\n' "error[IC8603]: warn: is a rule or a prefix of rules, not 'IC99';site/.ipsecc.yaml:1:16;help: 'ipsecc rules' lists them"
mistake 'a list for a word' 'fail-on: [error]\n' 'error[IC8603]: fail-on: is error, warning, note or never, not a list;site/.ipsecc.yaml:1:10'
mistake 'no value' 'root:\n' "error[IC8603]: root: is a path, not '';site/.ipsecc.yaml:1:6"
mistake 'an override without files' 'overrides:\n  - error: IC2\n' "error[IC8603]: this override has no key 'files';site/.ipsecc.yaml:2:5"
mistake 'a baseline in an override' 'overrides:\n  - files: a\n    baseline: b\n' "error[IC8602]: there is no key 'baseline' here;site/.ipsecc.yaml:3:5;help: 'baseline' is for the whole project"
mistake 'no YAML' 'a: [\n' 'error[IC8601]: this is no YAML: did not find expected node content;site/.ipsecc.yaml:2:1'
mistake 'an alias' 'root: *x\n' 'error[IC8601]: aliases (*name) are not taken here;site/.ipsecc.yaml:1:7'
mistake 'a key twice' 'root: a\nroot: b\n' 'error[IC8601]: this key stands twice;site/.ipsecc.yaml:2:1'
mistake 'a second document' 'root: a\n---\nroot: b\n' 'error[IC8601]: a second document;site/.ipsecc.yaml:2:1'
mistake 'no map' '[a, b]\n' 'error[IC8603]: a project file is a map of keys, not a list;site/.ipsecc.yaml:1:1'
mistake 'a place behind other characters' '"\xc3\xa9\xc3\xa9": [*a]\n' 'error[IC8601]: aliases (*name) are not taken here;site/.ipsecc.yaml:1:10'
mistake 'bytes that are no UTF-8' 'root: \xff\n' 'error[IC8601]: this is no YAML: invalid leading UTF-8 octet;site/.ipsecc.yaml:1:7'
mistake 'deeply nested' "$(printf '[%.0s' {1..2000})" 'error[IC8604]: nested deeper than this program takes;site/.ipsecc.yaml:1:9'
printf '# only comments\n' >site/.ipsecc.yaml
is 'an empty project file is none of these' '1 error:IC2003' "$(check)"
rm site/.ipsecc.yaml; mkdir site/.ipsecc.yaml
check >/dev/null
is 'a directory of that name' '2 ipsecc: site/.ipsecc.yaml: Is a directory' "$status $(cat err)"
rmdir site/.ipsecc.yaml
check --project=missing.yaml >/dev/null
is 'a file that is missing' '2 ipsecc: missing.yaml: No such file or directory' "$status $(cat err)"

finish

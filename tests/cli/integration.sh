#!/bin/bash
# What other programs read of this repository: the hooks of pre-commit, the GitHub action, and the lines of docs/ci.md that can be run here.
. "$(dirname "$0")/lib.bash"
export PATH=$build:$PATH

# step NAME: the script of a step of the action.
step() { awk -v name="$1" '$0 ~ "- name: " name "$" { on = 1 } on && /^      run: \|/ { text = 1; next } text && /^    - / { exit } text { sub(/^        /, ""); print }' "$root/action.yml"; }

mkdir -p gateways 'with blank'
printf 'conn a\n\tleft=192.0.2.1\n\tright=192.0.2.9\n\tauthby=secret\n\tpfs=maybe\n' >gateways/a.conf
printf 'conn b\n\tleft=192.0.2.1\n\tright=192.0.2.9\n\tauthby=secret\n' >'with blank/b.conf'

step Check >check.sh
is 'the action: its script is bash' '0 0' "$(bash -n check.sh; echo $?) $(step 'Build ipsecc' | bash -n; echo $?)"
# action PATHS OPTIONS FORMAT REPORT
action() { PATHS=$1 OPTIONS=$2 FORMAT=$3 REPORT=$4 GITHUB_OUTPUT=$dir/outputs bash -eo pipefail check.sh 2>&1; echo "-> $?"; }
is 'the action: annotations, and the status' "::error file=gateways/a.conf,line=5,endLine=5,col=6,endColumn=10,title=IC3001 bad-boolean::'maybe' is neither yes nor no%0Anote: libreswan 4.10 refuses the whole file%0Ahelp: write yes or no
-> 1" "$(action gateways $'--dialect=4.10\n\n' github '')"
is 'the action: a report, whose name is an output' '-> 1 report=r.sarif 2.1.0' "$(action gateways --dialect=4.10 sarif r.sarif) $(cat outputs) $(jq -r .version r.sarif)"
is 'the action: names with blanks, options that are none' '-> 0' "$(action $'with blank\nwith blank/b.conf' --dialect=4.10 concise '')"
is 'the action: inputs are no shell' '-> 2' "$(action '$(touch owned)' '--dialect=4.10' concise '' | tail -1; ls owned 2>/dev/null)"

# Each hook gets names of files as pre-commit gives them.
hook() { sed -n "/^- id: $1\$/,/^- id: /s/^  entry: //p" "$root/.pre-commit-hooks.yaml"; }
is 'hooks: check' '1' "$($(hook ipsecc) --dialect=4.10 gateways/a.conf 'with blank/b.conf' >/dev/null; echo $?)"
is 'hooks: fix, with nothing to fix' '0' "$($(hook ipsecc-fix) --dialect=4.10 'with blank/b.conf' >/dev/null; echo $?)"
is 'hooks: fmt writes' '0 conn a' "$(sed -i '1s/conn/conn   /' gateways/a.conf; $(hook ipsecc-fmt) gateways/a.conf; echo "$? $(head -1 gateways/a.conf)")"
is 'hooks: which files' 'ipsec.conf etc/ipsec.conf etc/ipsec.d/a.conf' "$(pattern=$(sed -n '/^- id: ipsecc$/,/^- id: /s/^  files: //p' "$root/.pre-commit-hooks.yaml")
	printf '%s\n' ipsec.conf etc/ipsec.conf etc/ipsec.d/a.conf strongswan.conf etc/ipsec.d/a.secrets xipsec.conf | grep -E "$pattern" | tr '\n' ' ' | sed 's/ $//')"
if command -v pre-commit >/dev/null; then
	is 'pre-commit takes the hooks' 0 "$(pre-commit validate-manifest "$root/.pre-commit-hooks.yaml" >/dev/null 2>&1; echo $?)"
else
	skip 'pre-commit takes the hooks' 'it is missing'
fi
if command -v action-validator >/dev/null; then
	is 'the action is valid' 0 "$(action-validator "$root/action.yml" >/dev/null 2>&1; echo $?)"
else
	skip 'the action is valid' 'action-validator is missing'
fi

# docs/ci.md: the shell lines.
is 'GitLab: the report is there when there are findings' '1 major' "$(ipsecc check --dialect=4.10 --format=gitlab gateways >gl.json; echo "$? $(jq -r '[.[].severity] | unique | join(" ")' gl.json)")"
is 'Jenkins: status 1 is left to the plug-in' '0' "$(ipsecc check --format=junit gateways >ipsecc.xml || [ $? = 1 ]; echo $?)"
is 'Jenkins: status 2 is not' '1' "$(ipsecc check --format=junit missing >ipsecc.xml 2>/dev/null || [ $? = 1 ]; echo $?)"
is 'Jenkins: Checkstyle' '0 1' "$(ipsecc check --format=checkstyle --fail-on=never gateways >c.xml; echo "$? $(grep -c '<checkstyle' c.xml)")"
finish

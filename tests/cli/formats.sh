#!/bin/bash
# Every format of `check` as its reader sees it: contents by jq and xmllint, the schemas that we keep beside this script, a real consumer
# where Debian has one. Names and messages are hostile.
. "$(dirname "$0")/lib.bash"

check() { "$ipsecc" check --dialect=4.10 --format="$@" 2>&1 </dev/null; }

# The example of the format descriptions: line 14 sets a keyword again.
cat >site.conf <<'END'
# branch office tunnel
version 2.0

config setup
        plutodebug=none
        logfile=/var/log/pluto.log

conn branch
        left=192.0.2.1
        leftid=@hq
        right=198.51.100.7
        dpdaction=clear
        authby=rsasig
        dpdaction=hold
        auto=start
END
cat >clean.conf <<'END'
conn clean
	left=192.0.2.1
	right=198.51.100.2
	authby=secret
	ikev2=insist
	auto=add
END
# A file name and values with everything that some format escapes.
mkdir conf.d
odd=$'we ird,%:\xc3\xa9<&"\x01\n[1]{x}.conf'
printf 'conn part\n\tauthby=\x01\xff%%0A::error::x\n\tikev2=\xc3\xa9{0}[a](1)\\\n\tpfs=sure\n' >"conf.d/$odd"
printf 'config setup\n\tplutodebug=none\n\ninclude conf.d/*.conf\nconn whole\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\talso=part\n' >hostile.conf

# --- lines ---

is 'concise: a line per finding' 'site.conf:14:9: error: '"'dpdaction' is set twice in conn 'branch'"' [IC2003]' "$(check concise site.conf | grep IC2003)"
is 'gcc: related places are notes behind their finding' 'site.conf:14:9: error
site.conf:12:9: note' "$(check gcc site.conf | grep IC2003 | cut -d: -f1-4)"
is 'gcc: the include chain' 'In file included from hostile.conf:4:' "$(check gcc hostile.conf | grep -m1 included)"
is 'concise: no line break or control character of the input gets through' "$(check json hostile.conf | jq '.findings|map(select(.severity != "note"))|length')" \
	"$(check concise hostile.conf | tr -d '\001\033' | grep -cE '^conf.d/we ird,%:é<&"␁␊\[1\]\{x\}.conf:[0-9]+:[0-9]+: (error|warning): [^'$'\001'']+ \[IC[0-9]{4}\]$')"
is 'concise: nothing for a clean file' '' "$(check concise clean.conf)"
if command -v vim >/dev/null; then
	check gcc site.conf >quickfix
	vim -u NONE -es -N -c 'set efm=%f:%l:%c:\ %trror:\ %m,%f:%l:%c:\ %tarning:\ %m,%f:%l:%c:\ %tote:\ %m,%-G%.%#' -c 'cgetfile quickfix' \
		-c 'redir! > seen' -c 'for d in getqflist() | echo bufname(d.bufnr) d.lnum d.col d.type | endfor' -c 'redir END' -c 'qa!'
	is 'gcc: vim finds the places' 'site.conf 14 9 e site.conf 12 9 n' "$(grep -A1 ' 14 9 ' seen | tr '\n' ' ' | sed 's/ $//')"
else
	skip 'gcc: vim finds the places' 'vim is missing'
fi
is 'github: the line of a finding' "::error file=site.conf,line=14,endLine=14,col=9,endColumn=17,title=IC2003 duplicate-keyword::'dpdaction' is set twice in conn 'branch'%0Asite.conf:12:9: first" \
	"$(check github site.conf | grep IC2003 | sed 's/%0Anote:.*//')"
is 'github: every line is a command, and the worst come first' '' "$(check github hostile.conf | grep -vE '^::(error|warning|notice) file=(conf.d/we ird%2C%25%3Aé<&"␁%0A\[1\]\{x\}|hostile).conf,line=')"
is 'github: a value cannot start a command of its own' "'␁�%250A::error::x' is no value of authby" "$(check github hostile.conf | grep -o "'␁.*authby")"
for ((i = 0; i < 12; i++)); do printf 'conn c%s\n\tleft=192.0.2.%s\n\tright=198.51.100.1\n\tauthby=secret\n\tpfs=maybe\n' $i $i; done >many.conf
is 'github: what is not annotated is counted' '2 more errors: they are in this log, GitHub annotates 10 of a step' \
	"$(check github many.conf | grep 'more errors')"

# --- JSON ---

if command -v jq >/dev/null; then
	is 'jsonl: every line is an object with a type' '["conn","finding","summary"]' "$(check jsonl site.conf | jq -sc 'map(.type)|unique')"
	is 'jsonl: a finding is the one of json' "$(check json site.conf | jq -cS '.findings')" "$(check jsonl site.conf | jq -scS 'map(select(.type=="finding")|del(.type))')"
	is 'jsonl: a clean file has its conn and the summary' 'conn summary' "$(check jsonl clean.conf | jq -r .type | tr '\n' ' ' | sed 's/ $//')"

	result='.runs[0].results[] | select(.ruleId == "IC2003")'
	is 'sarif: place and hash of the line as GitHub makes it' '{"startLine":14,"startColumn":9,"endLine":14,"endColumn":18} 4f07c8dcac53d31d:1' \
		"$(check sarif site.conf | jq -r "$result"' | (.locations[0].physicalLocation.region|tojson) + " " + .partialFingerprints.primaryLocationLineHash')"
	is 'sarif: ruleIndex points at the rule' '' "$(check sarif site.conf hostile.conf | jq -r '.runs[0] as $r | $r.results[] | select($r.tool.driver.rules[.ruleIndex].id != .ruleId)')"
	is 'sarif: every rule has the texts that GitHub demands' 0 "$(check sarif clean.conf | jq '[.runs[0].tool.driver.rules[] | select((.shortDescription.text and .fullDescription.text and .help.text and .defaultConfiguration.level) | not)] | length')"
	is 'sarif: the message links to the related place' "'dpdaction' is set twice in conn 'branch'|[first](1)|1|12" \
		"$(check sarif site.conf | jq -r "$result"' | (.message.text / "\n")[0:2] + [(.relatedLocations[0] | .id, .physicalLocation.region.startLine | tostring)] | join("|")')"
	is 'sarif: a clean file is a run without results' '1 []' "$(check sarif clean.conf | jq -c '.runs | length, .[0].results' | tr '\n' ' ' | sed 's/ $//')"
	is 'sarif: names are URIs below the working directory' 'conf.d/we%20ird%2C%25%3A%C3%A9%3C%26%22%01%0A%5B1%5D%7Bx%7D.conf SRCROOT' \
		"$(check sarif hostile.conf | jq -r '[.runs[0].results[].locations[0].physicalLocation.artifactLocation | .uri + " " + .uriBaseId] | unique[0]')"
	is 'sarif: brackets and braces of the input are no links and no placeholders' "'é{{0}}\\[a\\](1)\\\\' is no value of ikev2" \
		"$(check sarif hostile.conf | jq -r '.runs[0].results[].message.text | select(contains("of ikev2"))' | head -1)"
	is 'sarif: columns count characters' '[[8,19]]' "$(check sarif hostile.conf | jq -c '[.runs[0].results[] | select(.message.text | contains("of ikev2")) | .locations[0].physicalLocation.region | [.startColumn, .endColumn]]')"
	printf '%s\n' 'include way.d/a.conf' 'conn top' '	left=192.0.2.1' '	right=192.0.2.2' '	authby=secret' '	also=mid' 'conn mid' '	also=base' >way.conf
	mkdir way.d
	printf 'conn base\n\tike=3des-md5\n' >way.d/a.conf
	is 'sarif: the way to a finding, by also and include' '[["way.conf",2],["way.conf",6],["way.conf",8],["way.conf",1],["way.d/a.conf",2]]' \
		"$(check sarif way.conf | jq -c '[.runs[0].results[] | select(.codeFlows)][0].codeFlows[0].threadFlows[0].locations | map(.location.physicalLocation | [.artifactLocation.uri, .region.startLine])')"
	printf 'conn a\n\tpfs=YES!\n\tleftsubnet=10.0.0.1/24\n' >fixes.conf
	is 'sarif: a fix replaces its region' '10.0.0.0/24' "$(check sarif fixes.conf | jq -r '[.runs[0].results[] | select(.fixes)][0].fixes[0].artifactChanges[0].replacements[0].insertedContent.text')"
	is 'sarif: below 10 MB packed for 1000 conns' yes "$(for ((i = 0; i < 1000; i++)); do printf 'conn c%s\n\tpfs=maybe\n\tleft=1\n' $i; done >big.conf; [ "$(check sarif big.conf | gzip -c | wc -c)" -lt 10000000 ] && echo yes)"

	is 'gitlab: members' '["check_name","description","fingerprint","location","severity"]' "$(check gitlab site.conf | jq -c '[.[] | keys] | unique | .[0]')"
	is 'gitlab: severity and lines' 'major site.conf {"begin":14,"end":14}' "$(check gitlab site.conf | jq -r '.[] | select(.check_name == "IC2003") | "\(.severity) \(.location.path) \(.location.lines | tojson)"')"
	is 'gitlab: fingerprints are unique' true "$(check gitlab many.conf hostile.conf site.conf | jq 'map(.fingerprint) | length == (unique | length)')"
	before=$(check gitlab site.conf | jq -c 'map(.fingerprint) | sort')
	sed -i '1i # one more line' site.conf
	is 'gitlab: fingerprints stay when lines move' "$before" "$(check gitlab site.conf | jq -c 'map(.fingerprint) | sort')"
	sed -i 1d site.conf
	is 'gitlab: an empty array for a clean file' '[]' "$(check gitlab clean.conf)"
	is 'gitlab: the path is relative, whatever was typed' 'site.conf' "$(check gitlab ".///site.conf" "$PWD/conf.d/../site.conf" | jq -r '.[].location.path' | sort -u)"

	is 'rdjson: place, severity, code' '{"start":{"line":14,"column":9},"end":{"line":14,"column":18}} ERROR' \
		"$(check rdjson site.conf | jq -r '.diagnostics[] | select(.code.value == "IC2003") | (.location.range | tojson) + " " + .severity')"
	is 'rdjson: a suggestion' '10.0.0.0/24' "$(check rdjson fixes.conf | jq -r '.diagnostics[] | select(.suggestions[0]) | .suggestions[0].text' | tail -1)"
	is 'rdjson: an object without diagnostics for a clean file' '[]' "$(check rdjson clean.conf | jq -c .diagnostics)"
	for format in json jsonl sarif gitlab rdjson; do
		check $format hostile.conf | jq . >/dev/null
		is "$format: a hostile file gives a document that can be read" 0 "${PIPESTATUS[1]}"
	done
	is 'a file that cannot be read still gives a document, and status 2' '2 []' "$("$ipsecc" check --format=gitlab nothing.conf 2>/dev/null >out; echo "$? $(cat out)")"
else
	skip 'JSON formats' 'jq is missing'
fi
if python3 -c 'import jsonschema' 2>/dev/null && [ -n "${SARIF_SCHEMA:-}" ]; then
	check sarif site.conf hostile.conf >out.sarif
	is 'sarif: the OASIS schema' '' "$(python3 -m jsonschema -i out.sarif "$SARIF_SCHEMA" 2>&1)"
else
	skip 'sarif: the OASIS schema' 'set SARIF_SCHEMA to sarif-2.1.0.json, and have python3-jsonschema'
fi

# --- XML ---

if command -v xmllint >/dev/null; then
	for file in site.conf clean.conf hostile.conf; do
		check checkstyle $file >out.xml
		is "checkstyle: $file is valid" "out.xml validates" "$(xmllint --noout --relaxng "$root/tests/cli/checkstyle.rng" out.xml 2>&1)"
		check junit $file >out.xml
		is "junit: $file is valid" "out.xml validates" "$(xmllint --noout --relaxng "$root/tests/cli/junit.rng" out.xml 2>&1)"
	done
	is 'checkstyle: line, column, severity, source' '14 9 error ipsecc.IC2003' "$(check checkstyle site.conf >out.xml
		for a in line column severity source; do xmllint --xpath "string(//error[@source='ipsecc.IC2003']/@$a)" out.xml; done | tr '\n' ' ' | sed 's/ $//')"
	check checkstyle hostile.conf >out.xml
	is 'checkstyle: the file name comes out of the parser again, a control character as its picture' "conf.d/${odd/$'\001'/␁}" "$(xmllint --xpath "string(//file[contains(@name, 'ird')]/@name)" out.xml)"
	check junit site.conf clean.conf >out.xml
	is 'junit: a suite per file, a clean one passes' '2 1 0' "$(xmllint --xpath 'concat(count(//testsuite), " ", //testsuite[@name="clean.conf"]/@tests, " ", //testsuite[@name="clean.conf"]/@failures)' out.xml)"
	is 'junit: the numbers agree with the cases' 'true true' "$(xmllint --xpath 'concat(sum(//testsuite/@tests) = count(//testcase), " ", sum(//testsuite/@failures) = count(//failure))' out.xml)"
	"$ipsecc" check --dialect=4.10 --fail-on=error --format=junit site.conf >out.xml
	is 'junit: below the threshold is no failure' 0 "$(xmllint --xpath 'count(//failure[@type!="IC2003"])' out.xml)"
	check junit many.conf many.conf >out.xml
	is 'junit: cases of a suite have different names' '' "$(xmllint --xpath '//testsuite[1]/testcase/@name' out.xml | sort | uniq -d)"
else
	skip 'XML formats' 'xmllint is missing'
fi
if python3 -c 'import junitparser' 2>/dev/null; then
	check junit site.conf >out.xml
	is 'junit: python3-junitparser reads it' "$(grep -c '<testcase' out.xml)" "$(python3 -c 'import junitparser; print(sum(s.tests for s in junitparser.JUnitXml.fromfile("out.xml")))')"
else
	skip 'junit: python3-junitparser reads it' 'it is missing'
fi
finish

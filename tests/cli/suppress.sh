#!/bin/bash
# Comments that hide findings: where they hold, what is wrong with them, and that a refusal stays one.
. "$(dirname "$0")/lib.bash"

# list [OPTION...]: standard input as configuration; "LINE:COLUMN RULE" of each finding, and the exit status, in one line.
list() {
	cat >t.conf
	"$ipsecc" check --dialect=4.10 --ignore=IC70 --format=concise "$@" t.conf >out 2>&1; status=$?
	sed -E 's/^([^:]*):([0-9]+:[0-9]+): [a-z]+: .*\[(IC[0-9]+)\]$/\2 \3/' out | tr '\n' ' '
	echo "-> $status"
}
# The conn of all tests, with what $1 ... $4 add in the lines 1, 3, 6 and 8.
conn() {
	printf '%s\nconn a\n\t%s\n\tleft=192.0.2.1\n\tright=192.0.2.9\n\t%s\n\tauthby=secret\n\tdpdaction=hold %s\n' "$1" "$2" "$3" "$4"
}

is 'no comment: the finding' '8:12 IC4018 -> 1' "$(conn '#' '#' '#' '' | list)"
is 'a comment in a line of its own does not reach beyond the next statement' '6:19 IC1503 8:12 IC4018 -> 1' \
	"$(conn '#' '#' '# ipsecc: ignore IC4018 -- x' '' | list)"
is 'it reaches over blank lines and other comments' '-> 0' \
	"$(conn '#' '#' '' '' | sed '7 a \\n# ipsecc: ignore IC4018 -- x\n\n\t# another' | list)"
is 'behind the statement' '-> 0' "$(conn '#' '#' '#' '# ipsecc: ignore IC4018 -- x' | list)"
is 'by name, several of them' '-> 0' "$(conn '#' '#' '#' '# ipsecc: ignore IC4018' | sed 's/IC4018/dpd-incomplete/' | list)"
is 'the section' '-> 0' "$(conn '#' '# ipsecc: ignore-section IC4018 -- x' '#' '' | list)"
is 'the section, behind its header' '-> 0' "$(conn '#' '#' '#' '' | sed 's/^conn a/& # ipsecc: ignore-section IC4018/' | list)"
is 'another section is not concerned' '17:12 IC4018 -> 1' \
	"$( (conn '#' '# ipsecc: ignore-section IC4018 -- x' '#' ''; conn '#' '#' '#' '' | sed 's/conn a/conn b/; s/0\.2\.9/0.2.8/'; ) | sed 's/^conn b/\n&/' | list)"
is 'the file' '-> 0' "$(conn '# ipsecc: ignore-file IC4018 -- x' '#' '#' '' | list)"
is 'until a day to come' '-> 0' "$(conn '#' '#' '#' '# ipsecc: ignore IC4018 until 2999-01-31 -- x' | list)"
is 'until a day that is over: the finding is back' '8:12 IC4018 8:53 IC1504 -> 1' \
	"$(conn '#' '#' '#' '# ipsecc: ignore IC4018 -- x, until 2020-01-31' | list)"
is 'a comment in quotes is none' '' "$(conn '#' '#' 'leftid="# ipsecc: ignore IC4018"' '' | list | grep -o IC150.)"
is 'nor one in the middle of a comment' '8:12 IC4018 -> 1' "$(conn '#' '#' '#' '# see ipsecc: ignore IC4018' | list)"
is 'a bad instruction hides nothing' '3:12 IC1501 8:12 IC4018 -> 1' "$(conn '#' '# ipsecc: disable IC4018' '#' '' | list)"
is 'a bad date hides nothing' '8:12 IC4018 8:47 IC1501 -> 1' "$(conn '#' '#' '#' '# ipsecc: ignore IC4018 until 2027-1-1' | list)"
is 'no rule' '3:2 IC1501 8:12 IC4018 -> 1' "$(conn '#' '# ipsecc: ignore-section -- all of it' '#' '' | list)"
is 'a family is no rule' '3:27 IC1502 8:12 IC4018 -> 1' "$(conn '#' '# ipsecc: ignore-section IC20 -- x' '#' '' | list)"
is 'ignore-file inside a section' '3:2 IC1506 8:12 IC4018 -> 1' "$(conn '#' '# ipsecc: ignore-file IC4018 -- x' '#' '' | list)"
is 'ignore-section before every section' '1:1 IC1506 8:12 IC4018 -> 1' "$(conn '# ipsecc: ignore-section IC4018 -- x' '#' '#' '' | list)"
is 'a note when there is no reason' '8:17 IC1505 -> 0' "$(conn '#' '#' '#' '# ipsecc: ignore IC4018' | list -v)"
is 'which can be made an error' '8:17 IC1505 -> 1' "$(conn '#' '#' '#' '# ipsecc: ignore IC4018' | list --error=suppression-without-reason)"
is 'one of two rules without effect' '3:35 IC1503 -> 1' "$(conn '#' '# ipsecc: ignore-section IC4018, IC3105 -- x' '#' '' | list)"
is 'rules that depend on the command are not judged' '-> 0' "$(conn '#' '# ipsecc: ignore-section IC8101, IC7003 -- x' '#' '' | sed '$d' | list)"
is 'a comment cannot hide what is said about comments' '3:27 IC1503 6:12 IC1501 -> 1' \
	"$(conn '#' '# ipsecc: ignore-section IC1501 -- x' '# ipsecc: nothing' '' | sed '$d' | list)"
is 'a refusal is hidden from the list, not from the status' '2:6 IC1507 -> 1' \
	"$(conn '#' '# ipsecc: ignore-section IC3105 -- x' 'leftsubnet=10.0.0.0/33' '' | sed '$d' | list)"
is 'unless the comment says so by name' '-> 0' \
	"$(conn '#' '# ipsecc: ignore-section IC3105, refusal-hidden -- x' 'leftsubnet=10.0.0.0/33' '' | sed '$d' | list)"
printf 'conn a\n\tleft=192.0.2.1\n\tright=192.0.2.9\n\tauthby=secret\n\talso=part\n' >t2.conf
printf '# ipsecc: ignore-file IC4018 -- x\nconn part\n\tdpdaction=hold\n' >part.conf
is 'an included file speaks for itself' '-> 0' "$( (cat t2.conf; echo include part.conf) | list)"
is 'included twice: used once is used' '' "$( (cat t2.conf; echo include part.conf; echo include part.conf) | list | grep -o IC150.)"
is 'the summary counts' '1 suppressed' "$(conn '#' '#' '#' '# ipsecc: ignore IC4018 -- x' >t.conf; "$ipsecc" check --dialect=4.10 t.conf | grep -o '[0-9]* suppressed')"

finish

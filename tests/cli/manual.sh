#!/bin/bash
# The manual pages know the commands and options that --help knows, and no others; groff has nothing to complain of.
. "$(dirname "$0")/lib.bash"

# Options as "-x" and "--long", one a line: of the first column of a help text and its usage, and of a page, where `Fl h , -help` is
# -h, --help.
of_help() {
	sed -nE 's/^ {2,6}(-.*)/\1/; t option; s/^(usage:|  ).*(\[--[a-z]+).*/\2/p; d; : option; s/  .*//; p' |
		grep -oE -- '(^|[ [])(-[A-Za-z0-9]\b|--[a-z][a-z0-9-]+)' | tr -d ' [' | sort -u
}
of_page() { grep '\bFl ' "$1" | tr ' ' '\n' | sed -n '/^Fl$/ { n; s/^/-/p; d; }; s/^-[a-z]/-&/p' | grep -x -- '-[A-Za-z0-9]\|--[a-z0-9-]*' | sort -u; }
page=$root/docs/man

commands=$("$ipsecc" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
is 'ipsecc.1 has the commands of --help' "$(sort <<<"$commands")" "$(sed -n '/^.Sh DESC/,/^.El/s/^.It Cm //p' "$page/ipsecc.1" | sort)"
is 'ipsecc.1 has the options of --help' "$(for c in $commands; do "$ipsecc" "$c" --help; done | of_help)" \
	"$(of_page "$page/ipsecc.1")"
letters=$("$ipsec_run" --help | sed -n 's/^usage: ipsec-run \[-\([A-Za-z0-9]*\)\].*/\1/p')
is 'ipsec-run.1 has the options of --help' "$({ "$ipsec_run" --help | of_help; sed 's/./-&\n/g' <<<"$letters"; } | grep . | sort -u)" \
	"$(sed "s/Fl $letters/$(sed 's/./Fl & /g' <<<"$letters")/" "$page/ipsec-run.1" >flat; of_page flat)"

for name in ipsecc ipsec-run; do
	if ls /usr/share/groff/*/tmac/mdoc.tmac >/dev/null 2>&1; then
		is "groff reads $name.1" '' "$(groff -mdoc -Tutf8 -ww -z "$page/$name.1" 2>&1)"
	else
		skip "groff reads $name.1" 'no groff with mdoc'
	fi
done
finish

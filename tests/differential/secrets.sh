#!/bin/bash
# secrets.sh [TITLE] -- which entry of ipsec.secrets Debian's pluto 4.10 takes for a conn, and of which lines it complains, beside what
# `ipsecc check` says. The cases are in secrets.cases: a line "== CONN...: TITLE", then a file. With TITLE only those that have it in their title.
#
# One pluto has the conns of secrets.conf, and its log tells the line of the entry that it takes ("concluding with best_match=... (lineno=N)");
# another one answers or begins. Needs root, namespaces, jq, and the scripts lab and peer-pluto in $IPSECC_TOOLS.
# SECRETS_LOG=FILE keeps what was said of each case.
. "$(dirname "$0")/lib.bash"
what="secrets of Debian's pluto" here=$PWD/tests/differential lab=secrets$$ started=
needs jq
dir=$(mktemp -d)
stop() {
	[ -z "$started" ] || "$IPSECC_TOOLS/lab" down $lab >/dev/null 2>&1
	rm -rf "$dir"
}
trap stop EXIT
pluto() { "$IPSECC_TOOLS/peer-pluto" "$@"; }
whack() { pluto whack $lab-left "$@"; }

# start SIDE CONF SECRETS [OPTION]...
start() {
	pluto start $lab-"$1" -c "$2" -s "$3" --no-esp "${@:4}" >"$dir/log" 2>&1
	case $? in
	0) ;;
	77) skip_all "pluto: $(tail -n 1 "$dir/log")" ;;
	*) result "not ok" "pluto starts on the $1"; sed 's/^/# /' "$dir/log"; exit 1 ;;
	esac
}

alive() { kill -0 "$(cut -d" " -f1 "$(pluto where $lab-left)/pid")" 2>/dev/null; }
begin() { start left "$here/secrets.conf" "$dir/peer.secrets" --debug all; }

# What a conn is looked for by; where the peer begins it is the last that counts.
declare -A ids=(
	[names]='@me->@peer' [third]='@me->@third' [addresses]='192.0.2.1->192.0.2.2' [mixed]='192.0.2.1->@peer'
	[mail]='me@example.com->peer@example.com' [dn]='C=DE, O=Acme, CN=me->C=DE, O=Acme, CN=peer' [keyid]='@#0x0a0b->@#0x0c0d'
	[main]='@me->@peer' [aggressive]='@me->@peer'
)

# The line of the entry that pluto takes for a conn; "none"; "?" when it did not look for any; "dies".
theirs() {
	local at log=$(pluto where $lab-left)/pluto.log side=left name=$1
	at=$(stat -c %s "$log")
	[[ $name == road* ]] && side=right
	pluto initiate $lab-$side "$name" 1 >/dev/null 2>&1
	whack --terminate --name "$name" >/dev/null 2>&1
	[ $side = left ] || pluto whack $lab-right --terminate --name "$name" >/dev/null 2>&1
	tail -c "+$((at + 1))" "$log" | awk -v ids="${ids[$name]-}" '
		# conns that failed before are tried again now and then
		/lsw_get_secret\(\) using IDs/ { psk = /SECRET_PSK/ && (ids == "" || index($0, "IDs for " ids " of")) }
		psk && /concluding with best_match/ { line = match($0, /lineno=-?[0-9]+/) ? substr($0, RSTART + 7, RLENGTH - 7) : -1
			line = line < 1 ? "none" : line; psk = 0; answer = line; seen = 1 }
		/ABORT: /  { dies = 1 }
		END { print dies ? "dies" : seen ? answer : "?" }'
}

# reread FILE: the lines where the records begin that pluto complains of, one each.
reread() {
	local at where=$(pluto where $lab-left)
	cp "$1" "$where/next.secrets"
	nsenter -t "$(cut -d" " -f1 "$where/pid")" -m -- cp "$where/next.secrets" /etc/ipsec.secrets
	at=$(stat -c %s "$where/pluto.log")
	whack --rereadsecrets >/dev/null 2>&1
	tail -c "+$((at + 1))" "$where/pluto.log" | grep -a 'ipsec.secrets" line [0-9]' | grep -av '| ' >"$dir/complaints"
	# a record without a colon is noticed at the next one
	sed -nE 's/.*ipsec\.secrets" line ([0-9]+)(: unexpected end of id list)?.*/\1 \2/p' "$dir/complaints" |
		awk 'NR == FNR { if ($0 ~ /^[^ \t#]/ || NR == 1) { before[NR] = start; start = NR } of[NR] = start; next }
			{ print (NF > 1 && before[$1] ? before[$1] : of[$1]) }' "$1" - | sort -nu
}

facts='{"version": 1, "addresses": [{"ifname": "eth0", "flags": ["UP"], "addr_info": [{"family": "inet", "local": "192.0.2.1", "prefixlen": 24}]}]}'
compare() {
	local title=$1 file=$2 conn line bad=
	shift 2
	alive || begin
	"$build/ipsecc" check --dialect=4.10 --format=json --host-facts=<(echo "$facts") --secrets="$file" "$here/secrets.conf" >"$dir/ours.json" 2>"$dir/err"
	reread "$file" >"$dir/lines"
	: >"$dir/difference"
	for conn; do
		line=$(theirs "$conn")
		ours=$(jq -r --arg c "$conn" --argjson dead "$(jq '[.findings[] | select((.rule == "IC3506" or .rule == "IC3512") and .severity == "error")]' "$dir/ours.json")" '.conns[] | select(.name == $c) | .secrets[] | select(.kind == "psk") |
			if ($dead | length) > 0 then "dies" elif .status == "found" then .line else if .status == "missing" then "none" else .status end end' "$dir/ours.json")
		[ "$line" != "?" ] || line=$(theirs "$conn")	# the last one was not quite over
		[ "$line" != dies ] || { pluto stop $lab-left >/dev/null 2>&1; begin; }
		# what the DNS decides is unknown, and has no DNS here
		[ "$line" = "$ours" ] || [[ $ours == unknown && $title == *"does not resolve"* ]] || echo "# $conn: pluto takes ${line}, ipsecc $ours" >>"$dir/difference"
	done
	{ echo "== $title"; cat "$dir/complaints" "$dir/difference"
	  jq -r '.findings[] | select(.file != null and (.file | endswith("secrets"))) | "\(.line): \(.rule) \(.message)"' "$dir/ours.json"; } >>"${SECRETS_LOG:-/dev/null}"
	if [ -s "$dir/difference" ]; then result "not ok" "$title"; cat "$dir/difference"; else result ok "$title"; fi
	# what pluto says of a line is said here too; we say more
	jq -r '.findings[] | select(.rule[0:4] == "IC35" and .file != null) | select(.file | endswith("secrets")) | .line' "$dir/ours.json" | sort -nu >"$dir/said"
	grep -vxFf "$dir/said" "$dir/lines" >"$dir/unsaid"
	[ -s "$dir/unsaid" ] || return
	result "not ok" "$title: pluto complains of lines $(tr '\n' ' ' <"$dir/unsaid")"
	sed 's/^/# /' "$dir/complaints"
}

run_cases() {
	local wanted=$1 title conns
	while IFS= read -r line || [ -n "$line" ]; do
		if [[ $line == "== "* ]]; then
			[ -z "${title:-}" ] || compare "$title" "$dir/ipsec.secrets" $conns 3<&-
			title=${line#*: } conns=${line#== } conns=${conns%%:*}
			[[ $title == *"$wanted"* ]] || title=
			: >"$dir/ipsec.secrets"
			continue
		fi
		printf '%s\n' "$line" >>"$dir/ipsec.secrets"
	done <"$here/secrets.cases"
	[ -z "${title:-}" ] || compare "$title" "$dir/ipsec.secrets" $conns
}

[ -z "${SECRETS_LOG:-}" ] || : >"$SECRETS_LOG"
"$IPSECC_TOOLS/lab" up $lab >"$dir/log" 2>&1 || skip_all "lab: $(tail -n 1 "$dir/log")"
started=1
echo ': PSK "the key of the other side, which nobody asks for"' >"$dir/peer.secrets"
start right "$here/secrets-peer.conf" "$dir/peer.secrets"
begin
run_cases "${1:-}"
echo "1..$n"
exit $failed

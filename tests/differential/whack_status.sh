#!/bin/bash
# whack_status.sh -- each conn of whack.conf has the same status in Debian's pluto 4.10 whether addconn read the file or our whack script was run.
#
# Needs root, network namespaces, and the peer scripts that IPSECC_TOOLS names (they fetch Debian's libreswan).
. "$(dirname "$0")/lib.bash"
conf=tests/differential/whack.conf
conns=$(sed -n 's/^conn \([^%]\)/\1/p' $conf)

skip_all() { for c in $conns; do result ok "status of conn $c # SKIP $1"; done; exit 0; }

needs
lab=$IPSECC_TOOLS/lab peer=$IPSECC_TOOLS/peer-pluto name=ipsecc-whack-$$ ns=ipsecc-whack-$$-left
dir=$(mktemp -d)
clean_up() { "$peer" stop "$ns" >/dev/null 2>&1; "$lab" down "$name" >/dev/null 2>&1; rm -rf "$dir"; }
trap clean_up EXIT
"$lab" up "$name" >"$dir/log" 2>&1 || skip_all "no network namespaces: $(tail -n 1 "$dir/log")"
"$peer" start "$ns" -c $conf --no-esp >"$dir/log" 2>&1
case $? in
0) ;;
77) skip_all "pluto: $(tail -n 1 "$dir/log")" ;;
*) cat "$dir/log"; result "not ok" "pluto starts with the conns of whack.conf"; exit 1 ;;
esac

# The lines of one conn, or of its pairs, without what differs at every load and what whack before 5.0 cannot say (docs/backends/whack.md): the
# aliases of subnet products; and --client makes the policy of a shunt say TUNNEL, which has no effect.
status_of() {
	"$peer" whack "$ns" --status | grep -E "^000 \"$1(/[0-9]+x[0-9]+)?\":" | sed -E '
		s/ conn serial: \$[0-9]+;//; s/(newest [A-Za-z]+ SA: #)[0-9]+/\1/g; /:   aliases: /d; /NEVER_NEGOTIATE/s/[+]TUNNEL//'
}

for c in $conns; do status_of "$c" >"$dir/addconn.$c"; done
"$build/ipsecc" compile --target=whack --dialect=4.10 -o "$dir/script" $conf 2>"$dir/findings" || cat "$dir/findings"
mkdir "$dir/bin"
printf '#!/bin/sh\nshift\nexec "%s" whack "%s" "$@"\n' "$peer" "$ns" >"$dir/bin/ipsec"
chmod +x "$dir/bin/ipsec"
for run in 1 2; do
	PATH=$dir/bin:$PATH sh "$dir/script" >"$dir/out" 2>&1
	status=$?
	if [ $status = 0 ]; then result ok "the script ends with 0, run $run"; else result "not ok" "the script ends with 0, run $run"; cat "$dir/out"; fi
done
for c in $conns; do
	status_of "$c" >"$dir/whack.$c"
	if [ -s "$dir/addconn.$c" ] && cmp -s "$dir/addconn.$c" "$dir/whack.$c"; then
		result ok "status of conn $c"
	else
		result "not ok" "status of conn $c"
		diff "$dir/addconn.$c" "$dir/whack.$c"
		grep -F -- "--name $c " "$dir/script"
	fi
done

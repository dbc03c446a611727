#!/bin/bash
# --dialect=auto: where the release comes from, and that the last line and the document say so; files below --root; standard input.
. "$(dirname "$0")/lib.bash"

# last ARGUMENT...: the last line that check prints about a clean file
last() { "$ipsecc" check "$@" 2>&1 </dev/null | tail -n 1; }

# why ARGUMENT...: release, chosen and why of the document
why() {
	"$ipsecc" check --format=json "$@" 2>&1 </dev/null |
		sed -n 's/^ *"\(release\|chosen\|why\|written_for\)": "\(.*\)",\{0,1\}$/\1: \2/p' | paste -sd'|'
}

conn="conn hq
	left=192.0.2.1
	right=198.51.100.2
	authby=secret
	auto=add"
host=$dir/host
mkdir -p "$host/etc/ipsec.d" "$host/usr/sbin" "$host/var/lib/dpkg" "$host/lib/apk/db"
printf '%s\n' "$conn" >"$host/etc/ipsec.conf"
printf '%s\n' "$conn" >"$dir/plain.conf"
printf '%s\n\tmobike=yes\n' "$conn" >"$dir/mobike.conf"
echo '{"version": 1, "addresses": [{"ifname": "eth0", "flags": ["UP"], "addr_info": [{"local": "192.0.2.1", "prefixlen": 24}]}], "routes": [], "routes6": [], "libreswan": "4.9"}' >"$dir/facts.json"

# --- where it comes from, the strongest first ---------------------------------------------------------------------------------------

is 'asked for' "$dir/mobike.conf: 1 conn loads        libreswan-4 (asked for)" "$(last --dialect=4.12 --host-facts="$dir/facts.json" "$dir/mobike.conf")"
is 'the host facts' "$dir/mobike.conf: 1 conn loads        libreswan-4 (4.9 is installed, by the host facts)" \
	"$(last --host-facts="$dir/facts.json" "$dir/mobike.conf")"
is 'the names in the file' "$dir/mobike.conf: 1 conn loads        libreswan-4 (from mobike=, $dir/mobike.conf:6)" "$(last "$dir/mobike.conf")"
is 'nothing' "$dir/plain.conf: 1 conn loads        libreswan-3 (nothing in the file tells the release)" "$(last "$dir/plain.conf")"
is 'the document says why' "release: 4.10|chosen: auto|why: from mobike=, $dir/mobike.conf:6" "$(why "$dir/mobike.conf")"

# --- the installed release counts for the host's own file -----------------------------------------------------------------------------

is 'no Libreswan there' "$host/etc/ipsec.conf: 1 conn loads        libreswan-3 (nothing in the file tells the release)" "$(last --root="$host")"
printf 'P:musl\nV:1.2.5-r0\n\nC:Q1\nP:libreswan\nV:5.2-r0\n\n' >"$host/lib/apk/db/installed"
is "Alpine's database" "$host/etc/ipsec.conf: 1 conn loads        libreswan-5 (5.2 is installed, by /lib/apk/db/installed)" "$(last --root="$host")"
printf 'Package: libreswan\nStatus: deinstall ok config-files\nVersion: 3.27-6\n\n' >"$host/var/lib/dpkg/status"
is "Debian's database: a package that was removed" "$host/etc/ipsec.conf: 1 conn loads        libreswan-5 (5.2 is installed, by /lib/apk/db/installed)" \
	"$(last --root="$host")"
printf 'Package: libnss3\nStatus: install ok installed\nVersion: 2:3.87.1-1\n\nPackage: libreswan\nStatus: install ok installed\nArchitecture: amd64\nVersion: 4.10-2+deb12u1\n' \
	>"$host/var/lib/dpkg/status"
is "Debian's database" "$host/etc/ipsec.conf: 1 conn loads        libreswan-4 (4.10 is installed, by /var/lib/dpkg/status)" "$(last --root="$host")"
printf '#!/bin/sh\nIPSEC_VERSION="U5.9.8/K6.1"\n' >"$host/usr/sbin/ipsec"
is "strongSwan's script says nothing" "$host/etc/ipsec.conf: 1 conn loads        libreswan-4 (4.10 is installed, by /var/lib/dpkg/status)" \
	"$(last --root="$host")"
printf '#!/bin/sh\nexport IPSEC_VERSION="v3.32"\n' >"$host/usr/sbin/ipsec"
is "Libreswan's script" "$host/etc/ipsec.conf: 1 conn loads        libreswan-3 (3.32 is installed, by /usr/sbin/ipsec)" "$(last --root="$host")"
is 'named in full, it is the same file' "$host/etc/ipsec.conf: 1 conn loads        libreswan-3 (3.32 is installed, by /usr/sbin/ipsec)" \
	"$(last --root="$host" "$host/etc/ipsec.conf")"
is 'another file is not the host'\''s' "$dir/plain.conf: 1 conn loads        libreswan-3 (nothing in the file tells the release)" \
	"$(last --root="$host" "$dir/plain.conf")"
is 'what was asked for comes first' "$host/etc/ipsec.conf: 1 conn loads        libreswan-5 (asked for)" "$(last --root="$host" --dialect=libreswan-5)"

# --- a file for another program ------------------------------------------------------------------------------------------------------

printf 'config setup\n\tcharondebug="ike 2"\n%s\n\tclosecation=restart\n\tcloseaction=restart\n' "$conn" >"$dir/swan.conf"
is 'the document names the program and counts what is withheld' \
	"release: 3.18|chosen: auto|why: by charondebug, $dir/swan.conf:2|written_for: strongSwan / \"suppressed\": 3," \
	"$(why "$dir/swan.conf") / $("$ipsecc" check --format=json "$dir/swan.conf" | grep -o '"suppressed": [0-9]*,')"
is 'with a release that was asked for they are shown' 'IC2001 IC2001 IC2001' \
	"$("$ipsecc" check --dialect=4.10 "$dir/swan.conf" | grep -o 'IC[0-9]*\]' | tr -d ']' | xargs)"

# --- standard input and roots ----------------------------------------------------------------------------------------------------------

is 'standard input' '<stdin>: 1 conn loads        libreswan-4 (from mobike=, <stdin>:6)' "$("$ipsecc" check - <"$dir/mobike.conf")"
is 'standard input under a name' 'site/a.conf: 1 conn loads        libreswan-4 (from mobike=, site/a.conf:6)' \
	"$("$ipsecc" check --stdin-filename=site/a.conf - <"$dir/mobike.conf")"
printf 'include /etc/ipsec.d/*.conf\n' >"$host/etc/ipsec.conf"
printf '%s\n\tpfs=maybe\n' "$conn" >"$host/etc/ipsec.d/hq.conf"
is 'absolute includes lie below --root, and are shown by the name they have there' \
	"  --> /etc/ipsec.d/hq.conf:6:6" "$("$ipsecc" check --root="$host" --dialect=4.10 | grep -e '-->')"
is 'of standard input too' "  --> /etc/ipsec.d/hq.conf:6:6" \
	"$("$ipsecc" check --root="$host" --dialect=4.10 - <"$host/etc/ipsec.conf" | grep -e '-->')"
is 'user data is no mistake' "$dir/user.conf: 1 conn loads        libreswan-3 (nothing in the file tells the release)" \
	"$(printf '%s\n\tx-owner=\"net team\"\n\tX_ticket=4711\n' "$conn" >"$dir/user.conf"; last "$dir/user.conf")"

finish

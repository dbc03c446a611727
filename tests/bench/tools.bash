# shellcheck shell=bash
# tools.bash -- what the measurements of the running daemon share, on top of tests/net/lib.bash.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/ipsecc-bench

need_root_and_tun() {
	[ "$(id -u)" = 0 ] && ip netns add "$lab-probe" 2>/dev/null && ip netns del "$lab-probe" || { echo "SKIP ${0##*/}: no network namespaces"; exit 0; }
	[ -e /dev/net/tun ] || { mkdir -p /dev/net && mknod /dev/net/tun c 10 200; } 2>/dev/null || { echo "SKIP ${0##*/}: no /dev/net/tun"; exit 0; }
}

# A program of Debian's packages, unpacked below the cache directory; prints how it is called. Nothing is installed.
debian_program() {	# NAME PATH PACKAGE...
	local root=$cache/$1 path=$2 d
	[ -x "$root/$path" ] || { mkdir -p "$root" && (cd "$root" && apt-get download -qq "${@:3}" >/dev/null 2>&1 && for d in *.deb; do dpkg -x "$d" .; done); }
	[ -x "$root/$path" ] || return 1
	echo "env LD_LIBRARY_PATH=$root/usr/lib/$(uname -m)-linux-gnu $root/$path"
}

# Processor time of a process and its threads so far, in ticks.
ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }

charon_conn() {	# LOCAL NAME NET REMOTE NAME NET: swanctl.conf of one end, as configuration() of lib.bash has it
	cat <<-END
	connections { gw {
	  version = 2
	  local_addrs = $1
	  remote_addrs = $4
	  proposals = aes128-sha256-ecp256
	  local  { auth = psk
	           id = $2.example }
	  remote { auth = psk
	           id = $5.example }
	  children { net {
	    local_ts = $3
	    remote_ts = $6
	    esp_proposals = aes128gcm16
	    mode = tunnel } } } }
	END
}

charon_secret() { printf 'secrets { ike-1 {\n secret = "a lab secret, not a real one" } }\n'; }

# --- many peers at one address, told apart by their identities ---------------------------------------------------------------------

inner_of() { echo "10.$((16 + $1 / 65536)).$(($1 / 256 % 256)).$(($1 % 256))/32"; }

many_conns() {	# COUNT: ipsec.conf
	printf 'config setup\n    ikev1-policy=accept\n\nconn %%default\n'
	printf '    %s\n' left=192.0.2.1 right=192.0.2.2 rightid=@right.example rightsubnet=10.2.0.0/24 authby=secret ikev2=insist \
		ike=aes_gcm256-sha2_256-dh31 esp=aes_gcm256-null pfs=yes ikelifetime=8h salifetime=1h auto=add
	for ((i = 0; i < $1; i++)); do
		printf '\nconn net%d\n    leftid=@c%d.example\n    leftsubnet=10.%d.%d.%d/32\n' $i $i $((16 + i / 65536)) $((i / 256 % 256)) $((i % 256))
	done
}

many_secret() {	# one for all
	printf '%s\n' ': PSK "a lab secret, not a real one"' >"$work/ipsec.secrets"
	chmod 600 "$work/ipsec.secrets"
}

start_quiet() {	# SIDE: without -d, as in production
	"$1" "$ipsec_run" -l "$work/$1.log" --secrets="$work/ipsec.secrets" --control="$work/$1.sock" --pidfile="$work/$1.pid" --dataplane=tun \
		"$work/$1.json" >"$work/start.log" 2>&1
}

resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }	# PID: kB

quiet_charon() {	# strongswan.conf: no log, and tables of a size for many
	cat <<-END
	ikesa_table_size = 4096
	ikesa_table_segments = 16
	init_limit_half_open = 0
	filelog { out { default = -1
	                ike = -1
	                chd = -1
	                cfg = -1
	                knl = -1 } }
	END
}

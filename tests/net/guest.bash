# shellcheck shell=bash
# guest.bash -- for tests that need of the kernel what this one may lack: `in_guest NEED TEST [PREPARE]` starts the script again in a guest kernel where
# the command TEST fails, after PREPARE. $what names the script, NEED what it needs.

has_esp() {
	unshare -n ip xfrm state add src 127.0.0.1 dst 127.0.0.2 proto esp spi 0x1000 mode transport \
		aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f10111213 128 2>/dev/null
}

# The guest has no network: the peers' packages come into the cache here, by starting each once.
fetch_peers() {
	local ns=icfetch$$ empty peer
	empty=$(mktemp)
	ip netns add $ns || return
	for peer in charon pluto; do
		"$IPSECC_TOOLS/peer-$peer" start $ns -c "$empty"
		"$IPSECC_TOOLS/peer-$peer" stop $ns
	done >/dev/null 2>&1
	ip netns del $ns
	rm -f "$empty"
}

in_guest() {
	local guest=${IPSECC_TOOLS:-}/run-in-kernel mode
	[ -z "${IN_GUEST:-}" ] && ! "$2" || return 0
	[ -x "$guest" ] || { echo "ok 1 - $what # SKIP no $1 in this kernel, and IPSECC_TOOLS is not set"; echo 1..1; exit 0; }
	# user-mode Linux is fast but does not run on every processor; emulation does
	for mode in --uml --tcg; do
		"$guest" $mode true >/dev/null 2>&1 || continue
		${3:-true}
		IN_GUEST=1 exec "$guest" $mode -m 1024M -t 540 "$0"
	done
	echo "ok 1 - $what # SKIP no $1 in this kernel, and no guest kernel runs here"; echo 1..1; exit 0
}

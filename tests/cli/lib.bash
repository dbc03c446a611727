# shellcheck shell=bash
# lib.bash -- the head of the scripts here: the programs, an empty directory to work in, TAP lines. Ends with `finish`.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
root=$PWD build=$PWD/${BUILD:-build}
ipsecc=$build/ipsecc ipsec_run=$build/ipsec-run
facts=$root/tests/corpus/host.json	# of the host 192.0.2.1
dir=$(cd "$(mktemp -d)" && pwd -P); trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 2
export LC_ALL=C.UTF-8
n=0 bad=0

# is NAME EXPECTED SEEN
is() {
	n=$((n + 1))
	if [ "$2" = "$3" ]; then echo "ok $n - $1"; return; fi
	bad=1
	echo "not ok $n - $1"
	diff <(cut -c1-300 <<<"$2") <(cut -c1-300 <<<"$3") | sed 's/^/# /'
}

# like NAME PATTERN SEEN, has NAME TEXT SEEN
like() { if [[ $3 =~ $2 ]]; then is "$1" 1 1; else is "$1" "something like $2" "$3"; fi; }
has() { if grep -qF -- "$2" <<<"$3"; then is "$1" 1 1; else is "$1" "something with $2" "$3"; fi; }

# skip NAME WHY
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }

finish() { echo "1..$n"; exit $bad; }

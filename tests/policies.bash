# shellcheck shell=bash
# policies.bash -- what `ip xfrm policy` prints, as text that can be compared.

# One policy a line, sorted; the daemon's own holes for neighbour discovery (priority 1) left out.
normal() {
	awk '/^src /{ if (p) print p; p = $0; next } { sub(/^[ \t]+/, " "); p = p $0 } END { if (p) print p }' |
		sed -E 's/[ \t]+/ /g; s/ $//' | grep -v ' priority 1 ' | sort
}

#!/bin/bash
# ipsecc graph as a caller sees it: the three formats, what the conns become in them, and names that would be code there.
. "$(dirname "$0")/lib.bash"

# runs ipsecc graph; sets out, err, status
run() { out=$("$ipsecc" graph "$@" 2>err); status=$?; err=$(cat err); }

office() { run --host-facts="$root/examples/office-host.json" "$@" "$root/examples/office.conf" "${conns[@]}"; }
conns=()

office
is 'dot is the default, status 0' "0::digraph ipsec {" "$status:$err:${out%%$'\n'*}"
has 'this host is told from the others' 'fillcolor="#ddf4ff" color="#0969da" penwidth=2 label="192.0.2.1\n@ulm.example"' "$out"
has 'a conn: name, mode, first proposal, strength' 'label="berlin\ntunnel, IKEv2\nAES_GCM_16_256\n128 bit"' "$out"
has 'a conn that does not load says so in words' 'label="bonn\ntunnel, IKEv2\nwill not load"' "$out"
has 'traffic in clear says so in words' 'label="printers\nin clear"' "$out"
is 'a network of two gateways is one' 1 "$(grep -c 'label="10.2.0.0/16"' <<<"$out")"
has 'the place of the conn' 'office.conf:17"' "$out"
first=$out
office
is 'the same every time' "$first" "$out"

conns=(hamburg)
office
is 'only the conns named' '1:0' "$(grep -c 'label="hamburg' <<<"$out"):$(grep -c berlin <<<"$out")"
conns=(hamburk)
office
is 'an unknown conn: status 2' 2 "$status"
conns=()

office --format=mermaid
is 'mermaid' '0:flowchart LR' "$status:${out%%$'\n'*}"
has 'a link of mermaid' '<-->|"berlin<br>tunnel, IKEv2<br>AES#95;GCM#95;16#95;256<br>128 bit"|' "$out"

printf 'conn weak\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tike=aes128-sha1;modp1024\n\tauto=add\n' >weak.conf
run --dialect=3.18 weak.conf
has 'the weakest that may be agreed on counts' 'weak: 80 bit' "$out"

# What these characters mean in dot, in HTML and in Mermaid must not come through.
cat >hostile.conf <<'END'
conn <script>alert(1)</script>"]
	left=192.0.2.1
	leftid="C=DE, O=a\\b <i>&amp; |end|, CN=;x`"
	right=198.51.100.1
	rightid=@"];n1->n2[label="
	rightsubnet=10.2.0.0/16
	authby=secret
	auto=add
END
printf 'conn \xff\x1b[31m\n\tleft=192.0.2.1\n\tright=198.51.100.2\n\tauthby=secret\n\tauto=add\n' >>hostile.conf
run --format=mermaid hostile.conf
is 'mermaid: no name is code' 0 "$(grep -cE '<script|<i>|\[31m' <<<"$out")"
if command -v dot >/dev/null; then
	office --format=svg
	like 'svg: a picture' '<svg ' "$out"
	has 'svg: with the words of a conn' '>berlin<' "$out"
	office --format=svg -o vpn.svg
	is 'svg into a file' '0:1' "$status:$(grep -c '<svg ' vpn.svg)"
	run --format=svg hostile.conf
	is 'svg: no name is code' '0:0' "$status:$(grep -c '<script' <<<"$out")"
	if command -v xmllint >/dev/null; then
		is 'svg of hostile names is well-formed' '' "$(xmllint --nonet --noout - <<<"$out" 2>&1)"
	else skip 'svg of hostile names is well-formed' 'no xmllint'; fi
else
	skip 'svg' "no dot (Debian: graphviz)"
fi
mkdir -p empty
out=$(PATH=$dir/empty "$ipsecc" graph --format=svg "$root/examples/office.conf" 2>&1); status=$?
is 'svg without Graphviz: status 2' 2 "$status"
has 'and what to install' 'apt-get install graphviz' "$out"
finish

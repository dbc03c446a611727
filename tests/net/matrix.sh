#!/bin/bash
# matrix.sh -- ipsec-run against strongSwan's charon, over TUN: what peers combine, pairwise: shared key and certificates, AES-GCM and AES-CBC with
# SHA2, groups 14, 19, 20 and 31, IPv4 and IPv6 outside and inside, with IKE messages in fragments. Each row is brought up from either side, carries
# traffic both ways, is rekeyed three times for the child and for the IKE SA under it, and is closed from either side.
cd "$(dirname "$0")/../.." || exit 2
. tests/net/lib.bash
. tests/net/pki.bash
what='ipsec-run with charon, combinations'
need_tools "$what"
tun_lab "$what" tcpdump openssl

# name        outer auth  encryption                          group     inner
rows='
psk-gcm-19    4     psk   aes_gcm128-null:aes128gcm16         dh19:ecp256      4
psk-cbc-14    4     psk   aes256-sha2_256:aes256-sha256       dh14:modp2048    4
psk-cbc-31    6     psk   aes128-sha2_512:aes128-sha512       dh31:curve25519  4
psk-gcm-20    6     psk   aes_gcm256-null:aes256gcm16         dh20:ecp384      6
cert-gcm-31   4     p256  aes_gcm256-null:aes256gcm16         dh31:curve25519  6
cert-cbc-20   4     rsa   aes256-sha2_384:aes256-sha384       dh20:ecp384      4
cert-gcm-14   6     rsa   aes_gcm128-null:aes128gcm16         dh14:modp2048    6
cert-cbc-19   6     ed25519 aes128-sha2_256:aes128-sha256     dh19:ecp256      4
'
rows=$(grep . <<<"$rows")

inner_address() { [ "$3" = 4 ] && echo "10.$1.$2.1" || echo "fd0$1:$2::1"; }	# SIDE NUMBER FAMILY
inner_network() { [ "$3" = 4 ] && echo "10.$1.$2.0/24" || echo "fd0$1:$2::/64"; }
authby_of() { case $1 in psk) echo secret ;; rsa) echo rsasig ;; ed25519) echo eddsa ;; *) echo ecdsa ;; esac; }

pki_ca ca
: >"$work/ipsec.secrets"
chmod 600 "$work/ipsec.secrets"
printf 'config setup\n\n' >"$work/both.conf"
printf 'connections {\n' >"$work/swanctl.conf"
secrets='' n=0
while read -r name outer auth encryption group inner; do
	n=$((n + 1))
	if [ "$outer" = 4 ]; then l=192.0.2.1 r=192.0.2.2; else l=2001:db8::1 r=2001:db8::2; fi
	ip -n "$lab-left" addr add "$(inner_address 1 $n "$inner")" dev lo 2>/dev/null
	ip -n "$lab-right" addr add "$(inner_address 2 $n "$inner")" dev lo 2>/dev/null
	cert='' local=psk files=''
	if [ "$auth" = psk ]; then
		echo "@left-$name.example @right-$name.example : PSK \"a lab secret for $name\"" >>"$work/ipsec.secrets"
		secrets+=" ike-$n { id-1 = left-$name.example
			id-2 = right-$name.example
			secret = \"a lab secret for $name\" }"
	else
		pki_cert "left-$name" "$auth" ca
		pki_cert "right-$name" "$auth" ca
		pki_ours "$work/certs" ca "left-$name"
		pki_charon "$work/charon" ca "right-$name"
		cert="leftcert=left-$name" local=pubkey files="certs = right-$name.pem"
	fi
	{
		echo "conn $name"
		printf '    %s\n' "left=$l" "leftid=@left-$name.example" "leftsubnet=$(inner_network 1 $n "$inner")" "leftsourceip=$(inner_address 1 $n "$inner")" \
			"right=$r" "rightid=@right-$name.example" "rightsubnet=$(inner_network 2 $n "$inner")" "authby=$(authby_of "$auth")" \
			ikev2=insist "ike=aes128-sha2_256-${group%:*}" "esp=${encryption%:*}" auto=add $cert
	} >>"$work/both.conf"
	cat >>"$work/swanctl.conf" <<-END
	$name { version = 2
	  local_addrs = $r
	  remote_addrs = $l
	  fragmentation = force
	  proposals = aes128-sha256-${group#*:}
	  local { auth = $local
	          $files
	          id = right-$name.example }
	  remote { auth = $local
	           id = left-$name.example }
	  children { $name { local_ts = $(inner_network 2 $n "$inner")
	                     remote_ts = $(inner_network 1 $n "$inner")
	                     esp_proposals = ${encryption#*:}-${group#*:} } } }
	END
done <<<"$rows"
printf '}\nsecrets { %s }\n' "$secrets" >>"$work/swanctl.conf"
echo 'fragment_size = 576' >"$work/strongswan.conf"
mkdir -p "$work/certs"

check 'the configuration compiles' compile left --dialect=5.4 "$work/both.conf"
charon start -c "$work/swanctl.conf" -C "$work/charon" -s "$work/strongswan.conf" --libipsec >"$work/charon.log" 2>&1
started 'charon starts' $? "$work/charon.log"
check 'ipsec-run starts' ours_start left --dataplane=tun --certs="$work/certs"
capture left "$work/left.pcap"
capture right "$work/right.pcap"

talk() {	# SIDE FROM TO COUNT
	"$1" ping -c "$4" -i 0.02 -W 2 -p 636c656172746578740a -I "$2" "$3"
}

# Three rekeys of each kind, begun by turns.
rekeys() {	# NAME
	ours left rekey "$1" && charon swanctl --rekey --child "$1" && ours left rekey-ike "$1" && sleep 0.1 &&
		charon swanctl --rekey --ike "$1" && sleep 0.1 && ours left rekey-ike "$1" && ours left rekey "$1"
}

n=0
while read -r name outer auth encryption group inner; do
	n=$((n + 1)) a=$(inner_address 1 $n "$inner") b=$(inner_address 2 $n "$inner")
	check "$name: ours brings it up" ours left up "$name"
	check "$name: ping" talk left "$a" "$b" 3
	talk right "$b" "$a" 75 >"$work/ping" 2>&1 & pinging=$!
	check "$name: three rekeys of the child and of the IKE SA" rekeys "$name"
	wait $pinging
	if grep -q ' 0% packet loss' "$work/ping"; then ok "$name: no packet is lost in them"
	else not_ok "$name: no packet is lost in them" "$work/ping" "$work/left.log"; fi
	check "$name: ours ends it" ours left down "$name"
	check "$name: charon brings it up" charon initiate "$name"
	check "$name: ping" talk left "$a" "$b" 3
	check "$name: charon ends it" charon terminate "$name"
done <<<"$rows"
end_captures
check 'no clear text left either side' no_clear_text "$work/left.pcap" "$work/right.pcap"
if tcpdump -n -r "$work/left.pcap" 'udp port 4500' 2>/dev/null | grep -q 'UDP-encap: ESP'; then ok 'but ESP did'
else not_ok 'but ESP did'; fi
if charon log | grep -q 'received fragment #2'; then ok 'IKE messages came in fragments'; else not_ok 'IKE messages came in fragments'; fi
sleep 0.3
if [ "$(ours left status --json | jq '[.ike[] | select(.state == "established")] | length')" = 0 ]; then ok 'no IKE SA is left'
else ours left status >"$work/out"; not_ok 'no IKE SA is left' "$work/out"; fi
check 'stop' ours left stop
finish

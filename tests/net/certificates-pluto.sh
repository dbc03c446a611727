#!/bin/bash
# certificates-pluto.sh -- ipsec-run and Libreswan's pluto prove themselves by certificates, in both roles. Where this kernel has
# no ESP, only the IKE SAs come up, which is what this is about.
cd "$(dirname "$0")/../.." || exit 2
. tests/net/lib.bash
. tests/net/pki.bash
what='certificates against pluto'
need_tools "$what"
tun_lab "$what" openssl

pki_ca ca
for kind in rsa p256 p384; do
	pki_cert "left-$kind" "$kind" ca
	pki_cert "right-$kind" "$kind" ca
	pki_p12 "right-$kind" ca
done
pki_ours "$work/certs" ca left-rsa left-p256 left-p384

conn() {	# NAME KIND AUTHBY [LINE...]
	echo "conn $1"
	printf '    %s\n' left=192.0.2.1 "leftid=@left-$2.example" leftsubnet=10.1.0.0/24 \
		right=192.0.2.2 "rightid=@right-$2.example" rightsubnet=10.2.0.0/24 "authby=$3" ikev2=insist ike=aes128-sha2_256-dh19 esp=aes_gcm128-null auto=add "${@:4}"
	echo
}
: >"$work/ipsec.secrets"
chmod 600 "$work/ipsec.secrets"
no_esp=--no-esp
! left ip xfrm state add src 127.0.0.1 dst 127.0.0.2 proto esp spi 0x1000 mode transport aead 'rfc4106(gcm(aes))' \
	0x000102030405060708090a0b0c0d0e0f10111213 128 2>/dev/null || no_esp=

# Each end's file names its own certificate only: the other one is in the other's database.
try() {	# KIND AUTHBY
	local what="$2, $1" end status
	for end in left right; do
		{ printf 'config setup\n    ikev1-policy=accept\n\n'; conn net "$1" "$2" "${end}cert=$end-$1"; } >"$work/$end.conf"
	done
	check "$what: compiles" compile left "$work/left.conf"
	pluto start -c "$work/right.conf" -s "$work/ipsec.secrets" -p "$pki/right-$1.p12" $no_esp >"$work/pluto.log" 2>&1
	status=$?
	[ $status != 77 ] || skip_all "$what" "$(tail -n 1 "$work/pluto.log")"
	if [ $status = 0 ]; then ok "$what: pluto starts"; else not_ok "$what: pluto starts" "$work/pluto.log"; return; fi
	check "$what: ipsec-run starts" ours_start left --dataplane=tun --certs="$work/certs"
	ours left up net >"$work/out" 2>&1
	check "$what: ours initiates, the IKE SA stands" grep -q "IKE SA established, peer @right-$1.example" "$work/left.log"
	check "$what: at pluto too" pluto_established
	check 'stop' ours left stop
	rm -f "$work/left.log"
	check "$what: ipsec-run starts" ours_start left --dataplane=tun --certs="$work/certs"
	pluto initiate net 5 >"$work/out" 2>&1
	check "$what: pluto initiates, the IKE SA stands" grep -q "IKE SA established, peer @right-$1.example" "$work/left.log"
	check 'stop' ours left stop
	rm -f "$work/left.log"
	pluto stop >/dev/null 2>&1
}
pluto_established() {
	"$IPSECC_TOOLS/peer-pluto" log "$lab-right" |
		grep -E 'established IKE SA|(initiator|responder) established'
}

try rsa rsasig
try rsa rsa-sha2
try p256 ecdsa
try p384 ecdsa-sha2_384

# I-086: nobody proves anything, where both files say so.
{
	printf 'config setup\n    ikev1-policy=accept\n\nconn net\n'
	printf '    %s\n' left=192.0.2.1 leftid=%null leftsubnet=10.1.0.0/24 right=192.0.2.2 rightid=%null rightsubnet=10.2.0.0/24 \
		authby=null ikev2=insist ike=aes128-sha2_256-dh19 esp=aes_gcm128-null auto=add
} >"$work/null.conf"
check 'null: compiles' compile left "$work/null.conf"
pluto start -c "$work/null.conf" -s "$work/ipsec.secrets" $no_esp >"$work/pluto.log" 2>&1
check 'null: ipsec-run starts' ours_start left --dataplane=tun
ours left up net >"$work/out" 2>&1
check 'null: ours initiates, the IKE SA stands' grep -q 'IKE SA established, peer %null' "$work/left.log"
check 'stop' ours left stop
rm -f "$work/left.log"
check 'null: ipsec-run starts' ours_start left --dataplane=tun
pluto initiate net 5 >"$work/out" 2>&1
check 'null: pluto initiates, the IKE SA stands' grep -q 'IKE SA established, peer %null' "$work/left.log"
check 'stop' ours left stop
finish

#!/bin/bash
# certificates.sh -- ipsec-run and strongSwan's charon prove themselves by certificates: each kind of key, in both roles; and what
# is not to be believed is refused, with the reason.
cd "$(dirname "$0")/../.." || exit 2
. tests/net/lib.bash
. tests/net/pki.bash
what='certificates against charon'
need_tools "$what"
tun_lab "$what" openssl

# charon needs an address of its own in each network
for n in $(seq 14); do ip -n "$lab-right" addr add "10.2.$n.1/32" dev lo; done

kinds='rsa p256 p384 p521 ed25519'
pki_ca ca
pki_ca other-ca
names=()
for kind in $kinds; do
	pki_cert "left-$kind" "$kind" ca
	pki_cert "right-$kind" "$kind" ca
	names+=("left-$kind")
	pki_charon "$work/charon" ca "right-$kind"
done
pki_cert left-address p256 ca subjectAltName=IP:192.0.2.1
pki_cert left-stranger p256 other-ca subjectAltName=DNS:left-p256.example
pki_ca middle ca
pki_cert left-chain rsa middle
cat "$pki/middle.pem" >>"$pki/left-chain.pem"
pki_ours "$work/certs" ca "${names[@]}" left-address left-stranger left-chain

authby_of() {
	case $1 in rsa) echo rsasig ;; ed25519) echo eddsa ;; *) echo ecdsa ;; esac
}

# One conn of ours for each kind, told apart by identities and networks.
conn() {	# NAME N LEFTID CERT RIGHTID AUTHBY [LINE...]
	echo "conn $1"
	printf '    %s\n' left=192.0.2.1 "leftid=$3" "leftcert=$4" "leftsubnet=10.1.$2.0/24" \
		right=192.0.2.2 "rightid=$5" "rightsubnet=10.2.$2.0/24" "authby=$6" ikev2=insist ike=aes128-sha2_256-dh19 \
		esp=aes_gcm128-null auto=add "${@:7}"
	echo
}
{
	echo 'config setup'
	echo
	n=0
	for kind in $kinds; do
		conn "$kind" $n "@left-$kind.example" "left-$kind" "@right-$kind.example" "$(authby_of $kind)" \
			$([ $n != 0 ] || echo leftsourceip=10.1.0.1)
		n=$((n + 1))
	done
	conn dn 10 %fromcert left-p384 '"O=Lab, CN=right-p384"' ecdsa
	conn address 11 192.0.2.1 left-address @right-p256.example ecdsa
	conn pss 12 @left-rsa.example left-rsa @right-rsa.example rsa-sha2
	conn chain 14 @left-chain.example left-chain @right-rsa.example rsasig
	conn stranger 13 @left-p256.example left-stranger @right-p256.example ecdsa
} >"$work/both.conf"

charon_conn() {	# NAME N LOCAL-ID CERT REMOTE-ID
	cat <<-END
	$1 { version = 2
	  local_addrs = 192.0.2.2
	  remote_addrs = 192.0.2.1
	  proposals = aes128-sha256-ecp256
	  local { auth = pubkey
	          certs = $4.pem
	          id = $3 }
	  remote { auth = pubkey
	           id = $5 }
	  children { $1 { local_ts = 10.2.$2.0/24
	                  remote_ts = 10.1.$2.0/24
	                  esp_proposals = aes128gcm16 } } }
	END
}
{
	echo 'connections {'
	n=0
	for kind in $kinds; do
		charon_conn "$kind" $n "right-$kind.example" "right-$kind" "left-$kind.example"
		n=$((n + 1))
	done
	charon_conn dn 10 '"O=Lab, CN=right-p384"' right-p384 '"O=Lab, CN=left-p384"'
	charon_conn address 11 right-p256.example right-p256 192.0.2.1
	charon_conn pss 12 right-rsa.example right-rsa left-rsa.example
	charon_conn chain 14 right-rsa.example right-rsa left-chain.example
	charon_conn stranger 13 right-p256.example right-p256 left-p256.example
	echo '}'
} >"$work/swanctl.conf"
# A message with certificates does not fit a small packet: SKF fragments from charon (RFC 7383).
echo 'fragment_size = 576' >"$work/strongswan.conf"

check 'the configuration compiles' compile left --dialect=5.4 "$work/both.conf"
charon start -c "$work/swanctl.conf" -C "$work/charon" -s "$work/strongswan.conf" --libipsec >"$work/charon.log" 2>&1
started 'charon starts' $? "$work/charon.log"
: >"$work/ipsec.secrets"
chmod 600 "$work/ipsec.secrets"
check 'ipsec-run starts' ours_start left --dataplane=tun --certs="$work/certs"

both_ways() {	# CONN WHAT
	check "$2: ours initiates" ours left up "$1"
	check "$2: ours ends it" ours left down "$1"
	sleep 0.2
	check "$2: charon initiates" charon initiate "$1"
	[ "$1" != rsa ] || check 'ping through it' ping_left 2
	check "$2: charon ends it" charon terminate "$1"
}
for kind in $kinds; do both_ways "$kind" "$kind"; done
both_ways dn 'identities from the subject'
both_ways address 'an address as subjectAltName'

both_ways chain 'a certificate below an intermediate CA'
for dir in 'received fragment #2 of 2' 'splitting IKE message'; do
	if charon log | grep -q "$dir"; then ok "charon: $dir"; else not_ok "charon: $dir" "$work/left.log"; fi
done

log_has() {	# WHAT TEXT: in our log
	if grep -qF -- "$2" "$work/left.log"; then ok "$1"; else not_ok "$1" "$work/left.log"; fi
}
# I-083: charon signs by PKCS#1 v1.5 if it is not told otherwise, authby=rsa-sha2 wants PSS
if ours left up pss >"$work/out" 2>&1; then not_ok 'a signature that authby= does not allow is refused'
else ok 'a signature that authby= does not allow is refused'; fi
log_has 'and both algorithms are named' \
	'it signs by RSA (PKCS#1 v1.5) with SHA2-256, but the conn allows only RSA-PSS with SHA2-512'
if ours left up stranger >"$work/out" 2>&1; then not_ok 'charon refuses the certificate of another CA'
else ok 'charon refuses the certificate of another CA'; fi
check 'stop' ours left stop

# Another CA on our side only: charon's certificate is not believed.
pki_ours "$work/other" other-ca left-p256
rm -f "$work"/other/cacerts/ca.pem
conn p256 1 @left-p256.example left-p256 @right-p256.example ecdsa >"$work/other.conf"
sed -i '1i config setup\n' "$work/other.conf"
check 'compiles' compile left --dialect=5.4 "$work/other.conf"
check 'starts with another CA' ours_start left --dataplane=tun --certs="$work/other"
if ours left up p256 >"$work/out" 2>&1; then not_ok 'a certificate of an unknown CA is refused'
else ok 'a certificate of an unknown CA is refused'; fi
log_has 'and the reason is told' 'could not prove to be @right-p256.example: its certificate is refused: unable to get local issuer'
check 'stop' ours left stop

# A certificate of the peer that the conn names needs no CA.
cp "$pki/right-p256.pem" "$work/other/certs"
sed -i 's/rightid=.*/&\n    rightcert=right-p256/' "$work/other.conf"
check 'compiles' compile left --dialect=5.4 "$work/other.conf"
check 'starts with the certificate of the peer' ours_start left --dataplane=tun --certs="$work/other"
check 'a peer is known by its certificate alone' ours left up p256
check 'stop' ours left stop

# I-071: a CRL that lists it
cat >"$pki/ca.conf" <<-END
	[ca]
	default_ca = lab
	[lab]
	database = $pki/index
	default_md = sha256
	default_crl_days = 7
END
: >"$pki/index"
openssl ca -config "$pki/ca.conf" -cert "$pki/ca.pem" -keyfile "$pki/ca.key" -revoke "$pki/right-p256.pem" 2>>"$work/pki.txt"
openssl ca -config "$pki/ca.conf" -cert "$pki/ca.pem" -keyfile "$pki/ca.key" -gencrl \
	-out "$work/certs/crls/ca.crl" 2>>"$work/pki.txt"
check 'compiles' compile left --dialect=5.4 "$work/both.conf"
check 'starts with a CRL' ours_start left --dataplane=tun --certs="$work/certs"
if ours left up p256 >"$work/out" 2>&1; then not_ok 'a revoked certificate is refused'
else ok 'a revoked certificate is refused'; fi
log_has 'and the reason is told' 'its certificate is refused: certificate revoked'
check 'another one is not touched' ours left up p384
check 'stop' ours left stop

# What is missing is told at load, with the line of the conn, and only that conn is left out.
rm "$work/certs/private/left-p384.key"
: >"$work/left.log"
check 'without a key of one conn the others run' ours_start left --dataplane=tun --certs="$work/certs"
if grep -qE "both.conf:[0-9]+: conn 'p384': there is no private key for the certificate 'left-p384'" "$work/left.log"; then ok 'the missing key is told'
else not_ok 'the missing key is told' "$work/left.log"; fi
ours left up p384 >"$work/out" 2>&1
if [ $? = 1 ] && grep -q "was refused at the start" "$work/out"; then ok 'its conn cannot be brought up'
else not_ok 'its conn cannot be brought up' "$work/out"; fi
check 'stop' ours left stop
finish
